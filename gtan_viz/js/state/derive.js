// What follows from what: the rules of the store. Each says only what it reads.

import { untracked } from "@preact/signals-core";
import { groupingOf, interactive, toSeconds } from "../model/explanation.js";
import { recompute } from "../model/recompute.js";
import { traceRows } from "../model/trace.js";
import { channelsOf } from "./channels.js";
import { placesOf, rgbOf, UNKNOWN } from "./colors.js";
import { evidenceOf } from "./evidence.js";
import { TRUTH, withoutTruth } from "./exercise.js";
import { factsOf } from "./facts.js";
import { fadingOf, nmsRunOf, pickOf } from "./fading.js";
import { focusIn, resolve } from "./focus.js";
import { isForeign } from "./foreign.js";
import { groupingFacts, mergeLimit, sceneFacts } from "./grouping_facts.js";
import { heatPixels } from "./heat.js";
import { lanesOf, lanesOfView, rowsOf } from "./lanes.js";
import { missedOf } from "./missed.js";
import { ghostOf, ghostText } from "./past.js";
import { firingNow } from "./playhead.js";
import { matchTruth, resultsOf, turnoverOf } from "./results.js";
import { makeScene, rowOf } from "./scene.js";
import { sigmaScale } from "./sigma_scale.js";
import { stepOfCell } from "./stepped.js";
import { createStore } from "./store.js";
import { stripRows, widthScale } from "./strip_rows.js";
import { tracedView, traceScene } from "./traced_scene.js";
import { trainingEvents } from "./training_events.js";

const LIVE = 1600; // cells whose what-if follows a moving slider; the rest once the hand rests

/** @type {WeakMap<View, Scene>} */
const learnedScenes = new WeakMap();

/** The learned view, ready to draw. @param {View} view */
function sceneOf(view) {
  let scene = learnedScenes.get(view);
  if (!scene) learnedScenes.set(view, (scene = makeScene(view)));
  return scene;
}

