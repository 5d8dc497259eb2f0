// Lesson 2, the paper's own contradiction: the unit of a sigma (reading R1).

import { kernelWeights } from "../method/weights.js";
import { number } from "../state/text.js";
import {
  boundaries,
  compared,
  mergingWidth,
  meter,
  overlapAt,
  overlapEquation,
  verdict,
} from "./boundary.js";
import { equation, fraction, sub } from "./equation.js";
import { axis, curve, handle, label, scale, svg } from "./picture.js";

const [WIDTH, HEIGHT] = [480, 292];
const FLOOR = 100; // of the curves
const EPSILON = 0.7;
const [LEAST, MOST] = [0.02, 0.99]; // a sigmoid gives neither 0 nor 1

/** @typedef {{sigma: number, unit: string, cells: number}} Values */
/** @typedef {{floor: number, ceiling: number}} Data in cells, of `bounded` */

/** What a sigma between 0 and 1 means. @type {Record<string, {name: string, short: string}>} */
const UNITS = {
  literal: { name: "As printed", short: "as printed" },
  map: { name: "In maps", short: "in maps" },
  cell: { name: "In cells", short: "in cells" },
  bounded: { name: "Bounded (ours)", short: "bounded" },
};

/**
 * Cells that Eq. 1 pools with as its sigma, and cells that Eq. 2 gives as a width.
 *
 * @param {Values} values @param {Data} data @returns {[number, number]}
 */
function inCells({ sigma, unit, cells }, { floor, ceiling }) {
  const bounded = floor + (ceiling - floor) * sigma;
  if (unit === "map") return [sigma * cells, 2 * sigma * cells];
  if (unit === "cell") return [sigma, 2 * sigma];
  if (unit === "bounded") return [bounded, 2 * bounded];
  return [sigma * cells, 2 * sigma];
}

/** The sigma between 0 and 1 for one in cells. @param {number} wide @param {Values} values @param {Data} data */
function ofCells(wide, { unit, cells }, { floor, ceiling }) {
  if (unit === "cell") return wide;
  return unit === "bounded" ? (wide - floor) / (ceiling - floor) : wide / cells;
}

/** @param {number} cells */
const firstOf = (cells) => cells / 2 - 1;

/** The largest IoU of two equal neighbours. @param {Values} values @param {Data} data */
const mostOf = (values, data) => overlapAt(inCells({ ...values, sigma: 1 }, data)[1]);

