// Soft-NMS as a debugger (Eq. 11): each step picks the strongest detection left, and fades those of
// its class that overlap it by rho or more, by exp(-tIoU^2 / xi).

import { number, plural, shorten, span } from "../state/text.js";
import { element, say } from "./element.js";
import { drawNms } from "./nms_picture.js";
import { canvasPanel } from "./panel.js";
import { stepper } from "./stepper.js";

const MOST = 8; // rows of the table
const COLUMNS = ["faded", "tIoU", "tIoU² / ξ", "× e^−", "before", "after"];

/** @typedef {(source: number[], label: number) => void} OnDetection */

/** @param {Store} store @param {{onDetection: OnDetection}} answers */
export function nmsStepper(store, { onDetection }) {
  const { state } = store;
  /** @param {number} step */
  const go = (step) => store.set({ nmsWish: { step, of: state.focus?.key ?? null } });
  const controls = stepper(store, {
    label: "Soft-NMS",
    count: () => state.nms?.steps.length ?? 0,
    at: () => state.nmsStep,
    go,
    extra: [
      element("button", {
        text: "fades ▶",
        title: "the next pick that fades others",
        onclick: () => toFade(state, go),
      }),
      element("button", {
        text: "to the selected",
        title: "the step that picks the selected detection",
        onclick: () => store.set({ nmsWish: null }),
      }),
    ],
  });
  const panel = canvasPanel(store, {
    label: "Soft-NMS, step by step",
    height: 190,
    draw: (ctx, width, height, shown) => {
      const step = shown.nms?.steps[shown.nmsStep];
      if (shown.nms && step) drawNms(ctx, width, height, shown.colors, shown.nms, step);
    },
  });
  const said = element("p", { class: "gx-said", "aria-live": "polite" });
  store.draw(() => say(said, sentence(state)));
  const root = element(
    "div",
    {
      class: "gx-debugger",
      "data-panel": "nms",
      tabIndex: -1,
      role: "tabpanel",
      "aria-label": "Soft-NMS, step by step",
    },
    element("div", { class: "gx-run" }, controls.root, panel.canvas, said),
    element("div", { class: "gx-algorithm" }, fadedTable(store, onDetection)),
  );
  return { root, panels: [panel], forward: controls.forward, back: controls.back };
}

/** @param {State} state @param {(step: number) => void} go */
function toFade({ nms, nmsStep }, go) {
  const next = nms ? nms.steps.findIndex(({ decayed }, n) => n > nmsStep && decayed.length) : -1;
  if (next >= 0) go(next);
}

/** @param {CandidateTable} candidates @param {number} i @returns {Segment} */
const segmentOf = ({ segments }, i) => ({ start: segments[2 * i], end: segments[2 * i + 1] });

/** @param {NmsRun} run @param {number} i */
const nameOf = ({ view, candidates }, i) =>
  `${shorten(view.header.classes[candidates.labels[i]], 24)} ${span(segmentOf(candidates, i))}`;

/** @param {State} state */
function sentence(state) {
  const { nms } = state;
  if (!nms) return "Nothing to suppress: no detections are known at this step.";
  const at = state.nmsStep;
  const step = nms.steps[at];
  if (!step) return "No detections: nothing to suppress.";
  const { rho, xi } = nms.view.header.settings.detection;
  const of = state.ghostNote && `Of ${state.ghostNote}. `;
  const others = plural(
    step.decayed.length,
    "other of its class overlaps",
    "others of its class overlap",
  );
  return (
    `${of}Pick ${at + 1}: ${nameOf(nms, step.pick)}, the strongest left, with ${number(step.score, 3)}. ` +
    (step.decayed.length
      ? `${others} it by ρ = ${number(rho, 2)} or more and fade (ξ = ${number(xi, 2)}).`
      : `No other of its class overlaps it by ρ = ${number(rho, 2)} or more.`)
  );
}

/** @param {Store} store @param {OnDetection} onDetection */
function fadedTable({ draw, state }, onDetection) {
  const rows = element("tbody");
  draw(() => {
    const { nms } = state;
    const items = [...(nms?.steps[state.nmsStep]?.decayed ?? [])].sort(
      (a, b) => b.before - a.before,
    );
    rows.replaceChildren(
      ...(nms ? items.slice(0, MOST).map((item) => fadedRow(nms, item, onDetection)) : []),
    );
    if (items.length > MOST) {
      const text = `and ${items.length - MOST} more`;
      rows.append(element("tr", {}, element("td", { text, colSpan: COLUMNS.length })));
    }
  });
  const head = COLUMNS.map((text) => element("th", { text, scope: "col" }));
  return element(
    "table",
    { class: "gx-decays" },
    element("thead", {}, element("tr", {}, ...head)),
    rows,
  );
}

/** @param {NmsRun} run @param {Decay} item @param {OnDetection} onDetection */
function fadedRow(run, item, onDetection) {
  const { candidates } = run;
  const { index, iou, exponent, factor, before, after } = item;
  const where = element("button", {
    class: "gx-link",
    text: span(segmentOf(candidates, index)),
    title: `Select ${nameOf(run, index)}`,
    onclick: () =>
      onDetection(
        Array.from(candidates.source.slice(4 * index, 4 * index + 4)),
        candidates.labels[index],
      ),
  });
  return element(
    "tr",
    {},
    element("td", {}, where),
    ...[iou, exponent, factor, before, after].map((value) =>
      element("td", { text: number(value, 3) }),
    ),
  );
}
