// What the pointer says over a detection, a truth, a kernel or the heat map.

import { element } from "./panel.js";
import { kernelName, truthsOf } from "../state/scene.js";
import { number, plural, shorten, span } from "../state/text.js";

export const detectionText = (scene, hits, i, isWhatIf) => {
  const d = scene.detections;
  return (
    `${isWhatIf ? "What-if: " : ""}${shorten(scene.classes[d.label[i]], 40)}, ` +
    `${span({ start: d.start[i], end: d.end[i] })}, score ${number(d.score[i], 3)}, ` +
    (scene.truth.count
      ? `${hits?.hit[i] >= 0 ? "✓ hit" : "miss"} (tIoU ${number(hits?.best[i] ?? 0, 2)})`
      : "truth is not known")
  );
};
export const kernelText = (scene, layer, row) => {
  const found = scene.layers[layer - 1];
  const { cell, mixed } = kernelName(scene, layer, row);
  const role = ["background", "ignored", "foreground"][found.state[row] + 1] ?? "padding";
  const labels = new Set(truthsOf(found, row).map((truth) => scene.truth.label[truth]));
  const names = [...labels].map((label) => shorten(scene.classes[label], 40));
  const truth = found.state[row] === 1 && names.length ? ` for ${names.join(" and ")}` : "";
  const seconds = (scene.header.window * scene.header.grid.stride) / found.cells;
  return (
    `Layer ${layer}, ${mixed
      ? `mixed from ${plural(found.memberOffsets[row + 1] - found.memberOffsets[row], "cell")}`
      : `cell ${cell}`}: σ ${number(found.sigma[row], 2)} cells (${number(found.sigma[row] * seconds, 2)} s)` +
    `, ${mixed ? "a mixed kernel" : role + truth}`
  );
};

export function truthText({ truth, classes }, hits, g) {
  return (
    `Truth: ${shorten(classes[truth.label[g]], 60)}, ${span({ start: truth.start[g], end: truth.end[g] })}` +
    (hits ? (hits.taken[g] ? ", found" : ", missed") : "")
  );
}

export function heatText({ trace, traced, layer, scene }, { step, row }) {
  const recorded = trace.layers[layer - 1];
  const stride = recorded.sigmas.length / trace.steps.length;
  const { window, cell } = kernelName(scene, layer, row);
  const at = step * stride + (traced[0] + window) * recorded.cells + cell;
  return (
    `Step ${trace.steps[step]}, cell ${cell}: σ ${number(recorded.sigmas[at], 2)} cells, ` +
    (["background", "ignored", "foreground"][recorded.state[at] + 1] ?? "padding")
  );
}

// A small box that follows the pointer within `root`.
export function tooltip(root) {
  const node = element("div", { class: "gx-tip", hidden: true, "aria-hidden": "true" });
  function tell(text, event) {
    node.hidden = !text;
    if (!text) return;
    node.textContent = text;
    const box = root.getBoundingClientRect();
    const x = event.clientX - box.left;
    node.style.top = `${event.clientY - box.top + 16}px`;
    node.style.left = `${Math.min(Math.max(8, x + 12), box.width - 290)}px`;
  }
  return { node, tell };
}
