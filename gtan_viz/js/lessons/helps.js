// Lesson 8: does it help? The study's tables with their intervals. The reader claims a gain, and the
// intervals say whether they allow it.

import { number, plural, signed } from "../state/text.js";
import { equation, text } from "./equation.js";
import { axis, handle, label, scale, svg } from "./picture.js";

/**
 * @typedef {object} Row
 * @property {string} name @property {number} value average mAP @property {number} low
 * @property {number} high @property {string} against the row that something was added to
 * @property {?[number, number]} seedRange @property {?number} difference
 * @property {?number} differenceLow @property {?number} differenceHigh of a row with a difference
 * @property {number} seeds @property {?number} p of the difference, corrected for all comparisons
 * @property {?number} paper mAP in percent, on THUMOS14
 */
/**
 * @typedef {object} Table
 * @property {string} key @property {string} data @property {string} title @property {Row[]} rows
 * @property {number} comparisons of all tables on the same data
 */
/** @typedef {{tables: Table[]}} Data */

const [WIDTH, HEIGHT] = [460, 350];
const [LEFT, TOP, FLOOR] = [16, 24, 304];
const NEAR = 5; // points to both sides of zero, seen closely

/** @param {Data} data @param {string} key @returns {Table} */
const tableOf = ({ tables }, key) => tables.find((one) => one.key === key) ?? tables[0];

/** @param {?number} value of average mAP @param {number} [digits] */
const points = (value, digits = 1) => signed(value === null ? null : 100 * value, digits);

/** The side of zero on which its whole interval lies: 1, -1, or 0. @param {Row} row */
const side = ({ differenceLow, differenceHigh }) =>
  (differenceLow ?? -1) > 0 ? 1 : (differenceHigh ?? 1) < 0 ? -1 : 0;

/** What one may say of a difference among so many: 1 it helped, -1 it did harm, 0 neither. @param {Row} row */
const verdict = (row) => ((row.p ?? 0) < 0.05 ? side(row) : 0);

/** Whether a difference so large lies within the interval. @param {Row} row @param {number} claim */
const allows = ({ differenceLow, differenceHigh }, claim) =>
  (differenceLow ?? 0) <= claim && claim <= (differenceHigh ?? 0);

/** @param {Table} table rows that something was added to */
const added = ({ rows }) => rows.filter(({ difference }) => difference !== null);

