// One strip per anchor layer, on the timeline's axis: every kernel's default boundary as a bar whose
// height above the strip's floor is its width in cells (logarithmic). Wide kernels ride high.

import { GUTTER, timeAxis } from "../state/axis.js";
import { BOLD, FONT, dot, line, unchanging } from "./panel.js";
import { drawAxis, drawFocusBand } from "./timeline.js";
import { classColor } from "../state/colors.js";
import { fit, number } from "../state/text.js";
import { membersOf, truthsOf } from "../state/scene.js";

const STRIP = 46;
const TOP = 18;
const LOW = Math.log2(0.4); // cells at the strip's floor
const HIGH = Math.log2(40); // and at its ceiling
const FINEST = 2.5; // pixels a cell must have to be drawn by itself

export const stripsHeight = (scene) => TOP + (scene?.layers.length ?? 8) * STRIP + 4;

const stripTop = (index) => TOP + index * STRIP;

function lift(cells) {
  const share = (Math.log2(Math.max(cells, 0.4)) - LOW) / (HIGH - LOW);
  return (STRIP - 12) * Math.min(share, 1);
}

const visible = (layer, row, window) =>
  layer.exists[row] && (window === null ? layer.owned[row] : layer.window[row] === window);

const base = {};

export function drawStrips(ctx, width, height, state) {
  const { scene, colors } = state;
  const shown = state.playing || scene?.traced ? scene : state.whatif ?? scene;
  if (!shown) return;
  const axis = timeAxis(state.view, width);
  const key = [
    scene.truth, state.view, colors, state.band, state.windowSpan, state.layer, state.window,
    state.reference, state.compare,
  ];
  base.background = colors.panel;
  unchanging(ctx, width, height, key, base, (on) => {
    drawAxis(on, axis, TOP, height, colors);
    drawFocusBand(on, axis, TOP, height, state);
    for (let index = 0; index < shown.layers.length; index++) {
      drawTitle(on, axis, shown, index, state);
    }
    drawTruthBands(on, axis, shown, height, state);
    if (state.reference) drawReference(on, axis, shown, state);
  });
  ctx.fillStyle = colors.muted;
  shown.layers.forEach((layer, index) => {
    ctx.fillText(fit(ctx, notesOf(shown, layer), GUTTER - (state.layer === index + 1 ? 40 : 20)), 14, stripTop(index) + 29);
  });
  ctx.save();
  ctx.beginPath();
  ctx.rect(axis.left, TOP, axis.right - axis.left, height - TOP);
  ctx.clip();
  for (let index = 0; index < shown.layers.length; index++) {
    const reference = state.reference?.layers[index];
    drawLayer(ctx, axis, shown, index, state, reference);
  }
  drawChosen(ctx, axis, shown, state);
  ctx.restore();
}

function notesOf({ header }, { cells, mixedCount, broken }) {
  const span = (header.window * header.grid.stride) / cells;
  const notes = [cells === 1 ? "a single cell" : `cell ${number(span, span < 10 ? 1 : 0)} s`];
  if (mixedCount) notes.push(`${mixedCount} mixed`);
  if (broken) notes.push(`${broken} not a number`);
  return notes.join(", ");
}

function drawTitle(ctx, axis, scene, index, { layer, colors }) {
  const y = stripTop(index);
  const active = layer === index + 1;
  if (active) {
    ctx.fillStyle = colors.accentSoft;
    ctx.fillRect(4, y + 2, GUTTER - 10, STRIP - 3);
    ctx.fillStyle = colors.accent;
    ctx.fillRect(4, y + 2, 3, STRIP - 3);
  }
  ctx.strokeStyle = colors.line;
  ctx.lineWidth = 1;
  line(ctx, 8, y + 0.5, axis.right, y + 0.5);
  ctx.font = active ? BOLD : FONT;
  ctx.fillStyle = colors.fg;
  ctx.fillText(`Layer ${index + 1}`, 14, y + 13);
  ctx.font = FONT;
  ctx.fillStyle = colors.muted;
  if (active) {
    ctx.textAlign = "right";
    ctx.strokeStyle = colors.muted;
    for (const width of [1, 4, 16]) {
      const at = y + STRIP - 4 - lift(width);
      ctx.fillText(`${width}`, GUTTER - 6, at);
      line(ctx, GUTTER - 4, at, GUTTER, at);
    }
    ctx.textAlign = "left";
  }
}

function drawTruthBands(ctx, axis, scene, height, { colors }) {
  const { truth } = scene;
  ctx.globalAlpha = colors.dark ? 0.13 : 0.16;
  for (let g = 0; g < truth.count; g++) {
    if (truth.end[g] < axis.t0 || truth.start[g] > axis.t1) continue;
    ctx.fillStyle = classColor(colors, truth.label[g]);
    const x = Math.max(axis.left, axis.x(truth.start[g]));
    const to = Math.min(axis.right, axis.x(truth.end[g]));
    ctx.fillRect(x, TOP, Math.max(1, to - x), height - TOP);
  }
  ctx.globalAlpha = 1;
}

