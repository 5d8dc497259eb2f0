// Lesson 3: what each cell brings to a detection of the example run, under a movable kernel (Eq. 4).

import { addUp, cellsSay } from "../method/evidence.js";
import { kernelWeights, poolingWeights } from "../method/weights.js";
import { number, signed } from "../state/text.js";
import { equation, sub, sum } from "./equation.js";
import { curve, handle, label, scale, svg } from "./picture.js";

const [WIDTH, HEIGHT] = [480, 356];
const [LEFT, RIGHT] = [8, WIDTH - 8];
const FLOOR = 92; // of the weights
const [TOP, BOTTOM] = [124, 300]; // of what cells say
const [NARROW, WIDE] = [0.25, 4]; // sigma, in cells

/**
 * By gtan_viz/lessons/evidence.py.
 *
 * @typedef {{label: string, rival: string, start: number, end: number, score: number, center: number,
 *   sigma: number, width: number, seconds: number, first: number, features: number[], row: number[],
 *   bias: number, orders: number}} Data
 */
/** @typedef {{center: number, sigma: number, pooling: "gaussian" | "average"}} Values in cells of the map */

/** What the cells say of the class against its rival, order by order. @param {Data} data */
export function saysOf({ features, row, orders }) {
  const channels = row.length / orders;
  return cellsSay(row, 0, features, channels, features.length / channels, orders);
}

/** @param {Values} values @param {Data} data @param {number} cells that are kept */
function weightsOf({ center, sigma, pooling }, { first }, cells) {
  const kernel = { center: (center - first) / cells, sigma: sigma / cells };
  return poolingWeights(pooling, { ...kernel, width: 2 * kernel.sigma }, cells);
}

/**
 * What each cell brings through the mean under the curve, and their sum.
 *
 * @param {Values} values @param {Data} data
 */
function broughtBy(values, data) {
  const says = saysOf(data)[0];
  const weights = weightsOf(values, data, says.length);
  const { brings, sum } = addUp([says], [weights], 0);
  const best = brings.indexOf(Math.max(...brings));
  return { says, weights, brings, sum, best, cell: data.first + best };
}

/** The kernel as the network has it. @param {Data} data @returns {Values} */
const learnedOf = ({ center, sigma }) => ({ center, sigma, pooling: "gaussian" });

/** @type {import("./part.js").Part} */
export const pooling = {
  title: "What each cell brings",
  values: { pooling: "gaussian" },
  begin: ({ center, sigma }) => ({
    center: Math.round(100 * center) / 100,
    sigma: Math.round(100 * sigma) / 100,
  }),
  controls: [
    { name: "center", label: "μ, its centre", unit: "cells", min: 0, max: 16, step: 0.01 },
    { name: "sigma", label: "σ, its width", unit: "cells", min: NARROW, max: WIDE, step: 0.01 },
    {
      name: "pooling",
      label: "Weights",
      choices: [
        ["gaussian", "under the curve"],
        ["average", "Figure 4's average"],
      ],
    },
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, values, data, set) {
    const { says, weights, brings, best } = broughtBy(values, data);
    const x = scale(data.first, data.first + says.length, LEFT, RIGHT);
    const y = scale(0, 1, FLOOR, 26);
    return [
      label(LEFT, 14, "the weight of each cell"),
      ...weightBars(x, y, values, data, weights),
      label(LEFT, TOP - 8, `frame: what it says for “${data.label}”; filled: says × weight`),
      ...cellBars(x, says, brings, best, data.first),
      label((LEFT + RIGHT) / 2, BOTTOM + 46, `cells of ${number(data.seconds, 1)} s`, {
        "text-anchor": "middle",
      }),
      ...handles(picture, x, y, values, set),
    ];
  },
  says(values, data) {
    const { says, brings, sum, best, cell } = broughtBy(values, data);
    const loudest = data.first + says.indexOf(Math.max(...says));
    const share = sum > 0 ? `, ${number((100 * brings[best]) / sum, 0)} % of the sum` : "";
    const how = values.pooling === "gaussian" ? "Under the curve" : "By Figure 4's average";
    return (
      `${how} (μ = ${number(values.center, 2)}, σ = ${number(values.sigma, 2)} cells) all cells together bring ` +
      `${number(sum, 2)} for “${data.label}” against “${data.rival}”. Cell ${cell} brings most: ` +
      `${number(brings[best], 2)}${share}. Cell ${loudest} says most.`
    );
  },
  equations(values, data) {
    const { says, weights, sum: all, best, brings, cell } = broughtBy(values, data);
    return [
      equation("F", "=", sum("i", [sub("W", "i"), sub("f", "i")])),
      equation(sum("i", [sub("W", "i"), sub("s", "i")]), "=", number(all, 2)),
      equation(
        ...[sub("W", cell), sub("s", cell), "=", number(weights[best], 2), "·"],
        ...[number(says[best], 2), "=", number(brings[best], 2)],
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
        const weights = kernelWeights(0.5 / 9, 1 / 9, 9);
        const ratio = (2 * weights[3]) / weights[0];
        return ratio > 1.5 ? 0 : ratio > 0.5 ? 1 : 2;
      },
      hint: () => "Think of the bell: how high is it three σ from its middle?",
      because: () =>
        "Three σ away the curve has about a hundredth of its height. A kernel hears only who is near.",
    },
    {
      id: "most",
      ask: "With the kernel as it was learned (the dashed curve): which cell brings most? Give its number.",
      answer: (_, data) => broughtBy(learnedOf(data), data).cell,
      hint(given, _, __, data) {
        const { brings, says } = broughtBy(learnedOf(data), data);
        const at = given - data.first;
        if (!Number.isInteger(at) || !(at in brings)) return "Its number stands below the cell.";
        return (
          `Cell ${given} says ${number(says[at], 2)} and brings ${number(brings[at], 2)}. ` +
          "Look for the longest filled bar, not for the longest frame."
        );
      },
      because(answer, _, data) {
        const { says } = broughtBy(learnedOf(data), data);
        const loudest = says.indexOf(Math.max(...says));
        return (
          `Cell ${answer}, though cell ${data.first + loudest} says a little more ` +
          `(${number(says[loudest], 2)} against ${number(says[answer - data.first], 2)}): it stands in the ` +
          "middle."
        );
      },
    },
    {
      id: "share",
      ask: "Which share of the whole sum does this cell bring, with the kernel as it was learned?",
      unit: "%",
      answer(_, data) {
        const { brings, best, sum } = broughtBy(learnedOf(data), data);
        return (100 * brings[best]) / sum;
      },
      tolerance: 1.5,
      hint(_, __, ___, data) {
        const { sum } = broughtBy(learnedOf(data), data);
        return `Together they bring ${number(sum, 2)}. Divide the longest filled bar by that.`;
      },
      because: (answer) =>
        `${number(answer, 0)} %. Since pooling is a sum, such a share is exact: nothing is estimated.`,
    },
    {
      id: "average",
      ask: "Switch to Figure 4's average, kernel as learned. Which cell brings most now?",
      answer: (_, data) => broughtBy({ ...learnedOf(data), pooling: "average" }, data).cell,
      hint: () => "All cells within the box weigh the same. So who says most?",
      because: (answer) =>
        `Cell ${answer}: a mean over a box does not ask how near a cell is. At the box's edge the weight ` +
        "drops to 0 at once, while the curve fades.",
    },
  ],
};

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
        height: FLOOR - y(weight / peak),
        class: "gl-bar",
      }),
    ),
    bell(data, "gl-ghost"),
    bell(values, isAverage ? "gl-ghost" : "gl-curve"),
    svg("rect", {
      x: start,
      width: end - start,
      y: y(1),
      height: FLOOR - y(1),
      class: isAverage ? "gl-box gl-on" : "gl-box",
    }),
  ];
}

