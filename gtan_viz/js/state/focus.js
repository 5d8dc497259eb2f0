// From a selection (what a person means: this cell, that detection) to rows of the arrays on screen.
//
//   {kind: "kernel", window, layer, cell, mixed, ratio?}
//   {kind: "detection", window, layer, cell, mixed, ratio, label}     label: number of the class
//   {kind: "detection", detection}                                    number in the list, best first
//
// `cell` of a mixed kernel is its first member. Layers count from 1, the rest from 0.

import { kernelKey } from "../model/explanation.js";
import { bestRatio } from "./facts.js";
import { kernelName, rowOf } from "./scene.js";

export function detectionSelection(scene, index) {
  const d = scene.detections;
  const { window, layer, cell, mixed } = kernelName(scene, d.layer[index], d.row[index]);
  return {
    kind: "detection", window, layer, cell, mixed, ratio: d.ratio[index], label: d.label[index],
  };
}

export function kernelSelection(scene, layer, row) {
  return { kind: "kernel", ...kernelName(scene, layer, row) };
}

function findDetection(scene, layer, row, ratio, label) {
  const d = scene.detections;
  for (let i = 0; i < d.count; i++) {
    if (
      d.row[i] === row && d.layer[i] === layer && (ratio === undefined || d.ratio[i] === ratio) &&
      (label === undefined || d.label[i] === label)
    ) return i;
  }
  return -1;
}

// Rows and detections of the selection in the scenes on screen; null where it means nothing here.
export function resolve(state) {
  const { scene, whatif, whatView, explanation } = state;
  let { selection } = state;
  if (!scene || !selection) return null;
  if (selection.kind === "detection" && selection.layer === undefined) {
    if (!(selection.detection >= 0 && selection.detection < scene.detections.count)) return null;
    selection = detectionSelection(scene, selection.detection);
  }
  const row = rowOf(scene, selection);
  const shownRow = whatif ? rowOf(whatif, selection) : row;
  if (row < 0 && shownRow < 0) return null;
  const { window, layer, cell, mixed } = selection;
  let { ratio, label } = selection;
  let detection = -1;
  let whatDetection = -1;
  if (!scene.traced) {
    if (row >= 0) detection = findDetection(scene, layer, row, ratio, label);
    if (whatif && shownRow >= 0) {
      // A kernel that was chosen keeps its ratio; its class may well be another one now.
      ratio ??= detection >= 0 ? scene.detections.ratio[detection] : undefined;
      whatDetection = findDetection(whatif, layer, shownRow, ratio);
    }
    if (ratio === undefined) {
      if (detection >= 0) ratio = scene.detections.ratio[detection];
      else if (whatDetection >= 0) ratio = whatif.detections.ratio[whatDetection];
      else ratio = row >= 0 ? bestRatio(explanation, layer, row) : bestRatio(whatView, layer, shownRow);
    }
    if (label === undefined && detection >= 0) label = scene.detections.label[detection];
  }
  const found = detection >= 0
    ? { table: scene.detections, i: detection }
    : whatDetection >= 0 ? { table: whatif.detections, i: whatDetection } : null;
  const here = row >= 0 ? scene : whatif;
  const kernels = here.layers[layer - 1];
  const at = row >= 0 ? row : shownRow;
  const byDetection = selection.kind === "detection" && found;
  return {
    kind: selection.kind, window, layer, cell, mixed, ratio, row, shownRow, scene, detection,
    whatDetection,
    label: label ?? (found ? found.table.label[found.i] : -1),
    key: kernelKey(layer, window, mixed ? `m${cell}` : cell),
    start: byDetection ? found.table.start[found.i] : kernels.center[at] - kernels.half[at],
    end: byDetection ? found.table.end[found.i] : kernels.center[at] + kernels.half[at],
  };
}
