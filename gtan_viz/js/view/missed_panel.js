// "Why did it not fire?": of an action that was missed, what every layer proposed, and what stopped it.

import { classEdge } from "../state/colors.js";
import { STAGES } from "../state/stopped.js";
import { number, score, span } from "../state/text.js";
import { element, say } from "./element.js";

/** What a proposal has to pass, in order, as STAGES numbers it. */
const WAY = [
  "its boundary",
  "its window's part",
  "class and score",
  "entry to soft-NMS",
  "soft-NMS",
  "a free action",
];

/**
 * @param {Store} store
 * @param {{onProposal: (row: MissedRow) => void, onFound: (detection: number) => void,
 *   onDetection: (source: number[], label: number) => void}} answers
 */
export function missedPanel(store, { onProposal, onFound, onDetection }) {
  const { state } = store;
  const story = element("p");
  const list = element("ol", { class: "gx-proposals" });
  const note = element("p", {
    class: "gx-way",
    text: `The marks: ${WAY.join(", ")}. Filled: passed; crossed: stopped here.`,
  });
  const found = element("button", {
    class: "gx-link",
    text: "why it fired",
    title: "Select the detection that found it",
    onclick: () => state.missed && onFound(state.missed.by),
  });
  const root = element("div", { class: "gx-missed", hidden: true }, story, found, list, note);
  /** @type {?Missed} */
  let drawn = null;
  store.draw(() => {
    const { missed, chosenTruth } = state;
    if (missed) say(story, missed.story);
    // While a what-if moves, what was found out before stays.
    root.hidden = !(missed ?? (drawn?.truth === chosenTruth && state.scene && !state.scene.traced));
    note.hidden = !missed?.rows.length;
    found.hidden = !missed || missed.by < 0;
    if (!missed || missed === drawn) return;
    drawn = missed;
    const label = state.scene?.truth.label[missed.truth] ?? -1;
    root.style.setProperty("--gx-hue", classEdge(state.colors, label));
    redraw(list, missed, {
      onProposal,
      onDetection: (source) => onDetection(source, label),
    });
  });
  store.draw(() => {
    const { focus } = state;
    for (const [at, row] of (state.missed?.rows ?? []).entries()) {
      const button = list.children[at]?.querySelector(".gx-proposal");
      button?.setAttribute("aria-pressed", String(isOf(row, focus)));
    }
  });
  return {
    root,
    /** Whether there is a proposal to go to, which then has the focus. */
    focus() {
      const first = /** @type {?HTMLElement} */ (root.hidden ? null : list.querySelector("button"));
      first?.focus();
      return first !== null;
    },
  };
}

/**
 * Whether it is what is selected.
 *
 * @param {MissedRow} row @param {?Focus} focus
 */
const isOf = (row, focus) =>
  focus !== null &&
  focus.window === row.window &&
  focus.layer === row.layer &&
  focus.cell === row.cell &&
  focus.mixed === row.mixed &&
  focus.ratio === row.ratio;

/**
 * Whether what is selected has to do with the action that was chosen.
 *
 * @param {State} state
 */
export function concerns({ missed, focus, whatif }) {
  if (!missed) return false;
  if (missed.by >= 0) return (whatif ? focus?.whatDetection : focus?.detection) === missed.by;
  return missed.rows.some((row) => isOf(row, focus));
}

/**
 * The rows anew; what had the focus has it again.
 *
 * @param {HTMLElement} list @param {Missed} missed
 * @param {{onProposal: (row: MissedRow) => void, onDetection: (source: number[]) => void}} answers
 */
function redraw(list, { rows }, { onProposal, onDetection }) {
  const at = [...list.children].findIndex((child) => child.contains(document.activeElement));
  list.replaceChildren(
    ...rows.map((row) => {
      const { name, tiou, ranking, refined, reason, source } = row;
      const facts = `tIoU ${number(tiou, 2)} · score ${score(ranking)}`;
      const button = element(
        "button",
        {
          class: "gx-proposal",
          title: `Select this kernel; it proposes ${span(refined)}`,
          onclick: () => onProposal(row),
        },
        element("b", { text: name }),
        track(row),
        element("span", { class: "gx-reached", text: facts }),
        element("span", { class: "gx-stopped", text: reason }),
      );
      const by = source && [
        element("button", {
          class: "gx-link",
          text: "what lowered it",
          title: "Select that detection",
          onclick: () => onDetection(source),
        }),
      ];
      return element("li", {}, button, ...(by ?? []));
    }),
  );
  if (at >= 0) /** @type {?HTMLElement} */ (list.children[at]?.querySelector("button"))?.focus();
}

/** How far it got, for the eye; the reason says it. @param {MissedRow} row */
const track = ({ stage }) =>
  element(
    "span",
    { class: "gx-track-way", "aria-hidden": "true", title: WAY.join(" → ") },
    ...WAY.map((_, at) =>
      element("i", {
        class: at < STAGES[stage] ? "gx-passed" : at === STAGES[stage] ? "gx-stop" : "",
      }),
    ),
  );
