// Lesson 5: the network from clips to the last anchor layer; a layer can be opened (Figure 2, Table 1).

import { number } from "../state/text.js";
import { element } from "../view/element.js";
import { axis, handle, label, pressable, scale, svg } from "./picture.js";

/**
 * @typedef {{name: string, stride: number, channels: number, cells: number, field: number,
 *   weights: number, pooled?: number, heads?: [number, number, number]}} Stage
 * @typedef {{window: number, seconds: number, stages: Stage[]}} Network
 * @typedef {{networks: Record<string, Network>}} Data
 * @typedef {Record<string, any>} Values
 */

const WIDTH = 380;
const [ROW, TOP] = [23, 30];
const [LEFT, RIGHT] = [72, WIDTH - 14];

/** A number with its thousands apart. @param {number} value */
const whole = (value) => value.toLocaleString("en-US");

/** @param {Values} values @param {Data} data */
function shown({ net, row }, { networks }) {
  const { window, seconds, stages } = networks[net];
  const at = Math.min(stages.length - 1, Math.max(0, Math.round(row) - 1));
  return { window, seconds, stages, at, stage: stages[at] };
}

/** How small the example run is beside it. @param {Data} data */
function exampleSays({ networks }) {
  const [paper, small] = [networks.paper, networks.example].map(({ stages }) =>
    stages.reduce((sum, { weights }) => sum + weights, 0),
  );
  return `All stages of the example run together have ${number((100 * small) / paper, 1)} % of the paper's weights.`;
}

/** @param {Data} data @param {number} layer */
const paperLayer = (data, layer) => data.networks.paper.stages[layer + 2];

/** @type {import("./part.js").Part} */
export const network = {
  title: "From 512 clips to one cell",
  values: { net: "paper", row: 1, clip: 200 },
  controls: [
    {
      name: "net",
      label: "Network:",
      choices: [
        ["paper", "the paper's"],
        ["example", "the example run's"],
      ],
    },
    {
      name: "row",
      label: "Open step",
      unit: "of 11",
      min: 1,
      max: 11,
      step: 1,
    },
    { name: "clip", label: "A place in time: clip", min: 0, max: 511, step: 1 },
  ],
  size: [WIDTH, TOP + 12 * ROW + 44],
  draw(picture, values, data, set) {
    const { window, stages, at } = shown(values, data);
    const x = scale(0, window, LEFT, RIGHT);
    const clips = { name: "clips", cells: window };
    const floor = TOP + (stages.length + 1) * ROW;
    return [
      ...mapRow(x, window, clips, TOP, values.clip),
      ...stages.map((stage, i) =>
        pressable(
          svg(
            "g",
            { class: i === at ? "gl-open" : "" },
            ...mapRow(x, window, stage, TOP + (i + 1) * ROW, values.clip),
          ),
          {
            key: stage.name,
            name: `${stage.name}, ${stage.cells} cells`,
            role: "radio",
            on: i === at,
            press: () => set({ row: i + 1 }),
          },
        ),
      ),
      svg("line", {
        x1: x(values.clip + 0.5),
        x2: x(values.clip + 0.5),
        y1: 14,
        y2: floor,
        class: "gl-now",
      }),
      handle(picture, {
        key: "clip",
        name: "A place in time",
        x: x(values.clip + 0.5),
        y: 14,
        value: values.clip,
        min: 0,
        max: window - 1,
        step: 1,
        text: `clip ${values.clip}`,
        to: (value) => set({ clip: Math.round(value) }),
        valueAt: (place) => x.of(place.x),
      }),
      axis(x, floor, [0, 128, 256, 384, 512], { name: "time (clips)" }),
    ];
  },
  says(values, data) {
    const { window, seconds, stage } = shown(values, data);
    const clips = window / stage.cells;
    const long = (/** @type {number} */ count) =>
      `${whole(count)} ${count === 1 ? "clip" : "clips"} (${number(count * seconds, 1)} s)`;
    const cell = Math.floor(values.clip / clips);
    return (
      `${stage.name}: stride ${stage.stride}, ${whole(stage.channels)} channels, ` +
      `${stage.cells} ${stage.cells === 1 ? "cell" : "cells"}. Clip ${values.clip} lies in cell ${cell}, ` +
      `which stands for ${long(clips)} and can see ${long(stage.field)}.`
    );
  },
  equations: (values, data) => [inside(shown(values, data).stage)],
  questions: [
    {
      id: "last",
      predict: true,
      ask: "A window has 512 clips. pool1 halves the length, and each of the eight anchor layers halves it again. How many cells has the last one?",
      choices: () => ["1", "8", "64"],
      answer: (_, data) => ["1", "8", "64"].indexOf(String(paperLayer(data, 8).cells)),
      hint: () => "512 halved once, and then eight times.",
      because: (_, __, data) =>
        `${paperLayer(data, 8).cells}: 512 / 2⁹. It stands for the whole window.`,
    },
    {
      id: "kernels",
      ask: "One kernel is learned for each cell of each anchor layer. How many is that in the paper's network, for one window?",
      answer: (_, data) =>
        data.networks.paper.stages
          .slice(3)
          .reduce((/** @type {number} */ sum, /** @type {Stage} */ { cells }) => sum + cells, 0),
      hint: (given, answer) =>
        given > answer
          ? "Too many: conv1, conv2 and pool1 have no kernels, and the three ratios do not count here."
          : "Too few: 128 and 64 and 32 and so on, down to 1.",
      because: (answer) =>
        `${answer}; with three scale ratios each, ${3 * answer} proposals, before any have merged.`,
    },
    {
      id: "field",
      ask: "A cell of conv_a3 sees three neighbouring cells of conv_a2. Each of these sees 19 clips, and they lie 8 clips apart. How many clips does it see?",
      unit: "clips",
      answer: (_, data) => paperLayer(data, 3).field,
      hint: (given) =>
        given === 57
          ? "57 is three times 19: but what they see overlaps."
          : "The first one's 19 clips, then 8 more for the second, and 8 more for the third.",
      because: (answer, _, data) =>
        `${answer} = 19 + 2 · 8, as in Table 1. Each layer doubles the step: ${paperLayer(data, 8).field} at the end.`,
    },
    {
      id: "weights",
      ask: "How many times as many weights as conv_a1 has conv_a8 in the paper's network?",
      unit: "times",
      answer: (_, data) => paperLayer(data, 8).weights / paperLayer(data, 1).weights,
      tolerance: 0.5,
      hint: () => "Open both. The table under the picture counts them.",
      because: (answer, _, data) =>
        `${number(answer, 0)} times: ${whole(paperLayer(data, 8).weights)}, for a map of a single cell. ` +
        exampleSays(data),
    },
  ],
};

