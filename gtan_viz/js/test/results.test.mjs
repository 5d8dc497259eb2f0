// What the detections of a recording come to: Python's numbers, and the words for them.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isFound,
  matchTruth,
  meanAveragePrecision,
  resultsOf,
  turnoverOf,
  verdict,
} from "../state/results.js";
import { close, golden } from "./golden.mjs";

const table = (rows) => ({
  count: rows.length,
  start: Float64Array.from(rows, (row) => row[0]),
  end: Float64Array.from(rows, (row) => row[1]),
  label: Int32Array.from(rows, (row) => row[2]),
  score: Float64Array.from(rows, (row) => row[3] ?? 0),
  layer: new Int32Array(rows.length).fill(1),
  row: Int32Array.from(rows, (_, i) => i),
});
const rowsOf = ({ label, start, end, score = [] }, classes) =>
  start.map((_, i) => [start[i], end[i], classes.indexOf(label[i]), score[i]]);
const layers = [{ mixed: Uint8Array.of(0, 0, 0, 0, 1, 0, 0) }];

for (const [number, one] of golden("results").entries()) {
  test(`matches and mAP of recording ${number} are those of evaluate_detections`, () => {
    const detections = table(rowsOf(one.detections, one.classes));
    const truth = table(rowsOf(one.truth, one.classes));
    one.tiou.forEach((tiou, k) => {
      const hits = matchTruth(detections, truth, tiou);
      assert.deepEqual([...hits.hit], one.matches[k], `tIoU ${tiou}`);
      close(meanAveragePrecision(detections, truth, hits), one.mAP[k], `mAP at ${tiou}`);
    });
  });
}

// By score: a hit, its duplicate, the wrong label, background, a faint hit of a mixed kernel.
const detections = table([
  [10, 20, 0, 0.9],
  [11, 20, 0, 0.8],
  [30, 36, 0, 0.7],
  [0, 3, 1, 0.5],
  [30, 36, 1, 0.05],
]);
const truth = table([
  [10, 20, 0],
  [30, 36, 1],
]);

test("each detection has one word, and the counts go with the least score", () => {
  const hits = matchTruth(detections, truth, 0.5);
  assert.deepEqual(
    Array.from({ length: 5 }, (_, i) => verdict(hits, i)),
    ["✓ hit", "‖ duplicate", "× wrong label", "○ background", "✓ hit"],
  );
  const count = (least) => {
    const {
      shown,
      hits: hit,
      duplicates,
      wrongLabel,
      background,
      missed,
      hitsOfMixed,
    } = resultsOf({ detections, truth, layers }, hits, least);
    return [shown, hit, duplicates, wrongLabel, background, missed, hitsOfMixed];
  };
  assert.deepEqual(count(0), [5, 2, 1, 1, 1, 0, 1]);
  assert.deepEqual(count(0.1), [4, 1, 1, 1, 1, 1, 0]);
  assert.equal(isFound(hits, detections, 1, 0.1), false);
  assert.equal(isFound(hits, detections, 1, 0), true);
});

test("a tIoU that is exactly the threshold is a hit; a higher one makes a duplicate background", () => {
  const kinds = (tiou) => [...matchTruth(detections, truth, tiou).kind.slice(0, 2)];
  assert.deepEqual(kinds(0.9), [0, 1]); // [11, 20] overlaps by 0.9
  assert.deepEqual(kinds(0.91), [0, 3]);
});

test("points find points wherever they lie, as in ActivityNet's toolkit", () => {
  const points = matchTruth(
    table([
      [5, 5, 0, 0.9],
      [5, 5, 1, 0.8],
      [0, 9, 0, 0.7],
    ]),
    table([[40, 40, 0]]),
    0.5,
  );
  assert.deepEqual([...points.hit], [0, -1, -1]);
  assert.deepEqual([...points.kind], [0, 2, 3]);
});

test("of two truths that fit equally the first is taken", () => {
  const same = table([
    [20, 30, 0],
    [10, 20, 0],
  ]);
  assert.equal(matchTruth(table([[15, 25, 0, 0.9]]), same, 0.3).hit[0], 0);
});

test("without truth there are numbers of detections alone", () => {
  const nothing = table([]);
  const hits = matchTruth(detections, nothing, 0.5);
  const found = resultsOf({ detections, truth: nothing, layers }, hits, 0.1);
  assert.deepEqual([found.shown, found.mAP, verdict(hits, 0)], [4, null, ""]);
});

test("what a what-if brought and took", () => {
  const after = table([
    [10, 19, 0, 0.9], // moved
    [30, 36, 1, 0.6], // was too faint
    [30, 36, 0, 0.05], // is too faint
    [50, 60, 0, 0.04], // nobody sees it
  ]);
  const { appeared, vanished } = turnoverOf(detections, after, 0.1);
  assert.deepEqual([...appeared], [0, 1, 0, 0]);
  assert.deepEqual([...vanished], [0, 1, 1, 1, 0]);
});
