// Two explorers, of two runs: one recording, time axis, playhead and selection for both. What-ifs, steps
// and kernels stay each one's own.

import { batch, effect, untracked } from "@preact/signals-core";
import { counterpart, sameTruth } from "./counterpart.js";

/** What is one for both, whoever changes it. */
const SAME = /** @type {const} */ ([
  "view",
  "window",
  "tiou",
  "score",
  "theme",
  "rowHeights",
  "unfolded",
  "explained",
  "hide",
  "show",
]);
/** What the video says, which the upper one has. */
const PLAYED = /** @type {const} */ (["footage", "time", "running", "speed", "looping", "named"]);

/** @typedef {{store: Store, opener: Pick<import("./opening.js").Opener, "open">}} Side */

/** What was selected for a store, not by it. @type {WeakMap<Store, Pick<State, "selection" | "chosenTruth">>} */
const echoes = new WeakMap();

/**
 * @param {Side} upper @param {Side} lower
 * @param {() => void} arrived whenever both have opened another recording
 * @returns {() => void} which takes the link away
 */
export function link(upper, lower, arrived) {
  const both = [upper, lower];
  let opening = 0; // recordings on their way
  let common = upper.store.state.recording;
  const isApart = () => opening > 0 || upper.store.state.recording !== lower.store.state.recording;

  /** The one that did not change opens what the other has. */
  async function follow() {
    const [from, to] = upper.store.state.recording === common ? [lower, upper] : both;
    const { recording } = from.store.state;
    common = recording;
    opening++;
    await to.opener.open(recording, null); // which says what went wrong
    opening--;
    if (isApart()) return;
    share(from.store, to.store);
    select(from.store, to.store);
    arrived();
  }
  const stops = [
    effect(() => {
      const [one, other] = both.map(({ store }) => store.state.recording);
      if (one !== other && other !== null && one !== null) untracked(follow);
    }),
    effect(() => {
      const { state } = upper.store;
      const played = Object.fromEntries(PLAYED.map((name) => [name, state[name]]));
      untracked(() => lower.store.set(played));
    }),
    ...tie(upper.store, lower.store, isApart),
    ...tie(lower.store, upper.store, isApart),
  ];
  if (!isApart()) select(upper.store, lower.store);
  return () => {
    for (const stop of stops) stop();
  };
}

/**
 * What one says from now on is the other's too.
 *
 * @param {Store} from @param {Store} to @param {() => boolean} isApart
 */
function tie(from, to, isApart) {
  const { state } = from;
  let isNew = true;
  return [
    effect(() => {
      for (const name of SAME) void state[name];
      untracked(() => isApart() || share(from, to));
    }),
    effect(() => {
      void [state.selection, state.chosenTruth];
      untracked(() => isNew || isEcho(from) || isApart() || select(from, to));
      isNew = false;
    }),
  ];
}

/** @param {Store} from @param {Store} to */
function share({ state }, to) {
  for (const name of SAME) {
    const fits =
      name !== "window" || state.scene?.windows.length === to.state.scene?.windows.length;
    if (fits) to.set({ [name]: state[name] });
  }
}

/** What is selected in one, as far as it means something in the other. @param {Store} from @param {Store} to */
function select({ state }, to) {
  const { scene, chosenTruth, focus } = state;
  const there = to.state.scene;
  if (!scene || !there) return;
  const selection = counterpart(state, to.state);
  const truth = chosenTruth === null ? -1 : sameTruth(chosenTruth, scene, there);
  batch(() => {
    to.set({
      selection,
      chosenTruth: truth < 0 ? null : truth,
      beside: focus && { start: focus.start, end: focus.end },
    });
    if (selection?.layer) to.set({ layer: selection.layer });
    echoes.set(to, { selection: to.state.selection, chosenTruth: to.state.chosenTruth });
  });
}

/** Whether it was selected by the other; asked once. @param {Store} store */
function isEcho(store) {
  const { selection, chosenTruth } = store.state;
  const echo = echoes.get(store);
  echoes.delete(store);
  return echo?.selection === selection && echo.chosenTruth === chosenTruth;
}
