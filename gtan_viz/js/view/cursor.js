// The present time of the video as a line over a canvas, and the cell that was asked about as a band.
// A frame moves the line; the canvas below stays as it is.

import { timeAxis } from "../state/axis.js";
import { element } from "./element.js";

/** @param {State} state @param {number} width of the canvas */
const onAxis = ({ view, time }, width) => {
  const axis = timeAxis(view, width);
  const x = axis.x(time);
  return x >= axis.left && x <= axis.right ? x : null;
};

/**
 * The canvas of a panel under the line.
 *
 * @param {Store} store @param {Panel} panel
 * @param {(state: State, width: number) => ?number} place pixels, null where the time is not in view
 */
export function withCursor(store, panel, place = onAxis) {
  const { state } = store;
  const mark = element("i", { class: "gx-cursor", "aria-hidden": "true", hidden: true });
  store.draw(() => {
    const x = state.video && panel.width ? place(state, panel.width) : null;
    mark.hidden = x === null;
    if (x !== null) mark.style.transform = `translateX(${x.toFixed(2)}px)`;
  });
  const marks = place === onAxis ? [litBand(store, panel), mark] : [mark];
  return element("div", { class: "gx-lane" }, panel.canvas, ...marks);
}

/** @param {Store} store @param {Panel} panel */
function litBand(store, panel) {
  const { state } = store;
  const band = element("i", { class: "gx-lit", "aria-hidden": "true", hidden: true });
  store.draw(() => {
    const { litSpan, view } = state;
    const axis = timeAxis(view, panel.width);
    const [from, to] = litSpan ? [axis.x(litSpan.start), axis.x(litSpan.end)] : [0, 0];
    const [left, right] = [Math.max(from, axis.left), Math.min(to, axis.right)];
    band.hidden = !litSpan || !panel.width || !(right > left);
    band.style.left = `${left.toFixed(1)}px`;
    band.style.width = `${Math.max(2, right - left).toFixed(1)}px`;
  });
  return band;
}
