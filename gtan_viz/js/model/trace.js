// Reading a trace bundle (gtan_viz/explorer/bundle.py): how every sigma moved while training.

import { openTrace } from "./reading.js";

/**
 * @param {ArrayBuffer|ArrayBufferView} buffer
 * @returns {Trace} steps [S] of
 *   training; per layer {cells, sigmas [S, P, T] in cells, state [S, P, T], mixed [S, P]}; P windows
 *   {recording, start (clips)}
 * @throws {FileError} if it is something else, or damaged
 */
export function readTrace(buffer) {
  const { index, arrays } = openTrace(buffer);
  const layers = index.layers.map(
    (/** @type {{cells: number}} */ { cells }, /** @type {number} */ j) => ({
      cells,
      sigmas: broken(arrays[`layer${j + 1}.sigmas`]),
      state: arrays[`layer${j + 1}.state`],
      mixed: arrays[`layer${j + 1}.mixed`],
    }),
  );
  const windows = index.probes.flatMap(
    (/** @type {{recording: string, starts: number[]}} */ { recording, starts }) =>
      starts.map((start) => ({ recording, start })),
  );
  return { index, steps: arrays.steps, layers, windows };
}

/**
 * What ran away to infinity is broken, as NaN is: neither has a place in a picture.
 *
 * @param {Numbers} sigmas
 */
const broken = (sigmas) =>
  sigmas.includes(Infinity) ? sigmas.map((sigma) => (sigma === Infinity ? NaN : sigma)) : sigmas;

/**
 * First and last (exclusive) row of a recording's windows; null if it was not probed, or by a network
 * or with windows unlike the view's: the two are drawn over each other.
 *
 * @param {Trace} trace @param {View} view @returns {?[number, number]}
 */
export function traceRows({ windows, layers }, { header, arrays }) {
  const first = windows.findIndex(({ recording }) => recording === header.recording);
  let last = Math.max(first, 0);
  while (last < windows.length && windows[last].recording === header.recording) last++;
  const alike =
    first >= 0 &&
    last - first === arrays["windows.start"].length &&
    String(layers.map(({ cells }) => cells)) === String(header.layers.map(({ cells }) => cells));
  return alike ? [first, last] : null;
}

/**
 * Sigmas [T] in cells of window row `row` of a layer (from 1) at recorded step number `step`.
 *
 * @param {Trace} trace @param {number} layer @param {number} step @param {number} row
 */
export function sigmasAt(trace, layer, step, row) {
  return part(trace, layer, step, row, "sigmas");
}

/**
 * Assignment [T] of the same: 1 foreground, 0 ignored, -1 background, -2 padding.
 *
 * @param {Trace} trace @param {number} layer @param {number} step @param {number} row
 */
export function statesAt(trace, layer, step, row) {
  return part(trace, layer, step, row, "state");
}

/**
 * @param {Trace} trace @param {number} layer @param {number} step @param {number} row
 * @param {"sigmas" | "state"} name
 */
function part(trace, layer, step, row, name) {
  const { cells, [name]: values } = trace.layers[layer - 1];
  const at = (step * trace.windows.length + row) * cells;
  return values.subarray(at, at + cells);
}
