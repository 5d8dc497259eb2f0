import assert from "node:assert/strict";
import { test } from "node:test";
import { poolAndPredict, predictKernels, prepareLayer } from "../method/predict.js";
import { close, golden } from "./golden.mjs";

golden("predict").forEach((expected, number) => {
  const { channels, length, valid, features, head, pooling, derivatives } = expected;
  const { centers, sigmas, widths } = expected;
  const layer = { features, channels, length, valid, head, pooling, derivatives };

  test(`case ${number}: one kernel, ${pooling}, ${length} cells, is gtan's`, () => {
    centers.forEach((center, k) => {
      const got = poolAndPredict({ ...layer, center, sigma: sigmas[k], width: widths[k] });
      close(got.pooled, expected.pooled[k], `pooled ${k}`);
      got.logits.forEach((row, r) => close(row, expected.logits[k][r], `logits ${k} ${r}`));
      got.offsets.forEach((row, r) => close(row, expected.offsets[k][r], `offsets ${k} ${r}`));
      close(got.overlap, expected.overlap[k], `overlap ${k}`);
    });
  });

  test(`case ${number}: many kernels at once are the same to 1e-7`, () => {
    // Weights below 1e-9 of the peak are left out of sums over `length` cells.
    const got = predictKernels(prepareLayer(layer), { centers, sigmas, widths });
    close(got.logits, expected.logits.flat(2), "logits", 1e-7);
    close(got.offsets, expected.offsets.flat(2), "offsets", 1e-7);
    close(got.overlap, expected.overlap.flat(), "overlap", 1e-7);
  });
});

test("the fast way agrees with the exact one wherever the kernel lies", () => {
  let seed = 9;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const [channels, length, R, classes] = [5, 24, 2, 3];
  const some = (count) => Float64Array.from({ length: count }, () => 4 * random() - 2);
  const head = {
    scoreWeights: some(R * (classes + 1) * channels),
    scoreBias: some(R * (classes + 1)),
    offsetWeights: some(R * 2 * channels),
    offsetBias: some(R * 2),
    overlapWeights: some(R * channels),
    overlapBias: some(R),
    ratios: [1, 2],
    classes,
  };
  const features = some(channels * length);
  for (const valid of [
    null,
    Uint8Array.from({ length }, (_, i) => (i < 15 ? 1 : 0)),
    new Uint8Array(length),
  ]) {
    for (const pooling of ["gaussian", "average", "cell"]) {
      const layer = { features, channels, length, valid, head, pooling };
      const fast = prepareLayer(layer);
      for (const center of [-0.5, 0, 0.1, 0.5, 0.5 + 0.5 / 24, 0.62, 0.7, 1, 1.4]) {
        for (const sigma of [1e-6, 0.003, 0.02, 0.3, 3]) {
          const exact = poolAndPredict({ ...layer, center, sigma });
          const got = predictKernels(fast, {
            centers: [center],
            sigmas: [sigma],
            widths: [2 * sigma],
          });
          const what = `${pooling} ${center} ${sigma}`;
          close(
            got.logits,
            exact.logits.flatMap((row) => [...row]),
            what,
            1e-7,
          );
          close(got.overlap, exact.overlap, what, 1e-7);
        }
      }
    }
  }
  assert.ok(true);
});
