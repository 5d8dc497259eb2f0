// The marks of a legend, for a picture that is saved; explorer.css draws the same ones on the page.

import { FOREGROUND } from "../state/colors.js";
import { dot, line } from "./draw.js";

const WIDE = 16; // pixels of a mark
const GAP = 5; // to its words
const APART = 14; // between two
export const LEGEND_LINE = 15;

/** @typedef {(ctx: Ctx, x: number, y: number, colors: Colors) => void} Mark left edge and middle */

/** @param {number} tall @param {(colors: Colors) => string} color @param {number} [alpha] @returns {Mark} */
const bar =
  (tall, color, alpha = 1) =>
  (ctx, x, y, colors) => {
    ctx.globalAlpha = alpha;
    ctx.fillStyle = color(colors);
    ctx.fillRect(x, y - tall / 2, WIDE, tall);
    ctx.globalAlpha = 1;
  };

/** @param {number} tall @param {(colors: Colors) => string} color @param {number[]} [dash] @returns {Mark} */
const frame =
  (tall, color, dash = []) =>
  (ctx, x, y, colors) => {
    ctx.strokeStyle = color(colors);
    ctx.lineWidth = 1.2;
    ctx.setLineDash(dash);
    ctx.strokeRect(x + 0.5, y - tall / 2, WIDE - 1, tall);
    ctx.setLineDash([]);
  };

/** @param {number} wide @param {(colors: Colors) => string} color @param {number[]} [dash] @returns {Mark} */
const stroke =
  (wide, color, dash = []) =>
  (ctx, x, y, colors) => {
    ctx.strokeStyle = color(colors);
    ctx.lineWidth = wide;
    ctx.setLineDash(dash);
    line(ctx, x, y, x + WIDE, y);
    ctx.setLineDash([]);
  };

/** @type {Record<string, Mark>} */
const MARKS = {
  truth: bar(5, ({ truth }) => truth),
  missed: frame(5, ({ truth }) => truth),
  detection: bar(8, ({ muted }) => muted, 0.5),
  whatif: frame(8, ({ whatif }) => whatif, [3, 2]),
  vanished: stroke(1.5, ({ whatif }) => whatif),
  background: stroke(1.5, ({ background }) => background),
  bound: stroke(1, ({ muted }) => muted, [4, 3]),
  band: bar(5, ({ fg }) => fg, 0.45),
  derivative: stroke(1.5, ({ muted }) => muted, [3, 2]),
  for: bar(9, ({ select }) => select),
  against: bar(9, ({ learned }) => learned),
  alone: frame(9, ({ muted }) => muted),
  learned: stroke(2, ({ fg }) => fg),
  appeared(ctx, x, y, { whatif }) {
    ctx.strokeStyle = whatif;
    ctx.lineWidth = 1.4;
    line(ctx, x + 5, y, x + 11, y);
    line(ctx, x + 8, y - 3, x + 8, y + 3);
  },
  foreground(ctx, x, y, { fg }) {
    ctx.fillStyle = FOREGROUND;
    ctx.fillRect(x, y - 2, WIDE, 4);
    ctx.fillStyle = fg;
    dot(ctx, x + WIDE / 2, y, 2.2);
  },
  mixed(ctx, x, y, { fg }) {
    ctx.strokeStyle = fg;
    ctx.lineWidth = 1.2;
    ctx.strokeRect(x + 0.5, y - 3, WIDE - 1, 6);
  },
  curve(ctx, x, y, { select }) {
    ctx.strokeStyle = select;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    for (let k = 0; k <= 16; k++) ctx.lineTo(x + k, y + 4 - 8 * Math.exp(-((k - 8) ** 2) / 24));
    ctx.stroke();
  },
};

/**
 * Items side by side, in as many lines as they need.
 *
 * @param {Ctx} ctx @param {import("./legends.js").Item[]} items @param {number} width
 * @param {?{colors: Colors, x: number, y: number}} [at] null: only counted
 * @returns {number} lines
 */
export function layLegend(ctx, items, width, at = null) {
  let [x, lines] = [0, 1];
  for (const [mark, text] of items) {
    const draw = mark in MARKS ? MARKS[mark] : null;
    const lead = draw ? WIDE + GAP : 0;
    const wide = lead + ctx.measureText(text).width;
    if (x > 0 && x + wide > width) {
      x = 0;
      lines++;
    }
    if (at) {
      const y = at.y + (lines - 0.5) * LEGEND_LINE;
      draw?.(ctx, at.x + x, y, at.colors);
      ctx.fillStyle = at.colors.muted;
      ctx.fillText(text, at.x + x + lead, y);
    }
    x += wide + APART;
  }
  return items.length ? lines : 0;
}
