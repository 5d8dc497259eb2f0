// What is open, whether it is as learned or a what-if, and what can be taken away from here.

import { element } from "./panel.js";
import { clean, shorten } from "../state/text.js";

export function topBar(store, { open, reset, save, copy, keys }) {
  const { state } = store;
  const recording = element("select", {
    "aria-label": "Recording", onchange: () => open(names[recording.selectedIndex], null),
  });
  let names = [];
  const step = element("select", {
    "aria-label": "Training step", onchange: () => open(state.recording, Number(step.value)),
  });
  const badge = element("span", { class: "gx-badge", role: "status" });
  const back = element("button", { text: "Reset", title: "Back to as learned (r)", onclick: reset });
  const kept = element("span", { class: "gx-kept" });
  const message = element("span", { class: "gx-message", role: "status" });
  const theme = element("button", {
    class: "gx-icon", title: "Light or dark",
    onclick: () => store.set({ theme: state.colors.dark ? "light" : "dark" }),
  });
  const code = element("pre", { tabIndex: 0 });
  const codeBox = element("dialog", { class: "gx-dialog" },
    element("h2", { text: "As Python" }), code,
    element("button", { text: "Close", onclick: () => codeBox.close() }));
  const helpBox = element(
    "dialog", { class: "gx-dialog" },
    element("h2", { text: "Keys" }),
    element("p", { text: "They work while the focus is inside the explorer: click into it once." }),
    element("dl", {}, ...keys.flatMap(([key, what]) => [element("dt", { text: key }), element("dd", { text: what })])),
    element("button", { text: "Close", onclick: () => helpBox.close() }),
  );
  const root = element(
    "div", { class: "gx-bar" },
    element("strong", { class: "gx-brand", text: "GTAN explorer" }),
    element("label", { class: "gx-inline" }, "recording ", recording),
    element("label", { class: "gx-inline" }, "training step ", step),
    kept, badge, back, message,
    element("span", { class: "gx-space" }),
    element("button", { text: "PNG", title: "Save the picture as PNG", onclick: () => save("png") }),
    element("button", { text: "SVG", title: "Save the picture as SVG", onclick: () => save("svg") }),
    element("button", { text: "Copy as Python", title: "The lines that give these numbers", onclick: copy }),
    theme,
    element("button", { class: "gx-icon", text: "?", title: "Keys", "aria-label": "Keys", onclick: () => helpBox.showModal() }),
    codeBox, helpBox,
  );

  function update() {
    const { scene, whatif } = state;
    recording.value = state.recording === null ? "" : String(names.indexOf(state.recording));
    step.value = state.step ?? "";
    badge.textContent = whatif ? "what-if" : "As learned";
    badge.classList.toggle("gx-on", Boolean(whatif));
    back.hidden = !Object.keys(state.settings).length;
    const told = !scene ? "" : scene.traced ? "sigmas only" : "everything was kept";
    kept.textContent = told;
    message.textContent = shorten(state.message, 200);
    theme.textContent = state.colors.dark ? "☀" : "☾";
    theme.setAttribute("aria-label", state.colors.dark ? "Use light colours" : "Use dark colours");
  }
  function fill() {
    names = state.catalogue.map((entry) => entry.recording);
    recording.replaceChildren(
      ...names.map((name, i) =>
        element("option", { value: String(i), text: shorten(name, 48), title: clean(name) })),
    );
  }
  function fillSteps() {
    const full = new Set(state.fullSteps);
    step.replaceChildren(
      ...state.allSteps.map((s) =>
        element("option", { value: s, text: full.has(s) ? `${s} · everything` : `${s} · sigmas only` })),
    );
  }
  const watched = ["scene", "message", "colors", "step", "recording", "catalogue", "allSteps", "fullSteps"];
  let altered = "";
  store.listen((changed) => {
    if (changed.has("catalogue")) fill();
    if (changed.has("allSteps") || changed.has("fullSteps")) fillSteps();
    const now = `${Boolean(state.whatif)} ${Object.keys(state.settings).length}`; // not at every move
    if (now !== altered || watched.some((name) => changed.has(name))) update();
    altered = now;
  });
  return {
    root,
    help: () => helpBox.showModal(),
    showCode(text) {
      if (text === null) return;
      code.textContent = text;
      codeBox.showModal();
    },
  };
}