/**
 * A map: its cells side by side, the one that holds the clip marked.
 *
 * @param {ReturnType<typeof scale>} x @param {number} window @param {{name: string, cells: number}} map
 * @param {number} y @param {number} clip
 */
function mapRow(x, window, { name, cells }, y, clip) {
  const clips = window / cells;
  const here = Math.floor(clip / clips);
  const borders = cells > 64 ? [] : Array.from({ length: cells - 1 }, (_, i) => x((i + 1) * clips));
  return [
    label(4, y + 12, name),
    svg("rect", {
      x: x.left,
      width: x.right - x.left,
      y: y + 1,
      height: 15,
      rx: 2,
      class: "gl-map",
    }),
    svg("rect", {
      x: x(here * clips),
      width: Math.max(1.5, x(clips) - x(0)),
      y: y + 1,
      height: 15,
      class: "gl-base",
    }),
    svg("path", { d: borders.map((at) => `M${at} ${y + 1}v15`).join(""), class: "gl-border" }),
  ];
}

/** What is in a layer. @param {Stage} stage */
function inside({ name, stride, channels, cells, weights, pooled, heads }) {
  /** @type {[string, string, string][]} */
  const rows = [
    [name, stride === 1 ? "every cell" : "every second cell", `${whole(channels)} × ${cells}`],
  ];
  if (pooled && heads) {
    const [classes, offsets, overlap] = heads;
    rows.push(
      ["σ", "a width for each cell (Eq. 1, 2)", `1 × ${cells}`],
      ["grouping", "neighbours that overlap (Algorithm 1)", "mixed kernels"],
      ["pooling", "features under each kernel (Eq. 4)", `${whole(pooled)} a kernel`],
      ["classes", "scores, 3 ratios, with background", `${classes} a kernel`],
      ["offsets", "of centre and width (Eq. 5)", `${offsets} a kernel`],
      ["overlap", "how well it fits (Eq. 9)", `${overlap} a kernel`],
    );
  }
  return element(
    "table",
    { class: "gl-table gl-inside" },
    element("caption", {
      text: `Inside; ${name} learns ${weights ? `${whole(weights)} weights` : "nothing"}`,
    }),
    ...rows.map(([head, what, size]) =>
      element(
        "tr",
        {},
        element("th", { scope: "row", text: head }),
        element("td", { text: what }),
        element("td", { text: size }),
      ),
    ),
  );
}
