// Lesson 3: what each cell brings to a detection of the example run, under a movable kernel (Eq. 4).
// Three rows, one above the other: weight, times what a cell says, is what it brings.

import { addUp, cellsSay } from "../method/evidence.js";
import { kernelWeights, poolingWeights } from "../method/weights.js";
import { number, signed } from "../state/text.js";
import { equation, sub, sum, text } from "./equation.js";
import { curve, handle, label, scale, signedBars, svg } from "./picture.js";

const [WIDTH, HEIGHT] = [420, 372];
const [LEFT, RIGHT] = [12, WIDTH - 12];
const [WEIGHTS, SAYS, BRINGS] = [
  { top: 26, floor: 88 },
  { top: 122, floor: 210 },
  { top: 244, floor: 322 },
];
const [NARROW, WIDE] = [0.25, 4]; // sigma, in cells

/**
 * By gtan_viz/lessons/evidence.py.
 *
 * @typedef {{label: string, rival: string, start: number, end: number, score: number, center: number,
 *   sigma: number, width: number, seconds: number, first: number, features: number[], row: number[],
 *   bias: number, orders: number}} Data
 */
/** @typedef {{center: number, sigma: number, pooling: "gaussian" | "average", cell: number}} Values in
 *   cells of the map */

/** @param {Data} data */
const cellsOf = ({ features, row, orders }) => features.length / (row.length / orders);

/** What the cells say of the class against its rival, order by order. @param {Data} data */
export function saysOf(data) {
  const { features, row, orders } = data;
  return cellsSay(row, 0, features, row.length / orders, cellsOf(data), orders);
}

/** @param {Omit<Values, "cell">} values @param {Data} data @param {number} cells that are kept */
function weightsOf({ center, sigma, pooling }, { first }, cells) {
  const kernel = { center: (center - first) / cells, sigma: sigma / cells };
  return poolingWeights(pooling, { ...kernel, width: 2 * kernel.sigma }, cells);
}

/**
 * What each cell brings through the mean under the curve, and their sum; `speaksFor` and `against` are
 * the sums of what lies above zero and below it.
 *
 * @param {Omit<Values, "cell">} values @param {Data} data
 */
function broughtBy(values, data) {
  const says = saysOf(data)[0];
  const weights = weightsOf(values, data, says.length);
  const { brings, sum } = addUp([says], [weights], 0);
  const best = brings.indexOf(Math.max(...brings));
  const speaksFor = brings.reduce((all, one) => all + Math.max(0, one), 0);
  return {
    ...{ says, weights, brings, sum, best, cell: data.first + best },
    ...{ speaksFor, against: sum - speaksFor },
  };
}

/** The kernel as the network has it. @param {Data} data */
const learnedOf = ({ center, sigma }) => ({
  center,
  sigma,
  pooling: /** @type {"gaussian" | "average"} */ ("gaussian"),
});

/** Kernels to begin with. @param {string} name @param {Data} data */
function kernelOf(name, { center, sigma }) {
  const wide = { narrow: NARROW, wide: Math.min(WIDE, 3 * sigma) }[name] ?? sigma;
  return { center: name === "beside" ? center - 3 : center, sigma: wide };
}

/** @param {Data} data @returns {[number, number]} */
const ends = (data) => [data.first, data.first + cellsOf(data)];

/** The cell that the reader looks at, from 0 among those that are kept. @param {Values} values @param {Data} data */
const chosen = ({ cell }, data) =>
  Math.min(cellsOf(data) - 1, Math.max(0, Math.round(cell) - data.first));

