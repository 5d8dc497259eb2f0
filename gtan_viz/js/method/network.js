// The network that leads to the kernels: TemporalConv, pool1 and sigmas of gtan/network.py and
// gtan/kernels.py (Section 3.1, Eq. 1, 2). For a network small enough to run where it is shown.

/** @typedef {{shape: number[], values: ArrayLike<number>}} Tensor */
/** @typedef {{features: Float64Array, channels: number, length: number}} FeatureMap features [D, T] */

/**
 * Convolution with kernel 3 and padding 1.
 *
 * @param {FeatureMap} map @param {Tensor} weight [O, D, 3] @param {Tensor} bias [O] @param {number} stride
 * @returns {FeatureMap} [O, T / stride, rounded up]
 */
export function convolve({ features, channels, length }, weight, bias, stride = 1) {
  const outputs = weight.shape[0];
  const long = Math.ceil(length / stride);
  const result = new Float64Array(outputs * long);
  for (let o = 0; o < outputs; o++) {
    for (let t = 0; t < long; t++) {
      let sum = bias.values[o];
      for (let d = 0; d < channels; d++) {
        for (let k = 0; k < 3; k++) {
          const at = t * stride + k - 1;
          if (at < 0 || at >= length) continue;
          sum += weight.values[(o * channels + d) * 3 + k] * features[d * length + at];
        }
      }
      result[o * long + t] = sum;
    }
  }
  return { features: result, channels: outputs, length: long };
}

/**
 * Normalisation of each cell over its channels (R22).
 *
 * @param {FeatureMap} map @param {Tensor} weight [D] @param {Tensor} bias [D] @returns {FeatureMap}
 */
export function normalise({ features, channels, length }, weight, bias) {
  const result = new Float64Array(features.length);
  for (let t = 0; t < length; t++) {
    const cell = Array.from({ length: channels }, (_, d) => features[d * length + t]);
    const mean = cell.reduce((a, b) => a + b, 0) / channels;
    const variance = cell.reduce((sum, one) => sum + (one - mean) ** 2, 0) / channels;
    cell.forEach((one, d) => {
      const plain = (one - mean) / Math.sqrt(variance + 1e-5);
      result[d * length + t] = plain * weight.values[d] + bias.values[d];
    });
  }
  return { features: result, channels, length };
}

/** ReLU. @param {FeatureMap} map @returns {FeatureMap} */
export const relu = (map) => ({ ...map, features: map.features.map((x) => Math.max(0, x)) });

/** pool1: the largest of three, stride 2. @param {FeatureMap} map @returns {FeatureMap} */
export function maxPool({ features, channels, length }) {
  const long = Math.ceil(length / 2);
  const result = new Float64Array(channels * long);
  for (let d = 0; d < channels; d++) {
    for (let t = 0; t < long; t++) {
      const of = features.subarray(
        d * length + Math.max(0, 2 * t - 1),
        d * length + Math.min(length, 2 * t + 2),
      );
      result[d * long + t] = Math.max(...of);
    }
  }
  return { features: result, channels, length: long };
}

/**
 * Sigmas in cells, R1's reading `bounded`: between floor and ceiling, where the logit is 0 half of
 * `initial_width`.
 *
 * @param {ArrayLike<number>} logits [T]
 * @param {{sigma_floor: number, sigma_ceiling: number, initial_width: number}} kernels
 * @returns {number[]} [T]
 */
export function boundedSigmas(logits, { sigma_floor: low, sigma_ceiling: high, initial_width }) {
  const share = (initial_width / 2 - low) / (high - low);
  const start = Math.log(share / (1 - share));
  return Array.from(logits, (x) => low + (high - low) / (1 + Math.exp(-x - start)));
}
