// Signal, truth and detections on one time axis.

import { GUTTER, ticks, timeAxis } from "../state/axis.js";
import { FONT, dashedBox, dot, hatch, line, unchanging } from "./panel.js";
import { classColor, classHatched } from "../state/colors.js";
import { clock, fit } from "../state/text.js";

const LANE = 34; // pixels of one unit's lane of the signal
const ROW = 27;
const TOP = 18; // the axis
const MOST_ROWS = 16;

// --- signal ---------------------------------------------------------------------------------

const lanes = new WeakMap();

// Channels of one unit share a lane and a scale: "acc x (g)", "acc y (g)" ...
function lanesOf(signal, names) {
  if (lanes.has(signal)) return lanes.get(signal);
  const byUnit = new Map();
  names.forEach((name, channel) => {
    const unit = /\(([^)]*)\)\s*$/.exec(name)?.[1] ?? "";
    const first = name.split(" ")[0];
    const key = `${first} ${unit}`;
    if (!byUnit.has(key)) byUnit.set(key, { title: unit ? `${first} (${unit})` : first, channels: [] });
    byUnit.get(key).channels.push(channel);
  });
  const found = [...byUnit.values()].slice(0, 3);
  for (const lane of found) {
    let low = Infinity;
    let high = -Infinity;
    for (let i = 0; i < signal.length; i++) {
      if (!lane.channels.includes(i % names.length)) continue;
      if (signal[i] < low) low = signal[i];
      if (signal[i] > high) high = signal[i];
    }
    lane.low = Number.isFinite(low) ? low : 0;
    lane.high = high > lane.low ? high : lane.low + 1;
  }
  lanes.set(signal, found);
  return found;
}

const signalOf = (scene) => {
  const signal = scene.backdrop?.view?.arrays.signal ?? scene.view?.arrays.signal;
  const { names = [], rate = 0 } = scene.header.signal ?? {};
  return signal?.length && names.length && rate > 0 ? { signal, names, rate } : null;
};

export function signalHeight(scene) {
  const found = scene && signalOf(scene);
  return found ? lanesOf(found.signal, found.names).length * LANE + 6 : 22;
}

export function drawSignal(ctx, width, height, state) {
  const { scene, colors } = state;
  if (!scene) return;
  const axis = timeAxis(state.view, width);
  const found = signalOf(scene);
  if (!found) {
    ctx.fillStyle = colors.muted;
    ctx.fillText("No signal was kept for this recording.", GUTTER, height / 2);
    return;
  }
  drawFocusBand(ctx, axis, 0, height, state);
  const { signal, names, rate } = found;
  const count = signal.length / names.length;
  const shades = [colors.fg, colors.accent, colors.muted, colors.warn, colors.learned, colors.line];
  lanesOf(signal, names).forEach((lane, index) => {
    const top = 3 + index * LANE;
    ctx.font = FONT;
    ctx.fillStyle = colors.muted;
    ctx.textAlign = "right";
    ctx.fillText(fit(ctx, lane.title, GUTTER - 20), GUTTER - 10, top + LANE / 2);
    ctx.textAlign = "left";
    const y = (value) => top + (LANE - 3) * (1 - (value - lane.low) / (lane.high - lane.low));
    lane.channels.forEach((channel, nth) => {
      ctx.strokeStyle = shades[nth % shades.length];
      ctx.globalAlpha = nth ? 0.75 : 0.9;
      ctx.lineWidth = 1;
      ctx.beginPath();
      // One vertical stroke per pixel, from the least to the greatest sample in it.
      for (let x = axis.left; x < axis.right; x++) {
        const from = Math.max(0, Math.floor(axis.t(x) * rate));
        const to = Math.min(count, Math.max(from + 1, Math.ceil(axis.t(x + 1) * rate)));
        let low = Infinity;
        let high = -Infinity;
        for (let i = from; i < to; i++) {
          const value = signal[i * names.length + channel];
          if (value < low) low = value;
          if (value > high) high = value;
        }
        if (low > high) continue;
        ctx.lineTo(x, y(high));
        if (high > low) ctx.lineTo(x, y(low));
      }
      ctx.stroke();
      ctx.globalAlpha = 1;
    });
  });
}

// --- truth and detections -------------------------------------------------------------------

