// The whole chain in the browser: kernels, grouping, pooling and predictions, candidates, soft-NMS.
//
// Fast enough for a slider: what did not change since the last call is not computed again (kernels
// keep their predictions in `Slots`), and class scores are computed only for proposals that their
// window owns and whose overlap score alone does not rule them out.

import { Candidates, softmaxInto } from "../method/decode.js";
import { gather, prepareLayer, sigmoid, spread } from "../method/predict.js";
import { softNms } from "../method/soft_nms.js";
import { featuresOf, headOf, interactive, originOf, validOf } from "./explanation.js";
import { kernelTable } from "./kernel_table.js";

/** @typedef {import('../method/predict.js').PreparedLayer} PreparedLayer */
/** @typedef {import('./kernel_table.js').KernelTable} KernelTable */
/** @typedef {import('./kernel_table.js').Changes} Changes */

/** @type {WeakMap<View, Map<number, Slots>>} */
const caches = new WeakMap(); // Explanation -> its Slots, per layer and window

/** Predictions of the kernels of one window of one layer, by slot: cell, or T + first member. */
class Slots {
  /** @type {?PreparedLayer} */
  layer = null;
  range = [0, 0];
  spreadSlot = -1; // whose weights stand in layer.weights

  /** @param {number} cells @param {number} ratios @param {number} classes */
  constructor(cells, ratios, classes) {
    const slots = 2 * cells;
    this.ratios = ratios;
    this.per = classes + 1;
    this.center = new Float64Array(slots).fill(NaN);
    this.sigma = new Float64Array(slots);
    this.width = new Float64Array(slots);
    this.cell = new Int32Array(slots).fill(-1); // whose own kernel it is, where it was not moved
    this.boxes = new Float64Array(slots * 3 * ratios); // delta_c, delta_w, y_ov of each ratio
    this.scores = new Float64Array(slots * ratios * this.per);
    this.gathered = new Uint8Array(slots); // whether the logits stand in `scores`
    this.ready = new Uint8Array(slots * ratios); // whether the scores do
  }