const isFine = (axis, { header }, { cells }) =>
  axis.scale * ((header.window * header.grid.stride) / cells) >= FINEST;

// Where the kernels were (at another step, or as learned): a short dash each.
function drawReference(ctx, axis, scene, { reference, colors, window }) {
  ctx.fillStyle = colors.muted;
  reference.layers.forEach((layer, index) => {
    if (!isFine(axis, scene, scene.layers[index])) return;
    const floor = stripTop(index) + STRIP - 4;
    for (let row = 0; row < layer.count; row++) {
      if (!visible(layer, row, window) || layer.mixed[row]) continue;
      const x = Math.round(axis.x(layer.center[row]));
      if (x < axis.left || x > axis.right) continue;
      ctx.fillRect(x - 2, Math.round(floor - lift(layer.width[row])), 5, 1);
    }
  });
}

function drawLayer(ctx, axis, scene, index, state, reference) {
  const layer = scene.layers[index];
  const { colors, window } = state;
  const floor = stripTop(index) + STRIP - 4;
  const cellSeconds = (scene.header.window * scene.header.grid.stride) / layer.cells;
  const fine = isFine(axis, scene, layer);

  // A thin line from where the kernel was to where it is.
  if (reference && fine) {
    ctx.fillStyle = colors.muted;
    for (let row = 0; row < layer.count; row++) {
      if (!visible(layer, row, window) || layer.mixed[row]) continue;
      const old = reference.offsets[layer.window[row]] + row - layer.offsets[layer.window[row]];
      const from = floor - lift(reference.width[old]);
      const to = floor - lift(layer.width[row]);
      if (Math.abs(from - to) < 1.5) continue;
      const x = Math.round(axis.x(layer.center[row]));
      ctx.fillRect(x, Math.min(from, to), 1, Math.abs(from - to));
    }
  }

  // Background and ignored kernels: thin grey bars; below a pixel, one bar a column. Rectangles, since
  // a canvas fills them several times faster than it strokes lines.
  ctx.fillStyle = colors.background;
  const columns = fine ? null : new Float32Array(2 * Math.ceil(axis.right + 1)).fill(NaN);
  for (let row = 0; row < layer.count; row++) {
    if (!visible(layer, row, window) || layer.mixed[row] || layer.state[row] === 1) continue;
    const center = layer.center[row];
    const half = layer.half[row];
    if (!(center + half >= axis.t0 && center - half <= axis.t1)) continue;
    const y = floor - lift(layer.width[row]);
    if (columns) {
      const x = Math.round(axis.x(center));
      if (x < 0 || 2 * x + 1 >= columns.length) continue;
      if (!(columns[2 * x] < y)) columns[2 * x] = y;
      if (!(columns[2 * x + 1] > y)) columns[2 * x + 1] = y;
      continue;
    }
    ctx.fillRect(axis.x(center - half), y - 0.6, 2 * half * axis.scale, 1.25);
  }
  if (columns) {
    for (let x = 0; x < columns.length / 2; x++) {
      if (Number.isNaN(columns[2 * x])) continue;
      ctx.fillRect(x - 0.5, columns[2 * x] - 1, 1.25, columns[2 * x + 1] - columns[2 * x] + 2);
    }
  }

  if (fine && axis.scale * cellSeconds >= 7) {
    ctx.strokeStyle = colors.muted;
    ctx.lineWidth = 1;
    for (let row = 0; row < layer.count; row++) {
      if (!visible(layer, row, window) || layer.mixed[row] || layer.state[row] !== 0) continue;
      const x = axis.x(layer.center[row]);
      if (x < axis.left || x > axis.right) continue;
      dot(ctx, x, floor - lift(layer.width[row]), 1.8, false);
    }
  }

  // Where cells are narrower than pixels, many bars fall on one spot: the first is drawn.
  const spots = fine ? null : new Uint8Array((Math.ceil(axis.right) + 1) * STRIP);
  const taken = (x, y) => {
    if (!spots) return false;
    const at = Math.max(0, Math.round(x)) * STRIP + Math.round(floor - y);
    return spots[at]++ > 0;
  };

  // Foreground: the hue of the truth, thicker, with a filled dot at the centre.
  for (let row = 0; row < layer.count; row++) {
    if (!visible(layer, row, window) || layer.mixed[row] || layer.state[row] !== 1) continue;
    const center = layer.center[row];
    const half = layer.half[row];
    if (!(center + half >= axis.t0 && center - half <= axis.t1)) continue;
    const y = floor - lift(layer.width[row]);
    const x0 = axis.x(center - half);
    const x1 = axis.x(center + half);
    if (x1 - x0 < 3 && taken(x0, y)) continue;
    const [truth] = truthsOf(layer, row);
    const hue = truth !== undefined ? classColor(colors, scene.truth.label[truth]) : colors.fg;
    ctx.fillStyle = hue;
    ctx.fillRect(x0, y - 1.75, Math.max(1, x1 - x0), 3.5);
    if (axis.scale * cellSeconds > 4) {
      ctx.fillStyle = colors.fg;
      dot(ctx, axis.x(center), y, 2.2);
    }
  }

  // Mixed kernels: a hollow bar with upright ends.
  for (let row = 0; row < layer.count; row++) {
    if (!layer.mixed[row] || !visible(layer, row, window)) continue;
    const center = layer.center[row];
    const half = layer.half[row];
    if (!(center + half >= axis.t0 && center - half <= axis.t1)) continue;
    const y = floor - lift(layer.width[row]);
    if (axis.scale * half < 1.5 && taken(axis.x(center), y)) continue;
    drawMixed(ctx, axis, center, half, y, colors);
  }
}

