// The network of lesson 9, whole, in the browser: signal in, kernels, detections and evidence out.

import { Candidates, classScores } from "../method/decode.js";
import { addUp, cellsSay } from "../method/evidence.js";
import { boundedSigmas, convolve, maxPool, normalise, relu } from "../method/network.js";
import { predictKernels, prepareLayer } from "../method/predict.js";
import { softNms } from "../method/soft_nms.js";
import { derivativeWeights, kernelWeights } from "../method/weights.js";

/** From this score on a kernel is said to fire. */
export const FIRES = 0.3;

/** @typedef {{start: number, end: number, label: number, score: number, layer: number, cell: number,
 *   cells: number, center: number, sigma: number, cellSeconds: number}} Found seconds; sigma in cells */

/** @type {?{signal: number[], data: any, said: ReturnType<typeof run>}} */
let last = null;

/** What the network says of a signal; of the last one it is remembered. @param {number[]} signal @param {any} data */
export function listen(signal, data) {
  const known = last;
  if (known && known.data === data && known.signal.every((one, i) => one === signal[i]))
    return known.said;
  const said = run(signal, data);
  last = { signal, data, said };
  return said;
}

/** @param {number[]} signal @param {any} data of own.json */
function run(signal, data) {
  const { weights, derivatives } = data;
  /** @param {any} map @param {string} name @param {number} stride */
  const layer = (map, name, stride = 1) => {
    const [conv, norm] = ["conv", "norm"].map((one) =>
      ["weight", "bias"].map((kind) => weights[`${name}.${one}.${kind}`]),
    );
    return relu(normalise(convolve(map, conv[0], conv[1], stride), norm[0], norm[1]));
  };
  /** @type {import("../method/network.js").FeatureMap} */
  let map = { features: Float64Array.from(signal), channels: 1, length: signal.length };
  map = maxPool(layer(layer(map, "base.conv1"), "base.conv2"));
  const layers = [];
  for (let j = 0; `anchors.${j}.conv.conv.weight` in weights; j++) {
    map = layer(map, `anchors.${j}.conv`, 2);
    const logits = convolve(
      map,
      weights[`anchors.${j}.sigma.weight`],
      weights[`anchors.${j}.sigma.bias`],
    );
    const sigmas = boundedSigmas(logits.features, data.sigma); // in cells
    const { length } = map;
    const kernels = {
      centers: sigmas.map((_, t) => (t + 0.5) / length),
      sigmas: sigmas.map((sigma) => sigma / length),
      widths: sigmas.map((sigma) => (2 * sigma) / length),
    };
    const head = headOf(data, j);
    const predictions = predictKernels(prepareLayer({ ...map, head, derivatives }), kernels);
    layers.push({ map, head, sigmas, kernels, predictions });
  }
  return { layers, found: detect(layers, data) };
}

/** @param {any} data @param {number} j @returns {import("../method/predict.js").Head} */
function headOf({ weights, ratios, classes }, j) {
  const of = (/** @type {string} */ name) => weights[`anchors.${j}.${name}`].values;
  return {
    scoreWeights: of("scores.weight"),
    scoreBias: of("scores.bias"),
    offsetWeights: of("offsets.weight"),
    offsetBias: of("offsets.bias"),
    overlapWeights: of("overlap.weight"),
    overlapBias: of("overlap.bias"),
    ratios,
    classes: classes.length,
  };
}

/** Eq. 5, 10, 11. @param {any[]} layers @param {any} data @returns {Found[]} best first */
function detect(layers, { detection, samples, step, classes }) {
  const grid = { stride: step, length: step, offset: 0 };
  const candidates = new Candidates({ window: samples, grid, duration: samples * step }, detection);
  candidates.enter(0, 0, samples);
  layers.forEach(({ kernels, predictions: { logits, offsets, overlap } }, j) => {
    for (let k = 0; k < overlap.length; k++) {
      const { centers, widths } = kernels;
      if (!candidates.passes(centers[k], widths[k], offsets[2 * k], offsets[2 * k + 1], overlap[k]))
        continue;
      const per = classes.length + 1;
      const scores = classScores(logits.slice(per * k, per * (k + 1)));
      candidates.add(scores, 0, per, 0, j, k, 0);
    }
  });
  const { segments, scores, labels, source } = candidates.finish();
  const { rho, xi, top_k } = detection;
  const picked = softNms(segments, scores, labels, rho, xi, top_k, detection.min_score);
  return Array.from(picked.indices, (i, n) => {
    const [layer, cell] = [source[4 * i + 1], source[4 * i + 2]];
    const { sigmas } = layers[layer];
    return {
      start: segments[2 * i],
      end: segments[2 * i + 1],
      label: labels[i],
      score: picked.scores[n],
      layer,
      cell,
      cells: sigmas.length,
      cellSeconds: (samples * step) / sigmas.length,
      center: layers[layer].kernels.centers[cell] * samples * step,
      sigma: sigmas[cell],
    };
  });
}

/**
 * What each cell brings to a kernel's class against background (lesson 3).
 *
 * @param {ReturnType<typeof run>} said @param {Found} one @param {any} data
 */
export function evidenceOf({ layers }, { layer, cell, cells, sigma, label }, { derivatives }) {
  const { map, head, kernels } = layers[layer];
  const weights = kernelWeights(kernels.centers[cell], sigma / cells, cells);
  const orders = derivativeWeights(weights, kernels.centers[cell], sigma / cells, derivatives);
  const row = (/** @type {number} */ r) =>
    cellsSay(head.scoreWeights, r, map.features, map.channels, cells, derivatives + 1);
  const [mine, none] = [row(label + 1), row(0)];
  const says = mine.map((order, n) => order.map((one, i) => one - none[n][i]));
  const bias = head.scoreBias[label + 1] - head.scoreBias[0];
  return { ...addUp(says, orders, bias), bias, weights };
}
