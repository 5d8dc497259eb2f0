// Lesson 6, second part: eight recorded trainings. The reader chooses threshold, unit and gradient, and goes
// through the steps; sigmas and the foreground move.

import { fromBase64 } from "../model/host.js";
import { number, plural } from "../state/text.js";
import { equation, sub } from "./equation.js";
import { axis, curve, handle, label, scale, svg } from "./picture.js";

/**
 * @typedef {object} Run
 * @property {number} foreground @property {string} unit @property {string} gradient
 * @property {number[]} loss at each step @property {number[]} classification @property {number[]} localization
 * @property {number[]} overlap @property {number[]} rest
 * @property {number[]} unmatched actions without foreground
 * @property {string} sigmas base64, 8 bits of the ceiling, before each step and after the last
 * @property {string} states base64, of cells, plus 2
 */
/**
 * @typedef {{truth: {label: string, start: number, end: number}[], from: number, to: number, cells: number[],
 *   ceiling: number, steps: number, runs: Run[]}} Data
 */

const [WIDTH, HEIGHT] = [460, 400];
const [LEFT, RIGHT, TOP] = [52, 448, 12];
const LOSS_FLOOR = 92;
const LANES = 150;
const LANE = 48;

/** @type {WeakMap<Run, {sigmas: Uint8Array, states: Uint8Array}>} */
const decoded = new WeakMap();

/** @param {Run} run */
function bytesOf(run) {
  let found = decoded.get(run);
  if (!found) {
    found = { sigmas: fromBase64(run.sigmas), states: fromBase64(run.states) };
    decoded.set(run, found);
  }
  return found;
}

/** @param {Data} data @param {any} values @returns {Run} */
const runOf = ({ runs }, { foreground, unit, gradient }) =>
  runs.find(
    (one) => one.foreground === foreground && one.unit === unit && one.gradient === gradient,
  ) ?? runs[0];

/**
 * Cells of a layer before `step` (from 1): sigma in cells, and state.
 *
 * @param {Data} data @param {Run} run @param {number} layer from 0 @param {number} step
 */
function cellsAt({ cells, ceiling }, run, layer, step) {
  const all = cells.reduce((a, b) => a + b, 0);
  const first = (step - 1) * all + cells.slice(0, layer).reduce((a, b) => a + b, 0);
  const { sigmas, states } = bytesOf(run);
  return Array.from({ length: cells[layer] }, (_, i) => ({
    sigma: (sigmas[first + i] / 255) * ceiling,
    state: states[first + i] - 2,
  }));
}

/** Median sigma of a layer's foreground; null without. @param {Data} data @param {Run} run @param {number} layer @param {number} step */
function foregroundSigma(data, run, layer, step) {
  const sigmas = cellsAt(data, run, layer, step)
    .filter(({ state }) => state === 1)
    .map(({ sigma }) => sigma)
    .sort((a, b) => a - b);
  if (!sigmas.length) return null;
  return (sigmas[(sigmas.length - 1) >> 1] + sigmas[sigmas.length >> 1]) / 2;
}

/** The layer whose foreground has widened most, from 0; -1 if none has. @param {Data} data @param {Run} run */
function widest(data, run) {
  const grown = data.cells.map((_, layer) => {
    const [first, last] = [1, data.steps + 1].map((step) =>
      foregroundSigma(data, run, layer, step),
    );
    return first && last ? last / first : 0;
  });
  const most = Math.max(...grown);
  return most > 1 ? grown.indexOf(most) : -1;
}

/** The step, from 1, whose loss is the largest multiple of that before. @param {Run} run */
export function jumpOf({ loss }) {
  let best = 1;
  for (let i = 1; i < loss.length; i++)
    if (loss[i] / loss[i - 1] > loss[best] / loss[best - 1]) best = i;
  return best + 1;
}

/** Cells that are foreground at a step and were not at the one before. @param {Data} data @param {Run} run @param {number} step */
function newForeground(data, run, step) {
  return data.cells.flatMap((_, layer) => {
    const before = cellsAt(data, run, layer, Math.max(1, step - 1));
    return cellsAt(data, run, layer, step)
      .map(({ state }, cell) => ({ layer, cell, isNew: state === 1 && before[cell].state !== 1 }))
      .filter(({ isNew }) => isNew);
  });
}

/** @param {Data} data */
const layersOf = ({ cells }) => cells.map((_, layer) => layer);

/** @param {Data} data @param {Run} run @param {number} layer @returns {(?number)[]} its first and last */
const ends = (data, run, layer) =>
  [1, data.steps + 1].map((step) => foregroundSigma(data, run, layer, step));

