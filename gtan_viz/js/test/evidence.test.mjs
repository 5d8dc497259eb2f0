// Evidence adds up to what the network said: stored, and predicted anew after a what-if.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { addUp, cellsAlone, cellsSay } from "../method/evidence.js";
import { poolAndPredict } from "../method/predict.js";
import { derivativeWeights, kernelWeights } from "../method/weights.js";
import { predictionOf, readExplanation } from "../model/explanation.js";
import { explorerStore } from "../state/derive.js";
import { UNITS } from "../state/evidence.js";
import { detectionSelection } from "../state/focus.js";
import { cellText, summaryText } from "../view/evidence_text.js";
import { close, goldenBytes } from "./golden.mjs";

globalThis.requestAnimationFrame = () => 1;
globalThis.cancelAnimationFrame = () => {};

const EXAMPLE = new URL(
  "../../../gtan/example_run/explanations/person21_film2/002000.safetensors",
  import.meta.url,
);
const example = readExplanation(readFileSync(EXAMPLE));
const FILES = [
  ["the example run", example],
  ["made up", readExplanation(goldenBytes("explanation.safetensors"))],
  ["made up, with derivatives", readExplanation(goldenBytes("derivatives.safetensors"))],
];

/** Stored or predicted anew, in the unit of the evidence. */
function said(view, { kernel, explained, rival }) {
  const { layer, row, ratio: r, label } = kernel;
  const { logits, overlap, refined, boundary } = predictionOf(view, layer, row);
  if (explained === "class") return logits[r][label + 1] - logits[r][rival + 1];
  if (explained === "overlap") return Math.log(overlap[r] / (1 - overlap[r]));
  return refined[r][explained] - boundary[r][explained];
}

for (const [name, opened] of FILES) {
  for (const settings of [{}, { sigma_factor: 1.3 }, { grouping: "off", ratio_scale: 1.3 }]) {
    test(`${name}, ${JSON.stringify(settings)}: cells and bias add up to 0.01`, () => {
      const store = explorerStore({ opened, settings });
      const { state } = store;
      for (let i = 0; i < state.scene.detections.count; i++) {
        store.set({ selection: detectionSelection(state.scene, i) });
        for (const explained of ["class", "start", "end", "overlap"]) {
          store.set({ explained });
          const { evidence: e } = state;
          if (!e) continue;
          const view = e.kernel === state.facts.whatif ? state.whatView : opened;
          const off = Math.abs(said(view, e) - e.sum);
          // The made-up ones move some edges by a minute, so that float16 shows in seconds.
          if (opened === example || UNITS[explained] === "logit") {
            assert.ok(off < 0.01, `${i} ${explained}: ${off}`);
          }
          const all = e.brings.reduce((sum, one) => sum + one, e.bias);
          close(all, e.sum, "sum", 1e-9);
        }
      }
    });
  }
}

test("the rival is the runner-up, and the winner where another class won", () => {
  const store = explorerStore({ opened: example });
  const { state } = store;
  let lost = 0;
  for (let row = 0; row < state.scene.layers[2].count; row++) {
    const { window, mixed } = state.scene.layers[2];
    if (mixed[row]) continue;
    const cell = row - state.scene.layers[2].offsets[window[row]];
    store.set({ selection: { kind: "kernel", window: window[row], layer: 3, cell, mixed: false } });
    const { evidence } = state;
    if (!evidence) continue;
    const { scores, label } = evidence.kernel;
    const others = [...scores].filter((_, c) => c !== label + 1);
    assert.equal(scores[evidence.rival + 1], Math.max(...others));
    if (evidence.sum < 0) lost++;
    close(evidence.sum < 0, scores[label + 1] < Math.max(...others));
  }
  assert.ok(lost > 0);
});

test("one output, cell by cell, is what pooling and predicting give", () => {
  const [channels, length, orders] = [3, 7, 3];
  let seed = 1;
  const random = () => ((seed = (seed * 16807) % 2147483647) / 2147483647) * 2 - 1;
  const numbers = (count) => Float64Array.from({ length: count }, random);
  const features = numbers(channels * length);
  const head = {
    scoreWeights: numbers(2 * channels * orders),
    scoreBias: numbers(2),
    offsetWeights: numbers(2 * channels * orders),
    offsetBias: numbers(2),
    overlapWeights: numbers(channels * orders),
    overlapBias: numbers(1),
    ratios: [1],
    classes: 1,
  };
  const valid = [1, 1, 1, 1, 1, 1, 0];
  const [center, sigma] = [0.4, 0.2];
  const given = { features, channels, length, valid, center, sigma, head, derivatives: 2 };
  const { logits, weights } = poolAndPredict(given);
  const says = cellsSay(head.scoreWeights, 1, features, channels, length, orders);
  const { brings, byOrder, sum } = addUp(
    says,
    derivativeWeights(weights, center, sigma, 2),
    head.scoreBias[1],
  );
  close(sum, logits[0][1], "sum");
  close(byOrder[0] + byOrder[1] + byOrder[2] + head.scoreBias[1], sum, "orders");
  assert.equal(brings[6], 0); // padding brings nothing
  // Alone: a kernel so narrow that only its own cell counts.
  const narrow = poolAndPredict({ ...given, center: 2.5 / 7, sigma: 0.001 });
  close(cellsAlone(says)[2] + head.scoreBias[1], narrow.logits[0][1], "alone");
  // Without derivatives a cell brings what it says alone, times its weight.
  const plain = cellsSay(head.overlapWeights.slice(0, 3), 0, features, channels, length, 1);
  const shares = addUp(plain, [kernelWeights(center, sigma, length)], 0).brings;
  const alone = cellsAlone(plain);
  close(
    shares,
    alone.map((one, i) => one * kernelWeights(center, sigma, length)[i]),
    "share",
  );
});

test("another sigma is what the kernel would say with it", () => {
  const store = explorerStore({ opened: example, selection: { kind: "detection", detection: 0 } });
  const { state } = store;
  store.set({ settings: { grouping: "off" } }); // its group does not take its place
  const { wider, sum, kernel } = state.evidence;
  const one = { [state.focus.key]: { sigma: kernel.sigma * 1.25 } };
  store.set({ settings: { grouping: "off", kernels: one } });
  assert.equal(state.evidence.kernel, state.facts.whatif);
  close(state.evidence.sum, wider, "wider", 1e-6);
  assert.notEqual(sum, wider);
  store.set({ explained: "start" });
  assert.equal(state.evidence.wider, null); // the default boundary would be another one
});

test("a file without feature maps has no evidence", () => {
  const arrays = Object.fromEntries(
    Object.entries(example.arrays).filter(([name]) => !/features|_weights|_bias/.test(name)),
  );
  const opened = { header: example.header, arrays };
  const { state } = explorerStore({ opened, selection: { kind: "detection", detection: 0 } });
  assert.equal(state.evidence, null);
  assert.ok(state.facts.learned);
});

test("words carry signs and units", () => {
  const store = explorerStore({ opened: example, selection: { kind: "detection", detection: 0 } });
  const { state } = store;
  assert.match(summaryText(state.evidence), /; bias −0\.12; sum \+8\.10 logit\. With a σ/);
  assert.match(cellText(state.evidence, 6), /^Cell 6 brings \+3\.64 of \+8\.10 logit: mean \+0/);
  store.set({ explained: "end" });
  assert.match(summaryText(state.evidence), /sum [+−]\d\.\d\d s\.$/);
  store.set({ explained: "overlap" });
  assert.match(summaryText(state.evidence), /The sigmoid makes that 0\.959\./);
});
