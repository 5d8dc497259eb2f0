// What a person can do, by hand or by key: change a setting, select, walk, zoom, step.

import { clampView, zoom } from "./axis.js";
import { detectionSelection, kernelSelection } from "./focus.js";
import { kernelName, rowOf } from "./scene.js";

/**
 * @typedef {ReturnType<typeof changing>} Change @typedef {ReturnType<typeof choosing>} Choose @typedef {ReturnType<typeof actions>} Actions
 */

/** @param {Store} store */
export function changing(store) {
  const { state } = store;

  /**
   * @template {keyof WhatIf} Name
   * @param {Name} name
   * @param {WhatIf[Name]} value as learned, if undefined
   */
  function setSetting(name, value) {
    const settings = { ...state.settings };
    if (value === undefined) delete settings[name];
    else settings[name] = value;
    store.set({ settings });
  }

  /** Of the selected kernel. @param {"sigma" | "center"} name @param {number | undefined} value */
  function setKernel(name, value) {
    const { focus, settings } = state;
    if (!focus) return;
    const kernels = { ...settings.kernels };
    const one = { ...kernels[focus.key] };
    if (value === undefined) delete one[name];
    else one[name] = value;
    if (Object.keys(one).length) kernels[focus.key] = one;
    else delete kernels[focus.key];
    setSetting("kernels", Object.keys(kernels).length ? kernels : undefined);
  }

  const reset = () => store.set({ settings: {} });
  return { setSetting, setKernel, reset };
}

/** @param {Store} store */
export function choosing(store) {
  const { state } = store;

  /** @param {Scene} scene @param {number} layer @param {number} row */
  function selectKernel(scene, layer, row) {
    store.set({ selection: kernelSelection(scene, layer, row), layer, chosenTruth: null });
  }
  /** @param {Scene} scene @param {number} index */
  function selectDetection(scene, index) {
    const selection = detectionSelection(scene, index);
    store.set({ selection, layer: selection.layer, chosenTruth: null });
    bringIntoView(store, scene.detections.start[index], scene.detections.end[index]);
  }
  /** @param {Scene} scene @param {number} index */
  function selectTruth(scene, index) {
    store.set({ chosenTruth: index, selection: null }); // sliders would change a kernel elsewhere
    bringIntoView(store, scene.truth.start[index], scene.truth.end[index]);
  }
  /** A proposal about the chosen truth, which stays chosen. @param {MissedRow} row */
  function selectProposal({ window, layer, cell, mixed, ratio }) {
    store.set({ selection: { kind: "kernel", window, layer, cell, mixed, ratio }, layer });
  }
  /**
   * By the window, layer, row and ratio that made it.
   *
   * @param {number[]} source @param {number} label
   */
  function selectSource([window, layer, row, ratio], label) {
    const scene = state.whatif ?? state.toldScene;
    if (!scene) return;
    const name = kernelName(scene, layer, row);
    store.set({
      selection: { kind: "detection", ...name, window, ratio, label },
      layer,
      chosenTruth: null,
    });
    const at = scene.layers[layer - 1].center[row];
    bringIntoView(store, at, at);
  }
  /** @param {number} direction */
  function walk(direction) {
    const shown = state.scene?.traced ? state.scene : (state.whatif ?? state.scene);
    const layer = shown?.layers[state.layer - 1];
    const row = shown && layer ? nextKernel(state, shown, layer, direction) : -1;
    if (!shown || !layer || row < 0) return;
    selectKernel(shown, state.layer, row);
    bringIntoView(store, layer.center[row], layer.center[row]);
  }
  /** @param {number} direction @param {boolean} byScore */
  function walkDetections(direction, byScore) {
    const { toldScene: scene, toldFocus: focus, score } = state;
    if (!scene) return;
    const d = scene.detections;
    const order = Array.from({ length: d.count }, (_, i) => i).filter((i) => d.score[i] >= score);
    if (!byScore) order.sort((a, b) => d.start[a] - d.start[b] || a - b);
    if (!order.length) return;
    const at = order.indexOf(focus?.detection ?? -1);
    const next = at < 0 ? (direction > 0 ? 0 : order.length - 1) : at + direction;
    if (next >= 0 && next < order.length) selectDetection(scene, order[next]);
  }
  /** Of the selected kernel's map; null: none. @param {?number} cell */
  function lightCell(cell) {
    const { focus } = state;
    store.set({ lit: cell === null || !focus ? null : { key: focus.key, cell } });
    if (state.litSpan) bringIntoView(store, state.litSpan.start, state.litSpan.end);
  }
  return {
    selectKernel,
    selectDetection,
    selectTruth,
    selectProposal,
    selectSource,
    walk,
    walkDetections,
    lightCell,
  };
}

/** @param {Store} store @param {number} start @param {number} end */
function bringIntoView(store, start, end) {
  const {
    view: [t0, t1],
    scene,
  } = store.state;
  if (!scene || (start >= t0 && end <= t1)) return;
  const half = (t1 - t0) / 2;
  const middle = (start + end) / 2;
  store.set({ view: clampView([middle - half, middle + half], scene.duration) });
}

