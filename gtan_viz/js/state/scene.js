// What is on screen, as flat typed arrays in seconds: one scene for the learned view, one for the
// what-if, or one of a training step of which only the sigmas were kept.

// `learned` is the scene of the learned view, for a recomputed one: that has no assignment of its own, and
// windows that did not follow are as there.
export function makeScene(view, learned = null) {
  const stored = learned?.view ?? view;
  const { header, arrays } = view;
  const grid = header.grid;
  const starts = arrays["windows.start"];
  const owned = arrays["windows.owned"];
  const base = grid.offset + grid.length / 2 - grid.stride / 2;
  const span = header.window * grid.stride;
  const layers = header.layers.map(({ cells }, index) => {
    const name = `layer${index + 1}.`;
    const offsets = arrays[`${name}kernel_offsets`];
    const count = offsets[offsets.length - 1];
    const layer = emptyLayer(index + 1, cells, count);
    const centers = arrays[`${name}centers`];
    const sigmas = arrays[`${name}sigmas`];
    const widths = arrays[`${name}widths`];
    const exists = arrays[`${name}exists`];
    const rows = arrays[`${name}stored_row`];
    const changed = arrays[`${name}changed`];
    const state = stored.arrays[`${name}state`];
    layer.truthOffsets = stored.arrays[`${name}truth_offsets`];
    layer.truths = stored.arrays[`${name}truths`];
    const ratios = state ? state.length / Math.max(1, stored.arrays[`${name}centers`].length) : 0;
    layer.offsets = offsets;
    layer.memberOffsets = arrays[`${name}member_offsets`];
    layer.members = arrays[`${name}members`];
    const [begin, end] = view.live ?? [0, starts.length];
    if (view.partial) copyLayer(learned.layers[index], layer, begin, end);
    for (let w = begin; w < end; w++) {
      for (let row = offsets[w]; row < offsets[w + 1]; row++) {
        const clip = starts[w] + header.window * centers[row];
        layer.window[row] = w;
        layer.center[row] = base + clip * grid.stride;
        layer.half[row] = (widths[row] * span) / 2;
        layer.sigma[row] = sigmas[row] * cells;
        layer.width[row] = widths[row] * cells;
        layer.mixed[row] = row - offsets[w] >= cells ? 1 : 0;
        layer.exists[row] = exists[row];
        layer.owned[row] = clip >= owned[2 * w] && clip < owned[2 * w + 1] ? 1 : 0;
        layer.changed[row] = changed ? changed[row] : 0;
        const old = rows ? rows[row] : row;
        let best = -2;
        if (state && old >= 0) {
          for (let r = 0; r < ratios; r++) {
            if (state[old * ratios + r] > best) {
              best = state[old * ratios + r];
              layer.proposal[row] = old * ratios + r;
            }
          }
        }
        layer.state[row] = old < 0 ? 0 : best;
      }
    }
    for (let row = 0; row < count; row++) {
      if (!exists[row]) continue;
      if (!Number.isFinite(layer.half[row])) layer.broken++;
      if (layer.mixed[row]) layer.mixedCount++;
    }
    return layer;
  });
  return {
    view,
    header,
    duration: header.duration,
    classes: header.classes,
    windows: learned?.windows
      ?? windowTable(starts, owned, base, grid.stride, header.window, header.duration),
    layers,
    detections: detectionTable(arrays),
    truth: learned?.truth ?? truthTable(arrays),
    traced: false,
  };
}

