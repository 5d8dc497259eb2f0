// One strip per anchor layer, on the timeline's axis: every kernel's default boundary as a bar
// whose height above the strip's floor is its width in cells (logarithmic). Wide kernels ride high. Mixed
// kernels that neither stand on an action nor fire are a band at the strip's top.

import { timeAxis } from "../state/axis.js";
import { classColor, classEdge } from "../state/colors.js";
import { sigmaReach } from "../state/grouping_facts.js";
import { mixedBand, mixedThatMatter } from "../state/mixed_shown.js";
import { cellSeconds, membersOf, rowOf, truthsOf } from "../state/scene.js";
import { levels, widthTicks } from "../state/strip_rows.js";
import { number } from "../state/text.js";
import { BOLD, clipped, dot, FONT, fit, line } from "./draw.js";
import { unchanging } from "./panel.js";
import { drawAxis, drawFocusBand } from "./timeline.js";

const TOP = 18;
const BAND = 5; // pixels of the band of mixed kernels
const FINEST = 2.5; // pixels a cell must have to be drawn by itself

/** @typedef {import("../state/axis.js").Axis} Axis */
/** @typedef {import("../state/strip_rows.js").StripRow} StripRow */

/**
 * @typedef {object} Strip what is drawn of one layer
 * @property {Ctx} ctx
 * @property {Axis} axis
 * @property {SceneLayer} layer
 * @property {number} first row that is drawn
 * @property {number} last exclusive
 * @property {StripRow} place
 * @property {(cells: number) => number} level y of a width
 * @property {Uint8Array} matters rows of mixed kernels that are drawn one by one
 * @property {number} cellPixels
 * @property {boolean} isFine whether each cell is drawn by itself
 * @property {number | null} window
 * @property {Colors} colors
 * @property {Numbers} truthLabels
 */

/** @param {SceneLayer} layer @param {number} row @param {number | null} window */
const isVisible = (layer, row, window) =>
  layer.exists[row] && (window === null ? layer.owned[row] : layer.window[row] === window);

/** @param {Ctx} ctx @param {number} width @param {number} height @param {State} state */
export function drawStrips(ctx, width, height, state) {
  const { scene, colors, layer: active, reference } = state;
  if (!scene) return;
  if (scene.traced) /** @type {TracedScene} */ (scene).moveTo(state.frame);
  const shown = state.playing || scene.traced ? scene : (state.whatif ?? scene);
  const axis = timeAxis(state.view, width);
  const { fixed, moving } = partsOf(ctx, axis, scene, shown, state);
  const key = [
    scene.truth,
    state.view,
    colors,
    state.band,
    state.windowSpan,
    active,
    state.window,
    reference,
    state.compare,
    state.stripRows,
    state.widthScale,
    ...fixed.flat().flatMap(({ layer, first, last, matters }) => [layer, first, last, matters]),
  ];
  const still = (/** @type {Ctx} */ on) => {
    drawStill(on, axis, height, shown, state);
    for (const strips of fixed) drawKernels(on, strips, height, reference);
  };
  unchanging(ctx, width, height, colors.panel, key, still, String(fixed.length));
  drawNotes(ctx, axis, shown, state);
  const parts = [...moving, ...fixed];
  shown.layers.forEach((_, index) => drawBand(parts.map((strips) => strips[index])));
  for (const strips of moving) drawKernels(ctx, strips, height, reference);
  inStrips(ctx, axis, height, () => drawChosen(ctx, axis, shown, state));
}

/**
 * The kernels that stay as they are while a slider moves, and those that may not. Of a long recording's
 * what-if only some windows follow at once.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {Scene} scene @param {Scene} shown
 * @param {State} state
 */
function partsOf(ctx, axis, scene, shown, state) {
  /** @param {Scene} from @param {number} begin @param {number} end */
  const strips = (from, begin, end) => stripsOf(ctx, axis, from, [begin, end], state);
  const count = shown.windows.length;
  const { partial, live } = shown.view ?? {};
  if (partial && live) {
    const far = [strips(scene, 0, live[0]), strips(scene, live[1], count)];
    return { fixed: far, moving: [strips(shown, ...live)] };
  }
  const all = [strips(shown, 0, count)];
  return shown === scene && !scene.traced ? { fixed: all, moving: [] } : { fixed: [], moving: all };
}

