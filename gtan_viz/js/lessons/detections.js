// Lesson 7: a default boundary, and the two offsets that refine it (Eq. 5).

import { decode } from "../method/decode.js";
import { tiou } from "../state/scene.js";
import { number, signed } from "../state/text.js";
import { element } from "../view/element.js";
import { equation, sub, sup } from "./equation.js";
import { axis, handle, label, scale, svg } from "./picture.js";

const [WIDTH, HEIGHT] = [430, 198];
const DURATION = 60; // seconds
const DEFAULT = { center: 22, width: 8 };
const TRUTH = { start: 20, end: 32 };

/** Seconds. @param {{deltaCenter: number, deltaWidth: number}} values */
function refined({ deltaCenter, deltaWidth }) {
  const { center, width } = decode(DEFAULT.center, DEFAULT.width, [deltaCenter, deltaWidth], 1, 1);
  return { center, width, start: center - width / 2, end: center + width / 2 };
}

/** The offset at which a growing function reaches a value. @param {(x: number) => number} of @param {number} value */
function solve(of, value) {
  let [low, high] = [-3, 3];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (of(middle) < value) low = middle;
    else high = middle;
  }
  return low;
}
const centerFor = (/** @type {number} */ seconds) =>
  solve((deltaCenter) => refined({ deltaCenter, deltaWidth: 0 }).center, seconds);
const widthFor = (/** @type {number} */ seconds) =>
  solve((deltaWidth) => refined({ deltaCenter: 0, deltaWidth }).width, seconds);

const round = (/** @type {number} */ value) => Math.round(value * 100) / 100;
const overlap = (/** @type {any} */ values) => {
  const { start, end } = refined(values);
  return tiou(start, end, TRUTH.start, TRUTH.end);
};

