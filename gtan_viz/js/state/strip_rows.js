// The rows of the kernels' picture: a layer each, as high as a hand has made it; in a row, the wider a
// kernel the higher it lies, on a logarithmic scale that all rows share.

export const USUAL = 56; // pixels of a row
export const LEAST = 36;
export const MOST = 300;
const TOP = 18; // the axis
const ABOVE = 14; // of the widest kernels, for the band of mixed ones
const BELOW = 4; // the narrowest

/** @typedef {{low: number, high: number}} WidthScale widths in cells at the floor of a row and at its top */
/** @typedef {{top: number, height: number, floor: number}} StripRow pixels */

/** @param {number} height */
export const clampHeight = (height) => Math.round(Math.min(Math.max(height, LEAST), MOST));

/**
 * @param {number} layers @param {Record<string, number>} heights of those that are not as usual, by
 *   layer from 1
 * @returns {StripRow[]}
 */
export function stripRows(layers, heights) {
  let top = TOP;
  return Array.from({ length: layers }, (_, index) => {
    const height = clampHeight(heights[index + 1] ?? USUAL);
    const row = { top, height, floor: top + height - BELOW };
    top += height;
    return row;
  });
}

/** Of all rows and the axis. @param {StripRow[]} rows */
export const rowsHeight = (rows) => TOP + rows.reduce((sum, { height }) => sum + height, 0) + 4;

/**
 * From the narrowest kernel to twice the widest, and from 0.5 to 16 cells at least: what sliders and
 * training bring finds its place.
 *
 * @param {Scene} scene @returns {WidthScale}
 */
export function widthScale({ layers }) {
  let [low, high] = [0.5, 8];
  for (const { count, exists, width } of layers) {
    for (let row = 0; row < count; row++) {
      if (!exists[row] || !(width[row] > 0) || !Number.isFinite(width[row])) continue;
      low = Math.min(low, width[row]);
      high = Math.max(high, width[row]);
    }
  }
  return { low: Math.max(low, 0.05), high: 2 * high };
}

/** Where a width lies in a row. @param {WidthScale} scale @param {StripRow} row @returns {(cells: number) => number} */
export function levels({ low, high }, { height, floor }) {
  const wide = height - ABOVE - BELOW;
  const octaves = Math.log2(high / low);
  return (cells) => {
    const share = Math.log2(Math.max(cells, low) / low) / octaves;
    return floor - wide * Math.min(share, 1);
  };
}

/**
 * Powers of two that have room beside each other.
 *
 * @param {WidthScale} scale @param {StripRow} row @param {number} apart pixels
 */
export function widthTicks({ low, high }, { height }, apart) {
  const octave = (height - ABOVE - BELOW) / Math.log2(high / low);
  const every = Math.max(1, Math.ceil(apart / octave));
  const found = [];
  for (let power = 0; 2 ** power <= high * 1.001; power += every) found.push(2 ** power);
  if (every === 1 && low <= 0.5) found.unshift(0.5);
  return found;
}
