// How good the detections of a recording are: what each one is, and how they count together.

import { tiou } from "./scene.js";

const SAME = 0.5; // tIoU from which two detections of a label are one that has moved

/** What a detection can be: its number in `Hits.kind`. */
export const HIT = 0;
export const DUPLICATE = 1;
export const WRONG_LABEL = 2;
export const BACKGROUND = 3;

/** By kind: the mark beside its bar, and the word. */
export const VERDICTS = ["✓ hit", "‖ duplicate", "× wrong label", "○ background"];

/** What a detection is, in words; empty where no truth is known. @param {?Hits} hits @param {number} i */
export const verdict = (hits, i) => (hits?.by.length ? VERDICTS[hits.kind[i]] : "");

/** Of the same label, by that label. @param {{count: number, label: Numbers}} table */
function rowsByLabel({ count, label }) {
  /** @type {Map<number, number[]>} */
  const rows = new Map();
  for (let i = 0; i < count; i++) {
    const others = rows.get(label[i]);
    if (others) others.push(i);
    else rows.set(label[i], [i]);
  }
  return rows;
}

/** Rows by descending score; of equal ones the first. @param {DetectionTable} detections */
function ranked({ count, score }) {
  const order = Array.from({ length: count }, (_, i) => i);
  const isRanked = order.every((i) => i === 0 || score[i - 1] >= score[i]);
  return isRanked ? order : order.sort((a, b) => score[b] - score[a] || a - b);
}

/**
 * Some truths in the order of their starts, so that those about an interval are found at once.
 *
 * @param {TruthTable} truth @param {number[]} rows
 */
function inOrder({ start, end }, rows) {
  const order = [...rows].sort((a, b) => start[a] - start[b] || a - b);
  const longest = rows.reduce((most, g) => Math.max(most, end[g] - start[g]), 0);
  return { order, longest };
}

/**
 * Calls `meet` with each of the truths that may overlap [from, to].
 *
 * @param {TruthTable} truth @param {ReturnType<typeof inOrder> | undefined} some
 * @param {number} from @param {number} to @param {(g: number) => void} meet
 */
function forNear({ start }, some, from, to, meet) {
  if (!some) return;
  const { order, longest } = some;
  const isPoint = from === to; // which meets points wherever they lie: see `tiou`
  let low = 0;
  for (let high = isPoint ? 0 : order.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (start[order[middle]] < from - longest) low = middle + 1;
    else high = middle;
  }
  for (; low < order.length && (isPoint || start[order[low]] < to); low++) meet(order[low]);
}

/**
 * What each detection is, by ActivityNet's protocol (gtan/evaluation/matching.py): best score first,
 * each takes the best free truth of its label. One that only overlaps truths that others took is a
 * duplicate, one that overlaps a truth of another label has the wrong label, the rest is background.
 *
 * @param {DetectionTable} detections @param {TruthTable} truth @param {number} threshold
 * @returns {Hits}
 */
export function matchTruth(detections, truth, threshold) {
  const { count, start, end, label } = detections;
  const hit = new Int32Array(count).fill(-1);
  const best = new Float64Array(count);
  const kind = new Uint8Array(count).fill(BACKGROUND);
  const by = new Int32Array(truth.count).fill(-1);
  const all = inOrder(
    truth,
    Array.from(by, (_, g) => g),
  );
  const ofLabel = new Map(
    Array.from(rowsByLabel(truth), ([number, rows]) => [number, inOrder(truth, rows)]),
  );
  for (const i of ranked(detections)) {
    let free = -1;
    let freeIou = 0;
    let overlaps = false;
    forNear(truth, ofLabel.get(label[i]), start[i], end[i], (g) => {
      const iou = tiou(start[i], end[i], truth.start[g], truth.end[g]);
      if (iou > best[i]) best[i] = Math.min(iou, 1);
      const isBetter = iou > freeIou || (iou === freeIou && g < free);
      if (by[g] < 0 && iou >= threshold && isBetter) {
        free = g;
        freeIou = iou;
      }
    });
    if (free >= 0) {
      by[free] = i;
      hit[i] = free;
      kind[i] = HIT;
      continue;
    }
    if (best[i] >= threshold) {
      kind[i] = DUPLICATE;
      continue;
    }
    forNear(truth, all, start[i], end[i], (g) => {
      overlaps ||= tiou(start[i], end[i], truth.start[g], truth.end[g]) >= threshold;
    });
    if (overlaps) kind[i] = WRONG_LABEL;
  }
  return { hit, best, kind, by };
}

