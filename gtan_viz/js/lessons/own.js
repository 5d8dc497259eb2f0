// Lesson 9: draw a signal, or bring one, and see kernels of a small trained GTAN fire.

import { number, signed } from "../state/text.js";
import { element, say } from "../view/element.js";
import { equation, sub, text } from "./equation.js";
import { evidenceOf, FIRES, listen } from "./own_network.js";
import {
  drawn,
  raised,
  readTable,
  SAMPLES,
  STEP,
  shaped,
  signalOfTable,
  signalsOf,
} from "./own_signal.js";
import { movementOf } from "./own_video.js";
import { axis, curve, handle, label, scale, svg } from "./picture.js";

const [WIDTH, HEIGHT] = [480, 424];
const TOP = 24; // of the signal
const FLOOR = 144;
const LANES = 180; // of what fires
const LANE = 24;
const SHOWN = 3; // at most
const [ABOVE, BELOW] = [292, 386]; // of the evidence
const REACH = 2.5; // sigmas of a bell that are drawn
const LARGEST = 5e6; // bytes of a file
const SECONDS = SAMPLES * STEP;
const x = scale(0, SECONDS, 16, WIDTH - 16);
const y = scale(0, 1, FLOOR, TOP);

/** @typedef {{shape: string, long: number, drawn: number[] | 0, turned: number, place: number,
 *   pen: number}} Values */

/** @param {Values} values */
function signalOf({ shape, long, drawn: own, turned }) {
  const signal = Array.isArray(own) ? own : shaped(shape, long);
  return turned ? [...signal].reverse() : signal;
}

/** What the values become when the signal on screen is another one. @param {number[]} signal */
const become = (signal) => ({ drawn: signal, turned: 0, shape: "own" });

/** @param {Values} values @param {any} data */
const firing = (values, data) =>
  listen(signalOf(values), data).found.filter(({ score }) => score >= FIRES);

/** @param {import("./own_network.js").Found} one */
const sigmaSeconds = ({ sigma, cellSeconds }) => sigma * cellSeconds;

/** @param {Values} values @param {any} data */
function strongest(values, data) {
  const said = listen(signalOf(values), data);
  const one = said.found[0];
  if (!one || one.score < FIRES) return null;
  const evidence = evidenceOf(said, one, data);
  const most = evidence.brings.indexOf(Math.max(...evidence.brings));
  return { ...one, ...evidence, most, middle: (most + 0.5) * one.cellSeconds };
}

/** @param {import("./picture.js").Picture} picture @param {Values} values @param {(values: any) => void} set */
function signalPicture(picture, values, set) {
  const signal = signalOf(values);
  const sheet = svg("rect", {
    x: x.left,
    y: TOP - 8,
    width: x.right - x.left,
    height: FLOOR - TOP + 16,
    class: "gl-sheet",
  });
  sheet.addEventListener("pointerdown", (event) => draw(picture, signal, event, set));
  const at = Math.min(SAMPLES - 1, Math.floor(values.place / STEP));
  return [
    label(x.left, 12, "the signal: draw here", { class: "gl-small" }),
    sheet,
    curve(
      signal.map((value, i) => [x((i + 0.5) * STEP), y(value)]),
      { class: "gl-curve" },
    ),
    ...dotName(values.place, FLOOR + 12, "place"),
    ...dotName(values.place, Math.max(TOP + 2, y(signal[at]) + 4), "height"),
    handle(picture, {
      key: "place",
      name: "Place",
      x: x(values.place),
      y: FLOOR + 8,
      value: values.place,
      min: 0,
      max: SECONDS,
      step: STEP,
      text: `${number(values.place, 2)} s`,
      to: (value) => set({ place: Math.round(value / STEP) * STEP }),
      valueAt: (place) => x.of(place.x),
    }),
    handle(picture, {
      key: "height",
      name: "Height of the signal at this place",
      x: x(values.place),
      y: y(signal[at]),
      value: signal[at],
      min: 0,
      max: 1,
      step: 0.05,
      text: number(signal[at], 2),
      vertical: true,
      to: (value) => set(become(raised(signal, at, value, values.pen))),
      valueAt: (place) => y.of(place.y),
    }),
  ];
}

/** Beside a dot. @param {number} place @param {number} height @param {string} name */
function dotName(place, height, name) {
  const isLeft = place > 0.85 * SECONDS;
  const anchor = isLeft ? "end" : "start";
  return [
    label(x(place) + (isLeft ? -13 : 13), height, name, {
      "text-anchor": anchor,
      class: "gl-small gl-dot-name",
    }),
  ];
}

/**
 * @param {import("./picture.js").Picture} picture @param {number[]} before @param {Event} event
 * @param {(values: any) => void} set
 */
