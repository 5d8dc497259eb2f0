import assert from "node:assert/strict";
import { test } from "node:test";
import { softNms } from "../method/soft_nms.js";
import { close, golden } from "./golden.mjs";

golden("soft_nms").forEach((c, number) => {
  test(`case ${number}: ${c.scores.length} segments`, () => {
    for (const history of [false, true]) {
      const got = softNms(
        c.segments,
        c.scores,
        c.labels,
        c.threshold,
        c.decay,
        c.top_k,
        c.min_score,
        history,
      );
      assert.deepEqual([...got.indices], c.indices);
      close(got.scores, c.faded, "scores");
    }
  });
});

test("the history adds up", () => {
  const c = golden("soft_nms")[2];
  const got = softNms(c.segments, c.scores, c.labels, c.threshold, c.decay, null, 0, true);
  assert.deepEqual(
    got.steps.map((s) => s.pick),
    [...got.indices],
  );
  got.indices.forEach((index, rank) => {
    const { picked, score, decays } = got.why(index);
    assert.equal(picked, rank);
    close(score, got.scores[rank]);
    let value = c.scores[index];
    for (const d of decays) {
      close(d.before, value);
      close(d.exponent, d.iou ** 2 / c.decay);
      close(d.after, value * Math.exp(-d.exponent));
      assert.equal(c.labels[d.by], c.labels[index]);
      value = d.after;
    }
    close(value, got.scores[rank]);
  });
});

test("what cannot be is said", () => {
  const run =
    (segments, scores, rho = 0.2, xi = 0.8, topK = null) =>
    () =>
      softNms(
        segments,
        scores,
        scores.map(() => 0),
        rho,
        xi,
        topK,
      );
  assert.throws(run([0, 1], [NaN]), /score 0/);
  assert.throws(run([0, Infinity], [1]), /segment 0/);
  assert.throws(run([1, 0], [1]), /ends before/);
  assert.throws(run([0, 1], [1], 2), /rho/);
  assert.throws(run([0, 1], [1], 0.2, 0), /xi/);
  assert.throws(run([0, 1], [1], 0.2, 0.8, -1), /topK/);
  assert.throws(run([0, 1, 2], [1]), /shapes/);
});
