// What stopped a proposal on its way to find an action: the first stage that it did not pass.

/** @typedef {import("./proposals.js").Proposal} Proposal */
/**
 * @typedef {object} Wanted what it takes to find an action
 * @property {number} label the class of the action
 * @property {number} tiou
 * @property {number} least the least score that is shown, or kept
 * @property {number} floor the least score that soft-NMS keeps
 * @property {boolean} one whether a proposal stands for its best class alone (R21)
 */
/**
 * @typedef {object} Fate what became of it as a proposal of that class
 * @property {boolean} entered whether it was among those that enter soft-NMS
 * @property {?number} score of the detection that it made; null for none
 * @property {number} left what soft-NMS left of its score
 */

/** In the order of the way. The three of the scores are one stage: they are decided together. */
export const STAGES = /** @type {const} */ ({
  boundary: 0, // Eq. 5: its refined boundary is too far off
  window: 1, // another window answers for its middle
  background: 2, // Eq. 10: it ranks below the least, and ...
  class: 2,
  score: 2,
  candidates: 3, // too many ranked above it to enter soft-NMS
  lowered: 4, // Eq. 11: soft-NMS lowered it
  kept: 4, // soft-NMS kept others, and no more are kept
  other: 5, // it fires, and found another action
});

/** @typedef {keyof typeof STAGES} Stage */

/** The class that it is most, of those from `first` on. @param {Float64Array} scores @param {number} first */
export function strongest(scores, first) {
  let top = first;
  for (let c = first + 1; c < scores.length; c++) if (scores[c] > scores[top]) top = c;
  return top;
}

/** Eq. 10, of the wanted class. @param {Proposal} proposal @param {{label: number}} wanted */
export const rankingOf = ({ scores, overlap }, { label }) => scores[label + 1] * overlap;

/**
 * The first stage that a proposal did not pass, of an action that nothing found.
 *
 * @param {Proposal} proposal @param {Wanted} wanted
 * @param {() => Fate} fateOf asked only of what could enter soft-NMS
 * @returns {Stage}
 */
export function stoppedBy(proposal, wanted, fateOf) {
  const { tiou, isOwned, scores } = proposal;
  if (!(tiou >= wanted.tiou)) return "boundary";
  if (!isOwned) return "window";
  const isWeak = !(rankingOf(proposal, wanted) >= wanted.least);
  if (isWeak && strongest(scores, 0) === 0) return "background";
  const isOther = strongest(scores, 1) !== wanted.label + 1;
  if (isOther && (isWeak || wanted.one)) return "class";
  if (isWeak) return "score";
  const { entered, score, left } = fateOf();
  if (score !== null && score >= wanted.least) return "other";
  if (!entered) return "candidates";
  return score === null && left >= wanted.floor ? "kept" : "lowered";
}
