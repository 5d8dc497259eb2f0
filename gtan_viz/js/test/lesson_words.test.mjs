// What lessons explain is computed from their data: with another run it says another thing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { derivatives } from "../lessons/derivatives.js";
import { helps } from "../lessons/helps.js";
import { asks } from "../lessons/judge.js";
import { meaningless } from "../lessons/meaningless.js";
import { pooling } from "../lessons/pooling.js";
import { precision } from "../lessons/precision.js";
import { seeds } from "../lessons/seeds.js";

const of = (part, id) => part.questions.find((one) => one.id === id);
const why = (part, id, data, values = {}) => {
  const question = of(part, id);
  return question.because(question.answer(values, data), values, data);
};

/** A run whose cells say this, in one feature. */
const heard = (features, row = [1]) => ({
  ...{ label: "wave", rival: "clap", start: 1, end: 2, score: 0.9, width: 2, seconds: 1 },
  ...{ center: 3.5, sigma: 1, first: 1, bias: 0, features, row, orders: row.length },
});

test("who says most may also bring most", () => {
  assert.match(why(pooling, "most", heard([0, 1, 5, 1, 0])), /^Cell 3\. It says most as well/);
  assert.match(why(pooling, "most", heard([0, 1, 5, 6, 0])), /^Cell 3\. Cell 4 says more/);
});

test("a share is of what speaks for the action, however much speaks against it", () => {
  const data = heard([-9, -9, 5, -9, -9]);
  assert.equal(of(pooling, "share").answer({}, data), 100);
  assert.match(asks(of(pooling, "share"), data), /“wave”/);
});

test("the order of the cells need not decide", () => {
  const steep = heard([0, 0, 1, 3, 3], [0.1, 1, 0]);
  assert.match(why(derivatives, "reversed", steep), /Now it is “clap”/);
  const flat = heard([4, 4, 4, 4, 5], [1, 0.1, 0]);
  assert.match(why(derivatives, "reversed", flat), /It is still “wave”/);
});

test("groups that are no more", () => {
  const layer = (groups) => ({ widths: [3, 3], groups });
  const empty = { start: 0, end: 1, members: [0, 1], state: -1, iou: [0] };
  const run = (last, returns) => ({
    ...{ background: 0.2, foreground: 0.7, epsilon: 0.4, initial: 1, returns, report: [] },
    steps: [
      { step: 1, layers: [layer([empty])] },
      { step: 2, layers: [layer(last)] },
    ],
  });
  assert.equal(why(meaningless, "later", run([], true)), "0. None is left.");
  assert.match(why(meaningless, "later", run([empty], true)), /E2.* has not done so yet\.$/);
  assert.doesNotMatch(why(meaningless, "later", run([empty], false)), /E2/);
  assert.match(asks(of(meaningless, "count"), run([], true)), /below 0\.20/);
  const control = meaningless.controls.find(({ name }) => name === "step");
  assert.deepEqual(control.choices(run([], true)), [
    [1, "1"],
    [2, "2"],
  ]);
});

test("a gain that the interval allows is no surprise", () => {
  const row = (name, value, paper, more = {}) => ({
    ...{ name, value, paper, low: 0, high: 1, against: "", seedRange: null, seeds: 2 },
    ...{ difference: null, differenceLow: null, differenceHigh: null, ...more },
  });
  const gain = { difference: 0.02, differenceLow: 0.01, differenceHigh: 0.03, against: "kernel" };
  const rows = [row("fixed", 0.8, 33), row("kernel", 0.85, 37), row("group", 0.87, 39, gain)];
  const data = { tables: [{ key: "table3", data: "made up", title: "Table 3", rows }] };
  assert.match(why(helps, "vote", data), /leaves zero out/);
  assert.match(why(helps, "paper", data), /would not be a surprise/);
  assert.match(asks(of(helps, "vote"), data), /2 times\. Your guess/);
});

test("a seed that changes nothing", () => {
  const folds = (by) => [[0.8 + by, 0.81 + by, 0.82 + by, 0.8 + by]];
  const data = { join: folds(-0.01), replace: folds(0), off: folds(0.001) };
  assert.doesNotMatch(why(seeds, "turn", data), /was ahead/);
});

test("the last hit is looked for where it is", () => {
  const spans = [0, 9, 20].map((start) => ({ start, end: start + 3 }));
  const detections = spans.map((one, i) => ({ ...one, score: 0.9 - i / 10 }));
  const data = { recording: "", label: "x", detections, truth: [spans[1]] };
  assert.match(of(precision, "tail").hint(0, 1, {}, data), /from 2 to 3/);
  assert.match(why(precision, "five", data), /^1\. .*: 2 at tIoU 0\.7, 2 at tIoU 0\.5\.$/);
});
