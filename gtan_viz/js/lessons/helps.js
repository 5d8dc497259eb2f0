// Lesson 8: does it help? The study's tables with their intervals. The reader claims a gain, and the
// intervals say whether they allow it.

import { number, plural, signed } from "../state/text.js";
import { equation } from "./equation.js";
import { axis, handle, label, scale, svg } from "./picture.js";

/**
 * @typedef {object} Row
 * @property {string} name @property {number} value average mAP @property {number} low
 * @property {number} high @property {string} against the row that something was added to
 * @property {?[number, number]} seedRange @property {?number} difference
 * @property {?number} differenceLow @property {?number} differenceHigh @property {number} seeds
 * @property {?number} paper mAP in percent, on THUMOS14
 */
/** @typedef {{key: string, data: string, title: string, rows: Row[]}} Table */
/** @typedef {{tables: Table[]}} Data */

const [WIDTH, HEIGHT] = [460, 350];
const [LEFT, TOP, FLOOR] = [16, 24, 304];

/** @param {Data} data @param {string} key @returns {Table} */
const tableOf = ({ tables }, key) => tables.find((one) => one.key === key) ?? tables[0];

/** @param {?number} value of average mAP @param {number} [digits] */
const points = (value, digits = 1) => signed(value === null ? null : 100 * value, digits);

/** What its 95 % interval says of a difference: 1 more than nothing, -1 less, 0 neither. @param {Row} row */
const verdict = ({ differenceLow, differenceHigh }) =>
  (differenceLow ?? -1) > 0 ? 1 : (differenceHigh ?? 1) < 0 ? -1 : 0;

/** Whether a difference so large lies within the interval. @param {Row} row @param {number} claim */
const allows = ({ differenceLow, differenceHigh }, claim) =>
  (differenceLow ?? 0) <= claim && claim <= (differenceHigh ?? 0);

/** @param {Row} a @param {Row} b */
const seedsOverlap = (a, b) =>
  !a.seedRange ||
  !b.seedRange ||
  (a.seedRange[0] <= b.seedRange[1] && b.seedRange[0] <= a.seedRange[1]);

/** @param {Table} table rows that something was added to */
const added = ({ rows }) => rows.filter(({ difference }) => difference !== null);

/** Grouping in Table 3 on SBHAR. @param {Data} data */
const grouping = (data) => tableOf(data, "table3").rows[2];

