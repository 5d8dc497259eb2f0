// The whole chain in the browser: kernels, grouping, pooling and predictions, candidates, soft-NMS.
//
// Fast enough for a slider: what did not change since the last call is not computed again (kernels
// keep their predictions in `Slots`), and class scores are computed only for proposals that their
// window owns and whose overlap score alone does not rule them out.

import { Candidates, softmaxInto } from '../method/decode.js';
import { featuresOf, headOf, interactive, kernelKey, originOf, validOf } from './explanation.js';
import { groupKernels } from '../method/group.js';
import { gather, prepareLayer, sigmoid, spread } from '../method/predict.js';
import { softNms } from '../method/soft_nms.js';

const caches = new WeakMap(); // Explanation -> its Slots, per layer and window

/** Predictions of the kernels of one window of one layer, by slot: cell, or T + first member. */
class Slots {
  constructor(cells, ratios, classes) {
    const slots = 2 * cells;
    this.center = new Float64Array(slots).fill(NaN);
    this.sigma = new Float64Array(slots);
    this.width = new Float64Array(slots);
    this.boxes = new Float64Array(slots * 3 * ratios); // delta_c, delta_w, y_ov of each ratio
    this.scores = new Float64Array(slots * ratios * (classes + 1));
    this.gathered = new Uint8Array(slots); // whether the logits stand in `scores`
    this.ready = new Uint8Array(slots * ratios); // whether the scores do
    this.layer = null; // by prepareLayer
    this.range = [0, 0];
    this.spreadSlot = -1; // whose weights stand in layer.weights
  }
}

const learned = new WeakMap(); // logits of a layer -> y^a, after the softmax

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

function prepared(explanation, layer, window, slots) {
  if (!slots.layer) {
    const { cells, channels } = explanation.header.layers[layer - 1];
    slots.layer = prepareLayer({
      features: featuresOf(explanation, window, layer),
      channels,
      length: cells,
      valid: validOf(explanation, window, layer),
      head: headOf(explanation, layer),
      pooling: explanation.header.settings.kernels.pooling,
    });
  }
  return slots.layer;
}

/** Does beforehand, step by step, what makes the first `recompute` slow (65 ms for SBHAR). */
export function* preparing(explanation) {
  explanation = originOf(explanation);
  if (!interactive(explanation)) return;
  for (let layer = 1; layer <= explanation.header.layers.length; layer++) {
    for (let w = 0; w < explanation.arrays['windows.start'].length; w++) {
      prepared(explanation, layer, w, slotsOf(explanation, layer, w));
      yield;
    }
  }
}

/**
 * @typedef {object} Changes what differs from what was learned; all may be left out
 * @property {number} [epsilon]
 * @property {'paper'|'union'} [merge]
 * @property {'join'|'replace'|'off'} [grouping]
 * @property {number} [sigmaFactor] on every learned sigma
 * @property {Map<string, number>} [sigmaOverride] kernelKey -> sigma, fraction of the window
 * @property {Map<string, number>} [centerOverride] kernelKey -> centre, fraction of the window
 * @property {number} [ratioScale] factor on every scale ratio
 * @property {?number[]} [ratios] [R] scale ratios in place of the learned ones
 * @property {number} [xi]
 * @property {number} [rho]
 * @property {number} [minScore]
 * @property {number} [topK]
 */

/**
 * @param {object} explanation by `readExplanation`
 * @param {Changes} changes
 * @param {object} [options]
 * @param {boolean} [options.fresh] predict every kernel from the features, changed or not
 * @param {?number[]} [options.windows] [first, last): only these windows follow the changes. The
 *   others keep their kernels and bring no detections; for a long recording, while a slider moves
 * @returns {object} a view, with `changed` (whether anything differs from what was learned),
 *   `missing` (null, or why changed kernels have no prediction), `candidates` (what entered
 *   soft-NMS), `dropped` (number of NaN or infinite proposals), `origin`, `live` (the
 *   windows that followed) and `partial` (whether any did not)
 */
