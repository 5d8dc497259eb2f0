// Sigma of every cell of one layer over training: time to the right, training steps downward.

import { GUTTER, timeAxis } from "../state/axis.js";
import { FONT, line } from "./panel.js";
import { shade } from "../state/colors.js";
import { fit } from "../state/text.js";

export const HEAT_HEIGHT = 132;
const TOP = 4;
const BOTTOM = 16;

const canvases = new WeakMap();

function canvasOf(heat) {
  let canvas = canvases.get(heat);
  if (!canvas) {
    canvas = document.createElement("canvas");
    canvas.width = Math.max(1, heat.columns);
    canvas.height = Math.max(1, heat.steps);
    const ctx = canvas.getContext("2d");
    if (heat.pixels.length) ctx.putImageData(new ImageData(heat.pixels, heat.columns), 0, 0);
    canvases.set(heat, canvas);
  }
  return canvas;
}

export function drawHeat(ctx, width, height, state) {
  const { colors, heat, scene, trace, layer } = state;
  ctx.font = FONT;
  if (!scene) return;
  const axis = timeAxis(state.view, width);
  const bottom = height - BOTTOM;
  if (!heat) {
    ctx.fillStyle = colors.muted;
    const why = trace
      ? "This recording was not probed while training, so its sigmas were not kept."
      : "No trace of the training is at hand: sigmas of earlier steps are not known.";
    ctx.fillText(fit(ctx, why, axis.right - GUTTER), GUTTER, 20);
    return;
  }
  ctx.save();
  ctx.beginPath();
  ctx.rect(axis.left, TOP, axis.right - axis.left, bottom - TOP);
  ctx.clip();
  ctx.imageSmoothingEnabled = false;
  scene.windows.forEach((window, w) => {
    if (state.window !== null && state.window !== w) return;
    // The whole window is laid out; only the cells it owns show.
    const span = scene.header.window * scene.header.grid.stride;
    const start = scene.layers[layer - 1].center[scene.layers[layer - 1].offsets[w]];
    const x0 = axis.x(start - span / heat.cells / 2);
    const x1 = axis.x(start - span / heat.cells / 2 + span);
    if (x1 < axis.left || x0 > axis.right) return;
    ctx.save();
    ctx.beginPath();
    const from = state.window === null ? axis.x(window.ownedStart) : x0;
    const to = state.window === null ? axis.x(window.ownedEnd) : x1;
    ctx.rect(from, TOP, to - from, bottom - TOP);
    ctx.clip();
    ctx.drawImage(
      canvasOf(heat), w * heat.cells, 0, heat.cells, heat.steps, x0, TOP, x1 - x0, bottom - TOP,
    );
    ctx.restore();
  });
  drawMarks(ctx, axis, bottom, state);
  ctx.restore();
  drawLegend(ctx, axis, bottom, height, state);
}

const rowY = (position, steps, bottom) =>
  TOP + ((Math.min(position, steps - 1) + 0.5) / steps) * (bottom - TOP);

function drawMarks(ctx, axis, bottom, { focus, heat, frame, compare, trace, colors, layer, scene }) {
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
  if (focus && focus.layer === layer && focus.cell >= 0) {
    const found = scene.layers[layer - 1];
    const at = found.offsets[focus.window] + focus.cell;
    const half = (scene.header.window * scene.header.grid.stride) / heat.cells / 2;
    const x0 = axis.x(found.center[at] - half);
    const x1 = axis.x(found.center[at] + half);
    ctx.strokeStyle = colors.select;
    ctx.lineWidth = 2;
    ctx.strokeRect(x0 - 1, TOP, Math.max(2, x1 - x0 + 2), bottom - TOP);
  }
}

function drawLegend(ctx, axis, bottom, height, { heat, colors, trace, frame, layer }) {
  ctx.fillStyle = colors.muted;
  ctx.textAlign = "right";
  const last = trace.steps.length - 1;
  const step = trace.steps[Math.min(Math.round(frame), last)];
  const y = rowY(frame, heat.steps, bottom);
  if (y > TOP + 18) ctx.fillText(`step ${trace.steps[0]}`, GUTTER - 10, TOP + 6);
  if (y < bottom - 18) ctx.fillText(`step ${trace.steps[last]}`, GUTTER - 10, bottom - 6);
  ctx.fillStyle = colors.fg;
  ctx.fillText(`▸ step ${step}`, GUTTER - 4, Math.min(Math.max(y, TOP + 6), bottom - 6));
  ctx.textAlign = "left";
  ctx.fillStyle = colors.muted;
  ctx.fillText(`sigma, layer ${layer}`, 14, height - 7);
  const wide = 120;
  const x = axis.left;
  ctx.fillText(`${heat.low.toFixed(2)}`, x, height - 7);
  const from = x + 30;
  for (let k = 0; k < wide; k += 2) {
    ctx.fillStyle = shade(k / wide, colors.dark);
    ctx.fillRect(from + k, height - 12, 2.5, 9);
  }
  ctx.fillStyle = colors.muted;
  ctx.fillText(
    `${heat.high.toFixed(2)} cells · faded: background · outlined: the selected cell`,
    from + wide + 6, height - 7,
  );
}

// Where a click went: the recorded step, and the cell's window and number.
export function pickHeat(x, y, width, height, state) {
  const { heat, scene, layer } = state;
  if (!heat || !scene) return null;
  const bottom = height - BOTTOM;
  if (y > bottom) return null;
  const axis = timeAxis(state.view, width);
  const step = Math.min(
    Math.max(Math.floor(((y - TOP) / (bottom - TOP)) * heat.steps), 0), heat.steps - 1,
  );
  if (x < axis.left) return { step, row: -1 };
  const t = axis.t(x);
  const found = scene.layers[layer - 1];
  let row = -1;
  let least = Infinity;
  for (let i = 0; i < found.count; i++) {
    if (found.mixed[i] || !found.exists[i]) continue;
    if (state.window === null ? !found.owned[i] : found.window[i] !== state.window) continue;
    const far = Math.abs(found.center[i] - t);
    if (far < least) {
      least = far;
      row = i;
    }
  }
  return { step, row };
}
