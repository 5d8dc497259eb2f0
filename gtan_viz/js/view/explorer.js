// The explorer: one page on which a person sees why a detection fired. This module holds it
// together; what follows from what is in state/derive.js, what a person can do in state/actions.js,
// and each panel lives in a module of its own. Runs in a notebook (anywidget) and in the stand-
// alone page.

import { followFootage } from "../model/footage.js";
import { actions, changing, choosing } from "../state/actions.js";
import { explorerStore } from "../state/derive.js";
import { isOn } from "../state/exercise.js";
import { jumping } from "../state/jumping.js";
import { Opener } from "../state/opening.js";
import { rowOf } from "../state/scene.js";
import { openSource } from "../state/source.js";
import { clean } from "../state/text.js";
import { listenActs } from "./acting.js";
import { FRESH, readAddress, writeAddress } from "./address.js";
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
import { partBar, runName, topBar } from "./topbar.js";
import { tour } from "./tour.js";
import { videoParts } from "./video.js";
import { whyPanel } from "./why.js";
import { bring, openLink } from "./wishes.js";
import { zoomBar } from "./zoombar.js";

const REST = 120; // milliseconds without a change, until the hand is said to rest

/**
 * @typedef {object} Part one of two explorers, of two runs (pair.js)
 * @property {string} run its name; empty where it is the only one
 * @property {?{clock: import("./clock.js").Clock, help: () => void}} lead of the one above, which has the
 *   video and what is there once; null: this is it
 * @property {(state: State) => void} write into the address
 */

/** @type {Part} */
const ALONE = { run: "", lead: null, write: writeAddress };

/** @param {{model: HostModel, el: HTMLElement}} host @returns {() => void} which takes it down */
export const render = ({ model, el }) => mount(model, el, ALONE).stop;

/** @param {HostModel} model @param {HTMLElement} el @param {Part} part */
export function mount(model, el, part) {
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
    "aria-label": `GTAN explorer of ${part.run || runName(model.get("run"))}`,
    tabIndex: -1,
    "data-lm-suppress-shortcuts": "true",
  });
  const parts = assemble(root, model, store, opener, part);
  el.replaceChildren(root);

  const share = sharing(model, store, opener, part.write);
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
  if (!part.run) listenDrops(root, (file) => opener.openFile(file));
  /** @param {import("./address.js").Given} given */
  async function adopt(given) {
    if (!state.opened || !(await bring(store, opener, given, state.opened.header))) return;
    if (given.time !== undefined) parts.clock.seek(given.time);
  }
  const stopActs = listenActs(root, (hash) => adopt(readAddress(hash)));
  const stopLine = followLine(model, el, store);
  const stopTheme = followTheme(root, store);
  const stopFootage = part.lead
    ? () => {}
    : followFootage(model, (footage) => store.set({ footage }));
  start(model, store, source, opener, part.lead ? null : parts.clock.seek);

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

  function stop() {
    parts.play.stop();
    if (!part.lead) parts.clock.stop();
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
  }
  return { store, opener, lead: { clock: parts.clock, help: parts.help }, adopt, stop };
}

/**
 * Everything on the page, and what it does.
 *
 * @param {HTMLElement} root @param {HostModel} model @param {Store} store @param {Opener} opener
 * @param {Part} part
 */