/** @type {import("./part.js").Part} */
export const detections = {
  title: "Drag the detection onto the action",
  values: { deltaCenter: 0, deltaWidth: 0 },
  controls: [
    { name: "deltaCenter", label: "δc, moves it", min: -2, max: 4, step: 0.01 },
    { name: "deltaWidth", label: "δw, widens it", min: -1.5, max: 1.5, step: 0.01 },
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, values, _, set) {
    const x = scale(0, DURATION, 14, WIDTH - 14);
    const { center, width, end } = refined(values);
    const first = DEFAULT.center - DEFAULT.width / 2;
    return [
      ...lane(x, 14, TRUTH.start, TRUTH.end, "the action", "gl-truth"),
      ...lane(x, 56, first, first + DEFAULT.width, "default boundary", "gl-outline"),
      ...lane(x, 98, center - width / 2, end, "detection", "gl-bar"),
      axis(x, 148, [0, 10, 20, 30, 40, 50, 60], { name: "seconds" }),
      handle(picture, {
        key: "center",
        name: "Centre of the detection",
        x: x(center),
        y: 134, // below it: a short one would not be seen
        value: center,
        min: refined({ deltaCenter: -2, deltaWidth: 0 }).center,
        max: refined({ deltaCenter: 4, deltaWidth: 0 }).center,
        step: 0.08,
        text: `${number(center, 1)} seconds`,
        to: (value) => set({ deltaCenter: round(centerFor(value)) }),
        valueAt: (place) => x.of(place.x),
      }),
      handle(picture, {
        key: "end",
        name: "End of the detection, which widens it on both sides",
        beside: 1,
        x: x(end),
        y: 118,
        value: end,
        min: center + refined({ deltaCenter: 0, deltaWidth: -1.5 }).width / 2,
        max: center + refined({ deltaCenter: 0, deltaWidth: 1.5 }).width / 2,
        step: 0.2,
        text: `${number(end, 1)} seconds`,
        to: (value) => set({ deltaWidth: round(widthFor(2 * (value - center))) }),
        valueAt: (place) => x.of(place.x),
      }),
    ];
  },
  says(values) {
    const { start, end } = refined(values);
    return (
      `The detection lasts from ${number(start, 1)} to ${number(end, 1)} s; the action from ` +
      `${TRUTH.start} to ${TRUTH.end} s. Their tIoU, what they share divided by what they cover ` +
      `together, is ${number(overlap(values), 2)}.`
    );
  },
  equations(values) {
    const { center, width } = refined(values);
    const { deltaCenter, deltaWidth } = values;
    const a = DEFAULT;
    return [
      names(),
      equation(sub("φ", "c"), "=", sub("a", "c"), "+", sub("a", "w"), sub("δ", "c")),
      equation(
        sub("φ", "c"),
        "=",
        a.center,
        "+",
        a.width,
        "·",
        bracketed(deltaCenter),
        "=",
        number(center, 2),
      ),
      equation(sub("φ", "w"), "=", sub("a", "w"), sup("e", sub("δ", "w"))),
      equation(
        sub("φ", "w"),
        "=",
        a.width,
        "·",
        sup("e", number(deltaWidth, 2)),
        "=",
        number(width, 2),
      ),
    ];
  },
  questions: [
    {
      id: "nothing",
      predict: true,
      ask: "The network gives δw = 0 for the width. How wide is the detection, beside the default boundary that it starts from?",
      choices: () => ["it has no width", "just as wide", "twice as wide"],
      answer: () =>
        [0, 1, 2].indexOf(refined({ deltaCenter: 0, deltaWidth: 0 }).width / DEFAULT.width),
      hint: () => "The width is multiplied by e to the power of δw. What is e to the power of 0?",
      because: () =>
        "e to the power of 0 is 1: nothing changes. So a network that knows nothing leaves the default boundary as it is.",
    },
    {
      id: "center",
      ask: "Which δc puts the middle of the detection onto the middle of the action?",
      answer: () => centerFor((TRUTH.start + TRUTH.end) / 2),
      tolerance: 0.02,
      hint: (given) =>
        `With δc = ${number(given, 2)} the middle is at ` +
        `${number(refined({ deltaCenter: given, deltaWidth: 0 }).center, 1)} s; the action's is at ` +
        `${(TRUTH.start + TRUTH.end) / 2} s. δc counts widths of the default boundary.`,
      because: (answer) =>
        `${number(answer, 2)}: that share of the default boundary's ${DEFAULT.width} s. Long boundaries ` +
        "take long steps, so one network serves actions of any length.",
    },
    {
      id: "width",
      ask: "Which δw makes the detection as long as the action?",
      answer: () => widthFor(TRUTH.end - TRUTH.start),
      tolerance: 0.02,
      hint: (given) =>
        `With δw = ${number(given, 2)} it lasts ` +
        `${number(refined({ deltaCenter: 0, deltaWidth: given }).width, 1)} s; the action lasts ` +
        `${TRUTH.end - TRUTH.start} s. Drag its end, or solve for δw by a logarithm.`,
      because: (answer) =>
        `${number(answer, 3)}, the natural logarithm of ${TRUTH.end - TRUTH.start} / ${DEFAULT.width}. ` +
        "Because of the e, no δw can make a width negative.",
    },
  ],
};

/** What the letters stand for. */
const names = () =>
  element("p", {
    class: "gl-legend",
    text:
      "a_c and a_w: centre and width of the default boundary (a). φ_c and φ_w, “phi”: centre and width of the " +
      "detection. δ_c and δ_w, “delta”: the two offsets, which the network predicts. All in seconds, but for " +
      "the offsets.",
  });

/** An interval with its name above it. @param {ReturnType<typeof scale>} x @param {number} y @param {number} start @param {number} end @param {string} name @param {string} kind */
function lane(x, y, start, end, name, kind) {
  const left = Math.max(x.left, x(start));
  return [
    label(Math.min(left, WIDTH - 120), y + 6, name),
    svg("rect", {
      x: left,
      width: Math.max(1, Math.min(x.right, x(end)) - left),
      y: y + 12,
      height: 16,
      class: kind,
    }),
  ];
}

/** Only what is negative needs brackets. @param {number} value */
const bracketed = (value) => (value < 0 ? `(${signed(value)})` : number(value, 2));