/** @type {{[Name in keyof Derived]: (state: State) => Derived[Name]}} */
const RULES = {
  asked: ({ opened, hide }) => (opened && hide.includes(TRUTH) ? withoutTruth(opened) : opened),
  explanation: ({ asked, gliding }) => (gliding ? null : asked),
  backdrop: ({ asked }) => asked && sceneOf(asked),
  traced: ({ trace, opened }) =>
    trace && opened && !isForeign(opened) ? traceRows(trace, opened) : null,
  tracedScene: sceneOfTrace,
  comparedScene: sceneOfTrace,
  // The kernels of a traced scene move in place: who needs them where they are calls
  // `moveTo(frame)`.
  scene: ({ gliding, backdrop, tracedScene }) => (gliding ? tracedScene : backdrop),
  recording: ({ opened }) => opened && opened.header.recording,
  step: ({ gliding, opened, trace, frame }) =>
    gliding && trace ? trace.steps[Math.round(frame)] : opened && opened.header.step,
  fullSteps: ({ catalogue, recording }) =>
    catalogue.find((entry) => entry.recording === recording)?.steps ?? [],
  allSteps: ({ fullSteps, trace, traced }) =>
    [...new Set([...fullSteps, ...(trace && traced ? trace.steps : [])])].sort((a, b) => a - b),
  places: ({ opened }) => placesOf(opened ? opened.header.classes : []),
  colors: ({ palette, places }) => ({ ...palette, places }),
  canPredict: ({ opened, host, refused }) =>
    opened !== null && (interactive(opened) || (host === "jupyter" && !refused.includes(opened))),
  live: (state) =>
    state.rested?.settings === state.settings || !state.explanation || !hasSettings(state)
      ? null
      : untracked(() => liveWindows(state)), // panning changes it with the next move
  whatView({ explanation, settings, live }) {
    if (!explanation || !hasSettings({ settings })) return null;
    const view = recompute(explanation, changesOf(explanation, settings), { windows: live });
    return view.changed || view.partial ? view : null;
  },
  whatif: ({ whatView, backdrop }) => whatView && makeScene(whatView, backdrop),
  // At a step of which only sigmas were kept: the nearest one with everything.
  ghost: ghostOf,
  ghostNote: ghostText,
  told: ({ explanation, ghost }) => explanation ?? ghost,
  toldScene: ({ told }) => told && sceneOf(told),
  hits: ({ toldScene, tiou }) =>
    toldScene && matchTruth(toldScene.detections, toldScene.truth, tiou),
  whatHits: ({ whatif, tiou }) => whatif && matchTruth(whatif.detections, whatif.truth, tiou),
  results: ({ toldScene, hits, score }) => toldScene && resultsOf(toldScene, hits, score),
  whatResults: ({ whatif, whatHits, score }) =>
    whatif && !whatif.view?.partial ? resultsOf(whatif, whatHits, score) : null,
  turnover: ({ scene, whatif, score }) =>
    scene && whatif && !whatif.view?.partial
      ? turnoverOf(scene.detections, whatif.detections, score)
      : null,
  lanes: ({ toldScene, score }) =>
    toldScene && lanesOf(toldScene.detections, score, toldScene.classes.length),
  // Rows are made for what was opened: they stay as they are while the training plays.
  openLanes: ({ backdrop, lanes, toldScene, score }) =>
    backdrop === toldScene
      ? lanes
      : backdrop && lanesOf(backdrop.detections, score, backdrop.classes.length),
  whatLanes: ({ whatif, score }) =>
    whatif && lanesOf(whatif.detections, score, whatif.classes.length),
  // A row grows for a what-if when the hand rests: what moves under it would be hard to follow.
  restedLanes({ rested, backdrop, score }) {
    if (!backdrop) return null;
    const view = rested?.whatView?.origin === backdrop.view ? rested.whatView : null;
    return lanesOfView(view, score, backdrop.classes.length);
  },
  rows: ({ backdrop, openLanes, restedLanes }) =>
    backdrop && openLanes && restedLanes ? rowsOf(backdrop, openLanes.used, restedLanes) : [],
  stripRows: ({ backdrop, rowHeights }) => stripRows(backdrop?.layers.length ?? 0, rowHeights),
  widthScale: ({ backdrop }) => (backdrop ? widthScale(backdrop) : { low: 0.5, high: 16 }),
  groupingFacts({ explanation, gliding, tracedScene, frame }) {
    if (explanation) return groupingFacts(explanation);
    if (!gliding || !tracedScene) return null;
    tracedScene.moveTo(frame);
    return sceneFacts(tracedScene);
  },
  mergeLimit({ scene, whatif }) {
    const shown = whatif ?? scene;
    return shown?.view ? mergeLimit(shown) : null;
  },
  focus: resolve,
  toldFocus: (state) =>
    state.toldScene === state.scene ? state.focus : focusIn(state, state.toldScene),
  // What of it the panels without kernels show: a slider leaves them as they are.
  band: ({ focus, beside }) =>
    focus
      ? [focus.start, focus.end, focus.layer, focus.window, focus.cell]
      : beside && [beside.start, beside.end],
  facts: factsOf,
  evidence: evidenceOf,
  channels: channelsOf,
  litCell: ({ lit, focus }) => (focus && lit?.key === focus.key ? lit.cell : null),
  litSpan({ litCell: cell, focus, opened }) {
    if (cell === null || !focus || !opened) return null;
    const { cells } = opened.header.layers[focus.layer - 1];
    /** @param {number} at */
    const time = (at) => toSeconds(opened, focus.window, at / cells);
    return { start: time(cell), end: time(cell + 1) };
  },
  fading: (state) => (state.facts && state.rested?.facts === state.facts ? fadingOf(state) : null),
  missed: missedOf,
  windowSpan: ({ scene, window }) =>
    scene && window !== null ? (scene.windows[window] ?? null) : null,
  sigmaScale: ({ trace, traced }) => trace && traced && sigmaScale(trace, traced),
  events: ({ trace, traced, backdrop }) =>
    trace && traced && backdrop
      ? trainingEvents(trace, traced, backdrop.header.settings.kernels)
      : [],
  // The last one that the training, as it plays or is walked through, has come by.
  lastEvent: ({ events, gliding, frame }) =>
    (gliding && events.findLast((event) => event.frame <= frame)) || null,
  heat: heatOf,
  reference({ compare, trace, comparedScene, whatif, scene }) {
    if (compare === null || !trace || !comparedScene) return whatif && scene;
    comparedScene.moveTo(trace.steps.indexOf(compare));
    return comparedScene;
  },
  // The algorithms are stepped through in what was on screen when the hand rested.
  steppedView({ whatView, rested, explanation, gliding, tracedScene, told, frame }) {
    if (gliding) return tracedScene && told && tracedView(tracedScene, Math.round(frame), told);
    return whatView && rested?.whatView?.origin === explanation ? rested.whatView : explanation;
  },
  grouping: groupingRun,
  groupStep({ grouping, groupWish, focus }) {
    if (!grouping) return 0;
    const { layer, window, steps, begin } = grouping;
    const meant =
      groupWish?.layer === layer && groupWish.window === window && groupWish.of === keyOf(focus);
    return meant && groupWish.step < steps.length ? groupWish.step : begin;
  },
  nmsStep({ nms, nmsWish, focus, explanation }) {
    const last = (nms?.steps.length ?? 0) - 1;
    if (!nms || last < 0) return 0;
    if (nmsWish?.of === keyOf(focus)) return Math.max(0, Math.min(nmsWish.step, last));
    return Math.max(0, pickOf(nms, focus, nms.view === explanation));
  },
  nms({ steppedView, ghost, tab }) {
    const view = ghost ?? steppedView;
    return view && tab === "nms" ? nmsRunOf(view) : null;
  },
  video: ({ footage, recording }) => (footage && footage.of === recording ? footage.url : null),
  now({ video, toldScene, whatif, time, score }) {
    const shown = whatif ?? toldScene;
    return video && shown ? firingNow(shown, time, score) : null;
  },
  aim({ scene, chosenTruth: truth, focus }) {
    if (truth === null || !scene) return focus && { start: focus.start, end: focus.end };
    return { start: scene.truth.start[truth], end: scene.truth.end[truth] };
  },
};

