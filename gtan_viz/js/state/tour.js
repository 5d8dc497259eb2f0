// The tour: six stops along the way from the timeline to soft-NMS. Each sets the state, says what to
// look at in one panel, and waits for one action.

import { clampView } from "./axis.js";
import { detectionSelection } from "./focus.js";
import { isFound } from "./results.js";
import { kernelName } from "./scene.js";
import { number, plural, seconds, shorten, span } from "./text.js";

/**
 * @typedef {object} Stop
 * @property {string} panel the one that is outlined
 * @property {string} title
 * @property {(state: State) => Partial<Inputs>} begin what it sets
 * @property {(state: State) => string} text what is there to be seen
 * @property {string} ask the action that it waits for
 * @property {[string, (state: State) => Partial<Inputs>]} [does] a phrase that takes that action
 * @property {(state: State) => boolean} isDone
 * @property {(state: State) => string} after what has happened
 */

/** What every stop begins from: nothing changed, nothing stepped to. */
const CLEAN = { settings: {}, chosenTruth: null, lit: null, groupWish: null, nmsWish: null };

/**
 * What is followed: the detection that is selected, or was last, or the strongest that is a hit.
 *
 * @param {State} state
 */
function followed({ scene, hits, selection, tourSelection }) {
  if (!scene?.detections.count) return null;
  if (selection?.kind === "detection") return selection;
  if (tourSelection) return tourSelection;
  const first = Array.from({ length: scene.detections.count }, (_, i) => i);
  const at = hits ? first.find((i) => hits.hit[i] >= 0) : 0;
  return detectionSelection(scene, at ?? 0);
}

/** It, and a stretch of the recording about it. @param {State} state @returns {Partial<Inputs>} */
function atFollowed(state) {
  const selection = /** @type {?SelectedKernel} */ (followed(state));
  const { scene } = state;
  if (!selection || selection.layer === undefined || !scene) return {};
  const kernels = scene.layers[selection.layer - 1];
  const { detections: d } = scene;
  const at = Array.from({ length: d.count }, (_, i) => i).find((i) => {
    const one = detectionSelection(scene, i);
    return JSON.stringify(one) === JSON.stringify(selection);
  });
  const [start, end] = at === undefined ? [0, scene.duration] : [d.start[at], d.end[at]];
  const pad = Math.max(4 * (scene.duration / kernels.cells), end - start);
  return {
    selection,
    tourSelection: selection,
    layer: selection.layer,
    view: clampView([start - pad, end + pad], scene.duration),
  };
}

/** A mixed kernel, of the layer that has most; else what is followed. @param {State} state @returns {Partial<Inputs>} */
function atMixed(state) {
  const { scene, groupingFacts } = state;
  const counts = (groupingFacts ?? []).map(({ mixed }) => mixed);
  const most = Math.max(0, ...counts);
  if (!scene || !most) return atFollowed(state);
  const layer = counts.indexOf(most) + 1;
  const kernels = scene.layers[layer - 1];
  for (let row = 0; row < kernels.count; row++) {
    if (!kernels.mixed[row] || !kernels.exists[row] || !kernels.owned[row]) continue;
    const half = Math.max(4 * kernels.half[row], scene.duration / 8);
    const middle = kernels.center[row];
    return {
      layer,
      selection: { kind: "kernel", ...kernelName(scene, layer, row) },
      view: clampView([middle - half, middle + half], scene.duration),
    };
  }
  return { ...atFollowed(state), layer };
}

/** @param {State} state */
function foundText({ scene, hits, score }) {
  if (!scene) return "";
  const { truth } = scene;
  if (!truth.count) return "What really happened is not known of this recording.";
  const found = Array.from({ length: truth.count }, (_, g) => g).filter(
    (g) => hits && isFound(hits, scene.detections, g, score),
  ).length;
  return `Black bars are what really happens: ${plural(truth.count, "action")}, of which ${found} were found.`;
}

/** @param {State} state */
function kernelText({ focus, facts }) {
  const kernel = facts?.whatif ?? facts?.learned;
  if (!focus || !kernel) return "";
  return (
    `layer ${kernel.layer}, ${kernel.mixed ? "mixed of several cells" : `cell ${kernel.cell}`}, ` +
    `σ = ${number(kernel.sigma, 2)} cells ` +
    `(${seconds(kernel.sigma * kernel.cellSeconds)})`
  );
}

/** @param {State} state */
function cameOf({ results, whatResults }) {
  if (!results || !whatResults) return "";
  if (results.mAP === null) {
    return `${plural(results.shown, "detection")} before, ${whatResults.shown} now.`;
  }
  return (
    `Hits: ${results.hits} → ${whatResults.hits}, duplicates: ${results.duplicates} → ` +
    `${whatResults.duplicates}, missed: ${results.missed} → ${whatResults.missed}.`
  );
}

/** What became of the selected detection. @param {State} state */
function scoreOf({ facts }) {
  const [before, now] = [facts?.learned?.ranking, facts?.whatif?.ranking];
  if (typeof before !== "number" || typeof now !== "number") return "";
  return `Its own score went from ${number(before, 2)} to ${number(now, 2)}. `;
}

