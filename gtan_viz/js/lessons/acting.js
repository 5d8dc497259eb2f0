// Phrases that act: a link to `#set:sigma=2` in a lesson's text sets it in the nearest part that has such
// a value, above it or else below.

const SCHEME = "#set:";

/** @param {Element} link @param {string} name */
function nearest(link, name) {
  const all = [...document.querySelectorAll(".gtan-lesson[data-part]")].filter((one) =>
    partOf(one).act(name),
  );
  const before = all.filter(
    (one) => one.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  return before.at(-1) ?? all[0] ?? null;
}

/** @param {Element} node @returns {{act: (name: string, value?: any) => boolean}} */
const partOf = (node) => /** @type {any} */ (node).lesson;

/** From its head, where the picture is, unless that is in view. @param {Element} part */
export function bringIntoView(part) {
  const play = part.querySelector(".gl-play") ?? part;
  const { top } = play.getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) play.scrollIntoView({ block: "start" });
}

let isListening = false;

/** Once a page, however many parts there are. */
export function listenValues() {
  const page = /** @type {{gtanSetListens?: boolean}} */ (globalThis);
  if (isListening || page.gtanSetListens) return;
  isListening = page.gtanSetListens = true;
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
      const href = link?.getAttribute("href") ?? "";
      if (!link || !href.startsWith(SCHEME)) return;
      event.preventDefault();
      event.stopPropagation(); // the notebook would go looking for a heading of that name
      for (const [name, text] of new URLSearchParams(href.slice(SCHEME.length))) {
        const part = nearest(link, name);
        if (!part) continue;
        const value = Number(text);
        partOf(part).act(name, Number.isFinite(value) ? value : text);
        bringIntoView(part);
      }
    },
    true,
  );
}