/** @param {Ctx} ctx @param {Axis} axis @param {number} height @param {() => void} draw */
const inStrips = (ctx, axis, height, draw) =>
  clipped(ctx, axis.left, TOP, axis.right - axis.left, height - TOP, draw);

/** @param {Ctx} ctx @param {Strip[]} strips @param {number} height @param {?Scene} reference */
function drawKernels(ctx, strips, height, reference) {
  inStrips(ctx, strips[0].axis, height, () => {
    strips.forEach((strip, index) => drawLayer({ ...strip, ctx }, reference?.layers[index]));
  });
}

/** @param {Ctx} ctx @param {Axis} axis @param {Scene} shown @param {State} state */
function drawNotes(ctx, axis, shown, { layer: active, colors, window, stripRows }) {
  ctx.fillStyle = colors.muted;
  shown.layers.forEach((layer, index) => {
    const room = axis.left - 20 - (hasTicks(axis, active === index + 1) ? 20 : 0);
    ctx.fillText(fit(ctx, notesOf(shown, layer, window), room), 14, stripRows[index].top + 29);
  });
}

/**
 * What a slider leaves as it is.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {number} height @param {Scene} shown
 * @param {State} state
 */
function drawStill(ctx, axis, height, shown, state) {
  drawAxis(ctx, axis, TOP, height, state.colors);
  drawFocusBand(ctx, axis, TOP, height, state);
  for (let index = 0; index < shown.layers.length; index++) drawTitle(ctx, axis, index, state);
  drawTruthBands(ctx, axis, shown, height, state);
  for (let index = 0; index < shown.layers.length; index++) {
    drawReach(ctx, axis, shown, index, state);
  }
  if (state.reference) drawReference(ctx, axis, shown, state.reference, state);
}

/**
 * The kernels of windows [begin, end), a strip a layer.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {Scene} scene @param {number[]} windows
 * @param {State} state @returns {Strip[]}
 */
function stripsOf(
  ctx,
  axis,
  scene,
  [begin, end],
  { colors, window, stripRows, widthScale, score },
) {
  const matters = mixedThatMatter(scene, score);
  return scene.layers.map((layer, index) => {
    const cellPixels = axis.scale * cellSeconds(scene, layer);
    return {
      ctx,
      axis,
      layer,
      first: layer.offsets[begin],
      last: layer.offsets[end],
      place: stripRows[index],
      level: levels(widthScale, stripRows[index]),
      matters: matters[index],
      cellPixels,
      isFine: cellPixels >= FINEST,
      window,
      colors,
      truthLabels: scene.truth.label,
    };
  });
}

/** @param {Scene} scene @param {SceneLayer} layer @param {number | null} window */
function notesOf(scene, layer, window) {
  const { cells, count, mixedCount, mixed, broken } = layer;
  const span = cellSeconds(scene, layer);
  const notes = [cells === 1 ? "a single cell" : `cell ${number(span, span < 10 ? 1 : 0)} s`];
  if (mixedCount) {
    let shown = 0;
    for (let row = 0; row < count; row++) {
      if (mixed[row] && isVisible(layer, row, window)) shown++;
    }
    if (shown) notes.push(`${shown} mixed`); // windows overlap: each shows its own part
  }
  if (broken) notes.push(`${broken} not a number`);
  return notes.join(", ");
}

/** Whether there is room for the widths beside the names. @param {Axis} axis @param {boolean} isActive */
const hasTicks = ({ left }, isActive) => isActive || left > 120;

