// Text that acts: a click on a link to `#gtan:...`, anywhere on the page or in the notebook, sets what
// it names in the explorer above it, and leaves the rest as it is.

const SCHEME = "#gtan:";

/** The explorer that a link is meant for: the last one before it, else the first. @param {Element} link */
function nearest(link) {
  const all = [...document.querySelectorAll(".gtan-explorer")];
  const before = all.filter(
    (one) => one.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  return before.at(-1) ?? all[0];
}

/**
 * @param {HTMLElement} root @param {(hash: string) => void} act with what follows the scheme
 * @returns {() => void} which stops it
 */
export function listenActs(root, act) {
  /** @param {MouseEvent} event */
  function listener(event) {
    const at = event.target instanceof Element ? event.target.closest("a[href]") : null;
    const href = at?.getAttribute("href") ?? "";
    if (!at || !href.startsWith(SCHEME) || nearest(at) !== root) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook would go looking for a heading of that name
    act(`#${href.slice(SCHEME.length)}`);
  }
  document.addEventListener("click", listener, true);
  return () => document.removeEventListener("click", listener, true);
}
