// Lesson 7, its second part: a pile of detections of one action, and soft-NMS pick by pick (Eq. 11).

import { softNms } from "../method/soft_nms.js";
import { tiou } from "../state/scene.js";
import { number } from "../state/text.js";
import { element } from "../view/element.js";
import { equation, exp, fraction, sub, sup } from "./equation.js";
import { axis, handle, label, scale, svg } from "./picture.js";

const [WIDTH, HEIGHT] = [430, 290];
const NAMES = ["A", "B", "C", "D", "E"];
const SCORES = [0.95, 0.9, 0.7, 0.6, 0.5];
const [ROW, TOP] = [42, 30];

/** @param {number} start of B */
const segmentsOf = (start) => [10, 20, start, start + 9, 9, 21, 19, 25, 31, 37];

/** @param {{xi: number, rho: number, start: number}} values */
const suppress = ({ xi, rho, start }) =>
  softNms(segmentsOf(start), SCORES, [0, 0, 0, 0, 0], rho, xi, null, 0, true);

/** Every score after so many picks, and which are picked. @param {any} values */
function after(values) {
  const steps = (suppress(values).steps ?? []).slice(0, values.picks);
  const scores = [...SCORES];
  for (const { decayed } of steps) for (const one of decayed) scores[one.index] = one.after;
  return { steps, scores, picked: steps.map(({ pick }) => pick) };
}

/** What a score becomes beside a stronger copy. @param {number} score @param {number} overlap @param {number} xi */
function besideStronger(score, overlap, xi) {
  const segments = [0, 1, 1 - overlap, 1];
  return softNms(segments, [1, score], [0, 0], 0, xi).scores[1];
}

/** Below which xi the score at this tIoU falls under another, by bisection. */
function xiFor(
  /** @type {number} */ score,
  /** @type {number} */ overlap,
  /** @type {number} */ under,
) {
  let [low, high] = [0.01, 4];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (besideStronger(score, overlap, middle) < under) low = middle;
    else high = middle;
  }
  return low;
}

/** The first pick's hand on B, or null. @param {any} values */
const onB = (values) =>
  suppress(values).steps?.[0].decayed.find(({ index }) => index === 1) ?? null;

const STANDARD = { xi: 0.8, rho: 0.2, start: 11, picks: 5 };

/** Which detections keep their score at the standard settings. */
const untouched = () => NAMES.filter((_, i) => i > 0 && after(STANDARD).scores[i] === SCORES[i]);

