// The state in the address of the stand-alone page, so that a link can be shared.

/** How what is open is looked at. */
export const VIEW = /** @type {const} */ ([
  "view",
  "window",
  "tiou",
  "score",
  "tab",
  "compare",
  "theme",
  "foregroundOnly",
]);
/** What else is in a link; `chosenTruth` is the number of the truth asked about. */
const ADDRESS = /** @type {const} */ ([
  "recording",
  "step",
  "layer",
  "selection",
  "chosenTruth",
  "settings",
  ...VIEW,
  "time",
]);

/** What is each one's own where two runs lie one above the other. */
const OWN = /** @type {const} */ (["step", "layer", "selection", "settings"]);

/** @typedef {{[Name in typeof ADDRESS[number]]?: State[Name]}} Wished */
/** @typedef {Wished & {other?: Wished}} Given what an address asks for, and of a second run below */

/** @param {State} state @param {?State} [other] of the run below */
export function writeAddress(state, other = null) {
  if (state.host !== "page" || state.recording === null) return;
  const parts = new URLSearchParams();
  /** @param {unknown} value */
  const rounded = (value) => (typeof value === "number" ? Number(value.toPrecision(6)) : value);
  for (const name of ADDRESS) {
    const value = state[name];
    if (value === null || (name === "settings" && !Object.keys(value).length)) continue;
    if ((name === "foregroundOnly" && !value) || value === "auto") continue;
    if (name === "time" && !(state.video && value)) continue;
    if (name === "view" && state.view[0] === 0 && state.view[1] === state.scene?.duration) continue;
    parts.set(
      name,
      JSON.stringify(value, (_, v) => rounded(v)),
    );
  }
  if (other) {
    const own = Object.fromEntries(OWN.map((name) => [name, other[name]]));
    parts.set(
      "other",
      JSON.stringify(own, (_, v) => rounded(v)),
    );
  }
  try {
    history.replaceState(null, "", `#${parts}`);
  } catch {
    // Some viewers forbid it for files from disk; the picture does not depend on it.
  }
}

/** @param {unknown} value */
const isView = (value) =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[1] > value[0];

/** @param {string} name @param {unknown} value */
function isFit(name, value) {
  if (name === "view") return isView(value);
  if (name === "settings" || name === "selection")
    return typeof value === "object" && value !== null;
  if (["step", "layer", "window", "tiou", "score", "time", "compare"].includes(name))
    return Number.isFinite(value);
  if (name === "chosenTruth") return Number.isInteger(value) && Number(value) >= 0;
  if (name === "theme") return value === "light" || value === "dark";
  if (name === "foregroundOnly") return typeof value === "boolean";
  return true;
}

/** Of a second run. @param {unknown} value @returns {Wished} */
function ownOf(value) {
  const found = /** @type {Record<string, unknown>} */ (
    typeof value === "object" && value ? value : {}
  );
  return Object.fromEntries(
    OWN.filter((name) => Object.hasOwn(found, name) && isFit(name, found[name])).map((name) => [
      name,
      found[name],
    ]),
  );
}

/** @returns {Given} */
export function readAddress(hash = location.hash) {
  /** @type {Record<string, unknown>} */
  const given = {};
  for (const [name, value] of new URLSearchParams(hash.slice(1))) {
    if (name !== "other" && !ADDRESS.some((one) => one === name)) continue;
    try {
      const found = JSON.parse(value);
      if (name === "other") given.other = ownOf(found);
      else if (isFit(name, found)) given[name] = found;
    } catch {
      // A link cut short: what can be read of it still counts.
    }
  }
  return given;
}