/** Which run the questions are about: as the part begins. @param {Data} data */
const asked = ({ runs }) => runs[0];

/** @type {import("./part.js").Part} */
export const learning = {
  title: "A hundred steps",
  values: { step: 1, foreground: 0.6, unit: "truth", gradient: "flow" },
  controls: [
    { name: "step", label: "Step", min: 1, max: 100, step: 1 },
    {
      name: "foreground",
      label: "Foreground above",
      choices: [
        [0.6, "0.6"],
        [0.5, "0.5"],
      ],
    },
    {
      name: "unit",
      label: "Unit of Eq. 8",
      choices: [
        ["truth", "the action's length"],
        ["cell", "a cell"],
      ],
    },
    {
      name: "gradient",
      label: "L_loc reaches σ",
      choices: [
        ["flow", "yes"],
        ["stop", "no"],
      ],
    },
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, values, data, set) {
    const run = runOf(data, values);
    return [...lossCurve(picture, values, run, set), ...lanes(values, data, run)];
  },
  says(values, data) {
    const run = runOf(data, values);
    const at = values.step - 1;
    const sigmas = layersOf(data).map((layer) => {
      const sigma = foregroundSigma(data, run, layer, values.step);
      return `${layer + 1}: ${sigma === null ? "none" : number(sigma, 2)}`;
    });
    const fresh = newForeground(data, run, values.step);
    return (
      `Step ${values.step}: loss ${number(run.loss[at], 3)}. Foreground's σ by layer, in cells: ` +
      `${sigmas.join("; ")}. ${plural(run.unmatched[at], "action")} without foreground. ` +
      (fresh.length
        ? `New in the foreground: ${fresh.map(({ layer, cell }) => `layer ${layer + 1}, cell ${cell}`).join("; ")}.`
        : "")
    );
  },
  equations(values, data) {
    const run = runOf(data, values);
    const at = values.step - 1;
    return [
      equation(
        "L",
        "=",
        sub("L", "cls"),
        "+",
        "β",
        sub("L", "loc"),
        "+",
        "γ",
        sub("L", "ov"),
        "+",
        "δ",
        sub("L", "rest"),
      ),
      equation(
        number(run.loss[at], 3),
        "=",
        number(run.classification[at], 3),
        "+",
        4,
        "·",
        number(run.localization[at], 4),
        "+",
        10,
        "·",
        number(run.overlap[at], 4),
        "+",
        "0.1",
        "·",
        number(run.rest[at], 2),
      ),
    ];
  },
  questions: [
    {
      id: "bigger",
      predict: true,
      ask:
        "All kernels begin equally wide, 1.5 cells. One action lasts eight seconds, the others one or two. After " +
        "a hundred steps, how wide are the kernels that stand on actions?",
      choices: () => ["all wider", "all narrower", "some wider, others narrower"],
      answer(_, data) {
        const changes = layersOf(data)
          .map((layer) => ends(data, asked(data), layer))
          .filter(([first, last]) => first && last)
          .map(([first, last]) => Math.sign((last ?? 0) - (first ?? 0)));
        return changes.every((one) => one > 0) ? 0 : changes.every((one) => one < 0) ? 1 : 2;
      },
      hint: () => "Each is drawn to the length of its own action, in cells of its own layer.",
      because: () =>
        "A kernel shorter than its action is pulled wider by Eq. 8, a longer one narrower, if the gradient " +
        "reaches σ. Now look which is which.",
    },
    {
      id: "widens",
      ask: "Foreground above 0.6, unit the action's length, L_loc reaches σ: which layer's foreground widens?",
      choices: (_, data) => layersOf(data).map((layer) => `layer ${layer + 1}`),
      answer: (_, data) => widest(data, asked(data)),
      hint(given, _, __, data) {
        const [first, last] = ends(data, asked(data), given);
        return last === null
          ? "At the end that layer has no foreground."
          : `There σ goes from ${number(first, 2)} to ${number(last, 2)} cells. Compare step 1 with step 100.`;
      },
      because(answer, _, data) {
        const run = asked(data);
        const [first, last] = ends(data, run, answer);
        return (
          `Layer ${answer + 1}: from ${number(first, 2)} to ${number(last, 2)} cells. Its cell is ` +
          `${number((data.to - data.from) / data.cells[answer], 1)} s long, and its action longer than the kernels ` +
          "that it began with."
        );
      },
    },
    {
      id: "jump",
      ask: "In the same run: at which step does the loss jump, to the largest multiple of what it was?",
      answer: (_, data) => jumpOf(asked(data)),
      tolerance: 1,
      hint: (given, answer) =>
        `Not at ${number(given, 0)}: ${given < answer ? "later" : "earlier"}. Drag the dot along the curve.`,
      because(answer, _, data) {
        const { loss } = asked(data);
        return `Step ${answer}: from ${number(loss[answer - 2], 3)} to ${number(loss[answer - 1], 3)}.`;
      },
    },
    {
      id: "why",
      ask: "What happens at that step?",
      choices: () => [
        "an action loses its last foreground kernel",
        "an action that nobody learned has a foreground kernel again",
        "the width of a kernel reaches its ceiling",
      ],
      answer(_, data) {
        const run = asked(data);
        const [before, now] = [run.unmatched[jumpOf(run) - 2], run.unmatched[jumpOf(run) - 1]];
        return now > before ? 0 : now < before ? 1 : 2;
      },
      hint: (_, __, ___, data) =>
        `Go from step ${jumpOf(asked(data)) - 1} to ${jumpOf(asked(data))}, and watch the end of the sentence.`,
      because(_, __, data) {
        const run = asked(data);
        const fresh = newForeground(data, run, jumpOf(run)).map(
          ({ layer, cell }) => `cell ${cell} of layer ${layer + 1}`,
        );
        return (
          `${fresh.join(", ")} passes the threshold: foreground that has just been taught to be background. ` +
          "The loss jumps because more is asked, not because the network got worse. A falling loss may mean " +
          "the opposite: that an action was given up."
        );
      },
    },
  ],
};

