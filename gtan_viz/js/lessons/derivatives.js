// Lesson 3, derivative pooling (E1): what the mean under a curve cannot see.

import { addUp } from "../method/evidence.js";
import { derivativeWeights, kernelWeights } from "../method/weights.js";
import { number, signed } from "../state/text.js";
import { equation, fraction, m, root, sub, sum } from "./equation.js";
import { curve, handle, label, scale, signedBars, svg } from "./picture.js";
import { saysOf } from "./pooling.js";

const [WIDTH, HEIGHT] = [420, 384];
const [LEFT, RIGHT] = [12, WIDTH - 12];
const [TOP, BAND] = [38, 98]; // the first band's top; from one band to the next
const [NARROW, WIDE] = [0.25, 3]; // sigma, in cells
const ORDERS = ["mean", "after − before", "sides − middle"]; // of the sentence
const KINDS = ["1 the mean: W", "2 after − before: W · u", "3 sides − middle: W · (u² − 1) / √2"];
const EQUATION_SIGMA = 1.5; // of the questions about drawn actions

/** @typedef {import("./pooling.js").Data} Data */
/** @typedef {"start" | "end" | "real" | "reversed"} Shown */
/** @typedef {{center: number, sigma: number, shown: Shown}} Values in cells of the map */

/** @param {Shown} shown */
const isDrawn = (shown) => shown === "start" || shown === "end";

/**
 * What the cells say, order by order. A drawn action is one feature, 1 within it and 0 outside, that every
 * order takes as it is; it begins or ends at the middle of the middle cell.
 *
 * @param {Shown} shown @param {Data} data @returns {Float64Array[]}
 */
function underOf(shown, data) {
  const real = saysOf(data).slice(0, ORDERS.length);
  if (shown === "real") return real;
  if (shown === "reversed") return real.map((order) => order.toReversed());
  const middle = (real[0].length - 1) / 2;
  const begins = real[0].map((_, i) => (i === middle ? 0.5 : Number(i > middle)));
  const action = shown === "start" ? begins : begins.map((one) => 1 - one);
  return real.map(() => action);
}

/** @param {Values} values @param {Data} data */
function pooledBy({ center, sigma, shown }, data) {
  const says = underOf(shown, data);
  const cells = says[0].length;
  const [at, wide] = [(center - data.first) / cells, sigma / cells];
  const weights = derivativeWeights(kernelWeights(at, wide, cells), at, wide, says.length - 1);
  return { says, weights, ...addUp(says, weights, isDrawn(shown) ? 0 : data.bias) };
}

/** @param {Shown} shown @param {Data} data */
const learned = (shown, data) => pooledBy({ center: data.center, sigma: data.sigma, shown }, data);

/** @param {Shown} shown @param {Data} data */
const drawn = (shown, data) =>
  pooledBy({ center: data.center, sigma: EQUATION_SIGMA, shown }, data).byOrder;

