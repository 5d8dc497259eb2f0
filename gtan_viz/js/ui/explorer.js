// The explorer: one page on which a person sees why a detection fired. This module holds it
// together: it owns the state, derives what follows from what, and lays out the panels; each panel
// lives in a module of its own. Runs in a notebook (anywidget) and in the stand-alone page.

import {
  candidateOf, interactive, nmsOf, prepare, readExplanation, recompute,
} from "../explanation.js";
import { traceRows } from "../trace.js";
import { clampView, zoom } from "./axis.js";
import { controlsPanel } from "./controls.js";
import { factsOf, nmsFacts } from "./facts.js";
import { detectionSelection, kernelSelection, resolve } from "./focus.js";
import { groupingStepper } from "./grouping_stepper.js";
import { HEAT_HEIGHT, drawHeat, heatImage, pickHeat } from "./heatmap.js";
import { KEYS, listenKeys } from "./keys.js";
import { nmsStepper } from "./nms_stepper.js";
import { canvasPanel, element } from "./panel.js";
import { player } from "./player.js";
import { timePointer } from "./pointer.js";
import { asPython, download, picture } from "./save.js";
import { kernelName, makeScene, matchTruth, rowOf, traceScene } from "./scene.js";
import { openSource } from "./source.js";
import { createStore } from "./store.js";
import { drawStrips, pickStrips, stripsHeight } from "./strips.js";
import { clean, number, plural, shorten } from "./text.js";
import { followTheme } from "./theme.js";
import { drawSignal, drawTimeline, pickTimeline, signalHeight, timelineHeight } from "./timeline.js";
import { topBar } from "./topbar.js";
import { span, storedSteps, whyPanel } from "./why.js";

const SHARED = ["recording", "step", "layer", "selection", "settings"]; // traits, linkable