/** @type {import("./part.js").Part} */
export const pooling = {
  title: "Weight, times what a cell says, is what it brings",
  values: { pooling: "gaussian" },
  begin: (data) => ({ ...kernelOf("wide", data), cell: data.first }),
  controls: [
    {
      name: "cell",
      label: "The cell to look at",
      step: 1,
      limits: (data) => [data.first, data.first + cellsOf(data) - 1],
    },
    {
      name: "kernel",
      label: "Kernel",
      choices: [
        ["learned", "as it was learned"],
        ["narrow", "one cell only"],
        ["wide", "three times as wide"],
        ["beside", "three cells earlier"],
      ],
      does: (name, _, data) => kernelOf(name, data),
    },
    { name: "center", label: "μ, its centre", unit: "cells", step: 0.01, limits: ends },
    { name: "sigma", label: "σ, its width", unit: "cells", min: NARROW, max: WIDE, step: 0.01 },
    {
      name: "pooling",
      label: "Weights",
      choices: [
        ["gaussian", "under the curve"],
        ["average", "alike, in the box"],
      ],
    },
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, values, data, set) {
    const { says, weights, brings, sum } = broughtBy(values, data);
    const x = scale(data.first, data.first + says.length, LEFT, RIGHT);
    const y = scale(0, 1, WEIGHTS.floor, WEIGHTS.top);
    const at = chosen(values, data);
    const winner = sum > 0 ? data.label : data.rival;
    return [
      column(x, data.first + at),
      rowTitle(WEIGHTS, "weight of each cell", number(weights[at], 2)),
      ...weightBars(x, y, values, data, weights),
      rowTitle(SAYS, `× what it says: ↑ “${data.label}”, ↓ “${data.rival}”`, signed(says[at])),
      ...barsIn(x, SAYS, says),
      rowTitle(BRINGS, "= what it brings", signed(brings[at])),
      ...barsIn(x, BRINGS, brings),
      ...Array.from(says, (_, i) =>
        label(x(data.first + i + 0.5), BRINGS.floor + 16, String(data.first + i), {
          "text-anchor": "middle",
          class: i === at ? "gl-strong" : "gl-muted",
        }),
      ),
      label(LEFT, HEIGHT - 10, `cells of ${number(data.seconds, 1)} s`, { class: "gl-muted" }),
      label(RIGHT, HEIGHT - 10, `sum ${signed(sum)}: “${winner}”`, {
        "text-anchor": "end",
        class: "gl-strong",
      }),
      ...columns(x, says.length, set),
      ...handles(picture, x, y, values, set),
    ];
  },
  says(values, data) {
    const { weights, says, brings, sum, speaksFor, against } = broughtBy(values, data);
    const at = chosen(values, data);
    const how =
      values.pooling === "gaussian" ? "Weights under the curve" : "The same weight in the box";
    return (
      `Cell ${data.first + at}: its weight, ${number(weights[at], 2)}, times what it says, ` +
      `${signed(says[at])}, is what it brings: ${signed(brings[at])}. ${how}, μ = ${number(values.center, 2)}, ` +
      `σ = ${number(values.sigma, 2)} cells: ${signed(speaksFor)} is brought for “${data.label}” and ` +
      `${signed(against)} for “${data.rival}”. The sum is ${signed(sum)}: ` +
      `“${sum > 0 ? data.label : data.rival}”.`
    );
  },
  equations(values, data) {
    const { says, weights, brings, speaksFor, against, sum: all } = broughtBy(values, data);
    const at = chosen(values, data);
    const cell = data.first + at;
    return [
      equation(text("sum"), "=", sum("i", [sub("W", "i"), "·", sub("s", "i")])),
      equation(
        ...[sub("W", cell), "·", sub("s", cell), "=", number(weights[at], 2), "·"],
        ...[bracketed(says[at]), "=", number(brings[at], 2)],
      ),
      equation(
        ...[text("sum"), "=", number(speaksFor, 2), "-", number(-against, 2)],
        ...["=", number(all, 2)],
      ),
    ];
  },
  questions: [
    {
      id: "far",
      predict: true,
      ask:
        "A cell brings what it says times its weight. One cell stands in the kernel's middle. Another, three σ " +
        "away, says twice as much. Which brings more?",
      choices: () => [
        "the far one, twice as much",
        "both about the same",
        "the middle one, by far",
      ],
      answer() {
        const ratio = 2 * farWeight();
        return ratio > 1.5 ? 0 : ratio > 0.5 ? 1 : 2;
      },
      hint: () => "Think of the bell: how high is it three σ from its middle?",
      because: () =>
        `Three σ away the curve has ${number(100 * farWeight(), 1)} % of its height. To say much does not ` +
        "help if one is hardly heard.",
    },
    {
      id: "most",
      ask: "Take the kernel as it was learned. Which cell brings most? Give its number.",
      answer: (_, data) => broughtBy(learnedOf(data), data).cell,
      hint(given, _, __, data) {
        const { brings, says } = broughtBy(learnedOf(data), data);
        const at = given - data.first;
        if (!Number.isInteger(at) || !(at in brings)) return "Its number stands below the column.";
        return (
          `With that kernel cell ${given} says ${number(says[at], 2)} and brings ${number(brings[at], 2)}. ` +
          "Another one brings more: look in the third row, not in the second."
        );
      },
      because(answer, _, data) {
        const { says } = broughtBy(learnedOf(data), data);
        const loudest = data.first + says.indexOf(Math.max(...says));
        const own = number(says[answer - data.first], 2);
        return loudest === answer
          ? `Cell ${answer}. It says most as well (${own}), and it has weight enough.`
          : `Cell ${answer}. Cell ${loudest} says more (${number(says[loudest - data.first], 2)} against ` +
              `${own}), but its weight is smaller.`;
      },
    },
    {
      id: "share",
      ask: ({ label: name }) =>
        `Still the kernel as it was learned. Count only what is brought for “${name}”. Which share of that does ` +
        "the same cell bring?",
      unit: "%",
      answer(_, data) {
        const { brings, best, speaksFor } = broughtBy(learnedOf(data), data);
        return (100 * brings[best]) / speaksFor;
      },
      tolerance: 1.5,
      hint(_, __, ___, data) {
        const { speaksFor, cell } = broughtBy(learnedOf(data), data);
        return (
          `All that is brought for “${data.label}” is ${number(speaksFor, 2)}. Choose cell ${cell}, and ` +
          "divide what it brings by that."
        );
      },
      because: (answer, _, data) =>
        `${number(answer, 0)} %. We divide by what speaks for “${data.label}”, not by the sum: from the sum ` +
        "the other side's votes are already taken away, and a share of it could come out above 100 %.",
    },
    {
      id: "average",
      ask: "Kernel three times as wide as learned, and the same weight for all cells in the box. Which cell brings most now?",
      answer: (_, data) => broughtBy({ ...kernelOf("wide", data), pooling: "average" }, data).cell,
      hint: () =>
        "Press “three times as wide”, then “alike, in the box”. Where all weigh the same, who wins?",
      because: (answer) =>
        `Cell ${answer}. In a box it does not matter how near a cell is: among those that lie wholly inside, ` +
        "the one that says most wins. And at the box's edge the weight drops to 0 at once, while the " +
        "curve fades.",
    },
  ],
};

