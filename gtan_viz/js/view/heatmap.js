// Sigma of every cell of one layer over training: time to the right, training steps downward. At its
// left edge, step by step, how many mixed kernels there were in all layers.

import { timeAxis } from "../state/axis.js";
import { shade } from "../state/colors.js";
import { sigmaReach } from "../state/grouping_facts.js";
import { cellSeconds } from "../state/scene.js";
import { shareOf } from "../state/sigma_scale.js";
import { number } from "../state/text.js";
import { mixedCounts } from "../state/training_events.js";
import { clipped, contextOf, FONT, fit, line } from "./draw.js";

export const HEAT_HEIGHT = 132;
const TOP = 4;
const BOTTOM = 16;
const RAMP = 120; // pixels of the legend's colours, at most
const COUNTS = 14; // where the mixed kernels' area begins
const DIAMOND = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
];

/** @typedef {import("../state/axis.js").Axis} Axis */
/**
 * @typedef {{axis: Axis, bottom: number, height: number, scene: Scene, heat: Heat, trace: Trace}} Place
 */

/** @type {WeakMap<Heat, HTMLCanvasElement>} */
const canvases = new WeakMap();

/** @param {Heat} heat */
function canvasOf(heat) {
  let canvas = canvases.get(heat);
  if (!canvas) {
    canvas = document.createElement("canvas");
    canvas.width = Math.max(1, heat.columns);
    canvas.height = Math.max(1, heat.steps);
    if (heat.pixels.length) {
      contextOf(canvas).putImageData(new ImageData(heat.pixels, heat.columns), 0, 0);
    }
    canvases.set(heat, canvas);
  }
  return canvas;
}

/** @param {Ctx} ctx @param {number} width @param {number} height @param {State} state */
export function drawHeat(ctx, width, height, state) {
  const { colors, heat, scene, trace } = state;
  ctx.font = FONT;
  if (!scene) return;
  const axis = timeAxis(state.view, width);
  if (!heat || !trace) {
    ctx.fillStyle = colors.muted;
    const why = trace
      ? "This recording was not probed while training, so its sigmas were not kept."
      : "No trace of the training is at hand: sigmas of earlier steps are not known.";
    ctx.fillText(fit(ctx, why, axis.right - axis.left), axis.left, 20);
    return;
  }
  const place = { axis, bottom: height - BOTTOM, height, scene, heat, trace };
  clipped(ctx, axis.left, TOP, axis.right - axis.left, place.bottom - TOP, () => {
    ctx.imageSmoothingEnabled = false;
    scene.windows.forEach((_, w) => {
      if (state.window === null || state.window === w) drawWindow(ctx, place, w, state);
    });
    drawMarks(ctx, place, state);
  });
  drawCounts(ctx, place, state);
  drawEvents(ctx, place, state);
  drawLegend(ctx, place, state);
}

/**
 * The whole window is laid out; of all windows together only the cells it owns show.
 *
 * @param {Ctx} ctx @param {Place} place @param {number} w @param {State} state
 */
function drawWindow(ctx, { axis, bottom, scene, heat }, w, { layer, window }) {
  const { center, offsets } = scene.layers[layer - 1];
  const span = scene.header.window * scene.header.grid.stride;
  const start = center[offsets[w]] - span / heat.cells / 2;
  const x0 = axis.x(start);
  const x1 = axis.x(start + span);
  if (x1 < axis.left || x0 > axis.right) return;
  const { ownedStart, ownedEnd } = scene.windows[w];
  const from = window === null ? axis.x(ownedStart) : x0;
  const to = window === null ? axis.x(ownedEnd) : x1;
  clipped(ctx, from, TOP, to - from, bottom - TOP, () =>
    ctx.drawImage(
      canvasOf(heat),
      w * heat.cells,
      0,
      heat.cells,
      heat.steps,
      x0,
      TOP,
      x1 - x0,
      bottom - TOP,
    ),
  );
}

/** @param {number} position @param {number} steps @param {number} bottom */
const rowY = (position, steps, bottom) =>
  TOP + ((Math.min(position, steps - 1) + 0.5) / steps) * (bottom - TOP);

/**
 * The steps on screen, and the selected cell.
 *
 * @param {Ctx} ctx @param {Place} place @param {State} state
 */
function drawMarks(
  ctx,
  { axis, bottom, scene, heat, trace },
  { band, frame, compare, colors, layer },
) {
  /** @param {number} position @param {number[]} dash */
  const row = (position, dash) => {
    const y = rowY(position, heat.steps, bottom);
    ctx.lineWidth = 3;
    ctx.strokeStyle = colors.bg;
    line(ctx, axis.left, y, axis.right, y);
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = colors.fg;
    ctx.setLineDash(dash);
    line(ctx, axis.left, y, axis.right, y);
    ctx.setLineDash([]);
  };
  if (compare !== null) row(trace.steps.indexOf(compare), [3, 3]);
  row(frame, []);
  const [, , focusLayer, window, cell] = band ?? [];
  if (focusLayer !== layer || window === undefined || cell === undefined || cell < 0) return;
  const kernels = scene.layers[layer - 1];
  const at = kernels.offsets[window] + cell;
  const half = cellSeconds(scene, heat) / 2;
  const x0 = axis.x(kernels.center[at] - half);
  const x1 = axis.x(kernels.center[at] + half);
  ctx.strokeStyle = colors.select;
  ctx.lineWidth = 2;
  ctx.strokeRect(x0 - 1, TOP, Math.max(2, x1 - x0 + 2), bottom - TOP);
}

