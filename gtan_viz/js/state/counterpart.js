// What means in another run, of the same recording, what is selected in this one.

import { detectionSelection } from "./focus.js";
import { rowOf, tiou } from "./scene.js";

const NEAR = 0.1; // tIoU from which a detection of the other run is about the same

/** @typedef {Pick<State, "selection" | "focus" | "scene" | "whatif" | "score">} Side */

/**
 * Of a kernel the same one: window, layer and cell. Of a detection the one of its class that overlaps it
 * most, of those that are shown. Null: there is none.
 *
 * @param {Side} from @param {Side} to @returns {?Selected}
 */
export function counterpart({ selection, focus, scene }, to) {
  const there = to.whatif ?? to.scene;
  if (!selection || !focus || !scene || !there) return null;
  if (focus.kind === "detection") {
    const found = nearest(focus, scene.classes[focus.label], there, to.score);
    return found < 0 ? null : detectionSelection(there, found);
  }
  const { window, layer, cell, mixed, ratio } = focus;
  const isAlike = scene.layers[layer - 1].cells === there.layers[layer - 1]?.cells;
  if (!isAlike || rowOf(there, focus) < 0) return null;
  return { kind: "kernel", window, layer, cell, mixed, ratio };
}

/**
 * Of equal ones that of the same kernel.
 *
 * @param {Focus} focus @param {string} name of its class @param {Scene} scene @param {number} least
 * @returns {number} a detection, or -1
 */
function nearest(focus, name, scene, least) {
  const { start, end } = focus;
  const { classes, detections: d } = scene;
  const label = classes.indexOf(name);
  const row = focus.layer <= scene.layers.length ? rowOf(scene, focus) : -1;
  let [best, most] = [-1, NEAR];
  for (let i = 0; i < d.count; i++) {
    if (d.label[i] !== label || !(d.score[i] >= least)) continue;
    const iou = tiou(start, end, d.start[i], d.end[i]);
    const isSame = d.layer[i] === focus.layer && d.row[i] === row && d.ratio[i] === focus.ratio;
    if (iou > most || (iou === most && isSame)) [best, most] = [i, iou];
  }
  return best;
}

/**
 * The number of the same action, -1 where the other run does not know it.
 *
 * @param {number} g @param {Scene} scene @param {Scene} there
 */
export function sameTruth(g, { truth, classes }, { truth: others, classes: names }) {
  for (let h = 0; h < others.count; h++) {
    const isThere = others.start[h] === truth.start[g] && others.end[h] === truth.end[g];
    if (isThere && names[others.label[h]] === classes[truth.label[g]]) return h;
  }
  return -1;
}
