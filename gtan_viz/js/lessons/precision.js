// Lesson 7, its last part: average precision, built detection by detection.

import { HIT, matchTruth, meanAveragePrecision, VERDICTS } from "../state/results.js";
import { number, plural } from "../state/text.js";
import { equation, fraction, text } from "./equation.js";
import { axis, label, scale, svg } from "./picture.js";

const [WIDTH, HEIGHT] = [430, 304];
const [ROW, TOP] = [24, 62];

/** @typedef {{recording: string, label: string, detections: {start: number, end: number, score: number}[],
 *   truth: {start: number, end: number}[]}} Ranking */

/** The first so many of the ranking, as tables. @param {Ranking} data @param {number} count */
function tablesOf({ detections, truth }, count) {
  const some = detections.slice(0, count);
  const none = new Int32Array(count);
  const column = (/** @type {any[]} */ rows, /** @type {string} */ name) =>
    Float64Array.from(rows, (row) => row[name]);
  return {
    found: /** @type {DetectionTable} */ ({
      count: some.length,
      start: column(some, "start"),
      end: column(some, "end"),
      label: new Int32Array(some.length),
      score: column(some, "score"),
      ranking: column(some, "score"),
      window: none,
      layer: none,
      row: none,
      ratio: none,
    }),
    truths: {
      count: truth.length,
      start: column(truth, "start"),
      end: column(truth, "end"),
      label: new Int32Array(truth.length),
    },
  };
}

/** What the first so many are, and the average precision they reach. @param {Ranking} data @param {number} count @param {number} threshold */
function judge(data, count, threshold) {
  const { found, truths } = tablesOf(data, count);
  const hits = matchTruth(found, truths, threshold);
  let right = 0;
  const precision = Array.from(hits.kind, (kind, i) => {
    right += kind === HIT ? 1 : 0;
    return right / (i + 1);
  });
  return { hits, right, precision, average: meanAveragePrecision(found, truths, hits) };
}

/** @type {import("./part.js").Part} */
export const precision = {
  title: "Average precision, detection by detection",
  values: { seen: 1, threshold: 0.5 },
  controls: [
    { name: "seen", label: "Detections seen", min: 0, max: 8, step: 1 },
    {
      name: "threshold",
      label: "A hit needs a tIoU of",
      choices: [0.5, 0.6, 0.7, 0.8].map((value) => [value, String(value)]),
    },
  ],
  size: [WIDTH, HEIGHT],
  draw(_, { seen, threshold }, /** @type {Ranking} */ data) {
    const all = [...data.truth, ...data.detections];
    const from = Math.floor(Math.min(...all.map((one) => one.start)) - 1);
    const to = Math.ceil(Math.max(...all.map((one) => one.end)) + 1);
    const x = scale(from, to, 44, 226);
    const { hits, precision: reached } = judge(data, seen, threshold);
    const bottom = TOP + data.detections.length * ROW;
    return [
      label(4, 20, "truth"),
      ...data.truth.map(({ start, end }) =>
        svg("rect", { x: x(start), width: x(end) - x(start), y: 8, height: 16, class: "gl-truth" }),
      ),
      label(4, 50, "score"),
      label(238, 50, "what it is"),
      label(330, 50, "precision so far"),
      ...data.detections.flatMap(({ start, end, score }, i) => {
        const y = TOP + i * ROW;
        const isSeen = i < seen;
        return [
          label(4, y + 13, number(score, 2)),
          svg("rect", {
            x: x(start),
            width: x(end) - x(start),
            y: y + 2,
            height: 14,
            class: isSeen ? `gl-bar${hits.kind[i] === HIT ? " gl-chosen" : ""}` : "gl-outline",
          }),
          ...(isSeen
            ? [
                label(238, y + 13, VERDICTS[hits.kind[i]]),
                label(330, y + 13, number(reached[i], 2), {
                  class: hits.kind[i] === HIT ? "gl-strong" : "gl-small",
                }),
              ]
            : []),
        ];
      }),
      axis(
        x,
        bottom + 8,
        Array.from({ length: Math.floor((to - from) / 2) + 1 }, (_, i) => from + 2 * i),
        { name: "seconds" },
      ),
    ];
  },
  says({ seen, threshold }, data) {
    const { right, average } = judge(data, seen, threshold);
    return (
      `${plural(seen, "detection")} of “${data.label}” seen, ${plural(right, "hit")}, of ` +
      `${plural(data.truth.length, "truth")}. At tIoU ${threshold} the average precision so far is ` +
      `${number(average, 3)}.`
    );
  },
  equations({ seen, threshold }, data) {
    const { hits, precision: reached, average } = judge(data, seen, threshold);
    const best = reached.map((_, i) => Math.max(...reached.slice(i)));
    const terms = best.filter((_, i) => hits.kind[i] === HIT);
    const row = terms.length
      ? terms.flatMap((term, i) => [...(i ? ["+"] : []), number(term, 2)])
      : [0];
    return [
      equation(text("AP"), "=", fraction(text("sum of precisions at hits"), text("truths"))),
      equation(text("AP"), "=", fraction(row, data.truth.length), "=", number(average, 3)),
    ];
  },
  questions: [
    {
      id: "second",
      predict: true,
      ask: "An action was found already. A second detection of the same label lies on it, just as well. How does it count?",
      choices: () => ["as another hit", "as a mistake", "not at all"],
      answer: () => {
        const { start, end } = { start: 0, end: 1 };
        const twice = [0.9, 0.8].map((score) => ({ start, end, score }));
        const made = { recording: "", label: "", detections: twice, truth: [{ start, end }] };
        const { right, precision: reached } = judge(made, 2, 0.5);
        return right === 2 ? 0 : reached[1] < reached[0] ? 1 : 2;
      },
      hint: () => "One action, two answers: only one of them can be what was asked for.",
      because: () =>
        "Each truth can be hit once. A duplicate counts like a false alarm; that is why soft-NMS sends duplicates down the list.",
    },
    {
      id: "five",
      ask: "At tIoU 0.7, how many of the first five detections are hits?",
      answer: (_, data) => judge(data, 5, 0.7).right,
      hint: () => "Choose 0.7, move to five detections seen, and count the hits.",
      because: (answer, _, data) =>
        `${answer}; at tIoU 0.5 it is ${judge(data, 5, 0.5).right} as well, but other ones. The first detection ` +
        "begins too late for 0.7, and a weaker one gets the truth.",
    },
    {
      id: "average",
      ask: "At tIoU 0.7, which average precision does the whole list reach?",
      answer: (_, data) => judge(data, data.detections.length, 0.7).average,
      tolerance: 0.006,
      hint: () =>
        "Take the precision at each hit, add these up, and divide by the number of truths, found or not.",
      because: (answer) =>
        `${number(answer, 3)}. The mean of such numbers over all labels is mAP, the number in the paper's tables. ` +
        "All recordings of the test set share one list a label.",
    },
    {
      id: "tail",
      ask: "At tIoU 0.5 all truths are found by the first two detections. What do the six after them do to the average precision?",
      choices: () => ["they lower it", "nothing", "they raise it"],
      answer: (_, data) =>
        1 +
        Math.sign(judge(data, data.detections.length, 0.5).average - judge(data, 2, 0.5).average),
      hint: () =>
        "Choose 0.5 and move the slider from 2 to 8. Which number moves, and which does not?",
      because: () =>
        "Precision falls, but only the precision at hits is averaged. So weak false alarms after the last hit cost nothing.",
    },
  ],
};
