// Lesson 0: what a detector is asked for. The reader marks actions in a film and is scored like one.

import { BACKGROUND, DUPLICATE, HIT, matchTruth, VERDICTS, WRONG_LABEL } from "../state/results.js";
import { tiou } from "../state/scene.js";
import { number, plural } from "../state/text.js";
import { element } from "../view/element.js";
import { equation, fraction, text } from "./equation.js";
import { film } from "./film.js";
import { axis, handle, label, scale, svg } from "./picture.js";

const [WIDTH, HEIGHT] = [430, 226];
const ROWS = 3; // of the reader's intervals, so that those on one action can be told apart
const [TOP, ROW, TRUTH] = [26, 34, 140];
const SHORTEST = 0.2; // seconds
const EXAMPLE = { start: 43.98, end: 46.5, from: 40, to: 50 };

/** @typedef {{start: number, end: number, label: string}} Interval @typedef {{intervals: Interval[],
 *   chosen: number, label: string, threshold: number, judged: string, now: number, mark: ?number}} Values */
/** @typedef {{start: number, end: number, labels: string[], truth: Interval[]}} Stretch */

/** @param {Interval[]} rows @param {string[]} labels */
const tableOf = (rows, labels) => ({
  count: rows.length,
  start: Float64Array.from(rows, (one) => one.start),
  end: Float64Array.from(rows, (one) => one.end),
  label: Int32Array.from(rows, (one) => labels.indexOf(one.label)),
});

/** As a detector's: the first is the surest. @param {Interval[]} rows @param {Interval[]} truth @param {string[]} labels @param {number} threshold */
function judge(rows, truth, labels, threshold) {
  const score = Float64Array.from(rows, (_, i) => 1 - i / rows.length);
  const table = /** @type {any} */ ({ ...tableOf(rows, labels), score, ranking: score });
  const hits = matchTruth(table, tableOf(truth, labels), threshold);
  const kinds = [HIT, DUPLICATE, WRONG_LABEL, BACKGROUND].map(
    (kind) => hits.kind.filter((one) => one === kind).length,
  );
  return { ...hits, kinds, missed: Array.from(hits.by).filter((one) => one < 0).length };
}
const judged = (/** @type {Values} */ values, /** @type {Stretch} */ { truth, labels }) =>
  judge(values.intervals, truth, labels, values.threshold);

/** What two answers of one label on one action are. */
const twice = () => {
  const action = { start: 0, end: 2, label: "a" };
  return judge([action, action], [action], ["a"], 0.5).kind[1];
};

/** The longest interval around an action of 4 s that still has tIoU 0.5, by bisection. */
function longest() {
  let [low, high] = [4, 40];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (tiou(0, middle, 0, 4) >= 0.5) low = middle;
    else high = middle;
  }
  return low;
}

const round = (/** @type {number} */ value) => Math.round(value * 100) / 100;

/** With one of them changed. @param {Values} values @param {Partial<Interval>} patch */
const changed = ({ intervals, chosen }, patch) =>
  intervals.map((one, i) => (i === chosen ? { ...one, ...patch } : one));

/** With one more, which is chosen. @param {Values} values @param {number} a @param {number} b */
function added({ intervals, label }, a, b) {
  const one = { start: round(Math.min(a, b)), end: round(Math.max(a, b)), label };
  return { intervals: [...intervals, one], chosen: intervals.length, mark: null };
}

