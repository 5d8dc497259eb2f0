// The signal: what was recorded, one lane for the channels of one unit; beside it their names, each in the
// colour of its line.

import { timeAxis } from "../state/axis.js";
import { clean, number, seconds, shorten } from "../state/text.js";
import { BOLD, FONT, fit } from "./draw.js";
import { drawFocusBand } from "./timeline.js";

const LANE = 34; // pixels of one unit's lane

/** @typedef {{title: string, first: string, unit: string, channels: number[], names: string[], low: number,
 *   high: number}} Lane `names` of the channels, without what the lane's title says */
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
  /** @type {Map<string, Omit<Lane, "low" | "high">>} */
  const byUnit = new Map();
  names.forEach((name, channel) => {
    const unit = /\(([^)]*)\)\s*$/.exec(name)?.[1] ?? "";
    const first = name.split(" ")[0];
    const key = `${first} ${unit}`;
    const title = unit ? `${first} (${unit})` : first;
    const lane = byUnit.get(key) ?? { title, first, unit, channels: [], names: [] };
    lane.channels.push(channel);
    lane.names.push(clean(name.slice(first.length).replace(/\([^)]*\)\s*$/, "")).trim());
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
    drawNames(ctx, axis, lane, top, shades, colors);
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
 * @param {Ctx} ctx @param {Axis} axis @param {Lane} lane @param {number} top @param {string[]} shades
 * @param {Colors} colors
 */
function drawNames(ctx, axis, lane, top, shades, colors) {
  const isNamed = lane.names.some(Boolean);
  ctx.font = FONT;
  ctx.fillStyle = colors.muted;
  ctx.textAlign = "right";
  const room = axis.left - 20;
  ctx.fillText(fit(ctx, lane.title, room), axis.left - 10, top + LANE / 2 - (isNamed ? 7 : 0));
  if (isNamed) {
    ctx.font = BOLD;
    let x = axis.left - 10;
    for (let nth = lane.names.length - 1; nth >= 0; nth--) {
      const text = shorten(lane.names[nth] || "–", 12);
      if (x - ctx.measureText(text).width < 8) break;
      ctx.fillStyle = shades[nth % shades.length];
      ctx.fillText(text, x, top + LANE / 2 + 7);
      x -= ctx.measureText(text).width + 9;
    }
  }
  ctx.textAlign = "left";
}

/**
 * The time under the pointer, and what every channel had then.
 *
 * @param {import("./pointer.js").Place} place @param {number} width @param {State} state
 */
export function signalText({ x }, width, { backdrop, view }) {
  const axis = timeAxis(view, width);
  const found = signalOf(backdrop);
  if (!found || x < axis.left || x > axis.right) return "";
  const { samples, names, rate } = found;
  const last = samples.length / names.length - 1;
  const sample = Math.min(last, Math.max(0, Math.floor(axis.t(x) * rate)));
  const told = lanesOf(samples, names).map(({ first, unit, names: short, channels }) => {
    const values = channels.slice(0, 6).map((channel, nth) => {
      const value = number(samples[sample * names.length + channel], 2);
      return short[nth] ? `${short[nth]} ${value}` : value;
    });
    return `${shorten(first, 24)} ${values.join(", ")}${unit ? ` ${shorten(unit, 24)}` : ""}`;
  });
  return `${seconds(axis.t(x), 2)}: ${told.join("; ")}`;
}

/** The signal in words. @param {?Scene} scene */
export function signalLabel(scene) {
  const found = signalOf(scene);
  if (!found) return "No signal was kept";
  const told = lanesOf(found.samples, found.names).map(({ title, names }) =>
    `${shorten(title, 40)} ${names.filter(Boolean).join(", ")}`.trim(),
  );
  return `Signal: ${told.join("; ")}. A click goes there.`;
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