/** The bell's height three sigma from its middle. */
function farWeight() {
  const weights = kernelWeights(0.5 / 9, 1 / 9, 9);
  return weights[3] / weights[0];
}

/** Only what is negative needs brackets. @param {number} value */
const bracketed = (value) => (value < 0 ? `(${signed(value)})` : number(value, 2));

/** @param {{top: number}} row @param {string} words @param {string} value of the chosen cell */
const rowTitle = ({ top }, words, value) =>
  svg(
    "g",
    {},
    label(LEFT, top - 12, words),
    label(RIGHT, top - 12, value, { "text-anchor": "end", class: "gl-strong" }),
  );

/** Behind the cell that is looked at. @param {ReturnType<typeof scale>} x @param {number} cell */
const column = (x, cell) =>
  svg("rect", {
    x: x(cell),
    width: x(1) - x(0),
    y: WEIGHTS.top - 6,
    height: BRINGS.floor + 22 - WEIGHTS.top + 6,
    class: "gl-column",
  });

/** To choose a cell by a press. @param {ReturnType<typeof scale>} x @param {number} cells @param {(values: any) => void} set */
const columns = (x, cells, set) =>
  Array.from({ length: cells }, (_, i) => {
    const node = svg("rect", {
      x: x(x.from + i),
      width: x(1) - x(0),
      y: WEIGHTS.top,
      height: BRINGS.floor + 20 - WEIGHTS.top,
      class: "gl-catch",
      "data-cell": x.from + i,
    });
    node.addEventListener("click", () => set({ cell: x.from + i }));
    return node;
  });