export function render({ model, el }) {
  const source = openSource(model);
  const store = createStore({
    catalogue: model.get("catalogue") ?? [],
    host: model.get("host") ?? "jupyter",
    recording: null, // name
    step: null, // of training
    explanation: null, // the learned view, null where only sigmas were kept
    scene: null, // what was learned, ready to draw
    whatView: null, whatif: null, // the same under the settings; null where nothing was changed
    settings: {}, // of the what-if
    canPredict: false,
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

  // --- what follows from what -------------------------------------------------------------------

  const learnedScenes = new WeakMap();
  const sceneOf = (view) => {
    if (!learnedScenes.has(view)) {
      const scene = makeScene(view);
      scene.backdrop = scene;
      learnedScenes.set(view, scene);
    }
    return learnedScenes.get(view);
  };
  let gliding = null; // the traced scene of this recording
  let comparing = null;

  function derive(changed) {
    const any = (...names) => names.some((name) => changed.has(name));
    if (any("explanation", "settings")) deriveWhatIf();
    if (any("explanation", "settings", "scene", "tiou")) {
      const { scene, whatif } = state;
      state.hits = scene && !scene.traced ? matchTruth(scene.detections, scene.truth, state.tiou) : null;
      state.whatHits = whatif ? matchTruth(whatif.detections, whatif.truth, state.tiou) : null;
      store.touch("hits");
    }
    if (any("explanation", "settings", "scene", "selection")) {
      state.focus = resolve(state);
      const { focus } = state;
      store.touch("focus");
      // What of it the panels without kernels show: a slider leaves them as they are.
      store.set({ band: focus && [focus.start, focus.end, focus.layer, focus.window, focus.cell] });
    }
    if (any("explanation", "settings", "scene", "selection", "tiou")) {
      state.facts = factsOf(state);
      store.touch("facts");
      later();
    }
    if (any("window", "scene")) {
      const { scene, window } = state;
      state.windowSpan = scene && window !== null ? scene.windows[window] ?? null : null;
      store.touch("windowSpan");
    }
    if (any("layer", "trace", "colors", "foregroundOnly", "traced")) deriveHeat();
    if (any("compare", "whatif", "scene", "traced")) deriveReference();
  }

  function deriveWhatIf() {
    const { explanation, settings } = state;
    state.whatView = null;
    state.whatif = null;
    if (explanation && Object.keys(settings).length) {
      const view = recompute(explanation, changesOf(explanation, settings));
      if (view.changed) {
        state.whatView = view;
        state.whatif = makeScene(view, explanation);
      }
    }
    store.touch("whatif");
  }

  function deriveHeat() {
    const { trace, traced, layer, colors, foregroundOnly } = state;
    state.heat = null;
    if (trace && traced && colors.panel && trace.layers[layer - 1]) {
      const bg = /#(..)(..)(..)/.exec(colors.panel)?.slice(1).map((h) => parseInt(h, 16)) ?? [128, 128, 128];
      state.heat = heatImage(trace, ...traced, layer, { dark: colors.dark, bg, foregroundOnly });
    }
    store.touch("heat");
  }

  function deriveReference() {
    const { compare, trace, traced } = state;
    let reference = null;
    if (compare !== null && trace && traced && backdrop()) {
      comparing ??= traceScene(trace, ...traced, backdrop());
      comparing.moveTo(trace.steps.indexOf(compare));
      reference = comparing;
    } else if (state.whatif) {
      reference = state.scene;
    }
    state.reference = reference;
    store.touch("reference");
  }

  // What can wait until the hand rests: soft-NMS's history, the voice, the traits, the address.
  let resting = 0;
  function later() {
    clearTimeout(resting);
    resting = setTimeout(() => {
      explainNms();
      speak();
      report();
    }, 120);
  }

  const histories = new WeakMap();
  function explainNms() {
    const { facts, focus, explanation, whatView, scene, whatif } = state;
    if (!facts || !explanation) return;
    const view = whatif && facts.whatif ? whatView : explanation;
    const f = view === explanation ? facts.learned : facts.whatif;
    if (!f) return;
    if (!histories.has(view)) histories.set(view, nmsOf(view));
    const nms = histories.get(view);
    const d = (view === explanation ? scene : whatif).detections;
    const label = f.detection >= 0 ? d.label[f.detection] : f.label;
    const candidate = candidateOf(nms, {
      label, window: f.window, layer: f.layer, row: f.row, ratio: focus.ratio,
    });
    facts.nms = nmsFacts(nms, candidate, view.header.settings.detection.rho);
    store.touch("facts");
  }

  // --- opening ------------------------------------------------------------------------------------

  const backdrop = () => state.scene?.backdrop ?? null;
  const entryOf = (recording) => state.catalogue.find((entry) => entry.recording === recording);

  function knowSteps() {
    const full = entryOf(state.recording)?.steps ?? [];
    const traced = state.trace && state.traced ? Array.from(state.trace.steps) : [];
    store.set({
      fullSteps: [...full],
      allSteps: [...new Set([...full, ...traced])].sort((a, b) => a - b),
    });
  }

  let wanted = 0;
  let opening = false;
  async function open(recording, step) {
    const ticket = ++wanted;
    opening = true;
    const full = entryOf(recording)?.steps ?? [];
    const target = step ?? full[full.length - 1];
    try {
      if (recording !== state.recording || !backdrop()) {
        // Truth, signal and windows come from an Explanation, whatever the step.
        const known = full.includes(target) ? target : full[full.length - 1];
        const ready = source.peek(recording, known);
        if (!ready) store.set({ message: `Opening ${shorten(recording, 40)} …` });
        const view = ready ?? (await source.load(recording, known));
        if (ticket !== wanted) return;
        show(view, recording !== state.recording);
        if (known === target) return;
      }
      if (full.includes(target)) {
        const ready = source.peek(recording, target);
        if (!ready) store.set({ message: `Opening step ${target} …` });
        const view = ready ?? (await source.load(recording, target));
        if (ticket === wanted) show(view, false);
      } else {
        showTraced(state.trace ? state.trace.steps.indexOf(target) : -1, target);
      }
    } catch (error) {
      if (ticket === wanted) store.set({ message: error.message });
    } finally {
      if (ticket === wanted) {
        opening = false;
        later();
      }
    }
  }

  function show(view, isNew) {
    const { recording, step, layers } = view.header;
    if (isNew) {
      const rows = state.trace ? traceRows(state.trace, recording) : [0, 0];
      gliding = null;
      comparing = null;
      state.traced = rows[1] > rows[0] ? rows : null;
      store.touch("traced");
    }
    state.explanation = view;
    state.scene = sceneOf(view);
    state.canPredict = interactive(view);
    store.touch("explanation", "scene");
    store.set({ recording, step, message: "", layer: Math.min(state.layer, layers.length) });
    if (state.trace && state.traced) {
      const at = state.trace.steps.indexOf(step);
      store.set({ frame: at >= 0 ? at : nearestFrame(step) });
    }
    knowSteps();
    if (isNew) {
      const d = state.scene.detections;
      const top = d.count ? d.score[0] : 0;
      store.set({
        view: [0, state.scene.duration],
        window: null,
        compare: null,
        score: Math.min(0.1, 0.3 * (top || 0)),
        selection: d.count ? detectionSelection(state.scene, 0) : null,
      });
      if (d.count) store.set({ layer: d.layer[0] });
      whenIdle(() => prepare(view));
    }
  }

  const nearestFrame = (step) => {
    let best = 0;
    state.trace.steps.forEach((s, i) => {
      if (Math.abs(s - step) < Math.abs(state.trace.steps[best] - step)) best = i;
    });
    return best;
  };

  // A step, or a place between two, of which only sigmas are known.
  function showTraced(frame, step) {
    if (frame < 0 || !state.traced || !backdrop()) {
      store.set({ message: `Of step ${step} nothing was kept for this recording. ${storedSteps(state)}` });
      return;
    }
    gliding ??= Object.assign(traceScene(state.trace, ...state.traced, backdrop()), {
      backdrop: backdrop(), rows: backdrop().rows,
    });
    gliding.moveTo(frame);
    if (state.scene !== gliding) {
      state.scene = gliding;
      state.explanation = null;
      store.touch("scene", "explanation");
    }
    store.set({ frame, step: state.trace.steps[Math.round(frame)], message: "" });
  }

  // --- acting -------------------------------------------------------------------------------------

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

  function walkSteps(direction, steps) {
    if (!steps.length) return;
    play.stop();
    const now = state.step;
    const next = direction > 0 ? steps.find((s) => s > now) : [...steps].reverse().find((s) => s < now);
    if (next !== undefined) open(state.recording, next);
  }

  const act = {
    cell: walk,
    layer(direction) {
      const count = state.scene?.layers.length ?? 1;
      store.set({ layer: Math.min(Math.max(state.layer + direction, 1), count) });
    },
    step: (direction) => walkSteps(direction, state.allSteps),
    fullStep: (direction) => walkSteps(direction, state.fullSteps),
    detection: (direction) => walkDetections(direction, false),
    byScore: (direction) => walkDetections(direction, true),
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
      setKernel("sigma", Math.min(40, Math.max(0.1, now * factor)));
    },
    debug(direction) {
      const one = state.tab === "grouping" ? grouping : nms;
      if (direction > 0) one.forward();
      else one.back();
    },
    tab: (tab) => store.set({ tab }),
    reset,
    clear: () => store.set({ selection: null }),
    help: () => bar.help(),
  };

  // --- layout -------------------------------------------------------------------------------------

  store.listen(derive);
  const root = element("div", {
    class: "gtan-explorer", role: "region", "aria-label": "GTAN explorer", tabIndex: -1,
    "data-lm-suppress-shortcuts": "true",
  });
  const tip = element("div", { class: "gx-tip", hidden: true, "aria-hidden": "true" });
  const voice = element("div", { class: "gx-voice", "aria-live": "polite" });

  const signal = canvasPanel(store, {
    label: "Signal",
    height: () => signalHeight(backdrop()),
    deps: ["scene", "view", "band", "windowSpan"],
    draw: (ctx, w, h) => drawSignal(ctx, w, h, state),
  });
  const timeline = canvasPanel(store, {
    label: "Timeline: truth and detections by class. Keys n and p step through detections.",
    height: () => timelineHeight(backdrop()),
    deps: ["scene", "view", "focus", "hits", "whatif", "score", "windowSpan"],
    draw: (ctx, w, h) => drawTimeline(ctx, w, h, state),
  });
  const strips = canvasPanel(store, {
    label: "Kernels of every anchor layer. Arrow keys step through kernels, Page Up and Page Down through layers.",
    height: () => stripsHeight(state.scene),
    deps: ["scene", "view", "focus", "whatif", "frame", "layer", "window", "reference", "windowSpan"],
    draw: (ctx, w, h) => drawStrips(ctx, w, h, state),
  });
  const heat = canvasPanel(store, {
    label: "Sigma of every cell over training. Brackets step through training.",
    height: () => (state.heat ? HEAT_HEIGHT : 36),
    deps: ["scene", "view", "band", "heat", "frame", "compare", "layer", "window"],
    draw: (ctx, w, h) => drawHeat(ctx, w, h, state),
  });
  for (const { canvas } of [timeline, strips, heat]) {
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
  }

  const tell = (text, event) => {
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const box = root.getBoundingClientRect();
    const x = event.clientX - box.left;
    tip.style.top = `${event.clientY - box.top + 16}px`;
    tip.style.left = `${Math.min(Math.max(8, x + 12), box.width - 290)}px`;
  };
  const detectionText = (scene, hits, i, isWhatIf) => {
    const d = scene.detections;
    return (
      `${isWhatIf ? "What-if: " : ""}${shorten(scene.classes[d.label[i]], 40)}, ` +
      `${span({ start: d.start[i], end: d.end[i] })}, score ${number(d.score[i], 3)}, ` +
      (scene.truth.count
        ? `${hits?.hit[i] >= 0 ? "✓ hit" : "miss"} (tIoU ${number(hits?.best[i] ?? 0, 2)})`
        : "truth is not known")
    );
  };
  const kernelText = (scene, layer, row) => {
    const found = scene.layers[layer - 1];
    const { cell, mixed } = kernelName(scene, layer, row);
    const role = ["background", "ignored", "foreground"][found.state[row] + 1] ?? "padding";
    const truth = found.state[row] === 1 && found.truth[row] >= 0
      ? ` for ${shorten(scene.classes[scene.truth.label[found.truth[row]]], 40)}` : "";
    const seconds = (scene.header.window * scene.header.grid.stride) / found.cells;
    return (
      `Layer ${layer}, ${mixed
        ? `mixed from ${plural(found.memberOffsets[row + 1] - found.memberOffsets[row], "cell")}`
        : `cell ${cell}`}: σ ${number(found.sigma[row], 2)} cells (${number(found.sigma[row] * seconds, 2)} s)` +
      `, ${mixed ? "a mixed kernel" : role + truth}`
    );
  };

  timePointer(signal, store, { pick() {} });
  timePointer(timeline, store, {
    pick({ x, y }) {
      const found = pickTimeline(x, y, timeline.width, state);
      if (found?.detection !== undefined) {
        selectDetection(found.whatif ? state.whatif : state.scene, found.detection);
      }
    },
    hover(at, event) {
      const found = at && pickTimeline(at.x, at.y, timeline.width, state);
      if (!found) return tell("");
      const { truth, classes } = state.scene;
      if (found.truth !== undefined) {
        const g = found.truth;
        return tell(
          `Truth: ${shorten(classes[truth.label[g]], 60)}, ${span({ start: truth.start[g], end: truth.end[g] })}` +
            (state.hits ? (state.hits.taken[g] ? ", found" : ", missed") : ""),
          event,
        );
      }
      const scene = found.whatif ? state.whatif : state.scene;
      const hits = found.whatif ? state.whatHits : state.hits;
      return tell(detectionText(scene, hits, found.top, found.whatif), event);
    },
  });
  timePointer(strips, store, {
    pick({ x, y }) {
      const found = pickStrips(x, y, strips.width, state);
      if (!found) return;
      if (found.row >= 0) selectKernel(found.scene, found.layer, found.row);
      else store.set({ layer: found.layer });
    },
    hover(at, event) {
      const found = at && pickStrips(at.x, at.y, strips.width, state);
      tell(found?.row >= 0 ? kernelText(found.scene, found.layer, found.row) : "", event);
    },
  });
  timePointer(heat, store, {
    pick({ x, y }) {
      const found = pickHeat(x, y, heat.width, heat.height, state);
      if (!found) return;
      play.stop();
      if (found.row >= 0) selectKernel(state.scene, state.layer, found.row);
      open(state.recording, state.trace.steps[found.step]);
    },
    hover(at, event) {
      const found = at && pickHeat(at.x, at.y, heat.width, heat.height, state);
      if (!found || found.row < 0) return tell("");
      const { trace, traced, layer } = state;
      const recorded = trace.layers[layer - 1];
      const stride = recorded.sigmas.length / trace.steps.length;
      const { window, cell } = kernelName(state.scene, layer, found.row);
      const at2 = found.step * stride + (traced[0] + window) * recorded.cells + cell;
      return tell(
        `Step ${trace.steps[found.step]}, cell ${cell}: σ ${number(recorded.sigmas[at2], 2)} cells, ` +
          (["background", "ignored", "foreground"][recorded.state[at2] + 1] ?? "padding"),
        event,
      );
    },
  });

  const play = player(store, {
    setFrame: (frame) => showTraced(frame, null),
    settle: () => open(state.recording, state.trace.steps[Math.round(state.frame)]),
  });
  const why = whyPanel(store, {
    onDetection: selectSource,
    onKernel(name) {
      const scene = state.whatif ?? state.scene;
      selectKernel(scene, name.layer, rowOf(scene, name));
    },
  });
  const controls = controlsPanel(store, { setSetting, setKernel, reset });
  const grouping = groupingStepper(store);
  const nms = nmsStepper(store, { onDetection: selectSource });
  const mainPanels = [signal, timeline, strips, heat];

  const bar = topBar(store, {
    open,
    reset,
    keys: KEYS,
    async save(kind) {
      const blob = await picture(kind, state, mainPanels, why.panels);
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

  const legend = (...items) =>
    element(
      "div", { class: "gx-legend" },
      ...items.map(([mark, text]) =>
        element("span", {}, element("i", { class: `gx-key gx-key-${mark}` }), text)),
    );
  const title = (text, note, ...extra) =>
    element(
      "header", { class: "gx-title" },
      element("h2", { text }), element("small", { text: note }), ...extra,
    );
  const compare = element("select", {
    "aria-label": "Compare with training step",
    onchange: () => store.set({ compare: compare.value === "" ? null : Number(compare.value) }),
  });
  const windows = element("select", {
    "aria-label": "Window",
    onchange: () => {
      const window = windows.value === "" ? null : Number(windows.value);
      store.set({ window });
      if (window !== null) {
        const { start, end } = state.scene.windows[window];
        store.set({ view: clampView([start, end], state.scene.duration) });
      }
    },
  });
  const onlyForeground = element("input", {
    type: "checkbox", onchange: () => store.set({ foregroundOnly: onlyForeground.checked }),
  });

  const tabs = ["grouping", "nms"].map((name) =>
    element("button", {
      role: "tab", "data-tab": name,
      text: name === "grouping" ? "Grouping, step by step" : "soft-NMS, step by step",
      onclick: () => store.set({ tab: name }),
      onkeydown: (event) => {
        if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
          store.set({ tab: name === "grouping" ? "nms" : "grouping" });
          tabs.find((tab) => tab.dataset.tab === state.tab).focus();
        }
      },
    }),
  );

  root.append(
    bar.root,
    element(
      "div", { class: "gx-grid" },
      element(
        "div", { class: "gx-main" },
        element(
          "section", { class: "gx-card", "aria-label": "Timeline" },
          title(
            "Timeline", "",
            legend(["truth", "truth, found"], ["missed", "missed"], ["detection", "detection, strong to faint by score"],
              ["hit", "✓ hit"], ["whatif", "what-if"]),
          ),
          signal.canvas, timeline.canvas,
        ),
        element(
          "section", { class: "gx-card", "aria-label": "Kernels" },
          title(
            "Kernels", "height: width in cells",
            legend(["foreground", "foreground, hue of its action"], ["background", "background"], ["mixed", "mixed"]),
            element("label", { class: "gx-inline" }, "window ", windows),
          ),
          strips.canvas,
          element(
            "div", { class: "gx-training" },
            element("h3", { text: "Training" }), play.root,
            element("label", { class: "gx-inline" }, "compare with ", compare),
            element("label", { class: "gx-inline" }, onlyForeground, " foreground only"),
          ),
          heat.canvas,
        ),
        element(
          "section", { class: "gx-card", "aria-label": "Algorithms, step by step" },
          element("div", { class: "gx-tabs", role: "tablist" }, ...tabs),
          grouping.root, nms.root,
        ),
      ),
      element("div", { class: "gx-side" }, controls.root, why.root),
    ),
    tip, voice,
  );
  el.replaceChildren(root);

  store.listen((changed) => {
    if (changed.has("tab")) {
      grouping.root.hidden = state.tab !== "grouping";
      nms.root.hidden = state.tab !== "nms";
      for (const tab of tabs) {
        const chosen = tab.dataset.tab === state.tab;
        tab.setAttribute("aria-selected", String(chosen));
        tab.tabIndex = chosen ? 0 : -1;
      }
    }
    if (changed.has("scene") || changed.has("window")) fillWindows();
    if (changed.has("trace") || changed.has("traced") || changed.has("compare")) fillCompare();
    if (changed.has("view")) tip.hidden = true;
    if (["view", "layer", "window", "tiou", "score", "tab", "compare", "theme"].some((n) => changed.has(n))) later();
  });

  let windowKey = "";
  function fillWindows() {
    const count = state.scene?.windows.length ?? 0;
    const key = `${state.recording}/${count}`;
    if (key !== windowKey) {
      windowKey = key;
      windows.replaceChildren(element("option", { value: "", text: "all, each its own part" }));
      for (let w = 0; w < count; w++) {
        const { start, end } = state.scene.windows[w];
        windows.append(element("option", { value: w, text: `${w}: ${span({ start, end })}` }));
      }
    }
    windows.value = state.window === null ? "" : state.window;
  }
  function fillCompare() {
    const steps = state.trace && state.traced ? state.trace.steps : [];
    compare.replaceChildren(element("option", { value: "", text: "no other step" }));
    for (const step of steps) compare.append(element("option", { value: step, text: `step ${step}` }));
    compare.value = state.compare ?? "";
    compare.disabled = !steps.length;
    onlyForeground.disabled = !steps.length;
  }

  // --- telling others -----------------------------------------------------------------------------

  let spoken = "";
  function speak() {
    const { facts, focus, scene } = state;
    const text = !scene ? "" : !focus ? "Nothing is selected."
      : facts ? facts.story
        : `Layer ${focus.layer}, cell ${focus.cell}, step ${state.step}: σ ` +
          `${number(scene.layers[focus.layer - 1].sigma[Math.max(0, focus.row)], 2)} cells.`;
    if (text !== spoken) voice.textContent = spoken = text;
  }

  // Traits for Python, and the address for a link. Only once the hand rests.
  let listening = true;
  function report() {
    listening = false;
    for (const name of SHARED) {
      if (opening && (name === "recording" || name === "step")) continue; // somebody else's wish
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

  // --- a file dropped onto the page ---------------------------------------------------------------

  root.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    root.classList.add("gx-drop");
  });
  root.addEventListener("dragleave", (event) => {
    if (!root.contains(event.relatedTarget)) root.classList.remove("gx-drop");
  });
  root.addEventListener("drop", async (event) => {
    root.classList.remove("gx-drop");
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    try {
      const view = source.keep(readExplanation(await file.arrayBuffer()));
      const { recording, step, duration } = view.header;
      const entry = entryOf(recording);
      const steps = [...new Set([...(entry?.steps ?? []), step])].sort((a, b) => a - b);
      store.set({
        catalogue: [
          ...state.catalogue.filter((one) => one.recording !== recording),
          { recording, duration, steps },
        ],
      });
      show(view, true);
    } catch (error) {
      store.set({ message: `${shorten(file.name, 40)}: ${error.message}` });
    }
  });

  listenKeys(root, act);
  const theme = followTheme(root, store);
  store.listen((changed) => {
    if (changed.has("theme")) theme.apply();
  });

  // --- start --------------------------------------------------------------------------------------

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
  }
  store.flush();

  // For tests and benchmarks.
  root.explorer = { store, state, act, play, grouping, nms, prepare: () => state.explanation && prepare(state.explanation) };

  return () => {
    play.stop();
    clearTimeout(resting);
    source.stop();
    theme.stop();
    for (const [name, listener] of watchers) model.off(`change:${name}`, listener);
    model.off("change:catalogue", onCatalogue);
    for (const panel of [...mainPanels, ...why.panels, ...grouping.panels, ...nms.panels]) panel.stop();
    store.stop();
  };
}

const whenIdle = (work) =>
  globalThis.requestIdleCallback ? requestIdleCallback(work, { timeout: 1500 }) : setTimeout(work, 200);

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

// --- the address of the stand-alone page ----------------------------------------------------------

const ADDRESS = ["recording", "step", "layer", "selection", "settings", "view", "window", "tiou", "score", "tab"];

function writeAddress(state) {
  if (state.host !== "page" || state.recording === null) return;
  const parts = new URLSearchParams();
  const rounded = (value) => (typeof value === "number" ? Number(value.toPrecision(6)) : value);
  for (const name of ADDRESS) {
    const value = state[name];
    if (value === null || (name === "settings" && !Object.keys(value).length)) continue;
    if (name === "view" && state.scene && value[0] === 0 && value[1] === state.scene.duration) continue;
    parts.set(name, JSON.stringify(value, (_, v) => rounded(v)));
  }
  try {
    history.replaceState(null, "", `#${parts}`);
  } catch {
    // Some viewers forbid it for files from disk; the picture does not depend on it.
  }
}

export function readAddress(hash = location.hash) {
  const given = {};
  for (const [name, value] of new URLSearchParams(hash.slice(1))) {
    if (!ADDRESS.includes(name)) continue;
    try {
      given[name] = JSON.parse(value);
    } catch {
      // A link cut short: what can be read of it still counts.
    }
  }
  const numbers = (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
  if (given.view !== undefined && !(numbers(given.view) && given.view[1] > given.view[0])) delete given.view;
  for (const name of ["settings", "selection"]) {
    if (given[name] !== undefined && (typeof given[name] !== "object" || given[name] === null)) delete given[name];
  }
  for (const name of ["step", "layer", "window", "tiou", "score"]) {
    if (given[name] !== undefined && !Number.isFinite(given[name])) delete given[name];
  }
  return given;
}


export default { render };
