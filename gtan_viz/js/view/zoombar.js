// The whole recording in one narrow strip, with a frame around what is in view, and buttons to zoom: for
// those who have no wheel, and to say where one is.

import { clampView, timeAxis } from "../state/axis.js";
import { classEdge } from "../state/colors.js";
import { span } from "../state/text.js";
import { line } from "./draw.js";
import { element } from "./element.js";
import { canvasPanel } from "./panel.js";

const HEIGHT = 26;
const LABEL = "Part in view of the whole recording. Shift and arrow keys move it, + and − zoom.";

/** @typedef {{zoom: (factor: number) => void, whole: () => void, toSelection: () => void}} Act */

/** @param {Store} store @param {() => Act} act */
export function zoomBar(store, act) {
  const { state } = store;
  const panel = canvasPanel(store, { label: LABEL, height: HEIGHT, draw });
  const said = element("span", { class: "gx-unseen gx-span", role: "status" });
  const buttons = [
    button("−", "Zoom out (−; Ctrl and wheel)", () => act().zoom(1 / 0.7)),
    button("+", "Zoom in (+; Ctrl and wheel)", () => act().zoom(0.7)),
    button("selection", "Zoom to the selection (f)", () => act().toSelection()),
    button("all", "All of the recording (0)", () => act().whole()),
  ];
  store.draw(() => {
    const { scene, view, focus } = state;
    const isWhole = !scene || view[1] - view[0] >= scene.duration * 0.9999;
    said.textContent = isWhole ? "whole recording" : span({ start: view[0], end: view[1] });
    buttons[0].disabled = isWhole;
    buttons[2].disabled = !focus;
    buttons[3].disabled = isWhole;
  });
  listen(panel, store);
  const head = element("div", { class: "gx-zoom-buttons" }, ...buttons);
  const lane = element("div", { class: "gx-zoom" }, panel.canvas, head);
  return {
    panel,
    root: element("section", { class: "gx-card gx-zooming", "data-panel": "zoom" }, lane, said),
  };
}

/** @param {string} text @param {string} title @param {() => void} onclick */
const button = (text, title, onclick) =>
  element("button", { text, title, "aria-label": title.split(" (")[0], onclick });

/**
 * Truth above, what was found below; what is out of view is faint.
 *
 * @param {Ctx} ctx @param {number} width @param {number} height @param {State} state
 */
function draw(ctx, width, height, { toldScene: scene, view, colors, score }) {
  if (!scene) return;
  const axis = timeAxis([0, scene.duration], width);
  const { truth, detections } = scene;
  ctx.fillStyle = colors.raised;
  ctx.fillRect(axis.left, 2, axis.right - axis.left, height - 4);
  ctx.fillStyle = colors.truth;
  for (let row = 0; row < truth.count; row++) bar(ctx, axis, truth, row, 5, 5);
  for (let row = detections.count - 1; row >= 0; row--) {
    if (!(detections.score[row] >= score)) continue;
    ctx.fillStyle = classEdge(colors, detections.label[row]);
    bar(ctx, axis, detections, row, 14, 7);
  }
  ctx.globalAlpha = 0.7;
  ctx.fillStyle = colors.panel;
  const [from, to] = [axis.x(view[0]), axis.x(view[1])];
  ctx.fillRect(axis.left, 0, from - axis.left, height);
  ctx.fillRect(to, 0, axis.right - to, height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = colors.accent;
  ctx.lineWidth = 2;
  ctx.strokeRect(from, 1, Math.max(3, to - from), height - 2);
  for (const x of [from, to]) line(ctx, x, height / 2 - 4, x, height / 2 + 4);
}

/**
 * @param {Ctx} ctx @param {import("../state/axis.js").Axis} axis
 * @param {{start: Float64Array, end: Float64Array}} table @param {number} row
 * @param {number} y @param {number} tall
 */
function bar(ctx, axis, table, row, y, tall) {
  const x = axis.x(table.start[row]);
  ctx.fillRect(x, y, Math.max(1, axis.x(table.end[row]) - x), tall);
}

/**
 * A drag moves the frame, a press elsewhere brings it there.
 *
 * @param {Panel} panel @param {Store} store
 */
function listen({ canvas }, store) {
  /** @param {PointerEvent} event */
  const secondsAt = (event) => {
    const box = canvas.getBoundingClientRect();
    const axis = timeAxis([0, store.state.scene?.duration ?? 1], box.width);
    return axis.t(event.clientX - box.left);
  };
  /** @type {number | null} */
  let grip = null; // seconds from the frame's start to the pointer
  canvas.addEventListener("pointerdown", (event) => {
    const { view, scene } = store.state;
    if (event.button !== 0 || !scene) return;
    const at = secondsAt(event);
    const isInside = at >= view[0] && at <= view[1];
    grip = isInside ? at - view[0] : (view[1] - view[0]) / 2;
    canvas.setPointerCapture(event.pointerId);
    if (!isInside) move(at);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (grip !== null) move(secondsAt(event));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      grip = null;
    });
  }
  /** @param {number} at */
  function move(at) {
    const { view, scene } = store.state;
    if (!scene || grip === null) return;
    const start = at - grip;
    store.set({ view: clampView([start, start + view[1] - view[0]], scene.duration) });
  }
}
