// What each cell brings, under the Gaussian that lets it in: weights above, bars about a zero line
// below, the bias and the sum as bars of their own at the two sides.

import { linear } from "../state/axis.js";
import { UNITS } from "../state/evidence.js";
import { shorten, signed } from "../state/text.js";
import { BOLD, clipped, FONT, fit, line } from "./draw.js";

export const EVIDENCE_HEIGHT = 210;
const LEFT = 34; // pixels left of the cells, for the bias
const RIGHT = 42; // and right of them, for the sum
// So that the bars of many cells stay visible, times the longest of them:
const MOST_FRAME = 3; // what of a frame,
const MOST_SUM = 4; // of the sum and of the bars as learned,
const MOST_PEAK = 3; // and, times the kernel's own peak, of the peak as learned is shown at most.
const NARROW = 6; // pixels of a cell below which its frame is its end alone
const TOP = 18; // of the weights
const FLOOR = 56; // weight 0
const BARS = 66; // from here
const NAMES = 30; // pixels at the bottom, for two rows of text
const NUMBER = 26; // pixels that a number takes
const APART = 32; // and two that do not stand side by side
const NAME = 18; // and the name of a cell

const DASHES = [
  [2, 2],
  [6, 3],
  [8, 3, 2, 3],
  [12, 4],
];

/**
 * @typedef {object} Place where things stand
 * @property {Ctx} ctx
 * @property {Colors} colors
 * @property {Evidence} evidence
 * @property {number} width
 * @property {number} height
 * @property {number} per pixels of a cell
 * @property {(cell: number) => number} x
 * @property {(value: number) => number} y of the bars
 */

/** @param {number} from @param {number} to @param {number} width */
const perCell = (from, to, width) => (width - LEFT - RIGHT) / Math.max(1, to - from);

/**
 * The cell at a place of the picture, or -1.
 *
 * @param {Evidence} evidence @param {number} x @param {number} width
 */
export function pickCell({ from, to }, x, width) {
  const cell = from + Math.floor((x - LEFT) / perCell(from, to, width));
  return x >= LEFT && cell < to ? cell : -1;
}

/** @param {Ctx} ctx @param {number} width @param {number} height @param {State} state */
export function drawEvidence(ctx, width, height, { evidence, facts, colors, litCell }) {
  if (!evidence || !facts) return;
  const { from, to } = evidence;
  const per = perCell(from, to, width);
  const [low, high] = rangeOf(evidence);
  /** @type {Place} */
  const place = {
    ctx,
    colors,
    evidence,
    width,
    height,
    per,
    x: (cell) => LEFT + (cell - from) * per,
    y: linear(low, high, height - NAMES - 4, BARS),
  };
  if (litCell !== null && litCell >= from && litCell < to) {
    ctx.fillStyle = colors.accentSoft;
    ctx.fillRect(place.x(litCell), TOP - 4, per, height - TOP + 4);
  }
  ctx.font = BOLD;
  ctx.fillStyle = colors.fg;
  ctx.fillText(fit(ctx, headline(evidence, facts), width - 8), 4, 7);
  ctx.font = FONT;
  drawWeights(place);
  drawBars(place);
  drawNames(place, litCell);
}

/** What is explained, in a line. @param {Evidence} evidence @param {Facts} facts */
export function headline({ explained, kernel, rival, sum }, { classes, learned, whatif }) {
  const gone = whatif && kernel === learned ? ", as learned" : ""; // the what-if has no such kernel
  const number = `${signed(sum)} ${UNITS[explained]}${gone}`;
  if (explained === "class") {
    const against = rival < 0 ? "background" : shorten(classes[rival], 24);
    return `${shorten(classes[kernel.label] ?? "no class", 24)} against ${against}: ${number}`;
  }
  if (explained === "overlap") return `overlap score before the sigmoid: ${number}`;
  const way = sum < 0 ? "earlier" : "later";
  return `${explained}, ${way} than the default: ${number}`;
}

/** @param {number} value @param {number} most */
const within = (value, most) => Math.min(most, Math.max(-most, value));

/** What the bars show, zero included, and frames and sum as far as they go. @param {Evidence} evidence */
function rangeOf({ brings, alone, learned, bias, sum, from, to }) {
  const bars = [0, bias, ...brings.slice(from, to)];
  const longest = Math.max(...bars.map(Math.abs));
  const others = [sum, ...(learned?.slice(from, to) ?? [])].map((v) =>
    within(v, MOST_SUM * longest),
  );
  const most = Math.max(MOST_FRAME * longest, ...others.map(Math.abs));
  const all = [...bars, ...others, ...Array.from(alone.slice(from, to), (v) => within(v, most))];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return high - low > 0 && Number.isFinite(high - low) ? [low, high] : [-1, 1];
}

