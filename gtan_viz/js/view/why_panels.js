// Two pictures of the "why" column: class scores, boundary.

import { linear } from "../state/axis.js";
import { classColor, classEdge, classHatched } from "../state/colors.js";
import { number } from "../state/text.js";
import { BOLD, clipped, dashedBox, dot, FONT, fit, hatch, line } from "./draw.js";
import { canvasPanel } from "./panel.js";

const BARS = 14; // classes that are drawn
const BAR = 17; // pixels

/** @param {Store} store */
export const scoresPanel = (store) =>
  canvasPanel(store, {
    label: "Class scores",
    height: () => BAR * shownClasses(store.state.facts).length + 6,
    draw: drawScores,
  });

/** @param {Store} store */
export const boundaryPanel = (store) =>
  canvasPanel(store, {
    label: "Default boundary, refined boundary and truth",
    height: () => (store.state.facts?.whatif ? 78 : 58),
    draw: drawBoundary,
  });

// --- class scores
// ---------------------------------------------------------------------------------

/**
 * All classes where they are few; else the strongest, in a stable order. The background is 0.
 *
 * @param {?Facts} facts
 */
function shownClasses(facts) {
  const scores = (facts?.learned ?? facts?.whatif)?.scores;
  if (!scores) return [0];
  const actions = Array.from({ length: scores.length - 1 }, (_, i) => i + 1);
  if (scores.length <= BARS) return [...actions, 0];
  /** @param {number} i */
  const strength = (i) => Math.max(scores[i], facts?.whatif?.scores?.[i] ?? 0);
  return [...actions.sort((i, j) => strength(j) - strength(i)).slice(0, BARS - 2), 0];
}

/** @param {Ctx} ctx @param {number} width @param {number} _height @param {State} state */
function drawScores(ctx, width, _height, { facts, colors }) {
  const first = facts?.learned ?? facts?.whatif;
  if (!facts || !first) return;
  if (!first.scores) {
    ctx.fillStyle = colors.muted;
    ctx.fillText("Scores are not known.", 8, 10);
    return;
  }
  const { label, scores } = first;
  const top = scores[0] > scores[label + 1] ? 0 : label + 1;
  shownClasses(facts).forEach((c, i) => {
    ctx.font = c === top ? BOLD : FONT;
    drawScore(ctx, width, 4 + i * BAR, c, facts, colors);
  });
}

/**
 * @param {Ctx} ctx @param {number} width @param {number} y @param {number} c @param {Facts} facts
 * @param {Colors} colors
 */
function drawScore(ctx, width, y, c, { learned, whatif, classes }, colors) {
  const left = 146;
  const wide = width - 46 - left;
  ctx.fillStyle = colors.fg;
  ctx.textAlign = "right";
  ctx.fillText(fit(ctx, c ? classes[c - 1] : "background", left - 14), left - 6, y + 6.5);
  ctx.textAlign = "left";
  ctx.fillStyle = colors.raised;
  ctx.fillRect(left, y, wide, 12);
  const score = learned?.scores?.[c] ?? NaN;
  if (Number.isFinite(score)) {
    const [w, h] = [Math.max(1, wide * score), whatif ? 7 : 12];
    ctx.fillStyle = c ? classColor(colors, c - 1) : colors.muted;
    ctx.fillRect(left, y, w, h);
    if (c && classHatched(colors, c - 1)) {
      ctx.strokeStyle = colors.bg;
      hatch(ctx, left, y, w, h);
    }
    ctx.strokeStyle = c ? classEdge(colors, c - 1) : colors.muted;
    ctx.lineWidth = 1;
    ctx.strokeRect(left + 0.5, y + 0.5, Math.max(0.5, w - 1), h - 1);
  }
  const other = whatif?.scores?.[c] ?? NaN;
  if (Number.isFinite(other)) {
    dashedBox(ctx, left, y + 7, Math.max(2, wide * other), 6, colors.whatif);
  }
  ctx.fillStyle = whatif ? colors.whatif : colors.fg;
  ctx.fillText(number((whatif ?? learned)?.scores?.[c], 3), left + wide + 6, y + 6.5);
}

// --- boundary
// -------------------------------------------------------------------------------------

