// The way of a slider, gone in idle moments on a canvas that nobody sees. A browser compiles well
// only what has run some dozens of times: without this, the first second of a drag takes twice as
// long a frame as the rest.

import { preparing } from "../model/recompute.js";
import { explorerStore, inputsOf } from "../state/derive.js";
import { contextOf } from "./draw.js";

const TIMES = 40;
let known = false; // what is compiled stays so, whatever recording is opened next

/**
 * A generator: one step is a few milliseconds. `state` is left as it is.
 *
 * @param {State} state @param {Panel[]} panels
 */
export function* rehearsal(state, panels) {
  if (state.explanation) yield* preparing(state.explanation);
  if (known) return;
  const stage = explorerStore(inputsOf(state));
  const ctx = contextOf(document.createElement("canvas"), { alpha: false });
  for (let i = 0; i < TIMES; i++) {
    stage.set({ settings: { sigma_factor: 0.6 + (1.4 * i) / TIMES } });
    void [stage.state.facts, stage.state.whatHits]; // computed when they are read
    yield;
    for (const panel of panels) if (panel.width) panel.paint(ctx, panel.width, stage.state);
    yield;
  }
  stage.stop();
  known = true;
}

/**
 * Goes on with the generator whenever nothing else is to do, as long as `isWanted` says so.
 *
 * @param {Generator} steps @param {() => boolean} isWanted
 */
export function idly(steps, isWanted) {
  /** @param {IdleDeadline} [deadline] */
  const go = (deadline) => {
    do {
      if (!isWanted() || steps.next().done) return;
    } while (deadline && deadline.timeRemaining() > 8);
    idly(steps, isWanted);
  };
  if ("requestIdleCallback" in globalThis)
    requestIdleCallback(go, { timeout: 1500 }); // Safari has none
  else setTimeout(go, 50);
}
