// From predictions to candidates (Eq. 5, Eq. 10). Twin of gtan/detection.py up to soft-NMS, and of
// gtan/grid.py.

export const LARGEST = 5; // |delta_w| is held below, so that an untrained network cannot overflow

/**
 * Refined boundary of a default boundary (Eq. 5): phi_c = a_c + alpha1 a_w delta_c,
 * phi_w = a_w exp(alpha2 delta_w).
 *
 * @param {number} center a_c, fraction of the window
 * @param {number} width a_w, fraction of the window, scale ratio applied
 * @param {ArrayLike<number>} offsets [2] (delta_c, delta_w)
 * @param {number} alpha1
 * @param {number} alpha2
 * @returns {{center: number, width: number}} fractions of the window
 */
export function decode(center, width, offsets, alpha1, alpha2) {
  const delta = Math.min(LARGEST, Math.max(-LARGEST, offsets[1]));
  return {
    center: center + alpha1 * width * offsets[0],
    width: width * Math.exp(alpha2 * delta),
  };
}

/**
 * Softmax (y^a of Section 3.5).
 *
 * @param {ArrayLike<number>} logits [C + 1], background first
 * @returns {Float64Array} [C + 1]
 */
export function classScores(logits) {
  const scores = new Float64Array(logits.length);
  softmaxInto(logits, 0, logits.length, scores, 0);
  return scores;
}

/**
 * Softmax of `logits[at] .. logits[at + count - 1]` into `scores[into ..]`; they may be one array.
 *
 * @param {ArrayLike<number>} logits @param {number} at @param {number} count
 * @param {Float64Array} scores @param {number} into
 */
export function softmaxInto(logits, at, count, scores, into) {
  let largest = -Infinity;
  for (let i = 0; i < count; i++) if (logits[at + i] > largest) largest = logits[at + i];
  let sum = 0;
  for (let i = 0; i < count; i++) sum += scores[into + i] = Math.exp(logits[at + i] - largest);
  for (let i = 0; i < count; i++) scores[into + i] /= sum;
}

/** Seconds of a position in clips. @param {Grid} grid @param {number} clip */
export function gridSeconds(grid, clip) {
  return grid.offset + grid.length / 2 + (clip - 0.5) * grid.stride;
}

/** Position in clips of a time in seconds. @param {Grid} grid @param {number} seconds */
export function gridClips(grid, seconds) {
  return (seconds - grid.offset - grid.length / 2) / grid.stride + 0.5;
}

const BINS = 4096; // a power of two, so that their edges are exact

/** @typedef {{window: number, grid: Grid, duration: number}} Frame clips of a window; seconds */
/**
 * @typedef {Pick<DetectionSettings, 'alpha1' | 'alpha2' | 'labels' | 'min_score' | 'candidates'>} Settings
 */

/**
 * Collects what may become a detection: decoded, scored (Eq. 10), owned by its window, in seconds.
 * Proposals are offered window by window, layer by layer, kernel by kernel, ratio by ratio.
 */
export class Candidates {
  /**
   * @param {Frame} frame
   * @param {Settings} settings `detection` of the run's settings
   */
  constructor(frame, settings) {
    this.frame = frame;
    this.settings = settings;
    this.start = 0; // of the window at hand, clips
    this.ownedStart = 0; // a refined centre lies in [ownedStart, ownedEnd)
    this.ownedEnd = 0;
    this.middle = 0; // of the proposal at hand, clips
    this.width = 0;
    this.overlap = 0;
    /** @type {number[]} */
    this.ranking = [];
    /** @type {number[]} */
    this.labels = [];
    /** @type {number[]} */
    this.middles = []; // clips
    /** @type {number[]} */
    this.widths = []; // clips
    /** @type {number[]} */
    this.sources = []; // four numbers each
    this.dropped = 0; // proposals with a NaN or infinite prediction
    this.least = settings.min_score; // what ranks below cannot be among the best `candidates`
    this.histogram = new Int32Array(BINS + 1); // of the rankings so far
    this.bar = 0; // the lowest bin that can still count
    this.above = 0; // rankings in it and above
  }