// Classes with a row: all where they are few, else those that occur, the busiest first.
export function rowsOf(scene) {
  if (!scene) return [];
  if (scene.rows) return scene.rows;
  const classes = scene.classes.length;
  let rows = Array.from({ length: classes }, (_, i) => i);
  if (classes > MOST_ROWS) {
    const weight = new Float64Array(classes);
    for (const label of scene.truth.label) weight[label] += 1;
    scene.detections.label.forEach((label, i) => {
      weight[label] += scene.detections.score[i] || 0;
    });
    rows = rows
      .filter((label) => weight[label] > 0)
      .sort((a, b) => weight[b] - weight[a])
      .slice(0, MOST_ROWS)
      .sort((a, b) => a - b);
  }
  scene.rows = rows;
  return rows;
}

export const timelineHeight = (scene) => TOP + Math.max(1, rowsOf(scene).length) * ROW + 4;

const base = {};

export function drawTimeline(ctx, width, height, state) {
  const { scene, whatif, colors } = state;
  if (!scene) return;
  const axis = timeAxis(state.view, width);
  const rows = rowsOf(scene);
  const rowOf = new Map(rows.map((label, index) => [label, index]));
  const key = [scene, state.view, colors, state.band, state.windowSpan, state.hits, state.score];
  base.background = colors.panel;
  const inside = (on, draw) => {
    on.save();
    on.beginPath();
    on.rect(axis.left, 0, axis.right - axis.left, height);
    on.clip();
    draw();
    on.restore();
  };
  unchanging(ctx, width, height, key, base, (on) => {
    drawAxis(on, axis, TOP, height, colors);
    drawFocusBand(on, axis, TOP, height, state);
    rows.forEach((label, index) => {
      const y = TOP + index * ROW;
      on.strokeStyle = colors.line;
      on.lineWidth = 1;
      line(on, 8, y + 0.5, axis.right, y + 0.5);
      swatch(on, 10, y + ROW / 2 - 5, label, colors);
      on.font = FONT;
      on.fillStyle = colors.fg;
      on.fillText(fit(on, scene.classes[label], GUTTER - 36), 26, y + ROW / 2 + 0.5);
    });
    inside(on, () => {
      drawTruth(on, axis, scene, rowOf, state);
      drawDetections(on, axis, scene.detections, rowOf, state, false);
    });
    drawNotes(on, axis, height, state, rows);
  });
  if (!whatif) return;
  inside(ctx, () => drawDetections(ctx, axis, whatif.detections, rowOf, state, true));
  const { live, partial } = whatif.view;
  if (!partial) return;
  const at = (seconds) => clock(seconds, 1);
  const { ownedStart } = scene.windows[live[0]];
  const { ownedEnd } = scene.windows[live[1] - 1];
  drawNote(ctx, axis, height, colors, `what-if of ${at(ownedStart)} to ${at(ownedEnd)}; the rest follows in a moment`);
}

function drawNotes(ctx, axis, height, { scene, colors }, rows) {
  const notes = [];
  if (!scene.truth.count) notes.push("no truth is known for this recording");
  if (scene.traced) notes.push("only sigmas were kept at this step: no detections");
  else if (!scene.detections.count) notes.push("no detections");
  if (scene.classes.length > rows.length) {
    notes.push(`${scene.classes.length - rows.length} further classes have no row`);
  }
  if (notes.length) drawNote(ctx, axis, height, colors, notes.join(" · "));
}

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

export function swatch(ctx, x, y, label, colors) {
  ctx.fillStyle = classColor(colors, label);
  ctx.fillRect(x, y, 10, 10);
  if (classHatched(colors, label)) {
    ctx.strokeStyle = colors.bg;
    ctx.lineWidth = 1.2;
    hatch(ctx, x, y, 10, 10, 4);
  }
}

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

// What is selected, as a band through every panel of the time axis.
export function drawFocusBand(ctx, axis, top, bottom, { focus, colors, windowSpan }) {
  if (windowSpan) {
    ctx.fillStyle = colors.raised;
    const x0 = Math.max(axis.x(windowSpan.start), axis.left);
    const x1 = Math.min(axis.x(windowSpan.end), axis.right);
    if (x1 > x0) ctx.fillRect(x0, top, x1 - x0, bottom - top);
  }
  if (!focus) return;
  const x0 = Math.max(axis.x(focus.start), axis.left);
  const x1 = Math.min(axis.x(focus.end), axis.right);
  if (!(x1 > x0)) return;
  ctx.fillStyle = colors.accentSoft;
  ctx.fillRect(x0, top, x1 - x0, bottom - top);
}

