// One comparison of Algorithm 1, as Figure 3 draws it.

import { fromSeconds } from "../model/explanation.js";
import { linear } from "../state/axis.js";
import { number } from "../state/text.js";
import { BOLD, clipped, dot, FONT, hatch, line } from "./draw.js";

const LEFT = 92;
const ROWS = { learned: 30, base: 76, next: 100, union: 126, result: 152 };

/** @typedef {{center: number, width: number}} Bar in cells */

/**
 * @typedef {object} Picture
 * @property {Ctx} ctx
 * @property {Colors} colors
 * @property {GroupingRun} run
 * @property {GroupStep} step
 * @property {number} cells of the layer
 * @property {number} from first cell in view
 * @property {number} to
 * @property {number} right pixels
 * @property {(cell: number) => number} x
 * @property {Bar} base
 * @property {Bar} next
 */

/** @param {Ctx} ctx @param {number} width @param {number} height @param {State} state */
export function drawGrouping(ctx, width, height, { colors, grouping: run, groupStep }) {
  ctx.font = FONT;
  const step = run?.steps[groupStep];
  if (!run || !step) {
    ctx.fillStyle = colors.muted;
    ctx.fillText(run ? "A single kernel: nothing to compare." : "No kernels to group.", 8, 20);
    return;
  }
  const picture = pictureOf(ctx, width, colors, run, step);
  drawNames(picture);
  clipped(ctx, LEFT, 14, picture.right - LEFT, height - 14, () => {
    drawKernels(picture);
    drawBar(picture, picture.base, ROWS.base, colors.select, 0.25);
    drawBar(picture, picture.next, ROWS.next, colors.whatif, 0.25);
    drawOverlap(picture);
    drawResult(picture);
  });
  drawGauge(picture, height - 20);
}

/**
 * The stretch of the map around the step.
 *
 * @param {number} width @param {GroupingRun} run @param {GroupStep} step
 */
function stretchOf(width, run, step) {
  const { cells } = run.view.header.layers[run.layer - 1];
  const span = Math.min(cells, Math.max(24, 3 * step.union * cells));
  const middle = step.baseCenter * cells;
  const from = Math.min(Math.max(middle - span / 2, -1), Math.max(-1, cells - span + 1));
  return { cells, from, to: from + span, right: width - 10 };
}

/**
 * @param {Ctx} ctx @param {number} width @param {Colors} colors @param {GroupingRun} run
 * @param {GroupStep} step @returns {Picture}
 */
function pictureOf(ctx, width, colors, run, step) {
  const stretch = stretchOf(width, run, step);
  const { cells, from, to, right } = stretch;
  return {
    ctx,
    colors,
    run,
    step,
    ...stretch,
    x: linear(from, to, LEFT, right),
    base: { center: step.baseCenter * cells, width: step.baseWidth * cells },
    next: learnedKernel(run, cells, step.cell),
  };
}

/** @param {GroupingRun} run @param {number} cells @param {number} cell @returns {Bar} */
function learnedKernel({ view, layer, window }, cells, cell) {
  const row = view.arrays[`layer${layer}.kernel_offsets`][window] + cell;
  return {
    center: view.arrays[`layer${layer}.centers`][row] * cells,
    width: view.arrays[`layer${layer}.widths`][row] * cells,
  };
}

/** @param {Bar} bar */
const ends = ({ center, width }) => [center - width / 2, center + width / 2];

/** Names of the rows, numbers of the cells. @param {Picture} picture */
function drawNames({ ctx, colors, step, cells, from, to, x }) {
  ctx.textAlign = "right";
  ctx.fillStyle = colors.muted;
  ctx.fillText("learned kernels", LEFT - 8, ROWS.learned);
  ctx.fillText("base G_bs", LEFT - 8, ROWS.base);
  ctx.fillText(`G(t, σ) cell ${step.cell}`, LEFT - 8, ROWS.next);
  ctx.fillText("H, L", LEFT - 8, ROWS.union);
  ctx.fillText(step.merged ? "merged" : "G so far", LEFT - 8, ROWS.result);
  ctx.textAlign = "center";
  const every = Math.max(1, Math.round((to - from) / 16));
  for (let i = Math.max(0, Math.ceil(from)); i < Math.min(cells, to); i++) {
    if (i % every === 0) ctx.fillText(String(i), x(i + 0.5), 8);
  }
  ctx.textAlign = "left";
}

/**
 * All kernels of the map, in three lanes so that neighbours do not hide each other.
 *
 * @param {Picture} picture
 */
function drawKernels({ ctx, colors, run, step, cells, from, to, x }) {
  const valid = run.view.arrays[`layer${run.layer}.valid`];
  for (let i = 0; i < cells; i++) {
    const kernel = learnedKernel(run, cells, i);
    const [start, end] = ends(kernel);
    if (!valid[run.window * cells + i] || end < from || start > to) continue;
    const y = ROWS.learned - 8 + (i % 3) * 8;
    const isBase = i >= step.first && i < step.cell;
    const isNext = i === step.cell;
    ctx.strokeStyle = isNext ? colors.whatif : isBase ? colors.select : colors.muted;
    ctx.lineWidth = isNext || isBase ? 3 : 1.5;
    line(ctx, x(start), y, x(end), y);
    ctx.fillStyle = ctx.strokeStyle;
    dot(ctx, x(kernel.center), y, 2.5, isNext || isBase || i < step.first);
  }
}

