// What the video shows at this moment, in names: on the picture's border, and as a list beside it.

import { classColor, classEdge } from "../state/colors.js";
import { isFound, verdict } from "../state/results.js";
import { number, plural, shorten, span } from "../state/text.js";
import { element } from "./element.js";

const ON_PICTURE = 3; // detections named on the picture
const IN_LIST = 5;

/** @typedef {{name: string, color: string, score: string, what: "truth" | "detection", edge: string, when: string,
 *   verdict: string, index: number}} Line */

/**
 * Truths, then detections, best first.
 *
 * @param {State} state @returns {Line[]}
 */
function linesOf({ now, toldScene, whatif, hits, whatHits, colors, score: least }) {
  const shown = whatif ?? toldScene;
  if (!now || !shown) return [];
  const { truth, detections: d, classes } = shown;
  const matches = whatif ? whatHits : hits;
  /** @param {TruthTable | DetectionTable} table @param {number} i */
  const common = (table, i) => ({
    name: shorten(classes[table.label[i]], 40),
    color: classColor(colors, table.label[i]),
    edge: classEdge(colors, table.label[i]),
    when: span({ start: table.start[i], end: table.end[i] }),
    index: i,
  });
  return [
    ...now.truths.map((g) => ({
      ...common(truth, g),
      what: /** @type {const} */ ("truth"),
      score: "",
      verdict: matches ? (isFound(matches, d, g, least) ? "found" : "missed") : "",
    })),
    ...now.detections.map((i) => ({
      ...common(d, i),
      what: /** @type {const} */ ("detection"),
      score: number(d.score[i], 2),
      verdict: verdict(matches, i),
    })),
  ];
}

/**
 * Draws them when they are others: a slider moves far more often than they change.
 *
 * @param {Store} store @param {(lines: Line[]) => void} draw
 */
function drawLines(store, draw) {
  let drawn = "";
  store.draw(() => {
    const lines = linesOf(store.state);
    const text = JSON.stringify(lines);
    if (text !== drawn) draw(lines);
    drawn = text;
  });
}

/** @param {Line} line */
function swatch({ what, color, edge }) {
  const mark = element("i", { class: `gx-swatch gx-of-${what}` });
  if (what === "detection") {
    mark.style.background = color;
    mark.style.outline = `1px solid ${edge}`;
  }
  return mark;
}

/** At the border of the picture; the list says the same to a screen reader. @param {Store} store */
export function nameTags(store) {
  const above = element("div", { class: "gx-tags" });
  const below = element("div", { class: "gx-tags" });
  const root = element("div", { class: "gx-named", "aria-hidden": "true" }, above, below);
  store.draw(() => {
    root.hidden = !store.state.named;
  });
  drawLines(store, (lines) => {
    const truths = lines.filter(({ what }) => what === "truth");
    const found = lines.filter(({ what }) => what === "detection");
    const more = found.length - ON_PICTURE;
    above.replaceChildren(...truths.map(tag));
    below.replaceChildren(
      ...found.slice(0, ON_PICTURE).map(tag),
      ...(more > 0 ? [element("span", { class: "gx-tag", text: `+ ${more}` })] : []),
    );
  });
  return root;
}

/** @param {Line} line */
const tag = (line) =>
  element(
    "span",
    { class: "gx-tag" },
    swatch(line),
    line.what === "truth" ? `truth: ${line.name}` : `${line.name} ${line.score}`,
  );

/** @param {Store} store @param {import("../state/jumping.js").Jump} jump */
export function nowList(store, jump) {
  const { state } = store;
  const list = element("ul", { class: "gx-now", tabIndex: -1, "aria-label": "What happens now" });
  /** @param {Line} line */
  function go({ what, index }) {
    const { toldScene, whatif } = state;
    const shown = whatif ?? toldScene;
    if (shown) (what === "truth" ? jump.toTruth : jump.toDetection)(shown, index);
  }
  /** @param {Line} line */
  const row = (line) =>
    element(
      "li",
      {},
      element(
        "button",
        { title: "to its start", onclick: () => go(line) },
        swatch(line),
        element("b", { text: line.name }),
        element("span", { text: line.what === "truth" ? "truth" : line.score }),
        element("span", { text: line.when }),
        element("span", { text: line.verdict }),
      ),
    );
  drawLines(store, (lines) => {
    const more = lines.length - IN_LIST;
    const hadFocus = list.matches(":focus-within"); // keys work while the focus is in the explorer
    list.replaceChildren(
      ...lines.slice(0, IN_LIST).map(row),
      ...(more > 0 ? [element("li", { text: `and ${plural(more, "more", "more")}` })] : []),
      ...(lines.length ? [] : [element("li", { text: "Nothing fires, and no action is here." })]),
    );
    if (hadFocus) list.focus();
  });
  return list;
}
