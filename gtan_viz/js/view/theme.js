// Light and dark. Canvases cannot read CSS variables while they draw, so the colours are read from
// the style sheet once per change of theme.

import { effect } from "@preact/signals-core";
import { contrast, rgbOf, UNKNOWN } from "../state/colors.js";
import { element } from "./element.js";

const FORCED = "(forced-colors: active)";

/**
 * Who decides: the user's own choice, the notebook (JupyterLab, VS Code), else the system.
 *
 * @param {string} choice
 */
function isDark(choice) {
  if (choice === "light" || choice === "dark") return choice === "dark";
  const body = document.body;
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  if (body.classList.contains("vscode-dark")) return true;
  if (body.classList.contains("vscode-light")) return false;
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** @param {HTMLElement} root @param {boolean} dark @returns {Palette} */
function paletteOf(root, dark) {
  root.dataset.theme = dark ? "dark" : "light";
  const isForced = matchMedia(FORCED).matches;
  const style = getComputedStyle(root);
  const names = Object.keys(UNKNOWN).filter((name) => name !== "dark");
  const colors = names.map((name) => {
    const property = `--gx-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return [name, isForced ? resolved(root, property) : style.getPropertyValue(property).trim()];
  });
  const palette = { ...UNKNOWN, ...Object.fromEntries(colors), dark };
  if (isForced) palette.dark = contrast(rgbOf(palette.panel), [0, 0, 0]) < 4.6; // mid grey
  return palette;
}

/** Where the system chooses, a name of a colour to the colour. @param {HTMLElement} root @param {string} property */
function resolved(root, property) {
  const probe = element("i", { style: `color: var(${property}); forced-color-adjust: none` });
  root.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** @param {HTMLElement} root @param {Store} store @returns {() => void} which stops it */
export function followTheme(root, store) {
  const { state } = store;
  const apply = () => store.set({ palette: paletteOf(root, isDark(state.theme)) });
  const system = [FORCED, "(prefers-color-scheme: dark)"].map((query) => matchMedia(query));
  for (const one of system) one.addEventListener("change", apply);
  const watcher = new MutationObserver(apply);
  watcher.observe(document.body, {
    attributes: true,
    attributeFilter: ["data-jp-theme-light", "class"],
  });
  const stop = effect(apply); // now, and when another theme is chosen
  // An element that is not in the page yet has no colours: a notebook that is opened again does
  // that.
  const placed = new ResizeObserver(() => {
    if (!state.palette.panel) apply();
  });
  placed.observe(root);
  return () => {
    stop();
    placed.disconnect();
    for (const one of system) one.removeEventListener("change", apply);
    watcher.disconnect();
  };
}