  /**
   * The window whose proposals come next.
   *
   * @param {number} start @param {number} ownedStart @param {number} ownedEnd clips
   */
  enter(start, ownedStart, ownedEnd) {
    this.start = start;
    this.ownedStart = ownedStart;
    this.ownedEnd = ownedEnd;
  }

  /**
   * Whether a proposal can become a detection by its boundary and overlap score alone; keeps its
   * refined boundary for `add`. So class scores are needed for those that pass only.
   *
   * @param {number} center a_c, fraction of the window
   * @param {number} width a_w, fraction of the window, scale ratio applied
   * @param {number} deltaCenter
   * @param {number} deltaWidth
   * @param {number} overlap y_ov
   */
  passes(center, width, deltaCenter, deltaWidth, overlap) {
    const { alpha1, alpha2 } = this.settings;
    const delta = Math.min(LARGEST, Math.max(-LARGEST, deltaWidth));
    this.middle = this.start + this.frame.window * (center + alpha1 * width * deltaCenter);
    this.width = this.frame.window * (width * Math.exp(alpha2 * delta));
    this.overlap = overlap;
    if (
      !(Number.isFinite(this.middle) && Number.isFinite(this.width) && Number.isFinite(overlap))
    ) {
      this.dropped++;
      return false;
    }
    return this.middle >= this.ownedStart && this.middle < this.ownedEnd && overlap >= this.least;
  }

  /**
   * Add the proposal that passed: its best class, or all (R21), ranked by y^a * y_ov (Eq. 10).
   *
   * @param {ArrayLike<number>} scores y^a, after the softmax
   * @param {number} at where its C + 1 scores begin
   * @param {number} count C + 1
   * @param {number} window
   * @param {number} layer
   * @param {number} row
   * @param {number} ratio
   */
  add(scores, at, count, window, layer, row, ratio) {
    const { overlap } = this;
    let best = -Infinity;
    for (let c = 1; c < count; c++) if (scores[at + c] > best) best = scores[at + c];
    if (!Number.isFinite(best) || Number.isNaN(scores[at])) {
      this.dropped++;
      return;
    }
    const one = this.settings.labels === "one";
    for (let c = 1; c < count; c++) {
      const score = scores[at + c];
      const ranking = one && score !== best ? 0 : score * overlap;
      if (!(ranking >= this.least)) continue;
      this.ranking.push(ranking);
      this.labels.push(c - 1);
      this.middles.push(this.middle);
      this.widths.push(this.width);
      this.sources.push(window, layer, row, ratio);
      this.raise(ranking);
    }
  }

  /**
   * One more ranking: where enough are better, `least` rises, and whoever comes later costs less.
   *
   * @param {number} ranking
   */
  raise(ranking) {
    const bin = Math.floor(ranking * BINS);
    this.histogram[bin]++;
    if (bin < this.bar) return;
    this.above++;
    while (this.above - this.histogram[this.bar] >= this.settings.candidates) {
      this.above -= this.histogram[this.bar++];
      this.least = Math.max(this.settings.min_score, this.bar / BINS);
    }
  }

