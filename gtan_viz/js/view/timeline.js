// Truth and detections on the time axis.

import { ticks, timeAxis } from "../state/axis.js";
import { classColor, classHatched } from "../state/colors.js";
import { clock } from "../state/text.js";
import { clipped, dashedBox, dot, FONT, fit, hatch, line } from "./draw.js";
import { unchanging } from "./panel.js";

const ROW = 27;
const TOP = 18; // the axis
const MOST_ROWS = 16;

/** @typedef {import("../state/axis.js").Axis} Axis */

/** @type {WeakMap<Scene, number[]>} */
const rows = new WeakMap();

/**
 * Classes with a row: all where they are few, else those that occur, the busiest first.
 *
 * @param {?Scene} scene the backdrop
 */
function rowsOf(scene) {
  if (!scene) return [];
  const known = rows.get(scene);
  if (known) return known;
  const classes = scene.classes.length;
  let found = Array.from({ length: classes }, (_, i) => i);
  if (classes > MOST_ROWS) {
    const weight = new Float64Array(classes);
    for (const label of scene.truth.label) weight[label] += 1;
    scene.detections.label.forEach((label, i) => {
      weight[label] += scene.detections.score[i] || 0;
    });
    found = found
      .filter((label) => weight[label] > 0)
      .sort((a, b) => weight[b] - weight[a])
      .slice(0, MOST_ROWS)
      .sort((a, b) => a - b);
  }
  rows.set(scene, found);
  return found;
}

/** @param {?Scene} scene */
export const timelineHeight = (scene) => TOP + Math.max(1, rowsOf(scene).length) * ROW + 4;

/** @param {Ctx} ctx @param {number} width @param {number} height @param {State} state */
export function drawTimeline(ctx, width, height, state) {
  const { scene, whatif, whatView, colors } = state;
  if (!scene) return;
  const axis = timeAxis(state.view, width);
  const key = [
    scene,
    state.view,
    colors,
    state.band,
    state.windowSpan,
    state.hits,
    state.score,
    state.chosenTruth,
  ];
  unchanging(ctx, width, height, colors.panel, key, (on) =>
    drawLearned(on, axis, height, scene, state),
  );
  if (!whatif || !whatView) return;
  clipped(ctx, axis.left, 0, axis.right - axis.left, height, () =>
    drawDetections(ctx, axis, whatif.detections, state, true),
  );
  const { live, partial } = whatView;
  if (!partial) return;
  const { ownedStart } = scene.windows[live[0]];
  const { ownedEnd } = scene.windows[live[1] - 1];
  const here = `${clock(ownedStart, 1)} to ${clock(ownedEnd, 1)}`;
  drawNote(ctx, axis, height, colors, `what-if of ${here}; the rest follows in a moment`);
}

/**
 * What a slider leaves as it is.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {number} height @param {Scene} scene
 * @param {State} state
 */
function drawLearned(ctx, axis, height, scene, state) {
  const { colors, backdrop } = state;
  drawAxis(ctx, axis, TOP, height, colors);
  drawFocusBand(ctx, axis, TOP, height, state);
  rowsOf(backdrop).forEach((label, index) => {
    const y = TOP + index * ROW;
    ctx.strokeStyle = colors.line;
    ctx.lineWidth = 1;
    line(ctx, 8, y + 0.5, axis.right, y + 0.5);
    swatch(ctx, 10, y + ROW / 2 - 5, label, colors);
    ctx.font = FONT;
    ctx.fillStyle = colors.fg;
    ctx.fillText(fit(ctx, scene.classes[label], axis.left - 36), 26, y + ROW / 2 + 0.5);
  });
  clipped(ctx, axis.left, 0, axis.right - axis.left, height, () => {
    drawTruth(ctx, axis, scene, state);
    drawDetections(ctx, axis, scene.detections, state, false);
  });
  const notes = notesOf(scene, rowsOf(backdrop).length);
  if (notes.length) drawNote(ctx, axis, height, colors, notes.join(" · "));
}

/** @param {Scene} scene @param {number} shown how many classes have a row */
function notesOf({ truth, traced, detections, classes }, shown) {
  const notes = [];
  if (!truth.count) notes.push("no truth is known for this recording");
  if (traced) notes.push("only sigmas were kept at this step: no detections");
  else if (!detections.count) notes.push("no detections");
  if (classes.length > shown) notes.push(`${classes.length - shown} further classes have no row`);
  return notes;
}