/** @type {import("./part.js").Part} */
export const asked = {
  title: "Mark what happens, and be scored",
  values: {
    intervals: [],
    chosen: -1,
    label: "",
    threshold: 0.5,
    judged: "no",
    now: 0,
    mark: null,
  },
  begin: ({ start, labels }) => ({ now: start, label: labels[0] }),
  controls: [
    {
      name: "threshold",
      label: "A hit needs a tIoU of",
      choices: [0.3, 0.5, 0.7].map((value) => [value, String(value)]),
    },
    {
      name: "judged",
      label: "Score me",
      choices: [
        ["no", "not yet"],
        ["yes", "show the truth"],
      ],
    },
  ],
  size: [WIDTH, HEIGHT],
  above: (store, set) => film(store, set, ...marking(store, set)),
  draw(picture, values, data, set) {
    const x = scale(data.start, data.end, 18, WIDTH - 18);
    const isJudged = values.judged === "yes";
    const result = judged(values, data);
    const at = (/** @type {number} */ value) => Math.min(data.end, Math.max(data.start, value));
    return [
      label(14, 14, "yours: drag here to mark an action"),
      ground(picture, x, values, set),
      ...values.intervals.flatMap((/** @type {Interval} */ one, /** @type {number} */ i) =>
        bar(x, one, i, i === values.chosen, isJudged ? VERDICTS[result.kind[i]][0] : "", () =>
          set({ chosen: i, label: one.label }),
        ),
      ),
      ...(isJudged ? truthBars(x, data.truth, result.by) : []),
      axis(
        x,
        184,
        [15, 20, 25, 30, 35].filter((tick) => tick >= data.start && tick <= data.end),
        {
          name: "seconds",
        },
      ),
      svg("line", { x1: x(values.now), x2: x(values.now), y1: 20, y2: 184, class: "gl-now" }),
      handle(picture, {
        key: "now",
        name: "Time of the film",
        x: x(values.now),
        y: 184,
        value: values.now,
        min: data.start,
        max: data.end,
        step: 0.08,
        text: `${number(values.now, 1)} seconds`,
        to: (value) => set({ now: round(value) }),
        valueAt: (place) => x.of(place.x),
      }),
      ...ends(picture, x, values, at, set),
    ];
  },
  says(values, data) {
    const count = plural(values.intervals.length, "interval");
    const one = values.intervals[values.chosen];
    if (values.mark !== null) {
      return `It starts at ${number(values.mark, 1)} s. Go on in the film, and press “It ends now”.`;
    }
    if (values.judged !== "yes") {
      return one
        ? `${count} marked. Chosen: “${one.label}”, from ${number(one.start, 1)} to ${number(one.end, 1)} s.`
        : `${count} marked. Something happens ${data.truth.length} times between ${data.start} and ${data.end} s.`;
    }
    const { kinds, missed } = judged(values, data);
    const [hit, duplicate, wrong, background] = kinds;
    return (
      `${count} at tIoU ${values.threshold}: ${plural(hit, "hit")}, ${plural(duplicate, "duplicate")}, ` +
      `${wrong} with a wrong label, ${background} on background; ${missed} of ${data.truth.length} ` +
      `actions missed.`
    );
  },
  equations(values, data) {
    const one = values.intervals[values.chosen];
    const letters = equation(
      text("tIoU"),
      "=",
      fraction(text("what both cover"), text("what they cover together")),
    );
    if (values.judged !== "yes") return [letters];
    if (!one) return [legend(), letters];
    const near = closest(one, data.truth);
    const shared = Math.max(0, Math.min(one.end, near.end) - Math.max(one.start, near.start));
    const together = one.end - one.start + near.end - near.start - shared;
    return [
      legend(),
      letters,
      equation(
        text("tIoU"),
        "=",
        fraction(number(shared, 2), number(together, 2)),
        "=",
        number(tiou(one.start, one.end, near.start, near.end), 3),
      ),
    ];
  },
  questions: [
    {
      id: "second",
      predict: true,
      ask: "A detector reports one kick twice, both times at the right place. How does the second report count?",
      choices: () => ["as right, like the first", "as a mistake", "not at all"],
      answer: () => (twice() === HIT ? 0 : 1),
      hint: () => "Its label and its place are right; but how many kicks were there?",
      because: () =>
        `As a mistake, ${VERDICTS[twice()]}: an action can be hit once. It must have a mark of its own, ` +
        "since a list of detections has no place for “not at all”.",
    },
    {
      id: "tiou",
      ask: "You mark 40 to 50 s; the action lasts from 43.98 to 46.50 s. What is the tIoU?",
      unit: "(0 to 1)",
      answer: () => tiou(EXAMPLE.from, EXAMPLE.to, EXAMPLE.start, EXAMPLE.end),
      tolerance: 0.003,
      hint: (given) =>
        given >= 1
          ? "A tIoU is never above 1. Divide what both cover by what they cover together."
          : `Both cover ${number(EXAMPLE.end - EXAMPLE.start, 2)} s. Together they cover how many?`,
      because: (answer) =>
        `${number(answer, 3)}: the whole action is inside, and still this is no hit at 0.5. Too long is wrong too.`,
    },
    {
      id: "longest",
      ask: "An action lasts 4 s, and your interval contains all of it. How long may it be at most for a tIoU of 0.5?",
      unit: "s",
      answer: longest,
      tolerance: 0.05,
      hint: (given) =>
        given >= 4
          ? `With ${number(given, 1)} s the tIoU is ${number(tiou(0, given, 0, 4), 2)}.`
          : "It contains the action, so it lasts 4 s at least.",
      because: (answer) => `${number(answer, 1)} s: twice the action.`,
    },
    {
      id: "missed",
      ask: "Score yourself at the threshold that is chosen now. How many actions have you missed?",
      answer: (values, data) => judged(values, data).missed,
      hint: (_, __, values) =>
        values.judged === "yes"
          ? "Count the truths that have no tick; the sentence under the picture says it too."
          : "Press “show the truth”, and count the truths that have no tick.",
      because: (answer, _, data) =>
        `${number(answer, 0)} of ${data.truth.length}. What nobody reports is the fourth way to fail, and the only one that leaves no mark in a list of detections.`,
    },
  ],
};

