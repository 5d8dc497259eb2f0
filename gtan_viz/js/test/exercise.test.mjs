import assert from "node:assert/strict";
import { test } from "node:test";
import { isOn, isPanel, PANELS, withoutTruth } from "../state/exercise.js";
import { stepOfCell } from "../state/stepped.js";

const seen = (chosen) =>
  Object.keys(PANELS).filter((name) => isOn(name, { hide: [], show: [], ...chosen }));

test("what is hidden takes its parts with it", () => {
  assert.deepEqual(seen({}), Object.keys(PANELS));
  const left = seen({ hide: ["why", "training"] });
  for (const name of ["why", "kernel", "evidence", "training"]) assert.ok(!left.includes(name));
  assert.ok(left.includes("kernels"));
});

test("what is shown brings what holds it, and its parts", () => {
  assert.deepEqual(seen({ show: ["evidence"] }), ["why", "evidence"]);
  assert.deepEqual(seen({ show: ["whatif"] }), ["whatif", "results"]);
  assert.deepEqual(seen({ show: ["kernels"], hide: ["training"] }), ["kernels"]);
});

test("the truth can be left out, and is no panel", () => {
  assert.ok(isPanel("truth") && isPanel("why") && !isPanel("toString"));
  const view = {
    header: {},
    arrays: {
      "truth.segments": 1,
      "truth.labels": 1,
      "layer1.state": 1,
      "layer1.iou": 1,
      "layer1.truths": 1,
      "layer1.truth_offsets": 1,
      "layer1.logits": 1,
      "detections.labels": 1,
    },
  };
  assert.deepEqual(Object.keys(withoutTruth(view).arrays), ["layer1.logits", "detections.labels"]);
  assert.equal(withoutTruth(view), withoutTruth(view));
});

test("a cell's step is the one that merges it, else one that it takes part in", () => {
  const steps = [
    { first: 0, cell: 1, merged: false },
    { first: 1, cell: 2, merged: true },
    { first: 1, cell: 3, merged: true },
    { first: 1, cell: 4, merged: false },
  ];
  assert.deepEqual(
    [-1, 0, 1, 2, 3, 4, 5].map((cell) => stepOfCell(steps, cell)),
    [-1, 0, 1, 1, 2, 3, -1],
  );
});
