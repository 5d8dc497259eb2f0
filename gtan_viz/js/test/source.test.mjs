// Who asks the host for what: a stand-in for the model that a kernel, or the page, gives.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSource } from "../state/source.js";
import { goldenBytes } from "./golden.mjs";

const bytes = goldenBytes("explanation.safetensors");

function standIn() {
  const listeners = new Map();
  const values = {};
  return {
    values,
    get: (name) => values[name],
    set(name, value) {
      values[name] = value;
      listeners.get(`change:${name}`)?.();
    },
    on: (event, listener) => listeners.set(event, listener),
    off: (event) => listeners.delete(event),
    save_changes() {},
  };
}

/** The same Explanation as a large model's: what it calls feature maps and weights, nobody knows. */
function withoutFeatures(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const size = Number(view.getBigUint64(0, true));
  const header = JSON.parse(file.subarray(8, 8 + size).toString());
  const hidden = JSON.stringify(header).replace(/features"|_weights"|_bias"/g, (name) =>
    name.toUpperCase(),
  );
  const text = Buffer.from(hidden.padEnd(size));
  return Buffer.concat([file.subarray(0, 8), text, file.subarray(8 + size)]);
}

test("feature maps that an Explanation lacks are asked for once", async () => {
  const model = standIn();
  const source = openSource(model);
  model.set("explanation", new Uint8Array(withoutFeatures(bytes)));
  const { recording, step } = source.first().header;
  assert.equal((await source.load(recording, step)).arrays["layer1.features"], undefined);
  assert.equal(model.values.request, undefined);
  const whole = source.load(recording, step, true);
  assert.deepEqual(model.values.request, { recording, step, features: true });
  model.set("explanation", new Uint8Array(bytes));
  assert.ok((await whole).arrays["layer1.features"]);
  model.values.request = null;
  await source.load(recording, step, true);
  assert.equal(model.values.request, null); // they are here now
  source.stop();
});

test("what the kernel cannot do is said", async () => {
  const model = standIn();
  const source = openSource(model);
  model.set("explanation", new Uint8Array(withoutFeatures(bytes)));
  const { recording, step } = source.first().header;
  const whole = source.load(recording, step, true);
  model.set("problem", "ValueError: no checkpoint");
  await assert.rejects(whole, /no checkpoint/);
  source.stop();
});
