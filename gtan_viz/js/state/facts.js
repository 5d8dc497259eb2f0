// What the "why" panel says, in numbers and in one sentence, of the selected kernel.

import {
  featuresOf, headOf, kernelAt, predictionOf, validOf,
} from "../model/explanation.js";
import { candidateOf, nmsOf } from "../model/recompute.js";
import { number, plural, seconds, shorten } from "./text.js";
import { membersOf, tiou } from "./scene.js";

const CHANNELS = 20; // rows of the feature map that are drawn

// One kernel at one ratio in one view; `detection` is its index among the view's, or -1.
function describe(view, scene, layer, row, ratio, wanted, detection, hits, threshold) {
  const found = predictionOf(view, layer, row);
  const kernel = kernelAt(view, layer, row);
  const entry = view.header.layers[layer - 1];
  const scores = found.scores?.[ratio] ?? null;
  const label = detection >= 0
    ? scene.detections.label[detection]
    : scores ? best(scores) : wanted;
  const overlap = found.overlap ? found.overlap[ratio] : null;
  const refined = within(found.refined?.[ratio] ?? null, view.header.duration);
  const d = scene.detections;
  const after = detection >= 0 ? d.score[detection] : null;
  return {
    layer, row, ratio, label, scores, overlap, refined,
    window: kernel.window,
    cell: kernel.cell,
    mixed: kernel.mixed,
    members: Array.from(membersOf(scene.layers[layer - 1], row)),
    name: kernel.mixed
      ? `layer ${layer}, mixed`
      : `layer ${layer}, cell ${kernel.cell}`,
    exists: kernel.exists,
    cells: entry.cells,
    cellSeconds: (view.header.window * view.header.grid.stride) / entry.cells,
    center: kernel.center,
    sigma: kernel.sigma * entry.cells,
    width: kernel.width * entry.cells,
    ratioValue: entry.ratios[ratio],
    boundary: found.boundary[ratio],
    offsets: found.offsets?.[ratio] ?? null,
    ranking: scores && overlap !== null ? scores[label + 1] * overlap : null,
    weights: found.weights,
    pooled: found.pooled,
    pooling: view.header.settings.kernels.pooling,
    features: featuresOf(view, kernel.window, layer),
    valid: validOf(view, kernel.window, layer),
    detection,
    score: after,
    after: after === null ? "no detection" : number(after, 3),
    truthText: truthText(scene, refined ?? found.boundary[ratio], label, detection, hits, threshold),
  };
}

// Detections are cut to the recording.
const within = (segment, duration) =>
  segment && {
    start: Math.min(Math.max(segment.start, 0), duration),
    end: Math.min(Math.max(segment.end, 0), duration),
  };

function best(scores) {
  let top = 1;
  for (let c = 2; c < scores.length; c++) if (scores[c] > scores[top]) top = c;
  return top - 1;
}

function truthText(scene, { start, end }, label, detection, hits, threshold) {
  const { truth } = scene;
  if (!truth.count) return "truth is not known";
  let most = 0;
  for (let g = 0; g < truth.count; g++) {
    if (truth.label[g] === label) most = Math.max(most, tiou(start, end, truth.start[g], truth.end[g]));
  }
  if (detection < 0 || !hits) return number(most, 2);
  const word = hits.hit[detection] >= 0 ? "✓ hit" : most >= threshold ? "taken by a better one" : "miss";
  return `${number(most, 2)}, ${word}`;
}

