// Reading an Explanation. The arrays and their shapes are written down in gtan/runs/schema.py; this
// file gives them names that a picture can use. A *view* is {header, arrays}: what was read, or
// what recompute.js made of it, under the same names.

import { classScores, decode, gridClips, gridSeconds } from "../method/decode.js";
import { groupKernels } from "../method/group.js";
import { poolAndPredict } from "../method/predict.js";
import { poolingWeights } from "../method/weights.js";
import { openExplanation } from "./reading.js";

const HEAD_ARRAYS = [
  "score_weights",
  "score_bias",
  "offset_weights",
  "offset_bias",
  "overlap_weights",
  "overlap_bias",
];

/**
 * @param {ArrayBuffer|ArrayBufferView} buffer a whole file
 * @returns {View}
 * @throws {FileError} with words for the reader: what the file is instead, what is wrong with it
 */
export function readExplanation(buffer) {
  const view = openExplanation(buffer);
  if (view.header.version === 1) upgrade(view);
  return view;
}

/** Version 1 had one truth a proposal, layerJ.truth, -1 for none. @param {View} view */
function upgrade({ header, arrays }) {
  header.layers.forEach((_, index) => {
    const name = `layer${index + 1}.`;
    const [truth, iou] = [arrays[`${name}truth`], arrays[`${name}iou`]];
    /** @param {number} row @param {number} at */
    const isThere = (row, at) => row >= 0 && iou[at] > 0;
    const offsets = new Int32Array(truth.length + 1);
    truth.forEach((row, at) => {
      offsets[at + 1] = offsets[at] + (isThere(row, at) ? 1 : 0);
    });
    arrays[`${name}truth_offsets`] = offsets;
    arrays[`${name}truths`] = truth.filter(isThere);
    delete arrays[`${name}truth`];
  });
  header.version = 2;
}

/** Anchor layers: [{layer (from 1), cells, channels, ratios}]. @param {View} view */
export function layersOf(view) {
  return view.header.layers.map((entry, index) => ({ layer: index + 1, ...entry }));
}

/**
 * Windows in seconds: [{window, start, end, ownedStart, ownedEnd}], cut to the recording.
 *
 * @param {View} view
 */
export function windowsOf(view) {
  const starts = view.arrays["windows.start"];
  const owned = view.arrays["windows.owned"];
  const { grid, duration, window: clips } = view.header;
  /** @param {number} clip */
  const seconds = (clip) => Math.min(duration, Math.max(0, gridSeconds(grid, clip)));
  return Array.from(starts, (start, window) => ({
    window,
    start: seconds(start),
    end: seconds(start + clips),
    ownedStart: seconds(owned[2 * window]),
    ownedEnd: seconds(owned[2 * window + 1]),
  }));
}

/**
 * Seconds in the recording of a fraction of a window.
 *
 * @param {View} view @param {number} window @param {number} fraction
 */
export function toSeconds(view, window, fraction) {
  const start = view.arrays["windows.start"][window];
  return gridSeconds(view.header.grid, start + view.header.window * fraction);
}

/**
 * Fraction of a window of a time in seconds.
 *
 * @param {View} view @param {number} window @param {number} seconds
 */
export function fromSeconds(view, window, seconds) {
  const start = view.arrays["windows.start"][window];
  return (gridClips(view.header.grid, seconds) - start) / view.header.window;
}

/**
 * Name of a kernel for `changes`; `cell` of a mixed kernel is 'm' and its first member.
 *
 * @param {number} layer @param {number} window @param {number | string} cell
 */
export function kernelKey(layer, window, cell) {
  return `${layer}/${window}/${cell}`;
}

/**
 * Kernels of one window of one layer, learned ones first: of these also those that do not exist
 * (padding, or replaced by their group), so that kernel i < T is cell i.
 *
 * @returns {ReturnType<typeof kernelAt>[]}
 *
 * @param {View} view
 * @param {number} window
 * @param {number} layer
 */
export function kernelsOf(view, window, layer) {
  const offsets = view.arrays[`layer${layer}.kernel_offsets`];
  const kernels = [];
  for (let row = offsets[window]; row < offsets[window + 1]; row++) {
    const kernel = kernelAt(view, layer, row, window);
    if (kernel.exists || !kernel.mixed) kernels.push(kernel);
  }
  return kernels;
}

/**
 * One kernel by its row in the layer's arrays; see `kernelsOf`.
 *
 * @param {View} view @param {number} layer @param {number} row @param {number} window
 * @param {number} layer @param {TODO} row)
 */
