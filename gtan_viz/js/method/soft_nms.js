// Soft non-maximum suppression (Eq. 11). Twin of gtan/softnms.py: same numbers, same ties.

/**
 * Pick detections one by one, the highest score first; every other unpicked one of the pick's class
 * with tIoU >= rho has its score multiplied by exp(-tIoU^2 / xi). The cut after `topK` picks is one
 * for the recording (R13).
 *
 * @param {ArrayLike<number>} segments [N, 2] flat: start and end, any unit
 * @param {ArrayLike<number>} scores [N]
 * @param {ArrayLike<number>} labels [N] integers
 * @param {number} rho tIoU from which a score fades, in [0, 1]
 * @param {number} xi decay, above 0; the smaller, the harsher
 * @param {?number} topK how many to pick at most; null for all
 * @param {number} minScore what has faded below this is dropped
 * @param {boolean} history whether to return the steps
 * @returns {{indices: Int32Array, scores: Float64Array, steps?: NmsStep[],
 *   why?: (index: number) => object}} picks by descending faded score (equal ones: lowest index
 *   first), these scores, and with history one step per pick; `why(index)` gives
 *   {picked: place among the picks or -1, score: the last one, decays: [{by, ...}]}
 * @throws {RangeError} scores or segments that are not finite, an end before its start, or a setting
 *   out of range
 *
 * @typedef {{pick: number, score: number, decayed: {index: number, iou: number, exponent: number,
 *   factor: number, before: number, after: number}[]}} NmsStep exponent: iou^2 / xi; factor:
 *   exp(-exponent)
 */
export function softNms(
  segments, scores, labels, rho, xi, topK = null, minScore = 0, history = false,
) {
  const N = scores.length;
  check(segments, scores, labels, rho, xi, topK);
  const groups = byClass(segments, scores, labels);
  const picks = topK === null ? N : Math.min(topK, N);
  const indices = new Int32Array(picks);
  const faded = new Float64Array(picks);
  const steps = history ? [] : undefined;
  let count = 0;
  for (; count < picks; count++) {
    let group = null;
    for (const one of groups) {
      if (one.count === 0) continue;
      if (
        group === null || one.bestScore > group.bestScore ||
        (one.bestScore === group.bestScore && one.index[one.best] < group.index[group.best])
      ) {
        group = one;
      }
    }
    if (group === null || group.bestScore < minScore) break;
    indices[count] = group.index[group.best];
    faded[count] = group.bestScore;
    const decayed = history ? [] : null;
    if (history) steps.push({ pick: indices[count], score: faded[count], decayed });
    pickBest(group, rho, xi, decayed);
  }
  const result = { indices: indices.slice(0, count), scores: faded.slice(0, count) };
  if (history) {
    result.steps = steps;
    result.why = (index) => why(result, scores, index);
  }
  return result;
}

/** The candidates of each class side by side, in the order of their indices; `count`: unpicked. */
function byClass(segments, scores, labels) {
  const groups = new Map();
  for (let i = 0; i < scores.length; i++) {
    const one = groups.get(labels[i]);
    if (one === undefined) groups.set(labels[i], { count: 1 });
    else one.count++;
  }
  for (const one of groups.values()) {
    one.index = new Int32Array(one.count);
    one.start = new Float64Array(one.count);
    one.end = new Float64Array(one.count);
    one.score = new Float64Array(one.count);
    one.picked = new Uint8Array(one.count);
    one.count = 0;
  }
  for (let i = 0; i < scores.length; i++) {
    const one = groups.get(labels[i]);
    const at = one.count++;
    one.index[at] = i;
    one.start[at] = segments[2 * i];
    one.end[at] = segments[2 * i + 1];
    one.score[at] = scores[i];
  }
  for (const one of groups.values()) findBest(one);
  return [...groups.values()];
}

/** Take a class's best out and fade the others; find the next best. */
function pickBest(group, rho, xi, decayed) {
  const { index, start, end, score, picked, best } = group;
  const start2 = start[best];
  const end2 = end[best];
  const pick = index[best];
  let top = -1;
  let topScore = -Infinity;
  picked[best] = 1;
  group.count--;
  for (let i = 0; i < score.length; i++) {
    if (picked[i]) continue;
    const start1 = start[i];
    const end1 = end[i];
    let value = score[i];
    const lowest = end1 < end2 ? end1 : end2;
    const highest = start1 > start2 ? start1 : start2;
    const intersection = lowest > highest ? lowest - highest : 0;
    if (intersection > 0) {
      const union = end1 - start1 + (end2 - start2) - intersection;
      const iou = intersection / (union > 1e-12 ? union : 1e-12);
      if (iou >= rho) {
        const exponent = (iou * iou) / xi;
        const factor = Math.exp(-exponent);
        const after = value * factor;
        if (decayed) {
          decayed.push({ index: index[i], by: pick, iou, exponent, factor, before: value, after });
        }
        value = score[i] = after;
      }
    }
    if (value > topScore) {
      top = i;
      topScore = value;
    }
  }
  group.best = top;
  group.bestScore = topScore;
}

function findBest(group) {
  group.best = 0;
  for (let i = 1; i < group.count; i++) {
    if (group.score[i] > group.score[group.best]) group.best = i;
  }
  group.bestScore = group.score[group.best];
}

function why(result, scores, index) {
  const decays = [];
  const picked = result.indices.indexOf(index);
  for (const step of result.steps) {
    for (const item of step.decayed) if (item.index === index) decays.push(item);
  }
  const score = decays.length ? decays[decays.length - 1].after : scores[index];
  return { picked, score, decays };
}

function check(segments, scores, labels, rho, xi, topK) {
  const N = scores.length;
  if (segments.length !== 2 * N || labels.length !== N) {
    throw new RangeError(
      `shapes do not fit: segments ${segments.length}, scores ${N}, labels ${labels.length}`);
  }
  for (let i = 0; i < N; i++) {
    if (!Number.isFinite(scores[i])) throw new RangeError(`score ${i} is NaN or infinite`);
    const start = segments[2 * i];
    const end = segments[2 * i + 1];
    if (!Number.isFinite(start) || !Number.isFinite(end)) {
      throw new RangeError(`segment ${i} is NaN or infinite`);
    }
    if (end < start) throw new RangeError(`segment ${i} ends before it starts`);
  }
  if (!(rho >= 0 && rho <= 1)) throw new RangeError(`rho: ${rho} is not in [0, 1]`);
  if (!(xi > 0)) throw new RangeError(`xi: ${xi} is not above 0`);
  if (topK !== null && topK < 0) throw new RangeError(`topK: ${topK} is below 0`);
}
