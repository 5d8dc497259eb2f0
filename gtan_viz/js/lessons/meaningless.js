// Lesson 4, third part: the mixed kernels of a recording, and which of them mean nothing.

import { number, plural, span } from "../state/text.js";
import { element } from "../view/element.js";
import { axis, curve, label, pressable, scale, svg } from "./picture.js";

/**
 * @typedef {{start: number, end: number, members: number[], state: number, iou: number[]}} Group
 *   seconds; what training makes of it (1 foreground, 0 ignored, -1 background); IoU by scale ratio
 * @typedef {{layer: number, mixed: number, foreground: number, ignored: number, background: number}} Count
 * @typedef {{widths: number[], groups: Group[]}} Layer learned widths (cells) of the window's cells
 * @typedef {{recording: string, span: [number, number], background: number, foreground: number,
 *   epsilon: number, initial: number, returns: boolean,
 *   truth: {label: string, start: number, end: number}[], steps: {step: number, layers: Layer[]}[],
 *   report: Count[]}} Data
 * @typedef {Record<string, any>} Values
 */

const [WIDTH, HEIGHT] = [380, 316];
const [GROUPS, LANE, LETTER] = [138, 20, 19]; // the first lane's middle; from lane to lane; room for a letter
const STATES = /** @type {Record<string, string>} */ ({
  "-1": "background",
  0: "ignored",
  1: "foreground",
});

/** @param {Values} values @param {Data} data @returns {Layer} */
function shown({ step, layer }, data) {
  const at = data.steps.find((one) => one.step === Number(step)) ?? data.steps[0];
  return at.layers[layer - 1];
}

/** @param {Data} data @param {number} step @param {number} layer */
const countOf = (data, step, layer) =>
  shown({ step, layer }, data).groups.filter(({ state }) => state === -1).length;

/** @param {number} at */
const letter = (at) => String.fromCharCode(65 + at);

/** Mean learned width of the cells in background groups of layer 1 at the last step. @param {Data} data */
function emptyWidth(data) {
  const { widths, groups } = shown({ step: firstAndLast(data)[1], layer: 1 }, data);
  const cells = groups.filter(({ state }) => state === -1).flatMap(({ members }) => members);
  return cells.reduce((sum, cell) => sum + widths[cell], 0) / cells.length;
}

/** Why groups on background are there: their widths, and what is to bring them back. @param {Data} data */
function widthsSay(data) {
  const [wide, merging] = [emptyWidth(data), (1 + data.epsilon) / (1 - data.epsilon)];
  return (
    `The cells of these are ${number(wide, 1)} cells wide in the mean; two equal neighbours merge above ` +
    `${number(merging, 2)}.` +
    (data.returns
      ? " gtan has an addition of its own, extension E2, that draws widths on background back to " +
        `${number(data.initial, 1)} cells, where training begins. It is on in this run; in these groups it ` +
        `${wide > merging ? "has not done so yet" : "has begun to"}.`
      : "")
  );
}

/** @param {Values} values @param {number} at */
const keyOf = ({ step, layer }, at) => `${step}.${layer}.${at}`;

/** @param {Data} data */
const firstAndLast = ({ steps }) => [steps[0].step, steps[steps.length - 1].step];

