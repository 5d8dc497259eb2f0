// Lesson 4: Algorithm 1, whose next line the reader chooses; the kernels' widths are the reader's too.

import { ALGORITHM_1, groupKernels } from "../method/group.js";
import { number, plural } from "../state/text.js";
import { element } from "../view/element.js";
import { equation, fraction, sub, text } from "./equation.js";
import { MERGING } from "./merging.js";
import { axis, curve, handle, label, scale, svg } from "./picture.js";

const CELLS = 6;
const CENTERS = Array.from({ length: CELLS }, (_, cell) => cell + 0.5);
const [WIDTH, HEIGHT] = [380, 400];
const X = scale(-2, CELLS + 2, 40, WIDTH - 10);
const [ROW, CURVES, SET, AXIS] = [24, 258, 322, 356]; // a kernel's height, floors

/** @typedef {Record<string, any>} Values */

/** @param {Values} values @returns {number[]} */
const widthsOf = (values) => CENTERS.map((_, cell) => Number(values[`w${cell}`]));

/** How far the reader has come. @param {Values} values */
const doneOf = ({ done }) => Math.min(CELLS - 1, Math.max(0, Math.round(done)));

/**
 * After `done` comparisons: the base kernel and G so far, and the comparison that is next. After the last
 * one there is no base kernel: it is in G too (R4).
 *
 * @param {Values} values
 */
function standOf(values) {
  const [widths, done] = [widthsOf(values), doneOf(values)];
  const { steps } = groupKernels(CENTERS, widths, values.epsilon, values.merge);
  const sofar = groupKernels(
    CENTERS.slice(0, done + 1),
    widths.slice(0, done + 1),
    values.epsilon,
    values.merge,
  );
  const next = steps[done];
  const set = next ? sofar.groups.slice(0, -1) : sofar.groups;
  return { widths, done, next, set, base: next ? sofar.groups.at(-1) : undefined, steps };
}

/** @typedef {ReturnType<typeof standOf>} Stand */

/** "cell 3" or "cells 1 to 3". @param {number[]} members */
const cells = (members) =>
  members.length > 1 ? `cells ${members[0]} to ${members.at(-1)}` : `cell ${members[0]}`;

/** @type {import("./part.js").Part} */
export const grouping = {
  title: "Algorithm 1: choose the next line",
  values: {
    w0: 2,
    w1: 3,
    w2: 3,
    w3: 1.2,
    w4: 3.4,
    w5: 3,
    epsilon: 0.45,
    merge: "union",
    done: 0,
    tried: 0,
  },
  controls: [
    {
      name: "line",
      label: "Next:",
      choices: [
        [7, "Line 7: merge"],
        [9, "Lines 9, 10: add to G, go on"],
      ],
      does(line, values) {
        const { next, done } = standOf(values);
        return next?.line === line ? { done: done + 1, tried: 0 } : { tried: line };
      },
      off: (values) => !standOf(values).next,
    },
    {
      name: "again",
      label: "The walk:",
      choices: [
        [0, "from the start"],
        [CELLS - 1, "to its end"],
      ],
      does: (done) => ({ done, tried: 0 }),
    },
    ...MERGING,
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, values, _, set) {
    const stand = standOf(values);
    return [
      ...kernelRows(picture, stand, set),
      ...comparison(stand),
      ...setRow(stand),
      axis(
        X,
        AXIS,
        Array.from({ length: CELLS + 1 }, (_, i) => i),
        { name: "position (cells)" },
      ),
    ];
  },
  says(values) {
    const { next, base, set, done } = standOf(values);
    if (!next || !base) {
      const all = set.map((one) => `${cells(one.members)} (${number(one.width, 1)} wide)`);
      return `The walk is over: G holds ${plural(set.length, "kernel")}: ${all.join(", ")}.`;
    }
    const overlap = number(next.iou, 2);
    const compared =
      `Comparison ${done + 1} of ${CELLS - 1}: the base kernel (${cells(base.members)}, ` +
      `${number(base.width, 1)} wide) with the one of cell ${next.cell}. O = ${overlap}, ` +
      `ε = ${number(values.epsilon, 2)}.`;
    if (values.tried === 7 && next.line === 9)
      return `${compared} Line 7 is for O above ε only: O is not above it.`;
    if (values.tried === 9 && next.line === 7)
      return `${compared} Lines 9 and 10 come where O is not above ε: here it is.`;
    return `${compared} Which line comes next?`;
  },
  equations(values) {
    const stand = standOf(values);
    return [listing(stand), letters(), ...formulas(values, stand)];
  },
  questions: [
    {
      id: "iou",
      predict: true,
      ask: "Two neighbouring kernels, each 3 cells wide; their centres are one cell apart. Which share of their union do they have in common?",
      choices: () => ["a third", "half", "two thirds"],
      answer: () => [1 / 3, 1 / 2, 2 / 3].indexOf(three("union", 0).steps[0].iou),
      hint: () => "Draw them: from 0 to 3, and from 1 to 4. Common length over the length of both.",
      because: () => {
        const [{ intersection, union, iou }] = three("union", 0).steps;
        return `They share ${number(intersection, 0)} cells of ${number(union, 0)}: O = ${number(iou, 2)}.`;
      },
    },
    {
      id: "third",
      ask: "Three kernels in a row, each 3 cells wide. The first two have merged. Below which ε does the third join them?",
      answer: () => three("union", 0).steps[1].iou,
      tolerance: 0.01,
      hint: (given, answer) =>
        given === 0.5
          ? "That is the IoU of two single kernels. The merged one is wider: how wide?"
          : `${given > answer ? "Lower" : "Higher"}. The merged kernel is 4 cells wide; the third shares 2 of them. How long is their union?`,
      because: (answer) =>
        `2 of 5 cells: O = ${number(answer, 2)}. A base kernel that grows makes O smaller: this is the ` +
        "brake that ends a group.",
    },
    {
      id: "behind",
      ask: "The same three kernels, all merged (ε = 0.3). By the paper's mean of two centres, how far is the merged centre from the middle of the three?",
      unit: "cells",
      answer: () =>
        Math.abs(three("paper", 0).groups[0].center - three("union", 0).groups[0].center),
      tolerance: 0.01,
      hint: () =>
        "The first two meet at 1.0. The paper then takes the mean of 1.0 and the third's centre, 2.5. The middle of the three is 1.5.",
      because: (answer) =>
        `${number(answer, 2)} cells, to the right. The newest member counts as much as all before it. The ` +
        "next part shows where that leads.",
    },
  ],
};

