// Lesson 5, second part: what a cell sees, on the time axis; measured by gradient in Python (R16).

import { number } from "../state/text.js";
import { equation, fraction, text } from "./equation.js";
import { film } from "./film.js";
import { axis, curve, handle, label, scale, svg } from "./picture.js";

/**
 * @typedef {{cells: number, clips: number, first: number, weights: number[]}} Layer clips that a cell
 *   stands for; the first clip that it sees, from its own first one; how much each from there on counts
 * @typedef {{window: number, seconds: number, layers: Layer[]}} Data
 * @typedef {Record<string, any>} Values
 */

const [WIDTH, HEIGHT] = [380, 270];
const [LEFT, RIGHT] = [14, WIDTH - 14];
const [STRIP, FLOOR] = [44, 214];

/** Where things lie, in clips. @param {Values} values @param {Data} data */
function placesOf({ layer, clip }, data) {
  const { cells, clips, first, weights } = data.layers[Math.round(layer) - 1];
  const cell = Math.min(cells - 1, Math.floor(clip / clips));
  const start = cell * clips;
  const sees = start + first;
  return {
    cell,
    clips,
    weights,
    start,
    sees,
    middle: start + clips / 2,
    centre: sees + weights.length / 2,
  };
}

/**
 * The film at the place in time: its clock is the clip.
 *
 * @param {import("./part.js").PartStore} store @param {(values: Record<string, any>) => void} set
 */
function filmOfPlace(store, set) {
  const { start, seconds, window } = store.state.data;
  const clock = {
    ...store,
    /** @returns {any} */
    get state() {
      return { ...store.state, values: { now: start + store.state.values.clip * seconds } };
    },
  };
  return film(/** @type {any} */ (clock), ({ now }) =>
    set({ clip: Math.max(0, Math.min(window - 1, Math.round((now - start) / seconds))) }),
  );
}

/** Cells that the centre lies left of the middle. @param {Data} data @param {number} layer */
function leftOf(data, layer) {
  const { clips, middle, centre } = placesOf({ layer, clip: 0 }, data);
  return (middle - centre) / clips;
}

/** @param {number} layer @returns {import("./judge.js").Question} */
const asked = (layer) => ({
  id: `left${layer}`,
  ask: `Layer ${layer}: how far left of its cell's middle is the centre of what the cell sees?`,
  unit: "cells",
  answer: (_, data) => leftOf(data, layer),
  tolerance: 0.01,
  hint(given, answer, _, data) {
    const { clips } = data.layers[layer - 1];
    return Math.abs(given - answer * clips) < 0.51
      ? `That is in clips. A cell of this layer has ${clips}.`
      : `Choose layer ${layer} and read both places; their distance, divided by the clips of a cell.`;
  },
  because: (answer, _, data) =>
    `${number(answer, 3)} cells, ${number(answer * data.layers[layer - 1].clips, 1)} clips. ` +
    (layer === 1
      ? "Each halving keeps the even places, counted from 0: the left one of two."
      : `Layer by layer it grows, from ${number(leftOf(data, 1), 2)} cells in the first to this: what is seen ` +
        "lies, on average, earlier than the kernel's centre."),
});

