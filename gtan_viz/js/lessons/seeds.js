// Lesson 8, second part: what more seeds add. The same training on four groups of people held out, with
// and without grouping, seed after seed.

import { number, signed } from "../state/text.js";
import { equation, fraction, root } from "./equation.js";
import { axis, label, scale, svg } from "./picture.js";

/** @typedef {Record<string, number[][]>} Data average mAP by variant, seed and group of people */

const [WIDTH, HEIGHT] = [460, 270];
const [LEFT, TOP, FLOOR] = [90, 10, 222];
const PITCH = 52;
// Student's t at 97.5 %, by pairs less one (any table of it).
const STUDENT = /** @type {Record<number, number>} */ ({ 3: 3.182, 7: 2.365, 11: 2.201 });
const PAIRS = /** @type {Record<string, [string, string]>} */ ({
  "replace-off": ["replace", "off"],
  "join-off": ["join", "off"],
  "join-replace": ["join", "replace"],
});

/** @param {number[]} values */
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** In points, one list a seed. @param {Data} data @param {string} compare */
const differences = (data, compare) => {
  const [a, b] = PAIRS[compare];
  return data[a].map((folds, seed) =>
    folds.map((value, fold) => 100 * (value - data[b][seed][fold])),
  );
};

/** Mean and 95 % interval of the pairs of the first seeds. @param {Data} data @param {string} compare @param {number} seeds */
export function estimate(data, compare, seeds) {
  const all = differences(data, compare).slice(0, seeds).flat();
  const middle = mean(all);
  const variance = all.reduce((sum, one) => sum + (one - middle) ** 2, 0) / (all.length - 1);
  const half = STUDENT[all.length - 1] * Math.sqrt(variance / all.length);
  return { middle, half, std: Math.sqrt(variance), count: all.length };
}

/** Mean over people of each seed, in points. @param {Data} data @param {string} variant */
const seedMeans = (data, variant) => data[variant].map((folds) => 100 * mean(folds));

/** The end of the interval of grouping against none that is further from zero. @param {Data} data */
function farEnd(data) {
  const { middle, half } = estimate(data, "replace-off", 3);
  return Math.abs(middle) + half;
}

/** @param {number[]} values */
const rangeOf = (values) => Math.max(...values) - Math.min(...values);