/** @type {import("./part.js").Part} */
export const literal = {
  title: "One σ, two equations",
  values: { sigma: 0.3, unit: "literal", cells: 16 },
  controls: [
    {
      name: "unit",
      label: "σ is read",
      choices: Object.entries(UNITS).map(([unit, { name }]) => [unit, name]),
    },
    { name: "sigma", label: "σ, from the network", min: LEAST, max: MOST, step: 0.005 },
    {
      name: "cells",
      label: "T, cells of the map",
      choices: [8, 16, 32].map((T) => [T, String(T)]),
    },
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, values, data, set) {
    const { sigma, cells } = values;
    const first = firstOf(cells);
    const [pooled, width] = inCells(values, data);
    const x = scale(-cells / 2, 1.5 * cells, 10, WIDTH - 10);
    const step = compared(first, width, cells, EPSILON);
    return [
      svg("rect", { x: x(0), width: x(cells) - x(0), y: 8, height: 176, class: "gl-map" }),
      label(x(0) + 4, 20, "the map"),
      ...pooling(x, first, pooled, cells),
      boundaries(x, 112, first, width),
      axis(x, 184, [0, cells / 4, cells / 2, (3 * cells) / 4, cells], { name: "cells" }),
      meter(240, step, EPSILON),
      handle(picture, {
        key: "sigma",
        name: "One σ from the first kernel's centre, as Eq. 1 pools",
        x: x(first + 0.5 + pooled),
        y: scale(0, 1, FLOOR, 30)(Math.exp(-0.5)),
        value: sigma,
        min: LEAST,
        max: MOST,
        step: 0.01,
        text: number(sigma, 2),
        to: (value) => set({ sigma: Math.round(value * 200) / 200 }),
        valueAt: (place) => ofCells(x.of(place.x) - first - 0.5, values, data),
      }),
    ];
  },
  says(values, data) {
    const { unit, sigma, cells } = values;
    const [pooled, width] = inCells(values, data);
    return (
      `σ = ${number(sigma, 3)} ${UNITS[unit].short}, T = ${cells}: Eq. 1 pools ${number(pooled, 2)} cells ` +
      `to either side (one σ), and Eq. 2 gives a boundary ${number(width, 2)} cells wide. ` +
      verdict(compared(firstOf(cells), width, cells, EPSILON), EPSILON)
    );
  },
  equations(values, data) {
    const { sigma, unit, cells } = values;
    const width = inCells(values, data)[1];
    const step = compared(firstOf(cells), width, cells, EPSILON);
    return [
      ...(unit === "bounded" ? [boundedEquation(sigma, data)] : [widthEquation(values)]),
      overlapEquation(width, step),
    ];
  },
  questions: [
    {
      id: "printed",
      predict: true,
      ask:
        "On a map of 16 cells, a kernel with σ = 0.5 pools from half of the map on either side (Eq. 1). Eq. 2 " +
        "gives it a boundary 2σ / T long, as a share of the map. How many cells is that?",
      choices: () => ["16 cells", "8 cells", "1 cell"],
      answer: (_, data) =>
        [16, 8, 1].indexOf(inCells({ sigma: 0.5, unit: "literal", cells: 16 }, data)[1]),
      hint: () => "2 · 0.5 / 16 is a sixteenth of the map. The map has 16 cells.",
      because: () =>
        "A kernel that looks at the whole map stands for one cell. In Eq. 1 σ is a share of the map, in " +
        "Eq. 2 of a cell: as printed they contradict each other.",
    },
    {
      id: "most",
      ask: "How far can the IoU of two equal neighbours ever get by Eq. 2 as printed, with σ between 0 and 1?",
      unit: "(0 to 1)",
      answer: (values, data) => mostOf({ ...values, unit: "literal" }, data),
      tolerance: 0.01,
      hint: (given) =>
        given > 0 && given < 1
          ? `An IoU of ${number(given, 2)} needs a width of ${number(mergingWidth(given), 2)} cells. How ` +
            "wide is the widest boundary?"
          : "Set “As printed”, and move σ to its right end.",
      because: (answer) =>
        `σ stays below 1, so a width stays below 2 cells and the IoU below ${number(answer, 3)}. At ε = 0.7 ` +
        "two equal neighbours can never merge: Algorithm 1 would have nothing to do.",
    },
    {
      id: "map",
      ask: "Read σ in maps instead, in both equations, with T = 16. From which σ on do equal neighbours merge at 0.7?",
      unit: "(0 to 1)",
      answer: () => mergingWidth(EPSILON) / 2 / 16,
      tolerance: 0.006,
      hint: (given, _, __, data) => {
        const width = inCells({ sigma: given, unit: "map", cells: 16 }, data)[1];
        return `σ = ${number(given, 3)} makes a width of 2 · ${number(given, 3)} · 16 = ${number(width, 2)} cells.`;
      },
      because: (answer) =>
        `${number(answer, 3)}: ${number(mergingWidth(EPSILON), 2)} cells are 2σ · 16. On a longer map a smaller σ is enough.`,
    },
    {
      id: "third-equation",
      ask:
        "Eq. 3 gives a merged kernel σ′ = L / 2, where L is the length of the union as a share of the map. By " +
        "which reading is its boundary L long again?",
      choices: () => ["as printed", "in maps", "in cells"],
      answer: (_, data) => {
        const [union, cells] = [0.4, 16];
        return ["literal", "map", "cell"].findIndex(
          (unit) =>
            Math.abs(inCells({ sigma: union / 2, unit, cells }, data)[1] - union * cells) < 1e-9,
        );
      },
      hint: () => "Put σ′ into Eq. 2. Only without the T does 2 · L / 2 stay L.",
      because: () =>
        "In maps 2σ′ is L. That is why gtan's “paper” presets read σ so (reading R1), though Eq. 2 says " +
        "otherwise.",
    },
  ],
};

/**
 * Eq. 1: the weights of the first kernel's cells, and both curves.
 *
 * @param {ReturnType<typeof scale>} x @param {number} first @param {number} sigma cells
 * @param {number} cells
 */
function pooling(x, first, sigma, cells) {
  const y = scale(0, 1, FLOOR, 30);
  const weights = kernelWeights((first + 0.5) / cells, sigma / cells, cells);
  const peak = Math.max(...weights);
  /** @param {number} center @param {string} kind */
  const bell = (center, kind) =>
    curve(
      Array.from({ length: 321 }, (_, i) => {
        const at = x.from + (i / 320) * (x.to - x.from);
        return [x(at), y(Math.exp(-((at - center) ** 2) / (2 * sigma * sigma)))];
      }),
      { class: kind },
    );
  return [
    ...Array.from(weights, (weight, cell) =>
      svg("rect", {
        x: x(cell + 0.12),
        width: x(0.76) - x(0),
        y: y(weight / peak),
        height: FLOOR - y(weight / peak),
        class: "gl-bar gl-first",
        opacity: 0.55,
      }),
    ),
    bell(first + 0.5, "gl-curve gl-first"),
    bell(first + 1.5, "gl-curve gl-second"),
  ];
}

/** @param {Values} values */
function widthEquation({ sigma, unit, cells }) {
  const two = [2, "·", number(sigma, 3)];
  const isMap = unit === "map";
  const width = isMap ? 2 * sigma : (2 * sigma) / cells;
  return equation(
    sub("a", "w"),
    "=",
    isMap ? [2, "σ"] : fraction([2, "σ"], "T"),
    "=",
    ...(isMap ? two : [fraction(two, cells)]),
    "=",
    number(width, 4),
  );
}

/** @param {number} sigma @param {Data} data */
const boundedEquation = (sigma, { floor, ceiling }) =>
  equation(
    "w",
    "=",
    ...[2, "·", "(", number(floor, 2), "+", number(ceiling - floor, 2), "·", number(sigma, 3), ")"],
    "=",
    number(2 * (floor + (ceiling - floor) * sigma), 2),
  );
