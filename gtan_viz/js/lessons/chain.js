// Lesson 4, second part: 128 equal kernels in a row, grouped by the paper's Eq. 3 and by unions (R5).

import { groupKernels } from "../method/group.js";
import { number, plural } from "../state/text.js";
import { element } from "../view/element.js";
import { compared, overlapEquation } from "./boundary.js";
import { MERGING } from "./merging.js";
import { axis, label, scale, svg } from "./picture.js";

const CELLS = 128;
const CENTERS = Array.from({ length: CELLS }, (_, cell) => cell + 0.5);
const [WIDTH, HEIGHT] = [380, 190];
const X = scale(0, CELLS, 14, WIDTH - 14);
const NAMES = /** @type {Record<string, string>} */ ({
  paper: "the paper's mean of two centres",
  union: "the middle of the union",
});

/**
 * Groups of two or more, and how many of their members lie outside of them.
 *
 * @param {{width: number, epsilon: number, merge: 'paper' | 'union'}} values
 */
function groupsOf({ width, epsilon, merge }) {
  const widths = CENTERS.map(() => width);
  const { groups } = groupKernels(CENTERS, widths, epsilon, merge, null, false);
  return groups
    .filter(({ members }) => members.length > 1)
    .map((one) => ({ ...one, strays: one.members.filter((cell) => isStray(one, cell)) }));
}

/** @param {{center: number, width: number}} group @param {number} cell */
const isStray = ({ center, width }, cell) => Math.abs(CENTERS[cell] - center) > width / 2 + 1e-9;

/** @param {'paper' | 'union'} merge @param {number} epsilon */
const threeWide = (merge, epsilon) => groupsOf({ width: 3, epsilon, merge });

/** @param {number} epsilon @returns {import("./judge.js").Question} */
const asked = (epsilon) => ({
  id: `groups${Math.round(100 * epsilon)}`,
  ask: `Widths of 3 cells, by unions: how many groups of two or more at ε = ${number(epsilon, 2)}?`,
  answer: () => threeWide("union", epsilon).length,
  hint: () => {
    const [first] = threeWide("union", epsilon);
    return first
      ? `A group takes ${first.members.length} of the 128 cells; the last one takes what is left.`
      : "Two neighbours have O = 0.50. Is that above 0.50?";
  },
  because: (answer) => {
    const [first] = threeWide("union", epsilon);
    return first
      ? `${answer}: ${first.members.length} cells each. The next member would have O = ` +
          `${number(nextIou(first), 2)}, which is not above ε.`
      : "None. Neighbours have O = 0.50, and line 6 asks for more than ε.";
  },
});

/** IoU of a group by unions with the kernel behind it. @param {{members: number[], width: number}} group */
function nextIou({ members }) {
  const some = members.length + 1;
  const widths = Array.from({ length: some }, () => 3);
  return groupKernels(CENTERS.slice(0, some), widths, 0, "union").steps[some - 2].iou;
}

/** @type {import("./part.js").Part} */
export const chain = {
  title: "128 kernels in a row",
  values: { width: 3, epsilon: 0.45, merge: "union" },
  controls: [
    { name: "width", label: "Width of each", unit: "cells", min: 1, max: 14, step: 0.1 },
    ...MERGING,
  ],
  size: [WIDTH, HEIGHT],
  draw(_, values) {
    const groups = groupsOf(/** @type {any} */ (values));
    const group = new Map(groups.flatMap((one, i) => one.members.map((cell) => [cell, i])));
    const strays = new Set(groups.flatMap((one) => one.strays));
    return [
      label(X.left, 14, "cells: one stroke each, its shade is its group's"),
      ...CENTERS.map((center, cell) => {
        const mine = group.get(cell);
        const role = mine === undefined ? "gl-tick" : mine % 2 ? "gl-stroke gl-odd" : "gl-stroke";
        return svg("line", {
          x1: X(center),
          x2: X(center),
          y1: 24,
          y2: strays.has(cell) ? 34 : 50,
          class: role,
        });
      }),
      label(X.left, 74, "groups: the intervals they stand for"),
      ...groups.map(({ center, width }, i) =>
        svg("rect", {
          x: X(center - width / 2),
          width: Math.max(1, X(width) - X(0)),
          y: 84 + 16 * (i % 3),
          height: 11,
          rx: 2,
          class: i % 2 ? "gl-base gl-odd" : "gl-base",
        }),
      ),
      axis(X, 146, [0, 32, 64, 96, 128], { name: "position (cells)" }),
    ];
  },
  says(values) {
    const groups = groupsOf(/** @type {any} */ (values));
    const by =
      `${number(values.width, 1)} cells wide, ε = ${number(values.epsilon, 2)}, new centre by ` +
      `${NAMES[values.merge]}`;
    if (!groups.length) return `${by}: no two kernels merge.`;
    const most = groups.reduce((a, b) => (b.members.length > a.members.length ? b : a));
    const strays = groups.reduce((sum, one) => sum + one.strays.length, 0);
    return (
      `${by}: ${plural(groups.length, "group")}; the largest has ${most.members.length} members and is ` +
      `${number(most.width, 1)} cells wide. ${plural(strays, "member")} outside of their group` +
      `${strays ? " (short strokes)" : ""}.`
    );
  },
  equations: ({ width, epsilon }) => [
    element("p", { class: "gl-legend", text: "Two single neighbours, one cell apart:" }),
    overlapEquation(width, compared(0, width, CELLS, epsilon)),
  ],
  questions: [
    {
      id: "endless",
      predict: true,
      ask: "128 kernels, each 3 cells wide; ε = 0.39. The new centre is the paper's, the mean of the two. What comes out?",
      choices: () => ["groups of three", "pairs", "one group of all 128"],
      answer: () => [3, 2, CELLS].indexOf(threeWide("paper", 0.39)[0].members.length),
      hint: () =>
        "Think of the last question: with each merge the centre moves towards the newest member.",
      because: () => {
        const [{ members, width }] = threeWide("paper", 0.39);
        return (
          `One, of ${members.length} members: it never stops. The group moves along with its newest member ` +
          `and stays ${number(width, 1)} cells wide, so the next kernel always overlaps enough.`
        );
      },
    },
    asked(0.39),
    asked(0.4),
    asked(0.5),
    {
      id: "strays",
      ask: "ε = 0.39 by the paper: how many of the 128 members have their centre outside of the group that they are in?",
      answer: () => threeWide("paper", 0.39)[0].strays.length,
      hint: () =>
        "Set ε and the centre as asked, and read the sentence, or count the short strokes.",
      because: (answer) =>
        `${answer} of 128: the group stands for the last few cells only. With unions a group always holds ` +
        "its members. That is our reading R5; it is a setting.",
    },
  ],
};
