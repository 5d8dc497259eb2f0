// The whole way in one line: signal, features, layers, kernels, grouping, pooling, scores, boundary,
// soft-NMS (Figure 2), each with what it comes to in the recording that is open.

import { number, plural, seconds } from "./text.js";

/**
 * @typedef {object} Stage
 * @property {string} panel where it is seen
 * @property {string} name
 * @property {string} figure
 * @property {string} meaning
 */

/** @param {State} state @returns {Stage[]} */
export function overviewOf({ asked, groupingFacts, whatif, results, whatResults }) {
  if (!asked) return [];
  const { header } = asked;
  const { network, kernels } = header.settings;
  const { layers, grid, classes, signal } = header;
  /** @param {"learned" | "mixed"} name */
  const sum = (name) => (groupingFacts ?? []).reduce((total, layer) => total + layer[name], 0);
  const mixed = whatif?.layers.reduce((total, layer) => total + layer.mixedCount, 0);
  const shown = (whatResults ?? results)?.shown;
  const ratios = layers[0].ratios.length;
  const pooled = 1 + (kernels.derivatives ?? 0);
  return [
    {
      panel: "signal",
      name: "signal",
      figure: `${seconds(header.duration, 0)}, ${plural(signal?.names.length ?? 0, "curve")}`,
      meaning: "What was recorded, or how strong the features are.",
    },
    {
      panel: "signal",
      name: "features",
      figure: `${network.feature_dim} every ${number(grid.stride, 2)} s`,
      meaning: `A clip of ${number(grid.length, 2)} s gives ${network.feature_dim} numbers.`,
    },
    {
      panel: "kernels",
      name: "anchor layers",
      figure: layers.map(({ cells }) => cells).join(" · "),
      meaning: "Cells of each anchor layer in a window, fine to coarse.",
    },
    {
      panel: "kernels",
      name: "kernels",
      figure: groupingFacts ? `${sum("learned")} Gaussians` : "…",
      meaning: "Every cell has learned a Gaussian kernel: Eq. 1.",
    },
    {
      panel: "grouping",
      name: "grouping",
      figure: groupingFacts ? `${mixed ?? sum("mixed")} mixed` : "…",
      meaning: "Neighbours that overlap become one mixed kernel: Algorithm 1.",
    },
    {
      panel: "evidence",
      name: "pooling",
      figure: `${pooled} × ${layers[0].channels} numbers`,
      meaning: "The features under a kernel, weighted by its curve: Eq. 4.",
    },
    {
      panel: "scores",
      name: "scores",
      figure: plural(classes.length, "class", "classes"),
      meaning: "How much what was pooled looks like each class, and like none.",
    },
    {
      panel: "boundary",
      name: "boundary",
      figure: plural(ratios, "scale ratio"),
      meaning: "Start and end: the kernel's width, refined: Eq. 5.",
    },
    {
      panel: "nms",
      name: "soft-NMS",
      figure: shown === undefined ? "…" : plural(shown, "detection"),
      meaning: "Of those that overlap, the weaker fade: Eq. 11.",
    },
  ];
}