  /**
   * Predicts the boxes of a kernel, if it is not there already.
   *
   * @param {number} slot @param {number} center @param {number} sigma @param {number} width
   * @param {?number} cell
   */
  place(slot, center, sigma, width, cell) {
    if (this.center[slot] === center && this.sigma[slot] === sigma && this.width[slot] === width)
      return;
    this.center[slot] = center;
    this.sigma[slot] = sigma;
    this.width[slot] = width;
    this.cell[slot] = cell ?? -1;
    this.gathered[slot] = 0;
    this.#spread(slot, true);
    const count = 3 * this.ratios;
    gather(this.#map, this.range, 0, count, this.boxes, slot * count);
    for (let at = slot * count + 2; at < (slot + 1) * count; at += 3) {
      this.boxes[at] = sigmoid(this.boxes[at]);
    }
  }

  /** Class scores of a placed kernel at a ratio. @param {number} slot @param {number} ratio */
  score(slot, ratio) {
    const { ratios, per } = this;
    if (!this.gathered[slot]) {
      this.#spread(slot, false);
      // Side by side, so at one go.
      gather(this.#map, this.range, 3 * ratios, ratios * per, this.scores, slot * ratios * per);
      this.gathered[slot] = 1;
      this.ready.fill(0, slot * ratios, (slot + 1) * ratios);
    }
    const proposal = slot * ratios + ratio;
    if (this.ready[proposal]) return;
    softmaxInto(this.scores, proposal * per, per, this.scores, proposal * per);
    this.ready[proposal] = 1;
  }

  /** @param {number} slot @param {boolean} isMoved whether weights that are there are old */
  #spread(slot, isMoved) {
    if (this.spreadSlot === slot && !isMoved) return;
    const cell = this.cell[slot] < 0 ? null : this.cell[slot];
    spread(this.#map, this.center[slot], this.sigma[slot], this.width[slot], cell, this.range);
    this.spreadSlot = slot;
  }

  get #map() {
    if (!this.layer) throw new Error("the layer was not prepared");
    return this.layer;
  }
}

/** @type {WeakMap<Numbers, Float64Array>} */
const learned = new WeakMap(); // logits of a layer -> y^a, after the softmax

/** @param {View} explanation @param {number} layer */
function learnedScores(explanation, layer) {
  const logits = explanation.arrays[`layer${layer}.logits`];
  let scores = learned.get(logits);
  if (!scores) {
    const per = explanation.header.classes.length + 1;
    scores = new Float64Array(logits.length);
    for (let at = 0; at < logits.length; at += per) softmaxInto(logits, at, per, scores, at);
    learned.set(logits, scores);
  }
  return scores;
}

/** @param {View} explanation @param {number} layer @param {number} window */
function slotsOf(explanation, layer, window) {
  let cache = caches.get(explanation);
  if (!cache) caches.set(explanation, (cache = new Map()));
  const key = layer * 65536 + window;
  let slots = cache.get(key);
  if (!slots) {
    const { cells, ratios } = explanation.header.layers[layer - 1];
    slots = new Slots(cells, ratios.length, explanation.header.classes.length);
    cache.set(key, slots);
  }
  return slots;
}

/** @param {View} explanation @param {number} layer @param {number} window @param {Slots} slots */
function prepare(explanation, layer, window, slots) {
  if (slots.layer) return;
  const { cells, channels } = explanation.header.layers[layer - 1];
  const features = featuresOf(explanation, window, layer);
  const head = headOf(explanation, layer);
  if (!features || !head) throw new Error("the file has no feature maps");
  slots.layer = prepareLayer({
    features,
    channels,
    length: cells,
    valid: validOf(explanation, window, layer),
    head,
    pooling: explanation.header.settings.kernels.pooling,
    derivatives: explanation.header.settings.kernels.derivatives,
  });
}

/**
 * Does beforehand, step by step, what makes the first `recompute` slow (65 ms for SBHAR).
 *
 * @param {View} explanation
 */
export function* preparing(explanation) {
  explanation = originOf(explanation);
  if (!interactive(explanation)) return;
  for (let layer = 1; layer <= explanation.header.layers.length; layer++) {
    for (let w = 0; w < explanation.arrays["windows.start"].length; w++) {
      prepare(explanation, layer, w, slotsOf(explanation, layer, w));
      yield;
    }
  }
}

/**
 * @param {View} explanation by `readExplanation`
 * @param {Changes} changes
 * @param {object} [options]
 * @param {boolean} [options.fresh] predict every kernel from the features, changed or not
 * @param {?[number, number]} [options.windows] [first, last): only these windows follow the changes. The
 *   others keep their kernels and bring no detections; for a long recording, while a slider moves
 * @returns {Recomputed} a view, with `changed` (whether anything differs from what was learned),
 *   `missing` (null, or why changed kernels have no prediction), `candidates` (what entered
 *   soft-NMS), `dropped` (number of NaN or infinite proposals), `origin`, `live` (the
 *   windows that followed) and `partial` (whether any did not)
 */
export function recompute(explanation, changes = {}, { fresh = false, windows = null } = {}) {
  explanation = originOf(explanation);
  const { header } = explanation;
  const count = explanation.arrays["windows.start"].length;
  const live = windows ?? /** @type {[number, number]} */ ([0, count]);
  const settings = effective(header.settings, changes);
  const layers = header.layers.map((layer) => ({
    ...layer,
    ratios: (changes.ratios ?? layer.ratios).map((ratio) => ratio * (changes.ratioScale ?? 1)),
  }));
  const tables = layers.map((_, index) =>
    kernelTable(explanation, index + 1, settings, changes, live),
  );
  const isKernelChanged = tables.some((table) => table.anyChanged);

  const found = new Candidates(header, settings.detection);
  const canPredict = interactive(explanation);
  let unpredicted = 0;
  for (let window = live[0]; window < live[1]; window++) {
    layers.forEach(({ ratios }, index) => {
      const table = tables[index];
      unpredicted += offer({
        found,
        explanation,
        layer: index + 1,
        window,
        table,
        ratios,
        canPredict,
        isFresh: fresh,
      });
    });
  }
  const candidates = found.finish();
  return {
    header: { ...header, settings, layers },
    arrays: Object.assign(
      Object.create(null),
      explanation.arrays,
      ...tables.map((table, index) => tableArrays(table, `layer${index + 1}.`, isKernelChanged)),
      detectionArrays(candidates, fade(candidates, settings, false)),
    ),
    origin: explanation,
    changed: isKernelChanged || differs(header, settings, layers),
    missing:
      unpredicted === 0
        ? null
        : `${unpredicted} changed kernels have no prediction: this file holds no feature maps.`,
    dropped: found.dropped,
    candidates,
    live,
    partial: live[1] - live[0] < count,
  };
}

const NOT_RECOMPUTED = [
  "logits",
  "offsets",
  "overlap",
  "state",
  "truth_offsets",
  "truths",
  "iou",
  "merges",
  "merge_values",
];

/** @param {KernelTable} table @param {string} prefix @param {boolean} isChanged in any layer */
function tableArrays(table, prefix, isChanged) {
  /** @type {Record<string, Numbers | undefined>} */
  const arrays = { changed: table.changed, stored_row: table.storedRow };
  if (isChanged) {
    for (const name of NOT_RECOMPUTED) arrays[name] = undefined;
    Object.assign(arrays, {
      kernel_offsets: table.offsets,
      centers: table.centers,
      sigmas: table.sigmas,
      widths: table.widths,
      exists: table.exists,
      member_offsets: table.memberOffsets,
      members: table.members,
    });
  }
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [prefix + name, array]));
}

