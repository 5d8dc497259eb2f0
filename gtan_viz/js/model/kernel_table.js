// The kernels of a layer under changes: learned ones moved, and Algorithm 1 run again where
// anything that makes a mixed kernel did.

import { groupKernels } from "../method/group.js";
import { kernelKey, validOf } from "./explanation.js";

/**
 * @typedef {object} Changes what differs from what was learned; all may be left out
 * @property {number} [epsilon]
 * @property {Merge} [merge]
 * @property {Grouping} [grouping]
 * @property {number} [sigmaFactor] on every learned sigma
 * @property {Map<string, number>} [sigmaOverride] kernelKey -> sigma, fraction of the window
 * @property {Map<string, number>} [centerOverride] kernelKey -> centre, fraction of the window
 * @property {number} [ratioScale] factor on every scale ratio
 * @property {?number[]} [ratios] [R] scale ratios in place of the learned ones
 * @property {number} [xi]
 * @property {number} [rho]
 * @property {number} [minScore]
 * @property {number} [topK]
 */

/**
 * @typedef {{members: Numbers | number[], center: number, width: number, storedRow: number, exists: number}} MixedKernel
 */

/**
 * Rows are added one by one: arrays as in the schema, in float64, and `changed`, `storedRow`,
 * `slot` [K].
 */
export class KernelTable {
  count = 0;
  memberCount = 0;
  anyChanged = false;

  /** @param {number} windows @param {number} kernels at most @param {number} members at most */
  constructor(windows, kernels, members) {
    this.offsets = new Int32Array(windows + 1);
    this.centers = new Float64Array(kernels);
    this.sigmas = new Float64Array(kernels);
    this.widths = new Float64Array(kernels);
    this.exists = new Uint8Array(kernels);
    this.changed = new Uint8Array(kernels);
    this.storedRow = new Int32Array(kernels);
    this.slot = new Int32Array(kernels); // cell, or T + first member
    this.memberOffsets = new Int32Array(kernels + 1);
    this.members = new Int32Array(members);
  }

  /**
   * A kernel whose members are those added since the last one.
   *
   * @param {number} center @param {number} sigma @param {number} width @param {number} exists
   * @param {boolean} changed @param {number} storedRow @param {number} slot
   */
  add(center, sigma, width, exists, changed, storedRow, slot) {
    const row = this.count++;
    this.centers[row] = center;
    this.sigmas[row] = sigma;
    this.widths[row] = width;
    this.exists[row] = exists;
    this.changed[row] = changed ? 1 : 0;
    this.storedRow[row] = storedRow;
    this.slot[row] = slot;
    if (changed) this.anyChanged = true;
    this.memberOffsets[row + 1] = this.memberCount;
  }

  /**
   * Stored kernels [first, last) as they are.
   *
   * @param {Stored} stored @param {number} first @param {number} last
   */
  copy(stored, first, last) {
    const { spans } = stored;
    for (const name of /** @type {const} */ (["centers", "sigmas", "widths", "exists"])) {
      this[name].set(stored[name].subarray(first, last), this.count);
    }
    this.members.set(stored.members.subarray(spans[first], spans[last]), this.memberCount);
    for (let at = first; at < last; at++) {
      this.storedRow[this.count++] = at;
      this.memberOffsets[this.count] = this.memberCount + spans[at + 1] - spans[first];
    }
    this.memberCount += spans[last] - spans[first];
  }

  /** Arrays of the length that was needed. */
  trim() {
    this.centers = this.centers.subarray(0, this.count);
    this.sigmas = this.sigmas.subarray(0, this.count);
    this.widths = this.widths.subarray(0, this.count);
    this.exists = this.exists.subarray(0, this.count);
    this.changed = this.changed.subarray(0, this.count);
    this.storedRow = this.storedRow.subarray(0, this.count);
    this.slot = this.slot.subarray(0, this.count);
    this.memberOffsets = this.memberOffsets.subarray(0, this.count + 1);
    this.members = this.members.subarray(0, this.memberCount);
    return this;
  }
}

/** @typedef {ReturnType<typeof storedOf>} Stored a layer's kernels as learned */

