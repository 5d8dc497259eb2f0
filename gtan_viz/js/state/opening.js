// Opening a recording at a training step: from a stored Explanation, or, where there is none, the sigmas
// that the trace holds.

import { interactive, readExplanation } from "../model/explanation.js";
import { traceRows } from "../model/trace.js";
import { backdropOf, sceneOf } from "./derive.js";
import { detectionSelection } from "./focus.js";
import { traceScene } from "./scene.js";
import { shorten } from "./text.js";
import { placesOf } from "./colors.js";

// `opened` is called with every view that was not open before.
export function opener(store, source, rest, opened) {
  const { state } = store;
  let gliding = null; // the traced scene of this recording
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
      if (recording !== state.recording || !backdropOf(state)) {
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
        rest();
      }
    }
  }

  function show(view, isNew) {
    const { recording, step, layers } = view.header;
    const traced = state.trace ? traceRows(state.trace, view) : null;
    if (isNew || String(traced) !== String(state.traced)) {
      state.traced = traced;
      store.touch("traced");
    }
    const places = placesOf(view.header.classes);
    if (places.join() !== state.colors.places?.join()) {
      state.colors = { ...state.colors, places };
      store.touch("colors");
    }
    state.explanation = view;
    state.scene = sceneOf(view);
    state.canPredict = interactive(view) || (state.host === "jupyter" && !refused.has(view));
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
      opened(view);
    }
  }

  // A large model's Explanations hold no feature maps: where a what-if needs them, a notebook's kernel
  // is asked. From then on the sliders follow the hand here too.
  const refused = new WeakSet();
  async function askFeatures() {
    const view = state.explanation;
    const { recording, step } = view.header;
    store.set({ asking: true });
    try {
      const whole = await source.load(recording, step, true);
      if (state.explanation !== view) return;
      show(whole, false);
      opened(whole);
    } catch (error) {
      refused.add(view);
      if (state.explanation !== view) return;
      show(view, false);
      store.set({ message: `Feature maps: ${error.message}` });
    } finally {
      store.set({ asking: false });
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
    if (frame < 0 || !state.traced || !backdropOf(state)) {
      store.set({ message: `Of step ${step} nothing was kept for this recording. ${storedSteps(state)}` });
      return;
    }
    const backdrop = backdropOf(state);
    if (gliding?.backdrop !== backdrop) {
      gliding = Object.assign(traceScene(state.trace, ...state.traced, backdrop), {
        backdrop, rows: backdrop.rows,
      });
    }
    gliding.moveTo(frame);
    if (state.scene !== gliding) {
      state.scene = gliding;
      state.explanation = null;
      store.touch("scene", "explanation");
    }
    store.set({ frame, step: state.trace.steps[Math.round(frame)], message: "" });
  }

  // An Explanation from a file that was dropped onto the page.
  async function openFile(file) {
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
  }

  return { open, openFile, askFeatures, show, showTraced, knowSteps, entryOf, busy: () => opening };
}

export function storedSteps({ catalogue, recording }) {
  const steps = catalogue.find((entry) => entry.recording === recording)?.steps ?? [];
  return steps.length ? `Steps with everything: ${steps.join(", ")}.` : "";
}
