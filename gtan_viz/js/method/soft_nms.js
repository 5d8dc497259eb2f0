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
 * @returns {{indices: Int32Array, scores: Float64Array} & Partial<NmsResult>} picks by descending faded
 *   score (equal ones: lowest index first), these scores, and with history one step per pick;
 *   `why(index)` gives {picked: place among the picks or -1, score: the last one, decays}
 * @throws {RangeError} scores or segments that are not finite, an end before its start, or a setting
 *   out of range
 */
export function softNms(
  segments,
  scores,
  labels,
  rho,
  xi,
  topK = null,
  minScore = 0,
  history = false,
) {
  const N = scores.length;
  check(segments, scores, labels, rho, xi, topK);
  const groups = byClass(segments, scores, labels);
  const picks = topK === null ? N : Math.min(topK, N);
  const indices = new Int32Array(picks);
  const faded = new Float64Array(picks);
  /** @type {NmsStep[]} */
  const steps = [];
  let count = 0;
  for (; count < picks; count++) {
    const group = strongest(groups);
    if (group === null || group.bestScore < minScore) break;
    indices[count] = group.index[group.best];
    faded[count] = group.bestScore;
    const decayed = history ? [] : null;
    if (decayed) steps.push({ pick: indices[count], score: faded[count], decayed });
    pickBest(group, rho, xi, decayed);
  }
  const result = { indices: indices.slice(0, count), scores: faded.slice(0, count) };
  if (!history) return result;
  return { ...result, steps, why: (index) => why(steps, result.indices, scores, index) };
}

/**
 * @typedef {object} ClassGroup the candidates of one class side by side, in the order of their indices
 * @property {number} count unpicked ones
 * @property {Int32Array} index
 * @property {Float64Array} start
 * @property {Float64Array} end
 * @property {Float64Array} score
 * @property {Uint8Array} picked
 * @property {number} best the strongest unpicked one
 * @property {number} bestScore
 */

/**
 * The group with the strongest candidate; of equal ones, that of the lowest index.
 *
 * @param {ClassGroup[]} groups
 */
function strongest(groups) {
  let group = null;
  for (const one of groups) {
    if (one.count === 0) continue;
    if (
      group === null ||
      one.bestScore > group.bestScore ||
      (one.bestScore === group.bestScore && one.index[one.best] < group.index[group.best])
    ) {
      group = one;
    }
  }
  return group;
}

/**
 * @param {ArrayLike<number>} segments @param {ArrayLike<number>} scores
 * @param {ArrayLike<number>} labels
 */
function byClass(segments, scores, labels) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (let i = 0; i < scores.length; i++) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1);
  /** @type {Map<number, ClassGroup>} */
  const groups = new Map();
  for (const [label, count] of counts) {
    groups.set(label, {
      count: 0,
      best: 0,
      bestScore: 0,
      index: new Int32Array(count),
      start: new Float64Array(count),
      end: new Float64Array(count),
      score: new Float64Array(count),
      picked: new Uint8Array(count),
    });
  }
  for (let i = 0; i < scores.length; i++) {
    const one = /** @type {ClassGroup} */ (groups.get(labels[i]));
    const at = one.count++;
    one.index[at] = i;
    one.start[at] = segments[2 * i];
    one.end[at] = segments[2 * i + 1];
    one.score[at] = scores[i];
  }
  for (const one of groups.values()) findBest(one);
  return [...groups.values()];
}

/**
 * Take a class's best out and fade the others; find the next best.
 *
 * @param {ClassGroup} group @param {number} rho @param {number} xi @param {?Decay[]} decayed
 */
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

/** @param {ClassGroup} group */
function findBest(group) {
  group.best = 0;
  for (let i = 1; i < group.count; i++) {
    if (group.score[i] > group.score[group.best]) group.best = i;
  }
  group.bestScore = group.score[group.best];
}

/**
 * @param {NmsStep[]} steps @param {Int32Array} indices @param {ArrayLike<number>} scores
 * @param {number} index
 */
function why(steps, indices, scores, index) {
  const decays = steps.flatMap(({ decayed }) => decayed.filter((item) => item.index === index));
  const score = decays.length ? decays[decays.length - 1].after : scores[index];
  return { picked: indices.indexOf(index), score, decays };
}

/**
 * @param {ArrayLike<number>} segments @param {ArrayLike<number>} scores
 * @param {ArrayLike<number>} labels @param {number} rho @param {number} xi @param {?number} topK
 */
function check(segments, scores, labels, rho, xi, topK) {
  const N = scores.length;
  if (segments.length !== 2 * N || labels.length !== N) {
    throw new RangeError(
      `shapes do not fit: segments ${segments.length}, scores ${N}, labels ${labels.length}`,
    );
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