/**
 * Whether a truth was found by a detection of at least this score.
 *
 * @param {Hits} hits @param {DetectionTable} detections @param {number} g @param {number} least
 */
export const isFound = ({ by }, { score }, g, least) => by[g] >= 0 && score[by[g]] >= least;

/**
 * Whether a truth is found, as learned and in the what-if; null where that is not known.
 *
 * @param {State} state @param {number} g
 * @returns {{learned: boolean | null, whatif: boolean | null}}
 */
export function foundOf({ toldScene: scene, hits, whatif, whatHits, whatResults, score }, g) {
  return {
    learned: hits && scene ? isFound(hits, scene.detections, g, score) : null,
    whatif:
      whatif && whatHits && whatResults ? isFound(whatHits, whatif.detections, g, score) : null,
  };
}

/**
 * How many of each there are among the detections of at least this score. mAP is of all detections,
 * since their order is what it judges; null where there is no truth.
 *
 * @param {Scene} scene @param {?Hits} hits @param {number} least @returns {?Results}
 */
export function resultsOf({ detections, truth, layers }, hits, least) {
  if (!hits) return null;
  const kinds = [0, 0, 0, 0];
  let hitsOfMixed = 0;
  for (let i = 0; i < detections.count; i++) {
    if (!(detections.score[i] >= least)) continue;
    kinds[hits.kind[i]]++;
    if (hits.kind[i] !== HIT) continue;
    hitsOfMixed += layers[detections.layer[i] - 1]?.mixed[detections.row[i]] ?? 0;
  }
  const [hit, duplicates, wrongLabel, background] = kinds;
  return {
    shown: hit + duplicates + wrongLabel + background,
    hits: hit,
    duplicates,
    wrongLabel,
    background,
    missed: truth.count - hit,
    mAP: truth.count ? meanAveragePrecision(detections, truth, hits) : null,
    hitsOfMixed,
  };
}

/**
 * The mean over the labels of the truth of their average precision, interpolated as ActivityNet's
 * protocol does (gtan/evaluation/precision.py): the precision at a hit is the best that the ranking
 * reaches there or further down.
 *
 * @param {DetectionTable} detections @param {TruthTable} truth @param {Hits} hits
 */
export function meanAveragePrecision(detections, truth, { hit }) {
  /** @type {Map<number, {seen: number, precision: number[]}>} */
  const curves = new Map();
  const truths = rowsByLabel(truth);
  for (const label of truths.keys()) curves.set(label, { seen: 0, precision: [] });
  for (const i of ranked(detections)) {
    const curve = curves.get(detections.label[i]);
    if (!curve) continue;
    curve.seen++;
    if (hit[i] >= 0) curve.precision.push((curve.precision.length + 1) / curve.seen);
  }
  let sum = 0;
  for (const [label, { precision }] of curves) {
    let best = 0;
    let total = 0;
    for (let k = precision.length - 1; k >= 0; k--) {
      best = Math.max(best, precision[k]);
      total += best;
    }
    sum += total / (truths.get(label)?.length ?? 1);
  }
  return sum / curves.size;
}

/** Those of at least this score, as if they were the truth. @param {DetectionTable} table @param {number} least */
function asTruth({ count, start, end, label, score }, least) {
  const rows = Array.from({ length: count }, (_, i) => i).filter((i) => score[i] >= least);
  return {
    rows,
    table: {
      count: rows.length,
      start: Float64Array.from(rows, (i) => start[i]),
      end: Float64Array.from(rows, (i) => end[i]),
      label: Int32Array.from(rows, (i) => label[i]),
    },
  };
}

/**
 * Which detections a what-if brought, and which it took: those with no counterpart of the same label
 * near by.
 *
 * @param {DetectionTable} before @param {DetectionTable} after @param {number} least
 * @returns {Turnover}
 */
export function turnoverOf(before, after, least) {
  const { rows, table } = asTruth(before, least);
  const { hit, by } = matchTruth(after, table, SAME);
  const appeared = new Uint8Array(after.count);
  const vanished = new Uint8Array(before.count);
  for (let i = 0; i < after.count; i++) {
    if (hit[i] < 0 && after.score[i] >= least) appeared[i] = 1;
  }
  rows.forEach((row, at) => {
    // Its counterpart may have fallen below the least score.
    if (by[at] < 0 || !(after.score[by[at]] >= least)) vanished[row] = 1;
  });
  return { appeared, vanished };
}
