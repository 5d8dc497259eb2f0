// The rows of the timeline: what overlaps lies in lanes of its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  COVERS,
  FREE,
  HIDES,
  hiddenOf,
  lanesOf,
  laneTop,
  MOST_LANES,
  roomOf,
  rowAt,
  rowsOf,
} from "../state/lanes.js";

const table = (rows) => ({
  count: rows.length,
  start: Float64Array.from(rows, (row) => row[0]),
  end: Float64Array.from(rows, (row) => row[1]),
  label: Int32Array.from(rows, (row) => row[2]),
  score: Float64Array.from(rows, (row) => row[3]),
});

test("the best lies on top, what overlaps it below, what touches it beside", () => {
  const { lane, used } = lanesOf(
    table([
      [0, 10, 0, 0.9],
      [5, 15, 0, 0.8],
      [10, 12, 0, 0.7],
      [0, 10, 1, 0.6],
      [0, 10, 0, 0.01],
    ]),
    0.1,
    3,
  );
  assert.deepEqual([...lane], [0, 1, 0, 0, -1]);
  assert.deepEqual([...used], [2, 1, 0]);
});

test("what finds no lane is counted", () => {
  const lanes = lanesOf(table(Array.from({ length: 9 }, (_, i) => [0, 10, 0, 1 - i / 10])), 0.1, 1);
  assert.equal(lanes.used[0], MOST_LANES);
  assert.equal(hiddenOf(lanes, 0, MOST_LANES), 5);
  assert.equal(hiddenOf(lanes, 0, 1), 8); // a row that has grown no lanes yet
});

test("rows follow each other, and lanes stay within them", () => {
  const classes = ["a", "b", "c"];
  const scene = { classes, truth: { label: [] }, detections: table([]) };
  const rows = rowsOf(scene, Uint8Array.of(0, 2, 4), Uint8Array.of(4, 0, 3));
  rows.forEach((row, i) => {
    assert.equal(row.top, i ? rows[i - 1].top + rows[i - 1].height : 0);
    assert.ok(laneTop(row, row.lanes - 1, false) + row.pitch <= row.whatTop);
    assert.ok(laneTop(row, row.whatLanes - 1, true) + row.whatPitch <= row.height);
    assert.equal(rowAt(rows, row.top + row.height - 1), row);
  });
  assert.equal(rowAt(rows, -1), null);
  assert.ok(Math.min(...rows.map(({ pitch, whatPitch }) => Math.min(pitch, whatPitch))) >= 6);
});

test("a mark may cover the next bar's end, never the whole bar", () => {
  const bars = [
    { x: 100, w: 60, y: 9 },
    { x: 0, w: 50, y: 9 }, // far from the next
    { x: 163, w: 40, y: 9 },
    { x: 163, w: 40, y: 17 }, // alone in its lane
    { x: 207, w: 3, y: 9 }, // narrower than a mark
  ];
  const { before, after } = roomOf(bars, 10);
  assert.deepEqual([...after], [COVERS, FREE, HIDES, FREE, FREE]);
  assert.deepEqual([...before], [FREE, FREE, COVERS, FREE, COVERS]);
});

test("rows grow with their lanes, to a bound", () => {
  const rows = (count, lanes) => {
    const classes = Array.from({ length: count }, (_, i) => `c${i}`);
    const scene = { classes, truth: { label: [] }, detections: table([]) };
    return rowsOf(scene, new Uint8Array(count).fill(lanes), new Uint8Array(count));
  };
  assert.deepEqual(
    rows(8, 4).map(({ pitch }) => pitch),
    Array(8).fill(8), // bars of 7 pixels
  );
  const many = rows(12, 3);
  assert.equal(many[0].pitch, 7);
  assert.ok(many.at(-1).top + many.at(-1).height <= 500);
  assert.equal(rows(16, 4)[0].pitch, 6);
});

test("rows go by name, as in every figure", () => {
  const nothing = { truth: { label: [] }, detections: table([]) };
  const order = (classes) =>
    rowsOf({ classes, ...nothing }, new Uint8Array(3), new Uint8Array(3)).map((row) => row.label);
  assert.deepEqual(order(["WALK", "SIT", "LIE"]), [2, 1, 0]);
});
