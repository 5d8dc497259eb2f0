import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { jumpOf, runOf, tellActions, tellRun, tellStep } from "../lessons/learned.js";
import { learning } from "../lessons/learning.js";

const recorded = JSON.parse(
  readFileSync(new URL("../../lessons/learning.json", import.meta.url), "utf8"),
);
const base64 = (rows) => Buffer.from(rows.flat()).toString("base64");
const choice = { foreground: 0.7, unit: "truth", gradient: "flow" };
/** Two layers, of two cells and one; levels of 255 are 2 cells. */
const made = (run) => ({
  cells: [2, 1],
  ceiling: 2,
  from: 0,
  to: 8,
  steps: 3,
  truth: [{ label: "walk", start: 0, end: 3 }],
  runs: [
    {
      ...choice,
      ...Object.fromEntries(
        ["classification", "localization", "overlap", "rest"].map((one) => [one, [0, 0, 0]]),
      ),
      ...run,
    },
  ],
});
const states = (...rows) => base64(rows.map((row) => row.map((one) => one + 2)));

test("what widened, where the loss jumped, and what happened there", () => {
  const data = made({
    loss: [1, 0.5, 0.8],
    classification: [0.9, 0.4, 0.7],
    unmatched: [0, 1, 0],
    sigmas: base64([
      [96, 96, 96],
      [96, 96, 96],
      [120, 96, 96],
      [144, 96, 48],
    ]),
    states: states([1, -1, 1], [0, -1, 1], [1, -1, 1], [1, -1, 1]),
  });
  const [run] = data.runs;
  assert.equal(jumpOf(run), 3);
  assert.equal(
    tellRun(data, run),
    "Layer 1's foreground has widened most: σ from 0.75 to 1.13 cells. The loss jumped most at step 3: " +
      "from 0.500 to 0.800. At that step: 1 action got a foreground kernel again. New in the foreground: " +
      "cell 0 of layer 1, left out before. Of the loss, the share of L_cls rose most, from 0.400 to 0.700.",
  );
  assert.equal(
    tellActions(data, run, 0),
    "It stands on “walk”, which lasts 3.0 s, 0.8 cells of this layer; kernels began 1.5 wide.",
  );
  assert.match(tellStep(data, run, 2), /^1 action lost the last foreground kernel\.$/);
});

test("a training without foreground, whose loss only falls", () => {
  const none = [-1, -1, -1];
  const data = made({
    loss: [3, 2, 1],
    unmatched: [1, 1, 1],
    sigmas: base64(Array(4).fill([96, 96, 96])),
    states: states(none, none, none, none),
  });
  const [run] = data.runs;
  assert.equal(tellRun(data, run), "No layer's foreground has widened. The loss never rose.");
  assert.match(tellStep(data, run, 2), /^As many actions as before had foreground\.$/);
  const answers = Object.fromEntries(
    learning.questions.map(({ id, answer, choices, because }) => {
      const found = answer(learning.values, data);
      assert.ok(because(found, learning.values, data) !== undefined);
      return [id, choices ? choices(learning.values, data)[found] : found];
    }),
  );
  assert.deepEqual(answers, {
    bigger: "none stands on an action any more",
    widens: "none",
    jump: 2,
    why: "neither: as many actions as before have foreground",
  });
});

test("the reader's own run of the same choices is shown, as far as it came", () => {
  const [first] = recorded.runs;
  const values = { ...learning.values, step: 100 };
  assert.equal(runOf(recorded, values), first);
  assert.equal(runOf(recorded, { ...values, foreground: 0.7 }), null);
  assert.match(
    learning.says({ ...values, foreground: 0.7 }, recorded),
    /nothing was recorded\. Train it here/,
  );
  const own = { ...first, own: true, loss: first.loss.slice(0, 7) };
  const data = { ...recorded, runs: [...recorded.runs, own] };
  assert.equal(runOf(data, values), own);
  assert.match(learning.says(values, data), /^Step 7: /);
});

test("of every recorded run it is told what happened", () => {
  for (const run of recorded.runs) {
    assert.match(tellRun(recorded, run), /widened.* jumped most at step \d+/);
  }
});
