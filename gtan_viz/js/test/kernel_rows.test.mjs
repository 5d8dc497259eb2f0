// Rows of the kernels, the mixed ones that are drawn one by one, and what happened while training.
import assert from "node:assert/strict";
import { test } from "node:test";
import { mixedBand, mixedThatMatter } from "../state/mixed_shown.js";
import {
  LEAST,
  levels,
  MOST,
  rowsHeight,
  stripRows,
  USUAL,
  widthTicks,
} from "../state/strip_rows.js";
import { trainingEvents } from "../state/training_events.js";

test("rows follow each other, as high as they were made and no higher", () => {
  const rows = stripRows(3, { 2: 120, 3: 9999 });
  assert.deepEqual(
    rows.map(({ height }) => height),
    [USUAL, 120, MOST],
  );
  assert.equal(rows[2].top, rows[1].top + 120);
  assert.equal(rowsHeight(rows), rows[2].top + MOST + 4);
  assert.equal(stripRows(1, { 1: -5 })[0].height, LEAST);
});

test("wider kernels lie higher, on equal steps for equal factors", () => {
  const [row] = stripRows(1, {});
  const level = levels({ low: 0.5, high: 16 }, row);
  assert.equal(level(0.5), row.floor);
  assert.ok(level(16) >= row.top + 10);
  assert.ok(Math.abs(level(1) - level(2) - (level(4) - level(8))) < 1e-9);
  assert.equal(level(100), level(16)); // within its row
  assert.deepEqual(widthTicks({ low: 0.5, high: 16 }, row, 11), [1, 4, 16]);
  assert.deepEqual(
    widthTicks({ low: 0.5, high: 16 }, { ...row, height: 200 }, 11),
    [0.5, 1, 2, 4, 8, 16],
  );
});

/** Four mixed kernels of a layer: the second stands on an action, the third fires. */
const layer = {
  count: 4,
  mixed: Uint8Array.of(1, 1, 1, 1),
  state: Int8Array.of(-1, 1, 0, -1),
  center: Float64Array.of(2, 5, 8, 3),
  half: Float64Array.of(2, 1, 1, 1),
};

test("what stands on an action or fires is drawn, the rest is a band", () => {
  const detections = { count: 2, score: [0.5, 0.01], layer: [1, 1], row: [2, 0] };
  const [matters] = mixedThatMatter({ layers: [layer], detections }, 0.1);
  assert.deepEqual([...matters], [0, 1, 1, 0]);
  const axis = { x: (seconds) => 100 + 10 * seconds, left: 100 };
  const over = new Uint16Array(100);
  assert.equal(
    mixedBand(layer, (row) => !matters[row], axis, over),
    2,
  );
  assert.deepEqual([over[10], over[25], over[39], over[40], over[60]], [1, 2, 2, 0, 0]);
});

test("what happened while training has a step and a name", () => {
  const counts = [0, 4, 5, 20, 20, 8];
  const sigmas = [1, 1, 1, 1.97, 2, 0.25];
  const trace = {
    index: {},
    steps: Int32Array.from(counts, (_, s) => 20 * s),
    layers: [
      {
        cells: 1,
        sigmas: Float32Array.from(sigmas),
        state: Int8Array.from(sigmas, () => -1),
        mixed: Int32Array.from(counts),
      },
    ],
    windows: [{ recording: "a", start: 0 }],
  };
  const kernels = { scale: "gaussian", sigma_unit: "bounded", sigma_floor: 0.25, sigma_ceiling: 2 };
  const told = (one) =>
    trainingEvents(trace, [0, 1], one).map(({ step, text }) => `${step}: ${text}`);
  assert.deepEqual(told(kernels), [
    "20: the first 4 mixed kernels",
    "60: mixed kernels jump from 5 to 20, most in layer 1",
    "60: the first σ (1 cell) at the ceiling",
    "100: mixed kernels drop from 20 to 8, most in layer 1",
    "100: the first σ (1 cell) at the floor",
  ]);
  assert.equal(told({ ...kernels, scale: "fixed" }).length, 3);
});
