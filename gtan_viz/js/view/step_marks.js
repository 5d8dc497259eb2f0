// On the strips: the kernels of the step that Algorithm 1, or soft-NMS, is at.

import { timeAxis } from "../state/axis.js";
import { steppedOf } from "../state/stepped.js";
import { element } from "./element.js";

/** @param {Store} store @param {Panel} strips @returns {HTMLElement} to lie over the canvas */
export function stepMarks(store, strips) {
  const { state } = store;
  const root = element("div", { class: "gx-steps", "aria-hidden": "true" });
  store.draw(() => {
    const axis = timeAxis(state.view, strips.width);
    const rows = state.stripRows;
    root.replaceChildren(
      ...steppedOf(state).flatMap(({ kind, layer, start, end }) => {
        const [from, to] = [Math.max(axis.x(start), axis.left), Math.min(axis.x(end), axis.right)];
        const row = rows[layer - 1];
        if (!row || !(to > from) || !strips.width) return [];
        const mark = element("i", {
          class: `gx-step gx-step-${kind}`,
          text: kind === "fades" ? "" : kind,
        });
        mark.style.left = `${from.toFixed(1)}px`;
        mark.style.width = `${Math.max(3, to - from).toFixed(1)}px`;
        mark.style.top = `${row.top + 1}px`;
        mark.style.height = `${row.height - 2}px`;
        return [mark];
      }),
    );
  });
  return root;
}