// --- weights

/** @param {Place} place */
function drawWeights(place) {
  const { ctx, colors, evidence, per, x, width } = place;
  const { weights, learnedWeights, from, to, kernel } = evidence;
  const own = Math.max(0, ...weights.slice(from, to));
  const before = Math.max(0, ...(learnedWeights?.slice(from, to) ?? []));
  const y = linear(0, Math.max(own, Math.min(before, MOST_PEAK * own)) || 1, FLOOR, TOP);
  for (let i = from; i < to; i++) {
    ctx.fillStyle = colors.select;
    ctx.globalAlpha = 0.3;
    ctx.fillRect(x(i) + 0.5, y(weights[i]), Math.max(1, per - 1), FLOOR - y(weights[i]));
    ctx.globalAlpha = 1;
    ctx.fillRect(x(i) + 0.5, y(weights[i]) - 0.75, Math.max(1, per - 1), 1.5);
    if (learnedWeights && (learnedWeights[i] > own / 50 || per >= NARROW))
      drawLearned(place, i, Math.max(TOP - 3, y(learnedWeights[i])));
  }
  if (kernel.pooling === "gaussian" && kernel.cells > 1) {
    drawCurve(place, y);
    drawDerivatives(place);
  }
  ctx.strokeStyle = colors.muted;
  ctx.lineWidth = 1;
  line(ctx, LEFT, FLOOR + 0.5, width - RIGHT, FLOOR + 0.5);
  ctx.fillStyle = colors.muted;
  ctx.fillText("weight", 4, FLOOR - 6);
}

/** Where it stood as learned. @param {Place} place @param {number} cell @param {number} y */
function drawLearned({ ctx, colors, per, x }, cell, y) {
  ctx.fillStyle = colors.fg;
  ctx.fillRect(x(cell) + 0.5, y - 1, Math.max(1, per - 1), 2);
}

/**
 * The curve of which the weights are samples, over the cells that there are.
 *
 * @param {Place} place @param {(weight: number) => number} y
 */
function drawCurve({ ctx, colors, evidence, per, x }, y) {
  const { kernel, weights, from, to } = evidence;
  const { sigma, cells } = kernel;
  const center = kernel.center * cells;
  const near = Math.min(Math.max(Math.round(center - 0.5), 0), cells - 1);
  const gap = (near + 0.5 - center) / sigma;
  const top = weights[near] / Math.exp(-(gap * gap) / 2);
  ctx.strokeStyle = colors.select;
  ctx.lineWidth = 1.75;
  ctx.beginPath();
  for (let px = x(from); px <= x(to); px += 1.5) {
    const away = ((px - x(from)) / per + from - center) / sigma;
    ctx.lineTo(px, Math.max(TOP - 4, y(top * Math.exp(-(away * away) / 2))));
  }
  ctx.stroke();
}

/**
 * Weights of the derivatives (E1), each to its own scale about the middle of the strip.
 *
 * @param {Place} place
 */
function drawDerivatives({ ctx, colors, evidence, x }) {
  const { orders, from, to } = evidence;
  const zero = (TOP + FLOOR) / 2;
  ctx.strokeStyle = colors.muted;
  ctx.lineWidth = 1.2;
  orders.slice(1).forEach((order, n) => {
    const shown = order.slice(from, to);
    const scale = (0.5 * (FLOOR - TOP)) / (Math.max(...shown.map(Math.abs)) || 1);
    ctx.setLineDash(DASHES[n]);
    ctx.beginPath();
    shown.forEach((value, i) => ctx.lineTo(x(from + i + 0.5), zero - scale * value));
    ctx.stroke();
  });
  ctx.setLineDash([]);
}

// --- bars

