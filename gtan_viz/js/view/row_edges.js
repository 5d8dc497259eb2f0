// The lower edges of the kernels' rows: dragged, or moved by the arrow keys, they make a row higher.

import { clampHeight, LEAST, MOST, USUAL } from "../state/strip_rows.js";
import { element } from "./element.js";

/** Pixels by key. @type {Record<string, number>} */
const KEYS = { ArrowDown: 8, ArrowUp: -8, PageDown: 40, PageUp: -40 };

/** @param {Store} store @returns {HTMLElement} to lie over the canvas */
export function rowEdges(store) {
  const root = element("div", { class: "gx-edges" });
  /** @type {HTMLElement[]} */
  let edges = [];
  store.draw(() => {
    const { stripRows } = store.state;
    if (edges.length !== stripRows.length) {
      edges = stripRows.map((_, index) => edge(store, index));
      root.replaceChildren(...edges);
    }
    stripRows.forEach(({ top, height }, index) => {
      edges[index].style.top = `${top + height - 4}px`;
      edges[index].setAttribute("aria-valuenow", String(height));
    });
  });
  return root;
}

/** @param {Store} store @param {number} index of the row */
function edge(store, index) {
  const layer = index + 1;
  const heightOf = () => store.state.stripRows[index].height;
  /** @param {number} height */
  function resize(height) {
    /** @type {Record<string, number>} */
    const rowHeights = { ...store.state.rowHeights, [layer]: clampHeight(height) };
    if (rowHeights[layer] === USUAL) delete rowHeights[layer];
    store.set({ rowHeights });
  }
  /** @type {?{y: number, height: number}} */
  let drag = null;
  return element("div", {
    class: "gx-edge",
    role: "separator",
    tabIndex: 0,
    title: "Drag to make the row higher; a double click makes it as usual",
    "aria-label": `Height of layer ${layer}`,
    "aria-orientation": "horizontal",
    "aria-valuemin": LEAST,
    "aria-valuemax": MOST,
    /** @param {KeyboardEvent} event */
    onkeydown(event) {
      const by = KEYS[event.key];
      if (!by && event.key !== "Home") return;
      resize(by ? heightOf() + by : USUAL);
      event.preventDefault(); // the arrows choose no kernel here
    },
    ondblclick: () => resize(USUAL),
    /** @param {PointerEvent} event */
    onpointerdown(event) {
      drag = { y: event.clientY, height: heightOf() };
      /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    },
    /** @param {PointerEvent} event */
    onpointermove(event) {
      if (drag) resize(drag.height + event.clientY - drag.y);
    },
    onpointerup() {
      drag = null;
    },
    onpointercancel() {
      drag = null;
    },
  });
}
