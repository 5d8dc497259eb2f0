// What the grouping report says of a run (gtan/experiments/grouping_report.py), of one recording.

export const NEAR = 0.02; // share by which a sigma at its floor or ceiling may be off
const STATES = /** @type {const} */ (["background", "ignored", "foreground"]);

/**
 * Smallest and largest sigma that the network can learn in a layer, in cells
 * (`KernelSettings.sigma_range` of gtan/settings.py).
 *
 * @param {KernelSettings} kernels @param {number} cells @returns {[number, number]}
 */
export function sigmaReach(kernels, cells) {
  const { sigma_unit: unit, sigma_floor: floor, sigma_ceiling: ceiling } = kernels;
  if (unit === "bounded") return [floor, ceiling];
  if (unit === "map") return [floor, cells];
  return unit === "cell" ? [floor, 1] : [floor * cells, cells];
}

/**
 * Sigmas in cells of every cell within the recording, also of those that a group replaced: they stand
 * in the file with their width alone.
 *
 * @param {View} view @param {number} layer from 1 @returns {number[]}
 */
function learnedSigmas({ header, arrays }, layer) {
  const { cells } = header.layers[layer - 1];
  const name = `layer${layer}.`;
  const valid = arrays[`${name}valid`];
  const offsets = arrays[`${name}kernel_offsets`];
  const sigmas = arrays[`${name}sigmas`];
  const widths = arrays[`${name}widths`];
  // Eq. 2 as printed divides by T (R1).
  const half = header.settings.kernels.sigma_unit === "literal" ? cells / 2 : 0.5;
  const found = [];
  for (let w = 0; w + 1 < offsets.length; w++) {
    for (let t = 0; t < cells; t++) {
      if (!valid[w * cells + t]) continue;
      const row = offsets[w] + t;
      found.push((sigmas[row] > 0 ? sigmas[row] : widths[row] * half) * cells);
    }
  }
  return found;
}

/**
 * Mixed kernels by what training made of them, the best over the ratios.
 *
 * @param {View} view @param {number} layer from 1
 */
function mixedStates({ header, arrays }, layer) {
  const { cells } = header.layers[layer - 1];
  const name = `layer${layer}.`;
  const offsets = arrays[`${name}kernel_offsets`];
  const exists = arrays[`${name}exists`];
  const state = arrays[`${name}state`];
  const ratios = state ? state.length / Math.max(1, exists.length) : 0;
  const counts = { mixed: 0, foreground: 0, ignored: 0, background: 0 };
  for (let w = 0; w + 1 < offsets.length; w++) {
    for (let row = offsets[w] + cells; row < offsets[w + 1]; row++) {
      if (!exists[row]) continue;
      counts.mixed++;
      if (!state) continue;
      const best = Math.max(...state.subarray(row * ratios, (row + 1) * ratios));
      if (best === 1) counts.foreground++;
      else if (best === 0) counts.ignored++;
      else if (best === -1) counts.background++;
    }
  }
  return counts;
}

/**
 * One row a layer, as `GroupingReport.layers`. Windows overlap, and each one's kernels count.
 *
 * @param {View} view
 */
export function groupingFacts(view) {
  const { kernels } = view.header.settings;
  return view.header.layers.map(({ cells }, index) => {
    const [low, high] = sigmaReach(kernels, cells);
    const sigmas = learnedSigmas(view, index + 1);
    const learns = kernels.scale === "gaussian";
    return {
      learned: sigmas.length,
      floor: learns ? sigmas.filter((sigma) => sigma <= low * (1 + NEAR)).length : 0,
      ceiling: learns ? sigmas.filter((sigma) => sigma >= high * (1 - NEAR)).length : 0,
      ...mixedStates(view, index + 1),
    };
  });
}

/**
 * The same of a training step of which only sigmas were kept.
 *
 * @param {Scene} scene
 * @returns {ReturnType<typeof groupingFacts>}
 */
export function sceneFacts({ header, layers }) {
  const { kernels } = header.settings;
  return layers.map((layer) => {
    const [low, high] = sigmaReach(kernels, layer.cells);
    const learns = kernels.scale === "gaussian";
    const found = { learned: 0, floor: 0, ceiling: 0 };
    const mixed = { mixed: 0, foreground: 0, ignored: 0, background: 0 };
    for (let row = 0; row < layer.count; row++) {
      const sigma = layer.sigma[row];
      if (layer.state[row] === -2) continue;
      if (!layer.mixed[row]) {
        found.learned++;
        if (learns && sigma <= low * (1 + NEAR)) found.floor++;
        if (learns && sigma >= high * (1 - NEAR)) found.ceiling++;
      } else if (layer.exists[row]) {
        mixed.mixed++;
        mixed[STATES[layer.state[row] + 1]]++;
      }
    }
    return { ...found, ...mixed };
  });
}

/**
 * IoU of two neighbours as wide as the widest kernel: no two neighbours have more, so that above it
 * nothing merges.
 *
 * @param {Scene} scene
 */
export function mergeLimit({ layers, view }) {
  let widest = 0;
  for (const { number, cells, offsets, width } of layers) {
    const valid = view?.arrays[`layer${number}.valid`] ?? [];
    for (let i = 0; i < valid.length; i++) {
      const row = offsets[Math.floor(i / cells)] + (i % cells);
      if (valid[i] && width[row] > widest) widest = width[row];
    }
  }
  return widest > 1 ? (widest - 1) / (widest + 1) : 0;
}
