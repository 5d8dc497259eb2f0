// The sliders. Each moves one number of the what-if (or of what is shown).

import { hasSettings } from "../state/derive.js";
import { sigmaReach } from "../state/grouping_facts.js";
import { number } from "../state/text.js";
import { element, say } from "./element.js";
import { resultsLine } from "./results.js";
import { slider } from "./slider.js";

/** @typedef {import("../state/actions.js").Change} Change */
/** @typedef {import("./slider.js").Quantity} Quantity */

/** @param {Store} store @param {Change} change */
export function controlsPanel(store, change) {
  const { state } = store;
  const note = element("p", { class: "gx-note" });
  const which = element("span", { class: "gx-which" });
  const resetButton = element("button", {
    class: "gx-reset",
    text: "Reset to as learned",
    title: "r",
    onclick: change.reset,
  });
  store.draw(() => {
    const why = whyOff(state);
    say(note, why);
    note.hidden = !why;
    say(which, nameOf(state.focus));
    resetButton.disabled = !state.whatif && !hasSettings(state);
  });
  return element(
    "section",
    { class: "gx-card gx-controls", "data-panel": "whatif", "aria-label": "What if" },
    element("h2", {}, element("span", { text: "What if …" }), resetButton),
    resultsLine(store),
    note,
    group("the selected kernel", kernelQuantities(state, change), store, which),
    group("all of them", modelQuantities(state, change), store),
    group("what is shown", shownQuantities(store), store),
  );
}

/**
 * @param {string} title @param {Quantity[]} quantities @param {Store} store @param {...Node} extra
 */
const group = (title, quantities, store, ...extra) =>
  element(
    "div",
    { class: "gx-group", role: "group", "aria-label": title },
    element("h3", {}, element("span", { text: title }), ...extra),
    ...quantities.map((one) => slider(store, one)),
  );

/** Why sliders are off; empty if none is. @param {State} state */
function whyOff({ explanation, scene, asking, canPredict, whatView }) {
  if (scene?.traced)
    return "Sliders of the network are off: of this training step only the sigmas were kept.";
  if (!explanation) return "Nothing to change: no Explanation is open.";
  if (asking) return "This model's feature maps are large: the kernel is computing them …";
  if (!canPredict) {
    return (
      "Sliders of σ, centre and ε are off: this file holds no feature maps (the model is too " +
      "large), so new kernels cannot be scored here. ρ, ξ and the ratio still work."
    );
  }
  return whatView?.missing ?? "";
}

/** @param {?Focus} focus */
const nameOf = (focus) =>
  focus
    ? `layer ${focus.layer}, ${focus.mixed ? "mixed from cell" : "cell"} ${focus.cell}`
    : "none selected";

/**
 * Sigma and centre of the selected kernel as learned; null where they cannot be moved.
 *
 * @param {State} state
 */
function learnedKernel({ focus, scene, explanation, canPredict }) {
  if (!explanation || !canPredict || !focus || focus.row < 0 || !scene) return null;
  const { row } = focus;
  const { number, cells, sigma, exists, mixed } = scene.layers[focus.layer - 1];
  if (!exists[row]) return null;
  const center = explanation.arrays[`layer${number}.centers`][row] * cells;
  return { sigma: sigma[row], center, isMixed: mixed[row] === 1 };
}

/** @typedef {import("./slider.js").Reach} Reach */

/** What the network can learn. @param {State} state @returns {?Reach} */
function sigmaBounds(state) {
  const kernels = state.explanation?.header.settings.kernels;
  const kernel = learnedKernel(state);
  if (!kernels || !kernel || !state.focus || kernels.scale !== "gaussian" || kernel.isMixed) {
    return null;
  }
  const { cells } = state.explanation.header.layers[state.focus.layer - 1];
  const [low, high] = sigmaReach(kernels, cells);
  return {
    low,
    high,
    inside: `In this layer the network can learn ${number(low, 2)} to ${number(high, 2)} cells.`,
    outside: "beyond what the network can learn",
  };
}

/** Where neighbours can merge. @param {State} state @returns {?Reach} */
function mergeBounds({ mergeLimit: limit }) {
  if (limit === null) return null;
  return {
    low: 0,
    high: limit,
    inside:
      `Above ${number(limit, 2)} nothing can merge: that is (w − 1) / (w + 1), the IoU of two ` +
      "neighbours as wide as the widest kernel.",
    outside: "nothing can merge",
  };
}