/** @param {Place} place */
function drawBars(place) {
  const { ctx, colors, evidence, width, height, per, x, y } = place;
  const { brings, alone, learned, bias, sum, from, to } = evidence;
  const inset = Math.min(4, per / 6);
  clipped(ctx, LEFT, BARS, width - LEFT - RIGHT, height - NAMES - 4 - BARS, () => {
    for (let i = from; i < to; i++) {
      drawBar(place, x(i) + inset, Math.max(1, per - 2 * inset), brings[i]);
      drawFrame(place, x(i), alone[i]);
    }
  });
  const [low, high] = rangeOf(evidence);
  for (let i = from; learned && i < to; i++) {
    if (Math.abs(learned[i]) > (high - low) / 100 || per >= NARROW) {
      drawLearned(place, i, y(Math.min(high, Math.max(low, learned[i]))));
    }
  }
  drawBar(place, 8, LEFT - 16, bias);
  drawSum(place, sum);
  ctx.strokeStyle = colors.muted;
  ctx.lineWidth = 1;
  line(ctx, 4, y(0), width - 4, y(0));
}

/** @param {Place} place @param {number} left @param {number} wide @param {number} value */
function drawBar({ ctx, colors, y }, left, wide, value) {
  ctx.fillStyle = value > 0 ? colors.select : colors.learned;
  ctx.fillRect(left, Math.min(y(0), y(value)), wide, Math.abs(y(value) - y(0)));
}

/** With a gap near its end where it goes on. @param {Place} place @param {number} sum */
function drawSum(place, sum) {
  const { ctx, colors, evidence, width, y } = place;
  const [low, high] = rangeOf(evidence);
  const shown = Math.min(high, Math.max(low, sum));
  const left = width - RIGHT + 10;
  drawBar(place, left, RIGHT - 18, shown);
  if (shown === sum || Number.isNaN(sum)) return;
  const gap = y(shown) + (sum > 0 ? 8 : -8);
  ctx.strokeStyle = colors.panel;
  ctx.lineWidth = 3;
  line(ctx, left - 2, gap + 4, left + RIGHT - 16, gap - 4);
}

/** The cell alone, in the middle of the kernel. @param {Place} place @param {number} left @param {number} value */
function drawFrame({ ctx, colors, per, y }, left, value) {
  if (per < NARROW) {
    ctx.fillStyle = colors.muted;
    ctx.fillRect(left, y(value) - 0.5, per, 1);
    return;
  }
  ctx.strokeStyle = colors.muted;
  ctx.lineWidth = 1;
  const [top, bottom] = [Math.min(y(0), y(value)), Math.max(y(0), y(value))];
  ctx.strokeRect(left + 1.5, top + 0.5, per - 3, bottom - top);
}

// --- numbers

/** Cells and what they bring; where it is narrow, every other one. @param {Place} place @param {?number} lit */
function drawNames(place, lit) {
  const { ctx, colors, evidence, width, height, per, x } = place;
  const { brings, bias, sum, from, to } = evidence;
  const [upper, lower] = [height - NAMES + 8, height - NAMES + 22];
  /** @param {string} name @param {number} at @param {number} y @param {string} color */
  const write = (name, at, y, color) => {
    ctx.fillStyle = color;
    ctx.fillText(name, at, y);
  };
  ctx.textAlign = "center";
  const cells = Array.from({ length: to - from }, (_, i) => from + i);
  const every = Math.ceil(NAME / per);
  for (const cell of cells) {
    if (cell % every === 0) write(String(cell), x(cell + 0.5), upper, colors.muted);
  }
  for (const cell of strongestFirst(cells, brings, lit, per < NUMBER ? APART / per : 1)) {
    if (x(cell + 0.5) < LEFT + 9 || x(cell + 0.5) > width - RIGHT - 9) continue; // no room
    write(short(brings[cell]), x(cell + 0.5), lower, colors.fg);
  }
  write("bias", LEFT / 2, upper, colors.muted);
  write(short(bias), LEFT / 2, lower, colors.fg);
  write("sum", width - RIGHT / 2 + 1, upper, colors.muted);
  write(signed(sum), width - RIGHT / 2 + 1, lower, colors.fg);
  ctx.textAlign = "left";
}

/** @param {number} value */
const short = (value) => signed(value, Math.abs(value) < 9.95 ? 1 : 0).replace("+", "");

/**
 * Those whose numbers have room: the one asked about, then the strongest.
 *
 * @param {number[]} cells @param {Float64Array} brings @param {?number} lit
 * @param {number} apart cells between two numbers
 */
function strongestFirst(cells, brings, lit, apart) {
  /** @type {number[]} */
  const kept = [];
  /** @param {number} cell */
  const rank = (cell) => (cell === lit ? Infinity : Math.abs(brings[cell]));
  for (const cell of [...cells].sort((a, b) => rank(b) - rank(a))) {
    if (kept.every((other) => Math.abs(other - cell) >= apart)) kept.push(cell);
  }
  return kept;
}
