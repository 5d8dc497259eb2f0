// Training in the notebook's kernel, asked for and watched by messages (gtan_viz/lessons/live.py): start,
// pause, go on, begin anew. A page without Python has no such panel.

import { number } from "../state/text.js";
import { element, say } from "../view/element.js";
import { bringIntoView } from "./acting.js";
import { isOf, tellRun } from "./learned.js";
import { control } from "./part.js";

/** @typedef {import("./learned.js").Run} Run */
/** @typedef {"" | "loading" | "training" | "paused" | "done" | "ended" | "failed"} Status */
/** @typedef {{status: Status, problem: string, runs: Run[]}} Message what the kernel says */

const PATIENCE = 10_000; // milliseconds until nobody seems to answer
const ANSWERS = 3_000; // milliseconds between two words that the page is there
const SPOKEN = 25; // steps between two that are said aloud
/** @type {[number, string][]} seconds a step takes at least */
const PACES = [
  [0.5, "two steps a second"],
  [0, "as fast as it can"],
];
const THRESHOLD = {
  name: "foreground",
  label: "Foreground above",
  min: 0.35,
  max: 0.9,
  step: 0.05,
};
/** @type {Record<Status, string>} */
const MAIN = {
  "": "Train it here",
  loading: "Pause",
  training: "Pause",
  paused: "Go on",
  done: "Train it here",
  ended: "Train it here",
  failed: "Train it here",
};
const isGoing = (/** @type {Status} */ status) =>
  status === "loading" || status === "training" || status === "paused";

/** @type {NonNullable<import("./part.js").Part["bring"]>} */
export function livePanel(set, store, model) {
  if (!model.get("live") || model.get("asks") === false) return null;
  const panel = new LivePanel(set, store, model);
  return { root: panel.root, stop: () => panel.stop() };
}

class LivePanel {
  /** @type {Status} */
  status = "";
  problem = "";
  /** The run that was begun last. @type {?Run} */
  run = null;
  pace = PACES[0][0];
  /** The step that was newest when something was heard last. */
  newest = 1;
  answered = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  waiting = undefined;

  /** @param {(values: any) => void} set @param {import("./part.js").PartStore} store @param {HostModel} model */
  constructor(set, store, model) {
    this.set = set;
    this.store = store;
    this.model = model;
    this.main = element("button", { type: "button", onclick: () => this.press() });
    this.anew = element("button", {
      type: "button",
      text: "Start anew",
      title: "End this training, and begin another with the choices above",
      onclick: () => this.start(),
    });
    this.progress = element("progress", { "aria-label": "Steps trained", value: 0 });
    this.count = element("output", { "aria-live": "off" });
    this.said = element("p", { class: "gl-live-said", role: "status" });
    this.paces = PACES.map(([pace, text]) => ({
      pace,
      node: element("button", { type: "button", text, onclick: () => this.hurry(pace) }),
    }));
    this.root = this.build();
    this.listener = (/** @type {Message} */ message) => this.hear(message);
    model.on("msg:custom", this.listener);
    this.ask({ do: "tell" });
    this.show();
  }

  build() {
    return element(
      "div",
      { class: "gl-live", role: "group", "aria-label": "Train it here" },
      element("p", {
        text: "Train it here: the same network and film, a hundred steps, by your choices.",
      }),
      control(THRESHOLD, this.store, this.set),
      element("div", { class: "gl-buttons" }, this.main, this.anew, this.progress, this.count),
      element(
        "div",
        { class: "gl-buttons", role: "group", "aria-label": "Speed" },
        element("span", { text: "Speed" }),
        ...this.paces.map(({ node }) => node),
      ),
      this.said,
    );
  }

  press() {
    if (!isGoing(this.status)) this.start();
    else this.ask({ do: this.status === "paused" ? "go" : "pause" });
  }

  start() {
    const { foreground, unit, gradient } = this.store.state.values;
    this.newest = 1;
    this.set({ step: 1 });
    const part = this.root.closest(".gtan-lesson");
    if (part) bringIntoView(part); // there it moves
    this.ask({ do: "start", choice: { foreground, unit, gradient }, pace: this.pace });
  }

  /** @param {number} pace */
  hurry(pace) {
    this.pace = pace;
    if (isGoing(this.status)) this.ask({ do: "pace", pace });
    this.show();
  }

  /** @param {Record<string, unknown>} message */
  ask(message) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      say(this.said, "No kernel answers: run the cell again, or restart the kernel.");
    }, PATIENCE);
    this.model.send?.(message);
  }

  /** That somebody watches; by no clock, which a page in the background would be denied. */
  answer() {
    const now = Date.now();
    if (now < this.answered + ANSWERS) return;
    this.answered = now;
    this.model.send?.({ do: "watch" });
  }

  /** @param {Message} message */
  hear({ status, problem, runs }) {
    clearTimeout(this.waiting);
    if (status === "training") this.answer();
    const { data, values } = this.store.state;
    const before = this.status;
    Object.assign(this, { status, problem });
    const own = runs.map((one) => ({ ...one, own: true }));
    this.run = status === "loading" ? null : (own.at(-1) ?? this.run);
    const kept = data.runs.filter((/** @type {Run} */ one) => !(one.own && isAmong(own, one)));
    const moving = status === "training";
    this.store.set({ data: { ...data, runs: [...kept, ...own], moving } });
    this.follow(values);
    this.show();
    this.tell(before);
  }

  /** The newest step, unless the reader looks at an earlier one, or at another run. @param {any} values */
  follow(values) {
    const count = this.run?.loss.length ?? 0;
    if (this.run && isOf(this.run, values) && values.step >= this.newest) {
      this.set({ step: Math.max(1, count) });
    }
    this.newest = Math.max(1, count);
  }

  show() {
    const { data } = this.store.state;
    const count = this.run?.loss.length ?? 0;
    say(this.main, MAIN[this.status]);
    this.anew.hidden = !isGoing(this.status);
    this.progress.hidden = !isGoing(this.status);
    this.progress.max = data.steps;
    this.progress.value = count;
    say(this.count, isGoing(this.status) ? `step ${count} of ${data.steps}` : "");
    for (const { pace, node } of this.paces) {
      node.setAttribute("aria-pressed", String(pace === this.pace));
    }
  }

  /** @param {Status} before */
  tell(before) {
    const { data } = this.store.state;
    const count = this.run?.loss.length ?? 0;
    const where = `step ${count} of ${data.steps}`;
    if (this.status === "loading")
      say(this.said, "Loading torch and the film; the first time, the film is drawn.");
    else if (this.status === "paused") say(this.said, `Paused at ${where}.`);
    else if (this.status === "failed") say(this.said, this.problem);
    else if (this.status === "ended") say(this.said, `Ended at ${where}.`);
    else if (this.status === "done" && this.run) say(this.said, `Done. ${tellRun(data, this.run)}`);
    else if (this.status === "training" && this.run) {
      const spoken = Math.floor(count / SPOKEN) * SPOKEN;
      const text = spoken
        ? `Step ${spoken}: loss ${number(this.run.loss[spoken - 1], 3)}.`
        : "It trains; the picture follows.";
      if (before !== "training" || spoken) say(this.said, text);
    }
  }

  stop() {
    clearTimeout(this.waiting);
    this.model.off("msg:custom", this.listener);
  }
}

/** @param {Run[]} runs @param {Run} run */
const isAmong = (runs, run) => runs.some((one) => isOf(one, run));
