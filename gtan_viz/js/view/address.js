// The state in the address of the stand-alone page, so that a link can be shared.

const ADDRESS = ["recording", "step", "layer", "selection", "settings", "view", "window", "tiou", "score", "tab"];

export function writeAddress(state) {
  if (state.host !== "page" || state.recording === null) return;
  const parts = new URLSearchParams();
  const rounded = (value) => (typeof value === "number" ? Number(value.toPrecision(6)) : value);
  for (const name of ADDRESS) {
    const value = state[name];
    if (value === null || (name === "settings" && !Object.keys(value).length)) continue;
    if (name === "view" && state.scene && value[0] === 0 && value[1] === state.scene.duration) continue;
    parts.set(name, JSON.stringify(value, (_, v) => rounded(v)));
  }
  try {
    history.replaceState(null, "", `#${parts}`);
  } catch {
    // Some viewers forbid it for files from disk; the picture does not depend on it.
  }
}

export function readAddress(hash = location.hash) {
  const given = {};
  for (const [name, value] of new URLSearchParams(hash.slice(1))) {
    if (!ADDRESS.includes(name)) continue;
    try {
      given[name] = JSON.parse(value);
    } catch {
      // A link cut short: what can be read of it still counts.
    }
  }
  const numbers = (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
  if (given.view !== undefined && !(numbers(given.view) && given.view[1] > given.view[0])) delete given.view;
  for (const name of ["settings", "selection"]) {
    if (given[name] !== undefined && (typeof given[name] !== "object" || given[name] === null)) delete given[name];
  }
  for (const name of ["step", "layer", "window", "tiou", "score"]) {
    if (given[name] !== undefined && !Number.isFinite(given[name])) delete given[name];
  }
  return given;
}
