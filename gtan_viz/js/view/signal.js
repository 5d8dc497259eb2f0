// The signal: what was recorded, one lane for the channels of one unit.

import { timeAxis } from "../state/axis.js";
import { FONT, fit } from "./draw.js";
import { drawFocusBand } from "./timeline.js";

const LANE = 34; // pixels of one unit's lane

/** @typedef {{title: string, channels: number[], low: number, high: number}} Lane */
/** @typedef {import("../state/axis.js").Axis} Axis */

/** @type {WeakMap<Numbers, Lane[]>} */
const lanes = new WeakMap();

/**
 * Channels of one unit share a lane and a scale: "acc x (g)", "acc y (g)" ...
 *
 * @param {Numbers} signal @param {string[]} names
 */
function lanesOf(signal, names) {
  const known = lanes.get(signal);
  if (known) return known;
  /** @type {Map<string, {title: string, channels: number[]}>} */
  const byUnit = new Map();
  names.forEach((name, channel) => {
    const unit = /\(([^)]*)\)\s*$/.exec(name)?.[1] ?? "";
    const first = name.split(" ")[0];
    const key = `${first} ${unit}`;
    const lane = byUnit.get(key) ?? { title: unit ? `${first} (${unit})` : first, channels: [] };
    lane.channels.push(channel);
    byUnit.set(key, lane);
  });
  const found = [...byUnit.values()]
    .slice(0, 3)
    .map((lane) => ({ ...lane, ...rangeOf(signal, names.length, lane.channels) }));
  lanes.set(signal, found);
  return found;
}

/** @param {Numbers} signal @param {number} count of channels @param {number[]} channels */
function rangeOf(signal, count, channels) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < signal.length; i++) {
    if (!channels.includes(i % count)) continue;
    if (signal[i] < low) low = signal[i];
    if (signal[i] > high) high = signal[i];
  }
  if (!Number.isFinite(low)) low = 0;
  return { low, high: high > low ? high : low + 1 };
}

/** @param {?Scene} scene the backdrop */
function signalOf(scene) {
  const samples = scene?.view?.arrays.signal;
  const { names = [], rate = 0 } = scene?.header.signal ?? {};
  return samples?.length && names.length && rate > 0 ? { samples, names, rate } : null;
}

/** @param {?Scene} scene */
export function signalHeight(scene) {
  const found = signalOf(scene);
  return found ? lanesOf(found.samples, found.names).length * LANE + 6 : 22;
}

/** @param {Ctx} ctx @param {number} width @param {number} height @param {State} state */
export function drawSignal(ctx, width, height, state) {
  const { backdrop, colors } = state;
  if (!backdrop) return;
  const axis = timeAxis(state.view, width);
  const found = signalOf(backdrop);
  if (!found) {
    ctx.fillStyle = colors.muted;
    ctx.fillText("No signal was kept for this recording.", axis.left, height / 2);
    return;
  }
  drawFocusBand(ctx, axis, 0, height, state);
  const { samples, names, rate } = found;
  const shades = [colors.fg, colors.accent, colors.muted, colors.warn, colors.learned, colors.line];
  lanesOf(samples, names).forEach((lane, index) => {
    const top = 3 + index * LANE;
    ctx.font = FONT;
    ctx.fillStyle = colors.muted;
    ctx.textAlign = "right";
    ctx.fillText(fit(ctx, lane.title, axis.left - 20), axis.left - 10, top + LANE / 2);
    ctx.textAlign = "left";
    lane.channels.forEach((channel, nth) => {
      ctx.strokeStyle = shades[nth % shades.length];
      ctx.globalAlpha = nth ? 0.75 : 0.9;
      ctx.lineWidth = 1;
      strokeChannel(ctx, axis, { samples, every: names.length, channel, rate }, lane, top);
      ctx.globalAlpha = 1;
    });
  });
}

/**
 * One vertical stroke per pixel, from the least to the greatest sample in it.
 *
 * @param {Ctx} ctx
 * @param {Axis} axis
 * @param {{samples: Numbers, every: number, channel: number, rate: number}} signal
 * @param {Lane} lane
 * @param {number} top
 */
function strokeChannel(ctx, axis, { samples, every, channel, rate }, lane, top) {
  const count = samples.length / every;
  /** @param {number} value */
  const y = (value) => top + (LANE - 3) * (1 - (value - lane.low) / (lane.high - lane.low));
  ctx.beginPath();
  for (let x = axis.left; x < axis.right; x++) {
    const from = Math.max(0, Math.floor(axis.t(x) * rate));
    const to = Math.min(count, Math.max(from + 1, Math.ceil(axis.t(x + 1) * rate)));
    let low = Infinity;
    let high = -Infinity;
    for (let i = from; i < to; i++) {
      const value = samples[i * every + channel];
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low > high) continue;
    ctx.lineTo(x, y(high));
    if (high > low) ctx.lineTo(x, y(low));
  }
  ctx.stroke();
}
