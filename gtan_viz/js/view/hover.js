// What the pointer says over a detection, a truth, a kernel or the heat map.

import { foundOf, verdict } from "../state/results.js";
import { cellSeconds, kernelName, truthsOf } from "../state/scene.js";
import { number, plural, shorten, span } from "../state/text.js";
import { element } from "./element.js";

const ROLES = ["background", "ignored", "foreground"];

/** @param {Scene} scene @param {?Hits} hits @param {number} i @param {boolean} isWhatIf */
export function detectionText(scene, hits, i, isWhatIf) {
  const d = scene.detections;
  const match = `${verdict(hits, i)} (tIoU ${number(hits?.best[i] ?? 0, 2)})`;
  return (
    `${isWhatIf ? "What-if: " : ""}${shorten(scene.classes[d.label[i]], 40)}, ` +
    `${span({ start: d.start[i], end: d.end[i] })}, score ${number(d.score[i], 3)}, ` +
    (scene.truth.count ? match : "truth is not known")
  );
}

/** @param {Scene} scene @param {number} layer @param {number} row */
export function kernelText(scene, layer, row) {
  const kernels = scene.layers[layer - 1];
  const { cell, mixed } = kernelName(scene, layer, row);
  const members = kernels.memberOffsets[row + 1] - kernels.memberOffsets[row];
  const sigma = kernels.sigma[row];
  return (
    `Layer ${layer}, ${mixed ? `mixed from ${plural(members, "cell")}` : `cell ${cell}`}: ` +
    `σ ${number(sigma, 2)} cells (${number(sigma * cellSeconds(scene, kernels), 2)} s), ` +
    (mixed ? "a mixed kernel" : roleText(scene, kernels, row))
  );
}

/** Of the band of mixed kernels. @param {number} count */
export const bandText = (count) =>
  `${plural(count, "mixed kernel")} here that neither ${count === 1 ? "stands" : "stand"} on an action nor ` +
  `${count === 1 ? "fires" : "fire"}`;

/** @param {Scene} scene @param {SceneLayer} kernels @param {number} row */
function roleText(scene, kernels, row) {
  const role = ROLES[kernels.state[row] + 1] ?? "padding";
  const labels = new Set(truthsOf(kernels, row).map((truth) => scene.truth.label[truth]));
  const names = [...labels].map((label) => shorten(scene.classes[label], 40));
  return role + (kernels.state[row] === 1 && names.length ? ` for ${names.join(" and ")}` : "");
}

/** @param {Scene} scene @param {State} state @param {number} g */
export function truthText({ truth, classes }, state, g) {
  const { learned, whatif } = foundOf(state, g);
  const word = (/** @type {boolean} */ isHere) => (isHere ? "found" : "missed");
  const differs = whatif !== null && whatif !== learned;
  return (
    `Truth: ${shorten(classes[truth.label[g]], 60)}, ${span({ start: truth.start[g], end: truth.end[g] })}` +
    (learned === null ? "" : `, ${word(learned)}`) +
    (differs ? ` as learned, ${word(whatif)} in the what-if` : "")
  );
}

/** @param {State} state @param {{step: number, row: number}} place */
export function heatText({ trace, traced, layer, scene, events }, { step, row }) {
  if (!trace || !traced || !scene) return "";
  const { cells, sigmas, state } = trace.layers[layer - 1];
  const { window, cell } = kernelName(scene, layer, row);
  const happened = events.filter(({ frame }) => frame === step).map(({ text }) => `. ${text}`);
  const at = (step * trace.windows.length + traced[0] + window) * cells + cell;
  return (
    `Step ${trace.steps[step]}, cell ${cell}: σ ${number(sigmas[at], 2)} cells, ` +
    (ROLES[state[at] + 1] ?? "padding") +
    happened.join("")
  );
}

/** @typedef {(text: string, event?: MouseEvent) => void} Tell */

/** A small box that follows the pointer within `root`. @param {HTMLElement} root */
export function tooltip(root) {
  const node = element("div", { class: "gx-tip", hidden: true, "aria-hidden": "true" });
  /** @type {Tell} */
  function tell(text, event) {
    node.hidden = !text;
    if (!text || !event) return;
    node.textContent = text;
    const box = root.getBoundingClientRect();
    const x = event.clientX - box.left;
    node.style.top = `${event.clientY - box.top + 16}px`;
    node.style.left = `${Math.min(Math.max(8, x + 12), box.width - 290)}px`;
  }
  // What was pressed is to be seen, not covered.
  root.addEventListener("pointerdown", () => tell(""));
  return { node, tell };
}