export function recompute(explanation, changes = {}, { fresh = false, windows = null } = {}) {
  explanation = originOf(explanation);
  const { header } = explanation;
  const count = explanation.arrays['windows.start'].length;
  const live = windows ?? [0, count];
  const settings = effective(header.settings, changes);
  const layers = header.layers.map((layer) => ({
    ...layer,
    ratios: (changes.ratios ?? layer.ratios).map((ratio) => ratio * (changes.ratioScale ?? 1)),
  }));
  const arrays = Object.assign(Object.create(null), explanation.arrays);
  const tables = layers.map((_, index) => kernelTable(explanation, index + 1, settings, changes, live));
  const kernelsChanged = tables.some((table) => table.anyChanged);
  tables.forEach((table, index) => {
    const prefix = `layer${index + 1}.`;
    arrays[`${prefix}changed`] = table.changed;
    arrays[`${prefix}stored_row`] = table.storedRow;
    if (!kernelsChanged) return;
    for (const name of NOT_RECOMPUTED) delete arrays[prefix + name];
    arrays[`${prefix}kernel_offsets`] = table.offsets;
    arrays[`${prefix}centers`] = table.centers;
    arrays[`${prefix}sigmas`] = table.sigmas;
    arrays[`${prefix}widths`] = table.widths;
    arrays[`${prefix}exists`] = table.exists;
    arrays[`${prefix}member_offsets`] = table.memberOffsets;
    arrays[`${prefix}members`] = table.members;
  });

  const can = interactive(explanation);
  const found = new Candidates(
    { window: header.window, grid: header.grid, duration: header.duration }, settings.detection);
  let unpredicted = 0;
  for (let window = live[0]; window < live[1]; window++) {
    for (let index = 0; index < layers.length; index++) {
      unpredicted += offer(
        found, explanation, index + 1, window, tables[index], layers[index].ratios, can, fresh);
    }
  }
  const candidates = found.finish();
  const { rho, xi, top_k: topK, min_score: minScore } = settings.detection;
  const picked = softNms(
    candidates.segments, candidates.scores, candidates.labels, rho, xi, topK, minScore);
  Object.assign(arrays, detectionArrays(candidates, picked));
  return {
    header: { ...header, settings, layers },
    arrays,
    origin: explanation,
    changed: kernelsChanged || differs(explanation, settings, layers),
    missing: unpredicted === 0 ? null :
      `${unpredicted} changed kernels have no prediction: this file holds no feature maps.`,
    dropped: found.dropped,
    candidates,
    live,
    partial: live[1] - live[0] < count,
  };
}

const NOT_RECOMPUTED = ['logits', 'offsets', 'overlap', 'state', 'truth_offsets', 'truths',
  'iou', 'merges', 'merge_values'];

/** The settings in force: the run's, with the changes. */
function effective(settings, changes) {
  const kernels = { ...settings.kernels };
  const detection = { ...settings.detection };
  for (const name of ['epsilon', 'merge', 'grouping']) kernels[name] = changes[name] ?? kernels[name];
  for (const name of ['xi', 'rho']) detection[name] = changes[name] ?? detection[name];
  detection.min_score = changes.minScore ?? detection.min_score;
  detection.top_k = changes.topK ?? detection.top_k;
  return { ...settings, kernels, detection };
}

function differs(explanation, settings, layers) {
  const learned = explanation.header.settings;
  return (
    ['epsilon', 'merge', 'grouping'].some((n) => settings.kernels[n] !== learned.kernels[n]) ||
    ['xi', 'rho', 'min_score', 'top_k'].some((n) => settings.detection[n] !== learned.detection[n]) ||
    layers.some((layer, j) =>
      layer.ratios.some((ratio, r) => ratio !== explanation.header.layers[j].ratios[r]))
  );
}

/**
 * The kernels of a layer under the changes, all windows: arrays as in the schema, in float64, and
 * changed [K], storedRow [K], slot [K].
 */
