// The explorer: one page on which a person sees why a detection fired. This module holds it
// together; what follows from what is in state/derive.js, what a person can do in state/actions.js,
// and each panel lives in a module of its own. Runs in a notebook (anywidget) and in the stand-
// alone page.

import { followFootage } from "../model/footage.js";
import { actions, changing, choosing } from "../state/actions.js";
import { explorerStore } from "../state/derive.js";
import { isOn } from "../state/exercise.js";
import { Opener } from "../state/opening.js";
import { rowOf } from "../state/scene.js";
import { openSource } from "../state/source.js";
import { clean } from "../state/text.js";
import { listenActs } from "./acting.js";
import { FRESH, readAddress } from "./address.js";
import { algorithmsCard, kernelsCard, timelineCard } from "./cards.js";
import { controlsPanel } from "./controls.js";
import { listenDrops } from "./drops.js";
import { element, say } from "./element.js";
import { groupingStepper } from "./grouping_stepper.js";
import { tooltip } from "./hover.js";
import { listenKeys } from "./keys.js";
import { followLine } from "./line.js";
import { nmsStepper } from "./nms_stepper.js";
import { overview } from "./overview.js";
import { goThere, listenPointer, mainPanels } from "./panels.js";
import { picture } from "./picture.js";
import { player } from "./player.js";
import { idly, rehearsal } from "./rehearsal.js";
import { reveal } from "./reveal.js";
import { asPython, download } from "./save.js";
import { sharing, spokenState } from "./sharing.js";
import { followTheme } from "./theme.js";
import { runName, topBar } from "./topbar.js";
import { tour } from "./tour.js";
import { videoParts } from "./video.js";
import { whyPanel } from "./why.js";
import { bring, openLink } from "./wishes.js";
import { zoomBar } from "./zoombar.js";

const REST = 120; // milliseconds without a change, until the hand is said to rest

/** @param {{model: HostModel, el: HTMLElement}} host @returns {() => void} which takes it down */
export function render({ model, el }) {
  const store = explorerStore({
    catalogue: model.get("catalogue") ?? [],
    host: model.get("host") ?? "jupyter",
  });
  const { state } = store;
  const source = openSource(model);
  const opener = new Opener(store, source, {
    opened: (view) =>
      idly(
        rehearsal(state, [...parts.panels, ...parts.why.panels]),
        () => state.explanation === view,
      ),
    settled: () => rest.soon(),
  });
  const root = element("div", {
    class: "gtan-explorer",
    role: "region",
    "aria-label": `GTAN explorer of ${runName(model.get("run"))}`,
    tabIndex: -1,
    "data-lm-suppress-shortcuts": "true",
  });
  const parts = assemble(root, model, store, opener);
  el.replaceChildren(root);

  const share = sharing(model, store, opener);
  const rest = resting(store, () => {
    say(parts.voice, spokenState(state));
    share.report();
  });
  store.draw(() => {
    // Not within the frame: it changes what is drawn.
    if (state.whatView?.missing && state.canPredict && !state.asking) {
      queueMicrotask(() => opener.askFeatures());
    }
  });
  listenDrops(root, (file) => opener.openFile(file));
  const stopActs = listenActs(root, async (hash) => {
    const given = readAddress(hash);
    if (!state.opened || !(await bring(store, opener, given, state.opened.header))) return;
    if (given.time !== undefined) parts.clock.seek(given.time);
  });
  const stopLine = followLine(model, el, store);
  const stopTheme = followTheme(root, store);
  const stopFootage = followFootage(model, (footage) => store.set({ footage }));
  start(model, store, source, opener, parts.clock.seek);

  // For tests and benchmarks.
  const explorer = {
    store,
    act: parts.act,
    play: parts.play,
    get state() {
      store.flush(); // what is read is on screen, too
      return state;
    },
  };
  Object.assign(root, { explorer });

  return () => {
    parts.play.stop();
    parts.clock.stop();
    stopFootage();
    rest.stop();
    source.stop();
    stopTheme();
    stopActs();
    stopLine();
    share.stop();
    for (const panel of [...parts.panels, ...parts.why.panels, ...parts.unsaved]) panel.stop();
    store.stop();
    root.remove(); // a host may hold on to its element
  };
}

/**
 * Everything on the page, and what it does.
 *
 * @param {HTMLElement} root @param {HostModel} model @param {Store} store @param {Opener} opener
 */