/**
 * @param {Ctx} ctx @param {Axis} axis @param {number} height @param {Colors} colors
 * @param {string} note
 */
function drawNote(ctx, axis, height, colors, note) {
  ctx.font = FONT;
  ctx.textAlign = "right";
  const text = fit(ctx, `${note} `, axis.right - axis.left);
  const wide = ctx.measureText(text).width;
  ctx.fillStyle = colors.raised;
  ctx.fillRect(axis.right - wide - 12, height - 20, wide + 12, 16);
  ctx.fillStyle = colors.fg;
  ctx.fillText(text, axis.right - 4, height - 12);
  ctx.textAlign = "left";
}

/**
 * @param {Ctx} ctx @param {number} x @param {number} y @param {number} label @param {Colors} colors
 */
function swatch(ctx, x, y, label, colors) {
  ctx.fillStyle = classColor(colors, label);
  ctx.fillRect(x, y, 10, 10);
  if (classHatched(colors, label)) {
    ctx.strokeStyle = colors.bg;
    ctx.lineWidth = 1.2;
    hatch(ctx, x, y, 10, 10, 4);
  }
}

/**
 * @param {Ctx} ctx @param {Axis} axis @param {number} top @param {number} bottom
 * @param {Colors} colors
 */
export function drawAxis(ctx, axis, top, bottom, colors) {
  ctx.font = FONT;
  ctx.lineWidth = 1;
  ctx.textAlign = "center";
  for (const { t, label } of ticks(axis)) {
    const x = Math.round(axis.x(t)) + 0.5;
    ctx.strokeStyle = colors.line;
    ctx.globalAlpha = 0.6;
    line(ctx, x, top, x, bottom);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colors.muted;
    if (x < axis.right - 8) ctx.fillText(label, Math.max(x, axis.left + 10), top - 8);
  }
  ctx.textAlign = "left";
}

/**
 * What is selected, as a band through every panel of the time axis.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {number} top @param {number} bottom @param {State} state
 */
export function drawFocusBand(ctx, axis, top, bottom, { band, colors, windowSpan }) {
  /** @param {number} start @param {number} end @param {string} color */
  const fill = (start, end, color) => {
    const x0 = Math.max(axis.x(start), axis.left);
    const x1 = Math.min(axis.x(end), axis.right);
    if (!(x1 > x0)) return;
    ctx.fillStyle = color;
    ctx.fillRect(x0, top, x1 - x0, bottom - top);
  };
  if (windowSpan) fill(windowSpan.start, windowSpan.end, colors.raised);
  const [start, end] = band ?? [];
  if (start !== undefined && end !== undefined) fill(start, end, colors.accentSoft);
}

/**
 * Truth that was found is filled, truth that was missed is an empty frame.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {Scene} scene @param {State} state
 */
function drawTruth(ctx, axis, scene, { colors, hits, backdrop, chosenTruth }) {
  const { truth } = scene;
  const shown = rowsOf(backdrop);
  for (let g = 0; g < truth.count; g++) {
    const row = shown.indexOf(truth.label[g]);
    if (row < 0 || truth.end[g] < axis.t0 || truth.start[g] > axis.t1) continue;
    const x = axis.x(truth.start[g]);
    const w = Math.max(1.5, axis.x(truth.end[g]) - x);
    const y = TOP + row * ROW + 3;
    if (scene.traced || hits?.taken[g]) {
      ctx.fillStyle = colors.truth;
      ctx.fillRect(x, y, w, 5);
    } else {
      ctx.strokeStyle = colors.truth;
      ctx.lineWidth = 1;
      ctx.strokeRect(x + 0.5, y + 0.5, Math.max(0.5, w - 1), 4);
    }
    if (g === chosenTruth) {
      ctx.strokeStyle = colors.select;
      ctx.lineWidth = 2;
      ctx.strokeRect(x - 1.5, y - 1.5, w + 3, 8);
    }
  }
}

/**
 * @param {Ctx} ctx @param {Axis} axis @param {DetectionTable} d @param {State} state
 * @param {boolean} isWhatIf
 */
