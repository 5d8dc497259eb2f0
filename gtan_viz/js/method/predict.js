// Gaussian pooling (Eq. 4) and the three prediction convolutions. Twin of gtan/pooling.py and of
// AnchorLayer.predict in gtan/network.py.
//
// Two ways. `poolAndPredict` does one kernel as the equations say, in float64 over all cells.
// `prepareLayer` and `predictKernels` do many, fast: the prediction convolutions have kernel 1
// (R14) and pooling is linear, so they commute. The feature map is projected once to the O = R * (C
// + 4) outputs, and a kernel is a weighted sum of T projected cells. Of a Gaussian only cells
// within REACH sigmas of its centre count (weights above 1e-9 of the peak), normalised over these.

import { averageWeights, derivativeWeights, nearestCell, poolingWeights } from "./weights.js";

/**
 * @typedef {object} Head the prediction convolutions of an anchor layer
 * @property {ArrayLike<number>} scoreWeights [R * (C + 1), (N + 1) D], N derivatives
 * @property {ArrayLike<number>} scoreBias [R * (C + 1)]
 * @property {ArrayLike<number>} offsetWeights [R * 2, (N + 1) D]
 * @property {ArrayLike<number>} offsetBias [R * 2]
 * @property {ArrayLike<number>} overlapWeights [R, (N + 1) D]
 * @property {ArrayLike<number>} overlapBias [R]
 * @property {ArrayLike<number>} ratios [R] scale ratios
 * @property {number} classes C, background not counted
 */

/**
 * @typedef {object} PreparedLayer by `prepareLayer`
 * @property {number} length T
 * @property {?ArrayLike<number>} valid [T]
 * @property {number} first valid cell
 * @property {number} last exclusive
 * @property {string} pooling
 * @property {number} ratios R
 * @property {number} classes C
 * @property {number} outputs O
 * @property {Float64Array} bias [O]
 * @property {number} derivatives N, of E1
 * @property {Float64Array} projected [N + 1, T, O]
 * @property {Float64Array} weights [N + 1, T], scratch of `spread`
 */

/** Sigmas from the centre beyond which a weight is below 1e-9 of the peak's. */
export const REACH = Math.sqrt(2 * Math.log(1e9));

/**
 * Pool one kernel (Eq. 4) and predict from it.
 *
 * @param {object} given
 * @param {ArrayLike<number>} given.features [D, T] feature map
 * @param {number} given.channels D
 * @param {number} given.length T
 * @param {?ArrayLike<number>} given.valid [T]
 * @param {number} given.center fraction of the window
 * @param {number} given.sigma fraction of the window
 * @param {number} [given.width] fraction of the window, at ratio 1 (for 'average' pooling)
 * @param {?number} [given.cell] the kernel's own cell (for 'cell' pooling)
 * @param {Head} given.head
 * @param {'gaussian'|'average'|'cell'} [given.pooling]
 * @param {number} [given.derivatives] N, of E1
 * @returns {{weights: Float64Array, pooled: Float64Array, logits: Float64Array[],
 *   offsets: Float64Array[], overlap: Float64Array}} [T], [(N + 1) D], [R][C + 1] before the softmax,
 *   [R][2] (delta_c, delta_w), [R] y_ov in (0, 1)
 */
export function poolAndPredict({
  features,
  channels,
  length,
  valid = null,
  center,
  sigma,
  width = 2 * sigma,
  cell = null,
  head,
  pooling = "gaussian",
  derivatives = 0,
}) {
  const weights = poolingWeights(pooling, { center, sigma, width, cell }, length, valid);
  const orders = derivativeWeights(weights, center, sigma, derivatives);
  const inputs = channels * orders.length;
  const pooled = new Float64Array(inputs);
  orders.forEach((order, n) => {
    for (let d = 0; d < channels; d++) {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += features[d * length + i] * order[i];
      pooled[n * channels + d] = sum;
    }
  });
  /** @param {ArrayLike<number>} matrix @param {ArrayLike<number>} bias @param {number} row */
  const apply = (matrix, bias, row) => {
    let sum = 0;
    for (let d = 0; d < inputs; d++) sum += matrix[row * inputs + d] * pooled[d];
    return sum + bias[row];
  };
  const per = head.classes + 1;
  const logits = [];
  const offsets = [];
  const overlap = new Float64Array(head.ratios.length);
  for (let r = 0; r < overlap.length; r++) {
    logits.push(
      Float64Array.from({ length: per }, (_, c) =>
        apply(head.scoreWeights, head.scoreBias, r * per + c),
      ),
    );
    offsets.push(
      Float64Array.from({ length: 2 }, (_, i) =>
        apply(head.offsetWeights, head.offsetBias, r * 2 + i),
      ),
    );
    overlap[r] = sigmoid(apply(head.overlapWeights, head.overlapBias, r));
  }
  return { weights, pooled, logits, offsets, overlap };
}

