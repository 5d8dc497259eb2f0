// Sigma of every cell of one layer over training, as pixels.

import { ramp } from "./colors.js";
import { shareOf } from "./sigma_scale.js";

const FADED = 0.5; // of the colour that a cell keeps while it is not foreground

/**
 * One pixel per cell and recorded step. Cells that are not foreground are faded toward the page, so that
 * the few that answer for an action stand out; "foreground only" leaves the rest out.
 *
 * @param {Trace} trace
 * @param {[number, number]} rows of the recording's windows, [first, last)
 * @param {number} layer from 1
 * @param {{dark: boolean, bg: number[], foregroundOnly: boolean,
 *   scale: import("./sigma_scale.js").SigmaScale}} look
 * @returns {Heat}
 */
export function heatPixels(trace, [first, last], layer, { dark, bg, foregroundOnly, scale }) {
  const { cells, sigmas, state } = trace.layers[layer - 1];
  const steps = trace.steps.length;
  const columns = (last - first) * cells;
  const stride = trace.windows.length * cells;
  const pixels = new Uint8ClampedArray(4 * columns * steps);
  /**
   * @param {(at: number, pixel: number) => void} each number of a sigma that is one, and its pixel
   */
  const eachSigma = (each) => {
    for (let s = 0; s < steps; s++) {
      for (let i = 0; i < columns; i++) {
        const at = s * stride + first * cells + i;
        if (state[at] !== -2 && sigmas[at] > 0) each(at, s * columns + i);
      }
    }
  };
  eachSigma((at, pixel) => {
    if (foregroundOnly && state[at] !== 1) return;
    const rgb = ramp(shareOf(scale, sigmas[at]), dark);
    const keep = state[at] === 1 ? 1 : FADED;
    for (let k = 0; k < 3; k++) pixels[4 * pixel + k] = keep * rgb[k] + (1 - keep) * bg[k];
    pixels[4 * pixel + 3] = 255;
  });
  return { pixels, columns, ...scale, cells, steps };
}
