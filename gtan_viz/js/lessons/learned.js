// What a training of lesson 6 did, recorded or trained just now: computed from its steps, never typed in.

import { fromBase64 } from "../model/host.js";
import { number, plural } from "../state/text.js";

/**
 * @typedef {object} Run
 * @property {number} foreground @property {string} unit @property {string} gradient
 * @property {number[]} loss at each step @property {number[]} classification @property {number[]} localization
 * @property {number[]} overlap @property {number[]} rest
 * @property {number[]} unmatched actions without foreground
 * @property {string} sigmas base64, 8 bits of the ceiling, before each step and after the last
 * @property {string} states base64, of cells, plus 2
 * @property {boolean} [own] trained here, and perhaps not yet to its end
 */
/**
 * @typedef {{truth: {label: string, start: number, end: number}[], from: number, to: number, cells: number[],
 *   ceiling: number, steps: number, runs: Run[], moving?: boolean}} Data
 */
/** @typedef {{foreground: number, unit: string, gradient: string}} Choice */

/** Eq. 6: which parts a loss has, and their weights. @type {[string, "classification" | "localization" | "overlap" | "rest", number][]} */
export const PARTS_OF_LOSS = [
  ["L_cls", "classification", 1],
  ["L_loc", "localization", 4],
  ["L_ov", "overlap", 10],
  ["L_rest", "rest", 0.1],
];
const FOREGROUND = 1;
const BACKGROUND = -1;

/** @type {WeakMap<Run, {sigmas: Uint8Array, states: Uint8Array}>} */
const decoded = new WeakMap();

/** @param {Run} run */
function bytesOf(run) {
  let found = decoded.get(run);
  if (!found) {
    found = { sigmas: fromBase64(run.sigmas), states: fromBase64(run.states) };
    decoded.set(run, found);
  }
  return found;
}

/** Whether a run was made by these choices. @param {Choice} run @param {Choice} choice */
export const isOf = (run, { foreground, unit, gradient }) =>
  run.foreground === foreground && run.unit === unit && run.gradient === gradient;

/** The run of these choices, rather the reader's own than the recorded; null if there is none. @param {Data} data @param {any} values */
export const runOf = ({ runs }, values) => runs.findLast((one) => isOf(one, values)) ?? null;

/**
 * Cells of a layer before `step` (from 1): sigma in cells, and state.
 *
 * @param {Data} data @param {Run} run @param {number} layer from 0 @param {number} step
 */
export function cellsAt({ cells, ceiling }, run, layer, step) {
  const all = cells.reduce((a, b) => a + b, 0);
  const first = (step - 1) * all + cells.slice(0, layer).reduce((a, b) => a + b, 0);
  const { sigmas, states } = bytesOf(run);
  return Array.from({ length: cells[layer] }, (_, i) => ({
    sigma: (sigmas[first + i] / 255) * ceiling,
    state: states[first + i] - 2,
  }));
}

/** Median sigma of a layer's foreground; null without. @param {Data} data @param {Run} run @param {number} layer @param {number} step */
export function foregroundSigma(data, run, layer, step) {
  const sigmas = cellsAt(data, run, layer, step)
    .filter(({ state }) => state === FOREGROUND)
    .map(({ sigma }) => sigma)
    .sort((a, b) => a - b);
  if (!sigmas.length) return null;
  return (sigmas[(sigmas.length - 1) >> 1] + sigmas[sigmas.length >> 1]) / 2;
}

/** @param {Data} data */
export const layersOf = ({ cells }) => cells.map((_, layer) => layer);

/** Its first and its last, as far as it was trained. @param {Data} data @param {Run} run @param {number} layer @returns {(?number)[]} */
export const ends = (data, run, layer) =>
  [1, run.loss.length + 1].map((step) => foregroundSigma(data, run, layer, step));

/** The layer whose foreground has widened most, from 0; -1 if none has. @param {Data} data @param {Run} run */
export function widest(data, run) {
  const grown = layersOf(data).map((layer) => {
    const [first, last] = ends(data, run, layer);
    return first && last ? last / first : 0;
  });
  const most = Math.max(...grown);
  return most > 1 ? grown.indexOf(most) : -1;
}

/** The step, from 1, whose loss is the largest multiple of that before. @param {Run} run */
export function jumpOf({ loss }) {
  let best = 1;
  for (let i = 1; i < loss.length; i++)
    if (loss[i] / loss[i - 1] > loss[best] / loss[best - 1]) best = i;
  return best + 1;
}