/** 1 / (1 + exp(-x)). @param {number} x */
export function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

/**
 * One window of one anchor layer, made ready for many kernels: its feature map times the
 * predictions' weights.
 *
 * @param {{features: ArrayLike<number>, channels: number, length: number,
 *   valid?: ?ArrayLike<number>, head: Head, pooling?: string, derivatives?: number}} given as in `poolAndPredict`
 * @returns {PreparedLayer} for `predictKernels`
 */
export function prepareLayer({
  features,
  channels,
  length,
  valid = null,
  head,
  pooling = "gaussian",
  derivatives = 0,
}) {
  const R = head.ratios.length;
  const per = head.classes + 1;
  // Outputs side by side: R x (delta_c, delta_w, y_ov before its sigmoid), then R x (C + 1) scores.
  const outputs = R * (3 + per);
  const bias = new Float64Array(outputs);
  /** @type {[ArrayLike<number>, ArrayLike<number>, number][]} */
  const rows = []; // of an output: its matrix and row
  for (let r = 0; r < R; r++) {
    rows.push([head.offsetWeights, head.offsetBias, 2 * r]);
    rows.push([head.offsetWeights, head.offsetBias, 2 * r + 1]);
    rows.push([head.overlapWeights, head.overlapBias, r]);
  }
  for (let s = 0; s < R * per; s++) rows.push([head.scoreWeights, head.scoreBias, s]);
  const orders = derivatives + 1;
  const projected = new Float64Array(orders * length * outputs); // [N + 1, T, O]
  const line = new Float64Array(length);
  rows.forEach(([matrix, biases, row], o) => {
    bias[o] = biases[row];
    for (let n = 0; n < orders; n++) {
      line.fill(0);
      for (let d = 0; d < channels; d++) {
        const factor = matrix[(row * orders + n) * channels + d];
        const at = d * length;
        for (let i = 0; i < length; i++) line[i] += factor * features[at + i];
      }
      for (let i = 0; i < length; i++) projected[(n * length + i) * outputs + o] = line[i];
    }
  });
  let first = 0; // padding is at the end
  let last = length;
  if (valid) {
    while (first < last && !valid[first]) first++;
    while (last > first && !valid[last - 1]) last--;
  }
  return {
    length,
    valid,
    first,
    last,
    pooling,
    ratios: R,
    classes: head.classes,
    outputs,
    bias,
    projected,
    derivatives,
    weights: new Float64Array(orders * length), // scratch of `spread`
  };
}

/**
 * Weights of a kernel into `layer.weights`, for the cells that count.
 *
 * @returns {number[]} `range`: first and last (exclusive) of these cells
 *
 * @param {PreparedLayer} layer
 * @param {number} center
 * @param {number} sigma
 * @param {number} width
 * @param {?number} cell
 * @param {number[]} range
 */
export function spread(layer, center, sigma, width, cell, range) {
  const { length, valid, weights, pooling } = layer;
  let from = layer.first;
  let to = layer.last;
  if (pooling === "gaussian") {
    spreadGaussian(layer, center, sigma, range);
    spreadDerivatives(layer, center, sigma, range);
    return range;
  }
  if (pooling === "average") {
    const all = averageWeights(center, width, length, valid);
    while (from < to && all[from] === 0) from++;
    while (to > from && all[to - 1] === 0) to--;
    for (let i = from; i < to; i++) weights[i] = all[i];
  } else {
    from = nearestCell(center, length, cell);
    to = from + 1;
    weights[from] = 1;
  }
  range[0] = from;
  range[1] = to;
  return range;
}

/**
 * @param {PreparedLayer} layer @param {number} center @param {number} sigma @param {number[]} range
 */
function spreadGaussian(layer, center, sigma, range) {
  const { length, valid, weights } = layer;
  let from = layer.first;
  let to = layer.last;
  const near = Math.min(Math.max(Math.round(center * length - 0.5), from), to - 1);
  const gap = (near + 0.5) / length - center; // the peak among the cells is at the nearest one
  const far = Math.sqrt(gap * gap + REACH * REACH * sigma * sigma);
  from = Math.max(from, Math.min(near, Math.ceil((center - far) * length - 0.5)));
  to = Math.min(to, Math.max(near, Math.floor((center + far) * length - 0.5)) + 1);
  // Relative to the nearest cell, outward on both sides. Neighbours' weights have a ratio that
  // itself changes by a constant factor, so three exponentials do for all cells.
  const scale = -1 / (2 * sigma * sigma);
  const bend = Math.exp((2 * scale) / (length * length));
  weights[near] = 1;
  const first = (near + 1.5) / length - center;
  let ratio = Math.exp((first * first - gap * gap) * scale);
  for (let i = near + 1; i < to; i++, ratio *= bend) weights[i] = weights[i - 1] * ratio;
  const last = (near - 0.5) / length - center;
  ratio = Math.exp((last * last - gap * gap) * scale);
  for (let i = near - 1; i >= from; i--, ratio *= bend) weights[i] = weights[i + 1] * ratio;
  let sum = 0;
  for (let i = from; i < to; i++) {
    if (valid && !valid[i]) weights[i] = 0;
    sum += weights[i];
  }
  if (sum > 0) for (let i = from; i < to; i++) weights[i] /= sum;
  range[0] = from;
  range[1] = to;
  return range;
}

