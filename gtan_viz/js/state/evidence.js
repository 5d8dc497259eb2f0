// Which cells made the selected kernel say what it says: its class against the runner-up, where it
// starts and ends, how well it expects to overlap.

import { LARGEST } from "../method/decode.js";
import { addUp, cellsAlone, cellsSay } from "../method/evidence.js";
import { derivativeWeights, kernelWeights } from "../method/weights.js";
import { headOf, originOf } from "../model/explanation.js";

const REACH = 3.4; // sigmas from the middle that are drawn, but
const LEAST = 3.5; // cells at least
const OTHER = 1.25; // how much wider and narrower "another sigma" is

/** @typedef {import("../method/predict.js").Head} Head */
/** @typedef {{says: Float64Array[], bias: number}} Said of an output: by each cell, and by nobody */

/** What there is to explain, and its unit. @type {Record<Explained, "logit" | "s">} */
export const UNITS = { class: "logit", start: "s", end: "s", overlap: "logit" };

/**
 * @param {Pick<State, "facts" | "told" | "explained">} state
 * @returns {?Evidence} null where no kernel is selected, or the file holds no feature maps
 */
export function evidenceOf({ facts, told, explained }) {
  const kernel = [facts?.whatif, facts?.learned].find((one) => one?.exists);
  const head = kernel && told && headOf(told, kernel.layer);
  if (!kernel?.scores || !kernel.features || !head) return null;
  const rival = rivalOf(kernel.scores, kernel.label + 1);
  const said = outputOf(told, head, kernel, explained, rival);
  const { says, bias } = said;
  const { label } = kernel;
  const was = facts?.learned;
  const learned = was?.scores && was.exists && was !== kernel ? { ...was, label } : null;
  const before = learned && outputOf(told, head, learned, explained, rival);
  const gaussian = kernel.pooling === "gaussian" && UNITS[explained] === "logit";
  return {
    kernel,
    explained,
    rival: rival - 1,
    bias,
    says,
    weights: kernel.weights,
    orders: ordersOf(kernel),
    alone: cellsAlone(says),
    ...addUp(says, ordersOf(kernel), bias),
    learned: learned && before ? addUp(before.says, ordersOf(learned), before.bias).brings : null,
    learnedWeights: learned?.weights ?? null,
    wider: gaussian ? atSigma(kernel, said, OTHER) : null,
    narrower: gaussian ? atSigma(kernel, said, 1 / OTHER) : null,
    ...cellsShown(kernel, learned),
  };
}

/** The strongest class beside one, background included. @param {Float64Array} scores @param {number} but */
function rivalOf(scores, but) {
  let top = but === 0 ? 1 : 0;
  scores.forEach((score, c) => {
    if (c !== but && score > scores[top]) top = c;
  });
  return top;
}

/** @param {KernelFacts} kernel */
const ordersOf = ({ weights, center, sigma, cells, derivatives }) =>
  derivativeWeights(weights, center, sigma / cells, derivatives);

/**
 * What the same kernel would say with another sigma.
 *
 * @param {KernelFacts} kernel @param {Said} said @param {number} factor
 */
function atSigma({ center, sigma, cells, valid, derivatives }, { says, bias }, factor) {
  const wide = (factor * sigma) / cells;
  const weights = kernelWeights(center, wide, cells, valid);
  return addUp(says, derivativeWeights(weights, center, wide, derivatives), bias).sum;
}

/**
 * The cells about the kernel, and about where it was: first and last (exclusive).
 *
 * @param {KernelFacts} kernel @param {?KernelFacts} learned
 */
function cellsShown(kernel, learned) {
  let [from, to] = [kernel.cells, 0];
  for (const { center, sigma, cells } of learned ? [kernel, learned] : [kernel]) {
    if (!Number.isFinite(center + sigma)) return { from: 0, to: cells }; // a broken kernel
    const reach = Math.max(LEAST, REACH * sigma);
    from = Math.min(from, Math.max(0, Math.floor(center * cells - reach)));
    to = Math.max(to, Math.min(cells, Math.ceil(center * cells + reach)));
  }
  return { from, to };
}

/**
 * The output that is explained, in its unit.
 *
 * @param {View} view @param {Head} head @param {KernelFacts} kernel @param {Explained} explained
 * @param {number} rival
 * @returns {Said}
 */
function outputOf(view, head, kernel, explained, rival) {
  const { ratio, label } = kernel;
  const row = rowsOf(view, head, kernel);
  const per = head.classes + 1;
  if (explained === "class") {
    return sum([row("score", ratio * per + label + 1), 1], [row("score", ratio * per + rival), -1]);
  }
  if (explained === "overlap") return row("overlap", ratio);
  const middle = row("offset", 2 * ratio);
  const width = row("offset", 2 * ratio + 1);
  const [byMiddle, byWidth] = secondsOf(view, kernel, width);
  return sum([middle, byMiddle], [width, explained === "start" ? -byWidth : byWidth]);
}

/**
 * Seconds by which an edge moves for 1 of delta_c and, outward, for 1 of delta_w (Eq. 5). The width
 * grows by exp(delta_w): each cell has its share of the growth in proportion to what it brought to
 * delta_w, so that the shares add up to it.
 *
 * @param {View} view @param {KernelFacts} kernel @param {Said} width
 */
function secondsOf(view, kernel, { says, bias }) {
  const { alpha1, alpha2 } = view.header.settings.detection;
  const seconds = kernel.width * kernel.ratioValue * kernel.cellSeconds;
  const delta = addUp(says, ordersOf(kernel), bias).sum;
  const held = Math.min(LARGEST, Math.max(-LARGEST, delta));
  const growth = delta === 0 ? alpha2 : Math.expm1(alpha2 * held) / delta;
  return [alpha1 * seconds, (seconds / 2) * growth];
}

/** @param {...[Said, number]} parts @returns {Said} */
const sum = (...parts) => ({
  bias: parts.reduce((all, [{ bias }, factor]) => all + factor * bias, 0),
  says: parts[0][0].says.map((order, n) =>
    order.map((_, i) => parts.reduce((all, [{ says }, factor]) => all + factor * says[n][i], 0)),
  ),
});

/** @type {{view: ?View, key: string, rows: Map<string, Said>}} */
let known = { view: null, key: "", rows: new Map() };

/**
 * What the cells of the kernel's map say of a row; kept while a slider moves, since it is the feature
 * map's, whatever the kernel.
 *
 * @param {View} view @param {Head} head @param {KernelFacts} kernel
 */
function rowsOf(view, head, { features, layer, window, cells, derivatives }) {
  const origin = originOf(view);
  const key = `${layer}/${window}`;
  if (known.view !== origin || known.key !== key) known = { view: origin, key, rows: new Map() };
  const { channels } = view.header.layers[layer - 1];
  /** @param {"score" | "offset" | "overlap"} name @param {number} row @returns {Said} */
  return (name, row) => {
    let said = known.rows.get(name + row);
    if (!said && features) {
      const matrix = head[`${name}Weights`];
      const says = cellsSay(matrix, row, features, channels, cells, derivatives + 1);
      known.rows.set(name + row, (said = { says, bias: head[`${name}Bias`][row] }));
    }
    return said ?? { says: [], bias: 0 };
  };
}