export function kernelAt(view, layer, row, window = windowOfRow(view, layer, row)) {
  /** @param {string} name */
  const a = (name) => view.arrays[`layer${layer}.${name}`];
  const entry = view.header.layers[layer - 1];
  const rank = row - a("kernel_offsets")[window];
  const mixed = rank >= entry.cells;
  const spans = a("member_offsets");
  const members = a("members").subarray(spans[row], spans[row + 1]);
  const center = a("centers")[row];
  const width = a("widths")[row];
  const cell = mixed ? -1 : rank;
  const storedRow = a("stored_row") ? a("stored_row")[row] : row;
  return {
    key: kernelKey(layer, window, mixed ? `m${members[0]}` : rank),
    layer,
    window,
    row,
    cell,
    center,
    sigma: a("sigmas")[row],
    width,
    mixed,
    exists: a("exists")[row] === 1,
    members,
    changed: a("changed") ? a("changed")[row] === 1 : false,
    storedRow,
    state: stateOf(view, layer, storedRow),
    start: toSeconds(view, window, center - width / 2),
    end: toSeconds(view, window, center + width / 2),
  };
}

/**
 * Best assignment over the ratios: 1, 0, -1, -2 (see the schema); null where it is not known.
 *
 * @param {View} view @param {number} layer @param {number} storedRow
 */
function stateOf(view, layer, storedRow) {
  const states = originOf(view).arrays[`layer${layer}.state`];
  if (!states || storedRow < 0) return null;
  const R = view.header.layers[layer - 1].ratios.length;
  return Math.max(...states.subarray(storedRow * R, storedRow * R + R));
}

/**
 * Window that a row of a layer's arrays belongs to.
 *
 * @param {View} view @param {number} layer @param {number} row
 */
export function windowOfRow(view, layer, row) {
  const offsets = view.arrays[`layer${layer}.kernel_offsets`];
  let window = 0;
  while (window < offsets.length - 2 && row >= offsets[window + 1]) window++;
  return window;
}

/** The Explanation that a view was computed from; itself, if it was read. @param {View} view */
export function originOf(view) {
  return view.origin ?? view;
}

/**
 * Prediction convolutions of a layer, or null where the file does not hold them.
 *
 * @param {View} view @param {number} layer
 */
export function headOf(view, layer) {
  const found = HEAD_ARRAYS.map((name) => view.arrays[`layer${layer}.${name}`]);
  if (found.some((array) => !array)) return null;
  const [scoreWeights, scoreBias, offsetWeights, offsetBias, overlapWeights, overlapBias] = found;
  return {
    scoreWeights,
    scoreBias,
    offsetWeights,
    offsetBias,
    overlapWeights,
    overlapBias,
    ratios: view.header.layers[layer - 1].ratios,
    classes: view.header.classes.length,
  };
}

/**
 * Feature map [D, T] of a window of a layer, or null where the file does not hold it.
 *
 * @param {View} view @param {number} window @param {number} layer
 */
export function featuresOf(view, window, layer) {
  const features = view.arrays[`layer${layer}.features`];
  if (!features) return null;
  const { channels, cells } = view.header.layers[layer - 1];
  return features.subarray(window * channels * cells, (window + 1) * channels * cells);
}

/**
 * Valid cells [T] of a window of a layer.
 *
 * @param {View} view @param {number} window @param {number} layer
 */
export function validOf(view, window, layer) {
  const { cells } = view.header.layers[layer - 1];
  return view.arrays[`layer${layer}.valid`].subarray(window * cells, (window + 1) * cells);
}

/**
 * Whether changed kernels can be predicted: feature maps and prediction weights are there.
 *
 * @param {View} view
 */
export function interactive(view) {
  return view.header.layers.every(
    (_, index) => view.arrays[`layer${index + 1}.features`] && headOf(view, index + 1),
  );
}

/**
 * Detections on screen, best first: [{index, start, end (seconds), label, className, ...}].
 *
 * @param {View} view
 */
export function detectionsOf(view) {
  /** @param {string} name */
  const a = (name) => view.arrays[`detections.${name}`];
  const source = a("source");
  return Array.from(a("labels"), (label, index) => ({
    index,
    start: a("segments")[2 * index],
    end: a("segments")[2 * index + 1],
    label,
    className: view.header.classes[label],
    score: a("scores")[index],
    ranking: a("ranking")[index],
    window: source[4 * index],
    layer: source[4 * index + 1],
    row: source[4 * index + 2],
    ratio: source[4 * index + 3],
  }));
}

/** Annotated instances: [{index, start, end (seconds), label, className}]. @param {View} view */
export function truthOf(view) {
  const segments = view.arrays["truth.segments"];
  return Array.from(view.arrays["truth.labels"], (label, index) => ({
    index,
    start: segments[2 * index],
    end: segments[2 * index + 1],
    label,
    className: view.header.classes[label],
  }));
}