/**
 * The derivatives' weights, from those of order 0; see `derivativeWeights`.
 *
 * @param {PreparedLayer} layer @param {number} center @param {number} sigma @param {number[]} range
 */
function spreadDerivatives({ length, weights, derivatives }, center, sigma, [from, to]) {
  for (let n = 0; n < derivatives; n++) {
    const [before, here, next] = [(n - 1) * length, n * length, (n + 1) * length];
    for (let i = from; i < to; i++) {
      const u = Math.min(4, Math.max(-4, ((i + 0.5) / length - center) / sigma));
      const two = n ? Math.sqrt(n) * weights[before + i] : 0;
      weights[next + i] = (u * weights[here + i] - two) / Math.sqrt(n + 1);
    }
  }
}

/**
 * Outputs `first` .. `first + count` of the kernel that `spread` left in `layer.weights`.
 *
 * @param {PreparedLayer} layer @param {number[]} range @param {number} first @param {number} count
 * @param {Float64Array} into @param {number} at
 */
export function gather(layer, range, first, count, into, at) {
  for (let o = 0; o < count; o++) into[at + o] = layer.bias[first + o];
  for (let n = 0; n <= layer.derivatives; n++) {
    addOrder(
      layer,
      n * layer.length + range[0],
      n * layer.length + range[1],
      first,
      count,
      into,
      at,
    );
  }
}

/**
 * Adds rows `from` to `to` of the projected map, by their weights; four at a time.
 *
 * @param {PreparedLayer} layer @param {number} from @param {number} to @param {number} first
 * @param {number} count @param {Float64Array} into @param {number} at
 */
function addOrder({ weights, projected, outputs }, from, to, first, count, into, at) {
  let i = from;
  let row = i * outputs + first;
  for (; i + 4 <= to; i += 4, row += 4 * outputs) {
    const w0 = weights[i];
    const w1 = weights[i + 1];
    const w2 = weights[i + 2];
    const w3 = weights[i + 3];
    const row1 = row + outputs;
    const row2 = row1 + outputs;
    const row3 = row2 + outputs;
    for (let o = 0; o < count; o++) {
      into[at + o] +=
        w0 * projected[row + o] +
        w1 * projected[row1 + o] +
        w2 * projected[row2 + o] +
        w3 * projected[row3 + o];
    }
  }
  for (; i < to; i++, row += outputs) {
    for (let o = 0; o < count; o++) into[at + o] += weights[i] * projected[row + o];
  }
}

/**
 * All predictions of many kernels of a prepared layer.
 *
 * @param {PreparedLayer} layer
 * @param {{centers: ArrayLike<number>, sigmas: ArrayLike<number>, widths: ArrayLike<number>,
 *   cells?: ?ArrayLike<number>}} kernels [K] each, fractions of the window; `cells` as in
 *   `poolAndPredict`
 * @returns {{logits: Float64Array, offsets: Float64Array, overlap: Float64Array}}
 *   [K, R, C + 1], [K, R, 2], [K, R]
 */
export function predictKernels(layer, { centers, sigmas, widths, cells = null }) {
  const K = centers.length;
  const R = layer.ratios;
  const scores = R * (layer.classes + 1);
  const logits = new Float64Array(K * scores);
  const offsets = new Float64Array(K * R * 2);
  const overlap = new Float64Array(K * R);
  const boxes = new Float64Array(3 * R);
  const range = [0, 0];
  for (let k = 0; k < K; k++) {
    spread(layer, centers[k], sigmas[k], widths[k], cells ? cells[k] : null, range);
    gather(layer, range, 0, 3 * R, boxes, 0);
    gather(layer, range, 3 * R, scores, logits, k * scores);
    for (let r = 0; r < R; r++) {
      offsets[(k * R + r) * 2] = boxes[3 * r];
      offsets[(k * R + r) * 2 + 1] = boxes[3 * r + 1];
      overlap[k * R + r] = sigmoid(boxes[3 * r + 2]);
    }
  }
  return { logits, offsets, overlap };
}