function kernelTable(explanation, layer, settings, changes, live) {
  const stored = (name) => explanation.arrays[`layer${layer}.${name}`];
  const was = {
    offsets: stored('kernel_offsets'), spans: stored('member_offsets'), members: stored('members'),
    centers: stored('centers'), sigmas: stored('sigmas'), widths: stored('widths'),
    exists: stored('exists'),
  };
  const T = explanation.header.layers[layer - 1].cells;
  const W = explanation.arrays['windows.start'].length;
  const { grouping, epsilon, merge, sigma_unit: unit, scale } = settings.kernels;
  const learned = explanation.header.settings.kernels;
  const regroup =
    grouping !== learned.grouping || epsilon !== learned.epsilon || merge !== learned.merge;
  const perSigma = unit === 'literal' && scale === 'gaussian' ? 2 / T : 2; // width of a sigma (R1)
  const factor = changes.sigmaFactor ?? 1;
  const sigmaOverride = changes.sigmaOverride ?? NONE;
  const centerOverride = changes.centerOverride ?? NONE;
  const anyOverride = sigmaOverride.size > 0 || centerOverride.size > 0;

  const most = was.offsets[W] + W * T; // kernels: no window has more than T / 2 mixed ones
  const table = {
    offsets: new Int32Array(W + 1),
    centers: new Float64Array(most),
    sigmas: new Float64Array(most),
    widths: new Float64Array(most),
    exists: new Uint8Array(most),
    changed: new Uint8Array(most),
    storedRow: new Int32Array(most),
    slot: new Int32Array(most),
    memberOffsets: new Int32Array(most + 1),
    members: new Int32Array(was.members.length + 2 * W * T),
    anyChanged: false,
  };
  let row = 0;
  let member = 0;
  const put = (center, sigma, width, exists, changed, storedRow, slot) => {
    table.centers[row] = center;
    table.sigmas[row] = sigma;
    table.widths[row] = width;
    table.exists[row] = exists;
    table.changed[row] = changed ? 1 : 0;
    table.storedRow[row] = storedRow;
    table.slot[row] = slot;
    if (changed) table.anyChanged = true;
    row++;
    table.memberOffsets[row] = member;
  };
  for (let w = 0; w < W; w++) {
    const first = was.offsets[w];
    if (w < live[0] || w >= live[1]) { // all windows on this side at once, as they are
      const next = w < live[0] ? live[0] : W;
      const last = was.offsets[next];
      const shift = row - first;
      table.centers.set(was.centers.subarray(first, last), row);
      table.sigmas.set(was.sigmas.subarray(first, last), row);
      table.widths.set(was.widths.subarray(first, last), row);
      table.exists.set(was.exists.subarray(first, last), row);
      table.members.set(was.members.subarray(was.spans[first], was.spans[last]), member);
      for (let at = first; at < last; at++) {
        table.storedRow[row++] = at;
        table.memberOffsets[row] = member + was.spans[at + 1] - was.spans[first];
      }
      member += was.spans[last] - was.spans[first];
      while (w < next) table.offsets[w + 1] = was.offsets[++w] + shift;
      w--; // the loop's own step
      continue;
    }
    const valid = validOf(explanation, w, layer);
    let moved = false;
    const start = row;
    for (let t = 0; t < T; t++) {
      const at = first + t;
      const existed = was.exists[at] === 1;
      const center = was.centers[at];
      const width = was.widths[at];
      let sigma = existed ? was.sigmas[at] : width / perSigma;
      let newCenter = center;
      let newSigma = sigma * factor;
      if (anyOverride) {
        const key = kernelKey(layer, w, t);
        newSigma = sigmaOverride.get(key) ?? newSigma;
        newCenter = centerOverride.get(key) ?? center;
      }
      const changed = newSigma !== sigma || newCenter !== center;
      table.members[member++] = t;
      put(newCenter, newSigma, newSigma === sigma ? width : newSigma * perSigma, valid[t],
        changed && valid[t], at, t);
      if (changed && valid[t]) moved = true;
    }
    // Mixed kernels: as stored where nothing that makes them moved, else by Algorithm 1.
    const mixed = [];
    if (!moved && !regroup) {
      for (let at = first + T; at < was.offsets[w + 1]; at++) {
        mixed.push({
          members: was.members.subarray(was.spans[at], was.spans[at + 1]),
          center: was.centers[at], width: was.widths[at], storedRow: at, exists: was.exists[at],
        });
      }
      if (grouping === 'replace') {
        for (let t = 0; t < T; t++) table.exists[start + t] = was.exists[first + t];
      }
    } else if (grouping !== 'off') {
      const { groups } = groupKernels(
        table.centers.subarray(start, start + T), table.widths.subarray(start, start + T),
        epsilon, merge, valid, false);
      for (const group of groups) {
        if (group.members.length < 2) continue;
        if (grouping === 'replace') for (const t of group.members) table.exists[start + t] = 0;
        mixed.push({ ...group, storedRow: -1, exists: 1 });
      }
      let at = first + T;
      for (const kernel of mixed) {
        // The same group as learned, if there is one: both lists are in the order of their cells.
        while (
          at < was.offsets[w + 1] && was.members[was.spans[at]] < kernel.members[0]
        ) at++;
        if (at < was.offsets[w + 1] && was.exists[at] && sameGroup(kernel, was, at)) {
          Object.assign(kernel, {
            storedRow: at, center: was.centers[at], width: was.widths[at],
          });
        }
      }
    }
    // A learned kernel that was replaced by its group has no prediction of its own in the file.
    for (let t = 0; t < T; t++) {
      if (table.exists[start + t] && !was.exists[first + t]) {
        table.changed[start + t] = 1;
        table.anyChanged = true;
      } else if (table.exists[start + t] !== was.exists[first + t]) {
        table.anyChanged = true;
      }
    }
    let kept = 0;
    for (let at = first + T; at < was.offsets[w + 1]; at++) kept -= was.exists[at];
    for (const { members, center, width, storedRow, exists } of mixed) {
      let newCenter = center;
      let sigma = storedRow >= 0 ? was.sigmas[storedRow] : width / 2; // Eq. 3
      let newWidth = width;
      let changed = storedRow < 0;
      if (anyOverride) {
        const key = kernelKey(layer, w, `m${members[0]}`);
        newCenter = centerOverride.get(key) ?? center;
        const wanted = sigmaOverride.get(key) ?? sigma;
        if (wanted !== sigma) newWidth = 2 * wanted;
        changed ||= wanted !== sigma || newCenter !== center;
        sigma = wanted;
      }
      for (const t of members) table.members[member++] = t;
      put(newCenter, sigma, newWidth, exists, changed, storedRow, T + members[0]);
      if (storedRow >= 0) kept += exists;
    }
    if (kept !== 0) table.anyChanged = true; // a mixed one is gone
    table.offsets[w + 1] = row;
  }
  for (const name of ['centers', 'sigmas', 'widths', 'exists', 'changed', 'storedRow', 'slot']) {
    table[name] = table[name].subarray(0, row);
  }
  table.memberOffsets = table.memberOffsets.subarray(0, row + 1);
  table.members = table.members.subarray(0, member);
  return table;
}