function assemble(root, model, store, opener) {
  const { state } = store;
  const change = changing(store);
  const choose = choosing(store);
  /** @param {string | null} recording @param {number | null} step */
  const open = (recording, step) => opener.open(recording, step);
  const play = player(store, {
    setFrame: (frame) => opener.showTraced(frame, null),
    settle: () => open(state.recording, state.trace && state.trace.steps[Math.round(state.frame)]),
  });
  /** @param {number} step */
  function seek(step) {
    play.stop();
    open(state.recording, step);
  }
  const main = mainPanels(store);
  const { clock, jump, film, card: video } = videoParts(store, choose);
  const panels = Object.values(main);
  const tip = tooltip(root);
  const why = reasons(store, { tell: tip.tell, opener, choose, seek: clock.seek });
  const steppers = {
    grouping: groupingStepper(store),
    nms: nmsStepper(store, { onDetection: choose.selectSource }),
  };
  const bar = topBar(store, model.get("run"), {
    open,
    glide(step) {
      play.stop();
      const frame = state.trace ? state.trace.steps.indexOf(step) : -1;
      if (frame >= 0) opener.showTraced(frame, null);
    },
    openFile: (file) => opener.openFile(file),
    save: (kind) => save(kind, state, { main, why: why.named }, model.get("run") ?? ""),
    copy: () => copy(store, model.get("run"), (text) => bar.showCode(text)),
  });
  const others = { choose, change, open, play, clock, jump, steppers, help: bar.help };
  const act = actions(store, { ...others, proposals: why.focus });
  const zoom = zoomBar(store, () => act);
  const voice = element("div", { class: "gx-voice", "aria-live": "polite" });
  const cards = [
    video,
    zoom.root,
    timelineCard(store, main, film),
    kernelsCard(store, main, play, seek),
    algorithmsCard(store, steppers),
  ];
  const side = [controlsPanel(store, change), why.root];
  root.append(bar.root, guide(root, store), columns(cards, side), tip.node, voice);
  leaveOut(root, store);
  store.draw(() => {
    if (state.view) tip.tell(""); // what was under the pointer has moved
  });
  listenPointer(store, main, {
    jump,
    tell: tip.tell,
    watch: clock.seek,
    seek,
  });
  goThere(film, store, clock.seek);
  listenKeys(root, act);
  const unsaved = [film, zoom.panel, ...Object.values(steppers).flatMap((one) => one.panels)];
  return { panels, why, play, act, voice, unsaved, clock };
}

/**
 * Why it fired; what is clicked there is chosen, or lights up.
 *
 * @param {Store} store
 * @param {{tell: import("./hover.js").Tell, opener: Opener,
 *   choose: import("../state/actions.js").Choose, seek: (time: number) => void}} others
 */
function reasons(store, { tell, opener, choose, seek }) {
  const { state } = store;
  return whyPanel(store, {
    tell,
    onFeatures: () => opener.askFeatures(),
    onCell(cell) {
      choose.lightCell(cell);
      if (state.litSpan) seek((state.litSpan.start + state.litSpan.end) / 2);
    },
    onDetection: choose.selectSource,
    onProposal: choose.selectProposal,
    onKernel(name) {
      const scene = state.whatif ?? state.scene;
      if (scene) choose.selectKernel(scene, name.layer, rowOf(scene, name));
    },
  });
}

/** The overview, whose stages open panels, and the tour. @param {HTMLElement} root @param {Store} store */
function guide(root, store) {
  tour(store, root);
  return overview(store, (panel) => reveal(root, store, panel)?.focus({ preventScroll: true }));
}

/** Panels that an exercise leaves out are not there. @param {HTMLElement} root @param {Store} store */
function leaveOut(root, store) {
  const panels = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-panel]")]);
  store.draw(() => {
    for (const node of panels)
      node.toggleAttribute("data-off", !isOn(node.dataset.panel ?? "", store.state));
  });
}

/** @param {Node[]} main @param {Node[]} side */
const columns = (main, side) =>
  element(
    "div",
    { class: "gx-grid" },
    element("div", { class: "gx-main" }, ...main),
    element("div", { class: "gx-side" }, ...side),
  );

/**
 * @param {"png" | "svg"} kind @param {State} state @param {import("./picture.js").Panels} panels
 * @param {string} run
 */