/** @param {State} state */
function nextText({ results }) {
  const missed = results?.missed ?? 0;
  const ask = missed
    ? `${plural(missed, "action")} ${missed === 1 ? "was" : "were"} missed: click a hollow bar to ask why`
    : "open another recording";
  return `That was the whole way. Now ask for yourself: ${ask}, or play the training.`;
}

/** @type {Stop[]} */
export const STOPS = [
  {
    panel: "timeline",
    title: "What is there, and what was found",
    begin: ({ scene }) => ({ ...CLEAN, selection: null, view: [0, scene?.duration ?? 1] }),
    text: (state) =>
      `${foundText(state)} Coloured bars are detections, faint where their score is low. The marks ` +
      "say what each comes to: ✓ a hit, ‖ a duplicate, × a wrong label, ○ background.",
    ask: "Click a coloured bar",
    does: ["choose one for me", atFollowed],
    isDone: ({ selection }) => selection?.kind === "detection",
    after: (state) =>
      `It was made by one kernel: ${kernelText(state)}. “Why did it fire here?” tells its way; ` +
      "the next stops follow it.",
  },
  {
    panel: "kernels",
    title: "A kernel for every cell",
    begin: (state) => ({ ...CLEAN, ...atFollowed(state) }),
    text: () =>
      "Each anchor layer cuts the recording into cells, and each cell has learned a Gaussian kernel: " +
      "the higher it is drawn, the wider it looks. Selected is the one that made the detection.",
    ask: "Click another kernel",
    isDone: ({ selection }) => selection?.kind === "kernel",
    after: (state) => {
      const reason = state.facts?.learned?.reason;
      return `This is ${kernelText(state)}. ${reason ? `It did not fire: ${reason}.` : "It fired as well."}`;
    },
  },
  {
    panel: "evidence",
    title: "What it looks at: Gaussian pooling",
    begin: (state) => ({ ...CLEAN, ...atFollowed(state), explained: "class" }),
    text: ({ facts }) =>
      "On top the kernel's curve: how much each cell counts (Eq. 4). Below, what each cell brings to " +
      `“${shorten(facts?.classes[facts.learned?.label ?? -1] ?? "its class", 24)}” against the ` +
      "runner-up; hollow frames: what it would bring with all the weight. The bars add up to the last one.",
    ask: "Click the cell with the largest bar",
    isDone: ({ litCell }) => litCell !== null,
    after: ({ litSpan }) =>
      litSpan ? `That is ${span(litSpan)} of the recording, lit on the timeline.` : "",
  },
  {
    panel: "whatif",
    title: "What if it were wider?",
    begin: (state) => ({ ...CLEAN, ...atFollowed(state) }),
    text: () =>
      "Sliders change one number, and everything after it is computed anew: pooling, scores, boundary, " +
      "soft-NMS. Pink and dashed is the what-if. The bracket under σ is what the network can learn.",
    ask: "Drag “its σ”",
    does: [
      "make it three times as wide",
      ({ focus, scene }) => {
        if (!focus || !scene || focus.row < 0) return {};
        const sigma = 3 * scene.layers[focus.layer - 1].sigma[focus.row];
        return { settings: { kernels: { [focus.key]: { sigma: Number(sigma.toPrecision(4)) } } } };
      },
    ],
    isDone: ({ settings }) => Object.keys(settings).length > 0,
    after: (state) =>
      `${scoreOf(state)}${cameOf(state)} The line under “What if …” always says so; Reset goes back.`,
  },
  {
    panel: "grouping",
    title: "Kernels that merge: Algorithm 1",
    begin: (state) => ({ ...CLEAN, ...atMixed(state), tab: "grouping" }),
    text: ({ groupingFacts, explanation, results }) => {
      const mixed = (groupingFacts ?? []).reduce((total, layer) => total + layer.mixed, 0);
      const from = results ? `; ${results.hitsOfMixed} of ${results.hits} hits come from one` : "";
      return (
        "Where neighbours overlap by more than ε = " +
        `${number(explanation?.header.settings.kernels.epsilon, 2)} they become one mixed kernel. Here ` +
        `there are ${mixed}${from}.`
      );
    },
    ask: "Press ▶ to go on by a step",
    does: ["let more of them merge: ε = 0.2", () => ({ settings: { epsilon: 0.2 } })],
    isDone: ({ groupWish, settings }) => groupWish !== null || settings.epsilon !== undefined,
    after: (state) =>
      state.settings.epsilon === undefined
        ? "H is what the two share, L what they cover together; line 6 of the algorithm decides."
        : `${cameOf(state)} Whether merging helps is a question that only such counts answer.`,
  },
  {
    panel: "nms",
    title: "Of those that overlap, the weaker fade: soft-NMS",
    begin: (state) => ({ ...CLEAN, ...atFollowed(state), tab: "nms" }),
    text: () =>
      "Several kernels see the same action. The strongest is picked; others of its class that overlap it " +
      "fade, the more the closer (Eq. 11); then the next strongest of what is left.",
    ask: "Press ▶ for the next pick",
    does: ["let nothing fade: ξ = 4", () => ({ settings: { xi: 4 } })],
    isDone: ({ nmsWish, settings }) => nmsWish !== null || settings.xi !== undefined,
    after: (state) =>
      `${state.settings.xi === undefined ? "" : `${cameOf(state)} `}${nextText(state)}`,
  },
];
