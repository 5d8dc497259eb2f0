// Explanations and the trace, from whatever hosts the explorer: the kernel of a notebook, or the
// page the explorer stands in. An Explanation is asked for by `request` and comes as `explanation`.

import { interactive, readExplanation } from "../model/explanation.js";
import { readTrace } from "../model/trace.js";

const KEPT = 8; // Explanations in memory
const PATIENCE = 20_000; // milliseconds
const PATIENCE_FEATURES = 300_000; // a large network runs over the recording

export function openSource(model) {
  const kept = new Map();
  const waiting = new Map();
  let broken = null;

  const keyOf = (recording, step) => JSON.stringify([recording, step]);
  function keep(view) {
    const key = keyOf(view.header.recording, view.header.step);
    kept.delete(key);
    kept.set(key, view);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    for (const one of interactive(view) ? [key, `${key} features`] : [key]) {
      waiting.get(one)?.resolve(view);
      waiting.delete(one);
    }
    return view;
  }
  function arrived() {
    const bytes = model.get("explanation");
    if (!bytes?.byteLength) return null;
    try {
      return keep(readExplanation(bytes));
    } catch (error) {
      broken = error;
      for (const one of waiting.values()) one.reject(error);
      waiting.clear();
      return null;
    }
  }
  function failed() {
    const problem = model.get("problem");
    if (!problem) return;
    for (const one of waiting.values()) one.reject(new Error(problem));
    waiting.clear();
  }
  model.on("change:explanation", arrived);
  model.on("change:problem", failed);

  function trace() {
    const bytes = model.get("trace");
    if (!bytes?.byteLength) return null;
    const found = readTrace(bytes);
    return found.steps?.length ? found : null;
  }

  return {
    first: arrived,
    trace,
    error: () => broken,
    peek: (recording, step) => kept.get(keyOf(recording, step)) ?? null,
    keep,
    // With `features`: also the feature maps of a large model, which Explanations leave out.
    load(recording, step, features = false) {
      const plain = keyOf(recording, step);
      const here = kept.get(plain);
      if (here && (!features || interactive(here))) return Promise.resolve(here);
      const key = features ? `${plain} features` : plain;
      if (waiting.has(key)) return waiting.get(key).promise;
      const one = {};
      one.promise = new Promise((resolve, reject) => Object.assign(one, { resolve, reject }));
      waiting.set(key, one);
      const late = setTimeout(() => {
        one.reject(new Error(
          "The Explanation did not arrive. In a notebook: is its kernel still running?"));
        waiting.delete(key);
      }, features ? PATIENCE_FEATURES : PATIENCE);
      one.promise.finally(() => clearTimeout(late)).catch(() => {});
      model.set("request", features ? { recording, step, features } : { recording, step });
      model.save_changes();
      return one.promise;
    },
    stop() {
      model.off("change:explanation", arrived);
      model.off("change:problem", failed);
    },
  };
}