/** What the marks mean. */
function legend() {
  /** @type {[string, string][]} */
  const rows = [
    [
      VERDICTS[HIT],
      "right label, and enough tIoU with an action that nothing above it in your list hit",
    ],
    [VERDICTS[DUPLICATE], "right, but that action was hit already"],
    [VERDICTS[WRONG_LABEL], "an action is there, but another one"],
    [VERDICTS[BACKGROUND], "nothing is there, or the tIoU is too low"],
    ["missed", "an action without ✓: no interval hit it"],
  ];
  return element(
    "table",
    { class: "gl-table gl-words" },
    element("caption", { text: "The marks" }),
    ...rows.map(([mark, words]) =>
      element(
        "tr",
        {},
        element("th", { scope: "row", text: mark }),
        element("td", { text: words }),
      ),
    ),
  );
}

/** @param {Interval} one @param {Interval[]} truth */
const closest = (one, truth) =>
  truth.reduce((best, next) => {
    const of = (/** @type {Interval} */ t) => tiou(one.start, one.end, t.start, t.end);
    return of(next) > of(best) ? next : best;
  });

/** Buttons, which do all that a mouse can. @param {import("./part.js").PartStore} store @param {(values: any) => void} set */
function marking(store, set) {
  const values = () => /** @type {Values} */ (store.state.values);
  const { data } = store.state;
  const select = element("select", {
    "aria-label": "Label",
    onchange: () => set({ label: select.value }), // of the next one
  });
  select.append(
    ...data.labels.map((/** @type {string} */ one) => element("option", { text: one })),
  );
  const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) =>
    element("button", { type: "button", text, onclick });
  const start = button("It starts now", () => set({ mark: values().now, chosen: -1 }));
  const end = button("It ends now", () => {
    const { mark, now } = values();
    if (mark !== null && Math.abs(now - mark) >= SHORTEST) set(added(values(), mark, now));
  });
  const other = button("Choose another", () => {
    const chosen = (values().chosen + 1) % values().intervals.length;
    set({ chosen, label: values().intervals[chosen].label });
  });
  const remove = button("Remove it", () =>
    set({ intervals: values().intervals.filter((_, i) => i !== values().chosen), chosen: -1 }),
  );
  const rename = button("Give it this label", () =>
    set({ intervals: changed(values(), { label: values().label }) }),
  );
  store.draw(() => {
    const { intervals, chosen, label: next } = values();
    rename.disabled = !intervals[chosen] || intervals[chosen].label === next;
    select.value = values().label;
    end.disabled = values().mark === null;
    other.disabled = !values().intervals.length;
    remove.disabled = values().chosen < 0;
  });
  return [element("label", {}, "Label of the next ", select), start, end, other, rename, remove];
}

