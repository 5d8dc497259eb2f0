// Gaussian Kernel Grouping (Algorithm 1, Eq. 3). Twin of gtan/grouping.py.

/**
 * Algorithm 1, line by line; `ALGORITHM_1[line - 1]`. Lines 4 and 13 are reading R4: as printed, line 4 asks
 * for p, which would let z run past the last cell, and the last base kernel is not added.
 */
export const ALGORITHM_1 = [
  "p = 0",
  "G = \u2205",
  "G_bs = G(t_p, \u03c3_p); z = p + 1",
  "while z \u2264 T \u2212 1 do",
  "  O = IoU of G_bs and G(t_z, \u03c3_z)",
  "  if O > \u03b5 then",
  "    G_bs = G_bs and G(t_z, \u03c3_z) merged (Eq. 3)",
  "  else",
  "    add G_bs to G",
  "    p = z; G_bs = G(t_p, \u03c3_p)",
  "  end if",
  "  z = z + 1",
  "end while (and add the last G_bs to G)",
  "return G",
];

const MERGE = Object.freeze([5, 6, 7, 11, 12]);
const FLUSH = Object.freeze([5, 6, 8, 9, 10, 11, 12]);

/**
 * @typedef {object} GroupStep one comparison of Algorithm 1; lengths are fractions of the window
 * @property {number} first cell where the base kernel began
 * @property {number} cell cell whose kernel it is compared with
 * @property {number} baseCenter
 * @property {number} baseWidth base kernel before the step
 * @property {number} intersection H of Figure 3
 * @property {number} union L of Figure 3
 * @property {number} iou H / L
 * @property {boolean} merged whether iou > epsilon
 * @property {number} center
 * @property {number} width base kernel after the step: the merged one, or the next cell's own
 * @property {number} line line of Algorithm 1 that decides the step: 7 merge, 9 flush
 * @property {readonly number[]} lines all lines that run in it
 */

/**
 * Merge neighbouring kernels that overlap by more than epsilon (Algorithm 1).
 *
 * @param {ArrayLike<number>} centers [T] fractions of the window, ascending
 * @param {ArrayLike<number>} widths [T] same unit, at scale ratio 1 (R7)
 * @param {number} epsilon IoU above which two kernels merge
 * @param {'paper'|'union'} merge R5: new centre at the mean of the two, or in the union's middle
 * @param {?ArrayLike<number>} valid [T]; padding is left out
 * @param {boolean} history whether to return the steps
 * @returns {{groups: {members: number[], center: number, width: number}[], steps: GroupStep[]}}
 *   all kernels of G in order, single ones included, and every comparison
 */
export function groupKernels(centers, widths, epsilon, merge, valid = null, history = true) {
  const groups = [];
  const steps = [];
  let group = null; // the base kernel G_bs
  for (let cell = 0; cell < centers.length; cell++) {
    if (valid && !valid[cell]) continue;
    if (group === null) {
      group = { members: [cell], center: centers[cell], width: widths[cell] };
      continue;
    }
    const baseCenter = group.center;
    const baseWidth = group.width;
    const start1 = baseCenter - baseWidth / 2;
    const end1 = baseCenter + baseWidth / 2;
    const start2 = centers[cell] - widths[cell] / 2;
    const end2 = centers[cell] + widths[cell] / 2;
    const union = Math.max(end1, end2) - Math.min(start1, start2);
    const intersection = Math.max(0, Math.min(end1, end2) - Math.max(start1, start2));
    const iou = union > 0 ? intersection / union : 0;
    const merged = iou > epsilon;
    const first = group.members[0];
    if (merged) {
      group.center =
        merge === "paper"
          ? (baseCenter + centers[cell]) / 2
          : (Math.max(end1, end2) + Math.min(start1, start2)) / 2;
      group.width = union;
      group.members.push(cell);
    } else {
      groups.push(group);
      group = { members: [cell], center: centers[cell], width: widths[cell] };
    }
    if (history) {
      steps.push({
        first,
        cell,
        baseCenter,
        baseWidth,
        intersection,
        union,
        iou,
        merged,
        center: group.center,
        width: group.width,
        line: merged ? 7 : 9,
        lines: merged ? MERGE : FLUSH,
      });
    }
  }
  if (group !== null) groups.push(group); // the last base kernel, which the paper forgets (R4)
  return { groups, steps };
}
