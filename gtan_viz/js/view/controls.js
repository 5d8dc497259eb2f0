// The sliders. Each moves one number of the what-if (or of what is shown); the tick on its track
// stands where training left it.

import { element } from "./panel.js";
import { number } from "../state/text.js";

export function controlsPanel(store, { setSetting, setKernel, reset }) {
  const { state } = store;
  const sliders = [];

  // `value` and `learned` give numbers or null (null: the slider is off); `range` [low, high].
  function slider({ key, name, title, range, log = false, digits = 2, unit = "", value, learned, put }) {
    const input = element("input", {
      type: "range", min: 0, max: 1000, step: 1, "aria-label": `${name}. ${title}`, title,
      "data-key": key,
    });
    const output = element("output", { class: "gx-value" });
    const tick = element("span", { class: "gx-tick", title: "as learned", "aria-hidden": "true" });
    const node = element(
      "label", { class: "gx-slider", "data-key": key },
      element("span", { class: "gx-name", text: name, title }),
      element("span", { class: "gx-track" }, tick, input), output,
    );
    const ends = () => (typeof range === "function" ? range() : range);
    const toShare = (v) => {
      const [low, high] = ends();
      return log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low);
    };
    const toValue = (share) => {
      const [low, high] = ends();
      return log ? low * (high / low) ** share : low + share * (high - low);
    };
    input.addEventListener("input", () => {
      let v = Number(toValue(input.value / 1000).toPrecision(4)); // as it stands in a link
      // Near the tick the slider snaps to what was learned, so that one can come back by hand.
      const home = learned();
      if (home !== null && Math.abs(toShare(home) - input.value / 1000) < 0.008) v = home;
      put(v);
    });
    node.addEventListener("dblclick", () => {
      if (learned() !== null) put(learned());
    });
    let last = "";
    function update() {
      const v = value();
      const home = learned();
      const shows = () => [v, home, ...ends(), input.value].join();
      if (shows() === last) return; // eight of nine sliders stay as they are
      input.disabled = v === null || !Number.isFinite(v);
      node.classList.toggle("gx-off", input.disabled);
      if (input.disabled) {
        output.textContent = "–";
        tick.hidden = true;
        last = shows();
        return;
      }
      const share = Math.round(1000 * Math.min(Math.max(toShare(v), 0), 1));
      if (Number(input.value) !== share) input.value = share;
      const shown = `${number(v, digits)}${unit}`;
      output.textContent = shown;
      input.setAttribute("aria-valuetext", shown);
      tick.hidden = home === null;
      if (home !== null) tick.style.setProperty("--at", Math.min(Math.max(toShare(home), 0), 1));
      node.classList.toggle("gx-changed", home !== null && Math.abs(v - home) > 1e-9 * Math.abs(home));
      last = shows();
    }
    sliders.push(update);
    return node;
  }

  const learnedSettings = () => state.explanation?.header.settings ?? null;
  const able = () => state.explanation !== null && !state.scene?.traced;
  const full = () => able() && state.canPredict;
  const learnedKernel = () => {
    const { focus, scene } = state;
    if (!full() || !focus || focus.row < 0 || !scene.layers[focus.layer - 1].exists[focus.row]) return null;
    return { layer: scene.layers[focus.layer - 1], row: focus.row };
  };
  const kernelOverride = () => state.settings.kernels?.[state.focus?.key];
  const centerCells = (k) => {
    const start = state.explanation.arrays[`layer${k.layer.number}.centers`][k.row];
    return start * k.layer.cells;
  };
  const of = (name, home, isAble = full) => ({
    value: () => (isAble() ? state.settings[name] ?? home() : null),
    learned: () => (isAble() ? home() : null),
    put: (v) => setSetting(name, v === home() ? undefined : v),
  });

  const kernelSliders = [
    slider({
      key: "sigma", name: "its σ", title: "Sigma of the selected kernel, in cells of its layer",
      range: [0.1, 40], log: true, unit: " cells",
      value: () => {
        const k = learnedKernel();
        return k && (kernelOverride()?.sigma ?? k.layer.sigma[k.row] * (k.layer.mixed[k.row] ? 1 : state.settings.sigma_factor ?? 1));
      },
      learned: () => {
        const k = learnedKernel();
        return k && k.layer.sigma[k.row];
      },
      put: (v) => {
        const k = learnedKernel();
        setKernel("sigma", v === k.layer.sigma[k.row] ? undefined : v);
      },
    }),
    slider({
      key: "center", name: "its centre", title: "Centre of the selected kernel, in cells from the window's start",
      range: () => {
        const k = learnedKernel();
        const c = k ? centerCells(k) : 4;
        return [c - 4, c + 4];
      },
      unit: " cells",
      value: () => {
        const k = learnedKernel();
        return k && (kernelOverride()?.center ?? centerCells(k));
      },
      learned: () => {
        const k = learnedKernel();
        return k && centerCells(k);
      },
      put: (v) => setKernel("center", v === centerCells(learnedKernel()) ? undefined : v),
    }),
  ];
  const modelSliders = [
    slider({
      key: "sigma_factor", name: "all σ ×", title: "Factor on every learned sigma", range: [0.2, 5],
      log: true, ...of("sigma_factor", () => 1),
    }),
    slider({
      key: "epsilon", name: "ε grouping", title: "IoU above which two neighbouring kernels merge",
      range: [0.05, 0.99], ...of("epsilon", () => learnedSettings().kernels.epsilon,
        () => full() && learnedSettings().kernels.grouping !== "off"),
    }),
    slider({
      key: "ratio_scale", name: "scale ratio ×", title: "Factor on the scale ratios r_d of Eq. 2",
      range: [0.4, 2.5], log: true, ...of("ratio_scale", () => 1, able),
    }),
    slider({
      key: "xi", name: "ξ decay", title: "Decay of soft-NMS, Eq. 11: the smaller, the harsher",
      range: [0.02, 4], log: true, ...of("xi", () => learnedSettings().detection.xi, able),
    }),
    slider({
      key: "rho", name: "ρ overlap", title: "tIoU from which soft-NMS fades a score, Eq. 11",
      range: [0, 1], ...of("rho", () => learnedSettings().detection.rho, able),
    }),
  ];
  const shownSliders = [
    slider({
      key: "tiou", name: "tIoU of a hit", title: "tIoU with the truth from which a detection is a hit",
      range: [0.05, 0.95], value: () => state.tiou, learned: () => null,
      put: (v) => store.set({ tiou: v }),
    }),
    slider({
      key: "score", name: "least score", title: "Detections below this score are not drawn",
      range: [0, 1], value: () => state.score, learned: () => null,
      put: (v) => store.set({ score: v }),
    }),
  ];

  const note = element("p", { class: "gx-note" });
  const which = element("span", { class: "gx-which" });
  const resetButton = element("button", {
    class: "gx-reset", text: "Reset to as learned", title: "r", onclick: reset,
  });
  const group = (title, extra, nodes) =>
    element(
      "div", { class: "gx-group", role: "group", "aria-label": title },
      element("h3", {}, element("span", { text: title }), extra ?? ""), ...nodes,
    );
  const root = element(
    "section", { class: "gx-card gx-controls", "aria-label": "What if" },
    element("h2", {}, element("span", { text: "What if …" }), resetButton),
    note,
    group("the selected kernel", which, kernelSliders),
    group("all of them", null, modelSliders),
    group("what is shown", null, shownSliders),
  );

  function update() {
    for (const one of sliders) one();
    const why = !state.explanation
      ? "Nothing to change: no Explanation is open."
      : state.scene?.traced
        ? "Off: of this training step only the sigmas were kept."
        : state.asking
          ? "This model's feature maps are large: the kernel is computing them …"
          : !state.canPredict
            ? "Sliders of σ, centre and ε are off: this file holds no feature maps (the model is too " +
              "large), so new kernels cannot be scored here. ρ, ξ and the ratio still work."
            : state.whatView?.missing ?? "";
    if (note.textContent !== why) note.textContent = why;
    note.hidden = !why;
    const { focus } = state;
    const name = focus ? `layer ${focus.layer}, ${focus.mixed ? "mixed from cell" : "cell"} ${focus.cell}` : "none selected";
    if (which.textContent !== name) which.textContent = name;
    resetButton.disabled = !state.whatif && Object.keys(state.settings).length === 0;
  }
  const deps = ["asking", "settings", "focus", "explanation", "scene", "whatif", "tiou", "score"];
  store.listen((changed) => {
    if (deps.some((name) => changed.has(name))) update();
  });
  return { root, update };
}
