// The cards of the main column: their titles, legends and choices about the canvases.

import { clampView } from "../state/axis.js";
import { plural, span } from "../state/text.js";
import { withCursor } from "./cursor.js";
import { element, say } from "./element.js";
import { eventList } from "./event_list.js";
import { groupingLine } from "./grouping_line.js";
import { KERNELS, TIMELINE } from "./legends.js";
import { rowEdges } from "./row_edges.js";
import { stepMarks } from "./step_marks.js";
import { stepSlider } from "./step_slider.js";

/** @param {import("./legends.js").Item[]} items */
const legend = (items) =>
  element(
    "div",
    { class: "gx-legend" },
    ...items.map(([mark, text]) =>
      element("span", {}, element("i", { class: `gx-key gx-key-${mark}` }), text),
    ),
  );

/** @param {string} text @param {string} note @param {...Node} extra */
const title = (text, note, ...extra) =>
  element(
    "header",
    { class: "gx-title" },
    element("h2", { text }),
    element("small", { text: note }),
    ...extra,
  );

/** @param {string} text @param {Node} choice */
const labelled = (text, choice) => element("label", { class: "gx-inline" }, text, choice);

/** Where there is a video. @param {Store} store @param {Panel} film */
function filmLane(store, film) {
  const lane = withCursor(store, film);
  store.draw(() => {
    lane.hidden = !store.state.video;
  });
  return lane;
}

/**
 * @param {Store} store @param {import("./panels.js").MainPanels} panels
 * @param {?Panel} film null where the signal, the film and the legend stand above already
 */
export const timelineCard = (store, { signal, timeline }, film) =>
  element(
    "section",
    { class: "gx-card", "data-panel": "timeline", "aria-label": "Timeline" },
    title("Timeline", "", ghostNote(store), ...(film ? [legend(TIMELINE)] : [])),
    ...(film ? [filmLane(store, film), signalLane(store, signal)] : []),
    withCursor(store, timeline),
  );

/** @param {Store} store @param {Panel} signal */
const signalLane = (store, signal) =>
  element("div", { "data-panel": "signal" }, withCursor(store, signal));

/** That the detections are another step's. @param {Store} store */
function ghostNote(store) {
  const note = element("small", { class: "gx-ghost" });
  store.draw(() => {
    const which = store.state.ghostNote;
    say(note, which && `dotted: detections of ${which}`);
  });
  return note;
}

/**
 * @param {Store} store @param {import("./panels.js").MainPanels} panels @param {?{root: Node}} play
 * @param {{go: (step: number) => void, choose: (scene: Scene, detection: number) => void}} answers `go`
 *   to a training step, `choose` a detection
 */
export const kernelsCard = (store, { strips, heat }, play, { go, choose }) =>
  element(
    "section",
    { class: "gx-card", "data-panel": "kernels", "aria-label": "Kernels" },
    title("Kernels", "↑ width in cells", legend(KERNELS), labelled("window ", windowChoice(store))),
    groupingLine(store, choose),
    stripsLane(store, strips),
    layerSpoken(store),
    ...(play ? [training(store, heat, play, go)] : []),
  );

/**
 * @param {Store} store @param {Panel} heat @param {{root: Node}} play @param {(step: number) => void} go
 */
const training = (store, heat, play, go) =>
  element(
    "div",
    { "data-panel": "training" },
    element(
      "div",
      { class: "gx-training" },
      element("h3", { text: "Training" }),
      play.root,
      compareChoice(store),
      element("label", { class: "gx-inline" }, foregroundChoice(store), " foreground only"),
    ),
    eventList(store, go),
    withCursor(store, heat),
  );

/** The layer that the keys are in, for those who do not see it. @param {Store} store */
function layerSpoken({ draw, state }) {
  const said = element("span", { class: "gx-unseen", role: "status" });
  draw(() => {
    const layers = state.scene?.layers ?? [];
    const chosen = layers[state.layer - 1];
    if (!chosen) return;
    const { cells, mixedCount } = chosen;
    const what = `${plural(cells, "cell")} a window, ${mixedCount} mixed`;
    say(said, `Layer ${state.layer} of ${layers.length}: ${what}`);
  });
  return said;
}