function draw({ root, placeOf }, before, event, set) {
  const { pointerId } = /** @type {PointerEvent} */ (event);
  event.preventDefault();
  root.setPointerCapture(pointerId);
  /** @param {Event} moved @returns {[number, number]} */
  const pointOf = (moved) => {
    const place = placeOf(/** @type {PointerEvent} */ (moved));
    return [Math.round(x.of(place.x) / STEP - 0.5), y.of(place.y)];
  };
  let signal = before;
  let last = pointOf(event);
  const move = (/** @type {Event} */ moved) => {
    const next = pointOf(moved);
    signal = drawn(signal, last, next);
    last = next;
    set(become(signal));
  };
  const end = () => {
    for (const name of ["pointerup", "pointercancel"]) root.removeEventListener(name, end);
    root.removeEventListener("pointermove", move);
  };
  move(event);
  root.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) root.addEventListener(name, end);
}

/** The kernels that fire, the strongest on top. @param {Values} values @param {any} data */
function firingPicture(values, data) {
  const found = firing(values, data).slice(0, SHOWN);
  return [
    label(x.left, LANES - 10, found.length ? "what fires" : "nothing fires", { class: "gl-small" }),
    ...found.flatMap((one, i) => {
      const top = LANES + i * LANE;
      const sigma = sigmaSeconds(one);
      const bell = Array.from({ length: 61 }, (_, k) => {
        const away = ((k - 30) / 30) * REACH * sigma;
        const height = (LANE - 6) * Math.exp(-(away * away) / (2 * sigma * sigma));
        return /** @type {[number, number]} */ ([x(one.center + away), top + LANE - 4 - height]);
      }).filter(([at]) => at >= x.left && at <= x.right);
      const right = x(Math.max(one.end, one.center + REACH * sigma)) + 6;
      const isRight = right < WIDTH - 120; // there is room for the words
      return [
        svg("rect", {
          x: x(one.start),
          y: top + 3,
          width: x(one.end) - x(one.start),
          height: LANE - 6,
          rx: 4,
          class: `gl-found gl-found-${one.label % 3}`,
          opacity: 0.3 + 0.6 * one.score,
        }),
        curve(bell, { class: "gl-curve gl-bell" }),
        label(
          isRight ? right : Math.max(124, x(Math.min(one.start, one.center - REACH * sigma)) - 6),
          top + 16,
          `${data.classes[one.label]} ${number(one.score, 2)}, σ ${number(sigma, 2)} s`,
          { "text-anchor": isRight ? "start" : "end" },
        ),
      ];
    }),
  ];
}

/** @param {Values} values @param {any} data */
function evidencePicture(values, data) {
  const one = strongest(values, data);
  const time = axis(
    x,
    BELOW,
    [0, 4, 8, 12, 16, 20, 24, 28, 32].filter((at) => at <= SECONDS),
    { name: "seconds" },
  );
  if (!one) return [time];
  const { brings, cellSeconds } = one;
  const most = Math.max(0.5, ...brings.map(Math.abs));
  const low = Math.min(0, ...brings);
  const high = Math.max(0, ...brings);
  const up = scale(low, Math.max(high, low + most), BELOW - 8, ABOVE);
  return [
    label(
      x.left,
      ABOVE - 22,
      `what each cell brings to “${data.classes[one.label]}” (the tallest bar fills the height)`,
      {
        class: "gl-small",
      },
    ),
    ...Array.from(brings, (value, i) =>
      svg("rect", {
        x: x((i + 0.08) * cellSeconds),
        width: x(0.84 * cellSeconds) - x(0),
        y: Math.min(up(0), up(value)),
        height: Math.abs(up(value) - up(0)),
        class: `gl-bar ${value < 0 ? "gl-against" : ""} ${i === one.most ? "gl-chosen" : ""}`,
      }),
    ),
    svg("line", { x1: x.left, x2: x.right, y1: up(0), y2: up(0), class: "gl-zero" }),
    label(x(one.middle), up(brings[one.most]) - 5, signed(brings[one.most]), {
      "text-anchor": "middle",
      class: "gl-number",
    }),
    time,
  ];
}

/** @type {Values} */
const START = { shape: "hill", long: 4, drawn: 0, turned: 0, place: 16, pen: 6 };
const TURNED = { ...START, shape: "climb", long: 8, turned: 1 };

/** @param {File} file */
const isVideo = ({ type, name }) =>
  type.startsWith("video/") || /\.(mp4|webm|mov|mkv)$/i.test(name);

