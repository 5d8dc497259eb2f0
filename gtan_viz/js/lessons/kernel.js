// Lesson 1: one Gaussian kernel over nine cells (Eq. 1).

import { kernelWeights } from "../method/weights.js";
import { number } from "../state/text.js";
import { equation, exp, fraction, sub, sup } from "./equation.js";
import { axis, curve, handle, label, scale, svg } from "./picture.js";

const CELLS = 9;
const [WIDTH, HEIGHT] = [420, 230];
const FLOOR = 176;

/** @param {{center: number, sigma: number}} values in cells; the first cell's centre is at 0.5 */
const weightsOf = ({ center, sigma }) => kernelWeights(center / CELLS, sigma / CELLS, CELLS);

/** The sigma at which the middle cell of nine holds half the weight, by bisection. */
function halfSigma() {
  let [low, high] = [0.2, 4];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (weightsOf({ center: CELLS / 2, sigma: middle })[4] > 0.5) low = middle;
    else high = middle;
  }
  return low;
}

/** @type {import("./part.js").Part} */
export const kernel = {
  title: "One kernel over nine cells",
  values: { center: 4.5, sigma: 1.5 },
  controls: [
    { name: "sigma", label: "σ, its width", unit: "cells", min: 0.2, max: 4, step: 0.01 },
    { name: "center", label: "μ, its centre", unit: "cells", min: 0, max: 9, step: 0.05 },
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, values, _, set) {
    const { center, sigma } = values;
    const x = scale(0, CELLS, 14, WIDTH - 14);
    const y = scale(0, 1, FLOOR, 24);
    const weights = weightsOf(values);
    const peak = Math.max(...weights);
    const points = Array.from({ length: 241 }, (_, i) => {
      const at = (i / 240) * CELLS;
      return /** @type {[number, number]} */ ([
        x(at),
        y(peak * Math.exp(-((at - center) ** 2 - nearest(center) ** 2) / (2 * sigma * sigma))),
      ]);
    });
    return [
      ...Array.from(weights, (weight, cell) =>
        svg(
          "g",
          {},
          svg("rect", {
            x: x(cell + 0.12),
            width: x(0.76) - x(0),
            y: y(weight),
            height: FLOOR - y(weight),
            class: cell === Math.floor(center) ? "gl-bar gl-chosen" : "gl-bar",
          }),
          label(x(cell + 0.5), y(weight) - 16, number(weight, 2), {
            "text-anchor": "middle",
            class: "gl-number",
          }),
        ),
      ),
      curve(points, { class: "gl-curve" }),
      axis(
        x,
        FLOOR,
        Array.from({ length: CELLS + 1 }, (_, i) => i),
        { name: "cells" },
      ),
      handle(picture, {
        key: "center",
        name: "Centre",
        x: x(center),
        y: y(peak * Math.exp(nearest(center) ** 2 / (2 * sigma * sigma))),
        value: center,
        min: 0,
        max: CELLS,
        step: 0.05,
        text: `${number(center, 2)} cells`,
        to: (value) => set({ center: Math.round(value * 20) / 20 }),
        valueAt: (place) => x.of(place.x),
      }),
    ];
  },
  says(values) {
    const weights = weightsOf(values);
    const best = weights.indexOf(Math.max(...weights));
    return (
      `σ is ${number(values.sigma, 2)} cells: cell ${best} holds ` +
      `${number(100 * weights[best], 0)} % of the weight; all nine together hold all of it.`
    );
  },
  equations(values) {
    const weights = weightsOf(values);
    const best = weights.indexOf(Math.max(...weights));
    const away = best + 0.5 - values.center;
    return [
      equation(
        sub("W", "i"),
        "=",
        fraction(1, "Z"),
        exp(["-", fraction(sup(["(", sub("p", "i"), "-", "μ", ")"], 2), [2, sup("σ", 2)])]),
      ),
      equation(
        sub("W", best),
        "=",
        fraction(1, number(totalOf(values), 3)),
        exp([
          "-",
          fraction(sup(["(", number(away, 2), ")"], 2), [2, "·", sup(number(values.sigma, 2), 2)]),
        ]),
        "=",
        number(weights[best], 3),
      ),
    ];
  },
  questions: [
    {
      id: "wide",
      predict: true,
      ask: "All cells together weigh 1. If the kernel becomes twice as wide, what does the cell in its middle weigh?",
      choices: () => ["twice as much", "as much as before", "about half as much"],
      answer: () => 2,
      hint: () => "The sum stays 1, and more cells take part.",
      because: () =>
        "The weights are shared out among about twice as many cells. Only where σ is far below one cell " +
        "nearly all stays in one.",
    },
    {
      id: "half",
      ask: "With the centre in the middle (4.5): below which σ does the middle cell hold at least half of the weight?",
      unit: "cells",
      answer: halfSigma,
      tolerance: 0.02,
      hint: (given, answer) =>
        `At σ = ${number(given, 2)} it holds ` +
        `${number(100 * weightsOf({ center: 4.5, sigma: given > 0 ? given : 0.01 })[4], 0)} %: ` +
        `${given > answer ? "less" : "more"} than half. Drag σ and read the bar.`,
      because: (answer) =>
        `At σ = ${number(answer, 3)} cells the middle one holds half, its two neighbours nearly all the rest.`,
    },
    {
      id: "edge",
      ask: "Put the centre on the border of two cells, at 4.0, with σ = 0.5. What do the two cells weigh together?",
      unit: "(0 to 1)",
      answer: () => {
        const weights = weightsOf({ center: 4, sigma: 0.5 });
        return weights[3] + weights[4];
      },
      tolerance: 0.02,
      hint: () => "Set both, and add the numbers over the two bars beside the border.",
      because: (answer) =>
        `${number(answer, 2)}: each has half of it. A kernel need not stand in the middle of a cell; mixed ` +
        "kernels seldom do.",
    },
  ],
};

/** How far the nearest cell's centre is. @param {number} center */
const nearest = (center) => {
  const cell = Math.min(CELLS - 1, Math.max(0, Math.floor(center)));
  return cell + 0.5 - center;
};

/** Z. @param {{center: number, sigma: number}} values */
function totalOf({ center, sigma }) {
  let sum = 0;
  for (let i = 0; i < CELLS; i++) sum += Math.exp(-((i + 0.5 - center) ** 2) / (2 * sigma * sigma));
  return sum;
}
