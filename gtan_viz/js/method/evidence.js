// A prediction as a sum over cells. Pooling (Eq. 4) and the prediction convolutions are linear, so a
// number before its softmax or sigmoid is its bias plus what each cell brings: exactly, not nearly.

import { derivativeWeights } from "./weights.js";

/**
 * What each cell says of one output, before any kernel weighs it: a number for every order that is
 * pooled (E1; without derivatives there is one order).
 *
 * @param {ArrayLike<number>} matrix [outputs, (N + 1) D] of a prediction convolution
 * @param {number} row the output
 * @param {ArrayLike<number>} features [D, T]
 * @param {number} channels D
 * @param {number} length T
 * @param {number} orders N + 1
 * @returns {Float64Array[]} N + 1 times [T]
 */
export function cellsSay(matrix, row, features, channels, length, orders) {
  return Array.from({ length: orders }, (_, n) => {
    const says = new Float64Array(length);
    for (let d = 0; d < channels; d++) {
      const factor = matrix[(row * orders + n) * channels + d];
      for (let i = 0; i < length; i++) says[i] += factor * features[d * length + i];
    }
    return says;
  });
}

/**
 * What each cell brings under a kernel's weights, and all that it adds up to.
 *
 * @param {Float64Array[]} says by `cellsSay`
 * @param {Float64Array[]} weights by `derivativeWeights`
 * @param {number} bias
 * @returns {{brings: Float64Array, byOrder: number[], sum: number}} brings [T]; byOrder [N + 1], over
 *   all cells; sum, with the bias
 */
export function addUp(says, weights, bias) {
  const brings = new Float64Array(says[0].length);
  const byOrder = says.map((order, n) => {
    let all = 0;
    for (let i = 0; i < brings.length; i++) {
      const one = weights[n][i] * order[i];
      brings[i] += one;
      all += one;
    }
    return all;
  });
  return { brings, byOrder, sum: byOrder.reduce((sum, one) => sum + one, bias) };
}

/**
 * What each cell would say if it stood in the middle of the kernel and had all the weight. Without
 * derivatives it brings this times its weight.
 *
 * @param {Float64Array[]} says by `cellsSay`
 * @returns {Float64Array} [T]
 */
export function cellsAlone(says) {
  const middle = derivativeWeights(Float64Array.of(1), 0.5, 1, says.length - 1);
  return says[0].map((_, i) => says.reduce((sum, order, n) => sum + middle[n][0] * order[i], 0));
}
