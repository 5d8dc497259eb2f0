// Reading a trace bundle (gtan_viz/bundle.py): how every sigma moved while training.

import { openTrace } from './reading.js';

/**
 * @param {ArrayBuffer|ArrayBufferView} buffer
 * @returns {{index: object, steps: Int32Array, layers: object[], windows: object[]}} steps [S] of
 *   training; per layer {cells, sigmas [S, P, T] in cells, state [S, P, T], mixed [S, P]}; P windows
 *   {recording, start (clips)}
 * @throws {FileError} if it is something else, or damaged
 */
export function readTrace(buffer) {
  const { index, arrays } = openTrace(buffer);
  const layers = index.layers.map(({ cells }, j) => ({
    cells,
    sigmas: arrays[`layer${j + 1}.sigmas`],
    state: arrays[`layer${j + 1}.state`],
    mixed: arrays[`layer${j + 1}.mixed`],
  }));
  const windows = index.probes.flatMap(({ recording, starts }) =>
    starts.map((start) => ({ recording, start })));
  return { index, steps: arrays.steps, layers, windows };
}

/** First and last (exclusive) row of a recording's windows; [0, 0] if it was not probed. */
export function traceRows(trace, recording) {
  const first = trace.windows.findIndex((window) => window.recording === recording);
  if (first < 0) return [0, 0];
  let last = first;
  while (last < trace.windows.length && trace.windows[last].recording === recording) last++;
  return [first, last];
}

/** Sigmas [T] in cells of window row `row` of a layer (from 1) at recorded step number `step`. */
export function sigmasAt(trace, layer, step, row) {
  return part(trace, layer, step, row, 'sigmas');
}

/** Assignment [T] of the same: 1 foreground, 0 ignored, -1 background, -2 padding. */
export function statesAt(trace, layer, step, row) {
  return part(trace, layer, step, row, 'state');
}

function part(trace, layer, step, row, name) {
  const { cells, [name]: values } = trace.layers[layer - 1];
  const at = (step * trace.windows.length + row) * cells;
  return values.subarray(at, at + cells);
}
