// Why an action was missed: of every layer the proposal that got furthest, and what stopped it.

import { gridSeconds } from "../method/decode.js";
import { candidateOf } from "../model/recompute.js";
import { nmsRunOf } from "./fading.js";
import { findDetection } from "./focus.js";
import { proposalsAbout } from "./proposals.js";
import { isFound } from "./results.js";
import { kernelName, tiou } from "./scene.js";
import { rankingOf, STAGES, stoppedBy, strongest } from "./stopped.js";
import { number, plural, score, seconds, shorten, span } from "./text.js";

const NEAR = 0.1; // tIoU from which a detection is about the action, as the diagnosis has it
const SAME = 0.05; // of tIoU: what fires is as near as what does not

/** @typedef {import("./proposals.js").Proposal} Proposal @typedef {import("./stopped.js").Stage} Stage */
/** @typedef {import("./stopped.js").Wanted} Wanted */
/**
 * @typedef {{proposal: Proposal, stage: Stage, fate: ?Fate}} Judged
 * @typedef {import("./stopped.js").Fate & {detection: number, decays: Decay[]}} Fate
 * @typedef {{view: View, scene: Scene, hits: Hits, truth: number, action: Segment, wanted: Wanted}} About
 */

/** @type {WeakMap<View, {truth: number, proposals: Proposal[]}>} */
const kept = new WeakMap();

/** Those of the action asked about last. @param {About} about */
function proposalsOf({ view, truth, action }) {
  let last = kept.get(view);
  if (last?.truth !== truth) {
    kept.set(view, (last = { truth, proposals: proposalsAbout(view, action) }));
  }
  return last.proposals;
}

/**
 * Of the chosen truth, in what is on screen: the what-if if there is one, once the hand rests. Null:
 * none is chosen, or nothing can be said.
 *
 * @param {State} state @returns {?Missed}
 */
export function missedOf(state) {
  const { chosenTruth: truth, scene, whatif, explanation, whatView, rested } = state;
  if (truth === null || !scene || scene.traced || !explanation || !state.hits) return null;
  if (!(truth < scene.truth.count)) return null;
  if (whatView && (whatView.partial || rested?.whatView !== whatView)) return null;
  const { labels, min_score: floor } = (whatView ?? explanation).header.settings.detection;
  const { start, end, label } = scene.truth;
  /** @type {About} */
  const about = {
    view: whatView ?? explanation,
    scene: whatif ?? scene,
    hits: state.whatHits ?? state.hits,
    truth,
    action: { start: start[truth], end: end[truth] },
    wanted: {
      label: label[truth],
      tiou: state.tiou,
      least: Math.max(state.score, floor),
      floor,
      one: labels === "one",
    },
  };
  const wasFound = isFound(state.hits, scene.detections, truth, state.score);
  const isNow = isFound(about.hits, about.scene.detections, truth, state.score);
  const rows = isNow ? [] : rowsOf(about);
  const by = isNow ? about.hits.by[truth] : -1;
  return { truth, by, rows, story: storyOf(about, rows, by, whatif ? wasFound : null) };
}

/**
 * Of every layer the proposal that got furthest, and beside it the detection that came nearest.
 *
 * @param {About} about @returns {MissedRow[]}
 */
function rowsOf(about) {
  const proposals = proposalsOf(about);
  return about.view.header.layers.flatMap((_, index) => {
    const here = proposals.filter(({ layer }) => layer === index + 1);
    const judged = here.map((proposal) => judge(proposal, about));
    const [first] = judged.sort((p, q) => progress(q, about) - progress(p, about));
    if (!first) return [];
    const near = judged
      .filter((one) => isNearMiss(one, about))
      .sort((p, q) => (q.fate?.score ?? 0) - (p.fate?.score ?? 0))[0];
    const isAsFar = first.stage === "boundary" && near?.proposal.tiou > first.proposal.tiou - SAME;
    return [...new Set(isAsFar ? [near] : [first, near])]
      .filter((one) => one !== undefined)
      .map((one) => rowOf(one, about));
  });
}

/** @param {Proposal} proposal @param {About} about @returns {Judged} */
function judge(proposal, about) {
  /** @type {?Fate} */
  let fate = null;
  const ask = () => (fate = fateOf(proposal, about));
  const stage = stoppedBy(proposal, about.wanted, ask);
  return { proposal, stage, fate };
}

/**
 * A later stage counts more; within one what the stage is about, and then the boundary: of two that are
 * background alike the nearer one.
 *
 * @param {Judged} judged @param {About} about
 */