function drawDetections(ctx, axis, d, state, isWhatIf) {
  const { focus, backdrop, score: least } = state;
  const chosen = isWhatIf ? focus?.whatDetection : focus?.detection;
  const shown = rowsOf(backdrop);
  const look = {
    isWhatIf,
    colors: state.colors,
    hits: isWhatIf ? state.whatHits : state.hits,
    top: isWhatIf ? 19 : 10,
    tall: isWhatIf ? 6 : 8,
  };
  for (let i = d.count - 1; i >= 0; i--) {
    const row = shown.indexOf(d.label[i]);
    if (row < 0 || (d.score[i] < least && i !== chosen)) continue;
    if (d.end[i] < axis.t0 || d.start[i] > axis.t1) continue;
    drawDetection(ctx, axis, d, i, TOP + row * ROW + look.top, i === chosen, look);
  }
}

/**
 * @param {Ctx} ctx
 * @param {Axis} axis
 * @param {DetectionTable} d
 * @param {number} i
 * @param {number} y
 * @param {boolean} isChosen
 * @param {{isWhatIf: boolean, colors: Colors, hits: ?Hits, tall: number}} look
 */
function drawDetection(ctx, axis, d, i, y, isChosen, { isWhatIf, colors, hits, tall }) {
  const x = axis.x(d.start[i]);
  const w = Math.max(1.5, axis.x(d.end[i]) - x);
  ctx.fillStyle = classColor(colors, d.label[i]);
  ctx.globalAlpha = 0.2 + 0.8 * Math.min(1, Math.max(0, d.score[i] || 0));
  ctx.fillRect(x, y, w, tall);
  ctx.globalAlpha = 1;
  if (isWhatIf) {
    dashedBox(ctx, x, y, w, tall, colors.whatif);
  } else if (classHatched(colors, d.label[i]) && w > 4) {
    ctx.strokeStyle = colors.bg;
    ctx.lineWidth = 1;
    hatch(ctx, x, y, w, tall);
  }
  if (hits && hits.hit[i] >= 0) tickOff(ctx, x + Math.min(7, w / 2), y + tall / 2, colors);
  if (isChosen) {
    ctx.strokeStyle = colors.select;
    ctx.lineWidth = 2;
    ctx.strokeRect(x - 1.5, y - 1.5, w + 3, tall + 3);
  }
}

/**
 * A hit: a tick on a small disc, so that it reads on every hue.
 *
 * @param {Ctx} ctx @param {number} x @param {number} y @param {Colors} colors
 */
function tickOff(ctx, x, y, colors) {
  ctx.fillStyle = colors.bg;
  dot(ctx, x, y, 4.5);
  ctx.strokeStyle = colors.fg;
  ctx.lineWidth = 1.4;
  ctx.beginPath();
  ctx.moveTo(x - 2.4, y);
  ctx.lineTo(x - 0.6, y + 1.9);
  ctx.lineTo(x + 2.5, y - 2.1);
  ctx.stroke();
}

/**
 * What lies under the pointer. A second click on the same spot goes on to the next detection there.
 *
 * @param {import("./pointer.js").Place} place
 * @param {number} width
 * @param {State} state
 * @returns {?({scene: Scene, truth: number} |
 *   {scene: Scene, detection: number, isWhatIf: boolean, top: number})}
 */
export function pickTimeline(
  { x, y },
  width,
  { scene, whatif, focus, view, backdrop, score: least },
) {
  if (!scene) return null;
  const axis = timeAxis(view, width);
  if (x < axis.left || x > axis.right) return null;
  const label = rowsOf(backdrop)[Math.floor((y - TOP) / ROW)];
  if (label === undefined) return null;
  const offset = (y - TOP) % ROW;
  const shown = offset >= 18 && whatif ? whatif : scene;
  const isWhatIf = shown === whatif;
  const t = axis.t(x);
  const slack = 3 / axis.scale;
  /** @param {DetectionTable | TruthTable} table @param {number} i */
  const isUnder = ({ start, end, label: labels }, i) =>
    labels[i] === label && t >= start[i] - slack && t <= end[i] + slack;
  if (offset < 9) {
    for (let g = 0; g < scene.truth.count; g++)
      if (isUnder(scene.truth, g)) return { truth: g, scene };
  }
  const d = shown.detections;
  const under = [];
  for (let i = 0; i < d.count; i++) if (d.score[i] >= least && isUnder(d, i)) under.push(i);
  if (!under.length) return null;
  const at = under.indexOf((isWhatIf ? focus?.whatDetection : focus?.detection) ?? -1);
  return { detection: under[(at + 1) % under.length], isWhatIf, top: under[0], scene: shown };
}