// Truth that was found is filled, truth that was missed is an empty frame.
function drawTruth(ctx, axis, scene, rowOf, { colors, hits }) {
  const { truth } = scene;
  for (let g = 0; g < truth.count; g++) {
    const row = rowOf.get(truth.label[g]);
    if (row === undefined || truth.end[g] < axis.t0 || truth.start[g] > axis.t1) continue;
    const x = axis.x(truth.start[g]);
    const w = Math.max(1.5, axis.x(truth.end[g]) - x);
    const y = TOP + row * ROW + 3;
    const found = scene.traced || hits?.taken[g];
    if (found) {
      ctx.fillStyle = colors.truth;
      ctx.fillRect(x, y, w, 5);
    } else {
      ctx.strokeStyle = colors.truth;
      ctx.lineWidth = 1;
      ctx.strokeRect(x + 0.5, y + 0.5, Math.max(0.5, w - 1), 4);
    }
  }
}

function drawDetections(ctx, axis, d, rowOf, state, isWhatIf) {
  const { colors } = state;
  const hits = isWhatIf ? state.whatHits : state.hits;
  const chosen = isWhatIf ? state.focus?.whatDetection : state.focus?.detection;
  const lane = isWhatIf ? 19 : 10;
  const tall = isWhatIf ? 6 : 8;
  for (let i = d.count - 1; i >= 0; i--) {
    const score = d.score[i];
    const row = rowOf.get(d.label[i]);
    if (row === undefined || (score < state.score && i !== chosen)) continue;
    if (d.end[i] < axis.t0 || d.start[i] > axis.t1) continue;
    const x = axis.x(d.start[i]);
    const w = Math.max(1.5, axis.x(d.end[i]) - x);
    const y = TOP + row * ROW + lane;
    ctx.fillStyle = classColor(colors, d.label[i]);
    ctx.globalAlpha = 0.2 + 0.8 * Math.min(1, Math.max(0, score || 0));
    ctx.fillRect(x, y, w, tall);
    ctx.globalAlpha = 1;
    if (isWhatIf) {
      dashedBox(ctx, x, y, w, tall, colors.whatif);
    } else if (classHatched(colors, d.label[i]) && w > 4) {
      ctx.strokeStyle = colors.bg;
      ctx.lineWidth = 1;
      hatch(ctx, x, y, w, tall);
    }
    if (hits && hits.hit[i] >= 0) mark(ctx, x + Math.min(7, w / 2), y + tall / 2, colors);
    if (i === chosen) {
      ctx.strokeStyle = colors.select;
      ctx.lineWidth = 2;
      ctx.strokeRect(x - 1.5, y - 1.5, w + 3, tall + 3);
    }
  }
}

// A hit: a tick on a small disc, so that it reads on every hue.
function mark(ctx, x, y, colors) {
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

// What lies under the pointer: {detection, whatif} or {truth} or null. A second click on the same
// spot goes on to the next detection there.
export function pickTimeline(x, y, width, state) {
  const { scene, whatif, focus } = state;
  if (!scene) return null;
  const axis = timeAxis(state.view, width);
  if (x < axis.left || x > axis.right) return null;
  const label = rowsOf(scene)[Math.floor((y - TOP) / ROW)];
  if (label === undefined) return null;
  const offset = (y - TOP) % ROW;
  const isWhatIf = Boolean(whatif) && offset >= 18;
  const t = axis.t(x);
  const slack = 3 / axis.scale;
  const within = (start, end) => t >= start - slack && t <= end + slack;
  if (offset < 9) {
    const { truth } = scene;
    for (let g = 0; g < truth.count; g++) {
      if (truth.label[g] === label && within(truth.start[g], truth.end[g])) return { truth: g };
    }
  }
  const d = isWhatIf ? whatif.detections : scene.detections;
  const under = [];
  for (let i = 0; i < d.count; i++) {
    if (d.label[i] === label && d.score[i] >= state.score && within(d.start[i], d.end[i])) {
      under.push(i);
    }
  }
  if (!under.length) return null;
  const chosen = isWhatIf ? focus?.whatDetection : focus?.detection;
  const at = under.indexOf(chosen);
  return { detection: under[(at + 1) % under.length], whatif: isWhatIf, top: under[0] };
}