function progress({ proposal, stage, fate }, { wanted }) {
  const reached = Math.min(proposal.tiou, 1);
  if (STAGES[stage] <= STAGES.window) return STAGES[stage] + reached / 2;
  const left = fate?.left ?? rankingOf(proposal, wanted);
  return STAGES[stage] + (0.9 * left + 0.1 * reached) / 2;
}

/** It fires, and only its boundary is off. @param {Judged} judged @param {About} about */
function isNearMiss(judged, about) {
  const { proposal, stage } = judged;
  if (stage !== "boundary" || proposal.tiou < NEAR) return false;
  if (!(rankingOf(proposal, about.wanted) >= about.wanted.least)) return false;
  judged.fate ??= fateOf(proposal, about);
  return (judged.fate.score ?? 0) >= about.wanted.least;
}

/** @param {Proposal} proposal @param {About} about @returns {Fate} */
function fateOf({ window, layer, row, ratio, scores, overlap }, { view, scene, wanted }) {
  const { label } = wanted;
  const detection = findDetection(scene, layer, row, ratio, label);
  const run = nmsRunOf(view);
  const candidate = candidateOf(run, { label, window, layer, row, ratio });
  const { score: left, decays } =
    candidate >= 0 ? run.why(candidate) : { score: scores[label + 1] * overlap, decays: [] };
  const made = detection >= 0 ? scene.detections.score[detection] : null;
  return { detection, score: made, left: made ?? left, decays, entered: candidate >= 0 };
}

/** @param {Judged} judged @param {About} about @returns {MissedRow} */
function rowOf(judged, about) {
  const { proposal, stage } = judged;
  const { layer, row, ratio, window, refined } = proposal;
  const name = kernelName(about.scene, layer, row);
  const by = stage === "lowered" ? strongestDecay(judged) : null;
  const scale = about.view.header.layers[layer - 1].ratios[ratio];
  return {
    ...name,
    window,
    ratio,
    stage,
    progress: progress(judged, about),
    refined,
    tiou: proposal.tiou,
    ranking: rankingOf(proposal, about.wanted),
    name: `layer ${layer}, ${name.mixed ? "mixed from " : ""}cell ${name.cell}, ratio ${number(scale, 2)}`,
    fires: stage === "boundary" ? (judged.fate?.score ?? null) : null,
    reason: REASONS[stage](judged, about),
    source: by
      ? Array.from(nmsRunOf(about.view).candidates.source.slice(4 * by.by, 4 * by.by + 4))
      : null,
  };
}

// --- in words -----------------------------------------------------------------------------------

/** Two numbers, the first below the second, so that one sees it. @param {number} value @param {number} bound */
function apart(value, bound) {
  let digits = 2;
  while (digits < 6 && number(value, digits) === number(bound, digits)) digits++;
  return [number(value, digits), number(bound, digits), number(bound - value, digits)];
}

/** @param {About} about */
const className = ({ view, wanted }) => shorten(view.header.classes[wanted.label] ?? "", 32);

/** @param {Judged} judged */
const strongestDecay = ({ fate }) =>
  (fate?.decays ?? []).reduce(
    (best, one) => (best && best.factor <= one.factor ? best : one),
    /** @type {?Decay} */ (null),
  );

/** How far off one end is. @param {string} verb @param {number} by seconds, later if above 0 */
const off = (verb, by) =>
  Math.abs(by) < 0.05 ? "" : `${verb} ${seconds(Math.abs(by))} ${by > 0 ? "late" : "early"}`;