/** @type {import("./part.js").Part} */
export const helps = {
  title: "What was measured, and how surely",
  values: { table: "table3", view: "scores", claim: 1 },
  controls: [
    {
      name: "table",
      label: "Table",
      choices: [
        ["table3", "Table 3"],
        ["pooling", "In smaller steps"],
        ["table4", "Table 4: long actions"],
        ["figure7", "Figure 7: layers"],
        ["world", "Small world"],
        ["world_E1", "Small world, with derivatives"],
      ],
    },
    {
      name: "view",
      label: "Show",
      choices: [
        ["differences", "differences"],
        ["scores", "the scores themselves"],
      ],
    },
    {
      name: "claim",
      label: "A claimed gain",
      unit: "points",
      min: -3,
      max: 10,
      step: 0.1,
      off: ({ view }) => view === "scores",
    },
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, values, data, set) {
    const table = tableOf(data, values.table);
    const isScores = values.view === "scores";
    const rows = isScores ? table.rows : added(table);
    const pitch = Math.min(58, (FLOOR - TOP) / rows.length);
    const x = isScores ? scale(0.6, 1, LEFT, WIDTH - 24) : scale(-3, 10, LEFT, WIDTH - 24);
    return [
      ...(isScores ? [] : claimLine(picture, x, values.claim, set)),
      ...rows.map((row, i) => {
        const y = TOP + pitch * (i + 0.5);
        return svg(
          "g",
          {},
          ...name(row, y, isScores),
          ...(isScores ? scoreMarks : differenceMarks)(row, x, y + 7),
        );
      }),
      axis(x, FLOOR, isScores ? [0.6, 0.7, 0.8, 0.9, 1] : [-2, 0, 2, 4, 6, 8, 10], {
        name: isScores ? "average mAP (the axis begins at 0.6)" : "points of average mAP",
        tell: (tick) => (isScores ? number(tick, 1) : number(tick, 0)),
      }),
    ];
  },
  says({ table: key, view, claim }, data) {
    const table = tableOf(data, key);
    const head = `${table.title}, ${table.data}.`;
    if (view === "scores") return `${head} ${scoresSay(table)}`;
    const allowing = added(table).filter((row) => allows(row, claim / 100)).length;
    const told = added(table).map(
      (row) => `${row.name}: ${points(row.difference)} points${intervalSays(row, table)}.`,
    );
    const measured = added(table).filter(({ differenceLow }) => differenceLow !== null).length;
    const ends = measured
      ? `A gain of ${number(claim, 1)} is allowed by ${allowing} of ${plural(measured, "interval")}.`
      : "No interval of these differences was measured, so that no claim can be judged by one.";
    return `${head} ${told.join(" ")} ${ends}`;
  },
  equations({ table: key }, data) {
    const row = added(tableOf(data, key)).at(-1);
    const before = tableOf(data, key).rows.find(({ name: one }) => one === row?.against);
    if (!row || !before) return [];
    return [
      equation("d", "=", "mAP", "(", "with", ")", "-", "mAP", "(", "without", ")"),
      equation(
        "d",
        "=",
        number(row.value, 3),
        "-",
        number(before.value, 3),
        "=",
        signed(row.difference, 3),
      ),
    ];
  },
  questions: [
    {
      id: "vote",
      predict: true,
      ask: (data) =>
        "The paper finds a gain from grouping on both of its data sets. Here the same was trained on SBHAR, " +
        `a phone's motion sensors, ${plural(grouping(data).seeds, "time")}. Your vote: what did grouping ` +
        "bring there?",
      choices: () => [
        "it did harm, for sure",
        "nothing that can be told from zero",
        "it helped, for sure",
      ],
      answer: (_, data) => verdict(grouping(data)) + 1,
      hint: () => "“For sure” would mean that the whole interval lies on one side of zero.",
      because: (_, __, data) => {
        const row = grouping(data);
        const holds = verdict(row) === 0;
        return (
          `${points(row.difference)} points, and the interval, ${points(row.differenceLow)} to ` +
          `${points(row.differenceHigh)}, ${holds ? "holds zero" : "leaves zero out"}. It says ` +
          (holds
            ? "neither that grouping helps nor that it does nothing: it says how large its effect may be."
            : "on which side its effect lies, and how large it may be.")
        );
      },
    },
    {
      id: "largest",
      ask: "Table 3 on SBHAR: what is the largest gain from grouping that the interval still allows?",
      unit: "points",
      answer: (_, data) => 100 * (grouping(data).differenceHigh ?? 0),
      tolerance: 0.15,
      hint: (given, answer) =>
        `${number(given, 1)} lies ${given > answer ? "beyond" : "short of"} the right end of the lower ` +
        "line of the differences. Drag the claim until it just leaves the line.",
      because: (answer, _, data) =>
        `${number(answer, 1)} points. On the other side a loss of ` +
        `${number(-100 * (grouping(data).differenceLow ?? 0), 1)} is allowed as well.`,
    },
    {
      id: "paper",
      ask:
        "On THUMOS14 the paper's grouping brings 1.1 points (38.2 against 37.1). Does SBHAR's interval allow " +
        "a gain that large?",
      choices: () => ["yes", "no"],
      answer: (_, data) => (allows(grouping(data), paperGain(data)) ? 0 : 1),
      hint: () => "Set the claim to 1.1 and look whether the dashed line crosses the lower line.",
      because: (_, __, data) =>
        `It ends at ${points(grouping(data).differenceHigh)}. So on this data a gain of ` +
        `${number(100 * paperGain(data), 1)} would ` +
        `${allows(grouping(data), paperGain(data)) ? "not be a surprise" : "be surprising"}. Of THUMOS14 it ` +
        "says nothing: those are other recordings, longer, and another measure.",
    },
    {
      id: "step",
      ask: "“In smaller steps”: which of these steps helped, so that its interval leaves zero out?",
      choices: (_, data) => added(tableOf(data, "pooling")).map((row) => `${row.name}`),
      answer: (_, data) => added(tableOf(data, "pooling")).findIndex((row) => verdict(row) > 0),
      hint: (given, _, __, data) => {
        const row = added(tableOf(data, "pooling"))[given];
        return (
          `“${row.name}” goes from ${points(row.differenceLow)} to ${points(row.differenceHigh)}: zero is ` +
          "in it."
        );
      },
      because: (answer, _, data) => {
        const all = added(tableOf(data, "pooling"));
        const [row, sure] = [all[answer], all.filter((one) => verdict(one) > 0)];
        return (
          `${points(row.difference)} points (${points(row.differenceLow)} to ` +
          `${points(row.differenceHigh)}) against “${row.against}”. ` +
          (sure.length === 1
            ? "No other step's interval lies above zero."
            : `${sure.length} steps' intervals lie above zero.`)
        );
      },
    },
    {
      id: "layers",
      ask: (data) =>
        `Figure 7 compares at ${added(tableOf(data, "figure7")).length} numbers of layers. At how many does ` +
        "GTAN's lead over SSAD leave zero out?",
      answer: (_, data) => added(tableOf(data, "figure7")).filter((row) => verdict(row) > 0).length,
      tolerance: 0,
      hint: () =>
        "Choose Figure 7 and the differences. Count the lines that lie wholly to the right of zero; look closely where one ends.",
      because: (answer, _, data) =>
        `${answer} of ${added(tableOf(data, "figure7")).length}. And each was trained once only: these ` +
        "intervals tell what other recordings would change, not what another seed would.",
    },
  ],
};

