// Buttons, slider and keys that step through the run of an algorithm, forward and back.

import { element } from "./element.js";

/**
 * @param {Store} store
 * @param {{label: string, count: () => number, at: () => number, go: (step: number) => void,
 *   extra: HTMLElement[]}} run
 */
export function stepper(store, { label, count, at, go, extra }) {
  const slider = element("input", {
    type: "range",
    min: 0,
    step: 1,
    "aria-label": `${label}: step`,
    class: "gx-scrub",
    oninput: () => go(Number(slider.value)),
  });
  const where = element("output", { class: "gx-where" });
  /** @param {string} text @param {string} title @param {() => number} to */
  const button = (text, title, to) =>
    element("button", {
      text,
      title,
      "aria-label": `${label}: ${title}`,
      onclick: () => go(Math.min(Math.max(to(), 0), Math.max(0, count() - 1))),
    });
  const back = button("◀", "one step back", () => at() - 1);
  const forward = button("▶", "one step forward", () => at() + 1);
  const root = element(
    "div",
    { class: "gx-stepper", role: "group", "aria-label": label },
    button("|◀", "first step", () => 0),
    back,
    forward,
    button("▶|", "last step", () => count() - 1),
    slider,
    where,
    ...extra,
  );
  store.draw(() => {
    const total = count();
    slider.max = String(Math.max(0, total - 1));
    slider.value = String(at());
    slider.disabled = total === 0;
    back.disabled = at() <= 0;
    forward.disabled = at() >= total - 1;
    where.textContent = total ? `${at() + 1} of ${total}` : "nothing to step";
  });
  return { root, forward: () => forward.click(), back: () => back.click() };
}
