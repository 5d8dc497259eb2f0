// Brings a panel on screen, wherever it is: unfolded, its tab open, scrolled to, outlined.

import { PANELS } from "../state/exercise.js";

/** @param {HTMLElement} root @param {string} name @returns {?HTMLElement} */
const panelOf = (root, name) => root.querySelector(`[data-panel="${name}"]`);

/** @param {Element} node @param {ScrollLogicalPosition} block */
export const scrollTo = (node, block = "nearest") =>
  node.scrollIntoView({
    block,
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });

/**
 * @param {HTMLElement} root @param {Store} store @param {string} name
 * @returns {?HTMLElement} null: it is not there
 */
export function reveal(root, store, name) {
  const { unfolded } = store.state;
  if (name === "grouping" || name === "nms") store.set({ tab: name });
  if (PANELS[name] === "why" && !unfolded.includes(name)) {
    store.set({ unfolded: [...unfolded, name].sort() });
  }
  store.flush();
  const node = panelOf(root, name);
  const seen = node?.checkVisibility() ? node : null;
  outline(root, seen);
  if (seen) scrollTo(seen);
  return seen;
}

/** The one panel that is spoken of; null: none. @param {HTMLElement} root @param {?Element} node */
export function outline(root, node) {
  for (const one of root.querySelectorAll(".gx-outlined")) one.classList.remove("gx-outlined");
  node?.classList.add("gx-outlined");
}