/**
 * The kernels that the arrows walk over: those drawn in the chosen layer, in time.
 *
 * @param {State} state @param {Scene} shown @param {SceneLayer} layer @param {number} direction
 * @returns {number} its row, -1 if there is none
 */
function nextKernel({ window, focus, view, layer: number }, shown, layer, direction) {
  const rows = [];
  for (let row = 0; row < layer.count; row++) {
    const drawn = window === null ? layer.owned[row] : layer.window[row] === window;
    if (layer.exists[row] && drawn) rows.push(row);
  }
  if (!rows.length) return -1;
  rows.sort((a, b) => layer.center[a] - layer.center[b] || a - b);
  const at = focus?.layer === number ? rows.indexOf(rowOf(shown, focus)) : -1;
  if (at >= 0) return rows[Math.min(Math.max(at + direction, 0), rows.length - 1)];
  const middle = focus ? (focus.start + focus.end) / 2 : (view[0] + view[1]) / 2;
  return rows.find((row) => layer.center[row] >= middle) ?? rows[rows.length - 1];
}

/** @param {Store} store */
function zooming(store) {
  const { state } = store;
  return {
    /** @param {number} factor */
    zoom(factor) {
      const { focus, view, scene } = state;
      if (!scene) return;
      const seen = focus && focus.start < view[1] && focus.end > view[0];
      const middle = seen ? (focus.start + focus.end) / 2 : (view[0] + view[1]) / 2;
      store.set({ view: zoom(view, middle, factor, scene.duration) });
    },
    whole() {
      if (state.scene) store.set({ view: [0, state.scene.duration] });
    },
    /** @param {number} direction */
    pan(direction) {
      const {
        view: [t0, t1],
        scene,
      } = state;
      if (!scene) return;
      const by = ((t1 - t0) / 5) * direction;
      store.set({ view: clampView([t0 + by, t1 + by], scene.duration) });
    },
    toSelection() {
      const { focus, scene } = state;
      if (!focus || !scene) return;
      const pad = Math.max(3, 1.5 * (focus.end - focus.start));
      store.set({ view: clampView([focus.start - pad, focus.end + pad], scene.duration) });
    },
  };
}

/**
 * The selected kernel, wider or narrower.
 *
 * @param {State} state @param {Change} change @param {number} factor
 */
function widen({ focus, scene, settings, canPredict }, change, factor) {
  if (!focus || focus.row < 0 || !canPredict || !scene || scene.traced) return;
  const now =
    settings.kernels?.[focus.key]?.sigma ?? scene.layers[focus.layer - 1].sigma[focus.row];
  change.setKernel("sigma", Math.min(40, Math.max(0.1, now * factor)));
}

/**
 * What the keys of keys.js do.
 *
 * @param {Store} store
 * @param {{choose: Choose, change: Change, open: (recording: string | null, step: number) => void,
 *   play: {toggle: () => void, stop: () => void}, help: () => void,
 *   clock: import("./jumping.js").Clock, jump: import("./jumping.js").Jump,
 *   proposals: () => boolean, steppers: Record<string, {forward: () => void, back: () => void}>}} others
 */
export function actions(store, others) {
  const { choose, change, open, play, clock, jump, proposals, steppers, help } = others;
  const { state } = store;

  /** @param {number} direction @param {number[]} steps */
  function walkSteps(direction, steps) {
    if (!steps.length) return;
    play.stop();
    const now = state.step ?? 0;
    const next = direction > 0 ? steps.find((s) => s > now) : steps.findLast((s) => s < now);
    if (next !== undefined) open(state.recording, next);
  }

  return {
    ...zooming(store),
    cell: choose.walk,
    /** @param {number} direction */
    layer(direction) {
      const count = state.scene?.layers.length ?? 1;
      store.set({ layer: Math.min(Math.max(state.layer + direction, 1), count) });
    },
    step: (/** @type {number} */ direction) => walkSteps(direction, state.allSteps),
    fullStep: (/** @type {number} */ direction) => walkSteps(direction, state.fullSteps),
    /** @param {number} direction */
    detection(direction) {
      if (state.video) jump.toNext("detection", direction);
      else choose.walkDetections(direction, false);
    },
    /** @param {number} direction */
    byScore(direction) {
      choose.walkDetections(direction, true);
      if (state.focus) clock.seek(state.focus.start);
    },
    play: () => (state.video ? clock : play).toggle(),
    train: play.toggle,
    frame: clock.frame,
    speed: clock.speed,
    loop: clock.loop,
    /** @param {"truth" | "mistake"} kind @param {number} direction */
    jump(kind, direction) {
      jump.toNext(kind, direction);
    },
    widen: (/** @type {number} */ factor) => widen(state, change, factor),
    /** @param {number} direction */
    debug(direction) {
      const one = steppers[state.tab];
      if (direction > 0) one.forward();
      else one.back();
    },
    tab: (/** @type {string} */ tab) => store.set({ tab }),
    proposals,
    reset: change.reset,
    clear: () => store.set({ selection: null, chosenTruth: null }),
    help,
  };
}