/**
 * The settings in force: the run's, with the changes.
 *
 * @param {RunSettings} settings @param {Changes} changes @returns {RunSettings}
 */
function effective({ kernels, detection, ...others }, changes) {
  const { epsilon, merge, grouping, xi, rho, minScore, topK } = changes;
  return {
    ...others,
    kernels: {
      ...kernels,
      epsilon: epsilon ?? kernels.epsilon,
      merge: merge ?? kernels.merge,
      grouping: grouping ?? kernels.grouping,
    },
    detection: {
      ...detection,
      xi: xi ?? detection.xi,
      rho: rho ?? detection.rho,
      min_score: minScore ?? detection.min_score,
      top_k: topK ?? detection.top_k,
    },
  };
}

/** @param {Header} learned @param {RunSettings} settings @param {LayerHeader[]} layers */
function differs(learned, { kernels, detection }, layers) {
  return (
    /** @type {const} */ (["epsilon", "merge", "grouping"]).some(
      (name) => kernels[name] !== learned.settings.kernels[name],
    ) ||
    /** @type {const} */ (["xi", "rho", "min_score", "top_k"]).some(
      (name) => detection[name] !== learned.settings.detection[name],
    ) ||
    layers.some(({ ratios }, j) => ratios.some((ratio, r) => ratio !== learned.layers[j].ratios[r]))
  );
}

/** @param {CandidateTable} candidates @param {RunSettings} settings @param {boolean} history */
function fade({ segments, scores, labels }, { detection }, history) {
  const { rho, xi, top_k: topK, min_score: minScore } = detection;
  return softNms(segments, scores, labels, rho, xi, topK, minScore, history);
}

/**
 * @typedef {object} Offered the kernels of one window of one layer
 * @property {Candidates} found
 * @property {View} explanation
 * @property {number} layer
 * @property {number} window
 * @property {KernelTable} table
 * @property {number[]} ratios
 * @property {boolean} canPredict
 * @property {boolean} isFresh predict every kernel anew
 */