/** @param {View} explanation @param {number} layer */
function storedOf({ arrays }, layer) {
  const name = `layer${layer}.`;
  return {
    offsets: arrays[`${name}kernel_offsets`],
    spans: arrays[`${name}member_offsets`],
    members: arrays[`${name}members`],
    centers: arrays[`${name}centers`],
    sigmas: arrays[`${name}sigmas`],
    widths: arrays[`${name}widths`],
    exists: arrays[`${name}exists`],
  };
}

/** @type {Map<string, number>} */
const NONE = new Map();

/** @typedef {ReturnType<typeof taskOf>} Task one layer, and what changes in it */

/**
 * @param {View} explanation @param {number} layer @param {RunSettings} settings
 * @param {Changes} changes
 */
function taskOf(explanation, layer, { kernels }, changes) {
  const learned = explanation.header.settings.kernels;
  const { cells } = explanation.header.layers[layer - 1];
  const { sigmaOverride = NONE, centerOverride = NONE, sigmaFactor = 1 } = changes;
  const isLiteral = kernels.sigma_unit === "literal" && kernels.scale === "gaussian";
  return {
    explanation,
    layer,
    cells,
    kernels,
    sigmaOverride,
    centerOverride,
    sigmaFactor,
    stored: storedOf(explanation, layer),
    widthPerSigma: isLiteral ? 2 / cells : 2, // R1
    regroups:
      kernels.grouping !== learned.grouping ||
      kernels.epsilon !== learned.epsilon ||
      kernels.merge !== learned.merge,
    hasOverrides: sigmaOverride.size > 0 || centerOverride.size > 0,
  };
}

/**
 * The kernels of a layer under the changes, all windows.
 *
 * @param {View} explanation @param {number} layer @param {RunSettings} settings
 * @param {Changes} changes @param {[number, number]} live the windows that follow them
 */
export function kernelTable(explanation, layer, settings, changes, live) {
  const task = taskOf(explanation, layer, settings, changes);
  const { stored, cells } = task;
  const windows = explanation.arrays["windows.start"].length;
  const most = stored.offsets[windows] + windows * cells; // no window has more than T / 2 mixed ones
  const table = new KernelTable(windows, most, stored.members.length + 2 * windows * cells);
  let w = 0;
  while (w < windows) {
    if (w >= live[0] && w < live[1]) {
      addWindow(task, table, w++);
      table.offsets[w] = table.count;
      continue;
    }
    const next = w < live[0] ? live[0] : windows; // all windows on this side at once
    const shift = table.count - stored.offsets[w];
    table.copy(stored, stored.offsets[w], stored.offsets[next]);
    while (w < next) table.offsets[++w] = stored.offsets[w] + shift;
  }
  return table.trim();
}

/** @param {Task} task @param {KernelTable} table @param {number} w */
function addWindow(task, table, w) {
  const start = table.count;
  const isMoved = addLearned(task, table, w);
  const mixed =
    isMoved || task.regroups
      ? groupAgain(task, table, w, start)
      : mixedAsStored(task, table, w, start);
  noteReplaced(task, table, w, start);
  addMixed(task, table, w, mixed);
}

/**
 * The kernels of the cells; whether any moved.
 *
 * @param {Task} task @param {KernelTable} table @param {number} w
 */
function addLearned(task, table, w) {
  const { explanation, layer, cells, stored, sigmaOverride, centerOverride, sigmaFactor } = task;
  const valid = validOf(explanation, w, layer);
  let isMoved = false;
  for (let t = 0; t < cells; t++) {
    const at = stored.offsets[w] + t;
    const width = stored.widths[at];
    const sigma = stored.exists[at] === 1 ? stored.sigmas[at] : width / task.widthPerSigma;
    let newCenter = stored.centers[at];
    let newSigma = sigma * sigmaFactor;
    if (task.hasOverrides) {
      const key = kernelKey(layer, w, t);
      newSigma = sigmaOverride.get(key) ?? newSigma;
      newCenter = centerOverride.get(key) ?? newCenter;
    }
    const isChanged = valid[t] === 1 && (newSigma !== sigma || newCenter !== stored.centers[at]);
    table.members[table.memberCount++] = t;
    table.add(
      newCenter,
      newSigma,
      newSigma === sigma ? width : newSigma * task.widthPerSigma,
      valid[t],
      isChanged,
      at,
      t,
    );
    if (isChanged) isMoved = true;
  }
  return isMoved;
}

/**
 * @param {Task} task @param {KernelTable} table @param {number} w
 * @param {number} start row of cell 0 @returns {MixedKernel[]}
 */
