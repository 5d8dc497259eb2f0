// What the "why" panel says, in numbers and in one sentence, of the selected kernel.

import { featuresOf, headOf, kernelAt, predictionOf, validOf } from "../model/explanation.js";
import { candidateOf, nmsOf } from "../model/recompute.js";
import { verdict } from "./results.js";
import { cellSeconds, membersOf, tiou } from "./scene.js";
import { number, plural, seconds, shorten } from "./text.js";

const CHANNELS = 20; // rows of the feature map that are drawn

/**
 * @typedef {{view: View, scene: Scene, hits: ?Hits}} Shown learned, or what-if
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
function describe({ view, scene, hits }, layer, row, ratio, wanted, detection) {
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
  return {
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
export function factsOf({ explanation, scene, focus, whatView, whatif, hits, whatHits }) {
  if (!focus || !explanation || !scene || scene.traced) return null;
  const { layer, row, shownRow, label, detection, whatDetection } = focus;
  const ratio = focus.ratio ?? 0;
  const learned =
    row < 0
      ? null
      : describe({ view: explanation, scene, hits }, layer, row, ratio, label, detection);
  const other =
    !whatView || !whatif || shownRow < 0
      ? null
      : describe(
          { view: whatView, scene: whatif, hits: whatHits },
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
    channels: channelsOf(explanation, first),
    story: tell(learned, other, classes, Boolean(whatif)),
    spoken: spoken(first, classes),
  };
}

/** @type {{view: ?View, key: string, rows: Channel[]}} */
let lastChannels = { view: null, key: "", rows: [] };

/**
 * Kept while a slider moves: they are the learned kernel's.
 *
 * @param {View} view @param {KernelFacts} kernel
 */
function channelsOf(view, { features, pooled, layer, window, row, label, ratio, cells }) {
  const head = headOf(view, layer);
  if (!features || !pooled || !head) return [];
  const key = [layer, window, row, label, ratio].join("/");
  if (lastChannels.key !== key || lastChannels.view !== view) {
    lastChannels = {
      key,
      view,
      rows: decidingChannels(head, ratio, label, pooled, features, cells),
    };
  }
  return lastChannels.rows;
}

/** @param {string[]} classes @param {number} label */
const classText = (classes, label) => shorten(classes[label] ?? "no class", 32);

/**
 * Sentences: of the learned kernel, and of the what-if.
 *
 * @param {?KernelFacts} learned @param {?KernelFacts} whatif @param {string[]} classes
 * @param {boolean} changed
 */
function tell(learned, whatif, classes, changed) {
  const told = [];
  if (learned) told.push(tellLearned(learned, classes));
  if (whatif && learned?.scores && whatif.scores) told.push(tellWhatIf(learned, whatif, classes));
  else if (!whatif && changed) told.push("What-if: this kernel would not exist.");
  else if (whatif && !learned) {
    told.push(
      `Only in the what-if: ${whatif.name}, ${classText(classes, whatif.label)} ` +
        `${number(whatif.score ?? whatif.ranking, 2)}.`,
    );
  }
  return told;
}

/** @param {KernelFacts} kernel @param {string[]} classes */
function tellLearned(kernel, classes) {
  const { layer, cell, mixed, members, exists, scores, sigma, overlap, label, score, ranking } =
    kernel;
  if (!exists) {
    return `Cell ${cell} of layer ${layer} has no kernel of its own: it is padding, or its group replaced it.`;
  }
  const who = mixed
    ? `A kernel mixed from ${plural(members.length, "cell")} of layer ${layer}`
    : `The kernel of cell ${cell} in layer ${layer}`;
  if (!scores) return `${who}: its scores are not known.`;
  const afterwards =
    score === null
      ? "; it made no detection."
      : Math.abs(score - (ranking ?? NaN)) < 0.0005
        ? "; soft-NMS left that as it is."
        : `; soft-NMS faded that to ${number(score, 2)}.`;
  return (
    `${who} pooled its surroundings (σ ${seconds(sigma * kernel.cellSeconds)}); they look like ` +
    `${classText(classes, label)} (${number(scores[label + 1], 2)}). With an expected overlap of ` +
    `${number(overlap, 2)} it ranks at ${number(ranking, 2)}${afterwards}`
  );
}

