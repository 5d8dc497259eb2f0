// What others are told, once the hand rests: the kernel (traits), a screen reader, the address; and
// what is adopted from traits that Python, or another widget, has set.

import { detectionSelection } from "../state/focus.js";
import { number } from "../state/text.js";
import { concerns } from "./missed_panel.js";

const SHARED = /** @type {const} */ ([
  "recording",
  "step",
  "layer",
  "selection",
  "settings",
  "hide",
  "show",
]); // traits, linkable

/** @typedef {typeof SHARED[number]} Shared */

/**
 * @param {HostModel} model
 * @param {Store} store
 * @param {import("../state/opening.js").Opener} opener
 * @param {(state: State) => void} write into the address
 */
export function sharing(model, store, opener, write) {
  const { state } = store;
  let isReporting = false;

  function report() {
    isReporting = true;
    for (const name of SHARED) {
      if (opener.isBusy && (name === "recording" || name === "step")) continue; // somebody else's wish
      if (state[name] === null && name !== "selection") continue;
      const value = state[name] ?? {}; // no selection is an empty dict
      if (JSON.stringify(model.get(name)) !== JSON.stringify(value)) model.set(name, value);
    }
    model.set("screen_of", { recording: state.recording, step: state.step });
    model.set("screen", new DataView(screenTable(state).buffer));
    if (!state.cut) model.save_changes();
    isReporting = false;
    write(state);
  }

  /** @param {Shared} name */
  function adopt(name) {
    if (isReporting) return;
    const value = model.get(name);
    if (value === null || value === undefined) return;
    if (JSON.stringify(value) === JSON.stringify(state[name])) return;
    if (name === "recording") opener.open(value, null);
    else if (name === "step") opener.open(model.get("recording") || state.recording, value);
    else if (name === "selection") adoptSelection(store, value);
    else store.set({ [name]: value });
  }
  const watchers = SHARED.map((name) => ({ event: `change:${name}`, listener: () => adopt(name) }));
  watchers.push({
    event: "change:catalogue",
    listener: () => store.set({ catalogue: model.get("catalogue") ?? [] }),
  });
  for (const { event, listener } of watchers) model.on(event, listener);

  return {
    report,
    stop() {
      for (const { event, listener } of watchers) model.off(event, listener);
    },
  };
}

/** What a screen reader says. @param {State} state */
export function spokenState(state) {
  const { facts, focus, missed, scene, step, ghostNote } = state;
  if (!scene) return "";
  if (missed && !concerns(state)) return missed.story;
  if (!focus) return "Nothing is selected.";
  if (facts && !ghostNote) return facts.story.join(" ");
  const sigma = scene.layers[focus.layer - 1].sigma[Math.max(0, focus.row)];
  const now = `Layer ${focus.layer}, cell ${focus.cell}, step ${step}: σ ${number(sigma, 2)} cells.`;
  return facts ? `${now} Of ${ghostNote}: ${facts.story[0]}` : now;
}

/** @param {Store} store @param {any} value as Python wrote it */
export function adoptSelection(store, value) {
  const { scene, layer } = store.state;
  if (!Object.keys(value).length) {
    store.set({ selection: null, chosenTruth: null });
    return;
  }
  let selection = value;
  if (
    value.kind === "detection" &&
    value.layer === undefined &&
    scene &&
    scene.detections.count > value.detection
  ) {
    selection = detectionSelection(scene, value.detection);
  }
  if (selection.kind === "kernel") selection = { mixed: false, ...selection };
  store.set({ selection, layer: selection.layer ?? layer, chosenTruth: null });
}

/**
 * Rows of [what-if, class, start, end, score, ranking, window, layer, row, ratio], float64.
 *
 * @param {State} state
 */
function screenTable({ scene, whatif, score }) {
  /** @type {number[]} */
  const rows = [];
  /** @param {DetectionTable} table @param {number} isWhatIf */
  const add = (table, isWhatIf) => {
    for (let i = 0; i < table.count; i++) {
      if (!(table.score[i] >= score)) continue;
      rows.push(
        isWhatIf,
        table.label[i],
        table.start[i],
        table.end[i],
        table.score[i],
        table.ranking[i],
        table.window[i],
        table.layer[i],
        table.row[i],
        table.ratio[i],
      );
    }
  };
  if (scene) add(scene.detections, 0);
  if (whatif) add(whatif.detections, 1);
  return Float64Array.from(rows);
}
