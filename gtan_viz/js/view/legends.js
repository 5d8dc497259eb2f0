// What the marks of the pictures mean: the same words on the page and in a file.

import { UNITS } from "../state/evidence.js";
import { VERDICTS } from "../state/results.js";

/** @typedef {[string, string]} Item kind of mark, and what it means */

/** @type {Item[]} */
export const TIMELINE = [
  ["truth", "truth, found"],
  ["missed", "missed"],
  ["detection", "detection, faint: low score"],
  .../** @type {Item[]} */ (VERDICTS.map((text) => ["word", text])),
  ["whatif", "what-if"],
  ["appeared", "came"],
  ["vanished", "went"],
  ["word", "+2: two more overlap"],
];

/** @type {Item[]} */
export const KERNELS = [
  ["foreground", "foreground"],
  ["background", "background"],
  ["mixed", "mixed: on an action, firing"],
  ["band", "+3 other mixed"],
  ["bound", "floor, ceiling of σ"],
];

export const EVIDENCE_MARKS = ["curve", "derivative", "for", "against", "alone", "learned"];

/** @param {Evidence} evidence @returns {Record<string, string>} empty: not drawn */
export function evidenceWords({ explained, orders, learned }) {
  const isTime = UNITS[explained] === "s";
  return {
    curve: "kernel, weights",
    derivative: orders.length > 1 ? "weights of its derivatives (E1), each to its scale" : "",
    for: isTime ? "makes it later" : "speaks for it",
    against: isTime ? "earlier" : "against it",
    alone: "what it would bring with all the weight (open: off the scale)",
    learned: learned ? "as learned" : "",
  };
}
