// Lesson 6, second part: eight recorded trainings, and in a notebook the reader's own. The reader chooses
// threshold, unit and gradient, and goes through the steps; sigmas and the foreground move.

import { number, plural } from "../state/text.js";
import { equation, sub } from "./equation.js";
import {
  cellsAt,
  ends,
  foregroundSigma,
  jumpOf,
  layersOf,
  moreUnmatched,
  newForeground,
  runOf,
  tellActions,
  tellStep,
  tellWidest,
  widest,
} from "./learned.js";
import { livePanel } from "./live.js";
import { axis, curve, handle, label, scale, svg } from "./picture.js";

/** @typedef {import("./learned.js").Run} Run @typedef {import("./learned.js").Data} Data */

const [WIDTH, HEIGHT] = [460, 436];
const [LEFT, RIGHT, TOP] = [60, 448, 12];
const LOSS_FLOOR = 92;
const LANES = 186;
const LANE = 48;

/** Which run the questions are about: as the part begins. @param {Data} data */
const asked = ({ runs }) => runs[0];

/** The step on screen: a training that goes on has not come farther. @param {any} values @param {Run} run */
const stepOf = ({ step }, { loss }) => Math.min(step, loss.length);

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
  bring: livePanel,
  size: [WIDTH, HEIGHT],
  draw(picture, values, data, set) {
    const run = runOf(data, values);
    if (!run) return [...untrained(), ...lanes(values, data, null)];
    return [...lossCurve(picture, values, data, run, set), ...lanes(values, data, run)];
  },
  says(values, data) {
    const run = runOf(data, values);
    if (!run) return "With these choices nothing was recorded. Train it here.";
    const step = stepOf(values, run);
    const sigmas = layersOf(data).map((layer) => {
      const sigma = foregroundSigma(data, run, layer, step);
      return `${layer + 1}: ${sigma === null ? "none" : number(sigma, 2)}`;
    });
    const fresh = newForeground(data, run, step);
    return (
      `Step ${step}: loss ${number(run.loss[step - 1], 3)}. Foreground's σ by layer (half a kernel's width), in cells: ` +
      `${sigmas.join("; ")}. ${plural(run.unmatched[step - 1], "action")} without foreground. ` +
      (fresh.length
        ? `New in the foreground: ${fresh.map(({ layer, cell }) => `layer ${layer + 1}, cell ${cell}`).join("; ")}.`
        : "")
    );
  },
  equations(values, data) {
    const run = runOf(data, values);
    if (!run) return [];
    const at = stepOf(values, run) - 1;
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
        "All kernels begin equally wide: 1.5 cells, so σ is 0.75. One action lasts eight seconds, the others one " +
        "or two. The first run: foreground above 0.6, the unit is the action's length, L_loc reaches σ. After a " +
        "hundred steps, how wide are its kernels that are foreground, layer by layer?",
      choices: () => [
        "all wider",
        "all narrower",
        "some wider, others narrower",
        "none stands on an action any more",
      ],
      answer(_, data) {
        const changes = layersOf(data)
          .map((layer) => ends(data, asked(data), layer))
          .filter(([first, last]) => first && last)
          .map(([first, last]) => Math.sign((last ?? 0) - (first ?? 0)));
        if (!changes.length) return 3;
        return changes.every((one) => one > 0) ? 0 : changes.every((one) => one < 0) ? 1 : 2;
      },
      hint: () => "Each is drawn to the length of its own action, in cells of its own layer.",
      because: () =>
        "A kernel shorter than its action is pulled wider by Eq. 8, a longer one narrower, if the gradient " +
        "reaches σ. Now look which is which.",
    },
    {
      id: "widens",
      ask: "In the first run (foreground above 0.6, unit the action's length, L_loc reaches σ): which layer's foreground widens?",
      choices: (_, data) => [...layersOf(data).map((layer) => `layer ${layer + 1}`), "none"],
      answer(_, data) {
        const layer = widest(data, asked(data));
        return layer < 0 ? data.cells.length : layer;
      },
      hint(given, _, __, data) {
        if (given === data.cells.length) return "One of them does. Compare step 1 with step 100.";
        const [first, last] = ends(data, asked(data), given);
        return last === null || first === null
          ? `That layer has no foreground at the ${first === null ? "beginning" : "end"}.`
          : `There σ goes from ${number(first, 2)} to ${number(last, 2)} cells. Compare step 1 with step 100.`;
      },
      because(answer, _, data) {
        if (answer === data.cells.length) return tellWidest(data, asked(data));
        return `${tellWidest(data, asked(data))} ${tellActions(data, asked(data), answer)}`;
      },
    },
    {
      id: "jump",
      ask: "In the same run: at which step does the loss jump, to the largest multiple of what it was?",
      answer: (_, data) => jumpOf(asked(data)),
      tolerance: 0,
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
        "neither: as many actions as before have foreground",
      ],
      answer(_, data) {
        const change = moreUnmatched(asked(data), jumpOf(asked(data)));
        return change > 0 ? 0 : change < 0 ? 1 : 2;
      },
      hint: (_, __, ___, data) =>
        `Go from step ${jumpOf(asked(data)) - 1} to ${jumpOf(asked(data))}, and watch the end of the sentence.`,
      because(answer, _, data) {
        const run = asked(data);
        const more =
          answer === 1
            ? " The loss jumps because more is asked, not because the network got worse. A falling loss may " +
              "mean the opposite: that an action was given up."
            : "";
        return tellStep(data, run, jumpOf(run)) + more;
      },
    },
  ],
};