/** From where to where the axis goes, in points, and its step. @param {Table} table @param {boolean} isNear @returns {[number, number, number]} */
function reach(table, isNear) {
  if (isNear) return [-NEAR, NEAR, 1];
  const ends = added(table).flatMap((row) =>
    [row.differenceLow, row.difference, row.differenceHigh].map((one) => 100 * (one ?? 0)),
  );
  return [
    10 * Math.floor(Math.min(-1, ...ends) / 10),
    10 * Math.ceil(Math.max(1, ...ends) / 10),
    10,
  ];
}

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
        ["world", "World: Table 3"],
        ["world_E1", "World: with derivatives"],
        ["world_table4", "World: Table 4"],
        ["world_figure7", "World: Figure 7"],
      ],
    },
    {
      name: "view",
      label: "Show",
      choices: [
        ["differences", "differences"],
        ["near", "differences near zero"],
        ["scores", "the scores themselves"],
      ],
    },
    {
      name: "claim",
      label: "A claimed gain",
      unit: "points",
      min: -NEAR,
      max: NEAR,
      step: 0.1,
      off: ({ view }) => view === "scores",
    },
  ],
  size: [WIDTH, HEIGHT],
  draw(picture, values, data, set) {
    const table = tableOf(data, values.table);
    const isScores = values.view === "scores";
    const rows = isScores ? table.rows : added(table);
    const isTight = rows.length > 7; // names beside the marks
    const pitch = Math.min(58, (FLOOR - TOP) / rows.length);
    const tops = rows.map((_, i) => TOP + pitch * (i + 0.5));
    const [low, high, by] = isScores ? [0, 1, 0.2] : reach(table, values.view === "near");
    const x = scale(low, high, isTight ? 120 : LEFT, WIDTH - 24);
    const ticks = Array.from({ length: Math.round((high - low) / by) + 1 }, (_, i) => low + i * by);
    return [
      ...(isScores ? [] : zeroLine(x, tops, pitch)),
      ...(isScores ? [] : claimLine(picture, x, values.claim, tops, pitch, set)),
      ...rows.map((row, i) =>
        svg(
          "g",
          {},
          name(row, tops[i] - (isTight ? -4 : 6), isScores),
          ...(isScores ? scoreMarks : differenceMarks)(row, x, tops[i] + (isTight ? 0 : 7)),
        ),
      ),
      axis(x, FLOOR, ticks, {
        name: isScores ? "average mAP" : "points of average mAP",
        tell: (tick) => number(tick, isScores ? 1 : 0),
      }),
    ];
  },
  says({ table: key, view, claim }, data) {
    const table = tableOf(data, key);
    const head = `${table.title}, ${table.data}.`;
    if (view === "scores") return `${head} ${scoresSay(table)}`;
    const told = added(table).map(
      (row) => `${row.name}: ${points(row.difference)} points${intervalSays(row, table)}.`,
    );
    const all = added(table);
    const allowing = all.filter((row) => allows(row, claim / 100)).map((row) => `“${row.name}”`);
    const ends =
      `A gain of ${number(claim, 1)} is allowed by ${allowing.length} of ${plural(all.length, "interval")}` +
      `${allowing.length ? `: ${allowing.join(", ")}` : ""}.`;
    return `${head} ${told.join(" ")} ${ends}`;
  },
  equations({ table: key }, data) {
    const row = added(tableOf(data, key)).at(-1);
    const before = tableOf(data, key).rows.find(({ name: one }) => one === row?.against);
    if (!row || !before) return [];
    const [value, without] = [100 * row.value, 100 * before.value];
    const plain = Math.abs(value - without - 100 * (row.difference ?? 0)) < 0.06;
    return [
      equation("d", "=", text(short(row)[0]), "-", text(short(row)[1])),
      plain
        ? equation(
            "d",
            "=",
            number(value, 1),
            "-",
            number(without, 1),
            "=",
            number(100 * (row.difference ?? 0), 1),
          )
        : equation("d", "=", points(row.difference), text(" (of the seeds that both have)")),
    ];
  },
  questions: [
    {
      id: "vote",
      predict: true,
      ask: (data) =>
        "The paper finds a gain from grouping on both of its data sets. Here the same was trained on SBHAR, " +
        `a phone's motion sensors, ${plural(grouping(data).seeds, "time")}. Your guess: what did grouping ` +
        "bring there?",
      choices: () => [
        "it did harm, for sure",
        "nothing that can be told from zero",
        "it helped, for sure",
      ],
      answer: (_, data) => verdict(grouping(data)) + 1,
      hint: () =>
        "“For sure” would mean that the whole interval lies on one side of zero, and not by the chance that one " +
        "of many comparisons has.",
      because: (_, __, data) => {
        const row = grouping(data);
        const holds = side(row) === 0;
        return (
          `${points(row.difference)} points, and the interval, ${points(row.differenceLow)} to ` +
          `${points(row.differenceHigh)}, ${holds ? "holds zero" : "leaves zero out"}. ` +
          (verdict(row)
            ? "It says on which side its effect lies, and how large it may be."
            : holds
              ? "It says neither that grouping helps nor that it does nothing: it says how large its effect may be."
              : `But of ${tableOf(data, "table3").comparisons} comparisons one or two do so by chance: corrected for that, it is not told from zero.`)
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
      ask: "“In smaller steps”: which step brings most?",
      choices: (_, data) => added(tableOf(data, "pooling")).map((row) => `${row.name}`),
      answer: (_, data) => most(added(tableOf(data, "pooling"))),
      hint: (given, _, __, data) =>
        `“${added(tableOf(data, "pooling"))[given].name}” does not lie furthest to the right.`,
      because: (answer, _, data) => {
        const all = added(tableOf(data, "pooling"));
        const row = all[answer];
        const count = (/** @type {number} */ kind) =>
          all.filter((one) => verdict(one) === kind).length;
        return (
          `${points(row.difference)} points (${points(row.differenceLow)} to ` +
          `${points(row.differenceHigh)}) against “${row.against}”. Of the ${all.length} steps ${count(1)} ` +
          `helped for sure, ${count(-1)} did harm for sure, ${count(0)} cannot be told from zero.`
        );
      },
    },
    {
      id: "layers",
      ask: "Figure 7 on SBHAR: at how many anchor layers does GTAN lead furthest over SSAD?",
      unit: "layers",
      answer: (_, data) => layersOf(figure7(data)[most(figure7(data))]),
      tolerance: 0,
      hint: () => "Choose Figure 7 and the differences: which dot lies furthest to the right?",
      because: (answer, _, data) => {
        const rows = figure7(data);
        const rest = rows
          .filter((row) => layersOf(row) !== answer)
          .map((row) => row.difference ?? 0);
        const once = rows.filter(({ seeds }) => seeds === 1).length;
        return (
          `${points(rows[most(rows)].difference)} points at ${answer}; elsewhere ${points(Math.min(...rest))} to ` +
          `${points(Math.max(...rest))}. ${plural(once, "comparison")} of ${rows.length} rest on a single seed: ` +
          "intervals tell what other recordings would change, not what another seed would."
        );
      },
    },
  ],
};

/** @param {Data} data */
const figure7 = (data) => added(tableOf(data, "figure7"));

/** @param {Row} row of Figure 7 */
const layersOf = ({ name: one }) => Number(/\d+/.exec(one)?.[0]);

/** Which row gained most. @param {Row[]} rows */
const most = (rows) =>
  rows.reduce(
    (best, row, i) => ((row.difference ?? 0) > (rows[best].difference ?? 0) ? i : best),
    0,
  );

/** Both names without what they share at the start. @param {Row} row */
function short({ name: one, against }) {
  const shared = one.slice(0, one.indexOf(", ") + 2);
  return shared && against.startsWith(shared)
    ? [one, against].map((text) => text.slice(shared.length))
    : [one, against];
}

/** On THUMOS14, as a fraction. @param {Data} data */
function paperGain(data) {
  const [, kernel, groups] = tableOf(data, "table3").rows;
  return Math.round(10 * ((groups.paper ?? 0) - (kernel.paper ?? 0))) / 1000;
}

/** @param {Row} row @param {number} y @param {boolean} isScores */
function name(row, y, isScores) {
  return label(4, y, isScores ? row.name : `${row.name}, against ${short(row)[1]}`);
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

/** Filled: told from zero. What lies beyond the axis is said at its end. @param {Row} row @param {Scale} x @param {number} y */
function differenceMarks(row, x, y) {
  const { difference, differenceLow, differenceHigh } = row;
  const isTold = verdict(row) !== 0;
  const at = x(100 * (difference ?? 0));
  const [low, high] = [differenceLow ?? difference ?? 0, differenceHigh ?? difference ?? 0].map(
    (one) => x(100 * one),
  );
  if (low > x.right) {
    return [label(x.right, y + 4, `${points(difference)} →`, { "text-anchor": "end" })];
  }
  if (high < x.left) return [label(x.left, y + 4, `← ${points(difference)}`)];
  const [from, to] = [Math.max(low, x.left), Math.min(high, x.right)];
  const dot = svg("circle", { cx: at, cy: y, r: 5, class: isTold ? "gl-dot" : "gl-dot gl-open" });
  return [
    ...interval(from, to, y, isTold ? "gl-told" : "gl-untold"),
    ...(at < x.left || at > x.right ? [] : [dot]),
  ];
}

/** @param {number} from @param {number} to @param {number} y @param {string} kind */
const interval = (from, to, y, kind) => [
  svg("line", { x1: from, x2: to, y1: y, y2: y, class: `gl-interval ${kind}` }),
  ...[from, to].map((x) =>
    svg("line", { x1: x, x2: x, y1: y - 5, y2: y + 5, class: `gl-interval ${kind}` }),
  ),
];

/** Down the rows, but not through their names. @param {number} at @param {number[]} tops @param {number} pitch */
const down = (at, tops, pitch) =>
  tops.map((y) => `M${at} ${y - 2}V${Math.min(FLOOR, y + pitch - 20)}`).join("");

/** @param {Scale} x @param {number[]} tops @param {number} pitch */
const zeroLine = (x, tops, pitch) => [
  svg("path", { d: down(x(0), tops, pitch), class: "gl-zero" }),
];

/**
 * @param {import("./picture.js").Picture} picture @param {Scale} x @param {number} claim
 * @param {number[]} tops of rows @param {number} pitch
 * @param {(values: Record<string, any>) => void} set
 */
function claimLine(picture, x, claim, tops, pitch, set) {
  return [
    svg("path", { d: down(x(claim), tops, pitch), class: "gl-claim" }),
    handle(picture, {
      key: "claim",
      name: "Claimed gain",
      x: x(claim),
      y: 10,
      value: claim,
      min: -NEAR,
      max: NEAR,
      step: 0.1,
      text: `${number(claim, 1)} points`,
      to: (value) => set({ claim: Math.max(-NEAR, Math.min(NEAR, Math.round(10 * value) / 10)) }),
      valueAt: (place) => x.of(place.x),
    }),
  ];
}

/** What the interval says, but not its ends: the claim finds them. @param {Row} row @param {Table} table */
function intervalSays(row, { comparisons }) {
  if (side(row) && !verdict(row)) {
    return `, its interval leaves zero out, but not after correction for ${comparisons} comparisons: not told from zero`;
  }
  return ["; it did harm", ", not told from zero", "; it helped"][verdict(row) + 1];
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
    "Thick lines: other seeds, behind the dot where they agree, none where there was one seed."
  );
}