/** @param {KernelFacts} learned @param {KernelFacts} whatif @param {string[]} classes */
function tellWhatIf(learned, whatif, classes) {
  const name = classText(classes, whatif.label);
  if (whatif.score === null) {
    return `What-if: it would make no detection (${name} ${number(whatif.ranking, 2)}).`;
  }
  return whatif.label === learned.label
    ? `What-if: it would still be ${name}, with ${number(whatif.score, 2)}.`
    : `What-if: it would be ${name} instead, with ${number(whatif.score, 2)}.`;
}

/** @param {KernelFacts} kernel @param {string[]} classes */
function spoken({ scores }, classes) {
  if (!scores) return "not known";
  const order = Array.from(scores.keys())
    .sort((i, j) => scores[j] - scores[i])
    .slice(0, 3);
  return order
    .map((c) => `${c ? classText(classes, c - 1) : "background"} ${number(scores[c], 2)}`)
    .join(", ");
}

/** @type {WeakMap<View, NmsRun>} */
const runs = new WeakMap();

/**
 * Soft-NMS of a view with its whole history, which costs more than a slider's frame may.
 *
 * @param {View} view
 */
export function nmsRunOf(view) {
  let run = runs.get(view);
  if (!run) runs.set(view, (run = { view, ...nmsOf(view) }));
  return run;
}

/**
 * What soft-NMS did to the kernel's detection, and by whom.
 *
 * @param {State} state @returns {?Fading}
 */
export function fadingOf({ facts, focus, explanation, whatView, scene, whatif }) {
  const isWhatIf = Boolean(whatif && facts?.whatif);
  const view = isWhatIf ? whatView : explanation;
  const kernel = isWhatIf ? facts?.whatif : facts?.learned;
  const shown = isWhatIf ? whatif : scene;
  if (!view || !kernel || !shown) return null;
  const { window, layer, row, detection } = kernel;
  const candidate = candidateOf(nmsRunOf(view), {
    label: detection >= 0 ? shown.detections.label[detection] : kernel.label,
    window,
    layer,
    row,
    ratio: focus?.ratio ?? 0,
  });
  return fadingBy(nmsRunOf(view), candidate, view.header.settings.detection.rho);
}

/** @param {NmsRun} nms @param {number} candidate @param {number} rho @returns {Fading} */
function fadingBy(nms, candidate, rho) {
  if (candidate < 0) {
    return {
      text:
        "It did not enter soft-NMS: its score is below the least, its middle lies in another " +
        "window's part, or another class of it was kept.",
      by: [],
    };
  }
  const { picked, decays } = nms.why(candidate);
  const { segments, labels, source } = nms.candidates;
  const by = decays.map((item) => ({
    start: segments[2 * item.by],
    end: segments[2 * item.by + 1],
    label: labels[item.by],
    source: Array.from(source.slice(4 * item.by, 4 * item.by + 4)),
    iou: item.iou,
    factor: item.factor,
  }));
  by.sort((p, q) => p.factor - q.factor);
  const place =
    picked >= 0
      ? `Picked as number ${picked + 1}.`
      : "Never picked: it faded away or came after the last.";
  const text = by.length
    ? `${place} Faded by ${plural(by.length, "stronger detection")} of its class, strongest effect first:`
    : `${place} No stronger detection of its class overlaps it by ρ = ${number(rho, 2)} or more.`;
  return { text, by };
}

/**
 * Channels that decide most for the class against background: |weight * pooled|, largest first.
 *
 * @param {import("../method/predict.js").Head} head @param {number} ratio @param {number} label
 * @param {Float64Array} pooled @param {Numbers} features @param {number} cells
 * @returns {Channel[]}
 */
function decidingChannels(head, ratio, label, pooled, features, cells) {
  const channels = pooled.length;
  const background = ratio * (head.classes + 1) * channels;
  const wanted = background + (label + 1) * channels;
  const order = Array.from(pooled, (value, d) => ({
    channel: d,
    share: (head.scoreWeights[wanted + d] - head.scoreWeights[background + d]) * value,
    most: 0,
  }));
  order.sort((p, q) => Math.abs(q.share) - Math.abs(p.share));
  const rows = order.slice(0, CHANNELS);
  for (const item of rows) {
    for (let i = 0; i < cells; i++) {
      item.most = Math.max(item.most, features[item.channel * cells + i]);
    }
  }
  return rows;
}