/**
 * @typedef {object} Prediction what the network says of one kernel
 * @property {boolean} known false where the kernel changed and the file has no features to predict from
 * @property {?Float64Array[]} logits [R][C + 1]
 * @property {?Float64Array[]} scores [R][C + 1], background first
 * @property {?Float64Array[]} offsets [R][2]
 * @property {?Float64Array} overlap [R]
 * @property {Segment[]} boundary [R] seconds
 * @property {?Segment[]} refined [R] seconds
 * @property {Float64Array} weights [T] of pooling
 * @property {?Float64Array} pooled [D]
 */

/**
 * What the network says of one kernel, and what it looked at.
 *
 * @param {View} view @param {number} layer @param {number} row
 * @returns {Prediction}
 */
export function predictionOf(view, layer, row) {
  const kernel = kernelAt(view, layer, row);
  const { window, center, width } = kernel;
  const { ratios, cells } = view.header.layers[layer - 1];
  const { alpha1, alpha2 } = view.header.settings.detection;
  const pooled = poolingOf(view, kernel);
  const isStored = !kernel.changed && kernel.storedRow >= 0;
  const said = isStored ? storedPrediction(view, layer, kernel.storedRow) : pooled;
  /** @param {number} middle @param {number} length @returns {Segment} */
  const seconds = (middle, length) => ({
    start: toSeconds(view, window, middle - length / 2),
    end: toSeconds(view, window, middle + length / 2),
  });
  const { pooling } = view.header.settings.kernels;
  return {
    known: said !== null,
    logits: said && said.logits,
    offsets: said && said.offsets,
    overlap: said && said.overlap,
    scores: said && said.logits.map(classScores),
    boundary: ratios.map((ratio) => seconds(center, width * ratio)),
    refined:
      said &&
      ratios.map((ratio, r) => {
        const box = decode(center, width * ratio, said.offsets[r], alpha1, alpha2);
        return seconds(box.center, box.width);
      }),
    weights: pooled
      ? pooled.weights
      : poolingWeights(pooling, placeOf(view, kernel), cells, validOf(view, window, layer)),
    pooled: pooled && pooled.pooled,
  };
}

/**
 * Where a kernel pools; its own cell counts as long as it was not moved.
 *
 * @param {View} view @param {ReturnType<typeof kernelAt>} kernel
 */
function placeOf(view, { layer, center, sigma, width, mixed, cell, storedRow }) {
  const isMoved = center !== originOf(view).arrays[`layer${layer}.centers`][storedRow];
  return { center, sigma, width, cell: mixed || isMoved ? null : cell };
}

/**
 * Predicted from the features, or null where the file does not hold them.
 *
 * @param {View} view @param {ReturnType<typeof kernelAt>} kernel
 */
function poolingOf(view, kernel) {
  const { window, layer } = kernel;
  const features = featuresOf(view, window, layer);
  const head = headOf(view, layer);
  if (!features || !head) return null;
  const { channels, cells: length } = view.header.layers[layer - 1];
  const { pooling, derivatives } = view.header.settings.kernels;
  const valid = validOf(view, window, layer);
  return poolAndPredict({
    ...placeOf(view, kernel),
    features,
    channels,
    length,
    valid,
    head,
    pooling,
    derivatives,
  });
}

/** As the file has it. @param {View} view @param {number} layer @param {number} storedRow */
function storedPrediction(view, layer, storedRow) {
  const { arrays } = originOf(view);
  const R = view.header.layers[layer - 1].ratios.length;
  const per = view.header.classes.length + 1;
  const first = storedRow * R;
  /** @param {string} name @param {number} at @param {number} count */
  const take = (name, at, count) =>
    Float64Array.from(arrays[`layer${layer}.${name}`].subarray(at, at + count));
  return {
    logits: Array.from({ length: R }, (_, r) => take("logits", (first + r) * per, per)),
    offsets: Array.from({ length: R }, (_, r) => take("offsets", (first + r) * 2, 2)),
    overlap: take("overlap", first, R),
  };
}

/**
 * Algorithm 1 over the learned kernels on screen, every comparison: {groups, steps}.
 *
 * @param {View} view @param {number} window @param {number} layer
 */
export function groupingOf(view, window, layer) {
  const { cells } = view.header.layers[layer - 1];
  const first = view.arrays[`layer${layer}.kernel_offsets`][window];
  const { epsilon, merge } = view.header.settings.kernels;
  return groupKernels(
    view.arrays[`layer${layer}.centers`].subarray(first, first + cells),
    view.arrays[`layer${layer}.widths`].subarray(first, first + cells),
    epsilon,
    merge,
    validOf(view, window, layer),
  );
}
