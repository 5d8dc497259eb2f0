// The canvases of the main column, and what the pointer does on them.

import { timeAxis } from "../state/axis.js";
import { rowsHeight } from "../state/strip_rows.js";
import { drawHeat, HEAT_HEIGHT, pickHeat } from "./heatmap.js";
import { bandText, detectionText, heatText, kernelText, truthText } from "./hover.js";
import { canvasPanel } from "./panel.js";
import { timePointer } from "./pointer.js";
import { drawSignal, signalHeight, signalLabel, signalText } from "./signal.js";
import { drawStrips, pickStrips } from "./strips.js";
import { drawTimeline, pickTimeline, timelineHeight } from "./timeline.js";

/** @typedef {ReturnType<typeof mainPanels>} MainPanels */

/** @param {Store} store */
export function mainPanels(store) {
  const { state } = store;
  const signal = canvasPanel(store, {
    label: "Signal",
    height: () => signalHeight(state.backdrop),
    draw: drawSignal,
  });
  store.draw(() => {
    signal.canvas.ariaLabel = signalLabel(state.backdrop);
  });
  const timeline = canvasPanel(store, {
    label:
      "Timeline: truth and detections by class. Keys n and p step through detections, t through truths.",
    height: () => timelineHeight(state.rows),
    draw: drawTimeline,
  });
  const strips = canvasPanel(store, {
    label:
      "Kernels of every anchor layer. Arrow keys step through kernels, Page Up and Page Down through layers.",
    height: () => rowsHeight(state.stripRows),
    draw: drawStrips,
  });
  const heat = canvasPanel(store, {
    label: "Sigma of every cell over training. Brackets step through training.",
    height: () => (state.heat ? HEAT_HEIGHT : 36),
    draw: drawHeat,
  });
  for (const { canvas } of [timeline, strips, heat]) {
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
  }
  return { signal, timeline, strips, heat };
}

/**
 * @param {Store} store
 * @param {MainPanels} panels
 * @param {{jump: import("../state/jumping.js").Jump, tell: import("./hover.js").Tell,
 *   watch: (time: number) => void, seek: (step: number) => void}} answers `tell` shows a text at the
 *   pointer, `watch` goes to a time of the video, `seek` to a training step
 */
export function listenPointer(store, { signal, timeline, strips, heat }, answers) {
  const { jump, tell, watch } = answers;
  const { state } = store;
  timePointer(signal, store, {
    pick: (place) => seekAt(place, signal, state, watch),
    hover: (place, event) => tell(place ? signalText(place, signal.width, state) : "", event),
  });
  timePointer(timeline, store, {
    pick(place) {
      const found = pickTimeline(place, timeline.width, state);
      if (!found) seekAt(place, timeline, state, watch);
      else if ("truth" in found) jump.toTruth(found.scene, found.truth);
      else jump.toDetection(found.scene, found.detection);
    },
    hover(place, event) {
      const found = place && pickTimeline(place, timeline.width, state);
      if (!found) tell("");
      else if ("truth" in found) tell(truthText(found.scene, state, found.truth), event);
      else {
        const hits = found.isWhatIf ? state.whatHits : state.hits;
        tell(detectionText(found.scene, hits, found.top, found.isWhatIf), event);
      }
    },
  });
  timePointer(strips, store, {
    pick(place) {
      const found = pickStrips(place, strips.width, state);
      if (!found) return;
      if (found.row >= 0) jump.toKernel(found.scene, found.layer, found.row);
      else store.set({ layer: found.layer });
    },
    hover(place, event) {
      const found = place && pickStrips(place, strips.width, state);
      const text = found && found.row >= 0 ? kernelText(found.scene, found.layer, found.row) : "";
      tell(found?.others ? `${text}; ${bandText(found.others)}` : text, event);
    },
  });
  timePointer(heat, store, {
    pick(place) {
      const found = pickHeat(place, heat.width, heat.height, state);
      if (!found || !state.scene || !state.trace) return;
      if (found.row >= 0) jump.toKernel(state.scene, state.layer, found.row);
      answers.seek(state.trace.steps[found.step]);
    },
    hover(place, event) {
      const found = place && pickHeat(place, heat.width, heat.height, state);
      tell(found && found.row >= 0 ? heatText(state, found) : "", event);
    },
  });
}

/**
 * A click goes to the time under it.
 *
 * @param {Panel} panel @param {Store} store @param {(time: number) => void} watch
 */
export const goThere = (panel, store, watch) =>
  timePointer(panel, store, { pick: (place) => seekAt(place, panel, store.state, watch) });

/**
 * @param {import("./pointer.js").Place} place @param {Panel} panel @param {State} state
 * @param {(time: number) => void} watch
 */
function seekAt({ x }, panel, { view }, watch) {
  const axis = timeAxis(view, panel.width);
  if (x >= axis.left && x <= axis.right) watch(axis.t(x));
}
