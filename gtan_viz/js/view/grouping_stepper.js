// Algorithm 1 as a debugger: the base kernel walks over the cells of one window of the chosen
// layer, and merges with the next kernel where H / L is above epsilon (Figure 3).

import { ALGORITHM_1 } from "../method/group.js";
import { stepOfCell } from "../state/stepped.js";
import { number } from "../state/text.js";
import { withCursor } from "./cursor.js";
import { element, say } from "./element.js";
import { drawGrouping, groupingCell, groupingX } from "./grouping_picture.js";
import { canvasPanel } from "./panel.js";
import { stepper } from "./stepper.js";

const HEIGHT = 196;

/** @param {Store} store */
export function groupingStepper(store) {
  const { state } = store;
  /** @param {number} step */
  function go(step) {
    if (!state.grouping) return;
    const { layer, window } = state.grouping;
    store.set({ groupWish: { layer, window, step, of: state.focus?.key ?? null } });
  }
  /** @param {number} direction */
  function toMerge(direction) {
    const steps = state.grouping?.steps ?? [];
    let at = state.groupStep + direction;
    while (steps[at] && !steps[at].merged) at += direction;
    if (steps[at]) go(at);
  }
  const controls = stepper(store, {
    label: "Grouping",
    count: () => state.grouping?.steps.length ?? 0,
    at: () => state.groupStep,
    go,
    extra: [
      element("button", { text: "◀ merge", title: "the merge before", onclick: () => toMerge(-1) }),
      element("button", { text: "merge ▶", title: "the next merge", onclick: () => toMerge(1) }),
    ],
  });
  const panel = canvasPanel(store, {
    label: "Grouping, step by step",
    height: HEIGHT,
    draw: drawGrouping,
  });
  panel.canvas.addEventListener("click", ({ offsetX }) => {
    const cell = groupingCell(state, offsetX, panel.width);
    const step = stepOfCell(state.grouping?.steps ?? [], cell);
    if (step >= 0) go(step);
  });
  const said = element("p", { class: "gx-said", "aria-live": "polite" });
  store.draw(() => say(said, sentence(state)));
  const root = element(
    "div",
    {
      class: "gx-debugger",
      "data-panel": "grouping",
      tabIndex: -1,
      role: "tabpanel",
      "aria-label": "Grouping, step by step",
    },
    element(
      "div",
      { class: "gx-algorithm" },
      element("h3", { text: "Algorithm 1" }),
      algorithmLines(store),
    ),
    element("div", { class: "gx-run" }, controls.root, withCursor(store, panel, groupingX), said),
  );
  return { root, panels: [panel], forward: controls.forward, back: controls.back };
}

/** The lines that run in the step; the one that decides it stands out. @param {Store} store */
function algorithmLines(store) {
  const lines = ALGORITHM_1.map((text) => element("li", { text }));
  store.draw(() => {
    const step = store.state.grouping?.steps[store.state.groupStep];
    lines.forEach((node, i) => {
      const isCurrent = step?.line === i + 1;
      node.classList.toggle("gx-ran", Boolean(step?.lines.includes(i + 1)));
      node.classList.toggle("gx-current", isCurrent);
      if (isCurrent) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
    });
  });
  return element("ol", {}, ...lines);
}

/** @param {State} state */
function sentence({ grouping: run, groupStep }) {
  if (!run) return "Nothing is open yet.";
  const { window, grid, settings } = run.view.header;
  const off =
    settings.kernels.grouping === "off" ? " (This network was trained without grouping.)" : "";
  const step = run.steps[groupStep];
  if (!step) return `Layer ${run.layer} has a single kernel here: nothing to compare.${off}`;
  const { first, cell, intersection, union, iou, merged, width } = step;
  const span = window * grid.stride;
  const epsilon = number(settings.kernels.epsilon, 2);
  const compared =
    `The base kernel (from cell ${first}) against cell ${cell}: ` +
    `H = ${number(intersection * span, 2)} s, L = ${number(union * span, 2)} s, H/L = ${number(iou, 3)}`;
  return merged
    ? `${compared} > ε = ${epsilon}, so they merge; cells ${first}–${cell} are one kernel now, ` +
        `${number(width * span, 2)} s wide.${off}`
    : `${compared} ≤ ε = ${epsilon}, so the base kernel goes into G and cell ${cell} is the next ` +
        `base.${off}`;
}