/** In the place of the curve. */
const untrained = () => [
  label((LEFT + RIGHT) / 2, (TOP + LOSS_FLOOR) / 2, "not trained yet", { "text-anchor": "middle" }),
];

/**
 * @param {import("./picture.js").Picture} picture @param {any} values @param {Data} data @param {Run} run
 * @param {(values: any) => void} set
 */
function lossCurve(picture, values, data, run, set) {
  const { loss } = run;
  const step = stepOf(values, run);
  const x = scale(1, data.steps, LEFT, RIGHT);
  const y = scale(Math.log(0.01), Math.log(10), LOSS_FLOOR, TOP);
  const high = (/** @type {number} */ one) => y(Math.log(Math.min(10, Math.max(0.01, one))));
  /** @param {number[]} losses @param {string} kind */
  const line = (losses, kind) =>
    curve(
      losses.map((one, i) => [x(i + 1), high(one)]),
      { class: kind },
    );
  return [
    label(4, TOP + 20, "loss"),
    ...[0.01, 0.1, 1].map((tick) =>
      label(LEFT - 6, y(Math.log(tick)) + 4, String(tick), {
        "text-anchor": "end",
        class: "gl-tick",
      }),
    ),
    svg("line", { x1: x(step), x2: x(step), y1: TOP, y2: LOSS_FLOOR, class: "gl-zero" }),
    ...(run.own
      ? [
          line(asked(data).loss, "gl-ghost"),
          label(RIGHT, TOP + 4, "yours; dashed: the first recorded one", {
            "text-anchor": "end",
            class: "gl-small",
          }),
        ]
      : []),
    line(loss, "gl-curve"),
    axis(x, LOSS_FLOOR, [1, 25, 50, 75, 100], { name: "step" }),
    handle(picture, {
      key: "step",
      name: "Step",
      x: x(step),
      y: high(loss[step - 1]),
      value: step,
      min: 1,
      max: loss.length,
      step: 1,
      text: `step ${step}`,
      to: (value) => set({ step: Math.round(value) }),
      valueAt: (place) => x.of(place.x),
    }),
  ];
}

/** A bar a cell, as high as its sigma. @param {any} values @param {Data} data @param {?Run} run */
function lanes(values, data, run) {
  const x = scale(data.from, data.to, LEFT, RIGHT);
  const bottom = LANES + LANE * data.cells.length;
  return [
    ...legend(),
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
    ...data.cells.flatMap((_, layer) => (run ? lane(values, data, run, x, layer) : [])),
    ...data.cells.map((_, layer) =>
      label(4, LANES + LANE * (layer + 1) - 12, `layer ${layer + 1}`),
    ),
    axis(x, bottom + 4, [1, 5, 10, 15, 20], { name: "seconds" }),
  ];
}

/** What the boxes mean. */
const legend = () => [
  ...["background", "left out", "foreground"].flatMap((name, i) => {
    const left = LEFT + 118 * (2 - i);
    return [
      svg("rect", { x: left, y: LANES - 50, width: 14, height: 12, class: `gl-cell gl-state${i}` }),
      label(left + 20, LANES - 40, name),
    ];
  }),
  label(LEFT, LANES - 22, "height of a cell's box: its σ; dotted: σ at first", {
    class: "gl-small",
  }),
];

/**
 * @param {any} values @param {Data} data @param {Run} run @param {ReturnType<typeof scale>} x
 * @param {number} layer
 */
function lane(values, data, run, x, layer) {
  const floor = LANES + LANE * (layer + 1);
  const wide = (data.to - data.from) / data.cells[layer]; // seconds
  const height = scale(0, data.ceiling, 0, LANE - 6);
  const first = floor - height(cellsAt(data, run, layer, 1)[0].sigma); // all are alike
  return [
    ...cellsAt(data, run, layer, stepOf(values, run)).map(({ sigma, state }, cell) =>
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
    svg("line", { x1: LEFT, x2: RIGHT, y1: first, y2: first, class: "gl-first-sigma" }),
  ];
}
