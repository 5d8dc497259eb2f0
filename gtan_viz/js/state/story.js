// The selected kernel in one sentence as learned, and one as what-if. It never says what is not so: of
// a kernel that does not show as a detection it gives the reason.

import { number, plural, score, seconds, shorten } from "./text.js";

/** @param {string[]} classes @param {number} label */
const classText = (classes, label) => shorten(classes[label] ?? "no class", 32);

/**
 * @param {?KernelFacts} learned @param {?KernelFacts} whatif @param {string[]} classes
 * @param {boolean} changed whether there is a what-if
 */
export function tell(learned, whatif, classes, changed) {
  const told = [];
  if (learned) told.push(tellLearned(learned, classes));
  if (whatif && (whatif.scores || !whatif.exists)) told.push(tellWhatIf(learned, whatif, classes));
  else if (!whatif && changed) told.push("What-if: this kernel would not exist.");
  return told;
}

/** @param {KernelFacts} kernel @param {string[]} classes */
function tellLearned(kernel, classes) {
  const { layer, cell, mixed, members, exists, scores, sigma, score: left, ranking } = kernel;
  if (!exists) return `No kernel: ${kernel.reason}.`;
  const who = mixed
    ? `The kernel mixed from ${plural(members.length, "cell")} of layer ${layer}`
    : `The kernel of cell ${cell} in layer ${layer}`;
  if (!scores) return `${who}: its scores are not known.`;
  const wide = `σ ${seconds(sigma * kernel.cellSeconds)}`;
  if (kernel.reason || left === null) {
    return `${who} (${wide}) did not fire${kernel.reason && `: ${kernel.reason}`}.`;
  }
  const afterwards =
    Math.abs(left - (ranking ?? NaN)) < 0.0005
      ? "soft-NMS left that as it is"
      : `soft-NMS lowered that to ${score(left)}`;
  return (
    `${who} pooled its surroundings (${wide}); they look like ${likeness(kernel, classes)}. With an ` +
    `expected overlap of ${score(kernel.overlap ?? 0)} it ranks at ${score(ranking ?? 0)}; ${afterwards}.`
  );
}

/** @param {KernelFacts} kernel @param {string[]} classes */
function likeness({ scores, label }, classes) {
  const all = scores ?? new Float64Array(1);
  const own = `${classText(classes, label)} (${score(all[label + 1])})`;
  return all[0] > all[label + 1] ? `background (${score(all[0])}) rather than ${own}` : own;
}

/** @param {?KernelFacts} learned @param {KernelFacts} whatif @param {string[]} classes */
function tellWhatIf(learned, whatif, classes) {
  const { name, label, score: left, reason } = whatif;
  if (!learned) {
    const does = reason || left === null ? `does not fire: ${reason}` : `${score(left)} for`;
    return `Only in the what-if: ${name}, ${does}${reason ? "" : ` ${classText(classes, label)}`}.`;
  }
  if (reason || left === null) return `What-if: it would not fire${reason && `: ${reason}`}.`;
  const what = classText(classes, label);
  const fired = learned.score !== null && !learned.reason;
  if (!fired) return `What-if: it would fire as ${what}, with ${score(left)}.`;
  return label === learned.label
    ? `What-if: it would still be ${what}, with ${score(left)}.`
    : `What-if: it would be ${what} instead, with ${score(left)}.`;
}

/** The strongest classes, for who does not see the bars. @param {KernelFacts} kernel @param {string[]} classes */
export function spokenScores({ scores }, classes) {
  if (!scores) return "not known";
  const order = Array.from(scores.keys()).sort((i, j) => scores[j] - scores[i]);
  return order
    .slice(0, 3)
    .filter((c, rank) => rank === 0 || scores[c] >= 0.005)
    .map((c) => `${c ? classText(classes, c - 1) : "background"} ${number(scores[c], 2)}`)
    .join(", ");
}
