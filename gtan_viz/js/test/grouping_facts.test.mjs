import assert from "node:assert/strict";
import { test } from "node:test";
import { readExplanation } from "../model/explanation.js";
import { recompute } from "../model/recompute.js";
import { groupingFacts, mergeLimit } from "../state/grouping_facts.js";
import { makeScene } from "../state/scene.js";
import { golden, goldenBytes } from "./golden.mjs";

const view = readExplanation(goldenBytes("explanation.safetensors"));

/** As scripts/make_golden.py makes them up. */
const arrays = Object.fromEntries(
  Object.entries(view.arrays).map(([name, array]) => [
    name,
    name.endsWith(".state")
      ? Int8Array.from(array, (_, i) => (i % 7 === 0 ? 1 : i % 3 === 0 ? 0 : -1))
      : array,
  ]),
);

for (const { settings, layers } of golden("grouping")) {
  test(`counts with ${JSON.stringify(settings)} are those of the grouping report`, () => {
    const header = structuredClone(view.header);
    Object.assign(header.settings.kernels, settings);
    assert.deepEqual(groupingFacts({ header, arrays }), layers);
  });
}

test("above the limit nothing merges, and below it something may", () => {
  const count = (epsilon, sigmaFactor) => {
    const scene = makeScene(recompute(view, { epsilon, sigmaFactor }));
    return scene.layers.reduce((sum, { mixedCount }) => sum + mixedCount, 0);
  };
  for (const factor of [0.5, 1, 1.7]) {
    const limit = mergeLimit(makeScene(recompute(view, { sigmaFactor: factor })));
    assert.equal(count(limit + 1e-6, factor), 0, `factor ${factor}`);
    assert.ok(count(limit - 0.1, factor) > 0, `factor ${factor}`);
  }
});