/** Where a new interval is dragged. @param {import("./picture.js").Picture} picture @param {ReturnType<typeof scale>} x @param {Values} values @param {(values: any) => void} set */
function ground(picture, x, values, set) {
  const node = svg("rect", {
    x: x.left,
    width: x.right - x.left,
    y: TOP - 4,
    height: ROWS * ROW + 4,
    class: "gl-ground",
  });
  node.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const { root } = picture;
    root.setPointerCapture(event.pointerId);
    const from = x.of(picture.placeOf(event).x);
    const move = (/** @type {PointerEvent} */ moved) => {
      const to = Math.min(x.to, Math.max(x.from, x.of(picture.placeOf(moved).x)));
      if (Math.abs(to - from) >= SHORTEST) set({ ...added(values, from, to), now: round(to) });
    };
    const end = () => {
      root.removeEventListener("pointermove", move);
      for (const name of ["pointerup", "pointercancel"]) root.removeEventListener(name, end);
    };
    root.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) root.addEventListener(name, end);
  });
  return node;
}

/** @param {ReturnType<typeof scale>} x @param {Interval} one @param {number} i @param {boolean} isChosen @param {string} mark @param {() => void} choose */
function bar(x, one, i, isChosen, mark, choose) {
  const y = TOP + (i % ROWS) * ROW;
  const node = svg("rect", {
    x: x(one.start),
    width: x(one.end) - x(one.start),
    y: y + 14,
    height: 14,
    class: isChosen ? "gl-bar gl-chosen" : "gl-bar",
  });
  node.addEventListener("pointerdown", choose);
  return [label(x(one.start), y + 10, `${mark} ${one.label}`.trim()), node];
}

/** @param {ReturnType<typeof scale>} x @param {Interval[]} truth @param {Int32Array} by */
const truthBars = (x, truth, by) =>
  truth.flatMap((one, g) => [
    label(x(one.start), TRUTH - 2 + (g % 2 ? 38 : 0), `${by[g] < 0 ? "" : "✓ "}${one.label}`, {
      class: "gl-small",
    }),
    svg("rect", {
      x: x(one.start),
      width: x(one.end) - x(one.start),
      y: TRUTH + 4,
      height: 18,
      class: "gl-truth",
    }),
  ]);

/** Both ends of the chosen interval. @param {import("./picture.js").Picture} picture @param {ReturnType<typeof scale>} x @param {Values} values @param {(value: number) => number} at @param {(values: any) => void} set */
function ends(picture, x, values, at, set) {
  const one = values.intervals[values.chosen];
  if (!one) return [];
  return /** @type {const} */ (["start", "end"]).map((name) =>
    handle(picture, {
      key: name,
      name: name === "start" ? "Its start" : "Its end",
      beside: name === "start" ? -1 : 1,
      x: x(one[name]),
      y: TOP + (values.chosen % ROWS) * ROW + 21,
      value: one[name],
      min: name === "start" ? x.from : one.start + SHORTEST,
      max: name === "start" ? one.end - SHORTEST : x.to,
      step: 0.08,
      text: `${number(one[name], 2)} seconds`,
      to: (value) =>
        set({ intervals: changed(values, { [name]: round(at(value)) }), now: round(at(value)) }),
      valueAt: (place) => x.of(place.x),
    }),
  );
}