function emptyLayer(number, cells, count) {
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

const ROWS = [
  "window", "center", "half", "sigma", "width", "mixed", "exists", "owned", "state", "proposal",
];

// The kernels of the windows outside [begin, end), which are the same in both layers.
function copyLayer(from, to, begin, end) {
  const [head, tail] = [from.offsets[begin], from.offsets[end]];
  for (const name of ROWS) {
    to[name].set(from[name].subarray(0, head));
    to[name].set(from[name].subarray(tail, from.count), to.offsets[end]);
  }
}

function windowTable(starts, owned, base, stride, length, duration) {
  const at = (clip) => Math.min(Math.max(base + clip * stride, 0), duration);
  return Array.from(starts, (start, w) => ({
    start: at(start),
    end: at(start + length),
    ownedStart: at(Math.max(owned[2 * w], -1e6)),
    ownedEnd: at(Math.min(owned[2 * w + 1], 1e9)),
  }));
}

function detectionTable(arrays) {
  const segments = arrays["detections.segments"] ?? new Float32Array(0);
  const count = segments.length / 2;
  const source = arrays["detections.source"];
  const pick = (from, every, k, into) => {
    for (let i = 0; i < count; i++) into[i] = from[every * i + k];
    return into;
  };
  return {
    count,
    start: pick(segments, 2, 0, new Float64Array(count)),
    end: pick(segments, 2, 1, new Float64Array(count)),
    label: arrays["detections.labels"] ?? new Int32Array(0),
    score: arrays["detections.scores"] ?? new Float32Array(0),
    ranking: arrays["detections.ranking"] ?? new Float32Array(0),
    window: pick(source, 4, 0, new Int32Array(count)),
    layer: pick(source, 4, 1, new Int32Array(count)),
    row: pick(source, 4, 2, new Int32Array(count)),
    ratio: pick(source, 4, 3, new Int32Array(count)),
  };
}

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

// Kernels of a step between two recorded ones, from the trace; `backdrop` is a scene of the same
// recording, for its truth and windows. Call `moveTo(position)` to set the step (it may be a
// fraction: the animation glides).
export function traceScene(trace, first, last, backdrop) {
  const { header, windows } = backdrop;
  const literal = header.settings?.kernels?.sigma_unit === "literal";
  const total = trace.layers[0].sigmas.length / Math.max(1, trace.steps.length);
  const rows = total / trace.layers[0].cells; // P, windows of all probes together
  const layers = trace.layers.map((recorded, index) => {
    const { cells } = recorded;
    const layer = emptyLayer(index + 1, cells, cells * (last - first));
    const source = backdrop.layers[index];
    layer.offsets = Int32Array.from({ length: last - first + 1 }, (_, w) => w * cells);
    layer.memberOffsets = Int32Array.from({ length: layer.count + 1 }, (_, i) => i);
    layer.members = Int32Array.from({ length: layer.count }, (_, i) => i % cells);
    for (let w = 0; w < last - first; w++) {
      for (let t = 0; t < cells; t++) {
        const row = w * cells + t;
        const old = source.offsets[w] + t;
        layer.window[row] = w;
        layer.center[row] = source.center[old];
        layer.owned[row] = source.owned[old];
      }
    }
    layer.cellSeconds = (header.window * header.grid.stride) / cells;
    return layer;
  });

  function moveTo(position) {
    const s0 = Math.min(Math.max(Math.floor(position), 0), trace.steps.length - 1);
    const s1 = Math.min(s0 + 1, trace.steps.length - 1);
    const share = position - s0;
    layers.forEach((layer, index) => {
      const { cells, sigmas, state } = trace.layers[index];
      const at0 = (s0 * rows + first) * cells;
      const at1 = (s1 * rows + first) * cells;
      const near = share < 0.5 ? at0 : at1;
      for (let row = 0; row < layer.count; row++) {
        const sigma = sigmas[at0 + row] + share * (sigmas[at1 + row] - sigmas[at0 + row]);
        layer.sigma[row] = sigma;
        layer.width[row] = literal ? (2 * sigma) / cells : 2 * sigma;
        layer.half[row] = (layer.width[row] / 2) * layer.cellSeconds;
        layer.state[row] = state[near + row];
        layer.exists[row] = state[near + row] === -2 ? 0 : 1;
      }
    });
    scene.position = position;
  }

  const scene = {
    header,
    duration: backdrop.duration,
    classes: backdrop.classes,
    windows,
    layers,
    detections: detectionTable({}),
    truth: backdrop.truth,
    traced: true,
    position: 0,
    moveTo,
  };
  return scene;
}

// Rows of the truths that a kernel stands for; of the same segment, where there are several.
export function truthsOf({ proposal, truths, truthOffsets }, row) {
  const at = proposal[row];
  return at < 0 || !truths ? [] : [...truths.subarray(truthOffsets[at], truthOffsets[at + 1])];
}

// Row of the kernel that a selection means, -1 where it is not. Learned kernels are named by their
// cell, mixed ones by their first member: rows move when epsilon does.
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

export function kernelName(scene, layer, row) {
  const found = scene.layers[layer - 1];
  const mixed = Boolean(found.mixed[row]);
  const cell = mixed
    ? found.members[found.memberOffsets[row]]
    : row - found.offsets[found.window[row]];
  return { window: found.window[row], layer, cell, mixed };
}

export const membersOf = (layer, row) =>
  layer.members.subarray(layer.memberOffsets[row], layer.memberOffsets[row + 1]);

export function tiou(start0, end0, start1, end1) {
  const inside = Math.min(end0, end1) - Math.max(start0, start1);
  if (inside <= 0) return 0;
  return inside / (Math.max(end0, end1) - Math.min(start0, start1));
}

// Which detection hit which truth: best score first, each takes the best free truth of its class
// (ActivityNet's rule). `truth` is -1 for a miss; `best` the tIoU with the closest of the class.
export function matchTruth(detections, truth, threshold) {
  const hit = new Int32Array(detections.count).fill(-1);
  const best = new Float64Array(detections.count);
  const taken = new Uint8Array(truth.count);
  const byClass = new Map();
  for (let g = 0; g < truth.count; g++) {
    if (!byClass.has(truth.label[g])) byClass.set(truth.label[g], []);
    byClass.get(truth.label[g]).push(g);
  }
  for (let i = 0; i < detections.count; i++) {
    let free = -1;
    let freeIou = 0;
    for (const g of byClass.get(detections.label[i]) ?? []) {
      const iou = tiou(detections.start[i], detections.end[i], truth.start[g], truth.end[g]);
      if (iou > best[i]) best[i] = iou;
      if (!taken[g] && iou >= threshold && iou > freeIou) {
        free = g;
        freeIou = iou;
      }
    }
    if (free >= 0) {
      taken[free] = 1;
      hit[i] = free;
    }
  }
  return { hit, best, taken };
}

// The same kernel, ratio and class in another scene's detections, -1 where there is none.
export function sameDetection(from, index, to) {
  const d = from.detections;
  const name = kernelName(from, d.layer[index], d.row[index]);
  const row = rowOf(to, name);
  if (row < 0) return -1;
  const e = to.detections;
  for (let i = 0; i < e.count; i++) {
    if (
      e.row[i] === row && e.layer[i] === name.layer && e.ratio[i] === d.ratio[index] &&
      e.label[i] === d.label[index]
    ) return i;
  }
  return -1;
}