/** @param {Ctx} ctx @param {Axis} axis @param {number} index @param {State} state */
function drawTitle(ctx, axis, index, { layer, colors, stripRows, widthScale }) {
  const { top: y, height } = stripRows[index];
  const isActive = layer === index + 1;
  if (isActive) {
    ctx.fillStyle = colors.accentSoft;
    ctx.fillRect(4, y + 2, axis.left - 10, height - 3);
    ctx.fillStyle = colors.accent;
    ctx.fillRect(4, y + 2, 3, height - 3);
  }
  ctx.strokeStyle = colors.line;
  ctx.lineWidth = 1;
  line(ctx, 8, y + 0.5, axis.right, y + 0.5);
  ctx.font = isActive ? BOLD : FONT;
  ctx.fillStyle = colors.fg;
  ctx.fillText(`Layer ${index + 1}`, 14, y + 13);
  ctx.font = FONT;
  ctx.fillStyle = colors.muted;
  if (!hasTicks(axis, isActive)) return;
  ctx.textAlign = "right";
  ctx.strokeStyle = colors.muted;
  const level = levels(widthScale, stripRows[index]);
  for (const width of widthTicks(widthScale, stripRows[index], 11)) {
    ctx.fillText(`${width}`, axis.left - 6, level(width));
    line(ctx, axis.left - 4, level(width), axis.left, level(width));
  }
  ctx.textAlign = "left";
}

/**
 * @param {Ctx} ctx @param {Axis} axis @param {Scene} scene @param {number} height
 * @param {State} state
 */
