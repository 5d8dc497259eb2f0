// The kernels of a training step of which only the sigmas were kept, or of a place between two of them:
// mixed kernels are grouped anew from the sigmas, which gives those that training had.

import { groupKernels } from "../method/group.js";
import { cellSeconds, detectionTable, emptyLayer, tiou } from "./scene.js";

/**
 * Call `moveTo(position)` to set the step (it may be a fraction: the animation glides). A layer has rows
 * for as many mixed kernels as there can be; those that are not there do not exist.
 *
 * @param {Trace} trace
 * @param {[number, number]} rows of the trace's windows, [first, last)
 * @param {Scene} backdrop a scene of the same recording, for its truth and windows
 * @returns {TracedScene}
 */
export function traceScene(trace, [first, last], backdrop) {
  const layers = trace.layers.map(({ cells }, index) =>
    tracedLayer(cells, last - first, backdrop.layers[index], backdrop.truth.count),
  );
  return {
    ...backdrop,
    view: null,
    layers,
    detections: detectionTable({}),
    traced: true,
    position: -1,
    moveTo(position) {
      if (position === this.position) return;
      this.position = position;
      layers.forEach((layer, index) => {
        moveLayer(layer, trace, index, first, position);
        widen(layer, backdrop);
        group(layer, backdrop);
        for (let row = 0; row < layer.count; row++) {
          layer.proposal[row] = layer.state[row] === 1 ? truthOf(layer, row, backdrop) : -1;
        }
      });
    },
  };
}

/**
 * @param {number} cells @param {number} windows @param {SceneLayer} source @param {number} truths
 * @returns {SceneLayer}
 */
function tracedLayer(cells, windows, source, truths) {
  const room = cells + Math.floor(cells / 2); // a mixed kernel has two members at least
  const layer = {
    ...emptyLayer(source.number, cells, room * windows),
    offsets: Int32Array.from({ length: windows + 1 }, (_, w) => w * room),
    memberOffsets: new Int32Array(room * windows + 1),
    members: new Int32Array(2 * cells * windows),
    // Its own kind of proposal: the number of a truth.
    truthOffsets: Int32Array.from({ length: truths + 1 }, (_, g) => g),
    truths: Int32Array.from({ length: truths }, (_, g) => g),
  };
  for (let w = 0; w < windows; w++) {
    for (let t = 0; t < room; t++) {
      const row = w * room + t;
      layer.window[row] = w;
      if (t >= cells) {
        layer.mixed[row] = 1;
        continue;
      }
      const old = source.offsets[w] + t;
      layer.center[row] = source.center[old];
      layer.owned[row] = source.owned[old];
    }
  }
  return layer;
}

/**
 * Sigmas between the two steps about a position, states of the nearer one.
 *
 * @param {SceneLayer} layer @param {Trace} trace @param {number} index of the layer, from 0
 * @param {number} first @param {number} position
 */
function moveLayer(layer, trace, index, first, position) {
  const before = Math.min(Math.max(Math.floor(position), 0), trace.steps.length - 1);
  const after = Math.min(before + 1, trace.steps.length - 1);
  const share = position - before;
  const { cells, sigmas, state } = trace.layers[index];
  const at0 = (before * trace.windows.length + first) * cells;
  const at1 = (after * trace.windows.length + first) * cells;
  const near = share < 0.5 ? at0 : at1;
  for (let w = 0; w + 1 < layer.offsets.length; w++) {
    for (let t = 0; t < cells; t++) {
      const row = layer.offsets[w] + t;
      const at = w * cells + t;
      layer.sigma[row] = sigmas[at0 + at] + share * (sigmas[at1 + at] - sigmas[at0 + at]);
      layer.state[row] = state[near + at];
      layer.exists[row] = state[near + at] === -2 ? 0 : 1;
    }
  }
}

/** @param {Scene} scene */
const isLiteral = ({ header }) => header.settings?.kernels?.sigma_unit === "literal";

/** From sigma to width (Eq. 2 as printed divides by T, R1). @param {SceneLayer} layer @param {Scene} scene */
function widen(layer, scene) {
  const factor = isLiteral(scene) ? 2 / layer.cells : 2;
  for (let row = 0; row < layer.count; row++) {
    layer.width[row] = factor * layer.sigma[row];
    layer.half[row] = (layer.width[row] / 2) * cellSeconds(scene, layer);
  }
}