/** @param {Store} store @param {Panel} strips */
function stripsLane(store, strips) {
  const lane = withCursor(store, strips);
  lane.append(stepMarks(store, strips), rowEdges(store));
  return lane;
}

/** @param {Store} store */
function windowChoice(store) {
  const { state } = store;
  const choice = element("select", {
    "aria-label": "Window",
    title: "All windows, each its own part; or one, whole",
    onchange() {
      const window = choice.value === "" ? null : Number(choice.value);
      store.set({ window });
      if (window === null || !state.scene) return;
      const { start, end } = state.scene.windows[window];
      store.set({ view: clampView([start, end], state.scene.duration) });
    },
  });
  store.draw(() =>
    choice.replaceChildren(
      element("option", { value: "", text: "all" }),
      ...(state.backdrop?.windows ?? []).map((one, w) =>
        element("option", { value: w, text: `${w}: ${span(one)}` }),
      ),
    ),
  );
  store.draw(() => {
    if (state.backdrop) choice.value = String(state.window ?? "");
  });
  return choice;
}

/** @param {State} state */
const tracedSteps = ({ trace, traced }) => (trace && traced ? Array.from(trace.steps) : []);

/** Another step, at which the kernels are drawn as short dashes. @param {Store} store */
function compareChoice(store) {
  const { state } = store;
  const steps = () => tracedSteps(state);
  const box = element("input", {
    type: "checkbox",
    "aria-label": "Compare with another step",
    onchange: () => store.set({ compare: box.checked ? steps()[0] : null }),
  });
  const slider = stepSlider(store, {
    label: "Step to compare with",
    steps,
    at: () => Math.max(0, steps().indexOf(state.compare ?? -1)),
    isOff: () => state.compare === null,
    move: (at) => store.set({ compare: steps()[at] }),
    settle: () => {},
  });
  const where = element("output", { class: "gx-where" });
  const root = element(
    "span",
    { class: "gx-inline gx-compare", role: "group", "aria-label": "Compare" },
    element("label", { class: "gx-inline" }, box, "compare with"),
    slider,
    where,
  );
  store.draw(() => {
    box.disabled = !steps().length;
    box.checked = state.compare !== null;
    slider.hidden = state.compare === null;
    where.textContent = state.compare === null ? "another step" : `step ${state.compare}`;
  });
  return root;
}

/** @param {Store} store */
function foregroundChoice(store) {
  const box = element("input", {
    type: "checkbox",
    onchange: () => store.set({ foregroundOnly: box.checked }),
  });
  store.draw(() => {
    box.disabled = !tracedSteps(store.state).length;
  });
  return box;
}

const TABS = { grouping: "Grouping, step by step", nms: "soft-NMS, step by step" };

/** @param {Store} store @param {Record<keyof typeof TABS, {root: HTMLElement}>} steppers */
export function algorithmsCard(store, steppers) {
  const { state } = store;
  const names = /** @type {(keyof typeof TABS)[]} */ (Object.keys(TABS));
  const tabs = names.map((name, at) =>
    element("button", {
      role: "tab",
      "data-tab": name,
      text: TABS[name],
      onclick: () => store.set({ tab: name }),
      /** @param {KeyboardEvent} event */
      onkeydown(event) {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const next = (at + (event.key === "ArrowRight" ? 1 : names.length - 1)) % names.length;
        store.set({ tab: names[next] });
        tabs[next].focus();
      },
    }),
  );
  store.draw(() => {
    names.forEach((name, at) => {
      const isChosen = name === state.tab;
      steppers[name].root.hidden = !isChosen;
      tabs[at].setAttribute("aria-selected", String(isChosen));
      tabs[at].tabIndex = isChosen ? 0 : -1;
    });
  });
  return element(
    "section",
    { class: "gx-card", "data-panel": "algorithms", "aria-label": "Algorithms, step by step" },
    element("div", { class: "gx-tabs", role: "tablist" }, ...tabs),
    ...names.map((name) => steppers[name].root),
  );
}
