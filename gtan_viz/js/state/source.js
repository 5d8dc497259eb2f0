// Explanations and the trace, from whatever hosts the explorer: the kernel of a notebook, or the
// page the explorer stands in. An Explanation is asked for by `request` and comes as `explanation`.

import { interactive, readExplanation } from "../model/explanation.js";
import { readTrace } from "../model/trace.js";

const KEPT = 8; // Explanations in memory
const PATIENCE = 20_000; // milliseconds
const PATIENCE_FEATURES = 300_000; // a large network runs over the recording

/** @param {string | null} recording @param {number} step */
const keyOf = (recording, step) => JSON.stringify([recording, step]);

/** @param {string} key */
const withFeatures = (key) => `${key} features`;

/** Views that were asked for and have not come, by key. */
class Wishes {
  /** @typedef {(value: any) => void} Settle */
  /** @type {Map<string, {promise: Promise<View>, resolve: Settle, reject: Settle}>} */
  #waiting = new Map();

  /** @param {string} key @param {number} patience milliseconds @param {() => void} ask */
  wish(key, patience, ask) {
    const asked = this.#waiting.get(key);
    if (asked) return asked.promise;
    /** @type {Settle} */
    let resolve = () => {};
    /** @type {Settle} */
    let reject = () => {};
    /** @type {Promise<View>} */
    const promise = new Promise((...settle) => {
      [resolve, reject] = settle;
    });
    this.#waiting.set(key, { promise, resolve, reject });
    const late = setTimeout(() => {
      reject(
        new Error(
          "No answer came yet. Is the kernel busy, the run's disk slow, or was the kernel restarted? " +
            "What is on screen goes on working; ask again in a while, and after a restart run the " +
            "cell again.",
        ),
      );
      this.#waiting.delete(key);
    }, patience);
    promise.finally(() => clearTimeout(late)).catch(() => {});
    ask();
    return promise;
  }

  /** @param {string} key @param {View} view */
  fulfil(key, view) {
    this.#waiting.get(key)?.resolve(view);
    this.#waiting.delete(key);
  }

  /** @param {unknown} error */
  refuseAll(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** @param {HostModel} model */
export function openSource(model) {
  /** @type {Map<string, View>} */
  const kept = new Map();
  const wishes = new Wishes();
  /** @type {unknown} */
  let broken = null;

  /** @param {View} view */
  function keep(view) {
    const key = keyOf(view.header.recording, view.header.step);
    kept.delete(key);
    kept.set(key, view);
    const [oldest] = kept.keys();
    if (kept.size > KEPT) kept.delete(oldest);
    wishes.fulfil(key, view);
    if (interactive(view)) wishes.fulfil(withFeatures(key), view);
    return view;
  }
  function arrived() {
    const bytes = model.get("explanation");
    if (!bytes?.byteLength) return null;
    try {
      return keep(readExplanation(bytes));
    } catch (error) {
      broken = error;
      wishes.refuseAll(error);
      return null;
    }
  }
  function failed() {
    const problem = model.get("problem");
    if (problem) wishes.refuseAll(new Error(problem));
  }
  model.on("change:explanation", arrived);
  model.on("change:problem", failed);

  return {
    first: arrived,
    trace: () => traceOf(model),
    error: () => broken,
    /** @param {string | null} recording @param {number} step */
    peek: (recording, step) => kept.get(keyOf(recording, step)) ?? null,
    keep,
    /**
     * With `features`: also the feature maps of a large model, which Explanations leave out.
     *
     * @param {string | null} recording @param {number} step @returns {Promise<View>}
     */
    load(recording, step, features = false) {
      const plain = keyOf(recording, step);
      const here = kept.get(plain);
      if (here && (!features || interactive(here))) return Promise.resolve(here);
      const key = features ? withFeatures(plain) : plain;
      return wishes.wish(key, features ? PATIENCE_FEATURES : PATIENCE, () => {
        model.set("request", features ? { recording, step, features } : { recording, step });
        model.save_changes();
      });
    },
    stop() {
      model.off("change:explanation", arrived);
      model.off("change:problem", failed);
    },
  };
}

/** @param {HostModel} model */
function traceOf(model) {
  const bytes = model.get("trace");
  if (!bytes?.byteLength) return null;
  const found = readTrace(bytes);
  return found.steps?.length ? found : null;
}