/** What a proposal lacked, as a clause. @type {Record<Stage, (judged: Judged, about: About) => string>} */
const REASONS = {
  boundary({ proposal, fate }, { action, wanted }) {
    const [reached, bound] = apart(proposal.tiou, wanted.tiou);
    const { start, end } = proposal.refined;
    const ends = [off("starts", start - action.start), off("ends", end - action.end)];
    const how = ends.filter((text) => text).join(" and ");
    const fires =
      (fate?.score ?? 0) >= wanted.least ? `it fires, with ${score(fate?.score ?? 0)}, but ` : "";
    return `${fires}its boundary reaches tIoU ${reached}, wanted ${bound}${how && `: it ${how}`}`;
  },
  window({ proposal: { window, middle } }, { view }) {
    const { header, arrays } = view;
    const [from, to] = Array.from(
      arrays["windows.owned"].subarray(2 * window, 2 * window + 2),
      (clip) => Math.min(header.duration, Math.max(0, gridSeconds(header.grid, clip))),
    );
    return (
      `the middle of its boundary, ${seconds(middle)}, belongs to another window's part: ` +
      `this one answers for ${span({ start: from, end: to })}`
    );
  },
  background: ({ proposal: { scores } }, about) =>
    `background won, with ${score(scores[0])} against ${score(scores[about.wanted.label + 1])} for ${className(about)}`,
  class({ proposal: { scores } }, about) {
    const top = strongest(scores, 1);
    const name = shorten(about.view.header.classes[top - 1], 32);
    return `${name} takes it, with ${score(scores[top])} against ${score(scores[about.wanted.label + 1])} for ${className(about)}`;
  },
  score({ proposal }, about) {
    const { label, least } = about.wanted;
    const ranking = rankingOf(proposal, about.wanted);
    const [reached, bound, lacking] = apart(ranking, least);
    return (
      `its score is ${lacking} under the least of ${bound}: ${score(proposal.scores[label + 1])} for ` +
      `${className(about)} × ${score(proposal.overlap)} expected overlap = ${reached}`
    );
  },
  candidates: ({ proposal }, { view, wanted }) =>
    `${plural(view.header.settings.detection.candidates, "proposal")} ranked above its ` +
    `${score(rankingOf(proposal, wanted))}, and no more enter soft-NMS`,
  lowered(judged, about) {
    const { proposal, fate } = judged;
    const faded = fate?.left ?? 0;
    const [near, bound] = apart(faded, about.wanted.least);
    const left = faded < 0.005 ? score(faded) : near;
    const before = score(rankingOf(proposal, about.wanted));
    const from = `soft-NMS lowered it from ${before} to ${left}, below the least of ${bound}`;
    const by = strongestDecay(judged);
    if (!by) return from;
    const { segments } = nmsRunOf(about.view).candidates;
    const other = span({ start: segments[2 * by.by], end: segments[2 * by.by + 1] });
    const more = (fate?.decays.length ?? 1) - 1;
    const { rho } = about.view.header.settings.detection;
    return (
      `${from}, because of ${className(about)} ${other} (tIoU ${number(by.iou, 2)} with it, ` +
      `ρ = ${number(rho, 2)})${more ? ` and ${more} more` : ""}`
    );
  },
  kept: ({ fate }, { scene }) =>
    `soft-NMS kept ${plural(scene.detections.count, "detection")} before its ` +
    `${score(fate?.left ?? 0)}, and no more are kept`,
  other({ fate }, about) {
    const { scene, hits } = about;
    const fires = `it fires, with ${score(fate?.score ?? 0)}`;
    const detection = fate?.detection ?? -1;
    const found = detection < 0 ? -1 : hits.hit[detection];
    if (found < 0) return `${fires}, but as it is stored it falls just short of that tIoU`;
    const { detections: d, truth } = scene;
    const where = { start: truth.start[found], end: truth.end[found] };
    const more = tiou(d.start[detection], d.end[detection], where.start, where.end);
    return `${fires}, but found the ${className(about)} at ${span(where)}, with tIoU ${number(more, 2)}`;
  },
};

/**
 * @param {About} about @param {MissedRow[]} rows @param {number} by the detection that found it, or -1
 * @param {?boolean} wasFound as learned; null where there is no what-if
 */
function storyOf(about, rows, by, wasFound) {
  const { action, wanted, scene } = about;
  const isFoundNow = by >= 0;
  const what = `${className(about)}, ${span(action)}, `;
  const how = isFoundNow
    ? `by a detection of score ${score(scene.detections.score[by])}`
    : `at tIoU ${number(wanted.tiou, 2)} and least score ${number(wanted.least, 2)}`;
  const before = wasFound === null ? "" : `; as learned it was ${wasFound ? "found" : "missed"}`;
  const now = wasFound === null ? "was " : "is in the what-if ";
  const told = `${what}${now}${isFoundNow ? "found" : "missed"} ${how}${before}.`;
  if (isFoundNow) return told;
  const first = furthest(rows);
  if (!first) return `${told} No proposal touches it.`;
  const near = nearest(rows);
  const beside =
    near && near !== first
      ? ` The nearest detection, of ${near.name}, has score ${score(near.fires ?? 0)} and tIoU ${number(near.tiou, 2)}.`
      : "";
  return `${told} The proposal that got furthest is of ${first.name}: ${first.reason}.${beside}`;
}

/** Of those that fire. @param {MissedRow[]} rows */
const nearest = (rows) =>
  rows.reduce(
    (best, row) => (row.fires === null || (best && best.tiou >= row.tiou) ? best : row),
    /** @type {?MissedRow} */ (null),
  );

/** @param {MissedRow[]} rows */
const furthest = (rows) =>
  rows.reduce(
    (best, row) => (best && best.progress >= row.progress ? best : row),
    /** @type {?MissedRow} */ (null),
  );
