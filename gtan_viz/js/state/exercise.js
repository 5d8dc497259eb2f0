// What a link leaves out (hide=, show=), so that a teacher can set an exercise.

/** Every panel that can be named, and the one that it is part of. @type {Record<string, ?string>} */
export const PANELS = {
  overview: null,
  video: null,
  zoom: null,
  timeline: null,
  signal: "timeline",
  kernels: null,
  training: "kernels",
  algorithms: null,
  grouping: "algorithms",
  nms: "algorithms",
  whatif: null,
  results: "whatif",
  why: null,
  kernel: "why",
  evidence: "why",
  scores: "why",
  boundary: "why",
  fading: "why",
};

/** The true actions are no panel, but can be left out as well. */
export const TRUTH = "truth";

/** @param {string} name */
export const isPanel = (name) => Object.hasOwn(PANELS, name) || name === TRUTH;

/**
 * Whether a panel is on screen: what holds it is, too, and what it holds if `show` names that.
 *
 * @param {string} name @param {{hide: string[], show: string[]}} chosen `show` empty: all
 */
export function isOn(name, { hide, show }) {
  const parent = PANELS[name];
  if (hide.includes(name) || (parent && hide.includes(parent))) return false;
  if (!show.length || show.includes(name) || (parent && show.includes(parent))) return true;
  return show.some((one) => PANELS[one] === name);
}

/** @type {WeakMap<View, View>} */
const untold = new WeakMap();

/** The same without what only the true actions tell. @param {View} view @returns {View} */
export function withoutTruth(view) {
  let one = untold.get(view);
  if (!one) {
    const arrays = Object.entries(view.arrays).filter(
      ([name]) => !/^truth\.|\.(state|iou|truths|truth_offsets)$/.test(name),
    );
    untold.set(view, (one = { ...view, arrays: Object.fromEntries(arrays) }));
  }
  return one;
}