/** Values that are small, and that hosts hand over as copies or rules make anew. */
const BY_CONTENT = /** @type {(keyof State)[]} */ ([
  "catalogue",
  "settings",
  "view",
  "selection",
  "traced",
  "fullSteps",
  "allSteps",
  "places",
  "live",
  "results",
  "whatResults",
  "restedLanes",
  "rows",
  "rowHeights",
  "stripRows",
  "widthScale",
  "band",
  "now",
  "aim",
  "beside",
  "litSpan",
  "sigmaScale",
  "events",
  "lastEvent",
]);

/** @type {Inputs} */
const NOTHING = {
  catalogue: [],
  host: "jupyter",
  opened: null,
  past: [],
  gliding: false,
  settings: {},
  rested: null,
  refused: [],
  asking: false,
  layer: 1,
  window: null,
  view: [0, 1],
  selection: null,
  tiou: 0.5,
  score: 0.1,
  trace: null,
  frame: 0,
  playing: false,
  compare: null,
  foregroundOnly: false,
  tab: "grouping",
  groupWish: null,
  nmsWish: null,
  theme: "auto",
  palette: UNKNOWN,
  message: "",
  cut: false,
  footage: null,
  time: 0,
  running: false,
  speed: 1,
  looping: false,
  named: true,
  chosenTruth: null,
  beside: null,
  explained: "class",
  lit: null,
  unfolded: ["evidence"],
  hide: [],
  show: [],
  tour: null,
  tourSelection: null,
  rowHeights: {},
};

/** @param {Partial<Inputs>} given @returns {Store} */
export const explorerStore = (given) => createStore({ ...NOTHING, ...given }, RULES, BY_CONTENT);

/** The inputs alone. @param {State} state @returns {Inputs} */
export const inputsOf = (state) =>
  /** @type {any} */ (
    Object.fromEntries(
      Object.keys(NOTHING).map((name) => [name, state[/** @type {keyof Inputs} */ (name)]]),
    )
  );

