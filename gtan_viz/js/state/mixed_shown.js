// Which mixed kernels are drawn one by one: those that stand on an action, and those that fire. The others
// are many, and say together where kernels merge.

/** @type {WeakMap<Scene, Uint8Array[]>} */
const before = new WeakMap();

/**
 * Per layer, 1 for such a row; the same arrays as long as they say the same.
 *
 * @param {Scene} scene @param {number} least score of a detection that is shown
 * @returns {Uint8Array[]}
 */
export function mixedThatMatter(scene, least) {
  const { layers, detections: d } = scene;
  const matters = layers.map(({ count, mixed, state }) => {
    const rows = new Uint8Array(count);
    for (let row = 0; row < count; row++) if (mixed[row] && state[row] === 1) rows[row] = 1;
    return rows;
  });
  for (let i = 0; i < d.count; i++) {
    if (d.score[i] >= least && layers[d.layer[i] - 1]?.mixed[d.row[i]]) {
      matters[d.layer[i] - 1][d.row[i]] = 1;
    }
  }
  const last = before.get(scene);
  const isSame = last?.every((rows, index) => {
    const others = matters[index];
    return rows.length === others.length && rows.every((one, row) => one === others[row]);
  });
  if (last && isSame) return last;
  before.set(scene, matters);
  return matters;
}

/**
 * Adds mixed kernels of a layer to how many lie over each pixel.
 *
 * @param {SceneLayer} layer @param {(row: number) => boolean} isShown
 * @param {{x: (seconds: number) => number, left: number}} axis
 * @param {Uint16Array} over pixels from the axis's left @returns {number} of them
 */
export function mixedBand({ count, mixed, center, half }, isShown, { x, left }, over) {
  const clamp = (/** @type {number} */ at) =>
    Math.min(Math.max(Math.round(at - left), 0), over.length);
  let found = 0;
  for (let row = 0; row < count; row++) {
    if (!mixed[row] || !isShown(row)) continue;
    found++;
    const to = clamp(x(center[row] + half[row]));
    for (let at = clamp(x(center[row] - half[row])); at < to; at++) over[at]++;
  }
  return found;
}