/** On THUMOS14, as a fraction. @param {Data} data */
function paperGain(data) {
  const [, kernel, groups] = tableOf(data, "table3").rows;
  return Math.round(10 * ((groups.paper ?? 0) - (kernel.paper ?? 0))) / 1000;
}

/** @param {Row} row @param {number} y @param {boolean} isScores @returns {SVGElement[]} */
function name(row, y, isScores) {
  const text = isScores ? row.name : `${row.name}, against ${row.against}`;
  return [label(4, y - 6, text)];
}

/** @typedef {ReturnType<typeof scale>} Scale */

/** Thin: other recordings; thick: other seeds. @param {Row} row @param {Scale} x @param {number} y */
function scoreMarks({ value, low, high, seedRange }, x, y) {
  return [
    ...interval(x(low), x(high), y, "gl-told"),
    ...(seedRange
      ? [
          svg("line", {
            x1: x(seedRange[0]),
            x2: x(seedRange[1]),
            y1: y,
            y2: y,
            class: "gl-seeds",
          }),
        ]
      : []),
    svg("circle", { cx: x(value), cy: y, r: 4, class: "gl-dot" }),
  ];
}

/** @param {Row} row @param {Scale} x @param {number} y */
function differenceMarks(row, x, y) {
  const { difference, differenceLow, differenceHigh } = row;
  const isTold = verdict(row) !== 0;
  const at = x(100 * (difference ?? 0));
  const marks = [
    svg("circle", { cx: at, cy: y, r: 5, class: isTold ? "gl-dot" : "gl-dot gl-open" }),
  ];
  if (differenceLow === null || differenceHigh === null) return marks;
  const ends = interval(
    x(100 * differenceLow),
    x(100 * differenceHigh),
    y,
    isTold ? "gl-told" : "gl-untold",
  );
  return [...ends, ...marks];
}

/** @param {number} from @param {number} to @param {number} y @param {string} kind */
const interval = (from, to, y, kind) => [
  svg("line", { x1: from, x2: to, y1: y, y2: y, class: `gl-interval ${kind}` }),
  ...[from, to].map((x) =>
    svg("line", { x1: x, x2: x, y1: y - 5, y2: y + 5, class: `gl-interval ${kind}` }),
  ),
];

/**
 * @param {import("./picture.js").Picture} picture @param {Scale} x @param {number} claim
 * @param {(values: Record<string, any>) => void} set
 */
function claimLine(picture, x, claim, set) {
  return [
    svg("line", { x1: x(0), x2: x(0), y1: TOP, y2: FLOOR, class: "gl-zero" }),
    svg("line", { x1: x(claim), x2: x(claim), y1: 10, y2: FLOOR, class: "gl-claim" }),
    handle(picture, {
      key: "claim",
      name: "Claimed gain",
      x: x(claim),
      y: 10,
      value: claim,
      min: -3,
      max: 10,
      step: 0.1,
      text: `${number(claim, 1)} points`,
      to: (value) => set({ claim: Math.round(10 * value) / 10 }),
      valueAt: (place) => x.of(place.x),
    }),
  ];
}

/** @param {Row} row @param {Table} table */
function intervalSays(row, { rows }) {
  if (row.differenceLow === null) {
    const before = rows.find(({ name: one }) => one === row.against);
    return before && seedsOverlap(row, before)
      ? " (its seeds lie among those of the row before)"
      : " (every seed above every seed of the row before)";
  }
  const told = ["less than nothing", "not told from zero", "more than nothing"][verdict(row) + 1];
  return ` (${points(row.differenceLow)} to ${points(row.differenceHigh)}): ${told}`;
}

/** @param {Table} table */
function scoresSay({ rows }) {
  const [low, high] = [
    Math.max(...rows.map((one) => one.low)),
    Math.min(...rows.map((one) => one.high)),
  ];
  const best = rows.reduce((a, b) => (b.value > a.value ? b : a));
  return (
    `Highest: ${best.name}, ${number(best.value, 3)}. ` +
    (low <= high
      ? "All thin lines (95 %, other recordings) overlap: a hard recording is hard for every row. So compare " +
        "differences, recording by recording. "
      : "Not all thin lines (95 %, other recordings) overlap. ") +
    (rows[0].seedRange ? "Thick lines: the seeds." : "One seed only.")
  );
}
