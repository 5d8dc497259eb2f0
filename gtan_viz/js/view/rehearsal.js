// The way of a slider, gone in idle moments on a canvas that nobody sees. A browser compiles well only
// what has run some dozens of times: without this, the first second of a drag takes twice as long a
// frame as the rest.

import { preparing } from "../model/recompute.js";
import { deriving } from "../state/derive.js";

const TIMES = 40;
let known = false; // what is compiled stays so, whatever recording is opened next

// A generator: one step is a few milliseconds. `state` is left as it is.
export function* rehearsal(state, panels) {
  yield* preparing(state.explanation);
  if (known) return;
  const shown = { ...state };
  const derive = deriving({ state: shown, touch() {}, set: (patch) => Object.assign(shown, patch) }, () => {});
  const ctx = document.createElement("canvas").getContext("2d", { alpha: false });
  for (let i = 0; i < TIMES; i++) {
    shown.settings = { sigma_factor: 0.6 + (1.4 * i) / TIMES };
    derive(new Set(["settings"]));
    yield;
    for (const panel of panels) if (panel.width) panel.paint(ctx, panel.width, shown);
    yield;
  }
  known = true;
}

// Goes on with the generator whenever nothing else is to do, as long as `wanted` says so.
export function idly(steps, wanted) {
  const go = (deadline) => {
    do {
      if (!wanted() || steps.next().done) return;
    } while (deadline && deadline.timeRemaining() > 8);
    idly(steps, wanted);
  };
  if (globalThis.requestIdleCallback) requestIdleCallback(go, { timeout: 1500 });
  else setTimeout(go, 50);
}
