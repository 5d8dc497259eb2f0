// From a detection, a truth or a kernel to the time at which the video shows it.

import { detectionMarks, mistakeMarks, nextMark, truthMarks } from "./playhead.js";

const INTO = 0.05; // seconds, a frame or two

/** @typedef {import("./playhead.js").Mark} Mark */
/** @typedef {ReturnType<typeof jumping>} Jump */
/**
 * @typedef {object} Clock what the video does; nothing where there is none
 * @property {(time: number) => void} seek
 * @property {() => void} toggle
 * @property {(by: number) => void} frame
 * @property {(direction: number) => void} speed
 * @property {() => void} loop
 */

/**
 * @param {Store} store @param {import("./actions.js").Choose} choose
 * @param {(time: number) => void} seek
 */
export function jumping(store, choose, seek) {
  const { state } = store;
  /** Where it is on already: the frame of its very start may be the one before. @param {number} start @param {number} end */
  const seekInto = (start, end) => seek(Math.min(start + INTO, (start + end) / 2));

  /** @param {Scene} scene @param {number} index */
  function toDetection(scene, index) {
    choose.selectDetection(scene, index);
    seekInto(scene.detections.start[index], scene.detections.end[index]);
  }
  /** @param {Scene} scene @param {number} index */
  function toTruth(scene, index) {
    choose.selectTruth(scene, index);
    seekInto(scene.truth.start[index], scene.truth.end[index]);
  }
  /** To the middle of a kernel. @param {Scene} scene @param {number} layer @param {number} row */
  function toKernel(scene, layer, row) {
    choose.selectKernel(scene, layer, row);
    seek(scene.layers[layer - 1].center[row]);
  }
  /** @param {Scene} scene @param {Mark[]} marks @param {number} direction */
  function walk(scene, marks, direction) {
    const { chosenTruth, toldFocus: focus, aim } = state;
    // Without a video one stands on what is chosen.
    const time = state.video ? state.time : (aim?.start ?? state.view[0] - 1e-9);
    /** @type {Parameters<typeof nextMark>[1]} */
    const chosen =
      chosenTruth === null
        ? { kind: "detection", index: focus?.detection ?? -1 }
        : { kind: "truth", index: chosenTruth };
    const next = nextMark(marks, chosen, time, direction);
    if (next) (next.kind === "truth" ? toTruth : toDetection)(scene, next.index);
  }
  return {
    toDetection,
    toTruth,
    toKernel,
    /** @param {"detection" | "truth" | "mistake"} kind @param {number} direction */
    toNext(kind, direction) {
      const { toldScene: scene, hits, score } = state;
      if (!scene) return;
      if (kind === "truth") walk(scene, truthMarks(scene), direction);
      else if (kind === "mistake") walk(scene, mistakeMarks(scene, hits, score), direction);
      else walk(scene, detectionMarks(scene, score), direction);
    },
  };
}