/** @param {import("./picture.js").Picture} picture @param {any} values @param {Run} run @param {(values: any) => void} set */
function lossCurve(picture, values, { loss }, set) {
  const x = scale(1, loss.length, LEFT, RIGHT);
  const y = scale(Math.log(0.01), Math.log(10), LOSS_FLOOR, TOP);
  const at = (/** @type {number} */ step) => y(Math.log(Math.max(0.01, loss[step - 1])));
  return [
    label(4, TOP + 20, "loss"),
    ...[0.01, 0.1, 1].map((tick) =>
      label(LEFT - 6, y(Math.log(tick)) + 4, String(tick), {
        "text-anchor": "end",
        class: "gl-tick",
      }),
    ),
    svg("line", {
      x1: x(values.step),
      x2: x(values.step),
      y1: TOP,
      y2: LOSS_FLOOR,
      class: "gl-zero",
    }),
    curve(
      loss.map((_, i) => [x(i + 1), at(i + 1)]),
      { class: "gl-curve" },
    ),
    axis(x, LOSS_FLOOR, [1, 25, 50, 75, 100], { name: "step" }),
    handle(picture, {
      key: "step",
      name: "Step",
      x: x(values.step),
      y: at(values.step),
      value: values.step,
      min: 1,
      max: loss.length,
      step: 1,
      text: `step ${values.step}`,
      to: (value) => set({ step: Math.round(value) }),
      valueAt: (place) => x.of(place.x),
    }),
  ];
}

/** A bar a cell, as high as its sigma. @param {any} values @param {Data} data @param {Run} run */
function lanes(values, data, run) {
  const x = scale(data.from, data.to, LEFT, RIGHT);
  const bottom = LANES + LANE * data.cells.length;
  return [
    ...data.truth.flatMap((one) => [
      svg("rect", {
        x: x(one.start),
        width: x(one.end) - x(one.start),
        y: LANES,
        height: bottom - LANES,
        class: "gl-truth",
      }),
      label((x(one.start) + x(one.end)) / 2, LANES - 4, one.label, { "text-anchor": "middle" }),
    ]),
    ...data.cells.flatMap((count, layer) => {
      const floor = LANES + LANE * (layer + 1);
      const wide = (data.to - data.from) / count; // seconds
      const height = scale(0, data.ceiling, 0, LANE - 6);
      return [
        label(4, floor - 12, `layer ${layer + 1}`),
        ...cellsAt(data, run, layer, values.step).map(({ sigma, state }, cell) =>
          state === -2
            ? ""
            : svg("rect", {
                x: x(data.from + (cell + 0.1) * wide),
                width: x(0.8 * wide) - x(0),
                y: floor - height(sigma),
                height: height(sigma),
                class: `gl-cell gl-state${state + 1}`,
              }),
        ),
      ];
    }),
    axis(x, bottom + 4, [1, 5, 10, 15, 20], {
      name: "seconds; a bar is as high as its σ, filled: foreground",
    }),
  ];
}