/** @type {import("./part.js").Part} */
export const receptive = {
  title: "What a cell sees",
  values: { layer: 2, clip: 200 },
  controls: [
    {
      name: "layer",
      label: "Layer:",
      choices: [1, 2, 3, 4, 5, 6, 7, 8].map((layer) => [layer, String(layer)]),
    },
    { name: "clip", label: "A place in time: clip", min: 0, max: 511, step: 1 },
  ],
  size: [WIDTH, HEIGHT],
  above: filmOfPlace,
  draw(picture, values, data, set) {
    const { start, sees, clips, weights, middle, centre } = placesOf(values, data);
    const x = scale(0, data.window, LEFT, RIGHT);
    const near = scale(sees - 0.06 * weights.length, sees + 1.06 * weights.length, LEFT, RIGHT);
    const seen = [Math.max(0, sees), Math.min(data.window, sees + weights.length)];
    const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(sees + part * weights.length));
    return [
      label(LEFT, 14, "the window: what the cell sees, and the cell"),
      svg("rect", {
        x: x.left,
        width: x.right - x.left,
        y: STRIP - 8,
        height: 16,
        rx: 3,
        class: "gl-map",
      }),
      box(x, seen[0], seen[1], STRIP - 8, 16, "gl-seen"),
      box(x, start, start + clips, STRIP - 4, 8, "gl-base"),
      handle(picture, {
        key: "clip",
        name: "A place in time",
        x: x(values.clip + 0.5),
        y: STRIP - 17, // above it: what a cell of the first layers sees would not be seen
        value: values.clip,
        min: 0,
        max: data.window - 1,
        step: 1,
        text: `clip ${values.clip}`,
        to: (value) => set({ clip: Math.round(value) }),
        valueAt: (place) => x.of(place.x),
      }),
      label(LEFT, 82, "how much each clip counts (its gradient)"),
      svg("path", {
        d: `M${x(seen[0])} 53L${near(sees)} 68H${near(sees + weights.length)}L${x(seen[1])} 53`,
        class: "gl-zoom",
      }),
      profile(near, sees, weights),
      box(near, start, start + clips, FLOOR + 1, 9, "gl-base"),
      svg("line", {
        x1: x(values.clip + 0.5),
        x2: x(values.clip + 0.5),
        y1: STRIP - 9,
        y2: STRIP + 9,
        class: "gl-now",
      }),
      ...mark(near, middle, "cell's middle", 98, "start", "gl-now"),
      ...mark(near, centre, "centre of what it sees", 98, "end", "gl-now gl-dotted"),
      axis(near, FLOOR + 14, ticks, { name: "clips", tell: (clip) => number(clip, 0) }),
    ];
  },
  says(values, data) {
    const { cell, start, clips, sees, weights } = placesOf(values, data);
    const end = sees + weights.length;
    const cut = sees < 0 || end > data.window;
    return (
      `Layer ${values.layer}, cell ${cell} stands for clips ${start} to ${start + clips - 1} ` +
      `(${number(clips * data.seconds, 1)} s) and sees ${weights.length} clips, ${String(sees).replace("-", "−")} to ${end - 1}` +
      `${cut ? "; beyond the window there is only padding" : ""}.`
    );
  },
  equations(values, data) {
    const { middle, centre, clips } = placesOf(values, data);
    return [
      equation(
        text("shift"),
        "=",
        fraction([text("middle\u00a0"), "-", text("\u00a0centre")], text("clips of a cell")),
      ),
      equation(
        text("shift"),
        "=",
        fraction([number(middle, 1), "-", number(centre, 1)], clips),
        "=",
        text("?"),
      ),
    ];
  },
  questions: [
    {
      id: "sees",
      predict: true,
      ask: "A cell of layer 1 stands for 4 clips. How many clips can change its feature?",
      choices: (_, data) => ["4", "7", String(data.layers[0].weights.length)],
      answer: () => 2, // the choices are made so
      hint: () => "conv1, conv2, pool1 and conv_a1 each look at a neighbour on both sides.",
      because: (_, __, data) =>
        `${data.layers[0].weights.length}: 3 by conv1, 5 by conv2, 7 by pool1; and conv_a1 takes three of those, 2 clips apart.`,
    },
    asked(1),
    asked(8),
    {
      id: "whole",
      ask: "From which layer on is what a cell sees longer than the whole window?",
      answer: (_, data) =>
        1 +
        data.layers.findIndex((/** @type {Layer} */ { weights }) => weights.length > data.window),
      hint: (given, _, __, data) => {
        const layer = data.layers[Math.round(given) - 1];
        return layer
          ? `In layer ${Math.round(given)} a cell sees ${layer.weights.length} clips; the window has ${data.window}.`
          : "The layers are 1 to 8.";
      },
      because: (answer, _, data) =>
        `Layer ${answer}: ${data.layers[answer - 1].weights.length} clips against ${data.window}. The rest is padding.`,
    },
  ],
};

/**
 * @param {ReturnType<typeof scale>} x @param {number} from @param {number} to @param {number} y
 * @param {number} height @param {string} role
 */
const box = (x, from, to, y, height, role) =>
  svg("rect", { x: x(from), width: Math.max(1.5, x(to) - x(from)), y, height, class: role });

/** Steps, one a clip. @param {ReturnType<typeof scale>} x @param {number} sees @param {number[]} weights */
function profile(x, sees, weights) {
  const y = scale(0, Math.max(...weights), FLOOR, 108);
  /** @type {[number, number][]} */
  const points = [
    [x(sees), FLOOR],
    ...weights.flatMap(
      (weight, i) =>
        /** @type {[number, number][]} */ ([
          [x(sees + i), y(weight)],
          [x(sees + i + 1), y(weight)],
        ]),
    ),
    [x(sees + weights.length), FLOOR],
  ];
  return curve(points, { class: "gl-profile", fill: undefined });
}

/**
 * @param {ReturnType<typeof scale>} x @param {number} at @param {string} name @param {number} y
 * @param {string} anchor @param {string} role
 */
const mark = (x, at, name, y, anchor, role) => [
  svg("line", { x1: x(at), x2: x(at), y1: y - 8, y2: FLOOR + 10, class: role }),
  label(x(at) + (anchor === "start" ? 4 : -4), y, name, { "text-anchor": anchor }),
];