/** A button for a file, and what is said of it. @param {(values: any) => void} set */
function bring(set) {
  const said = element("p", { class: "gl-brought", role: "status" });
  const columns = element("select", { "aria-label": "Column of the file" });
  const which = element("label", { class: "gl-column", hidden: true }, "Its column: ", columns);
  let newest = 0; // a file that is chosen stops the one before
  /** @param {import("./own_signal.js").Table} table @param {number} column */
  const show = (table, column) => {
    const read = signalOfTable(table, column);
    set(become(read.signal));
    say(said, read.said);
  };
  /** @param {string} text */
  const takeTable = (text) => {
    const table = readTable(text);
    const signals = signalsOf(table);
    columns.replaceChildren(
      ...signals.map(({ column, name }) =>
        element("option", { value: String(column), text: name }),
      ),
    );
    columns.onchange = () => attempt(() => show(table, Number(columns.value)));
    which.hidden = signals.length < 2;
    show(table, signals[0].column);
  };
  /** @param {File} file @param {number} mine */
  const takeVideo = async (file, mine) => {
    const read = await movementOf(file, (share) => {
      if (mine === newest) say(said, `Looking at “${file.name}”: ${Math.round(4 * share) * 25} %.`);
      return mine === newest;
    });
    if (!read || mine !== newest) return;
    set(become(read.signal));
    say(said, read.said);
  };
  /** @param {() => void | Promise<void>} act */
  const attempt = async (act) => {
    try {
      await act();
    } catch (error) {
      say(said, `${/** @type {Error} */ (error).message} The picture stays as it was.`);
    }
  };
  const input = element("input", {
    type: "file",
    accept: ".csv,.tsv,.txt,text/csv,text/plain,video/*",
    async onchange() {
      const file = input.files?.[0];
      input.value = ""; // the same file again is a change again
      if (!file) return;
      const mine = ++newest;
      which.hidden = true;
      await attempt(async () => {
        if (isVideo(file)) return takeVideo(file, mine);
        if (file.size > LARGEST) throw new Error("The file is larger than 5 MB.");
        takeTable(await file.text());
      });
    },
  });
  const ask = "Bring a CSV file (a column of numbers, or time and values), or a video: ";
  return {
    root: element(
      "div",
      { class: "gl-bring" },
      element(
        "label",
        { class: "gl-file" },
        ask,
        element("span", { text: "Choose a file" }),
        input,
      ),
      which,
      said,
    ),
    stop: () => {
      newest++;
    },
  };
}

/** All that is brought for the class. @param {{brings: Float64Array}} one */
const forIt = ({ brings }) => brings.reduce((all, value) => all + Math.max(0, value), 0);

/** What the cell at the pen's place brings. @param {Values} values @param {NonNullable<ReturnType<typeof strongest>>} one */
function placeSays({ place }, { brings, cellSeconds }) {
  const cell = Math.min(brings.length - 1, Math.floor(place / cellSeconds));
  return `The cell over “place”, with its middle at ${number((cell + 0.5) * cellSeconds, 1)} s, brings ${signed(brings[cell])}.`;
}

