// Light and dark. Canvases cannot read CSS variables while they draw, so the colours are read from
// the style sheet once per change of theme.

import { effect } from "@preact/signals-core";
import { UNKNOWN } from "../state/colors.js";

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
  const style = getComputedStyle(root);
  const names = Object.keys(UNKNOWN).filter((name) => name !== "dark");
  const colors = names.map((name) => {
    const property = `--gx-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return [name, style.getPropertyValue(property).trim()];
  });
  return { ...UNKNOWN, ...Object.fromEntries(colors), dark };
}

/** @param {HTMLElement} root @param {Store} store @returns {() => void} which stops it */
export function followTheme(root, store) {
  const { state } = store;
  const apply = () => store.set({ palette: paletteOf(root, isDark(state.theme)) });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", apply);
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
    system.removeEventListener("change", apply);
    watcher.disconnect();
  };
}
