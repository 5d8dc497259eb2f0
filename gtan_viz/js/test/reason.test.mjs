// Why a kernel does not show: one reason, the one that applies, and never a class at 0.00.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { kernelAt, readExplanation, validOf } from "../model/explanation.js";
import { explorerStore } from "../state/derive.js";
import { signed } from "../state/text.js";
import { goldenBytes } from "./golden.mjs";

globalThis.requestAnimationFrame = () => 1;
globalThis.cancelAnimationFrame = () => {};

const EXAMPLE = new URL(
  "../../../gtan/example_run/explanations/person21_film2/002000.safetensors",
  import.meta.url,
);
const FILES = [
  ["the example run", readExplanation(readFileSync(EXAMPLE))],
  ["made up", readExplanation(goldenBytes("explanation.safetensors"))],
];

/** Which reason a clause gives, and whether it may. */
const REASONS = {
  padding: [/ is padding/, (k, view) => !validOf(view, k.window, k.layer)[k.cell]],
  group: [/put a mixed kernel in place/, (k, view) => validOf(view, k.window, k.layer)[k.cell]],
  window: [/belongs to another window's part/, (k) => k.score === null],
  outside: [/^its boundary lies outside/, (k) => !(k.refined.end > k.refined.start)],
  background: [/^background won, with/, (k) => k.scores[0] > k.scores[k.label + 1]],
  least: [/^its score is below the least/, (k) => k.scores[0] <= k.scores[k.label + 1]],
  nms: [/^soft-NMS lowered it from/, (k, _, least) => k.ranking >= least && !(k.score >= least)],
};

/** Every kernel of the file, as the panel describes it. */
function* kernelsOf(opened, given = {}) {
  const store = explorerStore({ opened, score: 0.1, ...given });
  const { state } = store;
  for (let layer = 1; layer <= opened.header.layers.length; layer++) {
    for (let row = 0; row < state.scene.layers[layer - 1].count; row++) {
      const { window, mixed, cell, members } = kernelAt(opened, layer, row);
      const name = { window, layer, mixed, cell: mixed ? members[0] : cell };
      store.set({ selection: { kind: "kernel", ...name } });
      yield state;
    }
  }
}

/** File, least score, and reasons that must occur. */
const CASES = [
  [FILES[0], 0.1, ["group", "window", "background", "nms"]],
  [FILES[0], 0.5, ["least"]],
  [FILES[1], 0.1, ["window", "outside"]],
  [FILES[1], 0.5, ["least"]],
];

for (const [[name, opened], least, wanted] of CASES) {
  test(`${name}, ${least}: one reason for every kernel that does not show, and it is so`, () => {
    const found = {};
    for (const { facts, evidence } of kernelsOf(opened, { score: least })) {
      const kernel = facts.learned;
      const [story] = facts.story;
      assert.doesNotMatch(story, /\b0\.00\b|NaN|undefined|look like .*less than/, story);
      if (kernel.reason === "") {
        assert.ok(kernel.score >= least, story);
        assert.match(story, /look like/);
        continue;
      }
      const given = Object.entries(REASONS).filter(([, [words]]) => words.test(kernel.reason));
      assert.equal(given.length, 1, kernel.reason);
      const [[kind, [, applies]]] = given;
      assert.ok(applies(kernel, opened, least), kernel.reason);
      assert.match(story, /did not fire: |^No kernel: /);
      assert.equal(evidence === null, !kernel.exists);
      found[kind] = (found[kind] ?? 0) + 1;
    }
    for (const kind of wanted) assert.ok(found[kind] > 0, JSON.stringify(found));
  });
}

test("a cell beyond the recording's end is padding", () => {
  const [, view] = FILES[1];
  const { exists, valid } = Object.fromEntries(
    ["exists", "valid"].map((name) => [name, view.arrays[`layer1.${name}`].slice()]),
  );
  exists[3] = valid[3] = 0;
  const arrays = { ...view.arrays, "layer1.exists": exists, "layer1.valid": valid };
  const selection = { kind: "kernel", window: 0, layer: 1, cell: 3, mixed: false };
  const { state } = explorerStore({ opened: { ...view, arrays }, selection });
  assert.deepEqual(state.facts.story, [
    "No kernel: cell 3 of layer 1 is padding: it lies beyond the recording's end at 18.4 s.",
  ]);
});

test("a what-if that no longer fires says why", () => {
  const [, opened] = FILES[0];
  const wanted = new Set(["window", "group", "nms", "background"]);
  for (let detection = 0; detection < 10; detection++) {
    const store = explorerStore({ opened, selection: { kind: "detection", detection } });
    const { state } = store;
    const { cell, mixed } = state.facts.learned;
    for (const settings of [
      { kernels: { [state.focus.key]: { sigma: 12 } } },
      { sigma_factor: 1.5 },
    ]) {
      store.set({ settings });
      const [, why] = /^What-if: it would not fire: (.*)/.exec(state.facts.story[1]) ?? [];
      if (!why) continue;
      const given = Object.entries(REASONS).filter(([, [words]]) => words.test(why));
      assert.equal(given.length, 1, why);
      const [[kind, [, applies]]] = given;
      if (kind !== "group")
        assert.ok(applies(state.facts.whatif, state.whatView, state.score), why);
      else assert.ok(!mixed && why.includes(` in place of cell ${cell} `), why);
      wanted.delete(kind);
    }
  }
  assert.deepEqual([...wanted], []);
});

test("numbers with a sign have one minus and no signed zero", () => {
  assert.deepEqual(
    [1.234, -1.234, 0, -0.001, 0.004, null].map((value) => signed(value)),
    ["+1.23", "−1.23", "0.00", "0.00", "0.00", "not a number"],
  );
});
