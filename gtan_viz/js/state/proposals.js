// The proposals about an action: what the network made of every kernel near it, at every scale ratio.

import { decode, gridSeconds } from "../method/decode.js";
import { windowsOf } from "../model/explanation.js";
import { proposedBy } from "../model/recompute.js";
import { tiou } from "./scene.js";

/**
 * @typedef {object} Proposal a kernel at a scale ratio, before soft-NMS
 * @property {number} window
 * @property {number} layer
 * @property {number} row
 * @property {number} ratio
 * @property {Segment} refined its boundary (Eq. 5), seconds, cut to the recording
 * @property {number} middle of that boundary, before it was cut
 * @property {boolean} isOwned whether its window answers for that middle
 * @property {number} tiou with the action
 * @property {Float64Array} scores [C + 1], background first
 * @property {number} overlap the expected one, y_ov
 */

/**
 * Of all kernels of the windows that see some of the action, those whose boundary touches it. What is not
 * a number is left out: it can become nothing.
 *
 * @param {View} view @param {Segment} action seconds @returns {Proposal[]}
 */
export function proposalsAbout(view, action) {
  const { arrays, header } = view;
  /** @type {Proposal[]} */
  const found = [];
  for (const { window, start, end } of windowsOf(view)) {
    if (!(start < action.end && end > action.start)) continue;
    for (let layer = 1; layer <= header.layers.length; layer++) {
      const offsets = arrays[`layer${layer}.kernel_offsets`];
      const exists = arrays[`layer${layer}.exists`];
      for (let row = offsets[window]; row < offsets[window + 1]; row++) {
        if (exists[row]) found.push(...proposalsOf(view, window, layer, row, action));
      }
    }
  }
  return found;
}

/**
 * @param {View} view @param {number} window @param {number} layer @param {number} row
 * @param {Segment} action @returns {Proposal[]}
 */
function proposalsOf(view, window, layer, row, action) {
  const { arrays, header } = view;
  const said = proposedBy(view, window, layer, row);
  if (!said) return [];
  const { alpha1, alpha2 } = header.settings.detection;
  const center = arrays[`layer${layer}.centers`][row];
  const width = arrays[`layer${layer}.widths`][row];
  const first = arrays["windows.start"][window];
  const [from, to] = arrays["windows.owned"].subarray(2 * window, 2 * window + 2);
  /** @param {number} clip */
  const cut = (clip) => Math.min(header.duration, Math.max(0, gridSeconds(header.grid, clip)));
  return header.layers[layer - 1].ratios.flatMap((scale, ratio) => {
    const box = decode(center, width * scale, said.offsets(ratio), alpha1, alpha2);
    const middle = first + header.window * box.center;
    const half = (header.window * box.width) / 2;
    const refined = { start: cut(middle - half), end: cut(middle + half) };
    const reached = tiou(refined.start, refined.end, action.start, action.end);
    if (!(refined.end > refined.start && reached > 0)) return [];
    const scores = Float64Array.from(said.scores(ratio));
    const overlap = said.overlap(ratio);
    if (![overlap, ...scores].every(Number.isFinite)) return [];
    const isOwned = middle >= from && middle < to;
    const at = gridSeconds(header.grid, middle);
    return [
      { window, layer, row, ratio, refined, middle: at, isOwned, tiou: reached, scores, overlap },
    ];
  });
}