/**
 * Offers its proposals to `found`; returns how many kernels have no prediction.
 *
 * @param {Offered} offered
 */
function offer(offered) {
  const { found, explanation, layer, window, table, canPredict, isFresh } = offered;
  let unpredicted = 0;
  found.enter(
    explanation.arrays["windows.start"][window],
    explanation.arrays["windows.owned"][2 * window],
    explanation.arrays["windows.owned"][2 * window + 1],
  );
  const stored = storedPredictions(explanation, layer);
  for (let row = table.offsets[window]; row < table.offsets[window + 1]; row++) {
    if (!table.exists[row]) continue;
    const sigma = table.sigmas[row];
    if (!table.changed[row] && !isFresh) {
      offerStored(offered, stored, row);
    } else if (!canPredict) {
      unpredicted++;
    } else if (
      Number.isFinite(table.centers[row]) &&
      Number.isFinite(table.widths[row]) &&
      sigma > 0 &&
      sigma < Infinity
    ) {
      offerPredicted(offered, stored, row);
    } else {
      found.dropped++;
    }
  }
  return unpredicted;
}

/** @typedef {ReturnType<typeof storedPredictions>} StoredPredictions */

/** @param {View} explanation @param {number} layer */
function storedPredictions(explanation, layer) {
  return {
    offsets: explanation.arrays[`layer${layer}.offsets`],
    overlap: explanation.arrays[`layer${layer}.overlap`],
    centers: explanation.arrays[`layer${layer}.centers`],
    scores: learnedScores(explanation, layer),
    per: explanation.header.classes.length + 1,
  };
}

/**
 * With the predictions in the file.
 *
 * @param {Offered} offered @param {StoredPredictions} stored @param {number} row
 */
function offerStored(
  { found, table, ratios, window, layer },
  { offsets, overlap, scores, per },
  row,
) {
  const first = table.storedRow[row] * ratios.length;
  for (let r = 0; r < ratios.length; r++) {
    const at = first + r;
    const passed = found.passes(
      table.centers[row],
      table.widths[row] * ratios[r],
      offsets[2 * at],
      offsets[2 * at + 1],
      overlap[at],
    );
    if (passed) found.add(scores, at * per, per, window, layer, row, r);
  }
}

/**
 * With predictions from the features.
 *
 * @param {Offered} offered @param {StoredPredictions} stored @param {number} row
 */
function offerPredicted({ found, explanation, layer, window, table, ratios }, stored, row) {
  const { per } = stored;
  const R = ratios.length;
  const slot = table.slot[row];
  const center = table.centers[row];
  const { cells } = explanation.header.layers[layer - 1];
  const slots = slotsOf(explanation, layer, window);
  prepare(explanation, layer, window, slots);
  const isOwnCell = slot < cells && center === stored.centers[table.storedRow[row]];
  slots.place(slot, center, table.sigmas[row], table.widths[row], isOwnCell ? slot : null);
  for (let r = 0; r < R; r++) {
    const box = (slot * R + r) * 3;
    const passed = found.passes(
      center,
      table.widths[row] * ratios[r],
      slots.boxes[box],
      slots.boxes[box + 1],
      slots.boxes[box + 2],
    );
    if (!passed) continue;
    slots.score(slot, r);
    found.add(slots.scores, (slot * R + r) * per, per, window, layer, row, r);
  }
}

/**
 * What became of a kernel of a view before soft-NMS, ratio by ratio, without predicting again what
 * `recompute` has predicted. Class scores cost more than the rest: they are asked for.
 *
 * @param {View} view @param {number} window @param {number} layer @param {number} row
 * @returns {?{offsets: (ratio: number) => Numbers, overlap: (ratio: number) => number,
 *   scores: (ratio: number) => Numbers}} scores: y^a [C + 1]; null: there is nothing to predict it from
 */