/** @type {import("./part.js").Part} */
export const derivatives = {
  title: "The mean, and two derivatives beside it",
  values: { shown: "start" },
  begin: ({ center }) => ({ center, sigma: EQUATION_SIGMA }),
  controls: [
    {
      name: "shown",
      label: "Under the kernel",
      choices: ({ label: name }) => [
        ["start", "an action starts"],
        ["end", "an action ends"],
        ["real", `a real “${name}”`],
        ["reversed", "the same, cells in reverse order"],
      ],
      // As it was learned, or as wide as the equations under the picture say.
      does: (shown, _, { center, sigma }) => ({
        shown,
        center,
        sigma: isDrawn(shown) ? EQUATION_SIGMA : sigma,
      }),
    },
    { name: "sigma", label: "σ, its width", unit: "cells", min: NARROW, max: WIDE, step: 0.01 },
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, values, data, set) {
    const { says, weights, byOrder } = pooledBy(values, data);
    const cells = says[0].length;
    const x = scale(data.first, data.first + cells, LEFT, RIGHT);
    const brought = says.map((order, n) => order.map((one, i) => one * weights[n][i]));
    const most = Math.max(...brought.flatMap((order) => [...order].map(Math.abs)), 0.05);
    const { center, sigma, shown } = values;
    return [
      label(LEFT, 14, signsOf(shown, data), { class: "gl-small" }),
      ...brought.flatMap((bars, n) => band(x, n, { bars, most, values, total: byOrder[n] })),
      ...(isDrawn(shown) ? [actionLine(x, shown, cells)] : []),
      ...Array.from(says[0], (_, i) =>
        label(x(data.first + i + 0.5), TOP + 3 * BAND + 12, String(data.first + i), {
          "text-anchor": "middle",
          class: "gl-muted",
        }),
      ),
      label((LEFT + RIGHT) / 2, TOP + 3 * BAND + 30, `cells of ${number(data.seconds, 1)} s`, {
        "text-anchor": "middle",
      }),
      handle(picture, {
        key: "center",
        name: "Centre",
        x: x(center),
        y: TOP + 16,
        value: center,
        min: data.first + 1,
        max: data.first + cells - 1,
        step: 0.1,
        text: `${number(center, 2)} cells; σ ${number(sigma, 2)}`,
        to: (value) => set({ center: Math.round(value * 100) / 100 }),
        valueAt: (place) => x.of(place.x),
      }),
    ];
  },
  says(values, data) {
    const { byOrder, sum } = pooledBy(values, data);
    const parts = ORDERS.map((name, n) => `${name} ${signed(byOrder[n])}`).join(", ");
    if (isDrawn(values.shown)) {
      return (
        `An action ${values.shown === "start" ? "starts" : "ends"} under the kernel; a cell says 1 within it ` +
        `and 0 outside. The three sums: ${parts}.`
      );
    }
    const how = values.shown === "reversed" ? ", its cells in reverse order" : "";
    return (
      `“${data.label}” of ${number(data.start, 1)} to ${number(data.end, 1)} s${how}: ${parts}, and the ` +
      `bias ${signed(data.bias)}. All together ${signed(sum)}: “${winner(sum, data)}”. The mean and the ` +
      `bias alone would say ${signed(byOrder[0] + data.bias)}: “${winner(byOrder[0] + data.bias, data)}”.`
    );
  },
  equations(values, data) {
    const { byOrder, sum: all } = pooledBy(values, data);
    const square = () =>
      fraction([m("msubsup", m("mi", "u"), m("mi", "i"), m("mn", 2)), "-", 1], root(2));
    const kinds = byOrder.map((one, n) =>
      equation(
        sum("i", [
          ...[sub("W", "i"), "·"],
          ...(n ? [n === 1 ? sub("u", "i") : square(), "·"] : []),
          sub("s", "i"),
        ]),
        "=",
        number(one, 2),
      ),
    );
    if (isDrawn(values.shown)) return kinds;
    const terms = [...byOrder, data.bias].flatMap((one, n) =>
      n ? [one < 0 ? "-" : "+", number(Math.abs(one), 2)] : [number(one, 2)],
    );
    return [...kinds, equation(...terms, "=", number(all, 2))];
  },
  questions: [
    {
      id: "turned",
      predict: true,
      ask:
        "The weighted sum under a curve that is the same to the left and to the right is some number. Now put " +
        "the cells in reverse order about its middle. What happens to the sum?",
      choices: () => ["it stays the same", "it changes its sign", "one cannot say"],
      answer(_, data) {
        const [before, after] = [learned("real", data), learned("reversed", data)];
        const [one, other] = [before.byOrder[0], after.byOrder[0]];
        return Math.abs(one - other) < 1e-6 ? 0 : Math.abs(one + other) < 1e-6 ? 1 : 2;
      },
      hint: () => "Each cell keeps its distance from the middle. So what does it weigh now?",
      because: () =>
        "Each cell weighs what it weighed before. This sum, the mean, does not know what came first.",
    },
    {
      id: "means",
      ask: "An action starts under the kernel; another one ends there (press both, and leave σ at 1.5). By how much do their sums of kind 1, the means, differ?",
      answer: (_, data) => Math.abs(drawn("start", data)[0] - drawn("end", data)[0]),
      tolerance: 0.01,
      hint: (_, __, ___, data) =>
        `One of them is ${number(drawn("start", data)[0], 2)}. Switch, and read the other.`,
      because: () =>
        "Not at all: half of the kernel lies on an action each time. From the mean alone the network cannot " +
        "know on which side the action is, and so not which way to move a boundary.",
    },
    {
      id: "after",
      ask: "The same two, by kind 2, “after − before”: by how much do they differ?",
      answer: (_, data) => Math.abs(drawn("start", data)[1] - drawn("end", data)[1]),
      tolerance: 0.02,
      hint: (given, answer) =>
        Math.abs(given - answer / 2) < 0.03
          ? "That is one of them. The other one is on the other side of 0."
          : "Read the second row for both, with their signs, and subtract.",
      because: (answer) =>
        `${number(answer, 2)}: it is ${number(answer / 2, 2)} where an action starts and ` +
        `−${number(answer / 2, 2)} where one ends.`,
    },
    {
      id: "reversed",
      ask: ({ label: name }) =>
        `The real “${name}”, its cells in reverse order: what do the three sums and the bias add up to?`,
      answer: (_, data) => learned("reversed", data).sum,
      tolerance: 0.1,
      hint: (given, answer, _, data) =>
        given * answer < 0
          ? `Forwards it is ${number(learned("real", data).sum, 2)}. One of the three sums changes its sign.`
          : "Press “the same, cells in reverse order”, and read what it all comes to.",
      because(answer, _, data) {
        const { byOrder, sum } = learned("real", data);
        return (
          `${number(answer, 2)}, from ${number(sum, 2)}: only “after − before” has changed, from ` +
          `${signed(byOrder[1])} to ${signed(-byOrder[1])}. ` +
          (winner(sum, data) === winner(answer, data)
            ? `It is still “${winner(answer, data)}”, but not as surely.`
            : `Now it is “${winner(answer, data)}”: the order of the cells decided.`)
        );
      },
    },
  ],
};

