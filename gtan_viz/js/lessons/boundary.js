// Lesson 2: the boundary that a kernel stands for (Eq. 2), and when two neighbours merge.

import { groupKernels } from "../method/group.js";
import { number } from "../state/text.js";
import { equation, fraction, sub } from "./equation.js";
import { axis, curve, handle, label, scale, svg } from "./picture.js";

const CELLS = 12;
const FIRST = 5; // cell of the first of the two
const [WIDTH, HEIGHT] = [480, 262];

/** Algorithm 1 at its first step. @typedef {import("../method/group.js").GroupStep} GroupStep */

/**
 * Two equal neighbours compared as Algorithm 1 does.
 *
 * @param {number} first cell of the first
 * @param {number} width cells @param {number} cells of the map @param {number} epsilon
 * @returns {GroupStep}
 */
export function compared(first, width, cells, epsilon) {
  const centers = [(first + 0.5) / cells, (first + 1.5) / cells];
  const wide = width / cells;
  return groupKernels(centers, [wide, wide], epsilon, "union").steps[0];
}

/** @param {number} width cells */
export const overlapAt = (width) => compared(FIRST, width, CELLS, 1).iou;

/** The width in cells from which two equal neighbours merge, by bisection. @param {number} epsilon */
export function mergingWidth(epsilon) {
  let [low, high] = [0, 1000];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (compared(FIRST, middle, CELLS, epsilon).merged) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * The boundaries of both, and what they share (H) of what they cover (L), Figure 3.
 *
 * @param {ReturnType<typeof scale>} x of cells @param {number} y of the upper one
 * @param {number} first its cell @param {number} width cells
 */
export function boundaries(x, y, first, width) {
  const [start, end] = [first + 0.5 - width / 2, first + 0.5 + width / 2];
  const shared = Math.max(0, width - 1);
  const middle = x(first + 1);
  /** @param {number} from @param {number} to @param {number} top @param {string} kind */
  const bar = (from, to, top, kind) =>
    svg("rect", {
      x: x(from),
      width: Math.max(0, x(to) - x(from)),
      y: top,
      height: 11,
      class: kind,
    });
  return svg(
    "g",
    {},
    bar(start, end, y, "gl-bar gl-first"),
    bar(start + 1, end + 1, y + 15, "gl-bar gl-second"),
    bar(start, end + 1, y + 44, "gl-union"),
    bar(start + 1, end, y + 44, "gl-shared"),
    label(middle, y + 40, `H = ${number(shared, 2)}, L = ${number(width + 1, 2)} cells`, {
      "text-anchor": "middle",
    }),
  );
}

/**
 * The IoU between 0 and 1, with the threshold.
 *
 * @param {number} y @param {GroupStep} step @param {number} epsilon
 */
export function meter(y, { iou, merged }, epsilon) {
  const x = scale(0, 1, 50, WIDTH - 20);
  const words = `ε ${number(epsilon, 2)}${merged ? ": they merge" : ""}`;
  return svg(
    "g",
    {},
    label(44, y + 11, "IoU", { "text-anchor": "end" }),
    svg("rect", { x: x(0), width: x(1) - x(0), y, height: 14, class: "gl-union" }),
    svg("rect", { x: x(0), width: x(iou) - x(0), y, height: 14, class: "gl-shared" }),
    svg("line", { x1: x(epsilon), x2: x(epsilon), y1: y - 3, y2: y + 17, class: "gl-mark" }),
    label(x(epsilon), y + 31, words, { "text-anchor": "middle" }),
  );
}

/** @param {GroupStep} step @param {number} epsilon */
export const verdict = ({ iou, merged }, epsilon) =>
  merged
    ? `Their IoU is ${number(iou, 3)}, above ε = ${number(epsilon, 2)}: they merge.`
    : `Their IoU is ${number(iou, 3)}, not above ε = ${number(epsilon, 2)}: they stay apart.`;

/** @param {number} width cells @param {GroupStep} step */
export const overlapEquation = (width, { iou }) =>
  equation(
    "IoU",
    "=",
    fraction("H", "L"),
    "=",
    ...(width > 1 ? [fraction(["w", "-", 1], ["w", "+", 1]), "="] : []),
    fraction(number(Math.max(0, width - 1), 2), number(width + 1, 2)),
    "=",
    number(iou, 3),
  );

/** @type {import("./part.js").Part} */
export const boundary = {
  title: "Two neighbours and their boundaries",
  values: { sigma: 0.75, epsilon: 0.7 },
  controls: [
    { name: "sigma", label: "σ of both", unit: "cells", min: 0.25, max: 4.5, step: 0.01 },
    { name: "epsilon", label: "ε, the threshold", min: 0.1, max: 0.9, step: 0.01 },
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, { sigma, epsilon }, _, set) {
    const x = scale(0, CELLS, 20, WIDTH - 20);
    const y = scale(0, 1, 84, 12);
    const width = 2 * sigma;
    /** @param {number} center @param {string} kind */
    const bell = (center, kind) =>
      curve(
        Array.from({ length: 121 }, (_, i) => {
          const at = (i / 120) * CELLS;
          return [x(at), y(Math.exp(-((at - center) ** 2) / (2 * sigma * sigma)))];
        }),
        { class: kind },
      );
    return [
      bell(FIRST + 0.5, "gl-curve gl-first"),
      bell(FIRST + 1.5, "gl-curve gl-second"),
      boundaries(x, 92, FIRST, width),
      axis(x, 160, [...Array(CELLS + 1).keys()], { name: "cells" }),
      meter(212, compared(FIRST, width, CELLS, epsilon), epsilon),
      handle(picture, {
        key: "sigma",
        name: "End of the first boundary, which sets σ of both",
        beside: 1,
        x: x(FIRST + 0.5 + sigma),
        y: 97,
        value: sigma,
        min: 0.25,
        max: 4.5,
        step: 0.05,
        text: `${number(sigma, 2)} cells`,
        to: (value) => set({ sigma: Math.round(value * 100) / 100 }),
        valueAt: (place) => x.of(place.x) - FIRST - 0.5,
      }),
    ];
  },
  says({ sigma, epsilon }) {
    const width = 2 * sigma;
    return (
      `σ is ${number(sigma, 2)} cells, so each boundary is ${number(width, 2)} cells wide, and the two ` +
      `stand one cell apart. ${verdict(compared(FIRST, width, CELLS, epsilon), epsilon)}`
    );
  },
  equations({ sigma, epsilon }) {
    const width = 2 * sigma;
    return [
      equation(
        "w",
        "=",
        sub("r", "d"),
        "·",
        2,
        "σ",
        "=",
        1,
        "·",
        2,
        "·",
        number(sigma, 2),
        "=",
        number(width, 2),
      ),
      overlapEquation(width, compared(FIRST, width, CELLS, epsilon)),
    ];
  },
  questions: [
    {
      id: "third",
      predict: true,
      ask:
        "Two neighbours, each 2 cells wide, stand one cell apart. How much of all that they cover is " +
        "covered by both?",
      choices: () => ["one half", "one third", "two thirds"],
      answer: () => [1 / 2, 1 / 3, 2 / 3].findIndex((one) => Math.abs(one - overlapAt(2)) < 1e-6),
      hint: () => "Draw them: from 0 to 2, and from 1 to 3. Together they cover 3 cells.",
      because: () =>
        "They share 1 cell of 3. This share is their IoU: intersection over union, H / L in the picture.",
    },
    {
      id: "merge",
      ask: "At which width do two equal neighbours merge, if the threshold ε is 0.7, as in the paper?",
      unit: "cells",
      answer: () => mergingWidth(0.7),
      tolerance: 0.05,
      hint: (given) =>
        given > 0
          ? `At a width of ${number(given, 2)} cells their IoU is ${number(overlapAt(given), 3)}. ` +
            "The width is twice σ."
          : "A width is more than 0. Drag σ until the bar passes ε.",
      because: (answer) =>
        `(w − 1) / (w + 1) = 0.7 gives w = 1.7 / 0.3 = ${number(answer, 2)} cells, so σ must be more than ` +
        `${number(answer / 2, 2)} cells. For two cells to become one kernel, each must first reach over ` +
        `${number(Math.floor(answer), 0)}.`,
    },
    {
      id: "shipped",
      ask: ({ epsilon, ceiling }) =>
        `The network that comes with gtan merges at ε = ${number(epsilon, 1)}, and its widths end at ` +
        `${number(2 * ceiling, 0)} cells. From which width on do its equal neighbours merge?`,
      unit: "cells",
      answer: (_, { epsilon }) => mergingWidth(epsilon),
      tolerance: 0.04,
      hint: (given, _, __, { epsilon }) =>
        `At a width of ${number(given, 2)} cells their IoU is ${number(overlapAt(given), 3)}. ` +
        `Set ε to ${number(epsilon, 1)} and drag.`,
      because: (answer, _, { epsilon, ceiling }) =>
        `(1 + ε) / (1 − ε) = ${number(answer, 2)} cells. Its widest ones, ${number(2 * ceiling, 0)} cells, ` +
        `reach an IoU of ${number(overlapAt(2 * ceiling), 2)}: ` +
        [epsilon, 0.7]
          .map((one) => {
            const does = compared(FIRST, 2 * ceiling, CELLS, one).merged;
            return `at ε = ${number(one, 1)} they ${does ? "merge" : "never do"}`;
          })
          .join(", ") +
        ".",
    },
  ],
};
