// What differs from what was learned, in words: for pictures that leave the page.

import { hasSettings } from "./derive.js";
import { number } from "./text.js";

/** @typedef {"sigma_factor" | "epsilon" | "ratio_scale" | "xi" | "rho"} Moved */

/** @type {[Moved, string, (settings: RunSettings) => number | null][]} name of the slider; as learned */
const SLIDERS = [
  ["sigma_factor", "all σ ×", () => null],
  ["epsilon", "ε grouping", ({ kernels }) => kernels.epsilon],
  ["ratio_scale", "scale ratio ×", () => null],
  ["xi", "ξ decay", ({ detection }) => detection.xi],
  ["rho", "ρ overlap", ({ detection }) => detection.rho],
];

/** @param {Pick<State, "settings" | "opened">} state @returns {string} empty where nothing is changed */
export function changesText({ settings, opened }) {
  if (!opened || !hasSettings({ settings })) return "";
  const said = [];
  for (const [key, name, learned] of SLIDERS) {
    const now = settings[key];
    const home = learned(opened.header.settings);
    if (now === undefined) continue;
    said.push(
      `${name} ${number(now, 2)}${home === null ? "" : ` (as learned ${number(home, 2)})`}`,
    );
  }
  for (const key of /** @type {const} */ (["merge", "grouping"])) {
    if (settings[key]) said.push(`${key} “${settings[key]}”`);
  }
  for (const [key, { sigma, center }] of Object.entries(settings.kernels ?? {})) {
    const parts = [];
    if (sigma !== undefined) parts.push(`σ ${number(sigma, 2)} cells`);
    if (center !== undefined) parts.push(`centre ${number(center, 2)} cells`);
    said.push(`${kernelText(key)}: ${parts.join(", ")}`);
  }
  return said.join("; ");
}

/** From the name that `settings` has of it. @param {string} key */
function kernelText(key) {
  const [layer, window, cell] = key.split("/");
  const which = cell.startsWith("m") ? `mixed from cell ${cell.slice(1)}` : `cell ${cell}`;
  return `layer ${layer}, window ${window}, ${which}`;
}
