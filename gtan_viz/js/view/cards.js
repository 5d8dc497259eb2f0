// The cards of the main column: their titles, legends and choices about the canvases.

import { clampView } from "../state/axis.js";
import { VERDICTS } from "../state/results.js";
import { plural, span } from "../state/text.js";
import { withCursor } from "./cursor.js";
import { element, say } from "./element.js";
import { groupingLine } from "./grouping_line.js";

/** @param {...[string, string]} items kind of mark, and what it means */
const legend = (...items) =>
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

/** @param {Store} store @param {import("./panels.js").MainPanels} panels @param {Panel} film */
export const timelineCard = (store, { signal, timeline }, film) =>
  element(
    "section",
    { class: "gx-card", "data-panel": "timeline", "aria-label": "Timeline" },
    title(
      "Timeline",
      "",
      ghostNote(store),
      legend(
        ["truth", "truth, found"],
        ["missed", "missed"],
        ["detection", "detection, faint: low score"],
        .../** @type {[string, string][]} */ (VERDICTS.map((text) => ["word", text])),
        ["whatif", "what-if"],
        ["appeared", "came"],
        ["vanished", "went"],
        ["word", "+7 more overlap"],
      ),
    ),
    filmLane(store, film),
    element("div", { "data-panel": "signal" }, withCursor(store, signal)),
    withCursor(store, timeline),
  );

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
 * @param {Store} store @param {import("./panels.js").MainPanels} panels @param {{root: Node}} play
 */
export const kernelsCard = (store, { strips, heat }, play) =>
  element(
    "section",
    { class: "gx-card", "data-panel": "kernels", "aria-label": "Kernels" },
    title(
      "Kernels",
      "height: width in cells",
      legend(
        ["foreground", "foreground, hue of its action"],
        ["background", "background"],
        ["mixed", "mixed"],
      ),
      labelled("window ", windowChoice(store)),
    ),
    groupingLine(store),
    withCursor(store, strips),
    layerSpoken(store),
    element(
      "div",
      { "data-panel": "training" },
      element(
        "div",
        { class: "gx-training" },
        element("h3", { text: "Training" }),
        play.root,
        labelled("compare with ", compareChoice(store)),
        element("label", { class: "gx-inline" }, foregroundChoice(store), " foreground only"),
      ),
      withCursor(store, heat),
    ),
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

/** @param {Store} store */
function windowChoice(store) {
  const { state } = store;
  const choice = element("select", {
    "aria-label": "Window",
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
      element("option", { value: "", text: "all, each its own part" }),
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

/** @param {Store} store */
function compareChoice(store) {
  const { state } = store;
  const choice = element("select", {
    "aria-label": "Compare with training step",
    onchange: () => store.set({ compare: choice.value === "" ? null : Number(choice.value) }),
  });
  store.draw(() => {
    const steps = tracedSteps(state);
    choice.replaceChildren(
      element("option", { value: "", text: "no other step" }),
      ...steps.map((step) => element("option", { value: step, text: `step ${step}` })),
    );
    choice.value = String(state.compare ?? "");
    choice.disabled = !steps.length;
  });
  return choice;
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
