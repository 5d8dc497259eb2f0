// Strokes that several pictures share.

import { graphemes, shorten } from "../state/text.js";

export const FONT = "11px system-ui, -apple-system, 'Segoe UI', sans-serif";
export const BOLD = `600 ${FONT}`;

/**
 * @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2DSettings} [options]
 * @returns {Ctx}
 */
export function contextOf(canvas, options) {
  const ctx = canvas.getContext("2d", options);
  if (!ctx) throw new Error("This browser draws no canvas.");
  return ctx;
}

/** @param {Ctx} ctx @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
export function line(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

/** @param {Ctx} ctx @param {number} x @param {number} y @param {number} radius */
export function dot(ctx, x, y, radius, filled = true) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  if (filled) ctx.fill();
  else ctx.stroke();
}

/**
 * @param {Ctx} ctx @param {number} x @param {number} y @param {number} w @param {number} h
 * @param {() => void} draw
 */
export function clipped(ctx, x, y, w, h, draw) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.clip();
  draw();
  ctx.restore();
}

/**
 * Diagonal lines: a second way, beside colour, to say "background" or "what-if".
 *
 * @param {Ctx} ctx @param {number} x @param {number} y @param {number} w @param {number} h
 */
export function hatch(ctx, x, y, w, h, apart = 5) {
  clipped(ctx, x, y, w, h, () => {
    ctx.beginPath();
    for (let at = x - h; at < x + w; at += apart) {
      ctx.moveTo(at, y + h);
      ctx.lineTo(at + h, y);
    }
    ctx.stroke();
  });
}

/** @type {Map<string, CanvasPattern | null>} */
const dashes = new Map();

/**
 * A dashed frame. Stroking with a dash is the slowest thing a canvas does, and a what-if draws
 * hundreds of these, so the dash is a pattern of five pixels.
 *
 * @param {Ctx} ctx @param {number} x @param {number} y @param {number} w @param {number} h
 * @param {string} color
 */
export function dashedBox(ctx, x, y, w, h, color) {
  if (!ctx.createPattern) {
    // a picture file
    ctx.strokeStyle = color;
    ctx.lineWidth = 1.2;
    ctx.setLineDash([3, 2]);
    ctx.strokeRect(x + 0.5, y + 0.5, Math.max(0.5, w - 1), Math.max(0.5, h - 1));
    ctx.setLineDash([]);
    return;
  }
  if (!dashes.has(color)) dashes.set(color, dashOf(ctx, color));
  const [left, top, wide, tall] = [
    Math.round(x),
    Math.round(y),
    Math.max(1, Math.round(w)),
    Math.round(h),
  ];
  ctx.fillStyle = dashes.get(color) ?? color;
  ctx.fillRect(left, top, wide, 1);
  ctx.fillRect(left, top + tall - 1, wide, 1);
  ctx.fillStyle = color;
  ctx.fillRect(left, top, 1, tall);
  ctx.fillRect(left + wide - 1, top, 1, tall);
}

/** @param {Ctx} ctx @param {string} color */
function dashOf(ctx, color) {
  const tile = document.createElement("canvas");
  tile.width = 5;
  tile.height = 1;
  const on = contextOf(tile);
  on.fillStyle = color;
  on.fillRect(0, 0, 3, 1);
  return ctx.createPattern(tile, "repeat");
}

/** @type {Map<string, string>} */
const fitted = new Map();

/**
 * Text shortened to a width in pixels. Measuring text is slow, and most of it stays the same from frame
 * to frame.
 *
 * @param {Ctx} ctx @param {string} text @param {number} width
 */
export function fit(ctx, text, width) {
  const key = `${ctx.font}|${Math.round(width)}|${text}`;
  let found = fitted.get(key);
  if (found === undefined) {
    found = measure(ctx, text, width);
    if (fitted.size > 2000) fitted.clear();
    fitted.set(key, found);
  }
  return found;
}

/** @param {Ctx} ctx @param {string} text @param {number} width */
function measure(ctx, text, width) {
  const whole = shorten(text, 80);
  if (ctx.measureText(whole).width <= width) return whole;
  const parts = graphemes(whole);
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ctx.measureText(`${parts.slice(0, middle).join("")}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low ? `${parts.slice(0, low).join("")}…` : "";
}