/** Three neighbours of three cells. @param {'paper' | 'union'} merge @param {number} epsilon */
const three = (merge, epsilon) => groupKernels([0.5, 1.5, 2.5], [3, 3, 3], epsilon, merge);

/**
 * @param {import("./picture.js").Picture} picture @param {Stand} stand
 * @param {(values: Values) => void} set
 */
function kernelRows(picture, { widths, next, base }, set) {
  return widths.flatMap((width, cell) => {
    const y = 18 + cell * ROW;
    const role =
      cell === next?.cell ? "gl-next" : base?.members.includes(cell) ? "gl-base" : "gl-bar";
    const end = CENTERS[cell] + width / 2;
    return [
      label(4, y + 4, `cell ${cell}`),
      bar(CENTERS[cell], width, y - 5, 10, role),
      svg("line", {
        x1: X(CENTERS[cell]),
        x2: X(CENTERS[cell]),
        y1: y - 8,
        y2: y + 8,
        class: "gl-tick",
      }),
      handle(picture, {
        key: `w${cell}`,
        name: `Width of cell ${cell}'s kernel`,
        beside: 1,
        x: X(end),
        y,
        value: width,
        min: 0.6,
        max: 5,
        step: 0.1,
        text: `${number(width, 1)} cells`,
        to: (value) => set({ [`w${cell}`]: Math.round(value * 10) / 10, tried: 0 }),
        valueAt: (place) => 2 * (X.of(place.x) - CENTERS[cell]),
      }),
    ];
  });
}

/** @param {number} center @param {number} width @param {number} y @param {number} height @param {string} role */
const bar = (center, width, y, height, role) =>
  svg("rect", {
    x: X(center - width / 2),
    width: X(width) - X(0),
    y,
    height,
    rx: 3,
    class: role,
  });

/** The two Gaussians with H and L, as in the paper's Figure 3. @param {Stand} stand */
function comparison({ widths, next, base }) {
  if (!next || !base) {
    const text = "All kernels have been compared.";
    return [label(WIDTH / 2, CURVES - 30, text, { "text-anchor": "middle" })];
  }
  const other = { center: CENTERS[next.cell], width: widths[next.cell] };
  const starts = [base, other].map(({ center, width }) => center - width / 2);
  const low = Math.min(...starts);
  const common = Math.max(...starts);
  return [
    gaussian(base, "gl-curve"),
    gaussian(other, "gl-curve gl-curve-next"),
    svg("line", { x1: X.left, x2: X.right, y1: CURVES, y2: CURVES, class: "gl-tick" }),
    ...length("H", common, next.intersection, CURVES + 14),
    ...length("L", low, next.union, CURVES + 30),
  ];
}