/** What was moved of the selected kernel. @param {State} state */
const moved = ({ settings, focus }) => (focus ? settings.kernels?.[focus.key] : undefined);

/** @param {State} state @param {Change} change @returns {Quantity[]} */
function kernelQuantities(state, { setKernel }) {
  return [
    {
      key: "sigma",
      name: "its σ",
      title:
        "Sigma of the selected kernel, in cells of its layer; the bar below: what the network can learn",
      range: () => [0.1, 40],
      isLog: true,
      reach: () => sigmaBounds(state),
      unit: " cells",
      now() {
        const kernel = learnedKernel(state);
        const factor = kernel?.isMixed ? 1 : (state.settings.sigma_factor ?? 1);
        return kernel && (moved(state)?.sigma ?? kernel.sigma * factor);
      },
      learned: () => learnedKernel(state)?.sigma ?? null,
      change: (value) => setKernel("sigma", value),
    },
    {
      key: "center",
      name: "its centre",
      title: "Centre of the selected kernel, in cells from the window's start",
      range() {
        const center = learnedKernel(state)?.center ?? 4;
        return [center - 4, center + 4];
      },
      unit: " cells",
      now() {
        const kernel = learnedKernel(state);
        return kernel && (moved(state)?.center ?? kernel.center);
      },
      learned: () => learnedKernel(state)?.center ?? null,
      change: (value) => setKernel("center", value),
    },
  ];
}

/** @param {State} state @param {Change} change @returns {Quantity[]} */
function modelQuantities(state, { setSetting }) {
  /**
   * @param {"sigma_factor" | "epsilon" | "ratio_scale" | "xi" | "rho"} key
   * @param {() => number | null} learned null: it cannot be moved
   */
  const setting = (key, learned) => ({
    key,
    learned,
    now() {
      const home = learned();
      return home === null ? null : (state.settings[key] ?? home);
    },
    /** @param {number | undefined} value */
    change: (value) => setSetting(key, value),
  });
  const run = () => state.explanation?.header.settings ?? null;
  const canPool = () => run() !== null && state.canPredict;
  return [
    {
      name: "all σ ×",
      title: "Factor on every learned sigma",
      range: () => [0.2, 5],
      isLog: true,
      ...setting("sigma_factor", () => (canPool() ? 1 : null)),
    },
    {
      name: "ε grouping",
      title: "IoU above which two neighbouring kernels merge; the bar below ends where nothing can",
      range: () => [0.05, 0.99],
      reach: () => mergeBounds(state),
      ...setting("epsilon", () => {
        const kernels = canPool() ? run()?.kernels : null;
        return kernels && kernels.grouping !== "off" ? kernels.epsilon : null;
      }),
    },
    {
      name: "scale ratio ×",
      title: "Factor on the scale ratios r_d of Eq. 2",
      range: () => [0.4, 2.5],
      isLog: true,
      ...setting("ratio_scale", () => (run() ? 1 : null)),
    },
    {
      name: "ξ decay",
      title: "Decay of soft-NMS, Eq. 11: the smaller, the harsher",
      range: () => [0.02, 4],
      isLog: true,
      ...setting("xi", () => run()?.detection.xi ?? null),
    },
    {
      name: "ρ overlap",
      title: "tIoU from which soft-NMS fades a score, Eq. 11",
      range: () => [0, 1],
      ...setting("rho", () => run()?.detection.rho ?? null),
    },
  ];
}

/** @param {Store} store @returns {Quantity[]} */
function shownQuantities(store) {
  const { state } = store;
  return [
    {
      key: "tiou",
      name: "tIoU of a hit",
      title: "tIoU with the truth from which a detection is a hit",
      range: () => [0.05, 0.95],
      now: () => state.tiou,
      learned: () => null,
      change: (value) => store.set({ tiou: value }),
    },
    {
      key: "score",
      name: "least score",
      title: "Detections below this score are not drawn",
      range: () => [0, 1],
      now: () => state.score,
      learned: () => null,
      change: (value) => store.set({ score: value }),
    },
  ];
}
