// The cards of the main column: their titles, legends and choices about the canvases.

import { clampView } from "../state/axis.js";
import { element } from "./panel.js";
import { span } from "../state/text.js";

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

export function timelineCard({ signal, timeline }) {
  return element(
    "section", { class: "gx-card", "aria-label": "Timeline" },
    title(
      "Timeline", "",
      legend(["truth", "truth, found"], ["missed", "missed"], ["detection", "detection, strong to faint by score"],
        ["hit", "✓ hit"], ["whatif", "what-if"]),
    ),
    signal.canvas, timeline.canvas,
  );
}

export function kernelsCard(store, { strips, heat }, play) {
  return element(
    "section", { class: "gx-card", "aria-label": "Kernels" },
    title(
      "Kernels", "height: width in cells",
      legend(["foreground", "foreground, hue of its action"], ["background", "background"], ["mixed", "mixed"]),
      element("label", { class: "gx-inline" }, "window ", windowChoice(store)),
    ),
    strips.canvas,
    element(
      "div", { class: "gx-training" },
      element("h3", { text: "Training" }), play.root,
      element("label", { class: "gx-inline" }, "compare with ", compareChoice(store)),
      element("label", { class: "gx-inline" }, foregroundChoice(store), " foreground only"),
    ),
    heat.canvas,
  );
}

function windowChoice(store) {
  const { state } = store;
  const windows = element("select", {
    "aria-label": "Window",
    onchange() {
      const window = windows.value === "" ? null : Number(windows.value);
      store.set({ window });
      if (window === null) return;
      const { start, end } = state.scene.windows[window];
      store.set({ view: clampView([start, end], state.scene.duration) });
    },
  });
  let filled = "";
  store.listen((changed) => {
    if (!changed.has("scene") && !changed.has("window")) return;
    const count = state.scene?.windows.length ?? 0;
    const key = `${state.recording}/${count}`;
    if (key !== filled) {
      filled = key;
      windows.replaceChildren(element("option", { value: "", text: "all, each its own part" }));
      for (let w = 0; w < count; w++) {
        windows.append(element("option", { value: w, text: `${w}: ${span(state.scene.windows[w])}` }));
      }
    }
    windows.value = state.window === null ? "" : state.window;
  });
  return windows;
}

const tracedSteps = ({ trace, traced }) => (trace && traced ? trace.steps : []);

function compareChoice(store) {
  const { state } = store;
  const compare = element("select", {
    "aria-label": "Compare with training step",
    onchange: () => store.set({ compare: compare.value === "" ? null : Number(compare.value) }),
  });
  store.listen((changed) => {
    if (!["trace", "traced", "compare"].some((name) => changed.has(name))) return;
    const steps = tracedSteps(state);
    compare.replaceChildren(element("option", { value: "", text: "no other step" }));
    for (const step of steps) compare.append(element("option", { value: step, text: `step ${step}` }));
    compare.value = state.compare ?? "";
    compare.disabled = !steps.length;
  });
  return compare;
}

function foregroundChoice(store) {
  const { state } = store;
  const only = element("input", {
    type: "checkbox", onchange: () => store.set({ foregroundOnly: only.checked }),
  });
  store.listen((changed) => {
    if (changed.has("trace") || changed.has("traced")) only.disabled = !tracedSteps(state).length;
  });
  return only;
}

// `steppers` by the name of their tab.
export function algorithmsCard(store, steppers) {
  const { state } = store;
  const names = Object.keys(steppers);
  const tabs = names.map((name, at) =>
    element("button", {
      role: "tab", "data-tab": name,
      text: name === "grouping" ? "Grouping, step by step" : "soft-NMS, step by step",
      onclick: () => store.set({ tab: name }),
      onkeydown(event) {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const next = (at + (event.key === "ArrowRight" ? 1 : names.length - 1)) % names.length;
        store.set({ tab: names[next] });
        tabs[next].focus();
      },
    }),
  );
  store.listen((changed) => {
    if (!changed.has("tab")) return;
    for (const tab of tabs) {
      const chosen = tab.dataset.tab === state.tab;
      steppers[tab.dataset.tab].root.hidden = !chosen;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
  });
  return element(
    "section", { class: "gx-card", "aria-label": "Algorithms, step by step" },
    element("div", { class: "gx-tabs", role: "tablist" }, ...tabs),
    ...names.map((name) => steppers[name].root),
  );
}
