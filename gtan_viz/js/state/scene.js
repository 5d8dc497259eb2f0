// What is on screen, as flat typed arrays in seconds: one scene for the learned view, one for the
// what-if, or one of a training step of which only the sigmas were kept (traced_scene.js).

/**
 * @param {View} view
 * @param {?Scene} learned the scene of the learned view, for a recomputed one: that has no assignment of
 *   its own, and windows that did not follow are as there
 * @returns {Scene}
 */
export function makeScene(view, learned = null) {
  const { header, arrays } = view;
  const layers = header.layers.map((_, index) => {
    const layer = layerOf(view, learned?.view ?? view, index);
    const windows = arrays["windows.start"].length;
    const [begin, end] = view.live ?? [0, windows];
    if (view.partial && learned) copyLayer(learned.layers[index], layer, begin, end);
    placeKernels(view, layer, begin, end);
    assign(view, learned?.view ?? view, layer, begin, end);
    countKernels(layer);
    return layer;
  });
  return {
    view,
    header,
    duration: header.duration,
    classes: header.classes,
    windows: learned?.windows ?? windowTable(view),
    layers,
    detections: detectionTable(arrays),
    truth: learned?.truth ?? truthTable(arrays),
    traced: false,
  };
}

/** @param {View} view @param {View} stored @param {number} index @returns {SceneLayer} */
function layerOf({ header, arrays }, stored, index) {
  const name = `layer${index + 1}.`;
  const offsets = arrays[`${name}kernel_offsets`];
  const count = offsets[offsets.length - 1];
  return {
    ...emptyLayer(index + 1, header.layers[index].cells, count),
    truthOffsets: stored.arrays[`${name}truth_offsets`],
    truths: stored.arrays[`${name}truths`],
    offsets,
    memberOffsets: arrays[`${name}member_offsets`],
    members: arrays[`${name}members`],
  };
}

/** @param {number} number @param {number} cells @param {number} count */
export function emptyLayer(number, cells, count) {
  return {
    number,
    cells,
    count,
    window: new Int32Array(count),
    center: new Float64Array(count), // seconds
    half: new Float64Array(count), // seconds, half the default boundary at ratio 1
    sigma: new Float64Array(count), // cells
    width: new Float64Array(count), // cells
    mixed: new Uint8Array(count),
    exists: new Uint8Array(count),
    owned: new Uint8Array(count), // shown when the whole recording is
    changed: new Uint8Array(count),
    state: new Int8Array(count), // 1 foreground, 0 ignored, -1 background, -2 none
    proposal: new Int32Array(count).fill(-1), // the stored one that `state` is of
    broken: 0,
    mixedCount: 0,
  };
}

/** Seconds of clip 0. @param {Grid} grid */
const baseOf = (grid) => grid.offset + grid.length / 2 - grid.stride / 2;

/**
 * Seconds of one cell of a layer.
 *
 * @param {{header: Header}} scene @param {{cells: number}} layer
 */
export const cellSeconds = ({ header }, { cells }) => (header.window * header.grid.stride) / cells;

/**
 * Where the kernels of windows [begin, end) lie, and how wide they are.
 *
 * @param {View} view @param {SceneLayer} layer @param {number} begin @param {number} end
 */
function placeKernels({ header, arrays }, layer, begin, end) {
  const name = `layer${layer.number}.`;
  const { grid, window: length } = header;
  const { offsets, cells } = layer;
  const starts = arrays["windows.start"];
  const owned = arrays["windows.owned"];
  const centers = arrays[`${name}centers`];
  const sigmas = arrays[`${name}sigmas`];
  const widths = arrays[`${name}widths`];
  const exists = arrays[`${name}exists`];
  const base = baseOf(grid);
  const span = length * grid.stride;
  for (let w = begin; w < end; w++) {
    for (let row = offsets[w]; row < offsets[w + 1]; row++) {
      const clip = starts[w] + length * centers[row];
      layer.window[row] = w;
      layer.center[row] = base + clip * grid.stride;
      layer.half[row] = (widths[row] * span) / 2;
      layer.sigma[row] = sigmas[row] * cells;
      layer.width[row] = widths[row] * cells;
      layer.mixed[row] = row - offsets[w] >= cells ? 1 : 0;
      layer.exists[row] = exists[row];
      layer.owned[row] = clip >= owned[2 * w] && clip < owned[2 * w + 1] ? 1 : 0;
    }
  }
}

/**
 * What training made of the kernels of windows [begin, end): the best over the ratios.
 *
 * @param {View} view @param {View} stored @param {SceneLayer} layer @param {number} begin
 * @param {number} end
 */
function assign({ arrays }, stored, layer, begin, end) {
  const name = `layer${layer.number}.`;
  const rows = arrays[`${name}stored_row`];
  const changed = arrays[`${name}changed`];
  const state = stored.arrays[`${name}state`];
  const ratios = state ? state.length / Math.max(1, stored.arrays[`${name}centers`].length) : 0;
  for (let row = layer.offsets[begin]; row < layer.offsets[end]; row++) {
    layer.changed[row] = changed ? changed[row] : 0;
    const old = rows ? rows[row] : row;
    let best = -2;
    if (state && old >= 0) {
      for (let r = 0; r < ratios; r++) {
        if (state[old * ratios + r] <= best) continue;
        best = state[old * ratios + r];
        layer.proposal[row] = old * ratios + r;
      }
    }
    layer.state[row] = old < 0 ? 0 : best;
  }
}

