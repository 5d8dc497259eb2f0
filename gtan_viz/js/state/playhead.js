// What a time of the video means in the picture: what fires now, where the next detection, truth
// or mistake is, which frame comes next, and what has to be in view.

import { clampView } from "./axis.js";

/** @typedef {"detection" | "truth"} Kind */
/** @typedef {Segment & {kind: Kind, index: number}} Mark a detection, or a truth, by its number */
/** @typedef {{detections: number[], truths: number[]}} Now numbers, detections best first */

export const SPEEDS = [0.25, 0.5, 1, 2, 4];
export const FRAME = 1 / 25; // seconds of a frame, until it is known
const SLACK = 0.1; // seconds: the frame that shows a start may begin before it
const EARLY = 0.1; // of the picture lies left of the cursor when a page is turned

/**
 * @param {Scene} scene @param {number} time seconds @param {number} least score that is shown
 * @returns {Now}
 */
export function firingNow({ detections: d, truth }, time, least) {
  const firing = [];
  for (let i = 0; i < d.count; i++) {
    if (d.score[i] >= least && d.start[i] <= time && time < d.end[i]) firing.push(i);
  }
  firing.sort((a, b) => d.score[b] - d.score[a] || a - b);
  const truths = [];
  for (let g = 0; g < truth.count; g++) {
    if (truth.start[g] <= time && time < truth.end[g]) truths.push(g);
  }
  return { detections: firing, truths };
}

/**
 * @param {Kind} kind @param {number} index @param {DetectionTable | TruthTable} table
 * @returns {Mark}
 */
const markOf = (kind, index, { start, end }) => ({
  kind,
  index,
  start: start[index],
  end: end[index],
});

/** @param {Mark[]} marks in time */
const inTime = (marks) => marks.sort((a, b) => a.start - b.start || a.end - b.end);

/** @param {Scene} scene @param {number} least @returns {Mark[]} */
export function detectionMarks({ detections }, least) {
  const shown = [];
  for (let i = 0; i < detections.count; i++) {
    if (detections.score[i] >= least) shown.push(markOf("detection", i, detections));
  }
  return inTime(shown);
}

/** @param {Scene} scene @returns {Mark[]} */
export const truthMarks = ({ truth }) =>
  inTime(Array.from({ length: truth.count }, (_, g) => markOf("truth", g, truth)));

/**
 * Detections that are shown and hit no truth (another one has it, or none is near enough), and
 * truths that none of those shown hit.
 *
 * @param {Scene} scene @param {?Hits} hits @param {number} least @returns {Mark[]}
 */
export function mistakeMarks(scene, hits, least) {
  if (!hits || !scene.truth.count) return [];
  const shown = detectionMarks(scene, least);
  const found = new Set(shown.map(({ index }) => hits.hit[index]));
  return inTime([
    ...shown.filter(({ index }) => hits.hit[index] < 0),
    ...truthMarks(scene).filter(({ index }) => !found.has(index)),
  ]);
}

/**
 * From the mark that one stands on, else from the time.
 *
 * @param {Mark[]} marks in time
 * @param {?{kind: Kind, index: number}} chosen
 * @param {number} time
 * @param {number} direction 1 or -1
 */
export function nextMark(marks, chosen, time, direction) {
  const at = marks.findIndex(
    ({ kind, index, start, end }) =>
      kind === chosen?.kind && index === chosen.index && start - SLACK <= time && time <= end,
  );
  if (at >= 0) return marks[at + direction] ?? null;
  const found =
    direction > 0
      ? marks.find(({ start }) => start > time)
      : marks.findLast(({ start }) => start < time);
  return found ?? null;
}

/**
 * A time in the middle of a frame, so that rounding shows no other one.
 *
 * @param {number} first when the frame on screen begins @param {number} frame seconds of one
 * @param {number} by how many frames from it @param {number} duration
 */
export const frameMiddle = (first, frame, by, duration) =>
  Math.min(Math.max(first + (by + 0.5) * frame, 0), Math.max(0, duration - frame / 2));

/**
 * The length of a frame, of what is known and two frames that followed each other: some may have
 * been dropped between them.
 *
 * @param {?number} known @param {number} before @param {number} after
 */
export function learnFrame(known, before, after) {
  const apart = after - before;
  if (!(apart > 1 / 250 && apart <= 1)) return known;
  return known === null ? apart : Math.min(known, apart);
}

/** @param {number} speed @param {number} direction */
export function otherSpeed(speed, direction) {
  const at = SPEEDS.indexOf(speed) + direction;
  return SPEEDS[Math.min(Math.max(at, 0), SPEEDS.length - 1)];
}

/**
 * What has to be in view so that the time is: the window that owns it where one is shown by itself,
 * else the next page. A hand that looks elsewhere while the video plays is left alone.
 *
 * @param {{scene: ?Scene, view: [number, number], window: ?number}} state
 * @param {number} before @param {number} time @param {boolean} isJump
 * @returns {{view?: [number, number], window?: number}}
 */
export function following({ scene, view: [t0, t1], window }, before, time, isJump) {
  if (!scene) return {};
  const { windows, duration } = scene;
  /** @param {number} t @param {number} start @param {number} end */
  const isIn = (t, start, end) => t >= start && (t < end || end >= duration);
  const shown = window === null ? null : windows[window];
  if (shown && !isIn(time, shown.start, shown.end)) {
    const owner = windows.findIndex(({ ownedStart, ownedEnd }) => isIn(time, ownedStart, ownedEnd));
    if (owner < 0) return {};
    const { start, end } = windows[owner];
    return { window: owner, view: clampView([start, end], duration) };
  }
  if (isIn(time, t0, t1) || !(isJump || isIn(before, t0, t1))) return {};
  const from = time - EARLY * (t1 - t0);
  return { view: clampView([from, from + t1 - t0], duration) };
}

/**
 * The pictures of a film strip that are in view, each a whole number of `every` seconds, so that
 * they stay what they are while the strip is moved; those that halve the gaps first.
 *
 * @param {readonly [number, number]} view @param {number} least seconds that one picture takes
 * @returns {{every: number, numbers: number[]}}
 */
export function filmPictures([t0, t1], least) {
  const every = 2 ** (Math.ceil(4 * Math.log2(least)) / 4);
  const first = Math.max(0, Math.floor(t0 / every));
  const numbers = Array.from({ length: Math.ceil(t1 / every) - first }, (_, i) => first + i);
  /** @param {number} n */
  const halvings = (n) => (n ? n & -n : Infinity);
  return { every, numbers: numbers.sort((a, b) => halvings(b) - halvings(a)) };
}
