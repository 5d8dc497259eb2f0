// Lesson 7, its last part: average precision, built detection by detection.

import { HIT, matchTruth, meanAveragePrecision, VERDICTS } from "../state/results.js";
import { number, plural } from "../state/text.js";
import { element } from "../view/element.js";
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

/** How many detections there are up to the last hit. @param {Ranking} data @param {number} threshold */
const lastHit = (data, threshold) =>
  1 + Array.from(judge(data, data.detections.length, threshold).hits.kind).lastIndexOf(HIT);

/** Two hits with a false alarm at a place of the list. @param {number} at @returns {Ranking} */
function falseAlarmAt(at) {
  const actions = [2, 8].map((start) => ({ start, end: start + 3 }));
  const list = actions.toSpliced(at, 0, { start: 13, end: 16 });
  const detections = list.map((one, i) => ({ ...one, score: 0.9 - i / 10 }));
  return { recording: "", label: "made up", detections, truth: actions };
}

/** Average precision of such a list. @param {number} at */
const withFalseAlarm = (at) => judge(falseAlarmAt(at), 3, 0.5).average;

/** What is on screen. @param {any} values @param {Ranking} given */
function shown({ seen, threshold, list }, given) {
  const data = list === "made" ? falseAlarmAt(0) : given;
  return { threshold, data, seen: Math.min(seen, data.detections.length) };
}

/** Precision at each hit, or a better one further down (ActivityNet's way). @param {Ranking} data @param {number} seen @param {number} threshold */
function termsOf(data, seen, threshold) {
  const { hits, precision: reached } = judge(data, seen, threshold);
  return reached.flatMap((own, i) => {
    if (hits.kind[i] !== HIT) return [];
    const later = reached.slice(i);
    const best = Math.max(...later);
    return [{ place: i + 1, own, best, from: i + 1 + later.indexOf(best) }];
  });
}

/** @type {import("./part.js").Part} */
export const precision = {
  title: "Average precision, detection by detection",
  values: { seen: 1, threshold: 0.5, list: "run" },
  controls: [
    {
      name: "list",
      label: "The list",
      choices: [
        ["run", "the run's"],
        ["made", "made up: a false alarm, then two hits"],
      ],
    },
    { name: "seen", label: "Detections seen", min: 0, max: 8, step: 1 },
    {
      name: "threshold",
      label: "A hit needs a tIoU of",
      choices: [0.5, 0.6, 0.7, 0.8].map((value) => [value, String(value)]),
    },
  ],
  size: [WIDTH, HEIGHT],
  draw(_, values, given) {
    const { seen, threshold, data } = shown(values, given);
    const all = [...data.truth, ...data.detections];
    const from = Math.floor(Math.min(...all.map((one) => one.start)) - 1);
    const to = Math.ceil(Math.max(...all.map((one) => one.end)) + 1);
    const x = scale(from, to, 44, 196);
    const { hits, precision: reached } = judge(data, seen, threshold);
    const bottom = TOP + data.detections.length * ROW;
    return [
      label(4, 20, "truth"),
      ...data.truth.map(({ start, end }) =>
        svg("rect", { x: x(start), width: x(end) - x(start), y: 8, height: 16, class: "gl-truth" }),
      ),
      label(4, 50, "score"),
      label(206, 50, "what it is"),
      label(326, 50, "precision"),
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
                label(206, y + 13, VERDICTS[hits.kind[i]]),
                label(326, y + 13, number(reached[i], 2), {
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
  says(values, given) {
    const { seen, threshold, data } = shown(values, given);
    const { right, average } = judge(data, seen, threshold);
    return (
      `${plural(seen, "detection")} of “${data.label}” seen, ${plural(right, "hit")}, of ` +
      `${plural(data.truth.length, "truth")}. At tIoU ${threshold} the average precision so far is ` +
      `${number(average, 3)}.`
    );
  },
  equations(values, given) {
    const { seen, threshold, data } = shown(values, given);
    const { average } = judge(data, seen, threshold);
    const all = termsOf(data, seen, threshold);
    const raised = all
      .filter(({ best, own }) => best > own)
      .map(
        ({ place, own, best, from }) =>
          `Hit ${place} has the precision ${number(own, 2)}; further down, at ${from}, it is ` +
          `${number(best, 2)}, so that is taken.`,
      );
    const terms = all.map(({ best }) => best);
    const row = terms.length
      ? terms.flatMap((term, i) => [...(i ? ["+"] : []), number(term, 2)])
      : [0];
    return [
      equation(text("AP"), "=", fraction(text("sum of precisions at hits"), text("truths"))),
      equation(text("AP"), "=", fraction(row, data.truth.length), "=", number(average, 3)),
      ...(raised.length ? [element("p", { class: "gl-legend", text: raised.join(" ") })] : []),
    ];
  },
  questions: [
    {
      id: "false",
      predict: true,
      ask: "A list of detections holds two hits, which are all that there is to be found, and one false alarm. Where in the list does the false alarm do most harm to average precision?",
      choices: () => [
        "at the top",
        "between the two hits",
        "at the end",
        "it is the same everywhere",
      ],
      answer: () => {
        const reached = [0, 1, 2].map(withFalseAlarm);
        const worst = Math.min(...reached);
        return reached.every((one) => one === worst) ? 3 : reached.indexOf(worst);
      },
      hint: () => "Precision is the share of hits so far. At which hits is it below 1?",
      because: () => {
        const [top, between, end] = [0, 1, 2].map((at) => number(withFalseAlarm(at), 2));
        return `At the top it leaves ${top}, between them ${between}, at the end ${end}: every hit after it pays for it.`;
      },
    },
    {
      id: "five",
      ask: "At tIoU 0.7, how many of the first five detections are hits?",
      answer: (_, data) => judge(data, 5, 0.7).right,
      hint: () => "Choose 0.7, move to five detections seen, and count the hits.",
      because(answer, _, data) {
        const [strict, mild] = [0.7, 0.5].map((one) => judge(data, 5, one));
        const places = (/** @type {{hits: {kind: ArrayLike<number>}}} */ { hits }) =>
          Array.from(hits.kind).flatMap((kind, i) => (kind === HIT ? [i + 1] : []));
        const tell = (/** @type {number[]} */ all) => (all.length ? all.join(", ") : "none");
        return (
          `${answer}. By place in the list the hits are: ${tell(places(strict))} at tIoU 0.7, ` +
          `${tell(places(mild))} at tIoU 0.5.`
        );
      },
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
      ask: "At tIoU 0.5: find the last hit in the list. What do the detections after it do to the average precision?",
      choices: () => ["they lower it", "nothing", "they raise it"],
      answer: (_, data) =>
        1 +
        Math.sign(
          judge(data, data.detections.length, 0.5).average -
            judge(data, lastHit(data, 0.5), 0.5).average,
        ),
      hint: (_, __, ___, data) =>
        `Choose 0.5 and move the slider from ${lastHit(data, 0.5)} to ${data.detections.length}. Which number ` +
        "moves, and which does not?",
      because: () =>
        "Precision falls, but only the precision at hits is averaged. So weak false alarms after the last hit cost nothing.",
    },
  ],
};