/** @type {import("./part.js").Part} */
export const seeds = {
  title: "One seed, two, three",
  values: { seeds: 1, compare: "join-replace" },
  controls: [
    { name: "seeds", label: "Seeds trained", min: 1, max: 3, step: 1 },
    {
      name: "compare",
      label: "Compare",
      choices: [
        ["join-replace", "join − replace"],
        ["replace-off", "replace − no grouping"],
        ["join-off", "join − no grouping"],
      ],
    },
  ],
  size: [WIDTH, HEIGHT],
  draw(_, values, data) {
    const x = scale(-7, 7, LEFT, WIDTH - 20);
    const { middle, half } = estimate(data, values.compare, values.seeds);
    const shown = differences(data, values.compare).slice(0, values.seeds);
    const y = TOP + PITCH * 3.5;
    return [
      svg("line", { x1: x(0), x2: x(0), y1: TOP, y2: FLOOR, class: "gl-zero" }),
      ...shown.flatMap((folds, seed) => {
        const row = TOP + PITCH * (seed + 0.5);
        return [
          label(4, row + 4, `seed ${seed}`),
          ...folds.map((one) =>
            svg("circle", { cx: x(one), cy: row, r: 5, class: "gl-dot gl-open" }),
          ),
          svg("line", {
            x1: x(mean(folds)),
            x2: x(mean(folds)),
            y1: row - 12,
            y2: row + 12,
            class: "gl-curve",
          }),
        ];
      }),
      label(4, y + 4, `mean, 95 %`),
      svg("line", {
        x1: x(middle - half),
        x2: x(middle + half),
        y1: y,
        y2: y,
        class: "gl-interval gl-told",
      }),
      ...[-half, half].map((by) =>
        svg("line", {
          x1: x(middle + by),
          x2: x(middle + by),
          y1: y - 6,
          y2: y + 6,
          class: "gl-interval gl-told",
        }),
      ),
      svg("circle", { cx: x(middle), cy: y, r: 5, class: "gl-dot" }),
      axis(x, FLOOR, [-6, -4, -2, 0, 2, 4, 6], {
        name: "points of average mAP",
        tell: (tick) => signed(tick, 0),
      }),
    ];
  },
  says(values, data) {
    const { middle, half, count } = estimate(data, values.compare, values.seeds);
    const [a, b] = PAIRS[values.compare].map((one) => (one === "off" ? "no grouping" : one));
    const told =
      Math.abs(middle) > half
        ? "zero lies outside"
        : "zero lies inside: it cannot be told which is better";
    return (
      `${values.seeds === 1 ? "One seed" : `${values.seeds} seeds`}, ${count} pairs: ${a} is ` +
      `${number(Math.abs(middle), 1)} points ${middle < 0 ? "below" : "above"} ${b} in the mean ` +
      `(95 % ${signed(middle - half, 1)} to ${signed(middle + half, 1)}): ${told}.`
    );
  },
  equations(values, data) {
    const { middle, half, std, count } = estimate(data, values.compare, values.seeds);
    return [
      equation("d", "±", "t", fraction("s", root("n"))),
      equation(
        number(middle, 2),
        "±",
        STUDENT[count - 1],
        "·",
        fraction(number(std, 2), root(count)),
        "=",
        number(middle, 2),
        "±",
        number(half, 2),
      ),
    ];
  },
  questions: [
    {
      id: "second",
      predict: true,
      ask:
        "A seed is where the random numbers of a training begin. The same network is trained again, on the " +
        "same data, with a second and a third seed. How far apart do the results lie?",
      choices: () => [
        "not at all",
        "much less than the differences we look for",
        "about as far as those, or further",
      ],
      answer: (_, data) => {
        const spread = rangeOf(seedMeans(data, "join"));
        return spread === 0
          ? 0
          : spread < Math.abs(estimate(data, "replace-off", 3).middle)
            ? 1
            : 2;
      },
      hint: () => "Other first weights and other batches: training ends somewhere else.",
      because: (_, __, data) =>
        `Of one of the methods below the three seeds' means are ${seedMeans(data, "join")
          .map((one) => number(one, 1))
          .join(", ")}. Compare that with what we look for, grouping against none: ` +
        `${signed(estimate(data, "replace-off", 3).middle, 1)} points in the mean.`,
    },
    {
      id: "turn",
      ask: "join against replace: how many seeds must be there until replace is ahead in the mean?",
      answer: (_, data) =>
        [1, 2, 3].find((count) => estimate(data, "join-replace", count).middle < 0) ?? 0,
      tolerance: 0,
      hint: (given, _, __, data) =>
        [1, 2, 3].includes(given)
          ? `With ${given} join is ${signed(estimate(data, "join-replace", given).middle, 1)} points against replace.`
          : "There are one to three.",
      because: (answer, _, data) =>
        (answer > 1
          ? `With ${answer - 1} join was ahead by ${number(estimate(data, "join-replace", answer - 1).middle, 1)} ` +
            "points. "
          : "") +
        `With ${answer} it is behind by ${number(-estimate(data, "join-replace", answer).middle, 1)}. Who stops ` +
        "after the first seeds chooses by chance.",
    },
    {
      id: "spread",
      ask: "By how many points did join move, in the mean over people, from its best seed to its worst?",
      unit: "points",
      answer: (_, data) => rangeOf(seedMeans(data, "join")),
      tolerance: 0.3,
      hint: (given, answer) =>
        `It is ${given < answer ? "more" : "less"}. The three means stand in the explanation of your first ` +
        "answer.",
      because: (answer, _, data) =>
        `${number(answer, 1)} points; replace moved by ${number(rangeOf(seedMeans(data, "replace")), 1)}. So ` +
        "of one seed, only a difference of several points says something.",
    },
    {
      id: "say",
      ask: "All three seeds, replace against no grouping. What may you say of grouping on this data?",
      choices: (_, data) => [
        "it does harm",
        `its effect, if any, is below ${number(farEnd(data), 1)} points either way`,
        "it helps",
        "it has no effect",
      ],
      answer: (_, data) => {
        const { middle, half } = estimate(data, "replace-off", 3);
        return middle + half < 0 ? 0 : middle - half > 0 ? 2 : 1;
      },
      hint: (given) =>
        given === 3
          ? "An interval that holds zero holds other values as well."
          : "Set three seeds, and look where zero lies.",
      because: (_, __, data) => {
        const { middle, half } = estimate(data, "replace-off", 3);
        return (
          `${signed(middle, 1)} points, ${signed(middle - half, 1)} to ${signed(middle + half, 1)}. “No effect” ` +
          "would be saying too much: nothing larger than the ends of the interval, that is all."
        );
      },
    },
  ],
};
