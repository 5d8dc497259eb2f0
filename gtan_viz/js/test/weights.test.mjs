import assert from "node:assert/strict";
import { test } from "node:test";
import {
  averageWeights,
  derivativeWeights,
  kernelWeights,
  nearestCell,
  poolingWeights,
} from "../method/weights.js";
import { close, golden } from "./golden.mjs";

test("weights are those of gtan.kernels", () => {
  for (const expected of golden("weights")) {
    const { center, sigma, width, length, valid, gaussian, average, derivatives } = expected;
    const what = `center ${center} sigma ${sigma} length ${length}`;
    close(kernelWeights(center, sigma, length, valid), gaussian, what);
    close(averageWeights(center, width, length, valid), average, what);
    const weights = kernelWeights(center, sigma, length, valid);
    derivativeWeights(weights, center, sigma, 4).forEach((order, n) =>
      close(order, derivatives[n], `${what} order ${n}`),
    );
  }
});

test('the cell of "cell" pooling', () => {
  assert.equal(nearestCell(0.99, 4), 3);
  assert.equal(nearestCell(1.7, 4), 3);
  assert.equal(nearestCell(-0.1, 4), 0);
  assert.equal(nearestCell(0.99, 4, 1), 1);
  assert.deepEqual([...poolingWeights("cell", { center: 0.3 }, 4)], [0, 1, 0, 0]);
});
