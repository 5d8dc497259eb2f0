// What follows from what: scenes, what-if, hits, focus, facts and heat map from what is chosen. Runs
// before anybody draws, for the names that changed.

import { recompute } from "../model/recompute.js";
import { factsOf } from "./facts.js";
import { resolve } from "./focus.js";
import { heatPixels } from "./heat.js";
import { makeScene, matchTruth, traceScene } from "./scene.js";

const LIVE = 1600; // cells whose what-if follows a moving slider; the rest once the hand rests

const learnedScenes = new WeakMap();

// The learned view, ready to draw.
export function sceneOf(view) {
  if (!learnedScenes.has(view)) {
    const scene = makeScene(view);
    scene.backdrop = scene;
    learnedScenes.set(view, scene);
  }
  return learnedScenes.get(view);
}

// The scene of which truth, signal and windows are drawn, also at a step with sigmas alone.
export const backdropOf = ({ scene }) => scene?.backdrop ?? null;

// `rest` is called after every change whose consequences can wait until the hand rests.
export function deriving(store, rest) {
  const { state } = store;
  let comparing = null;

  return function derive(changed) {
    const any = (...names) => names.some((name) => changed.has(name));
    if (any("explanation", "settings", "rested")) deriveWhatIf(any("explanation", "rested"));
    if (any("explanation", "scene", "tiou")) {
      const { scene } = state;
      state.hits = scene && !scene.traced ? matchTruth(scene.detections, scene.truth, state.tiou) : null;
      store.touch("hits");
    }
    if (any("explanation", "settings", "rested", "scene", "tiou")) {
      const { whatif } = state;
      state.whatHits = whatif ? matchTruth(whatif.detections, whatif.truth, state.tiou) : null;
      store.touch("whatHits");
    }
    if (any("explanation", "settings", "rested", "scene", "selection")) {
      state.focus = resolve(state);
      const { focus } = state;
      store.touch("focus");
      // What of it the panels without kernels show: a slider leaves them as they are.
      store.set({ band: focus && [focus.start, focus.end, focus.layer, focus.window, focus.cell] });
    }
    if (any("explanation", "settings", "rested", "scene", "selection", "tiou")) {
      state.facts = factsOf(state);
      store.touch("facts");
      rest();
    }
    if (any("window", "scene")) {
      const { scene, window } = state;
      state.windowSpan = scene && window !== null ? scene.windows[window] ?? null : null;
      store.touch("windowSpan");
    }
    if (any("layer", "trace", "colors", "foregroundOnly", "traced")) deriveHeat();
    if (any("explanation", "settings", "rested", "compare", "scene", "traced")) deriveReference();
  };

  function deriveWhatIf(everywhere) {
    const { explanation, settings } = state;
    state.whatView = null;
    state.whatif = null;
    if (explanation && Object.keys(settings).length) {
      const windows = everywhere ? null : liveWindows(state);
      const view = recompute(explanation, changesOf(explanation, settings), { windows });
      if (view.changed || view.partial) {
        state.whatView = view;
        state.whatif = makeScene(view, sceneOf(explanation));
      }
    }
    store.touch("whatif");
  }

  function deriveHeat() {
    const { trace, traced, layer, colors, foregroundOnly } = state;
    state.heat = null;
    if (trace && traced && colors.panel && trace.layers[layer - 1]) {
      const bg = /#(..)(..)(..)/.exec(colors.panel)?.slice(1).map((h) => parseInt(h, 16)) ?? [128, 128, 128];
      state.heat = heatPixels(trace, ...traced, layer, { dark: colors.dark, bg, foregroundOnly });
    }
    store.touch("heat");
  }

  function deriveReference() {
    const { compare, trace, traced } = state;
    let reference = null;
    if (compare !== null && trace && traced && backdropOf(state)) {
      const backdrop = backdropOf(state);
      if (comparing?.backdrop !== backdrop) {
        comparing = Object.assign(traceScene(trace, ...traced, backdrop), { backdrop });
      }
      comparing.moveTo(trace.steps.indexOf(compare));
      reference = comparing;
    } else if (state.whatif) {
      reference = state.scene;
    }
    state.reference = reference;
    store.touch("reference");
  }
}

// The windows of a long recording that follow a moving slider, [first, last): those about the
// selection, or the middle of the picture. null: all of them, the recording is short enough.
export function liveWindows({ scene, focus, view }) {
  const { windows, layers } = scene;
  const most = Math.max(1, Math.floor(LIVE / layers.reduce((sum, { cells }) => sum + cells, 0)));
  if (windows.length <= most) return null;
  const seen = focus && focus.end > view[0] && focus.start < view[1];
  const middle = seen ? (focus.start + focus.end) / 2 : (view[0] + view[1]) / 2;
  let here = windows.findIndex(({ ownedEnd }) => ownedEnd > middle);
  if (here < 0) here = windows.length - 1;
  const first = Math.min(Math.max(0, here - Math.floor(most / 2)), windows.length - most);
  return [first, first + most];
}

// Settings as the traits name them (lengths in cells) to what `recompute` takes.
function changesOf(view, settings) {
  const changes = {
    sigmaFactor: settings.sigma_factor, epsilon: settings.epsilon, merge: settings.merge,
    grouping: settings.grouping, ratioScale: settings.ratio_scale, xi: settings.xi,
    rho: settings.rho,
  };
  for (const name of Object.keys(changes)) if (changes[name] === undefined) delete changes[name];
  changes.sigmaOverride = new Map();
  changes.centerOverride = new Map();
  for (const [key, { sigma, center }] of Object.entries(settings.kernels ?? {})) {
    const cells = view.header.layers[Number(key.split("/")[0]) - 1]?.cells;
    if (!cells) continue;
    if (sigma !== undefined && sigma !== null) changes.sigmaOverride.set(key, sigma / cells);
    if (center !== undefined && center !== null) changes.centerOverride.set(key, center / cells);
  }
  return changes;
}