  /**
   * The best of them, cut to the recording.
   *
   * @returns {CandidateTable} [N, 2] seconds; [N] by descending ranking; [N]; [N, 4] window, layer,
   *   row, ratio
   */
  finish() {
    const { grid, duration } = this.frame;
    const order = descending(this.ranking);
    const most = Math.min(order.length, this.settings.candidates);
    const segments = new Float64Array(2 * most);
    const scores = new Float64Array(most);
    const labels = new Int32Array(most);
    const source = new Int32Array(4 * most);
    let count = 0;
    for (let i = 0; i < most; i++) {
      const from = order[i];
      /** @param {number} x */
      const clip = (x) => Math.min(duration, Math.max(0, x));
      const start = clip(gridSeconds(grid, this.middles[from] - this.widths[from] / 2));
      const end = clip(gridSeconds(grid, this.middles[from] + this.widths[from] / 2));
      if (!(end > start)) continue;
      segments[2 * count] = start;
      segments[2 * count + 1] = end;
      scores[count] = this.ranking[from];
      labels[count] = this.labels[from];
      for (let j = 0; j < 4; j++) source[4 * count + j] = this.sources[4 * from + j];
      count++;
    }
    return {
      count,
      segments: segments.slice(0, 2 * count),
      scores: scores.slice(0, count),
      labels: labels.slice(0, count),
      source: source.slice(0, 4 * count),
    };
  }
}

/**
 * Indices of non-negative numbers, largest first, equal ones in their order: a radix sort over the
 * bits, which for non-negative floats are in the order of the numbers. Ten times faster here than
 * `sort` with a comparison.
 *
 * @param {ArrayLike<number>} values [N]
 * @returns {Uint32Array} [N]
 */
export function descending(values) {
  const N = values.length;
  const bits = new Float64Array(N);
  for (let i = 0; i < N; i++) bits[i] = Math.abs(values[i]); // -0 is 0
  const digits = new Uint16Array(bits.buffer);
  let order = new Uint32Array(N);
  let other = new Uint32Array(N);
  for (let i = 0; i < N; i++) order[i] = i;
  const counts = new Uint32Array(256);
  for (let pass = 0; pass < 8; pass++) {
    const word = pass >> 1; // 16 bits each, lowest first
    const shift = pass & 1 ? 8 : 0;
    counts.fill(0);
    for (let i = 0; i < N; i++) counts[255 - ((digits[4 * i + word] >> shift) & 255)]++;
    let sum = 0;
    for (let d = 0; d < 256; d++) {
      const count = counts[d];
      counts[d] = sum;
      sum += count;
    }
    for (let i = 0; i < N; i++) {
      const from = order[i];
      other[counts[255 - ((digits[4 * from + word] >> shift) & 255)]++] = from;
    }
    [order, other] = [other, order];
  }
  return order;
}

/**
 * The browser's `detect_recording` up to soft-NMS, of predictions side by side.
 *
 * @param {Record<'centers' | 'widths' | 'logits' | 'offsets' | 'overlap', ArrayLike<number>> &
 *   {mask?: ArrayLike<number>}} predictions of W windows, N proposals each: centers, widths [W, N] (fractions of
 *   a window), mask [W, N], logits [W, N, C + 1], offsets [W, N, 2], overlap [W, N]; flat arrays
 * @param {ArrayLike<number>} starts [W] clips
 * @param {ArrayLike<number>} owned [W, 2] clips
 * @param {Frame} frame
 * @param {Settings} settings
 * @returns {CandidateTable & {dropped: number}} as `Candidates.finish`; source: window, 0, proposal, 0
 */
export function findCandidates(predictions, starts, owned, frame, settings) {
  const { centers, widths, mask, logits, offsets, overlap } = predictions;
  const W = starts.length;
  const N = centers.length / W;
  const per = logits.length / centers.length;
  const found = new Candidates(frame, settings);
  const scores = new Float64Array(per);
  for (let w = 0; w < W; w++) {
    found.enter(starts[w], owned[2 * w], owned[2 * w + 1]);
    for (let n = 0; n < N; n++) {
      const i = w * N + n;
      if (mask && !mask[i]) continue;
      const passed = found.passes(
        centers[i],
        widths[i],
        offsets[2 * i],
        offsets[2 * i + 1],
        overlap[i],
      );
      if (!passed) continue;
      softmaxInto(logits, i * per, per, scores, 0);
      found.add(scores, 0, per, w, 0, n, 0);
    }
  }
  return { ...found.finish(), dropped: found.dropped };
}