/** Cells that are foreground at a step and were not at the one before. @param {Data} data @param {Run} run @param {number} step */
export function newForeground(data, run, step) {
  return layersOf(data).flatMap((layer) => {
    const before = cellsAt(data, run, layer, Math.max(1, step - 1));
    return cellsAt(data, run, layer, step)
      .map(({ state }, cell) => ({ layer, cell, state, before: before[cell].state }))
      .filter(({ state, before: was }) => state === FOREGROUND && was !== FOREGROUND);
  });
}

/** How many more actions are without foreground at a step than at the one before. @param {Run} run @param {number} step */
export const moreUnmatched = ({ unmatched }, step) => unmatched[step - 1] - unmatched[step - 2];

/** Which layer widened. @param {Data} data @param {Run} run */
export function tellWidest(data, run) {
  const layer = widest(data, run);
  if (layer < 0) return "No layer's foreground has widened.";
  const [first, last] = ends(data, run, layer);
  return (
    `Layer ${layer + 1}'s foreground has widened most: σ from ${number(first, 2)} to ${number(last, 2)} ` +
    "cells."
  );
}

/** On which actions a layer's foreground stands at the end, and how long they are. @param {Data} data @param {Run} run @param {number} layer */
export function tellActions(data, run, layer) {
  const cell = (data.to - data.from) / data.cells[layer]; // seconds
  const middles = cellsAt(data, run, layer, run.loss.length + 1).flatMap(({ state }, i) =>
    state === FOREGROUND ? [data.from + (i + 0.5) * cell] : [],
  );
  const actions = data.truth.filter((one) =>
    middles.some((middle) => one.start <= middle && middle <= one.end),
  );
  const told = actions.map(({ label, start, end }) => {
    const long = end - start;
    return `“${label}”, which lasts ${number(long, 1)} s, ${number(long / cell, 1)} cells of this layer`;
  });
  const began = 2 * (ends(data, run, layer)[0] ?? 0);
  return told.length
    ? `It stands on ${told.join(" and ")}; kernels began ${number(began, 1)} wide.`
    : "";
}

/** The jump of the loss. @param {Run} run */
export function tellJump(run) {
  const step = jumpOf(run);
  const [before, now] = run.loss.slice(step - 2, step);
  return now > before
    ? `The loss jumped most at step ${step}: from ${number(before, 3)} to ${number(now, 3)}.`
    : "The loss never rose.";
}

/** What happened at a step: to actions, cells, and the parts of the loss. @param {Data} data @param {Run} run @param {number} step */
export function tellStep(data, run, step) {
  const change = moreUnmatched(run, step);
  const fresh = newForeground(data, run, step);
  const said = [];
  if (change > 0) said.push(`${plural(change, "action")} lost the last foreground kernel.`);
  if (change < 0) said.push(`${plural(-change, "action")} got a foreground kernel again.`);
  if (change === 0) said.push("As many actions as before had foreground.");
  if (fresh.length) said.push(`New in the foreground: ${fresh.map(tellCell).join("; ")}.`);
  const rises = PARTS_OF_LOSS.map(([name, part, weight]) => {
    const [before, now] = run[part].slice(step - 2, step).map((one) => weight * one);
    return { name, before, now };
  });
  const most = rises.reduce((a, b) => (b.now - b.before > a.now - a.before ? b : a));
  if (most.now > most.before) {
    const share = `from ${number(most.before, 3)} to ${number(most.now, 3)}`;
    said.push(`Of the loss, the share of ${most.name} rose most, ${share}.`);
  }
  return said.join(" ");
}

/** @param {ReturnType<typeof newForeground>[number]} cell */
const tellCell = ({ layer, cell, before }) =>
  `cell ${cell} of layer ${layer + 1}, ${before === BACKGROUND ? "background" : "left out"} before`;

/** A training of one's own, when it is over: what the questions ask of the recorded one. @param {Data} data @param {Run} run */
export function tellRun(data, run) {
  if (run.loss.length < 2) return "";
  const step = jumpOf(run);
  const isRise = run.loss[step - 1] > run.loss[step - 2];
  const what = isRise ? ` At that step: ${lower(tellStep(data, run, step))}` : "";
  return `${tellWidest(data, run)} ${tellJump(run)}${what}`;
}

/** @param {string} text */
const lower = (text) => text.charAt(0).toLowerCase() + text.slice(1);