/** @param {?Focus} focus */
const keyOf = (focus) => focus && focus.key;

/** @param {{settings: WhatIf}} state */
export const hasSettings = ({ settings }) => Object.keys(settings).length > 0;

/** @param {State} state */
function sceneOfTrace({ trace, traced, backdrop }) {
  return trace && traced && backdrop && traceScene(trace, traced, backdrop);
}

/**
 * The windows of a long recording that follow a moving slider, [first, last): those about the
 * selection, or the middle of the picture. Null: all of them, the recording is short enough.
 *
 * @param {State} state
 * @returns {?[number, number]}
 */
function liveWindows({ backdrop, selection, view }) {
  if (!backdrop) return null;
  const { windows, layers } = backdrop;
  const most = Math.max(1, Math.floor(LIVE / layers.reduce((sum, { cells }) => sum + cells, 0)));
  if (windows.length <= most) return null;
  const at = selection ? middleOf(backdrop, selection) : null;
  const middle = at !== null && at > view[0] && at < view[1] ? at : (view[0] + view[1]) / 2;
  let here = windows.findIndex(({ ownedEnd }) => ownedEnd > middle);
  if (here < 0) here = windows.length - 1;
  const first = Math.min(Math.max(0, here - Math.floor(most / 2)), windows.length - most);
  return [first, first + most];
}

/**
 * Seconds where a selection lies as learned; null where it does not.
 *
 * @param {Scene} scene @param {Selected} selection
 */
function middleOf(scene, selection) {
  if (selection.layer === undefined) {
    const { start, end } = scene.detections;
    return (start[selection.detection] + end[selection.detection]) / 2;
  }
  const row = rowOf(scene, selection);
  return row < 0 ? null : scene.layers[selection.layer - 1].center[row];
}

/**
 * Settings as the traits name them (lengths in cells) to what `recompute` takes.
 *
 * @param {View} view
 * @param {WhatIf} settings
 */
function changesOf(view, settings) {
  /** @type {Map<string, number>} */
  const sigmaOverride = new Map();
  /** @type {Map<string, number>} */
  const centerOverride = new Map();
  for (const [key, { sigma, center }] of Object.entries(settings.kernels ?? {})) {
    const cells = view.header.layers[Number(key.split("/")[0]) - 1]?.cells;
    if (!cells) continue;
    if (sigma !== undefined && sigma !== null) sigmaOverride.set(key, sigma / cells);
    if (center !== undefined && center !== null) centerOverride.set(key, center / cells);
  }
  return {
    sigmaFactor: settings.sigma_factor,
    epsilon: settings.epsilon,
    merge: settings.merge,
    grouping: settings.grouping,
    ratioScale: settings.ratio_scale,
    xi: settings.xi,
    rho: settings.rho,
    sigmaOverride,
    centerOverride,
  };
}

/** @param {State} state */
function heatOf({ trace, traced, layer, colors, foregroundOnly, sigmaScale: scale }) {
  if (!trace || !traced || !scale || !colors.panel || !trace.layers[layer - 1]) return null;
  const bg = rgbOf(colors.panel);
  return heatPixels(trace, traced, layer, { dark: colors.dark, bg, foregroundOnly, scale });
}

/** Algorithm 1 over the window at hand. @param {State} state @returns {?GroupingRun} */
function groupingRun({ steppedView: view, layer, window, band, tab }) {
  if (!view || tab !== "grouping") return null;
  const [, , focusLayer, focusWindow, focusCell] = band ?? [];
  const isHere = focusLayer === layer;
  const last = view.arrays["windows.start"].length - 1;
  const at = Math.min((isHere ? focusWindow : window) ?? 0, last);
  const { groups, steps } = groupingOf(view, at, layer);
  // Where something happens: at the selected kernel's group, else at the first merge.
  const cell = (isHere ? focusCell : null) ?? -1;
  const asked = [stepOfCell(steps, cell), steps.findIndex((s) => s.merged)];
  const begin = asked.find((step) => step >= 0) ?? 0;
  return { view, window: at, layer, groups, steps, begin };
}
