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
  const windows = told.arrays["windows.start"].length;
  const where = windows > 1 ? ` in ${windows} windows, which overlap` : "";
  parts.push(`${plural(sum("mixed"), "mixed kernel")}${where}${standing}${others}`);
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

/**
 * Detections, best first, that are hits of a mixed kernel.
 *
 * @param {State} state
 */
function mixedHits({ scene, hits, score }) {
  if (!scene || scene.traced || !hits) return [];
  const { count, layer, row, score: scores } = scene.detections;
  return Array.from({ length: count }, (_, i) => i).filter(
    (i) => hits.hit[i] >= 0 && scores[i] >= score && scene.layers[layer[i] - 1].mixed[row[i]],
  );
}

/** @param {Store} store @param {(scene: Scene, detection: number) => void} choose */
export function groupingLine(store, choose) {
  const { state } = store;
  const text = element("span");
  const button = element("button", {
    class: "gx-link",
    title: "The next hit that comes from a mixed kernel",
    onclick() {
      const all = mixedHits(state);
      const next = all[all.indexOf(state.focus?.detection ?? -1) + 1] ?? all[0];
      if (state.scene && next !== undefined) choose(state.scene, next);
    },
  });
  const line = element("p", { class: "gx-grouping", title: MEANING }, text, " ", button);
  store.draw(() => {
    const told = textOf(state);
    say(text, told);
    line.hidden = !told;
    const count = mixedHits(state).length;
    button.hidden = !count;
    say(button, count === 1 ? "show it" : "show the next");
  });
  return line;
}