/** Algorithm 1 over every window. @param {SceneLayer} layer @param {Scene} scene */
function group(layer, scene) {
  const { grouping, epsilon, merge } = scene.header.settings.kernels;
  const { cells, offsets, exists } = layer;
  let filled = 0;
  layer.mixedCount = 0;
  for (let w = 0; w + 1 < offsets.length; w++) {
    const begin = offsets[w];
    const end = begin + cells;
    for (let row = begin; row < end; row++) {
      layer.memberOffsets[row] = filled;
      layer.members[filled++] = row - begin;
    }
    const widths = layer.half.subarray(begin, end).map((half) => 2 * half);
    const centers = layer.center.subarray(begin, end);
    const { groups } =
      grouping === "off"
        ? { groups: [] }
        : groupKernels(centers, widths, epsilon, merge, exists.subarray(begin, end), false);
    let row = end;
    for (const found of groups.filter(({ members }) => members.length > 1)) {
      layer.memberOffsets[row] = filled;
      layer.members.set(found.members, filled);
      filled += found.members.length;
      place(layer, row++, found, scene, grouping === "replace");
      layer.mixedCount++;
    }
    for (; row < offsets[w + 1]; row++) {
      layer.exists[row] = 0;
      layer.memberOffsets[row] = filled;
    }
  }
  layer.memberOffsets[layer.count] = filled;
}

/**
 * @param {SceneLayer} layer @param {number} row @param {Group} found in seconds @param {Scene} scene
 * @param {boolean} replaces whether its members' own kernels are gone (R6)
 */
function place(layer, row, { members, center, width }, scene, replaces) {
  const begin = layer.offsets[layer.window[row]];
  const { ownedStart, ownedEnd } = scene.windows[layer.window[row]];
  layer.exists[row] = 1;
  layer.center[row] = center;
  layer.half[row] = width / 2;
  layer.width[row] = width / cellSeconds(scene, layer);
  layer.sigma[row] = (layer.width[row] * (isLiteral(scene) ? layer.cells : 1)) / 2;
  layer.owned[row] = center >= ownedStart && center < ownedEnd ? 1 : 0;
  // A cell whose kernel was replaced has, in the trace, the state of its group.
  layer.state[row] = replaces ? layer.state[begin + members[0]] : stateOf(layer, row, scene);
  if (replaces) for (const cell of members) layer.exists[begin + cell] = 0;
}

/**
 * What training makes of a kernel, from its overlap with the truth (R8 as printed): a trace does not
 * say it of mixed kernels beside their members.
 *
 * @param {SceneLayer} layer @param {number} row @param {Scene} scene
 */
function stateOf(layer, row, scene) {
  const { foreground, background } = scene.header.settings.loss;
  const most = closest(layer, row, scene).iou;
  return most > foreground ? 1 : most < background ? -1 : 0;
}

/** The truth that a foreground kernel stands for. @param {SceneLayer} layer @param {number} row @param {Scene} scene */
const truthOf = (layer, row, scene) => closest(layer, row, scene).truth;

/**
 * The truth that one of its default boundaries overlaps most.
 *
 * @param {SceneLayer} layer @param {number} row @param {Scene} scene
 */
function closest({ center, half, number }, row, { truth, header }) {
  const found = { truth: -1, iou: 0 };
  for (const ratio of header.layers[number - 1].ratios) {
    const from = center[row] - half[row] * ratio;
    const to = center[row] + half[row] * ratio;
    for (let g = 0; g < truth.count; g++) {
      if (truth.end[g] <= from || truth.start[g] >= to) continue;
      const iou = tiou(from, to, truth.start[g], truth.end[g]);
      if (iou > found.iou) Object.assign(found, { truth: g, iou });
    }
  }
  return found;
}

/**
 * As much of a view as stepping through Algorithm 1 needs.
 *
 * @param {TracedScene} scene @param {number} step number of a recorded one @param {View} told
 * @returns {View}
 */
export function tracedView(scene, step, told) {
  scene.moveTo(step);
  /** @type {Record<string, Numbers>} */
  const arrays = { "windows.start": told.arrays["windows.start"] };
  for (const { number, cells, offsets, width, state, sigma } of scene.layers) {
    const rows = Array.from(width, (_, row) => row - offsets[Math.floor(row / offsets[1])]);
    arrays[`layer${number}.kernel_offsets`] = offsets;
    arrays[`layer${number}.centers`] = Float64Array.from(rows, (t) => (t + 0.5) / cells);
    arrays[`layer${number}.widths`] = width.map((wide) => wide / cells);
    arrays[`layer${number}.sigmas`] = sigma.map((one) => one / cells);
    arrays[`layer${number}.valid`] = Uint8Array.from(
      state.filter((_, row) => rows[row] < cells),
      (s) => (s === -2 ? 0 : 1),
    );
  }
  return { header: told.header, arrays };
}
