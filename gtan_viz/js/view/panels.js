// The four canvases of the main column, and what the pointer does on them.

import { backdropOf } from "../state/derive.js";
import { HEAT_HEIGHT, drawHeat, pickHeat } from "./heatmap.js";
import { detectionText, heatText, kernelText, truthText } from "./hover.js";
import { canvasPanel } from "./panel.js";
import { timePointer } from "./pointer.js";
import { drawStrips, pickStrips, stripsHeight } from "./strips.js";
import { drawSignal, drawTimeline, pickTimeline, signalHeight, timelineHeight } from "./timeline.js";

export function mainPanels(store) {
  const { state } = store;
  const signal = canvasPanel(store, {
    label: "Signal",
    height: () => signalHeight(backdropOf(state)),
    deps: ["scene", "view", "band", "windowSpan"],
    draw: drawSignal,
  });
  const timeline = canvasPanel(store, {
    label: "Timeline: truth and detections by class. Keys n and p step through detections.",
    height: () => timelineHeight(backdropOf(state)),
    deps: ["scene", "view", "focus", "hits", "whatHits", "whatif", "score", "windowSpan"],
    draw: drawTimeline,
  });
  const strips = canvasPanel(store, {
    label: "Kernels of every anchor layer. Arrow keys step through kernels, Page Up and Page Down through layers.",
    height: () => stripsHeight(state.scene),
    deps: ["scene", "view", "focus", "whatif", "frame", "layer", "window", "reference", "windowSpan"],
    draw: drawStrips,
  });
  const heat = canvasPanel(store, {
    label: "Sigma of every cell over training. Brackets step through training.",
    height: () => (state.heat ? HEAT_HEIGHT : 36),
    deps: ["scene", "view", "band", "heat", "frame", "compare", "layer", "window"],
    draw: drawHeat,
  });
  for (const { canvas } of [timeline, strips, heat]) {
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
  }
  return { signal, timeline, strips, heat };
}

// `choose` selects, `tell` shows a text at the pointer, `seek` goes to a training step.
export function listenPointer(store, { signal, timeline, strips, heat }, { choose, tell, seek }) {
  const { state } = store;

  timePointer(signal, store, { pick() {} });

  timePointer(timeline, store, {
    pick({ x, y }) {
      const found = pickTimeline(x, y, timeline.width, state);
      if (found?.detection === undefined) return;
      choose.selectDetection(found.whatif ? state.whatif : state.scene, found.detection);
    },
    hover(at, event) {
      const found = at && pickTimeline(at.x, at.y, timeline.width, state);
      if (!found) tell("");
      else if (found.truth !== undefined) tell(truthText(state.scene, state.hits, found.truth), event);
      else if (found.whatif) tell(detectionText(state.whatif, state.whatHits, found.top, true), event);
      else tell(detectionText(state.scene, state.hits, found.top, false), event);
    },
  });

  timePointer(strips, store, {
    pick({ x, y }) {
      const found = pickStrips(x, y, strips.width, state);
      if (!found) return;
      if (found.row >= 0) choose.selectKernel(found.scene, found.layer, found.row);
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
      if (found.row >= 0) choose.selectKernel(state.scene, state.layer, found.row);
      seek(state.trace.steps[found.step]);
    },
    hover(at, event) {
      const found = at && pickHeat(at.x, at.y, heat.width, heat.height, state);
      tell(found && found.row >= 0 ? heatText(state, found) : "", event);
    },
  });
}