/** @type {import("./part.js").Part} */
export const meaningless = {
  title: "A recording's groups: mark those that mean nothing",
  values: { step: 0, layer: 1, marks: [], proof: "no", looked: 0 },
  begin: (data) => ({ step: data.steps[0].step }),
  controls: [
    {
      name: "step",
      label: "Training step:",
      choices: (/** @type {Data} */ { steps }) =>
        steps.map(({ step }) => [step, step.toLocaleString("en-US")]),
    },
    {
      name: "layer",
      label: "Layer:",
      choices: (/** @type {Data} */ { report }) =>
        report.map(({ layer }) => [layer, String(layer)]),
    },
    {
      name: "proof",
      label: "The run's own verdict:",
      choices: [
        ["no", "hidden"],
        ["yes", "shown"],
      ],
    },
  ],
  size: [WIDTH, HEIGHT],
  draw(_, values, data, set) {
    const x = scale(data.span[0], data.span[1], 14, WIDTH - 14);
    const layer = shown(values, data);
    const ticks = [0, 20, 40, 60, 80].filter((tick) => tick <= data.span[1]);
    const lanes = lanesOf(x, layer.groups);
    return [
      label(x.left, 14, "actions (truth)"),
      ...data.truth.map((/** @type {Data["truth"][0]} */ { label: name, start, end }) =>
        svg(
          "rect",
          {
            x: x(start),
            width: x(Math.min(end, data.span[1])) - x(start),
            y: 20,
            height: 14,
            rx: 2,
            class: "gl-truth",
          },
          svg("title", {}, `${name}, ${span({ start, end })}`),
        ),
      ),
      ...widthCurve(x, data, layer),
      label(x.left, 122, "groups of layer ".concat(String(values.layer))),
      ...layer.groups.flatMap((group, at) => groupMark(x, values, group, at, lanes[at], set)),
      ...legend(data, values.proof),
      axis(x, GROUPS + 5 * LANE, ticks, { name: "time (seconds)" }),
    ];
  },
  says(values, data) {
    const { groups } = shown(values, data);
    const where = `Step ${values.step}, layer ${values.layer}`;
    if (!groups.length) return `${where}: nothing has merged here.`;
    const marked = groups.map((_, at) => values.marks.includes(keyOf(values, at)));
    const count = marked.filter(Boolean).length;
    const told = `${where}: ${plural(groups.length, "group")}, ${count} marked.`;
    if (values.proof !== "yes") return `${told} Mark those that stand on no action.`;
    const empty = groups.map(({ state }) => state === -1);
    const right = empty.filter((is, at) => is && marked[at]).length;
    const total = empty.filter(Boolean).length;
    const wrong = count - right;
    return (
      `${told} The run calls ${total} background: you found ${right}` +
      `${wrong ? `, and marked ${plural(wrong, "other")}` : ""}.`
    );
  },
  equations(values, data) {
    if (values.proof !== "yes") return [];
    const { groups } = shown(values, data);
    const at = Math.min(values.looked, groups.length - 1);
    return [...(groups[at] ? [verdict(groups[at], at, data)] : []), table(data.report)];
  },
  questions: [
    {
      id: "count",
      ask: ({ background }) =>
        "At the first of the steps, in layer 1: how many of the groups are background, that is, have an IoU " +
        `below ${number(background, 2)} with every action, at each of their three lengths?`,
      answer: (_, data) => countOf(data, firstAndLast(data)[0], 1),
      hint(given, answer, _, data) {
        const { groups } = shown({ step: firstAndLast(data)[0], layer: 1 }, data);
        const ignored = groups.filter(({ state }) => state === 0).length;
        const spared = ignored
          ? `${plural(ignored, "group")} overlap${ignored === 1 ? "s" : ""} an action by a little more than ` +
            "that, and so the run ignores it."
          : "Some lie on an action.";
        return given > answer
          ? `Too many. ${spared} Show the verdict and press each group.`
          : "Too few: to touch an action is not enough. Show the verdict and press each group.";
      },
      because: (answer, _, data) => {
        const { groups } = shown({ step: firstAndLast(data)[0], layer: 1 }, data);
        return (
          `${answer} of ${groups.length}. No action is near enough for them to learn from it. They merged ` +
          "because their widths are large and overlap, and for no other reason."
        );
      },
    },
    {
      id: "later",
      ask: "And at the last step, in layer 1?",
      answer: (_, data) => countOf(data, firstAndLast(data)[1], 1),
      hint: () => "Choose the last step above.",
      because: (answer, _, data) => `${answer}. ${answer ? widthsSay(data) : "None is left."}`,
    },
    {
      id: "share",
      ask: "The proof is a count: of all groups of layer 1 on all test recordings, which share stands on an action (foreground)?",
      unit: "%",
      answer: (_, data) => (100 * data.report[0].foreground) / data.report[0].mixed,
      tolerance: 0.6,
      hint: () => "Show the verdict: the table under the picture counts them. Foreground over all.",
      because: (answer, _, data) => {
        const { mixed, foreground, background } = data.report[0];
        return (
          `${number(answer, 1)} %: ${foreground} of ${mixed}; ${background} are background. A picture ` +
          "of merging kernels is always exact; whether it means something, only a count tells."
        );
      },
    },
    {
      id: "layer",
      ask: "In which layer is the share of groups that stand on actions the largest?",
      choices: (_, data) => data.report.map((/** @type {Count} */ { layer }) => `layer ${layer}`),
      answer(_, data) {
        const shares = data.report.map(shareOf);
        return shares.indexOf(Math.max(...shares));
      },
      hint: () => "Divide foreground by groups, row by row.",
      because: (at, _, data) =>
        `Layer ${at + 1}, ${number(100 * shareOf(data.report[at]), 0)} %. ` +
        (at === data.report.length - 1 ? "Its cells are the longest, and merging" : "Merging") +
        " is meant for actions longer than any one kernel.",
    },
  ],
};

/** @param {Count} count */
const shareOf = ({ mixed, foreground }) => foreground / Math.max(1, mixed);