/** @param {string} name @param {number} start @param {number} size @param {number} y */
function length(name, start, size, y) {
  const [from, to] = [X(start), X(start + size)];
  return [
    svg("path", { d: `M${from} ${y - 4}v8M${from} ${y}H${to}M${to} ${y - 4}v8`, class: "gl-span" }),
    label(4, y + 4, `${name} = ${number(size, 1)}`),
  ];
}

/** Its interval is a sigma to either side. @param {{center: number, width: number}} kernel @param {string} role */
function gaussian({ center, width }, role) {
  const points = Array.from({ length: 121 }, (_, i) => {
    const at = -2 + ((CELLS + 4) * i) / 120;
    const height = 70 * Math.exp(-((at - center) ** 2) / (2 * (width / 2) ** 2));
    return /** @type {[number, number]} */ ([X(at), CURVES - height]);
  });
  return curve(points, { class: role });
}

/** @param {Stand} stand */
function setRow({ set }) {
  return [
    label(4, SET + 4, "G"),
    ...set.flatMap(({ center, width, members }, i) => [
      bar(center, width, SET - 8 + 8 * (i % 3), 7, members.length > 1 ? "gl-base" : "gl-bar"),
    ]),
  ];
}

/** Algorithm 1, with the lines that the comparison is about. @param {Stand} stand */
function listing({ next }) {
  const now = new Set(next ? [5, 6] : [13, 14]);
  return element(
    "ol",
    { class: "gl-code", "aria-label": "Algorithm 1" },
    ...ALGORITHM_1.map((line, i) =>
      element("li", { text: line, "aria-current": now.has(i + 1) ? "step" : undefined }),
    ),
  );
}

/** What the lines speak of. */
const letters = () =>
  element("p", {
    class: "gl-legend",
    text:
      `T: how many cells there are, here ${CELLS}, with numbers from 0 to T − 1. t_z, σ_z: centre and σ of cell ` +
      "z's kernel. G_bs: the base kernel. z is the cell that is compared next: the walk ends when there " +
      "is no cell z any more, and the last base kernel goes into G too. (The paper's line 4 asks for p where " +
      "it must ask for z, and its line 13 adds nothing; our reading R4.)",
  });

/**
 * The comparison that is next; and what the two become if it merges. After the walk, the last one that did.
 *
 * @param {Values} values @param {Stand} stand
 */
function formulas({ merge }, { next, steps, widths }) {
  const step = next ?? steps.findLast((one) => one.merged);
  if (!step) return [element("p", { text: "No two of these kernels have merged." })];
  const other = { center: CENTERS[step.cell], width: widths[step.cell] };
  const low = Math.min(step.baseCenter - step.baseWidth / 2, other.center - other.width / 2);
  const two = (/** @type {number} */ value) => number(value, 2);
  const center = merge === "paper" ? (step.baseCenter + other.center) / 2 : low + step.union / 2;
  const [compared, become] = next
    ? [`The comparison with cell ${step.cell}:`, "If they merge (line 7), they become:"]
    : [`The last two that merged, with cell ${step.cell}:`, "They became:"];
  return [
    element("p", { text: compared }),
    equation(
      "O",
      "=",
      fraction("H", "L"),
      "=",
      fraction(two(step.intersection), two(step.union)),
      "=",
      two(step.iou),
    ),
    element("p", { text: become }),
    equation(
      text("σ′"),
      "=",
      fraction("L", 2),
      "=",
      fraction(two(step.union), 2),
      "=",
      two(step.union / 2),
    ),
    merge === "paper"
      ? equation(
          text("t′"),
          "=",
          fraction([sub("t", 1), "+", sub("t", 2)], 2),
          "=",
          fraction([two(step.baseCenter), "+", two(other.center)], 2),
          "=",
          two(center),
        )
      : equation(
          text("t′"),
          "=",
          fraction(["start", "+", "end"], 2),
          "=",
          fraction([two(low), "+", two(low + step.union)], 2),
          "=",
          two(center),
        ),
  ];
}
