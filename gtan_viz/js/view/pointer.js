// Zoom by wheel, pan by drag, click to select, hover for a word: the same on every panel of the time
// axis.

import { timeAxis, clampView, zoom } from "../state/axis.js";

const STILL = 4; // pixels that a click may wander

export function timePointer(panel, store, { pick, hover }) {
  const { canvas } = panel;
  const { state } = store;
  let drag = null;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const duration = () => state.scene?.duration ?? 1;

  canvas.addEventListener("wheel", (event) => {
    if (!state.scene) return;
    const { x } = place(event);
    const axis = timeAxis(state.view, panel.width);
    // Sideways, or with shift: pan. Else zoom; a page with the whole recording in view scrolls on.
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = (event.deltaX || event.deltaY) / axis.scale;
      store.set({ view: clampView([state.view[0] + by, state.view[1] + by], duration()) });
    } else {
      const factor = Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * 0.0016)));
      const view = zoom(state.view, axis.t(Math.max(x, axis.left)), factor, duration());
      if (factor > 1 && state.view[1] - state.view[0] >= duration() * 0.9999) return;
      store.set({ view });
    }
    event.preventDefault();
  }, { passive: false });

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    drag = { ...place(event), view: state.view, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (!drag) {
      hover?.(at, event);
      return;
    }
    if (Math.abs(at.x - drag.x) > STILL) drag.moved = true;
    if (!drag.moved || !state.scene) return;
    const by = (drag.x - at.x) / timeAxis(drag.view, panel.width).scale;
    canvas.classList.add("gx-dragging");
    hover?.(null);
    store.set({ view: clampView([drag.view[0] + by, drag.view[1] + by], duration()) });
  });
  canvas.addEventListener("pointerup", (event) => {
    const was = drag;
    drag = null;
    canvas.classList.remove("gx-dragging");
    if (was && !was.moved) pick(place(event), event);
  });
  canvas.addEventListener("pointercancel", () => {
    drag = null;
    canvas.classList.remove("gx-dragging");
  });
  canvas.addEventListener("pointerleave", () => hover?.(null));
  canvas.addEventListener("dblclick", () => store.set({ view: [0, duration()] }));
}
