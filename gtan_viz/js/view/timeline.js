// Truth and detections on the time axis.

import { ticks, timeAxis } from "../state/axis.js";
import { classColor, classEdge, classHatched } from "../state/colors.js";
import {
  FREE,
  HIDES,
  hiddenOf,
  laneTop,
  MOST_LANES,
  roomOf,
  rowAt,
  TRUTH,
} from "../state/lanes.js";
import { BACKGROUND, DUPLICATE, foundOf, HIT, isFound, WRONG_LABEL } from "../state/results.js";
import { clock } from "../state/text.js";
import { clipped, dashedBox, FONT, fit, hatch, line } from "./draw.js";
import { unchanging } from "./panel.js";

const TOP = 18; // the axis
const BAR = 6; // pixels of a detection's mark
const MARK = 10; // and of what it takes beside a bar
const NARROW = 4; // a bar has no inside
const HALO = 3.6; // width of the line under a mark's

/** @typedef {import("../state/axis.js").Axis} Axis */
/** @typedef {import("../state/lanes.js").Row} Row */

/** @param {Row[]} rows */
export function timelineHeight(rows) {
  const last = rows.at(-1);
  return TOP + (last ? last.top + last.height : 27) + 4;
}

/** @param {Ctx} ctx @param {number} width @param {number} height @param {State} state */
export function drawTimeline(ctx, width, height, state) {
  const { toldScene: scene, whatif, whatView, colors } = state;
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
    state.rows,
    state.lanes,
    state.ghostNote,
  ];
  unchanging(ctx, width, height, colors.panel, key, (on) =>
    drawLearned(on, axis, height, scene, state),
  );
  if (!whatif || !whatView) return;
  clipped(ctx, axis.left, 0, axis.right - axis.left, height, () => {
    drawTurned(ctx, axis, scene, state);
    drawVanished(ctx, axis, scene.detections, state);
    drawDetections(ctx, axis, whatif.detections, state, true);
  });
  drawHidden(ctx, axis, state, true);
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
  const { colors, rows } = state;
  drawAxis(ctx, axis, TOP, height, colors);
  drawFocusBand(ctx, axis, TOP, height, state);
  for (const { label, top } of rows) {
    const y = TOP + top;
    ctx.strokeStyle = colors.line;
    ctx.lineWidth = 1;
    line(ctx, 8, y + 0.5, axis.right, y + 0.5);
    swatch(ctx, 10, y + 8, label, colors);
    ctx.font = FONT;
    ctx.fillStyle = colors.fg;
    ctx.fillText(fit(ctx, scene.classes[label], axis.left - 64), 26, y + 14);
  }
  drawHidden(ctx, axis, state, false);
  clipped(ctx, axis.left, 0, axis.right - axis.left, height, () => {
    drawTruth(ctx, axis, scene, state);
    drawDetections(ctx, axis, scene.detections, state, false);
  });
  const notes = notesOf(scene, rows.length);
  if (notes.length) drawNote(ctx, axis, height, colors, notes.join(" · "));
}