function mixedAsStored({ stored, cells, kernels }, table, w, start) {
  const first = stored.offsets[w];
  if (kernels.grouping === "replace") {
    for (let t = 0; t < cells; t++) table.exists[start + t] = stored.exists[first + t];
  }
  const mixed = [];
  for (let at = first + cells; at < stored.offsets[w + 1]; at++) {
    mixed.push({
      members: stored.members.subarray(stored.spans[at], stored.spans[at + 1]),
      center: stored.centers[at],
      width: stored.widths[at],
      storedRow: at,
      exists: stored.exists[at],
    });
  }
  return mixed;
}

/**
 * By Algorithm 1; a group that is as learned keeps its row.
 *
 * @param {Task} task @param {KernelTable} table @param {number} w
 * @param {number} start row of cell 0 @returns {MixedKernel[]}
 */
function groupAgain({ explanation, layer, stored, cells, kernels }, table, w, start) {
  const { grouping, epsilon, merge } = kernels;
  if (grouping === "off") return [];
  const { groups } = groupKernels(
    table.centers.subarray(start, start + cells),
    table.widths.subarray(start, start + cells),
    epsilon,
    merge,
    validOf(explanation, w, layer),
    false,
  );
  const mixed = [];
  let at = stored.offsets[w] + cells;
  const end = stored.offsets[w + 1];
  for (const group of groups) {
    if (group.members.length < 2) continue;
    if (grouping === "replace") for (const t of group.members) table.exists[start + t] = 0;
    // Both lists are in the order of their cells.
    while (at < end && stored.members[stored.spans[at]] < group.members[0]) at++;
    const isLearned = at < end && stored.exists[at] === 1 && isSameGroup(group, stored, at);
    mixed.push(
      isLearned
        ? {
            ...group,
            center: stored.centers[at],
            width: stored.widths[at],
            storedRow: at,
            exists: 1,
          }
        : { ...group, storedRow: -1, exists: 1 },
    );
  }
  return mixed;
}

/**
 * Whether a group has the members and, as far as float32 tells, the place of a stored kernel.
 *
 * @param {Group} group @param {Stored} stored @param {number} at
 */
function isSameGroup({ members, center, width }, { spans, members: all, centers, widths }, at) {
  const [first, last] = [spans[at], spans[at + 1]];
  return (
    last - first === members.length &&
    all[first] === members[0] &&
    all[last - 1] === members[members.length - 1] &&
    Math.abs(centers[at] - center) + Math.abs(widths[at] - width) <= 1e-5 * widths[at]
  );
}

/**
 * A learned kernel that was replaced by its group has no prediction of its own in the file.
 *
 * @param {Task} task @param {KernelTable} table @param {number} w
 * @param {number} start row of cell 0
 */
function noteReplaced({ stored, cells }, table, w, start) {
  for (let t = 0; t < cells; t++) {
    const existed = stored.exists[stored.offsets[w] + t];
    if (table.exists[start + t] === existed) continue;
    table.anyChanged = true;
    if (!existed) table.changed[start + t] = 1;
  }
}

/** @param {Task} task @param {KernelTable} table @param {number} w @param {MixedKernel[]} mixed */
function addMixed(task, table, w, mixed) {
  const { layer, stored, cells, sigmaOverride, centerOverride } = task;
  let missing = 0; // mixed kernels as learned that are not here
  for (let at = stored.offsets[w] + cells; at < stored.offsets[w + 1]; at++)
    missing += stored.exists[at];
  for (const { members, center, width, storedRow, exists } of mixed) {
    const isNew = storedRow < 0;
    const sigma = isNew ? width / 2 : stored.sigmas[storedRow]; // Eq. 3
    let newCenter = center;
    let newSigma = sigma;
    if (task.hasOverrides) {
      const key = kernelKey(layer, w, `m${members[0]}`);
      newCenter = centerOverride.get(key) ?? center;
      newSigma = sigmaOverride.get(key) ?? sigma;
    }
    for (const t of members) table.members[table.memberCount++] = t;
    table.add(
      newCenter,
      newSigma,
      newSigma === sigma ? width : 2 * newSigma,
      exists,
      isNew || newSigma !== sigma || newCenter !== center,
      storedRow,
      cells + members[0],
    );
    if (!isNew) missing -= exists;
  }
  if (missing !== 0) table.anyChanged = true;
}