/** @type {import("./part.js").Part} */
export const own = {
  title: "Draw a signal; a small GTAN listens",
  values: START,
  controls: [
    {
      name: "shape",
      label: "begin with",
      choices: [
        ["hill", "a hill"],
        ["climb", "a climb"],
        ["fall", "a fall"],
        ["flat", "nothing"],
      ],
      does: (shape) => ({ shape, drawn: 0, turned: 0 }),
    },
    {
      name: "turned",
      label: "time runs",
      choices: [
        [0, "forward"],
        [1, "turned round"],
      ],
    },
    {
      name: "long",
      label: "its length",
      unit: "s",
      min: 2,
      max: 12,
      step: 0.25,
      off: (values) => Array.isArray(values.drawn) || values.shape === "flat",
    },
    {
      name: "pen",
      label: "“height” reaches",
      unit: "s",
      min: 0.5,
      max: 16,
      step: 0.5,
    },
  ],
  bring,
  size: [WIDTH, HEIGHT],
  draw: (picture, values, data, set) => [
    ...signalPicture(picture, values, set),
    ...firingPicture(values, data),
    ...evidencePicture(values, data),
  ],
  says(values, data) {
    const all = firing(values, data);
    const one = strongest(values, data);
    if (!one) {
      const best = listen(signalOf(values), data).found[0];
      const nearest = best
        ? ` The nearest says ${data.classes[best.label]}, ${number(best.score, 2)}, at ${number(best.center, 1)} s.`
        : "";
      return `No kernel fires: none has a score of ${FIRES} or more.${nearest}`;
    }
    const others = all.length - 1;
    return (
      `The strongest is a ${data.classes[one.label]} from ${number(one.start, 1)} to ` +
      `${number(one.end, 1)} s, score ${number(one.score, 2)}: a kernel of layer ${one.layer + 1} with ` +
      `σ = ${number(sigmaSeconds(one), 2)} s. ${placeSays(values, one)}` +
      (others ? ` ${others} more ${others === 1 ? "fires" : "fire"}` : "") +
      (others >= SHOWN ? `; the picture shows the ${SHOWN} strongest.` : others ? "." : "")
    );
  },
  equations(values, data) {
    const one = strongest(values, data);
    if (!one) return [];
    const name = data.classes[one.label];
    const positive = forIt(one);
    const negative = one.sum - one.bias - positive;
    return [
      equation(
        sub("z", text(name)),
        "-",
        sub("z", text("background")),
        "=",
        text("bias"),
        "+",
        text("for"),
        "-",
        text("against"),
      ),
      equation(
        number(one.sum, 2),
        "=",
        number(one.bias, 2),
        "+",
        number(positive, 2),
        "-",
        number(-negative, 2),
      ),
    ];
  },
  questions: [
    {
      id: "turned",
      predict: true,
      ask: "A climb goes up slowly, over 8 s, and drops at once. The network knows hills, climbs and falls. You turn the climb round in time. What will it say?",
      choices: () => ["still a climb", "a fall", "a hill", "nothing fires"],
      answer(_, data) {
        const one = strongest(TURNED, data);
        return one ? ["climb", "fall", "hill"].indexOf(data.classes[one.label]) : 3;
      },
      hint: () =>
        "The mean of the signal stays the same. But this network also pools “after minus before” (lesson 3).",
      because(_, __, data) {
        const one = strongest(TURNED, data);
        return one
          ? `It says ${data.classes[one.label]}, with a score of ${number(one.score, 2)}. The values are the same, their order is not. The network sees order in two ways: its convolutions look at neighbours, and the derivatives of the Gaussian compare after with before (lesson 3).`
          : "Nothing fires.";
      },
    },
    {
      id: "long",
      ask: "Make a hill fire that the network finds longer than 7 s: draw it, or lengthen the one that is there. How long is the strongest kernel's own boundary then, before regression (lesson 2)?",
      unit: "s",
      answer(values, data) {
        const one = strongest(values, data);
        return one && one.label === 0 && one.end - one.start > 7
          ? 2 * sigmaSeconds(one)
          : Number.NaN;
      },
      tolerance: 0.2,
      hint(given, answer, values, data) {
        const one = strongest(values, data);
        if (!one) return "Nothing fires. Begin with a hill, and change its length.";
        if (Number.isNaN(answer)) {
          return `The strongest is a ${data.classes[one.label]} of ${number(one.end - one.start, 1)} s. Change its length first.`;
        }
        const { start, end } = one;
        if (Math.abs(given - answer / 2) < 0.1) return "That is σ itself: the boundary is longer.";
        if (Math.abs(given - (end - start)) < 0.1)
          return "That is what is found, after regression. The kernel's own boundary comes from σ alone.";
        return `${number(given, 2)} s is too ${given > answer ? "long" : "short"}. σ stands beside the strongest bar; how many σ is a boundary long?`;
      },
      because(answer, values, data) {
        const one = strongest(values, data);
        if (!one || Number.isNaN(answer)) return "Now something else is drawn.";
        return `2σ = ${number(answer, 2)} s. σ is ${number(one.sigma, 2)} cells of layer ${one.layer + 1}, where a cell is ${number(one.cellSeconds, 0)} s long. The network then moved the edges: what it finds is ${number(one.end - one.start, 1)} s long (lesson 7).`;
      },
    },
    {
      id: "most",
      ask: "Explain it with lesson 3: at which second is the middle of the cell that brings most to what the strongest kernel says?",
      unit: "s",
      answer: (values, data) => strongest(values, data)?.middle ?? Number.NaN,
      tolerance: 0.5,
      hint(given, answer, values, data) {
        const one = strongest(values, data);
        if (one && Math.abs(given - answer) <= one.cellSeconds / 2)
          return `That is in the right cell, or at its border. A bar is as wide as its cell, ${number(one.cellSeconds, 0)} s: where is its middle?`;
        return one && !Number.isNaN(answer)
          ? `Look for the tallest bar at the bottom. The kernel itself stands at ${number(one.center, 1)} s.`
          : "Nothing fires: make something fire first.";
      },
      because(answer, values, data) {
        const one = strongest(values, data);
        if (!one) return "Now nothing fires.";
        const { weights, brings, most, cellSeconds } = one;
        return `Its middle lies at ${number(answer, 1)} s, ${number(Math.abs(answer - one.center) / cellSeconds, 1)} cells from the kernel's own. Its weight is ${number(weights[most], 2)} and it brings ${signed(brings[most])} of the ${signed(forIt(one))} that all cells bring for it.`;
      },
    },
  ],
};
