// Gaussian pooling and what each cell brings: the choice of what to explain, the picture, what it says
// of one cell, and, behind a click, the feature map.

import { element, say } from "./element.js";
import { drawEvidence, EVIDENCE_HEIGHT, headline, pickCell } from "./evidence_picture.js";
import { cellText, summaryText } from "./evidence_text.js";
import { featurePanel } from "./feature_map.js";
import { EVIDENCE_MARKS, evidenceWords } from "./legends.js";
import { canvasPanel } from "./panel.js";

/**
 * @typedef {object} Answers
 * @property {(cell: number | null) => void} onCell shows its stretch of the recording
 * @property {() => void} onFeatures asks for feature maps
 * @property {import("./hover.js").Tell} tell a text at the pointer
 */

/** @param {Store} store @param {Answers} answers */
export function evidencePanel(store, answers) {
  const { state } = store;
  const picture = canvasPanel(store, {
    label: "What each cell brings",
    height: () => (state.evidence ? EVIDENCE_HEIGHT : 0),
    draw: drawEvidence,
  });
  const features = featurePanel(store);
  listenCells(picture, store, answers);
  const parts = element(
    "div",
    {},
    choices(store),
    picture.canvas,
    legend(store),
    summary(store),
    readout(store),
    element(
      "details",
      { class: "gx-more" },
      element("summary", { text: "feature map: the channels that decide most" }),
      features.canvas,
    ),
  );
  store.draw(() => {
    parts.hidden = !state.evidence;
  });
  return { root: element("div", {}, parts, absence(store, answers)), panels: [picture, features] };
}

/** @type {Record<Explained, string>} */
const CHOICES = {
  class: "Why this class and not the runner-up",
  start: "What moved the start from the default boundary",
  end: "What moved the end from the default boundary",
  overlap: "What made the overlap score",
};

let groups = 0; // radio buttons of one explorer belong together

/** @param {Store} store */
function choices(store) {
  const name = `gx-explained-${groups++}`;
  const boxes = /** @type {Explained[]} */ (Object.keys(CHOICES)).map((value) => {
    const box = element("input", { onchange: () => store.set({ explained: value }) });
    Object.assign(box, { type: "radio", name, value });
    return { value, box, label: element("label", { title: CHOICES[value] }, box, ` ${value}`) };
  });
  store.draw(() => {
    for (const { value, box } of boxes) box.checked = store.state.explained === value;
  });
  return element(
    "fieldset",
    { class: "gx-explained" },
    element("legend", { text: "explain the" }),
    ...boxes.map(({ label }) => label),
  );
}

/**
 * A cell by click, by the arrow keys, and a word by hovering.
 *
 * @param {Panel} picture @param {Store} store @param {Answers} answers
 */
function listenCells({ canvas }, store, { onCell, tell }) {
  const { state } = store;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "slider");
  /** @param {MouseEvent} event */
  const cellAt = (event) => {
    const { left, width } = canvas.getBoundingClientRect();
    return state.evidence ? pickCell(state.evidence, event.clientX - left, width) : -1;
  };
  canvas.addEventListener("click", (event) => {
    const cell = cellAt(event);
    onCell(cell < 0 || cell === state.litCell ? null : cell);
  });
  canvas.addEventListener("pointermove", (event) => {
    const cell = cellAt(event);
    tell(cell >= 0 && state.evidence ? cellText(state.evidence, cell) : "", event);
  });
  canvas.addEventListener("pointerleave", () => tell(""));
  canvas.addEventListener("keydown", (event) => {
    if (!state.evidence || event.shiftKey) return;
    const next = nextCell(event.key, state.evidence, state.litCell);
    if (next === undefined) return;
    event.preventDefault(); // the arrows do not choose another kernel here
    onCell(next);
  });
  store.draw(() => {
    const { evidence, facts, litCell } = state;
    if (!evidence || !facts) return;
    const said = headline(evidence, facts);
    const values = {
      "aria-label": `What each cell brings: ${said}`,
      "aria-valuemin": String(evidence.from),
      "aria-valuemax": String(evidence.to - 1),
      "aria-valuenow": String(litCell ?? strongest(evidence)),
      "aria-valuetext": litCell === null ? "no cell is chosen" : cellText(evidence, litCell),
    };
    for (const [name, value] of Object.entries(values)) {
      if (canvas.getAttribute(name) !== value) canvas.setAttribute(name, value);
    }
  });
}