/**
 * @param {Picture} picture @param {Bar} bar @param {number} y @param {string} color
 * @param {number} alpha of its inside
 */
function drawBar({ ctx, x }, bar, y, color, alpha) {
  const [start, end] = ends(bar).map(x);
  ctx.fillStyle = color;
  ctx.globalAlpha = alpha;
  ctx.fillRect(start, y - 7, end - start, 14);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(start, y - 7, end - start, 14);
  dot(ctx, x(bar.center), y, 2.5);
}

/** H is hatched, L is the bracket around both. @param {Picture} picture */
function drawOverlap({ ctx, colors, x, base, next }) {
  const [start0, end0] = ends(base);
  const [start1, end1] = ends(next);
  const [low, high] = [Math.min(start0, start1), Math.max(end0, end1)];
  const [from, to] = [Math.max(start0, start1), Math.min(end0, end1)];
  if (to > from) {
    ctx.strokeStyle = colors.fg;
    ctx.lineWidth = 1;
    hatch(ctx, x(from), ROWS.base - 7, x(to) - x(from), ROWS.union - ROWS.base - 2, 6);
    bracket(ctx, x(from), x(to), ROWS.union - 3, "H", colors.fg, colors);
  }
  bracket(ctx, x(low), x(high), ROWS.union + 6, to > from ? "" : "L", colors.muted, colors);
  if (to > from) {
    ctx.fillStyle = colors.muted;
    ctx.fillText("L", x(high) + 4, ROWS.union + 5);
  }
}

/**
 * @param {Ctx} ctx @param {number} x0 @param {number} x1 @param {number} y @param {string} text
 * @param {string} color @param {Colors} colors
 */
function bracket(ctx, x0, x1, y, text, color, colors) {
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.2;
  line(ctx, x0, y, x1, y);
  line(ctx, x0, y - 3, x0, y + 3);
  line(ctx, x1, y - 3, x1, y + 3);
  if (!text) return;
  ctx.fillStyle = colors.fg;
  ctx.fillText(text, x1 + 4, y);
}

/** The merged kernel; or, where they do not merge, G so far. @param {Picture} picture */
function drawResult(picture) {
  const { ctx, colors, run, step, cells, from, to, x } = picture;
  if (step.merged) {
    const merged = { center: step.center * cells, width: step.width * cells };
    drawBar(picture, merged, ROWS.result, colors.accent, 0.3);
    return;
  }
  for (const { members, center, width } of run.groups) {
    const [start, end] = ends({ center: center * cells, width: width * cells });
    if (members[members.length - 1] >= step.cell || end < from || start > to) continue;
    ctx.strokeStyle = members.length > 1 ? colors.accent : colors.muted;
    ctx.lineWidth = members.length > 1 ? 4 : 2;
    const y = ROWS.result - 6 + (members[0] % 3) * 6;
    line(ctx, x(start), y, x(end), y);
  }
}

/** H / L on a gauge, with epsilon on it. @param {Picture} picture @param {number} y */
function drawGauge({ ctx, colors, run, step, right }, y) {
  const { epsilon } = run.view.header.settings.kernels;
  const wide = right - LEFT - 86;
  const mark = LEFT + wide * epsilon;
  ctx.fillStyle = colors.muted;
  ctx.textAlign = "right";
  ctx.fillText("H / L", LEFT - 8, y + 5);
  ctx.textAlign = "left";
  ctx.fillStyle = colors.raised;
  ctx.fillRect(LEFT, y, wide, 10);
  ctx.fillStyle = step.merged ? colors.accent : colors.muted;
  ctx.fillRect(LEFT, y, wide * Math.min(1, step.iou), 10);
  ctx.strokeStyle = colors.fg;
  ctx.lineWidth = 2;
  line(ctx, mark, y - 4, mark, y + 13);
  ctx.font = BOLD;
  ctx.fillStyle = colors.fg;
  ctx.textAlign = "center";
  ctx.fillText(`ε ${number(epsilon, 2)}`, mark, y - 9);
  ctx.textAlign = "left";
  ctx.fillText(`${number(step.iou, 3)} ${step.merged ? "> ε" : "≤ ε"}`, LEFT + wide + 10, y + 5);
  ctx.font = FONT;
}

/** Where a time lies in it, null outside. @param {State} state @param {number} width */
export function groupingX({ grouping: run, groupStep, time }, width) {
  const step = run?.steps[groupStep];
  if (!run || !step) return null;
  const { cells, from, to, right } = stretchOf(width, run, step);
  const cell = fromSeconds(run.view, run.window, time) * cells;
  return cell >= from && cell <= to ? linear(from, to, LEFT, right)(cell) : null;
}

/**
 * The cell of the learned kernel at a place of the picture; -1: there is none.
 *
 * @param {State} state @param {number} x pixels @param {number} width of the picture
 */
export function groupingCell({ grouping: run, groupStep }, x, width) {
  const step = run?.steps[groupStep];
  if (!run || !step || x < LEFT) return -1;
  const { cells, from, to, right } = stretchOf(width, run, step);
  const cell = Math.floor(linear(LEFT, right, from, to)(x));
  return cell >= 0 && cell < cells && x <= right ? cell : -1;
}