const NONE = new Map();

/** Whether a group has the members and, as far as float32 tells, the place of a stored kernel. */
function sameGroup(kernel, was, at) {
  const { members, center, width } = kernel;
  const count = was.spans[at + 1] - was.spans[at];
  const storedWidth = was.widths[at];
  return (
    count === members.length &&
    was.members[was.spans[at]] === members[0] &&
    was.members[was.spans[at + 1] - 1] === members[members.length - 1] &&
    Math.abs(was.centers[at] - center) + Math.abs(storedWidth - width) <= 1e-5 * storedWidth
  );
}

/** Offer the proposals of one window of one layer to `found`; returns how many have no prediction. */
function offer(found, explanation, layer, window, table, ratios, can, fresh) {
  const R = ratios.length;
  const per = explanation.header.classes.length + 1;
  const start = explanation.arrays['windows.start'][window];
  const ownedStart = explanation.arrays['windows.owned'][2 * window];
  const ownedEnd = explanation.arrays['windows.owned'][2 * window + 1];
  const storedOffsets = explanation.arrays[`layer${layer}.offsets`];
  const storedOverlap = explanation.arrays[`layer${layer}.overlap`];
  const storedScores = learnedScores(explanation, layer);
  const storedCenters = explanation.arrays[`layer${layer}.centers`];
  const { cells } = explanation.header.layers[layer - 1];
  let unpredicted = 0;
  let slots = null;
  for (let row = table.offsets[window]; row < table.offsets[window + 1]; row++) {
    if (!table.exists[row]) continue;
    const center = table.centers[row];
    const width = table.widths[row];
    const sigma = table.sigmas[row];
    if (!table.changed[row] && !fresh) {
      const first = table.storedRow[row] * R;
      for (let r = 0; r < R; r++) {
        const at = first + r;
        const passed = found.passes(
          start, ownedStart, ownedEnd, center, width * ratios[r],
          storedOffsets[2 * at], storedOffsets[2 * at + 1], storedOverlap[at]);
        if (passed) found.add(storedScores, at * per, per, window, layer, row, r);
      }
      continue;
    }
    if (!can) {
      unpredicted++;
      continue;
    }
    if (!(Number.isFinite(center) && Number.isFinite(width) && sigma > 0 && sigma < Infinity)) {
      found.dropped++;
      continue;
    }
    slots ??= slotsOf(explanation, layer, window);
    const map = prepared(explanation, layer, window, slots);
    const slot = table.slot[row];
    const box = slot * 3 * R;
    let cell = slot < cells && center === storedCenters[table.storedRow[row]] ? slot : null;
    if (
      slots.center[slot] !== center || slots.sigma[slot] !== sigma || slots.width[slot] !== width
    ) {
      spread(map, center, sigma, width, cell, slots.range);
      slots.spreadSlot = slot;
      gather(map, slots.range, 0, 3 * R, slots.boxes, box);
      for (let r = 0; r < R; r++) slots.boxes[box + 3 * r + 2] = sigmoid(slots.boxes[box + 3 * r + 2]);
      slots.gathered[slot] = 0;
      slots.center[slot] = center;
      slots.sigma[slot] = sigma;
      slots.width[slot] = width;
    }
    for (let r = 0; r < R; r++) {
      const passed = found.passes(
        start, ownedStart, ownedEnd, center, width * ratios[r],
        slots.boxes[box + 3 * r], slots.boxes[box + 3 * r + 1], slots.boxes[box + 3 * r + 2]);
      if (!passed) continue;
      const first = slot * R * per;
      if (!slots.gathered[slot]) {
        if (slots.spreadSlot !== slot) {
          spread(map, center, sigma, width, cell, slots.range);
          slots.spreadSlot = slot;
        }
        gather(map, slots.range, 3 * R, R * per, slots.scores, first); // side by side: at one go
        slots.gathered[slot] = 1;
        slots.ready.fill(0, slot * R, (slot + 1) * R);
      }
      const at = first + r * per;
      if (!slots.ready[slot * R + r]) {
        softmaxInto(slots.scores, at, per, slots.scores, at);
        slots.ready[slot * R + r] = 1;
      }
      found.add(slots.scores, at, per, window, layer, row, r);
    }
  }
  return unpredicted;
}

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
    'detections.segments': segments,
    'detections.labels': labels,
    'detections.scores': scores,
    'detections.ranking': ranking,
    'detections.source': source,
    'detections.candidate': indices,
  };
}

/**
 * Soft-NMS of a view with its history.
 *
 * @returns {{candidates: object, indices: Int32Array, scores: Float64Array, steps: object[],
 *   why: (candidate: number) => object}} as `softNms`, over `candidates`
 */
export function nmsOf(view) {
  const candidates = view.candidates ?? recompute(view).candidates;
  const { rho, xi, top_k: topK, min_score: minScore } = view.header.settings.detection;
  const run = softNms(
    candidates.segments, candidates.scores, candidates.labels, rho, xi, topK, minScore, true);
  return { candidates, ...run };
}

/** Number of the candidate that a detection (of `detectionsOf`) came from; -1 if there is none. */
export function candidateOf(nms, detection) {
  const { source, labels, count } = nms.candidates;
  for (let i = 0; i < count; i++) {
    if (
      labels[i] === detection.label && source[4 * i] === detection.window &&
      source[4 * i + 1] === detection.layer && source[4 * i + 2] === detection.row &&
      source[4 * i + 3] === detection.ratio
    ) return i;
  }
  return -1;
}
