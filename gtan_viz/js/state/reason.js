// Why a kernel does not show as a detection: the one thing that stopped it first, on the way from the
// kernel to soft-NMS (Eq. 5, 10, 11).

import { decode, gridSeconds } from "../method/decode.js";
import { candidateOf } from "../model/recompute.js";
import { nmsRunOf } from "./fading.js";
import { number, plural, score, seconds, shorten, span } from "./text.js";

/** @typedef {Omit<KernelFacts, "reason">} Told */

/**
 * @param {Told} kernel
 * @param {View} view
 * @param {number} least the least score that is shown
 * @returns {string} a clause with its numbers; empty where the kernel shows as a detection, or
 *   nothing is known of it
 */
export function reasonOf(kernel, view, least) {
  const { exists, scores, ranking } = kernel;
  if (!exists) return absence(kernel, view);
  if (!scores || ranking === null) return "";
  if (kernel.score !== null && kernel.score >= least) return "";
  if (![ranking, ...Array.from(kernel.offsets ?? [])].every(Number.isFinite)) {
    return "its prediction is not a number";
  }
  const elsewhere = kernel.score === null ? ownerOf(kernel, view) : "";
  if (elsewhere) return elsewhere;
  const { min_score: floor } = view.header.settings.detection;
  return ranking < Math.max(least, floor)
    ? weakness(kernel, view, Math.max(least, floor))
    : suppression(kernel, view, least);
}

/** @param {Told} kernel @param {View} view */
function absence({ cell, valid, layer }, view) {
  if (!valid[cell]) {
    const end = seconds(view.header.duration);
    return `cell ${cell} of layer ${layer} is padding: it lies beyond the recording's end at ${end}`;
  }
  const { epsilon } = view.header.settings.kernels;
  return `grouping (ε ${number(epsilon, 2)}, “replace”) put a mixed kernel in place of cell ${cell} of layer ${layer}`;
}

/** Where another window answers for its middle, or none does. @param {Told} kernel @param {View} view */
function ownerOf({ center, width, cells, ratioValue, offsets, refined, window }, view) {
  if (!offsets || !refined) return "";
  const { header, arrays } = view;
  const { alpha1, alpha2 } = header.settings.detection;
  const box = decode(center, (width / cells) * ratioValue, offsets, alpha1, alpha2);
  const middle = arrays["windows.start"][window] + header.window * box.center;
  const [first, last] = arrays["windows.owned"].subarray(2 * window, 2 * window + 2);
  if (middle >= first && middle < last) {
    return refined.end > refined.start ? "" : "its boundary lies outside the recording";
  }
  /** @param {number} clip */
  const at = (clip) => Math.min(header.duration, Math.max(0, gridSeconds(header.grid, clip)));
  return (
    `the middle of its boundary, ${seconds(gridSeconds(header.grid, middle))}, belongs to another ` +
    `window's part: this one answers for ${span({ start: at(first), end: at(last) })}`
  );
}

/** Its ranking is below `least`. @param {Told} kernel @param {View} view @param {number} least */
function weakness({ scores, label, overlap, ranking }, view, least) {
  const name = shorten(view.header.classes[label] ?? "no class", 32);
  const all = scores ?? new Float64Array(1);
  const won = all[label + 1];
  if (all[0] > won) {
    const against = won < 0.005 ? "no action above 0.01" : `${score(won)} for ${name}`;
    return `background won, with ${score(all[0])} against ${against}`;
  }
  return (
    `its score is below the least: ${score(won)} for ${name} × ${score(overlap ?? 0)} expected ` +
    `overlap = ${score(ranking ?? 0)}, and the least is ${least < 0.01 ? least : number(least, 2)}`
  );
}

/** It was strong enough by itself. @param {Told} kernel @param {View} view @param {number} least */
function suppression(kernel, view, least) {
  const { label, ranking, score: left, window, layer, row, ratio } = kernel;
  const name = shorten(view.header.classes[label] ?? "no class", 32);
  const from = `soft-NMS lowered it from ${score(ranking ?? 0)}`;
  const why = `a stronger ${name} overlaps it`;
  const { detection } = view.header.settings;
  if (left !== null)
    return `${from} to ${score(left)}, below the least of ${number(least, 2)}: ${why}`;
  const candidates = view.candidates ?? nmsRunOf(view).candidates;
  if (candidateOf({ candidates }, { label, window, layer, row, ratio }) < 0) {
    return `${plural(detection.candidates, "proposal")} ranked above it, and no more enter soft-NMS`;
  }
  const kept = view.arrays["detections.scores"].length;
  return detection.top_k !== null && kept >= detection.top_k
    ? `soft-NMS kept ${plural(kept, "detection")} before it, and no more are kept`
    : `${from} to below ${detection.min_score}: ${why}`;
}