/** @param {Ctx} ctx @param {number} width @param {number} height @param {State} state */
function drawBoundary(ctx, width, height, { facts, colors, scene }) {
  if (!facts || !scene) return;
  ctx.font = FONT;
  const all = [facts.learned, facts.whatif]
    .flatMap((kernel) => [kernel?.boundary, kernel?.refined])
    .filter((one) => one !== undefined && one !== null);
  const low = Math.min(...all.map(({ start }) => start));
  const high = Math.max(...all.map(({ end }) => end));
  if (!(high > low)) return;
  const pad = (high - low) * 0.18;
  const left = 58;
  const x = linear(low - pad, high + pad, left, width - 6);
  ctx.fillStyle = colors.muted;
  ctx.textAlign = "right";
  const lanes = /** @type {const} */ ([
    ["truth", 4],
    ["default", 22],
    ["refined", 40],
    ["what-if", 58],
  ]);
  for (const [name, y] of lanes) {
    if (name !== "what-if" || facts.whatif) ctx.fillText(name, left - 6, y + 6);
  }
  ctx.textAlign = "left";
  clipped(ctx, left, 0, width - left, height, () => {
    drawTruths(ctx, x, { low: low - pad, high: high + pad, left, width }, scene, colors);
    if (facts.learned) drawRefinement(ctx, x, facts.learned, colors);
    if (facts.whatif) {
      const { boundary, refined, label } = facts.whatif;
      drawBar(ctx, x, boundary, 58, true, colors);
      if (refined) drawBar(ctx, x, refined, 58, true, colors, classColor(colors, label));
    }
  });
}

/**
 * From the default boundary to the refined one.
 *
 * @param {Ctx} ctx @param {(t: number) => number} x @param {KernelFacts} kernel
 * @param {Colors} colors
 */
function drawRefinement(ctx, x, { boundary, refined, label }, colors) {
  drawBar(ctx, x, boundary, 22, false, colors);
  if (!refined) return;
  drawBar(ctx, x, refined, 40, false, colors, classColor(colors, label));
  ctx.strokeStyle = colors.muted;
  ctx.lineWidth = 1;
  line(ctx, x(boundary.start), 34, x(refined.start), 40);
  line(ctx, x(boundary.end), 34, x(refined.end), 40);
}

/**
 * @param {Ctx} ctx @param {(t: number) => number} x @param {Segment} segment @param {number} y
 * @param {boolean} isWhatIf @param {Colors} colors @param {string} [fill]
 */
function drawBar(ctx, x, { start, end }, y, isWhatIf, colors, fill) {
  if (fill) {
    ctx.fillStyle = fill;
    ctx.fillRect(x(start), y, x(end) - x(start), 12);
  }
  ctx.strokeStyle = isWhatIf ? colors.whatif : colors.fg;
  ctx.setLineDash(isWhatIf ? [3, 2] : []);
  ctx.lineWidth = isWhatIf ? 1.4 : 1;
  ctx.strokeRect(x(start) + 0.5, y + 0.5, x(end) - x(start) - 1, 11);
  ctx.setLineDash([]);
  ctx.fillStyle = colors.fg;
  dot(ctx, x((start + end) / 2), y + 6, 2);
}

/**
 * @param {Ctx} ctx @param {(t: number) => number} x
 * @param {{low: number, high: number, left: number, width: number}} view @param {Scene} scene
 * @param {Colors} colors
 */
function drawTruths(ctx, x, { low, high, left, width }, { truth, classes }, colors) {
  let isAny = false;
  for (let g = 0; g < truth.count; g++) {
    const [start, end] = [truth.start[g], truth.end[g]];
    if (end < low || start > high) continue;
    isAny = true;
    ctx.fillStyle = classColor(colors, truth.label[g]);
    ctx.fillRect(x(start), 4, x(end) - x(start), 12);
    ctx.strokeStyle = classEdge(colors, truth.label[g]);
    ctx.lineWidth = 1;
    ctx.strokeRect(x(start) + 0.5, 4.5, x(end) - x(start) - 1, 11);
    ctx.fillStyle = colors.truth;
    ctx.fillRect(x(start), 15, x(end) - x(start), 2);
    const from = Math.max(x(start), left);
    const name = fit(ctx, classes[truth.label[g]], Math.min(x(end), width) - from - 6);
    if (!name) continue;
    ctx.fillStyle = colors.bg;
    ctx.globalAlpha = 0.8;
    ctx.fillRect(from + 2, 4.5, ctx.measureText(name).width + 4, 10);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colors.fg;
    ctx.fillText(name, from + 4, 10);
  }
  if (isAny) return;
  ctx.fillStyle = colors.muted;
  ctx.fillText(truth.count ? "no truth here" : "truth is not known", left + 4, 10);
}