function drawTruthBands(ctx, axis, { truth }, height, { colors }) {
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

/**
 * The least and the greatest width that a learned sigma can have.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {Scene} scene @param {number} index @param {State} state
 */
function drawReach(ctx, axis, { header, layers }, index, state) {
  const { layer: active, colors } = state;
  const { kernels } = header.settings;
  if (kernels.scale !== "gaussian") return;
  const { cells } = layers[index];
  const factor = kernels.sigma_unit === "literal" ? 2 / cells : 2;
  ctx.strokeStyle = colors.muted;
  ctx.fillStyle = colors.muted;
  ctx.lineWidth = 1;
  ctx.textAlign = "right";
  const names = ["floor", "ceiling"];
  const level = levels(state.widthScale, state.stripRows[index]);
  sigmaReach(kernels, cells).forEach((sigma, end) => {
    const y = Math.round(level(factor * sigma)) + 0.5;
    ctx.setLineDash([4, 4]);
    ctx.globalAlpha = 0.55;
    line(ctx, axis.left, y, axis.right, y);
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
    if (active === index + 1 && hasTicks(axis, false)) {
      const text = `${names[end]} of σ ${number(sigma, 2)}`;
      const wide = ctx.measureText(text).width;
      ctx.globalAlpha = 0.75; // the line runs behind it
      ctx.fillStyle = colors.panel;
      ctx.fillRect(axis.right - wide - 6, y - 12, wide + 6, 11);
      ctx.globalAlpha = 1;
      ctx.fillStyle = colors.muted;
      ctx.fillText(text, axis.right - 3, y - 6);
    }
  });
  ctx.textAlign = "left";
}

/**
 * Where the kernels were (at another step, or as learned): a short dash each.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {Scene} shown @param {Scene} reference
 * @param {State} state
 */
function drawReference(ctx, axis, shown, reference, { colors, window, stripRows, widthScale }) {
  ctx.fillStyle = colors.muted;
  reference.layers.forEach((layer, index) => {
    const level = levels(widthScale, stripRows[index]);
    if (axis.scale * cellSeconds(shown, shown.layers[index]) < FINEST) return;
    for (let row = 0; row < layer.count; row++) {
      if (!isVisible(layer, row, window) || layer.mixed[row]) continue;
      const x = Math.round(axis.x(layer.center[row]));
      if (x < axis.left || x > axis.right) continue;
      ctx.fillRect(x - 2, Math.round(level(layer.width[row])), 5, 1);
    }
  });
}

/** @param {Strip} strip @param {SceneLayer} [reference] */
function drawLayer(strip, reference) {
  if (reference && strip.isFine) drawMoves(strip, reference);
  if (strip.isFine) drawBackground(strip);
  else drawColumns(strip);
  if (strip.isFine && strip.cellPixels >= 7) drawIgnored(strip);
  const isTaken = spotsOf(strip);
  drawForeground(strip, isTaken);
  drawMixedKernels(strip, isTaken);
}

/**
 * A thin line from where the kernel was to where it is.
 *
 * @param {Strip} strip @param {SceneLayer} reference
 */
function drawMoves({ ctx, axis, layer, first, last, level, window, colors }, reference) {
  ctx.fillStyle = colors.muted;
  for (let row = first; row < last; row++) {
    if (!isVisible(layer, row, window) || layer.mixed[row]) continue;
    const old = reference.offsets[layer.window[row]] + row - layer.offsets[layer.window[row]];
    const from = level(reference.width[old]);
    const to = level(layer.width[row]);
    if (Math.abs(from - to) < 1.5) continue;
    const x = Math.round(axis.x(layer.center[row]));
    ctx.fillRect(x, Math.min(from, to), 1, Math.abs(from - to));
  }
}

/** @param {Strip} strip @param {number} row */
const isInView = ({ axis, layer }, row) =>
  layer.center[row] + layer.half[row] >= axis.t0 && layer.center[row] - layer.half[row] <= axis.t1;

/**
 * Background and ignored kernels: thin grey bars. Rectangles, since a canvas fills them several
 * times faster than it strokes lines.
 *
 * @param {Strip} strip
 */
function drawBackground(strip) {
  const { ctx, axis, layer, first, last, level, window, colors } = strip;
  ctx.fillStyle = colors.background;
  for (let row = first; row < last; row++) {
    if (!isVisible(layer, row, window) || layer.mixed[row] || layer.state[row] === 1) continue;
    if (!isInView(strip, row)) continue;
    const y = level(layer.width[row]);
    const half = layer.half[row];
    ctx.fillRect(axis.x(layer.center[row] - half), y - 0.6, 2 * half * axis.scale, 1.25);
  }
}

/**
 * The same where a cell is below a pixel: one bar a column, from the lowest to the highest.
 *
 * @param {Strip} strip
 */
function drawColumns(strip) {
  const { ctx, axis, layer, first, last, level, window, colors } = strip;
  const columns = new Float32Array(2 * Math.ceil(axis.right + 1)).fill(NaN);
  for (let row = first; row < last; row++) {
    if (!isVisible(layer, row, window) || layer.mixed[row] || layer.state[row] === 1) continue;
    const x = Math.round(axis.x(layer.center[row]));
    if (!isInView(strip, row) || x < 0 || 2 * x + 1 >= columns.length) continue;
    const y = level(layer.width[row]);
    if (!(columns[2 * x] < y)) columns[2 * x] = y;
    if (!(columns[2 * x + 1] > y)) columns[2 * x + 1] = y;
  }
  ctx.fillStyle = colors.background;
  for (let x = 0; x < columns.length / 2; x++) {
    if (Number.isNaN(columns[2 * x])) continue;
    ctx.fillRect(x - 0.5, columns[2 * x] - 1, 1.25, columns[2 * x + 1] - columns[2 * x] + 2);
  }
}

/** Ignored kernels have a hollow dot. @param {Strip} strip */
function drawIgnored({ ctx, axis, layer, first, last, level, window, colors }) {
  ctx.strokeStyle = colors.muted;
  ctx.lineWidth = 1;
  for (let row = first; row < last; row++) {
    if (!isVisible(layer, row, window) || layer.mixed[row] || layer.state[row] !== 0) continue;
    const x = axis.x(layer.center[row]);
    if (x < axis.left || x > axis.right) continue;
    dot(ctx, x, level(layer.width[row]), 1.8, false);
  }
}

/**
 * Where cells are narrower than pixels, many bars fall on one spot: the first is drawn.
 *
 * @param {Strip} strip @returns {(x: number, y: number) => boolean}
 */
function spotsOf({ axis, place: { height, floor }, isFine }) {
  if (isFine) return () => false;
  const spots = new Uint8Array((Math.ceil(axis.right) + 1) * height);
  return (x, y) => {
    const at = Math.max(0, Math.round(x)) * height + Math.round(floor - y);
    return spots[at]++ > 0;
  };
}

/**
 * Foreground: the hue of the truth, thicker, with a filled dot at the centre.
 *
 * @param {Strip} strip @param {(x: number, y: number) => boolean} isTaken
 */
function drawForeground(strip, isTaken) {
  const { ctx, axis, layer, first, last, level, window, colors, truthLabels } = strip;
  for (let row = first; row < last; row++) {
    if (!isVisible(layer, row, window) || layer.mixed[row] || layer.state[row] !== 1) continue;
    if (!isInView(strip, row)) continue;
    const center = layer.center[row];
    const y = level(layer.width[row]);
    const x0 = axis.x(center - layer.half[row]);
    const x1 = axis.x(center + layer.half[row]);
    if (x1 - x0 < 3 && isTaken(x0, y)) continue;
    const [truth] = truthsOf(layer, row);
    ctx.fillStyle = truth !== undefined ? classEdge(colors, truthLabels[truth]) : colors.fg;
    ctx.fillRect(x0, y - 1.75, Math.max(1, x1 - x0), 3.5);
    if (strip.cellPixels > 4) {
      ctx.fillStyle = colors.fg;
      dot(ctx, axis.x(center), y, 2.2);
    }
  }
}

/** @param {Strip} strip @param {(x: number, y: number) => boolean} isTaken */
function drawMixedKernels(strip, isTaken) {
  const { ctx, axis, layer, first, last, level, window, colors, matters } = strip;
  for (let row = first; row < last; row++) {
    if (!matters[row] || !isVisible(layer, row, window) || !isInView(strip, row)) continue;
    const center = layer.center[row];
    const half = layer.half[row];
    const y = level(layer.width[row]);
    if (axis.scale * half < 1.5 && isTaken(axis.x(center), y)) continue;
    drawMixed(ctx, axis, center, half, y, colors);
  }
}

/**
 * The other mixed kernels of a layer as a band, the darker the more lie over each other, with their
 * number.
 *
 * @param {Strip[]} parts
 */
function drawBand(parts) {
  const { ctx, axis, window, colors, place } = parts[0];
  const over = new Uint16Array(Math.max(0, Math.ceil(axis.right - axis.left)));
  let count = 0;
  for (const { layer, first, last, matters } of parts) {
    /** @param {number} row */
    const isShown = (row) =>
      row >= first && row < last && !matters[row] && Boolean(isVisible(layer, row, window));
    count += mixedBand(layer, isShown, axis, over);
  }
  if (!count) return;
  const most = Math.max(...over);
  const top = place.top + 3;
  ctx.fillStyle = colors.fg;
  for (let from = 0, to = 0; from < over.length; from = to) {
    while (to < over.length && over[to] === over[from]) to++;
    if (!over[from]) continue;
    ctx.globalAlpha = 0.25 + 0.45 * (over[from] / most);
    ctx.fillRect(axis.left + from, top, to - from, BAND);
  }
  ctx.globalAlpha = 1;
  ctx.fillStyle = colors.muted;
  ctx.textAlign = "right";
  ctx.fillText(`+${count}`, axis.left - (hasTicks(axis, false) ? 26 : 6), top + 3);
  ctx.textAlign = "left";
}

/**
 * Mixed kernels: a hollow bar with upright ends.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {number} center @param {number} half @param {number} y
 * @param {Colors} colors
 */
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

/**
 * The selected kernel under its Gaussian curve, with its members.
 *
 * @param {Ctx} ctx @param {Axis} axis @param {Scene} scene @param {State} state
 */
function drawChosen(ctx, axis, scene, state) {
  const { focus: found, selection, colors, stripRows, widthScale } = state;
  // While the training plays a mixed kernel comes and goes, and its row moves.
  const focus = scene.traced && selection?.layer !== undefined ? selection : found;
  if (!focus) return;
  const row = rowOf(scene, focus);
  const layer = scene.layers[focus.layer - 1];
  if (!layer || row < 0 || row >= layer.count) return;
  const place = stripRows[focus.layer - 1];
  const level = levels(widthScale, place);
  const center = layer.center[row];
  const half = layer.half[row];
  const sigma = layer.sigma[row] * cellSeconds(scene, layer);
  if (!(sigma > 0)) return;
  drawCurve(ctx, axis, center, sigma, place, colors);
  const y = level(layer.width[row]);
  if (layer.mixed[row]) {
    drawMembers(ctx, axis, layer, row, level, colors);
    drawMixed(ctx, axis, center, half, y, colors);
  }
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

/**
 * @param {Ctx} ctx @param {Axis} axis @param {number} center @param {number} sigma seconds
 * @param {StripRow} place @param {Colors} colors
 */
function drawCurve(ctx, axis, center, sigma, { floor, height }, colors) {
  const reach = 3 * sigma;
  ctx.beginPath();
  for (let k = -30; k <= 30; k++) {
    const t = (k / 30) * reach;
    const y = floor - (height - 14) * Math.exp(-(t * t) / (2 * sigma * sigma));
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
}

/**
 * @param {Ctx} ctx @param {Axis} axis @param {SceneLayer} layer @param {number} row
 * @param {(cells: number) => number} level @param {Colors} colors
 */
function drawMembers(ctx, axis, layer, row, level, colors) {
  ctx.strokeStyle = colors.select;
  ctx.fillStyle = colors.select;
  ctx.lineWidth = 1.5;
  for (const cell of membersOf(layer, row)) {
    const member = layer.offsets[layer.window[row]] + cell;
    const center = layer.center[member];
    const half = layer.half[member];
    const y = level(layer.width[member]);
    line(ctx, axis.x(center - half), y, axis.x(center + half), y);
    dot(ctx, axis.x(center), y, 2.5);
  }
}

/**
 * The kernel or layer under the pointer. Bars are thin: the nearest within 7 pixels of height wins, else
 * the kernel whose centre is nearest. In the band of mixed kernels a click on what is chosen goes on.
 *
 * @param {import("./pointer.js").Place} place
 * @param {number} width
 * @param {State} state
 * @returns {?{layer: number, row: number, scene: Scene, others?: number}} `others`: in the band there
 */
export function pickStrips({ x, y }, width, state) {
  const { scene, whatif, view, window, stripRows, widthScale, score, focus } = state;
  const shown = scene?.traced ? scene : (whatif ?? scene);
  const index = stripRows.findIndex(({ top, height }) => y >= top && y < top + height);
  const layer = shown?.layers[index];
  if (!shown || !layer) return null;
  const axis = timeAxis(view, width);
  if (x < axis.left) return { layer: index + 1, row: -1, scene: shown };
  const t = axis.t(x);
  const matters = mixedThatMatter(shown, score)[index];
  const chosen = focus?.layer === index + 1 ? rowOf(shown, focus) : -1;
  if (y < stripRows[index].top + 3 + BAND + 1) {
    const under = rowsUnder(layer, t, window, matters);
    const row = under[(under.indexOf(chosen) + 1) % under.length];
    if (under.length) return { layer: index + 1, row, scene: shown, others: under.length };
  }
  const level = levels(widthScale, stripRows[index]);
  let best = -1;
  let least = Infinity;
  for (let row = 0; row < layer.count; row++) {
    if (!isVisible(layer, row, window)) continue;
    if (layer.mixed[row] && !matters[row] && row !== chosen) continue;
    const dy = Math.abs(level(layer.width[row]) - y);
    const dx = Math.abs(layer.center[row] - t) * axis.scale;
    const isInside = Math.abs(layer.center[row] - t) <= layer.half[row] + 3 / axis.scale;
    const far = isInside && dy < 7 ? dy + dx / 1000 - (layer.mixed[row] ? 2 : 0) : 100 + dx;
    if (far < least) {
      least = far;
      best = row;
    }
  }
  return { layer: index + 1, row: best, scene: shown };
}

/**
 * Mixed kernels of the band over a time.
 *
 * @param {SceneLayer} layer @param {number} t seconds @param {number | null} window
 * @param {Uint8Array} matters
 */
function rowsUnder(layer, t, window, matters) {
  const rows = [];
  for (let row = 0; row < layer.count; row++) {
    if (!layer.mixed[row] || matters[row] || !isVisible(layer, row, window)) continue;
    if (Math.abs(layer.center[row] - t) <= layer.half[row]) rows.push(row);
  }
  return rows;
}