async function save(kind, state, panels, run) {
  const blob = await picture(kind, state, panels, run);
  const name = clean(state.recording ?? "gtan")
    .replace(/[^\p{L}\p{N}._-]+/gu, "_")
    .slice(0, 60);
  if (blob) download(blob, `${name}-step${state.step}.${kind}`);
}

/** @param {Store} store @param {string} run @param {(text: string) => void} show */
async function copy(store, run, show) {
  const text = asPython(store.state, run);
  try {
    await navigator.clipboard.writeText(text);
    store.set({ message: "Copied. Paste it into a notebook cell." });
  } catch {
    show(text); // no clipboard here (a page from disk may have none)
  }
}

/**
 * What can wait until the hand rests: the far windows of a long recording's what-if, soft-NMS's history,
 * and `tell`, which tells others.
 *
 * @param {Store} store @param {() => void} tell
 */
function resting(store, tell) {
  const { state } = store;
  let timer = 0;
  function rests() {
    const { facts, whatView, settings, rested } = state;
    const isNew =
      rested?.facts !== facts || rested.whatView !== whatView || rested.settings !== settings;
    if (isNew) store.set({ rested: { settings, whatView, facts } });
    if (state.whatView === whatView) tell();
    // Else the far windows followed, which comes here again.
  }
  function soon() {
    clearTimeout(timer);
    timer = window.setTimeout(rests, REST);
  }
  store.draw(() => {
    const { facts, missed, view, layer, window, tiou, score, tab, compare, theme } = state;
    void [facts, missed, view, layer, window, tiou, score, tab, compare, theme]; // a change of any
    void (state.running || state.time); // and where the video rests
    for (const name of Object.keys(FRESH)) void state[/** @type {keyof State} */ (name)];
    soon();
  });
  return { soon, stop: () => clearTimeout(timer) };
}

/**
 * Opens what the address (of a page) or the traits ask for, or says what is missing.
 *
 * @param {HostModel} model @param {Store} store @param {ReturnType<typeof openSource>} source
 * @param {Opener} opener @param {(time: number) => void} watch
 */
function start(model, store, source, opener, watch) {
  const message = openTrace(store, source);
  if (message) store.set({ message });
  const first = source.first();
  if (first) openWished(model, store, first, opener, watch);
  else {
    const problem = /** @type {?Error} */ (source.error());
    store.set({
      message: problem
        ? problem.message
        : "No Explanation is here. Drop one (a .safetensors file written by gtan.explain) onto this page.",
    });
    const recording = model.get("recording");
    if (recording && opener.entryOf(recording)) opener.open(recording, null);
  }
  store.flush();
}

/**
 * What is wrong with the trace, if anything is.
 *
 * @param {Store} store @param {ReturnType<typeof openSource>} source
 */
function openTrace(store, source) {
  try {
    store.set({ trace: source.trace() });
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * @param {HostModel} model @param {Store} store @param {View} first @param {Opener} opener
 * @param {(time: number) => void} watch goes to a time of the video
 */
function openWished(model, store, first, opener, watch) {
  const { header } = first;
  const isPage = store.state.host === "page";
  opener.show(first, true);
  const traits = {
    recording: model.get("recording") || header.recording,
    step: model.get("step") ?? header.step,
    settings: model.get("settings"),
    selection: model.get("selection"),
    hide: model.get("hide") ?? [],
    show: model.get("show") ?? [],
    layer: Object.keys(model.get("selection") ?? {}).length ? undefined : model.get("layer"),
  };
  const given = isPage ? readAddress() : {};
  const isFirst = !isPage || location.hash.length < 2; // nobody was sent here: the tour is offered
  openLink(store, opener, { ...traits, ...(isFirst && { tour: 0 }), ...given }, header).then(
    (isKnown) => {
      const { aim } = store.state; // the first picture shows what is selected
      const time = (isKnown && given.time) || (aim ? (aim.start + aim.end) / 2 : 0);
      if (time) watch(time);
    },
  );
  if (!isPage) return;
  addEventListener("hashchange", async () => {
    const pasted = readAddress(); // a link pasted into a page that is open
    if (store.state.opened && (await openLink(store, opener, pasted, store.state.opened.header))) {
      if (pasted.time !== undefined) watch(pasted.time);
    }
  });
}