function drawMixed(ctx, axis, center, half, y, colors) {
  const x0 = Math.round(axis.x(center - half));
  const x1 = Math.max(x0 + 2, Math.round(axis.x(center + half)));
  const top = Math.round(y);
  ctx.fillStyle = colors.fg;
  ctx.fillRect(x0, top - 3, x1 - x0, 6);
  ctx.fillRect(x0 - 1, top - 5, 2, 10);
  ctx.fillRect(x1 - 1, top - 5, 2, 10);
  ctx.fillStyle = colors.bg;
  ctx.fillRect(x0 + 1, top - 2, x1 - x0 - 2, 4);
}

// The selected kernel under its Gaussian curve, with its members.
function drawChosen(ctx, axis, scene, { focus, colors }) {
  if (!focus || focus.row < 0) return;
  const row = scene === focus.scene || scene.traced ? focus.row : focus.shownRow;
  const layer = scene.layers[focus.layer - 1];
  if (!layer || row < 0 || row >= layer.count) return;
  const floor = stripTop(focus.layer - 1) + STRIP - 4;
  const center = layer.center[row];
  const half = layer.half[row];
  const cellSeconds = (scene.header.window * scene.header.grid.stride) / layer.cells;
  const sigma = layer.sigma[row] * cellSeconds;
  if (!(sigma > 0)) return;

  ctx.beginPath();
  const reach = 3 * sigma;
  for (let k = -30; k <= 30; k++) {
    const t = (k / 30) * reach;
    const y = floor - (STRIP - 12) * Math.exp(-(t * t) / (2 * sigma * sigma));
    ctx.lineTo(axis.x(center + t), y);
  }
  ctx.lineTo(axis.x(center + reach), floor);
  ctx.lineTo(axis.x(center - reach), floor);
  ctx.closePath();
  ctx.globalAlpha = 0.22;
  ctx.fillStyle = colors.select;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.strokeStyle = colors.select;
  ctx.lineWidth = 1;
  ctx.stroke();

  if (layer.mixed[row]) {
    for (const cell of membersOf(layer, row)) {
      const member = layer.offsets[layer.window[row]] + cell;
      const y = floor - lift(layer.width[member]);
      ctx.strokeStyle = colors.select;
      ctx.lineWidth = 1.5;
      line(
        ctx, axis.x(layer.center[member] - layer.half[member]), y,
        axis.x(layer.center[member] + layer.half[member]), y,
      );
      ctx.fillStyle = colors.select;
      dot(ctx, axis.x(layer.center[member]), y, 2.5);
    }
    drawMixed(ctx, axis, center, half, floor - lift(layer.width[row]), colors);
  }
  const y = floor - lift(layer.width[row]);
  ctx.strokeStyle = colors.select;
  ctx.lineWidth = 3;
  line(ctx, axis.x(center - half), y, axis.x(center + half), y);
  ctx.lineWidth = 1.5;
  line(ctx, axis.x(center - half), y - 4, axis.x(center - half), y + 4);
  line(ctx, axis.x(center + half), y - 4, axis.x(center + half), y + 4);
  ctx.fillStyle = colors.bg;
  dot(ctx, axis.x(center), y, 4);
  ctx.lineWidth = 2;
  dot(ctx, axis.x(center), y, 4, false);
}

// The kernel or layer under the pointer. Bars are thin: the nearest within 7 pixels of height wins,
// else the kernel whose centre is nearest.
export function pickStrips(x, y, width, state) {
  const { scene, whatif } = state;
  const shown = scene?.traced ? scene : whatif ?? scene;
  if (!shown) return null;
  const index = Math.floor((y - TOP) / STRIP);
  const layer = shown.layers[index];
  if (!layer || y < TOP) return null;
  const axis = timeAxis(state.view, width);
  if (x < axis.left) return { layer: index + 1, row: -1, scene: shown };
  const t = axis.t(x);
  const floor = stripTop(index) + STRIP - 4;
  let best = -1;
  let least = Infinity;
  for (let row = 0; row < layer.count; row++) {
    if (!visible(layer, row, state.window)) continue;
    const dy = Math.abs(floor - lift(layer.width[row]) - y);
    const dx = Math.abs(layer.center[row] - t) * axis.scale;
    const inside = Math.abs(layer.center[row] - t) <= layer.half[row] + 3 / axis.scale;
    const far = inside && dy < 7 ? dy + dx / 1000 - (layer.mixed[row] ? 2 : 0) : 100 + dx;
    if (far < least) {
      least = far;
      best = row;
    }
  }
  return { layer: index + 1, row: best, scene: shown };
}
