// What the "why" panel knows of the selected kernel, in numbers.

import { featuresOf, kernelAt, predictionOf, validOf } from "../model/explanation.js";
import { reasonOf } from "./reason.js";
import { verdict } from "./results.js";
import { cellSeconds, membersOf, tiou } from "./scene.js";
import { spokenScores, tell } from "./story.js";
import { number } from "./text.js";

/**
 * @typedef {{view: View, scene: Scene, hits: ?Hits, least: number}} Shown learned, or what-if;
 *   `least`: the least score that is shown
 */

/**
 * One kernel at one ratio.
 *
 * @param {Shown} shown
 * @param {number} layer
 * @param {number} row
 * @param {number} ratio
 * @param {number} wanted class, where neither a detection nor scores tell one
 * @param {number} detection its number among the view's, or -1
 * @returns {KernelFacts}
 */
function describe(shown, layer, row, ratio, wanted, detection) {
  const { view, scene, hits, least } = shown;
  if (detection < 0) detection = detectionOf(scene, layer, row, ratio); // of another class
  const said = predictionOf(view, layer, row);
  const kernel = kernelAt(view, layer, row);
  const entry = view.header.layers[layer - 1];
  const scores = said.scores?.[ratio] ?? null;
  const { detections: d } = scene;
  const label = detection >= 0 ? d.label[detection] : scores ? best(scores) : wanted;
  const overlap = said.overlap ? said.overlap[ratio] : null;
  const refined = within(said.refined?.[ratio] ?? null, view.header.duration);
  const boundary = said.boundary[ratio];
  const score = detection >= 0 ? d.score[detection] : null;
  const told = {
    layer,
    row,
    ratio,
    label,
    scores,
    overlap,
    refined,
    boundary,
    detection,
    score,
    window: kernel.window,
    cell: kernel.cell,
    mixed: kernel.mixed,
    members: Array.from(membersOf(scene.layers[layer - 1], row)),
    name: kernel.mixed ? `layer ${layer}, mixed` : `layer ${layer}, cell ${kernel.cell}`,
    exists: kernel.exists,
    cells: entry.cells,
    cellSeconds: cellSeconds(scene, entry),
    center: kernel.center,
    sigma: kernel.sigma * entry.cells,
    width: kernel.width * entry.cells,
    ratioValue: entry.ratios[ratio],
    offsets: said.offsets?.[ratio] ?? null,
    ranking: scores && overlap !== null ? scores[label + 1] * overlap : null,
    weights: said.weights,
    pooled: said.pooled,
    pooling: view.header.settings.kernels.pooling,
    derivatives: view.header.settings.kernels.derivatives ?? 0,
    features: featuresOf(view, kernel.window, layer),
    valid: validOf(view, kernel.window, layer),
    after: score === null ? "no detection" : number(score, 3),
    truthText: truthText(scene, refined ?? boundary, label, detection, hits),
  };
  return { ...told, reason: reasonOf(told, view, least) };
}

/**
 * The strongest one that it made, or -1.
 *
 * @param {Scene} scene @param {number} layer @param {number} row @param {number} ratio
 */
function detectionOf({ detections: d }, layer, row, ratio) {
  for (let i = 0; i < d.count; i++) {
    if (d.row[i] === row && d.layer[i] === layer && d.ratio[i] === ratio) return i;
  }
  return -1;
}

/** Detections are cut to the recording. @param {?Segment} segment @param {number} duration */
const within = (segment, duration) =>
  segment && {
    start: Math.min(Math.max(segment.start, 0), duration),
    end: Math.min(Math.max(segment.end, 0), duration),
  };

/** The strongest action class. @param {Float64Array} scores */
function best(scores) {
  let top = 1;
  for (let c = 2; c < scores.length; c++) if (scores[c] > scores[top]) top = c;
  return top - 1;
}

/**
 * @param {Scene} scene @param {Segment} segment @param {number} label @param {number} detection
 * @param {?Hits} hits
 */
function truthText(scene, { start, end }, label, detection, hits) {
  const { truth } = scene;
  if (!truth.count) return "truth is not known";
  let most = 0;
  for (let g = 0; g < truth.count; g++) {
    if (truth.label[g] === label)
      most = Math.max(most, Math.min(1, tiou(start, end, truth.start[g], truth.end[g])));
  }
  if (detection < 0 || !hits) return number(most, 2);
  return `${number(most, 2)}, ${verdict(hits, detection)}`;
}

/**
 * The ratio that ranks highest, for a kernel that was chosen without one.
 *
 * @param {View} view @param {number} layer @param {number} row
 */
export function bestRatio(view, layer, row) {
  const { scores, overlap } = predictionOf(view, layer, row);
  if (!scores || !overlap) return 0;
  let top = 0;
  let most = -1;
  scores.forEach((one, r) => {
    const value = Math.max(...one.subarray(1)) * overlap[r];
    if (value > most) {
      most = value;
      top = r;
    }
  });
  return top;
}

/** @param {State} state @returns {?Facts} */
export function factsOf({
  told,
  toldScene: scene,
  toldFocus: focus,
  whatView,
  whatif,
  hits,
  whatHits,
  score: least,
}) {
  if (!focus || !told || !scene) return null;
  const { layer, row, shownRow, label, detection, whatDetection } = focus;
  const ratio = focus.ratio ?? 0;
  const learned =
    row < 0
      ? null
      : describe({ view: told, scene, hits, least }, layer, row, ratio, label, detection);
  const other =
    !whatView || !whatif || shownRow < 0
      ? null
      : describe(
          { view: whatView, scene: whatif, hits: whatHits, least },
          layer,
          shownRow,
          ratio,
          learned?.label ?? label,
          whatDetection,
        );
  const first = learned ?? other;
  if (!first) return null;
  const { classes } = scene;
  return {
    learned,
    whatif: other,
    classes,
    story: tell(learned, other, classes, Boolean(whatif)),
    spoken: spokenScores(first, classes),
  };
}
