// The explorer: one page on which a person sees why a detection fired. This module holds it together;
// what follows from what is in derive.js, what a person can do in actions.js, and each panel lives in
// a module of its own. Runs in a notebook (anywidget) and in the stand-alone page.

import { actions, changing, choosing } from "../state/actions.js";
import { readAddress } from "./address.js";
import { algorithmsCard, kernelsCard, timelineCard } from "./cards.js";
import { controlsPanel } from "./controls.js";
import { deriving } from "../state/derive.js";
import { explainNms } from "../state/facts.js";
import { groupingStepper } from "./grouping_stepper.js";
import { tooltip } from "./hover.js";
import { KEYS, listenKeys } from "./keys.js";
import { nmsStepper } from "./nms_stepper.js";
import { listenDrops } from "./drops.js";
import { opener } from "../state/opening.js";
import { element } from "./panel.js";
import { listenPointer, mainPanels } from "./panels.js";
import { player } from "./player.js";
import { asPython, download, picture } from "./save.js";
import { idly, rehearsal } from "./rehearsal.js";
import { rowOf } from "../state/scene.js";
import { sharing } from "./sharing.js";
import { openSource } from "../state/source.js";
import { createStore } from "../state/store.js";
import { clean } from "../state/text.js";
import { followTheme } from "./theme.js";
import { topBar } from "./topbar.js";
import { whyPanel } from "./why.js";

export function render({ model, el }) {
  const store = createStore({
    catalogue: model.get("catalogue") ?? [],
    host: model.get("host") ?? "jupyter",
    recording: null, // name
    step: null, // of training
    explanation: null, // the learned view, null where only sigmas were kept
    scene: null, // what was learned, ready to draw
    whatView: null, whatif: null, // the same under the settings; null where nothing was changed
    settings: {}, // of the what-if
    canPredict: false, asking: false, // for a large model's feature maps
    layer: 1,
    window: null, // null: every window shows the part it owns
    windowSpan: null,
    view: [0, 1], // seconds
    selection: null, focus: null, facts: null, band: null,
    tiou: 0.5, score: 0.1,
    hits: null, whatHits: null,
    trace: null, traced: null, // [first, last) of the recording's windows in the trace
    frame: 0, playing: false, compare: null, reference: null,
    fullSteps: [], allSteps: [],
    heat: null, foregroundOnly: false,
    tab: "grouping", groupStep: 0, nmsStep: 0,
    theme: "auto", colors: {},
    message: "",
  });
  const { state } = store;

  // What can wait until the hand rests: the far windows of a long recording's what-if, soft-NMS's
  // history, the voice, the traits, the address.
  let resting = 0;
  function later() {
    clearTimeout(resting);
    resting = setTimeout(() => {
      if (state.whatView?.partial) {
        store.touch("rested");
        return; // which comes here again
      }
      explainNms(state);
      store.touch("facts");
      share.speak();
      share.report();
    }, 120);
  }
  store.listen(deriving(store, later));

  const source = openSource(model);
  const opening = opener(store, source, later, (view) =>
    idly(
      rehearsal(state, [...Object.values(panels), ...why.panels]),
      () => state.explanation === view,
    ));
  const { open } = opening;
  store.listen(() => {
    if (state.whatView?.missing && state.canPredict && !state.asking) opening.askFeatures();
  });
  const change = changing(store);
  const choose = choosing(store);

  const root = element("div", {
    class: "gtan-explorer", role: "region", "aria-label": "GTAN explorer", tabIndex: -1,
    "data-lm-suppress-shortcuts": "true",
  });
  const tip = tooltip(root);
  const voice = element("div", { class: "gx-voice", "aria-live": "polite" });
  const share = sharing(model, store, voice, { ...opening, opening: opening.busy });

  const play = player(store, {
    setFrame: (frame) => opening.showTraced(frame, null),
    settle: () => open(state.recording, state.trace.steps[Math.round(state.frame)]),
  });
  const panels = mainPanels(store);
  listenPointer(store, panels, {
    choose,
    tell: tip.tell,
    seek(step) {
      play.stop();
      open(state.recording, step);
    },
  });
  const why = whyPanel(store, {
    onDetection: choose.selectSource,
    onKernel(name) {
      const scene = state.whatif ?? state.scene;
      choose.selectKernel(scene, name.layer, rowOf(scene, name));
    },
  });
  const controls = controlsPanel(store, change);
  const steppers = {
    grouping: groupingStepper(store),
    nms: nmsStepper(store, { onDetection: choose.selectSource }),
  };
  const bar = topBar(store, {
    open,
    reset: change.reset,
    keys: KEYS,
    async save(kind) {
      const blob = await picture(kind, state, Object.values(panels), why.panels);
      const name = clean(state.recording ?? "gtan").replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 60);
      download(blob, `${name}-step${state.step}.${kind}`);
    },
    async copy() {
      const text = asPython(state, model.get("run"));
      try {
        await navigator.clipboard.writeText(text);
        store.set({ message: "Copied. Paste it into a notebook cell." });
        bar.showCode(null);
      } catch {
        bar.showCode(text); // no clipboard here (a page from disk may have none): show it
      }
    },
  });
  const act = actions(store, { choose, change, open, play, steppers, help: () => bar.help() });

  root.append(
    bar.root,
    element(
      "div", { class: "gx-grid" },
      element(
        "div", { class: "gx-main" },
        timelineCard(panels), kernelsCard(store, panels, play), algorithmsCard(store, steppers),
      ),
      element("div", { class: "gx-side" }, controls.root, why.root),
    ),
    tip.node, voice,
  );
  el.replaceChildren(root);

  const SHOWN = ["view", "layer", "window", "tiou", "score", "tab", "compare", "theme"];
  store.listen((changed) => {
    if (changed.has("view")) tip.tell("");
    if (SHOWN.some((name) => changed.has(name))) later();
    if (changed.has("theme")) theme.apply();
  });
  listenDrops(root, opening.openFile);
  listenKeys(root, act);
  const theme = followTheme(root, store);
  start(model, store, source, opening, share);

  // For tests and benchmarks.
  root.explorer = {
    store, state, act, play, ...steppers,
  };

  return () => {
    play.stop();
    clearTimeout(resting);
    source.stop();
    theme.stop();
    share.stop();
    const all = [panels, ...Object.values(steppers).map((one) => one.panels)].flatMap((one) => Object.values(one));
    for (const panel of [...all, ...why.panels]) panel.stop();
    store.stop();
  };
}

