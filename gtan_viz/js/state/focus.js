// From a selection (what a person means: this cell, that detection) to rows of the arrays on
// screen.
//
//   {kind: "kernel", window, layer, cell, mixed, ratio?}
//   {kind: "detection", window, layer, cell, mixed, ratio, label}     label: number of the class
//   {kind: "detection", detection}                                    number in the list, best first
//
// `cell` of a mixed kernel is its first member. Layers count from 1, the rest from 0.

import { kernelKey } from "../model/explanation.js";
import { bestRatio } from "./facts.js";
import { kernelName, rowOf } from "./scene.js";

/** @param {Scene} scene @param {number} index @returns {SelectedKernel} */
export function detectionSelection(scene, index) {
  const { layer, row, ratio, label } = scene.detections;
  return {
    kind: "detection",
    ...kernelName(scene, layer[index], row[index]),
    ratio: ratio[index],
    label: label[index],
  };
}

/** @param {Scene} scene @param {number} layer @param {number} row @returns {SelectedKernel} */
export const kernelSelection = (scene, layer, row) => ({
  kind: "kernel",
  ...kernelName(scene, layer, row),
});

/**
 * @param {Scene} scene @param {number} layer @param {number} row
 * @param {number} [ratio] any, if left out; so is the class
 * @param {number} [label]
 */
export function findDetection(scene, layer, row, ratio, label) {
  const d = scene.detections;
  for (let i = 0; i < d.count; i++) {
    if (
      d.row[i] === row &&
      d.layer[i] === layer &&
      (ratio === undefined || d.ratio[i] === ratio) &&
      (label === undefined || d.label[i] === label)
    )
      return i;
  }
  return -1;
}

/** The kernel that is meant. @param {Scene} scene @param {Selected} selection */
function kernelMeant(scene, selection) {
  if (selection.layer !== undefined) return selection;
  const { detection } = selection;
  const known = detection >= 0 && detection < scene.detections.count;
  return known ? detectionSelection(scene, detection) : null;
}

/**
 * The detections that it made, as learned and as what-if: their numbers or -1, ratio and class.
 *
 * @param {State} state @param {Scene} scene @param {SelectedKernel} selection @param {number} row
 * @param {number} shownRow
 */
function detectionsMeant({ whatif, whatView, told }, scene, selection, row, shownRow) {
  let { ratio, label } = selection;
  let detection = -1;
  let whatDetection = -1;
  if (!scene.traced) {
    const { layer } = selection;
    if (row >= 0) detection = findDetection(scene, layer, row, ratio, label);
    if (whatif && shownRow >= 0) {
      // A kernel that was chosen keeps its ratio; its class may well be another one now.
      ratio ??= detection >= 0 ? scene.detections.ratio[detection] : undefined;
      whatDetection = findDetection(whatif, layer, shownRow, ratio);
    }
    if (ratio === undefined) {
      if (detection >= 0) ratio = scene.detections.ratio[detection];
      else if (whatif && whatDetection >= 0) ratio = whatif.detections.ratio[whatDetection];
      else if (row >= 0) ratio = told ? bestRatio(told, layer, row) : 0;
      else ratio = whatView ? bestRatio(whatView, layer, shownRow) : 0;
    }
    if (label === undefined && detection >= 0) label = scene.detections.label[detection];
  }
  return { detection, whatDetection, ratio, label };
}

/**
 * Rows and detections of the selection in the scenes on screen; null where it means nothing here.
 *
 * @param {State} state
 * @returns {?Focus}
 */
export function resolve(state) {
  const { scene } = state;
  // The kernels of a traced scene move with the frame; while it plays, the band stays where it is.
  if (scene?.traced && !state.playing) /** @type {TracedScene} */ (scene).moveTo(state.frame);
  return focusIn(state, scene);
}

/**
 * The same, with another scene as the learned one.
 *
 * @param {State} state @param {?Scene} scene
 * @returns {?Focus}
 */
export function focusIn(state, scene) {
  const { whatif } = state;
  if (!scene || !state.selection) return null;
  const selection = kernelMeant(scene, state.selection);
  if (!selection) return null;
  const row = rowOf(scene, selection);
  const shownRow = whatif ? rowOf(whatif, selection) : row;
  const here = row >= 0 ? scene : whatif;
  if (!here || (row < 0 && shownRow < 0)) return null;
  const { kind, window, layer, cell, mixed } = selection;
  const { detection, whatDetection, ratio, label } = detectionsMeant(
    state,
    scene,
    selection,
    row,
    shownRow,
  );
  const made =
    detection >= 0
      ? { table: scene.detections, i: detection }
      : whatif && whatDetection >= 0
        ? { table: whatif.detections, i: whatDetection }
        : null;
  const kernels = here.layers[layer - 1];
  const at = row >= 0 ? row : shownRow;
  const { start, end } =
    kind === "detection" && made
      ? { start: made.table.start[made.i], end: made.table.end[made.i] }
      : {
          start: kernels.center[at] - kernels.half[at],
          end: kernels.center[at] + kernels.half[at],
        };
  return {
    kind,
    window,
    layer,
    cell,
    mixed,
    ratio,
    row,
    shownRow,
    scene,
    detection,
    whatDetection,
    start,
    end,
    label: label ?? (made ? made.table.label[made.i] : -1),
    key: kernelKey(layer, window, mixed ? `m${cell}` : cell),
  };
}