/**
 * Mixed kernels of every step, as an area that is the wider the more there were.
 *
 * @param {Ctx} ctx @param {Place} place @param {State} state
 */
function drawCounts(ctx, { axis, bottom, height, heat, trace }, { traced, colors }) {
  const wide = axis.left - COUNTS - 78; // the steps' names stand beside it
  if (!traced || wide < 20) return;
  const { all } = mixedCounts(trace, traced);
  const most = Math.max(...all);
  ctx.fillStyle = colors.muted;
  ctx.fillText(
    fit(ctx, most ? `mixed, ${most} at most` : "none mixed", axis.left - 20),
    COUNTS,
    height - 7,
  );
  if (!most) return;
  ctx.fillStyle = colors.background;
  const tall = (bottom - TOP) / heat.steps;
  all.forEach((count, s) => {
    ctx.fillRect(COUNTS, TOP + s * tall, (wide * count) / most, tall + 0.5);
  });
}

/** A diamond at both ends of its row. @param {Ctx} ctx @param {Place} place @param {State} state */
function drawEvents(ctx, { axis, bottom, heat }, { events, colors }) {
  ctx.fillStyle = colors.select;
  for (const { frame } of events) {
    const y = rowY(frame, heat.steps, bottom);
    for (const x of [axis.left - 5, axis.right + 5]) {
      ctx.beginPath();
      for (const [dx, dy] of DIAMOND) ctx.lineTo(x + 4 * dx, y + 4 * dy);
      ctx.closePath();
      ctx.fill();
    }
  }
}

/** @param {Ctx} ctx @param {Place} place @param {State} state */
function drawLegend(ctx, place, { colors, frame, layer, backdrop }) {
  const { axis, bottom, height, heat, trace } = place;
  ctx.fillStyle = colors.muted;
  ctx.textAlign = "right";
  const last = trace.steps.length - 1;
  const step = trace.steps[Math.min(Math.round(frame), last)];
  const y = rowY(frame, heat.steps, bottom);
  const edge = axis.left - 12;
  if (y > TOP + 18) ctx.fillText(`step ${trace.steps[0]}`, edge, TOP + 6);
  if (y < bottom - 18) ctx.fillText(`step ${trace.steps[last]}`, edge, bottom - 6);
  ctx.fillStyle = colors.fg;
  ctx.fillText(`▸ step ${step}`, edge, Math.min(Math.max(y, TOP + 6), bottom - 6));
  ctx.textAlign = "left";
  const from =
    axis.left +
    drawText(ctx, `σ, layer ${layer}: ${number(heat.low, 2)}`, axis.left, height - 7, colors);
  const ramp = Math.min(RAMP, (axis.right - axis.left) / 5);
  drawRamp(ctx, { x: from + 6, y: height - 12, wide: ramp }, heat, backdrop, colors);
  const rest = `${number(heat.high, 2)} cells · faded: not foreground · outlined: the selected cell`;
  ctx.fillText(fit(ctx, rest, axis.right - from - ramp - 12), from + ramp + 12, height - 7);
}

/** How wide it is. @param {Ctx} ctx @param {string} text @param {number} x @param {number} y @param {Colors} colors */
function drawText(ctx, text, x, y, colors) {
  ctx.fillStyle = colors.muted;
  ctx.fillText(text, x, y);
  return ctx.measureText(text).width;
}

/**
 * The colours from the least sigma to the greatest, and where floor and ceiling lie, if among them.
 *
 * @param {Ctx} ctx @param {{x: number, y: number, wide: number}} place @param {Heat} heat
 * @param {?Scene} scene @param {Colors} colors
 */
function drawRamp(ctx, { x, y, wide }, heat, scene, colors) {
  for (let k = 0; k < wide; k += 2) {
    ctx.fillStyle = shade(k / wide, colors.dark);
    ctx.fillRect(x + k, y, 2.5, 9);
  }
  ctx.fillStyle = colors.muted;
  const kernels = scene?.header.settings.kernels;
  if (kernels?.scale !== "gaussian") return;
  ctx.strokeStyle = colors.fg;
  ctx.lineWidth = 2;
  for (const sigma of sigmaReach(kernels, heat.cells)) {
    const at = x + wide * shareOf(heat, sigma);
    if (at >= x && at <= x + wide) line(ctx, at, y - 2, at, y + 11);
  }
}

/**
 * Where a click went: the recorded step, and the cell's row or -1.
 *
 * @param {import("./pointer.js").Place} place
 * @param {number} width
 * @param {number} height
 * @param {State} state
 */
export function pickHeat({ x, y }, width, height, { heat, scene, layer, view, window }) {
  if (!heat || !scene) return null;
  const bottom = height - BOTTOM;
  if (y > bottom) return null;
  const axis = timeAxis(view, width);
  const step = Math.min(
    Math.max(Math.floor(((y - TOP) / (bottom - TOP)) * heat.steps), 0),
    heat.steps - 1,
  );
  if (x < axis.left) return { step, row: -1 };
  const t = axis.t(x);
  const kernels = scene.layers[layer - 1];
  let row = -1;
  let least = Infinity;
  for (let i = 0; i < kernels.count; i++) {
    if (kernels.mixed[i] || kernels.center[i] > scene.duration) continue; // replaced ones count
    if (window === null ? !kernels.owned[i] : kernels.window[i] !== window) continue;
    const far = Math.abs(kernels.center[i] - t);
    if (far < least) {
      least = far;
      row = i;
    }
  }
  return { step, row };
}
