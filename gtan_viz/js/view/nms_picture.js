// One pick of soft-NMS: the pick, and what it fades, from their scores before to those after.

import { linear } from "../state/axis.js";
import { classEdge } from "../state/colors.js";
import { clock, number } from "../state/text.js";
import { clipped, dot, FONT, fit, line } from "./draw.js";

const LEFT = 40;
const TOP = 12;
const SHARE = 0.94; // of the height that the highest score takes

/**
 * @typedef {object} Picture
 * @property {Ctx} ctx
 * @property {Colors} colors
 * @property {Segment} view seconds
 * @property {number} right pixels
 * @property {number} floor y of score 0
 * @property {number} most the highest score
 * @property {(seconds: number) => number} x
 * @property {(score: number) => number} y
 */

/**
 * @param {Ctx} ctx @param {number} width @param {number} height @param {Colors} colors
 * @param {NmsRun} run @param {NmsStep} step
 */
export function drawNms(ctx, width, height, colors, run, step) {
  ctx.font = FONT;
  const { segments, labels } = run.candidates;
  const [start, end] = segments.subarray(2 * step.pick, 2 * step.pick + 2);
  const reach = Math.max(2, 1.6 * (end - start));
  const view = { start: (start + end) / 2 - reach, end: (start + end) / 2 + reach };
  const right = width - 10;
  const floor = height - 20;
  const most = Math.max(step.score, ...step.decayed.map((item) => item.before), 1e-6);
  const picture = {
    ctx,
    colors,
    view,
    right,
    floor,
    most,
    x: linear(view.start, view.end, LEFT, right),
    y: linear(0, most, floor, floor - (floor - TOP) * SHARE),
  };
  drawAxes(picture, height);
  clipped(ctx, LEFT, 0, right - LEFT, height, () => {
    const hue = classEdge(colors, labels[step.pick]);
    ctx.globalAlpha = 0.12;
    ctx.fillStyle = colors.select;
    ctx.fillRect(picture.x(start), TOP, picture.x(end) - picture.x(start), floor - TOP);
    ctx.globalAlpha = 1;
    for (const item of step.decayed) {
      const [from, to] = segments.subarray(2 * item.index, 2 * item.index + 2);
      drawFade(picture, picture.x(from), picture.x(to), item, hue);
    }
    drawPick(picture, picture.x(start), picture.x(end), step.score, hue);
    const name = `pick ${run.steps.indexOf(step) + 1}`;
    ctx.fillText(name, picture.x(start) + 4, picture.y(step.score) + 13);
  });
}

/** @param {Picture} picture @param {number} height */
function drawAxes({ ctx, colors, view, right, most, x, y }, height) {
  ctx.textAlign = "right";
  for (const share of [0, 0.5, 1]) {
    ctx.strokeStyle = colors.line;
    ctx.lineWidth = 1;
    line(ctx, LEFT, y(share * most), right, y(share * most));
    ctx.fillStyle = colors.muted;
    ctx.fillText(number(share * most, 2), LEFT - 6, y(share * most));
  }
  ctx.textAlign = "center";
  const apart = (view.end - view.start) / 5;
  for (let k = 0; k <= 5; k++) {
    const t = view.start + k * apart;
    if (t < 0) continue;
    const at = Math.min(Math.max(x(t), LEFT + 14), right - 14);
    ctx.fillText(clock(t, apart < 1 ? 0.1 : 0.5), at, height - 8);
  }
  ctx.textAlign = "left";
  ctx.fillText(fit(ctx, "score", 36), 2, 6);
}

/**
 * @param {Picture} picture @param {number} x0 @param {number} x1 @param {Decay} decay
 * @param {string} hue
 */
function drawFade({ ctx, colors, y }, x0, x1, { before, after }, hue) {
  const middle = (x0 + x1) / 2;
  ctx.strokeStyle = colors.muted;
  ctx.lineWidth = 1;
  ctx.setLineDash([2, 2]);
  line(ctx, x0, y(before), x1, y(before));
  ctx.setLineDash([]);
  line(ctx, middle, y(before), middle, y(after));
  if (y(after) - y(before) > 5) {
    ctx.fillStyle = colors.muted;
    ctx.beginPath();
    ctx.moveTo(middle - 3, y(after) - 6);
    ctx.lineTo(middle + 3, y(after) - 6);
    ctx.lineTo(middle, y(after) - 1);
    ctx.closePath();
    ctx.fill();
  }
  ctx.fillStyle = hue;
  ctx.fillRect(x0, y(after) - 1.5, x1 - x0, 3);
}

/**
 * @param {Picture} picture @param {number} x0 @param {number} x1 @param {number} score
 * @param {string} hue
 */
function drawPick({ ctx, colors, y }, x0, x1, score, hue) {
  ctx.fillStyle = hue;
  ctx.fillRect(x0, y(score) - 3, x1 - x0, 6);
  ctx.strokeStyle = colors.select;
  ctx.lineWidth = 2;
  ctx.strokeRect(x0 - 1, y(score) - 4, x1 - x0 + 2, 8);
  ctx.fillStyle = colors.fg;
  dot(ctx, (x0 + x1) / 2, y(score), 2.5);
}
