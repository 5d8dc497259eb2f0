// Zoom by Ctrl and wheel, pan by drag, click to select, hover for a word: the same on every panel of
// the time axis. A plain wheel scrolls the page, as everywhere.

import { clampView, timeAxis, zoom } from "../state/axis.js";

const STILL = 4; // pixels that a click may wander

/** @typedef {{x: number, y: number}} Place */

/** @param {HTMLCanvasElement} canvas @param {MouseEvent} event @returns {Place} */
function placeOf(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

/**
 * @param {Panel} panel
 * @param {Store} store
 * @param {{pick: (place: Place) => void, hover?: (place: ?Place, event?: MouseEvent) => void}} answers
 */
export function timePointer(panel, store, { pick, hover }) {
  const { canvas } = panel;
  /** @type {(Place & {view: readonly [number, number], moved: boolean}) | null} */
  let drag = null;

  canvas.addEventListener("wheel", (event) => turn(event, panel, store), { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    drag = { ...placeOf(canvas, event), view: store.state.view, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const place = placeOf(canvas, event);
    if (!drag) {
      hover?.(place, event);
      return;
    }
    if (Math.abs(place.x - drag.x) > STILL) drag.moved = true;
    const { scene } = store.state;
    if (!drag.moved || !scene) return;
    const by = (drag.x - place.x) / timeAxis(drag.view, panel.width).scale;
    canvas.classList.add("gx-dragging");
    hover?.(null);
    store.set({ view: clampView([drag.view[0] + by, drag.view[1] + by], scene.duration) });
  });
  const release = () => {
    const was = drag;
    drag = null;
    canvas.classList.remove("gx-dragging");
    return was;
  };
  canvas.addEventListener("pointerup", (event) => {
    const was = release();
    if (was && !was.moved) pick(placeOf(canvas, event));
  });
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => hover?.(null));
  canvas.addEventListener("dblclick", () =>
    store.set({ view: [0, store.state.scene?.duration ?? 1] }),
  );
}

/** @param {WheelEvent} event @param {Panel} panel @param {Store} store */
function turn(event, panel, store) {
  const { scene, view } = store.state;
  if (!scene) return;
  const { duration } = scene;
  const axis = timeAxis(view, panel.width);
  const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
  const isZoom = event.ctrlKey || event.metaKey; // a pinch comes as Ctrl and wheel
  if (!isZoom && !isSideways) return;
  if (!isZoom) {
    const by = (event.deltaX || event.deltaY) / axis.scale;
    store.set({ view: clampView([view[0] + by, view[1] + by], duration) });
  } else {
    const factor = Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * 0.0016)));
    const { x } = placeOf(panel.canvas, event);
    store.set({ view: zoom(view, axis.t(Math.max(x, axis.left)), factor, duration) });
  }
  event.preventDefault();
}
