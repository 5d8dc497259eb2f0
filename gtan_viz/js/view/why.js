// "Why did it fire here?": the way from the selected kernel to its detection, in five blocks that
// follow the data. Every number stands as learned and, after a change, as what-if beside it.

import { number, plural, seconds, shorten, span } from "../state/text.js";
import { block } from "./block.js";
import { element, say } from "./element.js";
import { evidencePanel } from "./evidence_panel.js";
import { concerns, missedPanel } from "./missed_panel.js";
import { boundaryPanel, scoresPanel } from "./why_panels.js";

const MEMBERS = 24; // of a mixed kernel, that have a button
const FADERS = 6; // detections that faded it, that have one
const UNKNOWN = "not known";

/** @typedef {(kernel: KernelFacts) => string} Tell what a row of the tables says of a kernel */
/** @typedef {{name: string, tell: Tell, title?: string}} Row */

/** @type {(value: number | null) => string} */
const score = (value) => (value === null ? UNKNOWN : number(value, 3));
/** @param {number} cells @param {KernelFacts} kernel */
const lengthText = (cells, kernel) =>
  `${number(cells, 2)} cells, ${seconds(cells * kernel.cellSeconds, 1)}`;

/** @type {Record<string, Row[]>} */
const ROWS = {
  kernel: [
    { name: "σ", tell: (k) => lengthText(k.sigma, k), title: "Width of the Gaussian curve" },
    {
      name: "width",
      tell: (k) => lengthText(k.width, k),
      title: "Default boundary at scale ratio 1: Eq. 2",
    },
  ],
  scores: [
    {
      name: "class score",
      tell: (k) => score(k.scores && k.scores[k.label + 1]),
      title: "Highest of the action classes",
    },
    {
      name: "overlap score",
      tell: (k) => score(k.overlap),
      title: "y_ov: the tIoU the network expects",
    },
    { name: "product", tell: (k) => score(k.ranking), title: "Ranking score, Eq. 10" },
  ],
  boundary: [
    { name: "scale ratio", tell: (k) => number(k.ratioValue, 2) },
    { name: "default", tell: (k) => span(k.boundary) },
    {
      name: "Δc, Δw",
      tell: ({ offsets }) =>
        offsets ? `${number(offsets[0], 2)}, ${number(offsets[1], 2)}` : UNKNOWN,
      title: "Predicted offsets of centre and width",
    },
    { name: "refined", tell: (k) => (k.refined ? span(k.refined) : UNKNOWN) },
    { name: "tIoU with truth", tell: (k) => k.truthText, title: "Closest truth of the class" },
  ],
  nms: [
    { name: "score before", tell: (k) => score(k.ranking) },
    { name: "score after", tell: (k) => k.after },
  ],
};

/** @type {Record<string, Parameters<typeof block>[2]>} */
const HEADS = {
  kernel: {
    title: "1 Kernel",
    note: "Eq. 1–3",
    comesTo: (k) => `σ ${number(k.sigma, 2)} cells${k.mixed ? ", mixed" : ""}`,
  },
  evidence: {
    title: "2 Gaussian pooling",
    note: "Eq. 4",
    comesTo: () => "what each cell brings",
  },
  scores: {
    title: "3 Class scores",
    note: "softmax",
    comesTo: (k, { classes }) =>
      k.scores ? `${shorten(classes[k.label], 16)} ${number(k.scores[k.label + 1], 2)}` : UNKNOWN,
  },
  boundary: {
    title: "4 Boundary",
    note: "Eq. 5",
    comesTo: (k) => `${span(k.refined ?? k.boundary)}, ratio ${number(k.ratioValue, 2)}`,
  },
  fading: {
    title: "5 soft-NMS",
    note: "Eq. 11",
    comesTo: (k) => (k.score === null ? k.after : `${score(k.ranking)} → ${k.after}`),
  },
};

/**
 * @param {Store} store
 * @param {{onDetection: (source: number[], label: number) => void,
 *   onProposal: (row: MissedRow) => void, onFound: (detection: number) => void, onKernel: (name: KernelName) => void
 *   } & import("./evidence_panel.js").Answers} answers
 */
export function whyPanel(store, answers) {
  const { state } = store;
  const { onDetection, onKernel } = answers;
  const evidence = evidencePanel(store, answers);
  const scores = scoresPanel(store);
  const boundary = boundaryPanel(store);
  const body = element(
    "div",
    { class: "gx-why-body" },
    element(
      "div",
      { class: "gx-columns" },
      element("span"),
      element("span", { text: "as learned" }),
      element("span", { class: "gx-whatif", text: "what-if" }),
    ),
    block(store, "kernel", HEADS.kernel, table(store, ROWS.kernel), memberButtons(store, onKernel)),
    block(store, "evidence", HEADS.evidence, evidence.root),
    block(store, "scores", HEADS.scores, scores.canvas, table(store, ROWS.scores)),
    block(store, "boundary", HEADS.boundary, boundary.canvas, table(store, ROWS.boundary)),
    block(store, "fading", HEADS.fading, table(store, ROWS.nms), faderButtons(store, onDetection)),
  );
  const title = element("h2");
  const missed = missedPanel(store, answers);
  const story = storyText(store);
  const root = element(
    "section",
    { class: "gx-card gx-why", "data-panel": "why", "aria-label": "Why did it fire here?" },
    title,
    missed.root,
    story,
    body,
  );
  store.draw(() => {
    const { facts } = state;
    // Of a chosen action nothing is said but what concerns it.
    const isAside = !missed.root.hidden && !concerns(state);
    body.hidden = !facts || isAside;
    story.hidden = isAside;
    say(title, titleOf(state));
    root.classList.toggle("gx-has-whatif", Boolean(facts?.whatif));
    const spoken = facts ? `Class scores: ${facts.spoken}` : "Class scores";
    if (scores.canvas.ariaLabel !== spoken) scores.canvas.ariaLabel = spoken;
  });
  const named = { evidence: evidence.panels[0], features: evidence.panels[1], scores, boundary };
  return { root, named, panels: Object.values(named), focus: missed.focus };
}