// The ratio that ranks highest, for a kernel that was chosen without one.
export function bestRatio(view, layer, row) {
  const { scores, overlap } = predictionOf(view, layer, row);
  if (!scores) return 0;
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

export function factsOf(state) {
  const { explanation, scene, focus, whatView, whatif } = state;
  if (!focus || !explanation || scene.traced) return null;
  const { classes } = scene;
  const learned = focus.row >= 0
    ? describe(
      explanation, scene, focus.layer, focus.row, focus.ratio, focus.label, focus.detection,
      state.hits, state.tiou,
    )
    : null;
  const other = whatif && focus.shownRow >= 0
    ? describe(
      whatView, whatif, focus.layer, focus.shownRow, focus.ratio, learned?.label ?? focus.label,
      focus.whatDetection, state.whatHits, state.tiou,
    )
    : null;
  if (!learned && !other) return null;
  const first = learned ?? other;
  return {
    learned, whatif: other, classes,
    channels: channelsOf(explanation, first),
    story: tell(learned, other, classes, Boolean(whatif)),
    spoken: spoken(first, classes),
    nms: null,
  };
}

let lastChannels = { key: "", rows: [] };
function channelsOf(view, f) {
  if (!f.features || !f.pooled) return [];
  const key = `${view.header.recording}/${view.header.step}/${f.layer}/${f.window}/${f.row}/${f.label}/${f.ratio}`;
  if (lastChannels.key !== key || lastChannels.view !== view) {
    const rows = decidingChannels(headOf(view, f.layer), f.ratio, f.label, f.pooled, f.features, f.cells);
    lastChannels = { key, view, rows };
  }
  return lastChannels.rows;
}

const classText = (classes, label) => shorten(classes[label] ?? "no class", 32);

// Sentences: of the learned kernel, and of the what-if.
function tell(a, b, classes, changed) {
  const parts = [];
  if (a) {
    const who = a.mixed
      ? `A kernel mixed from ${plural(a.members.length, "cell")} of layer ${a.layer}`
      : `The kernel of cell ${a.cell} in layer ${a.layer}`;
    const name = classText(classes, a.label);
    if (!a.exists) {
      parts.push(`Cell ${a.cell} of layer ${a.layer} has no kernel of its own: it is padding, or its group replaced it.`);
    } else if (a.scores) {
      parts.push(
        `${who} pooled its surroundings (σ ${seconds(a.sigma * a.cellSeconds)}); they look like ` +
          `${name} (${number(a.scores[a.label + 1], 2)}). With an expected overlap of ` +
          `${number(a.overlap, 2)} it ranks at ${number(a.ranking, 2)}` +
          (a.score === null
            ? "; it made no detection."
            : Math.abs(a.score - a.ranking) < 0.0005
              ? "; soft-NMS left that as it is."
              : `; soft-NMS faded that to ${number(a.score, 2)}.`),
      );
    } else {
      parts.push(`${who}: its scores are not known.`);
    }
  }
  if (b && a?.scores && b.scores) {
    const name = classText(classes, b.label);
    parts.push(
      b.score === null
        ? `What-if: it would make no detection (${name} ${number(b.ranking, 2)}).`
        : b.label === a.label
          ? `What-if: it would still be ${name}, with ${number(b.score, 2)}.`
          : `What-if: it would be ${name} instead, with ${number(b.score, 2)}.`,
    );
  } else if (!b && changed) {
    parts.push("What-if: this kernel would not exist.");
  } else if (b && !a) {
    parts.push(`Only in the what-if: ${b.name}, ${classText(classes, b.label)} ${number(b.score ?? b.ranking, 2)}.`);
  }
  return parts;
}

function spoken(f, classes) {
  if (!f.scores) return "not known";
  const order = Array.from(f.scores.keys()).sort((i, j) => f.scores[j] - f.scores[i]).slice(0, 3);
  return order
    .map((c) => `${c ? classText(classes, c - 1) : "background"} ${number(f.scores[c], 2)}`)
    .join(", ");
}

// What soft-NMS did to the kernel's detection, and by whom. `nms` has its whole history.
export function nmsFacts(nms, candidate, rho) {
  if (candidate < 0) {
    return {
      text: "It did not enter soft-NMS: its score is below the least, its middle lies in another " +
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
  const place = picked >= 0 ? `Picked as number ${picked + 1}.` : "Never picked: it faded away or came after the last.";
  const text = by.length
    ? `${place} Faded by ${plural(by.length, "stronger detection")} of its class, strongest effect first:`
    : `${place} No stronger detection of its class overlaps it by ρ = ${number(rho, 2)} or more.`;
  return { text, by };
}

const histories = new WeakMap();
// Adds what soft-NMS did to `state.facts`; its history costs more than a slider's frame may.
export function explainNms(state) {
  const { facts, focus, explanation, whatView, scene, whatif } = state;
  if (!facts || !explanation) return;
  const view = whatif && facts.whatif ? whatView : explanation;
  const f = view === explanation ? facts.learned : facts.whatif;
  if (!f) return;
  if (!histories.has(view)) histories.set(view, nmsOf(view));
  const nms = histories.get(view);
  const d = (view === explanation ? scene : whatif).detections;
  const label = f.detection >= 0 ? d.label[f.detection] : f.label;
  const candidate = candidateOf(nms, {
    label, window: f.window, layer: f.layer, row: f.row, ratio: focus.ratio,
  });
  facts.nms = nmsFacts(nms, candidate, view.header.settings.detection.rho);
}

// Channels that decide most for the class against background: |weight * pooled|, largest first.
export function decidingChannels(head, ratio, label, pooled, features, cells) {
  const channels = pooled.length;
  const perRatio = head.classes + 1;
  const a = (ratio * perRatio + label + 1) * channels;
  const b = ratio * perRatio * channels;
  const order = Array.from(pooled, (value, d) => ({
    channel: d,
    share: (head.scoreWeights[a + d] - head.scoreWeights[b + d]) * value,
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
