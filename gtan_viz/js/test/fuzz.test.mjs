// Damaged files, here without Python: whatever they hold, they are refused by a FileError, or drawn.
// tests/gtan/runs/test_fuzz.py compares both readers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readExplanation } from "../model/explanation.js";
import { recompute } from "../model/recompute.js";
import { FileError, readSafetensors } from "../model/safetensors.js";
import { readTrace } from "../model/trace.js";
import { makeScene } from "../state/scene.js";
import { goldenBytes } from "./golden.mjs";

const good = new Uint8Array(goldenBytes("explanation.safetensors"));
const size = Number(new DataView(good.buffer, good.byteOffset).getBigUint64(0, true));

/** A safetensors file of this header and as many zeros. */
function made(header, zeros = 0) {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const out = new Uint8Array(8 + text.length + zeros);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  return out;
}

const one = (entry) => made({ a: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...entry } }, 8);

test("a container that is whole", () => {
  assert.equal(readSafetensors(one({})).arrays.a.length, 2);
  const named = made('{"__proto__": {"dtype": "U8", "shape": [], "data_offsets": [0, 1]}}', 1);
  assert.equal(Reflect.get(readSafetensors(named).arrays, "__proto__").length, 1);
});

for (const [what, file] of Object.entries({
  "no header": new Uint8Array(7),
  "a header beyond the end": made("{}").subarray(0, 9),
  "a header of 2^63 bytes": Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 128, 123, 125),
  "no JSON": made("{"),
  "no UTF-8": made('{"a": 1}').map((byte) => (byte === 97 ? 255 : byte)),
  "no object": made("[]"),
  "a list nested 100,000 deep": made("[".repeat(1e5) + "]".repeat(1e5)),
  "a name twice": made(
    '{"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}, ' +
      '"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}',
    1,
  ),
  "a shape of 2.0": made('{"a": {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]}}', 8),
  "a shape of 2^60": one({ shape: [2 ** 60] }),
  "a shape below 0": one({ shape: [-2] }),
  "a shape that is none": one({ shape: "2" }),
  "an entry that is null": made({ a: null }, 8),
  "offsets that overlap": made(
    {
      a: { dtype: "U8", shape: [5], data_offsets: [0, 5] },
      b: { dtype: "U8", shape: [5], data_offsets: [3, 8] },
    },
    8,
  ),
  "a hole": one({ shape: [1], data_offsets: [4, 8] }),
  "more bytes than arrays": made({ a: { dtype: "U8", shape: [5], data_offsets: [0, 5] } }, 8),
  "a dtype of the prototype": one({ dtype: "toString" }),
  "a dtype in a list": one({ dtype: ["F32"] }),
  "metadata that is no text": made({ __metadata__: { gtan: 1 } }),
})) {
  test(`refused: ${what}`, () => {
    for (const read of [readSafetensors, readExplanation, readTrace]) {
      assert.throws(() => read(file), FileError);
    }
  });
}

test("any byte may flip, the end may be missing", () => {
  let seed = 1;
  const below = (n) => (seed = (seed * 16807) % 2147483647) % n;
  const counts = { drawn: 0, refused: 0 };
  for (let i = 0; i < 1500; i++) {
    const file = good.slice(0, i % 50 === 0 ? below(good.length) : good.length);
    const at = i % 3 === 0 ? below(size + 8) : below(good.length);
    if (at < file.length) file[at] = i % 2 ? below(256) : file[at] ^ (1 << below(8));
    try {
      const view = readExplanation(file);
      const scene = makeScene(view);
      makeScene(recompute(view, { sigmaFactor: 1.3, epsilon: 0.3 }), scene);
      counts.drawn++;
    } catch (error) {
      assert.ok(error instanceof FileError, `${i}: ${error.stack}`);
      counts.refused++;
    }
  }
  assert.ok(counts.drawn > 300 && counts.refused > 100, JSON.stringify(counts));
});