function assemble(root, model, store, opener, part) {
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
  const watched = part.lead
    ? withoutVideo(store, choose, part.lead.clock)
    : videoParts(store, choose);
  const { clock, jump, film } = watched;
  const panels = Object.values(main);
  const tip = tooltip(root);
  const why = reasons(store, { tell: tip.tell, opener, choose, seek: clock.seek });
  const steppers = {
    grouping: groupingStepper(store),
    nms: nmsStepper(store, { onDetection: choose.selectSource }),
  };
  const bars = barsOf(store, part, model.get("run"), {
    open,
    glide(step) {
      play.stop();
      const frame = state.trace ? state.trace.steps.indexOf(step) : -1;
      if (frame >= 0) opener.showTraced(frame, null);
    },
    openFile: (file) => opener.openFile(file),
    save: (kind) => save(kind, state, { main, why: why.named }, model.get("run") ?? "", part.run),
    copy: () => copy(store, model.get("run"), (text) => bars.showCode(text)),
  });
  const others = { choose, change, open, play, clock, jump, steppers, help: bars.help };
  const act = actions(store, { ...others, proposals: why.focus });
  const zoom = zoomBar(store, () => act);
  const voice = element("div", { class: "gx-voice", "aria-live": "polite" });
  const once = [watched.card, zoom.root];
  const cards = [
    timelineCard(store, main, film),
    kernelsCard(store, main, part.run ? null : play, { go: seek, choose: jump.toDetection }),
  ];
  const side = [controlsPanel(store, change), why.root];
  if (part.run) layOutPart(root, part, bars.nodes, once, columns(cards, side));
  else {
    const all = columns([...once, ...cards, algorithmsCard(store, steppers)], side);
    root.append(...bars.nodes, guide(root, store), all);
  }
  root.append(tip.node, voice);
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
  if (film) goThere(film, store, clock.seek);
  listenKeys(root, act);
  const films = film ? [film] : [];
  const unsaved = [...films, zoom.panel, ...Object.values(steppers).flatMap((one) => one.panels)];
  return { panels, why, play, act, voice, unsaved, clock, help: bars.help };
}

/**
 * One bar, or of two runs: one for both, and one of its own.
 *
 * @param {Store} store @param {Part} part @param {string} path of its run
 * @param {import("./topbar.js").Answers} answers
 */
function barsOf(store, { run, lead }, path, answers) {
  const top = lead ? null : topBar(store, path, answers, Boolean(run));
  const own = run ? partBar(store, run, answers) : null;
  return {
    nodes: [top, own].flatMap((bar) => (bar ? [bar.root] : [])),
    help: () => (lead ?? top)?.help(),
    showCode: (/** @type {string} */ text) => (own ?? top)?.showCode(text),
  };
}

/**
 * What there is once for both stands above the upper one.
 *
 * @param {HTMLElement} root @param {Part} part @param {HTMLElement[]} bars @param {HTMLElement[]} once
 * @param {HTMLElement} body
 */
function layOutPart(root, { run, lead }, bars, once, body) {
  root.classList.add("gx-part");
  const [top, own] = lead ? [[], bars] : [[bars[0], ...once], bars.slice(1)];
  root.append(...top, ...own, body);
  for (const card of root.querySelectorAll("section[aria-label]")) card.ariaLabel += `, ${run}`;
}

/**
 * What follows the video of the explorer above.
 *
 * @param {Store} store @param {import("../state/actions.js").Choose} choose
 * @param {import("./clock.js").Clock} clock
 */
const withoutVideo = (store, choose, clock) => ({
  clock,
  jump: jumping(store, choose, clock.seek),
  film: null,
  card: element("div", { hidden: true }),
});

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
    onDetection(source, label) {
      choose.selectSource(source, label);
      if (state.focus) seek(state.focus.start + 0.05);
    },
    onProposal: choose.selectProposal,
    onFound(detection) {
      const scene = state.whatif ?? state.scene;
      if (scene) choose.selectDetection(scene, detection);
    },
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
 * @param {string} run @param {string} name of the run, where there are two
 */
async function save(kind, state, panels, run, name) {
  const blob = await picture(kind, state, panels, run);
  const file = clean(`${name}${name && "-"}${state.recording ?? "gtan"}`)
    .replace(/[^\p{L}\p{N}._-]+/gu, "_")
    .slice(0, 60);
  if (blob) download(blob, `${file}-step${state.step}.${kind}`);
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
 * @param {Opener} opener @param {?((time: number) => void)} watch null: the address is not its own
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
 * @param {?((time: number) => void)} watch goes to a time of the video; null: the address is not its own
 */
function openWished(model, store, first, opener, watch) {
  const { header } = first;
  const isPage = store.state.host === "page" && watch !== null;
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
      if (time) watch?.(time);
    },
  );
  if (!isPage) return;
  addEventListener("hashchange", async () => {
    const pasted = readAddress(); // a link pasted into a page that is open
    if (store.state.opened && (await openLink(store, opener, pasted, store.state.opened.header))) {
      if (pasted.time !== undefined) watch?.(pasted.time);
    }
  });
}