/** @param {ReturnType<typeof scale>} x @param {Data} data @param {Layer} layer */
function widthCurve(x, { span: [start, end] }, { widths }) {
  const y = scale(0, 4, 104, 56);
  const cell = (end - start) / widths.length;
  const points = widths.map(
    (width, i) => /** @type {[number, number]} */ ([x(start + (i + 0.5) * cell), y(width)]),
  );
  return [
    label(x.left, 52, "learned widths: 0 to 4 cells, dotted: 1"),
    svg("line", { x1: x.left, x2: x.right, y1: y(0), y2: y(0), class: "gl-tick" }),
    svg("line", { x1: x.left, x2: x.right, y1: y(1), y2: y(1), class: "gl-tick gl-dotted" }),
    curve(points, { class: "gl-curve gl-thin" }),
  ];
}

/**
 * Which lane each group lies in, so that none hides another; its letter stands before it.
 *
 * @param {ReturnType<typeof scale>} x @param {Group[]} groups @returns {number[]}
 */
function lanesOf(x, groups) {
  /** @type {number[]} */
  const ends = [];
  return groups.map(({ start, end }) => {
    const free = ends.findIndex((one) => one <= x(start) - LETTER);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = x(end) + 2;
    return lane;
  });
}

/**
 * @param {ReturnType<typeof scale>} x @param {Values} values @param {Group} group @param {number} at
 * @param {number} lane @param {(values: Values) => void} set
 */
function groupMark(x, values, { start, end, members, state }, at, lane, set) {
  const key = keyOf(values, at);
  const isMarked = values.marks.includes(key);
  const isProved = values.proof === "yes";
  const y = GROUPS + LANE * lane;
  const verdict = isProved ? `, ${STATES[state]}` : "";
  const mark = svg(
    "g",
    { class: `${isMarked ? "gl-marked" : ""} ${isProved ? `gl-state${state}` : ""}` },
    svg("rect", {
      x: x(start),
      width: x(end) - x(start),
      y: y - 6,
      height: 12,
      rx: 2,
      class: "gl-group",
    }),
    svg("circle", { cx: x(start) - 9, cy: y, r: 8, class: "gl-group" }),
    label(x(start) - 9, y + 4, letter(at), { "text-anchor": "middle", class: "gl-letter" }),
  );
  return [
    pressable(mark, {
      key,
      name: `Group ${letter(at)}, ${span({ start, end })}, ${members.length} members${verdict}: means nothing`,
      on: isMarked,
      press() {
        const others = values.marks.filter((/** @type {string} */ one) => one !== key);
        set({ marks: isMarked ? others : [...others, key], looked: at });
      },
    }),
  ];
}

/** What the colours mean. @param {Data} data @param {string} proof */
function legend({ foreground, background }, proof) {
  /** @param {number} x @param {number} y @param {string} kind @param {string} words */
  const item = (x, y, kind, words) =>
    svg(
      "g",
      { class: kind },
      svg("rect", { x, y: y - 10, width: 18, height: 11, rx: 2, class: "gl-group" }),
      label(x + 24, y, words),
    );
  const [first, second] = [HEIGHT - 26, HEIGHT - 8];
  return [
    item(14, first, "gl-marked", "you marked it"),
    ...(proof === "yes"
      ? [
          item(180, first, "gl-state1", `foreground: > ${number(foreground, 2)}`),
          item(14, second, "gl-state0", "ignored: between"),
          item(180, second, "gl-state-1", `background: < ${number(background, 2)}`),
        ]
      : []),
  ];
}

/** The group that was pressed last. @param {Group} group @param {number} at @param {Data} data */
function verdict({ start, end, iou, state }, at, { background, foreground }) {
  const limits = { "-1": `below ${background}`, 0: "between the two", 1: `above ${foreground}` };
  const limit = /** @type {Record<string, string>} */ (limits)[state];
  return element("p", {
    text:
      `Group ${letter(at)}, ${span({ start, end })}: its best IoU with an action is ` +
      `${number(Math.max(...iou), 2)}, ${limit}: ${STATES[state]}.`,
  });
}

/** @param {Count[]} report */
function table(report) {
  const columns = /** @type {const} */ (["layer", "mixed", "foreground", "ignored", "background"]);
  const names = ["layer", "groups", "foreground", "ignored", "background"];
  return element(
    "table",
    { class: "gl-table" },
    element("caption", { text: "All groups on all test recordings, at the last step" }),
    element("tr", {}, ...names.map((name) => element("th", { scope: "col", text: name }))),
    ...report.map((row) =>
      element("tr", {}, ...columns.map((column) => element("td", { text: String(row[column]) }))),
    ),
  );
}