export function proposedBy(view, window, layer, row) {
  const origin = originOf(view);
  const name = `layer${layer}.`;
  const { arrays } = view;
  const per = view.header.classes.length + 1;
  const R = view.header.layers[layer - 1].ratios.length;
  const storedRow = arrays[`${name}stored_row`]?.[row] ?? row;
  if (!arrays[`${name}changed`]?.[row] && storedRow >= 0) {
    const { offsets, overlap, scores } = storedPredictions(origin, layer);
    const first = storedRow * R;
    return {
      offsets: (r) => offsets.subarray(2 * (first + r), 2 * (first + r + 1)),
      overlap: (r) => overlap[first + r],
      scores: (r) => scores.slice((first + r) * per, (first + r + 1) * per),
    };
  }
  if (!interactive(origin)) return null;
  const { cells } = origin.header.layers[layer - 1];
  const [center, sigma, width] = ["centers", "sigmas", "widths"].map((n) => arrays[name + n][row]);
  const rank = row - arrays[`${name}kernel_offsets`][window];
  const slot =
    rank < cells ? rank : cells + arrays[`${name}members`][arrays[`${name}member_offsets`][row]];
  const isOwnCell = slot < cells && center === origin.arrays[`${name}centers`][storedRow];
  const slots = slotsOf(origin, layer, window);
  prepare(origin, layer, window, slots);
  slots.place(slot, center, sigma, width, isOwnCell ? slot : null);
  const box = (/** @type {number} */ r) => (slot * R + r) * 3;
  return {
    offsets: (r) => slots.boxes.subarray(box(r), box(r) + 2),
    overlap: (r) => slots.boxes[box(r) + 2],
    scores(r) {
      slots.score(slot, r);
      return slots.scores.slice((slot * R + r) * per, (slot * R + r + 1) * per);
    },
  };
}

/**
 * @param {CandidateTable} candidates @param {{indices: Int32Array, scores: Float64Array}} picked
 */
function detectionArrays(candidates, picked) {
  const { indices, scores } = picked;
  const N = indices.length;
  const segments = new Float64Array(2 * N);
  const source = new Int32Array(4 * N);
  const labels = new Int32Array(N);
  const ranking = new Float64Array(N);
  for (let i = 0; i < N; i++) {
    const from = indices[i];
    segments[2 * i] = candidates.segments[2 * from];
    segments[2 * i + 1] = candidates.segments[2 * from + 1];
    labels[i] = candidates.labels[from];
    ranking[i] = candidates.scores[from];
    for (let j = 0; j < 4; j++) source[4 * i + j] = candidates.source[4 * from + j];
  }
  return {
    "detections.segments": segments,
    "detections.labels": labels,
    "detections.scores": scores,
    "detections.ranking": ranking,
    "detections.source": source,
    "detections.candidate": indices,
  };
}

/**
 * Soft-NMS of a view with its history, over `candidates`.
 *
 * @param {View} view @returns {NmsResult & {candidates: CandidateTable}}
 */
export function nmsOf(view) {
  const candidates = view.candidates ?? recompute(view).candidates;
  const run = /** @type {NmsResult} */ (fade(candidates, view.header.settings, true));
  return { candidates, ...run };
}

/**
 * Number of the candidate that a detection (of `detectionsOf`) came from; -1 if there is none.
 *
 * @param {{candidates: CandidateTable}} nms
 * @param {{label: number, window: number, layer: number, row: number, ratio: number}} detection
 */
export function candidateOf({ candidates }, { label, window, layer, row, ratio }) {
  const { source, labels, count } = candidates;
  for (let i = 0; i < count; i++) {
    if (
      labels[i] === label &&
      source[4 * i] === window &&
      source[4 * i + 1] === layer &&
      source[4 * i + 2] === row &&
      source[4 * i + 3] === ratio
    )
      return i;
  }
  return -1;
}
