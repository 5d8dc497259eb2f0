// What others are told, once the hand rests: the kernel (traits), a screen reader, the address; and what
// is adopted from traits that Python, or another widget, has set.

import { writeAddress } from "./address.js";
import { detectionSelection } from "../state/focus.js";
import { number } from "../state/text.js";

const SHARED = ["recording", "step", "layer", "selection", "settings"]; // traits, linkable

// `opening` tells whether an Explanation is on its way; `open` asks for one.
export function sharing(model, store, voice, { open, opening, knowSteps }) {
  const { state } = store;
  let spoken = "";
  function speak() {
    const { facts, focus, scene } = state;
    const text = !scene ? "" : !focus ? "Nothing is selected."
      : facts ? facts.story.join(" ")
        : `Layer ${focus.layer}, cell ${focus.cell}, step ${state.step}: σ ` +
          `${number(scene.layers[focus.layer - 1].sigma[Math.max(0, focus.row)], 2)} cells.`;
    if (text !== spoken) voice.textContent = spoken = text;
  }

  // Traits for Python, and the address for a link. Only once the hand rests.
  let listening = true;
  function report() {
    listening = false;
    for (const name of SHARED) {
      if (opening() && (name === "recording" || name === "step")) continue; // somebody else's wish
      if (state[name] === null && name !== "selection") continue;
      const value = state[name] ?? {}; // no selection is an empty dict
      if (JSON.stringify(model.get(name)) !== JSON.stringify(value)) model.set(name, value);
    }
    model.set("screen_of", { recording: state.recording, step: state.step });
    model.set("screen", new DataView(screenTable(state).buffer));
    model.save_changes();
    listening = true;
    writeAddress(state);
  }

  function adopt(name) {
    if (!listening) return;
    const value = model.get(name);
    if (value === null || value === undefined) return;
    if (JSON.stringify(value) === JSON.stringify(state[name])) return;
    if (name === "recording") open(value, null);
    else if (name === "step") open(model.get("recording") || state.recording, value);
    else if (name === "selection") adoptSelection(value);
    else store.set({ [name]: value });
  }
  function adoptSelection(value) {
    if (!Object.keys(value).length) return store.set({ selection: null });
    let selection = value;
    if (value.kind === "detection" && value.layer === undefined && state.scene?.detections.count > value.detection) {
      selection = detectionSelection(state.scene, value.detection);
    }
    if (selection.kind === "kernel") selection = { mixed: false, ...selection };
    return store.set({ selection, layer: selection.layer ?? state.layer });
  }
  const watchers = SHARED.map((name) => {
    const listener = () => adopt(name);
    model.on(`change:${name}`, listener);
    return [name, listener];
  });
  const onCatalogue = () => {
    store.set({ catalogue: model.get("catalogue") ?? [] });
    knowSteps();
  };
  model.on("change:catalogue", onCatalogue);

  return {
    speak,
    report,
    adoptSelection,
    stop() {
      for (const [name, listener] of watchers) model.off(`change:${name}`, listener);
      model.off("change:catalogue", onCatalogue);
    },
  };
}

// Rows of [what-if, class, start, end, score, ranking, window, layer, row, ratio], float64.
export function screenTable({ scene, whatif, score }) {
  const rows = [];
  const add = (table, isWhatIf) => {
    for (let i = 0; i < table.count; i++) {
      if (!(table.score[i] >= score)) continue;
      rows.push(
        isWhatIf, table.label[i], table.start[i], table.end[i], table.score[i], table.ranking[i],
        table.window[i], table.layer[i], table.row[i], table.ratio[i],
      );
    }
  };
  if (scene) add(scene.detections, 0);
  if (whatif) add(whatif.detections, 1);
  return Float64Array.from(rows);
}
