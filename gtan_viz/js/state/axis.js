// The time axis that the timeline, the kernels and the heat map share.

import { clock } from "./text.js";

const GUTTER = 168; // pixels left of the axis, for names
const NARROW = [520, 92]; // on a picture narrower than the first, as a phone's, the second
export const MARGIN = 12; // and right of it

/** @typedef {ReturnType<typeof timeAxis>} Axis */

/**
 * From [from0, from1] to [to0, to1].
 *
 * @param {number} from0 @param {number} from1 @param {number} to0 @param {number} to1
 */
export const linear = (from0, from1, to0, to1) => (/** @type {number} */ value) =>
  to0 + ((value - from0) / (from1 - from0)) * (to1 - to0);

/** @param {readonly [number, number]} view @param {number} width */
export function timeAxis([t0, t1], width) {
  const left = width < NARROW[0] ? NARROW[1] : GUTTER;
  const right = Math.max(left + 1, width - MARGIN);
  const scale = (right - left) / (t1 - t0);
  return {
    t0,
    t1,
    left,
    right,
    scale, // pixels of a second
    x: (/** @type {number} */ seconds) => left + (seconds - t0) * scale,
    t: (/** @type {number} */ x) => t0 + (x - left) / scale,
  };
}

// Steps that read well as minutes and hours.
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600];

/** @param {Axis} axis */
export function ticks(axis, apart = 72) {
  const wanted = apart / axis.scale;
  const step = STEPS.find((size) => size >= wanted) ?? 3600 * Math.ceil(wanted / 3600);
  const found = [];
  for (let k = Math.ceil(axis.t0 / step - 1e-9); k * step <= axis.t1 + 1e-9; k++) {
    found.push({ t: k * step, label: clock(k * step, step) });
  }
  return found;
}

/**
 * A view of at least `least` seconds that stays in [0, duration].
 *
 * @param {readonly [number, number]} view @param {number} duration @returns {[number, number]}
 */
export function clampView([t0, t1], duration, least = 0.5) {
  const span = Math.min(Math.max(t1 - t0, Math.min(least, duration)), duration);
  const middle = (t0 + t1) / 2;
  const start = Math.min(Math.max(middle - span / 2, 0), duration - span);
  return [start, start + span];
}

/**
 * @param {readonly [number, number]} view @param {number} about seconds that stay where they are
 * @param {number} factor @param {number} duration
 */
export const zoom = ([t0, t1], about, factor, duration) =>
  clampView([about - (about - t0) * factor, about + (t1 - about) * factor], duration);