/** @param {Scene} scene @param {number} shown how many classes have a row */
function notesOf({ truth, detections, classes }, shown) {
  const notes = [];
  if (!truth.count) notes.push("no truth is known for this recording");
  if (!detections.count) notes.push("no detections");
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
  ctx.strokeStyle = classEdge(colors, label);
  ctx.lineWidth = 1;
  ctx.strokeRect(x + 0.5, y + 0.5, 9, 9);
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
function drawTruth(ctx, axis, scene, { colors, hits, rows, chosenTruth, score }) {
  const { truth } = scene;
  const byLabel = new Map(rows.map((row) => [row.label, row]));
  for (let g = 0; g < truth.count; g++) {
    const row = byLabel.get(truth.label[g]);
    if (!row || truth.end[g] < axis.t0 || truth.start[g] > axis.t1) continue;
    const x = axis.x(truth.start[g]);
    const w = Math.max(1.5, axis.x(truth.end[g]) - x);
    const y = TOP + row.top + TRUTH;
    if (hits && isFound(hits, scene.detections, g, score)) {
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
 * Truths that a what-if lost, hollow, or found, filled.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {Scene} scene @param {State} state
 */
function drawTurned(ctx, axis, scene, state) {
  const { colors, rows } = state;
  const { truth } = scene;
  const byLabel = new Map(rows.map((row) => [row.label, row]));
  for (let g = 0; g < truth.count; g++) {
    const row = byLabel.get(truth.label[g]);
    if (!row || truth.end[g] < axis.t0 || truth.start[g] > axis.t1) continue;
    const { learned, whatif } = foundOf(state, g);
    if (whatif === null || whatif === learned) continue;
    const x = axis.x(truth.start[g]);
    const w = Math.max(3, axis.x(truth.end[g]) - x);
    ctx.fillStyle = whatif ? colors.whatif : colors.panel;
    ctx.fillRect(x, TOP + row.top + TRUTH, w, 5);
    dashedBox(ctx, x, TOP + row.top + TRUTH, w, 5, colors.whatif);
  }
}

/**
 * How many detections of a class had no lane, beside its name.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {State} state @param {boolean} isWhatIf
 */
function drawHidden(ctx, axis, { rows, lanes, whatLanes, colors }, isWhatIf) {
  const those = isWhatIf ? whatLanes : lanes;
  if (!those) return;
  ctx.font = FONT;
  ctx.textAlign = "right";
  ctx.fillStyle = isWhatIf ? colors.whatif : colors.muted;
  for (const row of rows) {
    const count = hiddenOf(those, row.label, isWhatIf ? row.whatLanes : row.lanes);
    const y = TOP + row.top + (isWhatIf ? Math.max(row.whatTop + 3, 27) : 14);
    if (count) ctx.fillText(`+${count}`, axis.left - 6, y);
  }
  ctx.textAlign = "left";
}

/** @typedef {{i: number, x: number, w: number, y: number, tall: number, isChosen: boolean}} Bar pixels */

/**
 * The bars in view; of two that overlap the better one last.
 *
 * @param {Axis} axis @param {DetectionTable} d @param {State} state @param {boolean} isWhatIf
 * @returns {Bar[]}
 */
function barsOf(axis, d, { toldFocus: focus, rows, lanes, whatLanes, score }, isWhatIf) {
  const chosen = isWhatIf ? focus?.whatDetection : focus?.detection;
  const lane = (isWhatIf ? whatLanes : lanes)?.lane;
  const byLabel = new Map(rows.map((row) => [row.label, row]));
  const bars = [];
  for (let i = d.count - 1; i >= 0; i--) {
    const row = byLabel.get(d.label[i]);
    const isChosen = i === chosen;
    if (!row || !lane || (!(d.score[i] >= score) && !isChosen)) continue;
    if (d.end[i] < axis.t0 || d.start[i] > axis.t1) continue;
    const room = Math.min(isWhatIf ? row.whatLanes : row.lanes, MOST_LANES);
    if (lane[i] >= room && !isChosen) continue;
    // What is chosen has a place, however many there are.
    const at = Math.min(lane[i] < 0 ? room : lane[i], room - 1);
    const x = axis.x(d.start[i]);
    bars.push({
      i,
      x,
      w: Math.max(2.5, axis.x(d.end[i]) - x),
      y: TOP + row.top + laneTop(row, at, isWhatIf),
      tall: (isWhatIf ? row.whatPitch : row.pitch) - 1,
      isChosen,
    });
  }
  return bars;
}

/**
 * Bars, then what each one is, beside it.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {DetectionTable} d @param {State} state
 * @param {boolean} isWhatIf
 */
function drawDetections(ctx, axis, d, state, isWhatIf) {
  const { colors, turnover, toldScene: scene, ghostNote } = state;
  const hits = isWhatIf ? state.whatHits : state.hits;
  const bars = barsOf(axis, d, state, isWhatIf);
  const look = isWhatIf ? "what-if" : ghostNote ? "ghost" : "learned";
  for (const bar of bars) drawDetection(ctx, d, bar, colors, look);
  const { before, after } = roomOf(bars, MARK);
  bars.forEach(({ i, x, w, y, tall, isChosen }, at) => {
    const middle = y + tall / 2;
    if (hits && scene?.truth.count && (after[at] > HIDES || isChosen)) {
      drawVerdict(ctx, hits.kind[i], x + w + 3, middle, colors, after[at] !== FREE);
    }
    if (isWhatIf && turnover?.appeared[i] && (before[at] > HIDES || isChosen)) {
      drawPlus(ctx, x - 9, middle, colors);
    }
  });
}

/**
 * @param {Ctx} ctx @param {DetectionTable} d @param {Bar} bar @param {Colors} colors
 * @param {"learned" | "what-if" | "ghost"} look a ghost: of another training step
 */
function drawDetection(ctx, d, { i, x, w, y, tall, isChosen }, colors, look) {
  const label = d.label[i];
  const isAllEdge = look === "learned" && w < NARROW;
  if (!isAllEdge) {
    ctx.fillStyle = colors.panel || "#fff";
    ctx.fillRect(x, y, w, tall);
    ctx.fillStyle = classColor(colors, label);
    const faint = look === "ghost" ? 0.5 : 1;
    ctx.globalAlpha = faint * (0.2 + 0.8 * Math.min(1, Math.max(0, d.score[i] || 0)));
    ctx.fillRect(x, y, w, tall);
    ctx.globalAlpha = 1;
  }
  if (look === "what-if") {
    dashedBox(ctx, x, y, w, tall, colors.whatif);
  } else if (isAllEdge) {
    ctx.fillStyle = classEdge(colors, label);
    ctx.fillRect(x, y, w, tall);
  } else {
    if (classHatched(colors, label) && w > NARROW) {
      ctx.strokeStyle = colors.bg;
      ctx.lineWidth = 1;
      hatch(ctx, x, y, w, tall);
    }
    // However faint it is, one can see where it begins and ends.
    ctx.strokeStyle = classEdge(colors, label);
    ctx.lineWidth = 1;
    ctx.setLineDash(look === "ghost" ? [1, 2] : []);
    ctx.strokeRect(x + 0.5, y + 0.5, w - 1, tall - 1);
    ctx.setLineDash([]);
  }
  if (isChosen) {
    ctx.strokeStyle = colors.select;
    ctx.lineWidth = 2;
    ctx.strokeRect(x - 1.5, y - 1.5, w + 3, tall + 3);
  }
}

/**
 * A stroke on a wider one in the panel's colour, so that it reads on whatever lies below.
 *
 * @param {Ctx} ctx @param {Colors} colors @param {string} color @param {() => void} trace
 * @param {number} [around] width of the wider one, 0 for none
 */
function onHalo(ctx, colors, color, trace, around = HALO) {
  for (const isHalo of around ? [true, false] : [false]) {
    ctx.lineWidth = isHalo ? around : 1.4;
    ctx.strokeStyle = isHalo ? colors.panel || "#fff" : color;
    ctx.beginPath();
    trace();
    ctx.stroke();
  }
}

/**
 * What a detection is: a tick, two upright lines, a cross, a circle.
 *
 * @param {Ctx} ctx @param {number} kind @param {number} x its left edge @param {number} y its middle
 * @param {Colors} colors @param {boolean} hasHalo
 */
function drawVerdict(ctx, kind, x, y, colors, hasHalo) {
  const low = y + BAR / 2 - 0.5;
  const high = y - BAR / 2 + 0.5;
  const trace = () => {
    if (kind === HIT) {
      ctx.moveTo(x, y);
      ctx.lineTo(x + 2, low);
      ctx.lineTo(x + BAR, high);
    } else if (kind === DUPLICATE) {
      ctx.moveTo(x + 1, high);
      ctx.lineTo(x + 1, low);
      ctx.moveTo(x + 4, high);
      ctx.lineTo(x + 4, low);
    } else if (kind === WRONG_LABEL) {
      ctx.moveTo(x, high);
      ctx.lineTo(x + 5, low);
      ctx.moveTo(x, low);
      ctx.lineTo(x + 5, high);
    } else if (kind === BACKGROUND) ctx.arc(x + 2.5, y, 2.4, 0, 2 * Math.PI);
  };
  onHalo(ctx, colors, colors.fg, trace, hasHalo ? HALO : 0);
}

/** What a what-if brought. @param {Ctx} ctx @param {number} x @param {number} y @param {Colors} colors */
function drawPlus(ctx, x, y, colors) {
  onHalo(ctx, colors, colors.whatif, () => {
    ctx.moveTo(x, y);
    ctx.lineTo(x + BAR, y);
    ctx.moveTo(x + BAR / 2, y - BAR / 2);
    ctx.lineTo(x + BAR / 2, y + BAR / 2);
  });
}

/**
 * What a what-if took is struck through, beyond both ends.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {DetectionTable} d @param {State} state
 */
function drawVanished(ctx, axis, d, state) {
  const { turnover, colors } = state;
  if (!turnover || d.count !== turnover.vanished.length) return;
  for (const { i, x, w, y, tall } of barsOf(axis, d, state, false)) {
    if (!turnover.vanished[i]) continue;
    const at = Math.round(y + tall / 2) + 0.5;
    const strike = () => {
      ctx.moveTo(x - 5, at);
      ctx.lineTo(x + w + 2, at);
    };
    onHalo(ctx, colors, colors.whatif, strike, 2.4); // the bar stays to be seen
  }
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
  { toldScene: scene, whatif, toldFocus: focus, view, rows, lanes, whatLanes, score: least },
) {
  if (!scene) return null;
  const axis = timeAxis(view, width);
  if (x < axis.left || x > axis.right) return null;
  const row = rowAt(rows, y - TOP);
  if (!row) return null;
  const { label } = row;
  const offset = y - TOP - row.top;
  const isWhatIf = whatif !== null && offset >= row.whatTop - 1;
  const shown = isWhatIf ? whatif : scene;
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
  const lane = (isWhatIf ? whatLanes : lanes)?.lane;
  const at = isWhatIf
    ? Math.min(row.whatLanes - 1, Math.floor((offset - row.whatTop + 0.5) / row.whatPitch))
    : Math.min(row.lanes - 1, Math.floor((offset - laneTop(row, 0, false) + 0.5) / row.pitch));
  const under = [];
  for (let i = 0; i < d.count; i++) {
    if (d.score[i] >= least && isUnder(d, i)) under.push(i);
  }
  if (!under.length) return null;
  // The one whose lane it is; a click beside the lanes, and one on what is chosen, goes on.
  const chosen = (isWhatIf ? focus?.whatDetection : focus?.detection) ?? -1;
  const here = under.find((i) => lane?.[i] === at) ?? -1;
  const next = under[(under.indexOf(chosen) + 1) % under.length];
  const detection = here >= 0 && here !== chosen ? here : next;
  return { detection, isWhatIf, top: here >= 0 ? here : under[0], scene: shown };
}
