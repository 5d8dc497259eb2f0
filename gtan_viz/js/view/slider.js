// One slider with its name, its value, and a tick on its track where training left it.

import { number } from "../state/text.js";
import { element } from "./element.js";

const ENDS = 1000; // the track runs from 0 to it
const SNAP = 0.008; // share of the track
const HALF_STEP = 0.501 / ENDS;

/**
 * @typedef {object} Quantity a number that a slider moves
 * @property {string} key
 * @property {string} name
 * @property {string} title
 * @property {() => [number, number]} range
 * @property {boolean} [isLog] whether the track is logarithmic
 * @property {string} [unit]
 * @property {() => number | null} now null: the slider is off
 * @property {() => number | null} learned null: nothing was learned of it
 * @property {(value: number | undefined) => void} change undefined: back to what was learned
 * @property {() => ?Reach} [reach] the part of the track in which it can be, or do something
 */

/** @typedef {{low: number, high: number, inside: string, outside: string}} Reach its ends, what it is, and
 *   what is said of a value outside */

/** @param {number} value */
const clamp = (value) => Math.min(Math.max(value, 0), 1);

/** From a value to its share of the track, and back. @param {Quantity} quantity */
function scaleOf({ range, isLog }) {
  const [low, high] = range();
  return isLog
    ? {
        share: (/** @type {number} */ value) => Math.log(value / low) / Math.log(high / low),
        value: (/** @type {number} */ share) => low * (high / low) ** share,
      }
    : {
        share: (/** @type {number} */ value) => (value - low) / (high - low),
        value: (/** @type {number} */ share) => low + share * (high - low),
      };
}

/** @param {Store} store @param {Quantity} quantity */
export function slider(store, quantity) {
  const { key, name, title } = quantity;
  let isHeld = false; // by a pointer; keys move it by single steps
  const input = element("input", {
    type: "range",
    min: 0,
    max: ENDS,
    step: 1,
    "aria-label": `${name}. ${title}`,
    title,
    "data-key": key,
    onpointerdown() {
      isHeld = true;
    },
    onkeydown() {
      isHeld = false;
    },
    oninput: () => follow(quantity, Number(input.value) / ENDS, isHeld ? SNAP : HALF_STEP),
  });
  const output = element("output", { class: "gx-value" });
  const tick = element("span", { class: "gx-tick", title: "as learned", "aria-hidden": "true" });
  const reach = element("span", { class: "gx-reach", "aria-hidden": "true" });
  const root = element(
    "label",
    {
      class: "gx-slider",
      "data-key": key,
      ondblclick() {
        if (quantity.learned() !== null) quantity.change(undefined);
      },
    },
    element("span", { class: "gx-name", text: name, title }),
    element("span", { class: "gx-track" }, reach, tick, input),
    output,
  );

  let shown = "";
  store.draw(() => {
    const now = quantity.now();
    const learned = quantity.learned();
    const bounds = quantity.reach?.() ?? null;
    const shows = () =>
      [now, learned, ...quantity.range(), input.value, bounds?.low, bounds?.high].join();
    if (shows() === shown) return; // most sliders stay as they are
    show(quantity, now, learned, { root, input, output, tick });
    showReach(quantity, now, bounds, { input, output, reach });
    shown = shows();
  });
  return root;
}

/**
 * @param {Quantity} quantity @param {number | null} now @param {?Reach} bounds
 * @param {{input: HTMLInputElement, output: HTMLElement, reach: HTMLElement}} nodes
 */
function showReach(quantity, now, bounds, { input, output, reach }) {
  reach.hidden = !bounds || now === null;
  output.classList.remove("gx-beyond");
  input.title = bounds ? `${quantity.title}. ${bounds.inside}` : quantity.title;
  if (!bounds || now === null) return;
  const scale = scaleOf(quantity);
  const [low] = quantity.range();
  const share = (/** @type {number} */ value) => clamp(scale.share(Math.max(value, low)));
  reach.style.setProperty("--from", String(share(bounds.low)));
  reach.style.setProperty("--to", String(share(bounds.high)));
  if (now >= bounds.low && now <= bounds.high) return;
  output.classList.add("gx-beyond");
  input.setAttribute("aria-valuetext", `${output.textContent}, ${bounds.outside}`);
}

/**
 * The hand is at this share of the track.
 *
 * @param {Quantity} quantity @param {number} share @param {number} near to what was learned, that is it
 */
function follow(quantity, share, near) {
  const scale = scaleOf(quantity);
  const learned = quantity.learned();
  // Near the tick the slider snaps to what was learned, so that one can come back by hand.
  const tick = learned === null ? NaN : clamp(scale.share(learned)); // where the thumb stands for it
  if (Math.abs(tick - share) < near) quantity.change(undefined);
  else quantity.change(Number(scale.value(share).toPrecision(4))); // as it stands in a link
}

/**
 * @param {Quantity} quantity
 * @param {number | null} now
 * @param {number | null} learned
 * @param {{root: HTMLElement, input: HTMLInputElement, output: HTMLElement, tick: HTMLElement}} nodes
 */
function show(quantity, now, learned, { root, input, output, tick }) {
  input.disabled = now === null || !Number.isFinite(now);
  root.classList.toggle("gx-off", input.disabled);
  tick.hidden = input.disabled || learned === null;
  if (now === null || input.disabled) {
    output.textContent = "–";
    return;
  }
  const scale = scaleOf(quantity);
  const at = Math.round(ENDS * clamp(scale.share(now)));
  if (Number(input.value) !== at) input.value = String(at);
  const text = `${number(now, 2)}${quantity.unit ?? ""}`;
  output.textContent = text;
  input.setAttribute("aria-valuetext", text);
  if (learned !== null) tick.style.setProperty("--at", String(clamp(scale.share(learned))));
  const isChanged = learned !== null && Math.abs(now - learned) > 1e-9 * Math.abs(learned);
  root.classList.toggle("gx-changed", isChanged);
}
