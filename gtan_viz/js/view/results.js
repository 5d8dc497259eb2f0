// What the detections come to, as learned and as the what-if has it: one line beside Reset, and the
// same in words once nothing changes any more.

import { number, plural } from "../state/text.js";
import { element, say } from "./element.js";

const QUIET = 500; // milliseconds without a change, until it is said

/** @type {[keyof Results, string, string][]} name of the number, its word, what it means */
const PARTS = [
  ["hits", "✓ hits", "detections that found an action: the first of its label at that tIoU"],
  ["duplicates", "‖ duplicates", "detections of an action that a better one had found"],
  ["wrongLabel", "× wrong label", "detections that overlap an action of another label"],
  ["background", "○ background", "detections that overlap no action enough"],
  ["missed", "missed", "actions that no detection shown found"],
  [
    "mAP",
    "mAP",
    "mean average precision over this recording at that tIoU (ActivityNet's protocol), of all " +
      "its detections, whatever the least score",
  ],
];

/** @param {Results} results @param {keyof Results} part */
const shownAs = (results, part) =>
  part === "mAP" ? number(results.mAP, 3) : String(results[part] ?? "");

/**
 * Before -> after; without a what-if only the first, and dots where it is still computed.
 *
 * @param {State} state @param {keyof Results} part
 */
function change({ results, whatif, whatResults }, part) {
  if (!results) return "–";
  const before = shownAs(results, part);
  if (!whatif) return before;
  return `${before} → ${whatResults ? shownAs(whatResults, part) : "…"}`;
}

/** @param {State} state @param {keyof Results} part */
const differs = ({ results, whatResults }, part) =>
  Boolean(results && whatResults && shownAs(results, part) !== shownAs(whatResults, part));

/** Why there are no such numbers; empty where there are. @param {State} state */
function whyNone(state) {
  const { scene, results } = state;
  if (!scene) return "Nothing is open.";
  if (!results) return "No detections to judge.";
  if (scene.truth.count) return "";
  return `Detections of score ${number(state.score, 2)} or more: ${change(state, "shown")}. What is true here is not known.`;
}

/** @param {State} state */
const whose = ({ ghostNote }) => ghostNote && `Of ${ghostNote}.`;

/** In one sentence, to be spoken. @param {State} state */
function spoken(state) {
  const none = whyNone(state);
  if (none) return none.replace("→", "as learned, what-if:");
  const { results, whatResults, whatif, tiou, score } = state;
  /** @param {Results} one */
  const all = ({ hits, duplicates, wrongLabel, background, missed, mAP }) =>
    `${plural(hits, "hit")}, ${plural(duplicates, "duplicate")}, ${wrongLabel} of a wrong label, ` +
    `${background} on background, ${missed} missed, mAP ${number(mAP, 3)}`;
  const at = `${whose(state)} At tIoU ${number(tiou, 2)} and least score ${number(score, 2)}`;
  if (!results || (whatif && !whatResults)) return "";
  return whatResults
    ? `${at}: what-if ${all(whatResults)}; as learned ${all(results)}.`
    : `${at}: ${all(results)}.`.trim();
}

/** @param {Store} store */
export function resultsLine(store) {
  const { state } = store;
  const cells = PARTS.map(([part, word, meaning]) => {
    const value = element("b", {});
    const cell = element("span", { title: meaning, "data-part": part }, `${word} `, value);
    store.draw(() => {
      say(value, change(state, part));
      cell.classList.toggle("gx-differs", differs(state, part));
    });
    return cell;
  });
  const none = element("p", { class: "gx-unjudged" });
  const of = element("p", { class: "gx-unjudged" });
  const counts = element("div", { class: "gx-counts", "aria-hidden": "true" }, ...cells);
  const voice = element("div", { class: "gx-spoken", "aria-live": "polite" });
  store.draw(() => {
    const why = whyNone(state);
    say(none, why);
    none.hidden = !why;
    counts.hidden = Boolean(why);
    say(of, whose(state));
    of.hidden = !whose(state);
  });
  speakAtRest(store, voice);
  return element(
    "div",
    {
      class: "gx-results",
      "data-panel": "results",
      role: "group",
      "aria-label": "What the detections come to",
    },
    counts,
    none,
    of,
    voice,
  );
}

/** @param {Store} store @param {HTMLElement} voice */
function speakAtRest(store, voice) {
  let timer = 0;
  let last = "";
  store.draw(() => {
    const text = spoken(store.state);
    if (text === last) return;
    last = text;
    clearTimeout(timer);
    timer = window.setTimeout(() => say(voice, text), QUIET);
  });
}
