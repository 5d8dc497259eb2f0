// A slider over training steps. Dots below it: steps of which everything was kept; diamonds above: what
// happened while training.

import { element } from "./element.js";

/**
 * @param {Store} store
 * @param {object} run
 * @param {string} run.label
 * @param {() => ArrayLike<number>} run.steps
 * @param {() => number} run.at number of the step on screen
 * @param {() => boolean} run.isOff
 * @param {(at: number) => void} run.move while the hand moves
 * @param {() => void} run.settle once it rests
 * @returns {HTMLElement}
 */
export function stepSlider(store, { label, steps, at, isOff, move, settle }) {
  const { state } = store;
  const input = element("input", {
    type: "range",
    min: 0,
    step: 1,
    class: "gx-scrub",
    "aria-label": label,
    title: "Training step. A dot: everything was kept; a diamond: something happened",
    oninput: () => move(Number(input.value)),
    onchange: settle,
  });
  const dots = element("span", { class: "gx-dots", "aria-hidden": "true" });
  store.draw(() => {
    input.disabled = isOff() || steps().length < 2;
    if (input.disabled) return;
    input.max = String(steps().length - 1);
    const now = at();
    if (Number(input.value) !== now) input.value = String(now);
    input.setAttribute("aria-valuetext", stepText(state, steps()[now]));
  });
  store.draw(() => {
    const all = Array.from(steps());
    const marks = isOff() || all.length < 2 ? [] : marksOf(state, all);
    dots.replaceChildren(
      ...marks.map(({ place, isEvent }) => {
        const mark = element("i", { class: isEvent ? "gx-diamond" : "" });
        mark.style.setProperty("--at", String(place / (all.length - 1)));
        return mark;
      }),
    );
  });
  return element("span", { class: "gx-track" }, input, dots);
}

/** Where the marks stand. @param {State} state @param {number[]} all */
function marksOf({ fullSteps, events }, all) {
  /** @param {number} step */
  const placeOf = (step) => all.indexOf(step);
  return [
    ...fullSteps.map((step) => ({ place: placeOf(step), isEvent: false })),
    ...events.map(({ step }) => ({ place: placeOf(step), isEvent: true })),
  ].filter(({ place }) => place >= 0);
}

/** What is known of a step, in words. @param {State} state @param {number} step */
export function stepText({ fullSteps, events }, step) {
  const happened = events.filter((event) => event.step === step).map(({ text }) => text);
  const kept = fullSteps.includes(step) ? "everything was kept" : "only sigmas were kept";
  return [`step ${step}`, kept, ...happened].join(", ");
}
