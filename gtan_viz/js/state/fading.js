// What soft-NMS (Eq. 11) did to the selected kernel's detection, and by whom.

import { candidateOf, nmsOf } from "../model/recompute.js";
import { number, plural, score } from "./text.js";

/** @type {WeakMap<View, NmsRun>} */
const runs = new WeakMap();

/**
 * Soft-NMS of a view with its whole history, which costs more than a slider's frame may.
 *
 * @param {View} view
 */
export function nmsRunOf(view) {
  let run = runs.get(view);
  if (!run) runs.set(view, (run = { view, ...nmsOf(view) }));
  return run;
}

/**
 * The pick of soft-NMS that takes the selected kernel's detection; -1: none does.
 *
 * @param {NmsRun} nms @param {?Focus} focus @param {boolean} isLearned whether it is of what was learned
 */
export function pickOf({ candidates: { source, labels }, steps }, focus, isLearned) {
  if (!focus) return -1;
  const meant = isLearned ? focus.row : focus.shownRow;
  return steps.findIndex(({ pick }) => {
    const [window, layer, row, ratio] = source.subarray(4 * pick, 4 * pick + 4);
    return (
      window === focus.window &&
      layer === focus.layer &&
      row === meant &&
      (ratio === focus.ratio || focus.ratio === undefined) &&
      (focus.label < 0 || labels[pick] === focus.label)
    );
  });
}

/** @param {State} state @returns {?Fading} */
export function fadingOf({ facts, toldFocus: focus, told, whatView, toldScene, whatif }) {
  const isWhatIf = Boolean(whatif && facts?.whatif);
  const view = isWhatIf ? whatView : told;
  const kernel = isWhatIf ? facts?.whatif : facts?.learned;
  const shown = isWhatIf ? whatif : toldScene;
  if (!view || !kernel || !shown) return null;
  const { window, layer, row, label } = kernel;
  const ratio = focus?.ratio ?? 0;
  const candidate = candidateOf(nmsRunOf(view), { label, window, layer, row, ratio });
  return candidate < 0
    ? { text: `It did not enter soft-NMS${kernel.reason && `: ${kernel.reason}`}.`, by: [] }
    : fadingBy(nmsRunOf(view), candidate, view.header.settings.detection);
}

/**
 * @param {NmsRun} nms @param {number} candidate @param {DetectionSettings} settings @returns {Fading}
 */
function fadingBy(nms, candidate, { rho, min_score: least, top_k: most }) {
  const { picked, score: left, decays } = nms.why(candidate);
  const { segments, labels, source } = nms.candidates;
  const by = decays.map((item) => ({
    start: segments[2 * item.by],
    end: segments[2 * item.by + 1],
    label: labels[item.by],
    source: Array.from(source.slice(4 * item.by, 4 * item.by + 4)),
    iou: item.iou,
    factor: item.factor,
  }));
  by.sort((p, q) => p.factor - q.factor);
  const never =
    left < least
      ? `Never picked: it faded to below ${least}.`
      : `Never picked: with ${score(left)} it came after the ${most} that are kept.`;
  const place = picked >= 0 ? `Picked as number ${picked + 1}.` : never;
  const text = by.length
    ? `${place} Faded by ${plural(by.length, "stronger detection")} of its class, strongest effect first:`
    : `${place} No stronger detection of its class overlaps it by ρ = ${number(rho, 2)} or more.`;
  return { text, by };
}