/** @param {State} state */
function titleOf({ missed, facts }) {
  if (missed) return missed.by < 0 ? "Why did it not fire?" : "An action that was found";
  const first = facts?.learned ?? facts?.whatif;
  return first?.reason ? "Why did it not fire here?" : "Why did it fire here?";
}

/** @param {Store} store @param {Row[]} rows */
function table(store, rows) {
  const cells = rows.map(({ name, tell, title }) => {
    const learned = element("td");
    const whatif = element("td", { class: "gx-whatif" });
    const head = element("th", { text: name, title, scope: "row" });
    return { tell, learned, whatif, row: element("tr", {}, head, learned, whatif) };
  });
  store.draw(() => {
    const { facts } = store.state;
    if (!facts) return;
    for (const { tell, learned, whatif } of cells) {
      const text = facts.learned ? tell(facts.learned) : "no such kernel";
      const other = facts.whatif ? tell(facts.whatif) : text;
      say(learned, text);
      say(whatif, other === text ? "" : other);
    }
  });
  return element(
    "table",
    { class: "gx-numbers" },
    element("tbody", {}, ...cells.map(({ row }) => row)),
  );
}

/** Two paragraphs: only the second one follows a slider. @param {Store} store */
function storyText(store) {
  const sentences = [element("p"), element("p")];
  store.draw(() => {
    const told = storyOf(store.state);
    sentences.forEach((node, i) => say(node, told[i] ?? ""));
  });
  return element("div", { class: "gx-story" }, ...sentences);
}

/** @param {State} state */
function storyOf(state) {
  if (!state.scene) return ["Nothing is open yet."];
  if (!state.selection) return ["Click a detection on the timeline or a kernel below it."];
  const { facts, ghostNote } = state;
  if (facts) return ghostNote ? [`Of ${ghostNote}: ${facts.story[0]}`] : facts.story;
  return [absence(state)];
}

/** What is selected is not there. @param {State} state */
function absence({ selection, step, ghostNote }) {
  const when = ghostNote || `step ${step}`;
  return selection?.layer !== undefined && selection.mixed
    ? `No kernel of layer ${selection.layer} is mixed from cell ${selection.cell} on at ${when}.`
    : `What was selected is not there at ${when}.`;
}

/**
 * The members of a mixed kernel.
 *
 * @param {Store} store @param {(name: KernelName) => void} onKernel
 */
function memberButtons(store, onKernel) {
  const root = element("div", { class: "gx-chips" });
  let shown = "";
  store.draw(() => {
    const { facts } = store.state;
    const kernel = facts?.whatif ?? facts?.learned;
    if (!kernel) return;
    const { mixed, layer, window, members } = kernel;
    const key = mixed ? [layer, window, ...members].join() : "";
    if (key === shown) return;
    shown = key;
    root.replaceChildren();
    if (!mixed) return;
    root.append(element("span", { text: `mixed from ${plural(members.length, "member")}: cells` }));
    for (const cell of members.slice(0, MEMBERS)) {
      root.append(
        element("button", {
          text: String(cell),
          class: "gx-chip",
          title: `Select the kernel of cell ${cell}`,
          onclick: () => onKernel({ window, layer, cell, mixed: false }),
        }),
      );
    }
    if (members.length > MEMBERS) root.append(element("span", { text: "…" }));
  });
  return root;
}

/**
 * What faded its detection.
 *
 * @param {Store} store @param {(source: number[], label: number) => void} onDetection
 */
function faderButtons(store, onDetection) {
  const { state } = store;
  const root = element("div", { class: "gx-faded" });
  store.draw(() => {
    root.replaceChildren();
    if (!state.fading || !state.facts) return;
    const { text, by } = state.fading;
    const { classes } = state.facts;
    root.append(element("p", { text }));
    for (const item of by.slice(0, FADERS)) {
      root.append(
        element(
          "button",
          {
            class: "gx-fader",
            title: "Select that detection",
            onclick: () => onDetection(item.source, item.label),
          },
          element("span", { text: `${shorten(classes[item.label], 22)} ${span(item)}` }),
          element("span", { text: `tIoU ${number(item.iou, 2)}` }),
          element("span", { text: `× ${number(item.factor, 3)}` }),
        ),
      );
    }
    if (by.length > FADERS) root.append(element("p", { text: `and ${by.length - FADERS} more` }));
  });
  return root;
}