// Opens what the address (of a page) or the traits ask for, or says what is missing.
function start(model, store, source, { open, show, entryOf }, { adoptSelection }) {
  const { state } = store;
  try {
    state.trace = source.trace();
  } catch (error) {
    state.message = error.message;
  }
  store.touch("trace", "tab", "message", "catalogue");
  const given = state.host === "page" ? readAddress() : null;
  const first = source.first();
  if (first) {
    show(first, true);
    const recording = given?.recording ?? (model.get("recording") || first.header.recording);
    const step = given?.step ?? model.get("step") ?? first.header.step;
    if (recording !== first.header.recording || (step !== first.header.step && step >= 0)) {
      open(entryOf(recording) ? recording : first.header.recording, step >= 0 ? step : null);
    }
    const settings = given?.settings ?? model.get("settings");
    if (settings && Object.keys(settings).length) store.set({ settings });
    const selection = given?.selection ?? model.get("selection");
    if (selection && Object.keys(selection).length) adoptSelection(selection);
    const layer = given?.layer ?? model.get("layer");
    if (layer >= 1 && (given?.layer || !state.selection)) store.set({ layer });
    if (given) {
      for (const name of ["view", "window", "tiou", "score", "tab"]) {
        if (given[name] !== undefined) store.set({ [name]: given[name] });
      }
    }
  } else {
    const problem = source.error();
    store.set({
      message: problem ? problem.message
        : "No Explanation is here. Drop one (a .safetensors file written by gtan.explain) onto this page.",
    });
    const recording = model.get("recording");
    if (recording && entryOf(recording)) open(recording, null);
  }  store.flush();
}
