// Weights of one kernel over the cells of a feature map (Eq. 1). Twin of gtan/kernels.py.

/**
 * Weights of a Gaussian kernel, W[i] = exp(-(p_i - mu)^2 / (2 sigma^2)) / Z (Eq. 1), with cell
 * centres p_i = (i + 0.5) / T (R3) and Z such that the valid cells sum to 1 (R2).
 *
 * @param {number} center mu, fraction of the window
 * @param {number} sigma fraction of the window, positive
 * @param {number} length T, number of cells
 * @param {?ArrayLike<number>} valid [T] cells within the recording; all by default
 * @returns {Float64Array} [T]; zeros where no cell is valid
 */
export function kernelWeights(center, sigma, length, valid = null) {
  const weights = new Float64Array(length);
  const scale = 2 * sigma * sigma;
  let largest = -Infinity;
  for (let i = 0; i < length; i++) {
    if (valid && !valid[i]) continue;
    const away = (i + 0.5) / length - center;
    weights[i] = -(away * away) / scale;
    if (weights[i] > largest) largest = weights[i];
  }
  let sum = 0;
  for (let i = 0; i < length; i++) {
    if (valid && !valid[i]) continue;
    weights[i] = Math.exp(weights[i] - largest);
    sum += weights[i];
  }
  if (sum > 0) for (let i = 0; i < length; i++) weights[i] /= sum;
  return weights;
}

/**
 * Weights of a kernel and of its scale-normalised derivatives (E1): order n has the weights
 * w He_n(u) / sqrt(n!), u = (p - mu) / sigma held within +-4.
 *
 * @param {Float64Array} weights [T] by `kernelWeights`
 * @param {number} center fraction of the window
 * @param {number} sigma fraction of the window
 * @param {number} derivatives N, the highest order
 * @returns {Float64Array[]} N + 1 times [T], order by order; the first is `weights`
 */
export function derivativeWeights(weights, center, sigma, derivatives) {
  const length = weights.length;
  const orders = [weights];
  for (let n = 1; n <= derivatives; n++) orders.push(new Float64Array(length));
  for (let i = 0; i < length && derivatives > 0; i++) {
    const u = Math.min(4, Math.max(-4, ((i + 0.5) / length - center) / sigma));
    orders[1][i] = weights[i] * u;
    for (let n = 1; n < derivatives; n++) {
      // He_(n+1) = u He_n - n He_(n-1)
      const next = u * orders[n][i] - Math.sqrt(n) * orders[n - 1][i];
      orders[n + 1][i] = next / Math.sqrt(n + 1);
    }
  }
  return orders;
}

/**
 * Figure 4, left: the default boundary extended by half its width on either side, averaged. A cell
 * counts by the share of it that lies inside.
 *
 * @param {number} center fraction of the window
 * @param {number} width fraction of the window, at scale ratio 1
 * @param {number} length T
 * @param {?ArrayLike<number>} valid [T]
 * @returns {Float64Array} [T]
 */
export function averageWeights(center, width, length, valid = null) {
  const weights = new Float64Array(length);
  const start = center - width;
  const end = center + width;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    if (valid && !valid[i]) continue;
    weights[i] = Math.max(0, Math.min((i + 1) / length, end) - Math.max(i / length, start));
    sum += weights[i];
  }
  sum = Math.max(sum, 1e-12);
  for (let i = 0; i < length; i++) weights[i] /= sum;
  return weights;
}

/**
 * Weights of a kernel under any `kernels.pooling` setting.
 *
 * @param {'gaussian'|'average'|'cell'} pooling
 * @param {{center: number, sigma: number, width: number, cell?: ?number}} kernel fractions of the
 *   window; `cell`: the kernel's own cell, where it has one (used by 'cell' alone)
 * @param {number} length T
 * @param {?ArrayLike<number>} valid [T]
 * @returns {Float64Array} [T]
 */
export function poolingWeights(pooling, kernel, length, valid = null) {
  if (pooling === "gaussian") return kernelWeights(kernel.center, kernel.sigma, length, valid);
  if (pooling === "average") return averageWeights(kernel.center, kernel.width, length, valid);
  const weights = new Float64Array(length);
  weights[nearestCell(kernel.center, length, kernel.cell)] = 1;
  return weights;
}

/**
 * The cell itself, or the one that the centre lies in.
 *
 * @param {number} center @param {number} length @param {?number} cell
 */
export function nearestCell(center, length, cell = null) {
  if (cell !== null && cell >= 0) return cell;
  return Math.min(length - 1, Math.max(0, Math.trunc(center * length)));
}