/**
 * Frames of what cells say, filled by what they bring.
 *
 * @param {ReturnType<typeof scale>} x @param {Float64Array} says @param {Float64Array} brings
 * @param {number} best @param {number} first
 */
function cellBars(x, says, brings, best, first) {
  const [low, high] = [Math.min(0, ...says), Math.max(0, ...says)];
  const y = scale(low, high, BOTTOM, TOP + 10);
  /** @param {number} i @param {number} value @param {string} kind */
  const bar = (i, value, kind) =>
    svg("rect", {
      x: x(first + i + 0.12),
      width: x(0.76) - x(0),
      y: Math.min(y(value), y(0)),
      height: Math.abs(y(value) - y(0)),
      class: kind,
    });
  /** @param {number} i @param {number} at @param {string} words @param {string} [kind] */
  const words = (i, at, words, kind) =>
    label(x(first + i + 0.5), at, words, { "text-anchor": "middle", class: kind });
  return [
    ...Array.from(says, (_, i) =>
      svg(
        "g",
        {},
        bar(i, says[i], "gl-frame"),
        bar(i, brings[i], i === best ? "gl-bar gl-chosen" : "gl-bar"),
        Math.abs(brings[i]) >= 0.05
          ? words(i, y(0) + (brings[i] < 0 ? -5 : 14), number(brings[i], 1), "gl-number")
          : "",
        words(i, BOTTOM + 22, String(first + i), i === best ? "gl-strong" : "gl-muted"),
      ),
    ),
    svg("line", { x1: LEFT, x2: RIGHT, y1: y(0), y2: y(0), class: "gl-base" }),
    label(RIGHT, TOP + 14, `sum ${signed(brings.reduce((a, b) => a + b, 0))}`, {
      "text-anchor": "end",
      class: "gl-strong",
    }),
  ];
}

/**
 * @param {import("./picture.js").Picture} picture @param {ReturnType<typeof scale>} x
 * @param {ReturnType<typeof scale>} y @param {Values} values
 * @param {(values: Record<string, any>) => void} set
 */
function handles(picture, x, y, { center, sigma }, set) {
  const round = (/** @type {number} */ value) => Math.round(value * 100) / 100;
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
      x: x(center + sigma),
      y: y(Math.exp(-0.5)),
      value: sigma,
      min: NARROW,
      max: WIDE,
      step: 0.05,
      text: `${number(sigma, 2)} cells`,
      to: (value) => set({ sigma: round(value) }),
      valueAt: (place) => x.of(place.x) - center,
    }),
  ];
}
