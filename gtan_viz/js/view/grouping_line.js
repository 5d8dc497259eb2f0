// Whether grouping does anything here: the grouping report's figures of the recording that is open.

import { number, plural } from "../state/text.js";
import { element, say } from "./element.js";

/** @param {number} part @param {number} whole */
const percent = (part, whole) => `${number(whole ? (100 * part) / whole : 0, 0)} %`;

/** @param {State} state */
function textOf({ groupingFacts: layers, told, results, whatif, whatResults, ghostNote }) {
  if (!layers || !told) return "";
  /** @param {"mixed" | "foreground" | "learned" | "floor" | "ceiling"} name */
  const sum = (name) => layers.reduce((total, layer) => total + layer[name], 0);
  const parts = [];
  const isAssigned = Boolean(told.arrays["layer1.state"]) && results?.mAP !== null;
  const standing = isAssigned ? `, ${sum("foreground")} of them on actions` : "";
  const after = whatif?.layers.reduce((total, { mixedCount }) => total + mixedCount, 0);
  const others = after === undefined ? "" : ` (what-if: ${after})`;
  parts.push(`${plural(sum("mixed"), "mixed kernel")}${standing}${others}`);
  if (results && results.mAP !== null) {
    /** @param {Results} one */
    const share = ({ hits, hitsOfMixed }) => `${hitsOfMixed} of ${plural(hits, "hit")}`;
    const then = whatif ? ` → ${whatResults ? share(whatResults) : "…"}` : "";
    const when = ghostNote && ` (${ghostNote.split(",")[0]})`;
    parts.push(`${share(results)} from mixed kernels${when}${then}`);
  }
  if (told.header.settings.kernels.scale === "gaussian") {
    const all = sum("learned");
    parts.push(
      `σ at its floor ${percent(sum("floor"), all)}, ceiling ${percent(sum("ceiling"), all)}`,
    );
  }
  return parts.join(" · ");
}

const MEANING =
  "As learned, over all windows of this recording. On actions: training held the kernel for " +
  "foreground. From mixed kernels: hits at the chosen tIoU and least score whose kernel is one of " +
  "several merged. At floor, at ceiling: sigmas within 2 % of the least or the most that the network " +
  "can learn; kernels that merge at their ceiling say no more than that they are there.";

/** @param {Store} store */
export function groupingLine(store) {
  const line = element("p", { class: "gx-grouping", title: MEANING });
  store.draw(() => {
    const text = textOf(store.state);
    say(line, text);
    line.hidden = !text;
  });
  return line;
}
