// The state in the address of the stand-alone page, so that a link can be shared; and in links that act.

import { isPanel } from "../state/exercise.js";
import { STOPS } from "../state/tour.js";

/** What an address can say, in this order, and whether a value fits. */
const FITS = {
  /** @param {unknown} value */
  recording: (value) => typeof value === "string" || value === null,
  step: isNumber,
  layer: isNumber,
  selection: isObject,
  settings: isObject,
  /** @param {unknown} value */
  view: (value) =>
    Array.isArray(value) &&
    value.length === 2 &&
    value.every(Number.isFinite) &&
    value[1] > value[0],
  window: isNumber,
  tiou: isNumber,
  score: isNumber,
  tab: oneOf("grouping", "nms"),
  compare: isNumber,
  theme: oneOf("light", "dark"),
  foregroundOnly: oneOf(true, false),
  /** @param {unknown} value */
  rowHeights: (value) => isObject(value) && Object.values(Object(value)).every(Number.isFinite),
  chosenTruth: isCount,
  explained: oneOf("class", "start", "end", "overlap"),
  lit: isObject,
  groupWish: isObject,
  nmsWish: isObject,
  unfolded: arePanels,
  hide: arePanels,
  show: arePanels,
  /** @param {unknown} value */
  tour: (value) => isCount(value) && Number(value) >= 1 && Number(value) <= STOPS.length,
  time: isNumber,
};

/** What is each one's own where two runs lie one above the other. */
const OWN = /** @type {const} */ (["step", "layer", "selection", "settings"]);

/** @typedef {keyof typeof FITS} Name */
/** @typedef {{[One in Name]?: State[One]}} Wished */
/** @typedef {Wished & {other?: Wished}} Given what an address asks for, and of a second run below */

/** What is on screen where a link does not say otherwise. @type {Given} */
export const FRESH = {
  chosenTruth: null,
  explained: "class",
  lit: null,
  rowHeights: {},
  groupWish: null,
  nmsWish: null,
  unfolded: ["evidence"],
  hide: [],
  show: [],
  tour: null,
};

/** @param {unknown} value */
function isNumber(value) {
  return Number.isFinite(value);
}

/** @param {unknown} value */
function isCount(value) {
  return Number.isInteger(value) && Number(value) >= 0;
}

/** @param {unknown} value */
function isObject(value) {
  return typeof value === "object" && value !== null;
}

/** @param {...unknown} all @returns {(value: unknown) => boolean} */
function oneOf(...all) {
  return (value) => all.includes(value);
}

/** @param {unknown} value */
function arePanels(value) {
  return Array.isArray(value) && value.every(isPanel);
}

/** Whether it goes without saying. @param {Name} name @param {State} state */
function isSaid(name, state) {
  const value = state[name];
  if (value === null || value === false || value === "auto") return false;
  if (name === "settings") return Object.keys(state.settings).length > 0;
  if (name === "tour") return Boolean(value);
  if (name === "time") return Boolean(state.video && value);
  if (name === "view") return state.view[0] !== 0 || state.view[1] !== state.scene?.duration;
  return !(Object.hasOwn(FRESH, name) && JSON.stringify(FRESH[name]) === JSON.stringify(value));
}

/**
 * What an address of this state says, without the "#".
 *
 * @param {State} state @param {?State} [below] of a second run
 */
export function addressOf(state, below = null) {
  const parts = new URLSearchParams();
  /** @param {unknown} value */
  const rounded = (value) => (typeof value === "number" ? Number(value.toPrecision(6)) : value);
  for (const name of /** @type {Name[]} */ (Object.keys(FITS))) {
    if (!isSaid(name, state)) continue;
    parts.set(
      name,
      JSON.stringify(state[name], (_, v) => rounded(v)),
    );
  }
  if (below) {
    const own = Object.fromEntries(OWN.map((name) => [name, below[name]]));
    parts.set(
      "other",
      JSON.stringify(own, (_, v) => rounded(v)),
    );
  }
  return String(parts);
}

/** @param {State} state @param {?State} [below] of a second run */
export function writeAddress(state, below = null) {
  if (state.host !== "page" || state.recording === null) return;
  try {
    history.replaceState(null, "", `#${addressOf(state, below)}`);
  } catch {
    // Some viewers forbid it for files from disk; the picture does not depend on it.
  }
}

/** JSON, or what is easier to type: `hide=why,truth`. @param {string} name @param {string} text */
function parsed(name, text) {
  const isList = name === "hide" || name === "show" || name === "unfolded";
  if (isList && !text.startsWith("[")) return text.split(",").filter(Boolean);
  return JSON.parse(text);
}

/** Of a second run. @param {unknown} value @returns {Wished} */
function ownOf(value) {
  const found = Object.entries(isObject(value) ? Object(value) : {});
  return Object.fromEntries(
    found.filter(
      ([name, one]) => OWN.some((own) => own === name) && FITS[/** @type {Name} */ (name)](one),
    ),
  );
}

/** @returns {Given} */
export function readAddress(hash = location.hash) {
  /** @type {Record<string, unknown>} */
  const given = {};
  for (const [name, text] of new URLSearchParams(hash.replace(/^#(gtan:)?/, ""))) {
    try {
      const value = parsed(name, text);
      if (name === "other") given.other = ownOf(value);
      if (Object.hasOwn(FITS, name) && FITS[/** @type {Name} */ (name)](value)) given[name] = value;
    } catch {
      // A link cut short: what can be read of it still counts.
    }
  }
  return given;
}
