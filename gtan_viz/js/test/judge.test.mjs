import assert from "node:assert/strict";
import { test } from "node:test";
import { feedback, judged, numberOf, UNASKED } from "../lessons/judge.js";

const question = {
  id: "q",
  ask: "?",
  answer: (state) => state.width / 2,
  tolerance: 0.1,
  hint: (given, answer) => (given > answer ? "less" : "more"),
  because: (answer) => `it is ${answer}`,
};

test("numbers as people write them", () => {
  const texts = ["0,5", " 1 000 ", "−2", "", "abc", "1e3", ".5"];
  assert.deepEqual(texts.map(numberOf), [0.5, 1000, -2, null, null, 1000, 0.5]);
});

test("a hint after a wrong try, the reason after the right one, and then it is over", () => {
  const state = { width: 3 };
  const wrong = judged(question, UNASKED, 2, state, null);
  assert.equal(feedback(question, wrong, state, null), "Not yet. less");
  const right = judged(question, wrong, 1.45, state, null);
  assert.deepEqual(right, { given: 1.45, tries: 2, right: true, told: false });
  assert.equal(feedback(question, right, state, null), "Right. it is 1.5");
  assert.equal(judged(question, right, 7, state, null), right);
  const told = { ...wrong, told: true };
  assert.equal(feedback(question, told, state, null), "it is 1.5");
  assert.equal(judged(question, told, 1.5, state, null), told);
  assert.equal(feedback(question, UNASKED, state, null), "");
});
