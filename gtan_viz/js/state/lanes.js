// The rows of the timeline: a class each, in which detections that overlap lie in lanes of their own.

import { placesOf } from "./colors.js";
import { detectionTable } from "./scene.js";

export const MOST_LANES = 4; // that a class shows; the rest is counted
const MOST_ROWS = 16;

// Pixels of a row, from its top.
export const TRUTH = 3;
const FIRST = 9; // the first lane
const PITCHES = [8, 7, 6]; // from lane to lane: the roomiest with which
const TALL = 500; // all rows take no more than this
const ALONE = 7; // the one lane of a what-if
const BELOW = 1;

/** @typedef {{lane: Int8Array, used: Uint8Array, more: Uint32Array}} Lanes
 *   `lane` of each detection, -1 where it is too faint, MOST_LANES where no lane was free; per class
 *   the lanes `used`, and how many `more` had no place in lane k or above: [class * (MOST_LANES + 1) + k] */
/** @typedef {{label: number, top: number, height: number, lanes: number, pitch: number,
 *   whatTop: number, whatLanes: number, whatPitch: number}} Row `top` from the first row's;
 *   `whatTop` from its own */

/**
 * Greedy: the best detection first, each in the first lane where nothing overlaps it.
 *
 * @param {DetectionTable} detections @param {number} least score to be shown
 * @param {number} classes @returns {Lanes}
 */
export function lanesOf({ count, start, end, label, score }, least, classes) {
  const lane = new Int8Array(count).fill(-1);
  const used = new Uint8Array(classes);
  const more = new Uint32Array(classes * (MOST_LANES + 1));
  /** @type {number[][][]} detections of each lane of each class */
  const taken = Array.from({ length: classes }, () => []);
  for (let i = 0; i < count; i++) {
    if (!(score[i] >= least)) continue;
    const lanes = taken[label[i]];
    let k = 0;
    while (k < lanes.length && lanes[k].some((j) => start[j] < end[i] && start[i] < end[j])) k++;
    lane[i] = k;
    if (k < MOST_LANES) {
      if (k === lanes.length) lanes.push([]);
      lanes[k].push(i);
    }
    for (let shown = 0; shown <= k; shown++) more[label[i] * (MOST_LANES + 1) + shown]++;
  }
  taken.forEach((lanes, c) => {
    used[c] = lanes.length;
  });
  return { lane, used, more };
}

/**
 * How many detections of a class have no place in its first `shown` lanes.
 *
 * @param {Lanes} lanes @param {number} label @param {number} shown
 */
export const hiddenOf = ({ more }, label, shown) => more[label * (MOST_LANES + 1) + shown];

/**
 * The lanes that a what-if uses; zeros without one.
 *
 * @param {?View} view @param {number} least @param {number} classes
 */
export const lanesOfView = (view, least, classes) =>
  view ? lanesOf(detectionTable(view.arrays), least, classes).used : new Uint8Array(classes);

/**
 * Classes with a row, by name, as every figure lists them: all where they are few, else the busiest.
 *
 * @param {Scene} scene
 */
function classesOf({ classes, truth, detections }) {
  const places = placesOf(classes);
  /** @param {number[]} labels */
  const byName = (labels) => labels.sort((a, b) => places[a] - places[b]);
  const all = byName(classes.map((_, label) => label));
  if (all.length <= MOST_ROWS) return all;
  const weight = new Float64Array(all.length);
  for (const label of truth.label) weight[label] += 1;
  detections.label.forEach((label, i) => {
    weight[label] += detections.score[i] || 0;
  });
  return byName(
    all
      .filter((label) => weight[label] > 0)
      .sort((a, b) => weight[b] - weight[a])
      .slice(0, MOST_ROWS),
  );
}

/**
 * @param {Scene} scene the backdrop
 * @param {Uint8Array} used lanes of each class as learned
 * @param {Uint8Array} whatUsed and of the what-if
 * @returns {Row[]}
 */
export function rowsOf(scene, used, whatUsed) {
  const labels = classesOf(scene);
  // By what was learned: a what-if makes rows higher, but no lane narrower.
  const fits = PITCHES.find((pitch) => heightOf(rowsAt(labels, used, [], pitch)) <= TALL);
  return rowsAt(labels, used, whatUsed, fits ?? PITCHES[PITCHES.length - 1]);
}

/** @param {Row[]} rows */
const heightOf = (rows) => rows.reduce((sum, { height }) => sum + height, 0);

/**
 * @param {number[]} labels @param {ArrayLike<number>} used @param {ArrayLike<number>} whatUsed
 * @param {number} pitch @returns {Row[]}
 */
function rowsAt(labels, used, whatUsed, pitch) {
  let top = 0;
  return labels.map((label) => {
    const lanes = Math.max(1, used[label]);
    const whatLanes = Math.max(1, whatUsed[label] ?? 1);
    const whatPitch = whatLanes === 1 ? ALONE : pitch;
    const whatTop = FIRST + lanes * pitch + 1;
    const height = whatTop + whatLanes * whatPitch + BELOW;
    const row = { label, top, height, lanes, pitch, whatTop, whatLanes, whatPitch };
    top += height;
    return row;
  });
}

/** @param {Row[]} rows @param {number} y from the first row's top */
export const rowAt = (rows, y) =>
  rows.find(({ top, height }) => y >= top && y < top + height) ?? null;

/** Where a lane lies: from the row's top. @param {Row} row @param {number} lane @param {boolean} isWhatIf */
export const laneTop = (row, lane, isWhatIf) =>
  isWhatIf ? row.whatTop + lane * row.whatPitch : FIRST + lane * row.pitch;

/** What a mark beside a bar does to the next bar of its lane. */
export const HIDES = 0;
export const COVERS = 1;
export const FREE = 2;

/**
 * Whether a mark before or after a bar is on free ground, covers the next bar's end, or would hide that
 * bar: in a long recording they are narrower than marks.
 *
 * @param {{x: number, w: number, y: number}[]} bars pixels; those of a lane share `y`
 * @param {number} mark pixels that one takes
 */
export function roomOf(bars, mark) {
  const before = new Uint8Array(bars.length).fill(FREE);
  const after = new Uint8Array(bars.length).fill(FREE);
  const order = bars
    .map((_, at) => at)
    .sort((a, b) => bars[a].y - bars[b].y || bars[a].x - bars[b].x);
  for (let k = 1; k < order.length; k++) {
    const [left, right] = [bars[order[k - 1]], bars[order[k]]];
    if (left.y !== right.y) continue;
    const [from, to] = [right.x - mark, left.x + left.w + mark]; // of the marks between
    if (right.x < to) after[order[k - 1]] = right.x + right.w < to ? HIDES : COVERS;
    if (left.x + left.w > from) before[order[k]] = left.x > from ? HIDES : COVERS;
  }
  return { before, after };
}