/**
 * @param {ReturnType<typeof scale>} x @param {ReturnType<typeof scale>} y @param {Values} values
 * @param {Data} data @param {Float64Array} weights
 */
function weightBars(x, y, values, data, weights) {
  const peak = Math.max(...weights, 1e-9);
  /** @param {{center: number, sigma: number}} kernel @param {string} kind */
  const bell = ({ center, sigma }, kind) =>
    curve(
      Array.from({ length: 241 }, (_, i) => {
        const at = x.from + (i / 240) * (x.to - x.from);
        return [x(at), y(Math.exp(-((at - center) ** 2) / (2 * sigma * sigma)))];
      }),
      { class: kind },
    );
  const { center, sigma } = values;
  const [start, end] = [center - 2 * sigma, center + 2 * sigma].map(
    (at) => Math.min(RIGHT, Math.max(LEFT, x(at))), // the boundary, half its width more on either side
  );
  const isAverage = values.pooling === "average";
  return [
    ...Array.from(weights, (weight, i) =>
      svg("rect", {
        x: x(data.first + i + 0.12),
        width: x(0.76) - x(0),
        y: y(weight / peak),
        height: WEIGHTS.floor - y(weight / peak),
        class: "gl-bar",
      }),
    ),
    svg("line", { x1: LEFT, x2: RIGHT, y1: WEIGHTS.floor, y2: WEIGHTS.floor, class: "gl-base" }),
    bell(values, isAverage ? "gl-ghost" : "gl-curve"),
    ...(isAverage
      ? [
          svg("rect", {
            x: start,
            width: end - start,
            y: y(1),
            height: WEIGHTS.floor - y(1),
            class: "gl-box gl-on",
          }),
        ]
      : []),
  ];
}

/**
 * Upwards for the class, downwards for its rival, each row to a scale of its own.
 *
 * @param {ReturnType<typeof scale>} x @param {{top: number, floor: number}} row
 * @param {Float64Array} bars
 */
function barsIn(x, { top, floor }, bars) {
  const [low, high] = [Math.min(0, ...bars), Math.max(1e-9, ...bars)];
  return signedBars(x, scale(low, high, floor, top), bars);
}

/**
 * @param {import("./picture.js").Picture} picture @param {ReturnType<typeof scale>} x
 * @param {ReturnType<typeof scale>} y @param {Values} values
 * @param {(values: Record<string, any>) => void} set
 */
function handles(picture, x, y, { center, sigma }, set) {
  const round = (/** @type {number} */ value) => Math.round(value * 100) / 100;
  const end = center + sigma > x.to ? center - sigma : center + sigma; // it stays in the picture
  return [
    handle(picture, {
      key: "center",
      name: "Centre",
      x: x(center),
      y: y(1),
      value: center,
      min: x.from,
      max: x.to,
      step: 0.1,
      text: `${number(center, 2)} cells`,
      to: (value) => set({ center: round(value) }),
      valueAt: (place) => x.of(place.x),
    }),
    handle(picture, {
      key: "sigma",
      name: "σ",
      x: x(end),
      y: y(Math.exp(-0.5)),
      value: sigma,
      min: NARROW,
      max: WIDE,
      step: 0.05,
      text: `${number(sigma, 2)} cells`,
      to: (value) => set({ sigma: round(value) }),
      valueAt: (place) => Math.abs(x.of(place.x) - center),
    }),
  ];
}