/** @type {import("./part.js").Part} */
export const duplicates = {
  title: "Five detections, and soft-NMS",
  values: { xi: 0.8, rho: 0.2, start: 11, picks: 0 },
  controls: [
    {
      name: "picks",
      label: "Picked so far",
      choices: [0, 1, 2, 3, 4, 5].map((count) => [count, String(count)]),
    },
    { name: "xi", label: "ξ, how mild", min: 0.05, max: 2, step: 0.01 },
    { name: "rho", label: "ρ, from which tIoU", min: 0, max: 1, step: 0.05 },
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, values, _, set) {
    const x = scale(0, 40, 26, 250);
    const { scores, picked } = after(values);
    const segments = segmentsOf(values.start);
    const bottom = TOP + NAMES.length * ROW;
    return [
      label(26, 18, "when"),
      label(274, 18, "score before, now"),
      ...NAMES.flatMap((name, i) => {
        const y = TOP + i * ROW;
        const place = picked.indexOf(i);
        const isNext =
          picked.length < NAMES.length && i === suppress(values).indices[picked.length];
        return [
          label(8, y + 16, name),
          svg("rect", {
            x: x(segments[2 * i]),
            width: x(segments[2 * i + 1]) - x(segments[2 * i]),
            y: y + 2,
            height: 18,
            class: place >= 0 ? "gl-bar gl-chosen" : "gl-bar",
          }),
          svg("rect", {
            x: 274,
            width: 100 * SCORES[i],
            y: y + 2,
            height: 18,
            class: "gl-outline",
          }),
          svg("rect", { x: 274, width: 100 * scores[i], y: y + 2, height: 18, class: "gl-bar" }),
          label(382, y + 16, number(scores[i], 2), { class: "gl-number" }),
          label(
            274,
            y + 34,
            place >= 0 ? `picked, number ${place + 1}` : isNext ? "to be picked next" : "",
            { class: "gl-small" },
          ),
        ];
      }),
      axis(x, bottom + 6, [0, 10, 20, 30, 40], { name: "seconds" }),
      handle(picture, {
        key: "start",
        name: "Detection B: its start",
        beside: -1,
        x: x(values.start),
        y: TOP + ROW + 11,
        value: values.start,
        min: 4,
        max: 30,
        step: 0.25,
        text: `${number(values.start, 2)} seconds`,
        to: (value) => set({ start: Math.round(value * 4) / 4 }),
        valueAt: (place) => x.of(place.x),
      }),
    ];
  },
  says(values) {
    const { steps, scores } = after(values);
    const last = steps.at(-1);
    const segments = segmentsOf(values.start);
    const both = tiou(segments[0], segments[1], segments[2], segments[3]);
    if (!last) {
      return `Nothing is picked yet. The strongest is A, with ${number(SCORES[0], 2)}; B's tIoU with it is ${number(both, 2)}.`;
    }
    const faded = last.decayed.map(
      ({ index, iou, after: now }) =>
        `${NAMES[index]} (tIoU ${number(iou, 2)}) to ${number(now, 2)}`,
    );
    return (
      `Pick ${steps.length} is ${NAMES[last.pick]} with ${number(scores[last.pick], 2)}. ` +
      (faded.length ? `It lowers ${faded.join(", ")}.` : "It lowers none.")
    );
  },
  equations(values) {
    const hand = values.picks ? onB(values) : null; // not before it has happened
    const [letters, numbers] = [
      equation(sub("s", "B"), "′", "=", sub("s", "B"), exp(["-", fraction(sup("tIoU", 2), "ξ")])),
      hand
        ? equation(
            sub("s", "B"),
            "′",
            "=",
            number(hand.before, 2),
            "·",
            exp(["-", fraction(sup(number(hand.iou, 2), 2), number(values.xi, 2))]),
            "=",
            number(hand.after, 3),
          )
        : equation(sub("s", "B"), "′", "=", sub("s", "B"), "=", number(SCORES[1], 2)),
    ];
    const words =
      "s_B: the score of B before; s_B′: after the pick of A. tIoU: that of A and B, if it is ρ or more.";
    return [element("p", { class: "gl-legend", text: words }), letters, numbers];
  },
  questions: [
    {
      id: "copy",
      predict: true,
      ask: "B lies nearly on A, and A is stronger. Both have the same label. What does soft-NMS do to B?",
      choices: () => ["it deletes B", "it lowers B's score", "it joins B with A"],
      answer: () => {
        const at = suppress(STANDARD).indices.indexOf(1);
        return at < 0 ? 0 : suppress(STANDARD).scores[at] < SCORES[1] ? 1 : 2;
      },
      hint: () => "“Soft” is the word: nothing is cut, and no boundary moves.",
      because: () =>
        "B stays, further down the list. If it was a second action after all, it can still be found there.",
    },
    {
      id: "xi",
      ask: "A detection with score 0.9 has tIoU 0.9 with a stronger one. Below which ξ does its score fall under 0.1?",
      answer: () => xiFor(0.9, 0.9, 0.1),
      tolerance: 0.006,
      hint: (given, answer) =>
        given > 0
          ? `At ξ = ${number(given, 2)} it becomes ${number(besideStronger(0.9, 0.9, given), 3)}: ` +
            `ξ must be ${given > answer ? "smaller" : "larger, to be just below 0.1"}. With B at 11 s ` +
            "you can read it off the picture."
          : "ξ is above 0. With B at 11 s you can read the score off the picture.",
      because: (answer) =>
        `ξ = ${number(answer, 3)}, which is 0.9² / ln 9. The smaller ξ is, the harsher.`,
    },
    {
      id: "kept",
      ask: "ξ = 0.8, ρ = 0.2, B starts at 11 s. After all five picks: which detections other than A still have the score they began with?",
      choices: () => ["B and C", "D and E", "only E", "none"],
      answer: () => ["B and C", "D and E", "only E", "none"].indexOf(textOf(untouched())),
      hint: () =>
        "Put the numbers so and pick one by one. A detection is lowered only by a pick whose tIoU with it is ρ or more.",
      because: () =>
        `${textOf(untouched())}: no pick shares ρ = 0.2 or more with them. D touches others, but for too short a time.`,
    },
    {
      id: "faded",
      ask: "With ξ = 0.8 and B at 11 s: what is B's score after A was picked?",
      answer: () => onB(STANDARD)?.after ?? 0,
      tolerance: 0.006,
      hint: () => "Choose “1” picked and read the number beside B's bar.",
      because: (answer) => `${number(answer, 3)}: 0.9 times e to the power of −0.9² / 0.8.`,
    },
  ],
};

/** @param {string[]} names */
function textOf(names) {
  if (!names.length) return "none";
  return names.length === 1 ? `only ${names[0]}` : names.join(" and ");
}
