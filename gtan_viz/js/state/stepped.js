// Where the kernels of the algorithm's step lie that was gone to: what the strips mark.

import { toSeconds } from "../model/explanation.js";

/**
 * @typedef {object} StepMark
 * @property {"base" | "next" | "pick" | "fades"} kind
 * @property {number} layer
 * @property {number} start seconds
 * @property {number} end
 */

const MOST = 6; // that fade, strongest first

/** @param {State} state @returns {StepMark[]} none where nothing was gone to */
export function steppedOf(state) {
  if (state.tab === "grouping") return state.groupWish ? compared(state) : [];
  return state.nmsWish ? picked(state) : [];
}

/** Algorithm 1: the base kernel and the one it is held against. @param {State} state @returns {StepMark[]} */
function compared({ grouping: run, groupStep }) {
  const step = run?.steps[groupStep];
  if (!run || !step) return [];
  const { view, layer, window } = run;
  const row = view.arrays[`layer${layer}.kernel_offsets`][window] + step.cell;
  /** @param {number} center @param {number} width */
  const segment = (center, width) => ({
    layer,
    start: toSeconds(view, window, center - width / 2),
    end: toSeconds(view, window, center + width / 2),
  });
  return [
    { kind: "base", ...segment(step.baseCenter, step.baseWidth) },
    {
      kind: "next",
      ...segment(
        view.arrays[`layer${layer}.centers`][row],
        view.arrays[`layer${layer}.widths`][row],
      ),
    },
  ];
}

/** Soft-NMS: the kernels of the pick and of those that it fades. @param {State} state @returns {StepMark[]} */
function picked({ nms, nmsStep }) {
  const step = nms?.steps[nmsStep];
  if (!nms || !step) return [];
  const { segments, source } = nms.candidates;
  /** @param {number} index @param {"pick" | "fades"} kind @returns {StepMark} */
  const mark = (index, kind) => ({
    kind,
    layer: source[4 * index + 1],
    start: segments[2 * index],
    end: segments[2 * index + 1],
  });
  const fading = [...step.decayed].sort((a, b) => b.before - a.before).slice(0, MOST);
  return [mark(step.pick, "pick"), ...fading.map(({ index }) => mark(index, "fades"))];
}

/**
 * The step that asks about a cell: where it is held against a base kernel, or is one.
 *
 * @param {GroupStep[]} steps @param {number} cell @returns {number} -1: there is none
 */
export function stepOfCell(steps, cell) {
  if (cell < 0) return -1;
  const merges = steps.findIndex((s) => s.merged && s.first <= cell && s.cell >= cell);
  return merges >= 0 ? merges : steps.findIndex((s) => s.cell === cell || s.first === cell);
}