/** Whom a sum speaks for. @param {number} sum @param {Data} data */
const winner = (sum, { label: name, rival }) => (sum > 0 ? name : rival);

/** What up and down mean. @param {Shown} shown @param {Data} data */
const signsOf = (shown, { label: name, rival }) =>
  isDrawn(shown)
    ? "dashed: weight; bars: ↑ adds, ↓ takes away"
    : `dashed: weight; bars: ↑ “${name}”, ↓ “${rival}”`;

/**
 * What the cells bring by one order, its weights (dashed), and the sum.
 *
 * @param {ReturnType<typeof scale>} x @param {number} n the order
 * @param {{bars: Float64Array, most: number, values: Values, total: number}} what
 */
function band(x, n, { bars, most, values, total }) {
  const { center, sigma } = values;
  const middle = TOP + BAND * n + 50;
  const y = scale(-most, most, middle + 34, middle - 34);
  const shape = scale(-1, 1, middle + 34, middle - 34);
  const points = Array.from({ length: 241 }, (_, i) => {
    const at = x.from + (i / 240) * (x.to - x.from);
    const u = (at - center) / sigma;
    const bell = Math.exp((-u * u) / 2);
    const he = [1, u, (u * u - 1) / Math.SQRT2][n];
    return /** @type {[number, number]} */ ([x(at), shape(bell * he)]);
  });
  return [
    label(LEFT, middle - 36, KINDS[n]),
    label(RIGHT, middle - 36, `sum ${signed(total)}`, { "text-anchor": "end", class: "gl-strong" }),
    ...signedBars(x, y, bars),
    curve(points, { class: "gl-ghost" }),
  ];
}

/** Where the drawn action lies. @param {ReturnType<typeof scale>} x @param {Shown} shown @param {number} cells */
function actionLine(x, shown, cells) {
  const edge = x.from + cells / 2;
  const [from, to] = shown === "start" ? [edge, x.to] : [x.from, edge];
  return svg(
    "g",
    {},
    svg("rect", { x: x(from), width: x(to) - x(from), y: 22, height: 16, class: "gl-shared" }),
    label((x(from) + x(to)) / 2, 34, "the action", {
      "text-anchor": "middle",
      class: "gl-on-dark",
    }),
  );
}
