// What a person can do, by hand or by key: change a setting, select, walk, zoom, step.

import { clampView, zoom } from "./axis.js";
import { detectionSelection, kernelSelection } from "./focus.js";
import { kernelName, rowOf } from "./scene.js";

export function changing(store) {
  const { state } = store;
  function setSetting(name, value) {
    const settings = { ...state.settings };
    if (value === undefined) delete settings[name];
    else settings[name] = value;
    store.set({ settings });
  }

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

export function choosing(store) {
  const { state } = store;
  function selectKernel(scene, layer, row) {
    store.set({ selection: kernelSelection(scene, layer, row), layer });
  }
  function selectDetection(scene, index) {
    const selection = detectionSelection(scene, index);
    store.set({ selection, layer: selection.layer });
    bringIntoView(scene.detections.start[index], scene.detections.end[index]);
  }
  function selectSource([window, layer, row, ratio], label) {
    const scene = state.whatif ?? state.scene;
    const name = kernelName(scene, layer, row);
    store.set({ selection: { kind: "detection", ...name, window, ratio, label }, layer });
    const kernels = scene.layers[layer - 1];
    bringIntoView(kernels.center[row], kernels.center[row]);
  }
  function bringIntoView(start, end) {
    const [t0, t1] = state.view;
    if (start >= t0 && end <= t1) return;
    const half = (t1 - t0) / 2;
    const middle = (start + end) / 2;
    store.set({ view: clampView([middle - half, middle + half], state.scene.duration) });
  }

  // The kernels that the arrows walk over: those drawn in the chosen layer, in time.
  function walk(direction) {
    const shown = state.scene?.traced ? state.scene : state.whatif ?? state.scene;
    const layer = shown?.layers[state.layer - 1];
    if (!layer) return;
    const rows = [];
    for (let row = 0; row < layer.count; row++) {
      const drawn = state.window === null ? layer.owned[row] : layer.window[row] === state.window;
      if (layer.exists[row] && drawn) rows.push(row);
    }
    if (!rows.length) return;
    rows.sort((a, b) => layer.center[a] - layer.center[b] || a - b);
    const { focus } = state;
    let at = focus?.layer === state.layer ? rows.indexOf(rowOf(shown, focus)) : -1;
    if (at < 0) {
      const t = focus ? (focus.start + focus.end) / 2 : (state.view[0] + state.view[1]) / 2;
      at = rows.findIndex((row) => layer.center[row] >= t);
      if (at < 0) at = rows.length - 1;
    } else {
      at = Math.min(Math.max(at + direction, 0), rows.length - 1);
    }
    selectKernel(shown, state.layer, rows[at]);
    bringIntoView(layer.center[rows[at]], layer.center[rows[at]]);
  }

  function walkDetections(direction, byScore) {
    const { scene, focus, score } = state;
    if (!scene || scene.traced) return;
    const d = scene.detections;
    const order = Array.from({ length: d.count }, (_, i) => i).filter((i) => d.score[i] >= score);
    if (!byScore) order.sort((a, b) => d.start[a] - d.start[b] || a - b);
    if (!order.length) return;
    const at = order.indexOf(focus?.detection ?? -1);
    const next = at < 0 ? (direction > 0 ? 0 : order.length - 1) : at + direction;
    if (next >= 0 && next < order.length) selectDetection(scene, order[next]);
  }

  return { selectKernel, selectDetection, selectSource, bringIntoView, walk, walkDetections };
}

// What the keys of keys.js do.
export function actions(store, { choose, change, open, play, steppers, help }) {
  const { state } = store;

  function walkSteps(direction, steps) {
    if (!steps.length) return;
    play.stop();
    const now = state.step;
    const next = direction > 0 ? steps.find((s) => s > now) : [...steps].reverse().find((s) => s < now);
    if (next !== undefined) open(state.recording, next);
  }

  return {
    cell: choose.walk,
    layer(direction) {
      const count = state.scene?.layers.length ?? 1;
      store.set({ layer: Math.min(Math.max(state.layer + direction, 1), count) });
    },
    step: (direction) => walkSteps(direction, state.allSteps),
    fullStep: (direction) => walkSteps(direction, state.fullSteps),
    detection: (direction) => choose.walkDetections(direction, false),
    byScore: (direction) => choose.walkDetections(direction, true),
    zoom(factor) {
      if (!state.scene) return;
      const { focus, view } = state;
      const middle = focus && focus.start < view[1] && focus.end > view[0]
        ? (focus.start + focus.end) / 2 : (view[0] + view[1]) / 2;
      store.set({ view: zoom(view, middle, factor, state.scene.duration) });
    },
    whole: () => state.scene && store.set({ view: [0, state.scene.duration] }),
    pan(direction) {
      if (!state.scene) return;
      const by = ((state.view[1] - state.view[0]) / 5) * direction;
      store.set({ view: clampView([state.view[0] + by, state.view[1] + by], state.scene.duration) });
    },
    toSelection() {
      const { focus, scene } = state;
      if (!focus) return;
      const pad = Math.max(3, 1.5 * (focus.end - focus.start));
      store.set({ view: clampView([focus.start - pad, focus.end + pad], scene.duration) });
    },
    play: () => play.toggle(),
    widen(factor) {
      const { focus, scene, settings, canPredict } = state;
      if (!focus || focus.row < 0 || !canPredict || scene.traced) return;
      const now = settings.kernels?.[focus.key]?.sigma ?? scene.layers[focus.layer - 1].sigma[focus.row];
      change.setKernel("sigma", Math.min(40, Math.max(0.1, now * factor)));
    },
    debug(direction) {
      const one = steppers[state.tab];
      if (direction > 0) one.forward();
      else one.back();
    },
    tab: (tab) => store.set({ tab }),
    reset: change.reset,
    clear: () => store.set({ selection: null }),
    help,
  };
}