/** @param {Evidence} evidence */
function strongest({ brings, from, to }) {
  let best = from;
  for (let i = from; i < to; i++) if (Math.abs(brings[i]) > Math.abs(brings[best])) best = i;
  return best;
}

/**
 * Where a key leads; undefined: nowhere, null: to no cell.
 *
 * @param {string} key @param {Evidence} evidence @param {?number} lit
 */
function nextCell(key, evidence, lit) {
  const { from, to } = evidence;
  /** @param {number} cell */
  const held = (cell) => Math.min(to - 1, Math.max(from, cell));
  if (key === "Escape") return lit === null ? undefined : null;
  if (key === "Home") return from;
  if (key === "End") return to - 1;
  if (key !== "ArrowLeft" && key !== "ArrowRight") return undefined;
  return lit === null ? strongest(evidence) : held(lit + (key === "ArrowRight" ? 1 : -1));
}

/** What the marks mean. @param {Store} store */
function legend(store) {
  const { state } = store;
  /** @param {string} mark */
  const item = (mark) => {
    const text = element("span");
    const root = element("span", {}, element("i", { class: `gx-key gx-key-${mark}` }), text);
    return { root, text, mark };
  };
  const items = EVIDENCE_MARKS.map(item);
  store.draw(() => {
    if (!state.evidence) return;
    const words = evidenceWords(state.evidence);
    for (const { root, text, mark } of items) {
      root.hidden = !words[mark];
      say(text, words[mark]);
    }
  });
  return element("div", { class: "gx-legend" }, ...items.map(({ root }) => root));
}

/** The sum in parts, and with another sigma. @param {Store} store */
function summary(store) {
  const node = element("p", { class: "gx-summary" });
  store.draw(() => {
    const { evidence } = store.state;
    if (evidence) say(node, summaryText(evidence));
  });
  return node;
}

/** What the cell that was asked about brings. @param {Store} store */
function readout(store) {
  const node = element("p", { class: "gx-asked", "aria-live": "polite" });
  store.draw(() => {
    const { evidence, litCell } = store.state;
    if (!evidence) return;
    const hint = "Click a cell (or ← →): its stretch of the recording lights up.";
    say(node, litCell === null ? hint : cellText(evidence, litCell));
  });
  return node;
}

/**
 * Why there is no picture, and what to do.
 *
 * @param {Store} store @param {Answers} answers
 */
function absence(store, { onFeatures }) {
  const { state } = store;
  const text = element("p");
  const button = element("button", { text: "Get the feature maps", onclick: onFeatures });
  const root = element("div", { class: "gx-absent" }, text, button);
  store.draw(() => {
    const kernel = state.facts?.whatif ?? state.facts?.learned;
    root.hidden = !kernel || state.evidence !== null;
    if (!kernel) return;
    button.hidden = !kernel.exists || state.host !== "jupyter" || !state.canPredict;
    button.disabled = state.asking;
    say(text, kernel.exists ? missing(state) : "There is no kernel here that could pool.");
  });
  return root;
}

/** @param {State} state */
function missing({ host, canPredict }) {
  const what = "This file holds no feature maps, so what each cell brings is not known. ";
  if (host === "jupyter") {
    return (
      what +
      (canPredict ? "The notebook can compute them." : "The notebook could not compute them.")
    );
  }
  return (
    `${what}Write it with gtan.explain(run, recording, features=True) and drop it here, or open ` +
    "the run in a notebook: gtan_viz.explore(run)."
  );
}
