// Lesson 6, first part: which kernels learn to be an action and which to be background (Section 3.5), by
// the reader's own thresholds.

import { tiou } from "../state/scene.js";
import { number, plural } from "../state/text.js";
import { axis, label, scale, svg } from "./picture.js";

/** @typedef {{label: string, start: number, end: number}} Truth in seconds */
/** @typedef {{truth: Truth[], from: number, to: number, cells: number[], ratios: number[]}} Data */
/** @typedef {{start: number, end: number, layer: number, iou: number, truth: number, state: number}} Proposal */

const [WIDTH, HEIGHT] = [460, 354];
const [LEFT, RIGHT, TOP] = [52, 450, 48];
const LANE = 62;
const NAMES = ["background", "left out", "foreground"];

/**
 * All proposals: a cell's kernel at each ratio, with the closest action.
 *
 * @param {{foreground: number, background: number, width: number}} values width in cells
 * @param {Data} data @returns {Proposal[]}
 */
export function assigned({ foreground, background, width }, { truth, from, to, cells, ratios }) {
  return cells.flatMap((count, layer) =>
    Array.from({ length: count * ratios.length }, (_, i) => {
      const cell = (to - from) / count;
      const center = from + (Math.floor(i / ratios.length) + 0.5) * cell;
      const half = (width * cell * ratios[i % ratios.length]) / 2;
      const [start, end] = [center - half, center + half];
      const overlaps = truth.map((one) => tiou(start, end, one.start, one.end));
      const iou = Math.max(...overlaps);
      const state = iou > foreground ? 1 : iou < background ? -1 : 0;
      return { start, end, layer, iou, truth: overlaps.indexOf(iou), state };
    }),
  );
}

/** Actions that no foreground proposal learns. @param {any} values @param {Data} data */
function unmatched(values, data) {
  const found = assigned(values, data).filter(({ state }) => state === 1);
  return data.truth.filter((_, i) => !found.some(({ truth }) => truth === i));
}

/** The highest tIoU of any proposal with each action. @param {any} values @param {Data} data */
const bestOf = (values, data) =>
  data.truth.map((_, i) =>
    Math.max(...assigned(values, data).map(({ truth, iou }) => (truth === i ? iou : 0))),
  );

const START = { foreground: 0.6, background: 0.3, width: 1.5 };

/** @param {number} x1 @param {number} x2 @param {number} y @param {number} state */
const proposal = (x1, x2, y, state) =>
  svg("line", { x1, x2, y1: y, y2: y, class: `gl-proposal gl-state${state + 1}` });

/** What the lines mean. */
const legend = () =>
  [1, 0, -1].flatMap((state, i) => {
    const left = LEFT + 120 * i;
    return [proposal(left, left + 24, 8, state), label(left + 30, 12, NAMES[state + 1])];
  });

/** @type {import("./part.js").Part} */
export const assignment = {
  title: "Who learns what",
  values: { ...START },
  controls: [
    {
      name: "foreground",
      label: "Foreground above",
      unit: "tIoU",
      min: 0.3,
      max: 0.95,
      step: 0.01,
    },
    { name: "background", label: "Background below", unit: "tIoU", min: 0, max: 0.5, step: 0.01 },
    {
      name: "width",
      label: "Width of the kernels, 2σ",
      unit: "cells",
      min: 0.5,
      max: 4,
      step: 0.05,
    },
  ],
  size: [WIDTH, HEIGHT],
  draw(_, values, /** @type {Data} */ data) {
    const x = scale(data.from, data.to, LEFT, RIGHT);
    const bottom = TOP + LANE * data.cells.length;
    const found = assigned(values, data);
    return [
      ...legend(),
      ...data.truth.flatMap((one) => [
        svg("rect", {
          x: x(one.start),
          width: x(one.end) - x(one.start),
          y: TOP - 8,
          height: bottom - TOP + 8,
          class: "gl-truth",
        }),
        label((x(one.start) + x(one.end)) / 2, TOP - 12, one.label, { "text-anchor": "middle" }),
      ]),
      ...data.cells.map((_, layer) => label(4, TOP + LANE * (layer + 0.5), `layer ${layer + 1}`)),
      ...found
        .map(({ start, end, layer, state }, i) => {
          const row = i % data.ratios.length;
          const step = Math.floor(i / data.ratios.length) % 2; // neighbours overlap
          const y = TOP + LANE * layer + 5 + row * 18 + step * 8;
          return {
            state,
            line: proposal(Math.max(LEFT, x(start)), Math.min(RIGHT, x(end)), y, state),
          };
        })
        .sort((a, b) => a.state - b.state) // foreground hides the others, not they it
        .map(({ line }) => line),
      axis(x, bottom + 6, [1, 5, 10, 15, 20], { name: "seconds" }),
    ];
  },
  says(values, data) {
    const counts = [0, 0, 0];
    for (const { state } of assigned(values, data)) counts[state + 1]++;
    const missing = unmatched(values, data);
    const told = NAMES.map((name, i) => `${counts[i]} ${name}`)
      .reverse()
      .join(", ");
    return (
      `${counts[0] + counts[1] + counts[2]} proposals: ${told}. ` +
      (missing.length
        ? `No foreground for ${missing.map((one) => one.label).join(", ")}: nobody learns ${missing.length > 1 ? "them" : "it"}.`
        : "Every action has foreground.")
    );
  },
  questions: [
    {
      id: "strict",
      predict: true,
      ask:
        "A proposal learns to be an action if it overlaps one by more than a threshold. The threshold is " +
        "raised. What becomes of the actions that no proposal learns?",
      choices: () => ["they become fewer", "their number stays", "they become more, or stay"],
      answer: (_, data) =>
        unmatched({ ...START, foreground: 0.9 }, data).length >
        unmatched({ ...START, foreground: 0.5 }, data).length
          ? 2
          : 1,
      hint: () => "The higher the threshold, the fewer proposals pass it.",
      because: () =>
        "Fewer proposals pass, and an action for which none passes is learned by nobody; the network is " +
        "even taught to call it background where overlap is small.",
    },
    {
      id: "paper",
      ask: "With kernels 1.5 cells wide: of how many actions is there no foreground at the paper's threshold, 0.8?",
      answer: (_, data) => unmatched({ ...START, foreground: 0.8 }, data).length,
      tolerance: 0,
      hint: (given, answer) =>
        `Not ${number(given, 0)}: ${given < answer ? "more" : "fewer"}. Set 0.80 and read the last sentence.`,
      because: (answer, _, data) =>
        `Of ${plural(answer, "action")} of ${data.truth.length}. Widths are learned, but only where there is ` +
        "foreground to begin with. The paper does not say what it does about this. GTAN has a setting, which is " +
        "off here: with it each action also has its best proposal as foreground, however small the overlap.",
    },
    {
      id: "highest",
      ask: "With kernels 1.5 cells wide: up to which threshold does every action have foreground?",
      unit: "tIoU",
      answer: (_, data) => Math.min(...bestOf(START, data)),
      tolerance: 0.015,
      hint: (given, _, __, data) => {
        const missing = unmatched({ ...START, foreground: given }, data);
        return missing.length
          ? `At ${number(given, 2)} ${missing.map((one) => one.label).join(", ")} has none.`
          : `At ${number(given, 2)} all have some; go higher.`;
      },
      because: (answer, _, data) => {
        const worst = data.truth[bestOf(START, data).indexOf(answer)];
        return `${number(answer, 3)}: that is the best tIoU of any proposal with “${worst.label}”.`;
      },
    },
  ],
};
