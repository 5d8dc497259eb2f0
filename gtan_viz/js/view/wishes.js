// What a link or the traits ask for, brought on screen.

import { hasSettings } from "../state/derive.js";
import { shorten } from "../state/text.js";
import { FRESH } from "./address.js";
import { adoptSelection } from "./sharing.js";

/** @typedef {import("./address.js").Given} Given */
/** @typedef {import("../state/opening.js").Opener} Opener */

const TAKEN = new Set(["recording", "step", "layer", "selection", "settings", "time", "other"]);

/**
 * Only what is named changes. Of a recording that is not here, or cannot be opened, nothing is taken.
 *
 * @param {Store} store @param {Opener} opener @param {Given} given @param {Header} open of what is open
 * @returns {Promise<boolean>} whether it was taken
 */
export async function bring(store, opener, given, open) {
  const { recording = open.recording, step = open.step, settings, selection } = given;
  if (recording === null || (recording !== open.recording && !opener.entryOf(recording))) {
    const here = `${shorten(open.recording, 40)} is shown instead.`;
    store.set({ message: `There is no recording ${shorten(recording, 40)} here; ${here}` });
    return false;
  }
  if (recording !== open.recording || (step !== open.step && step !== null && step >= 0)) {
    await opener.open(recording, step !== null && step >= 0 ? step : null);
    if (store.state.recording !== recording) return false;
  }
  const isNew = settings && (hasSettings({ settings }) || hasSettings(store.state));
  if (isNew) store.set({ settings });
  if (selection && Object.keys(selection).length) adoptSelection(store, selection);
  if (given.layer && given.layer >= 1) store.set({ layer: given.layer });
  const traced = Array.from(store.state.trace?.steps ?? []);
  for (const [name, value] of Object.entries(given)) {
    if (TAKEN.has(name) || value === undefined) continue;
    if (name === "compare" && !traced.includes(given.compare ?? -1)) continue;
    store.set({ [name]: value });
  }
  return true;
}

/**
 * All of a link: what it does not name is as it was in the beginning.
 *
 * @param {Store} store @param {Opener} opener @param {Given} given @param {Header} open
 */
export const openLink = (store, opener, given, open) =>
  bring(store, opener, { settings: {}, ...FRESH, ...given }, open);
