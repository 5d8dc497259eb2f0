// The colours of sigma: one scale for all layers of a recording and all steps of its training, as
// gtan_viz/figures/sigma_map.py has it.

/** @typedef {{low: number, high: number}} SigmaScale sigma in cells at both ends of the ramp */

/**
 * From the least to the greatest sigma, with a little room, and a factor of two at least
 * (gtan_viz/figures/log_scale.py).
 *
 * @param {Trace} trace @param {[number, number]} rows of the recording's windows, [first, last)
 * @returns {SigmaScale}
 */
export function sigmaScale({ layers, steps, windows }, [first, last]) {
  let least = Infinity;
  let most = 0;
  for (const { cells, sigmas, state } of layers) {
    for (let s = 0; s < steps.length; s++) {
      const row = s * windows.length;
      for (let at = (row + first) * cells; at < (row + last) * cells; at++) {
        if (state[at] === -2 || !(sigmas[at] > 0)) continue;
        if (sigmas[at] < least) least = sigmas[at];
        if (sigmas[at] > most) most = sigmas[at];
      }
    }
  }
  if (!most) return { low: 0.1, high: 10 };
  const room = Math.max(0.05, (Math.log10(2) - Math.log10(most / least)) / 2);
  return { low: least * 10 ** -room, high: most * 10 ** room };
}

/** From 0 to 1. @param {SigmaScale} scale @param {number} sigma */
export const shareOf = ({ low, high }, sigma) => Math.log(sigma / low) / Math.log(high / low);