/** @param {SceneLayer} layer */
function countKernels(layer) {
  for (let row = 0; row < layer.count; row++) {
    if (!layer.exists[row]) continue;
    if (!Number.isFinite(layer.half[row])) layer.broken++;
    if (layer.mixed[row]) layer.mixedCount++;
  }
}

const ROWS = /** @type {const} */ ([
  "window",
  "center",
  "half",
  "sigma",
  "width",
  "mixed",
  "exists",
  "owned",
  "state",
  "proposal",
]);

/**
 * The kernels of the windows outside [begin, end), which are the same in both layers.
 *
 * @param {SceneLayer} from @param {SceneLayer} to @param {number} begin @param {number} end
 */
function copyLayer(from, to, begin, end) {
  const [head, tail] = [from.offsets[begin], from.offsets[end]];
  for (const name of ROWS) {
    to[name].set(from[name].subarray(0, head));
    to[name].set(from[name].subarray(tail, from.count), to.offsets[end]);
  }
}

/** @param {View} view */
function windowTable({ header, arrays }) {
  const { grid, window: length, duration } = header;
  const owned = arrays["windows.owned"];
  /** @param {number} clip */
  const at = (clip) => Math.min(Math.max(baseOf(grid) + clip * grid.stride, 0), duration);
  return Array.from(arrays["windows.start"], (start, w) => ({
    start: at(start),
    end: at(start + length),
    ownedStart: at(Math.max(owned[2 * w], -1e6)),
    ownedEnd: at(Math.min(owned[2 * w + 1], 1e9)),
  }));
}

/** @param {Record<string, Numbers>} arrays @returns {DetectionTable} */
export function detectionTable(arrays) {
  const segments = arrays["detections.segments"] ?? new Float32Array(0);
  const count = segments.length / 2;
  const source = arrays["detections.source"];
  /**
   * Column `k` of a table of `every` columns.
   *
   * @template {Numbers} T
   * @param {Numbers} from @param {number} every @param {number} k @param {T} into
   */
  const column = (from, every, k, into) => {
    for (let i = 0; i < count; i++) into[i] = from[every * i + k];
    return into;
  };
  return {
    count,
    start: column(segments, 2, 0, new Float64Array(count)),
    end: column(segments, 2, 1, new Float64Array(count)),
    label: arrays["detections.labels"] ?? new Int32Array(0),
    score: arrays["detections.scores"] ?? new Float32Array(0),
    ranking: arrays["detections.ranking"] ?? new Float32Array(0),
    window: column(source, 4, 0, new Int32Array(count)),
    layer: column(source, 4, 1, new Int32Array(count)),
    row: column(source, 4, 2, new Int32Array(count)),
    ratio: column(source, 4, 3, new Int32Array(count)),
  };
}

/** @param {Record<string, Numbers>} arrays @returns {TruthTable} */
function truthTable(arrays) {
  const segments = arrays["truth.segments"] ?? new Float32Array(0);
  const count = segments.length / 2;
  return {
    count,
    start: Float64Array.from({ length: count }, (_, i) => segments[2 * i]),
    end: Float64Array.from({ length: count }, (_, i) => segments[2 * i + 1]),
    label: arrays["truth.labels"] ?? new Int32Array(0),
  };
}

/**
 * Rows of the truths that a kernel stands for; of the same segment, where there are several.
 *
 * @param {SceneLayer} layer @param {number} row @returns {number[]}
 */
export function truthsOf({ proposal, truths, truthOffsets }, row) {
  const at = proposal[row];
  return at < 0 || !truths || !truthOffsets
    ? []
    : [...truths.subarray(truthOffsets[at], truthOffsets[at + 1])];
}

/**
 * Row of the kernel that a selection means, -1 where it is not. Learned kernels are named by their
 * cell, mixed ones by their first member: rows move when epsilon does.
 *
 * @param {Scene} scene @param {KernelName} name
 */
export function rowOf(scene, { window, layer, cell, mixed }) {
  const found = scene.layers[layer - 1];
  if (!found || window < 0 || window >= found.offsets.length - 1) return -1;
  const begin = found.offsets[window];
  if (!mixed) return cell >= 0 && cell < found.cells ? begin + cell : -1;
  for (let row = begin + found.cells; row < found.offsets[window + 1]; row++) {
    if (found.exists[row] && found.members[found.memberOffsets[row]] === cell) return row;
  }
  return -1;
}

/** @param {Scene} scene @param {number} layer @param {number} row @returns {KernelName} */
export function kernelName(scene, layer, row) {
  const found = scene.layers[layer - 1];
  const mixed = Boolean(found.mixed[row]);
  const cell = mixed
    ? found.members[found.memberOffsets[row]]
    : row - found.offsets[found.window[row]];
  return { window: found.window[row], layer, cell, mixed };
}

/** @param {SceneLayer} layer @param {number} row */
export const membersOf = (layer, row) =>
  layer.members.subarray(layer.memberOffsets[row], layer.memberOffsets[row + 1]);

/**
 * As gtan/evaluation/overlap.py has it, to the last bit; two without length are 0 / 0, which counts as
 * ActivityNet's toolkit counts it: above any threshold.
 *
 * @param {number} start0 @param {number} end0 @param {number} start1 @param {number} end1
 */
export function tiou(start0, end0, start1, end1) {
  const inside = Math.max(Math.min(end0, end1) - Math.max(start0, start1), 0);
  const union = end0 - start0 + (end1 - start1) - inside;
  return union === 0 ? Infinity : inside / union;
}
