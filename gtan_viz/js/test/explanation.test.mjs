import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { poolAndPredict } from "../method/predict.js";
import * as reading from "../model/explanation.js";
import * as chain from "../model/recompute.js";
import { readSafetensors } from "../model/safetensors.js";
import { close, golden, goldenBytes } from "./golden.mjs";

const E = { ...reading, ...chain, readSafetensors };
const FLOAT16 = 2e-3; // what float16 leaves of a score here
const bytes = goldenBytes("explanation.safetensors");
const explanation = E.readExplanation(bytes);
const withDerivatives = E.readExplanation(goldenBytes("derivatives.safetensors")); // E1
const whatIfs = [
  ...golden("whatif").map((each) => ({ file: explanation, name: "what-if", ...each })),
  ...golden("whatif_derivatives").map((each) => ({
    file: withDerivatives,
    name: "with derivatives, what-if",
    ...each,
  })),
];

/** Detections by what made them: a kernel's first member, since rows differ. */
function named(view) {
  return new Map(
    E.detectionsOf(view).map((d) => {
      const kernel = E.kernelAt(view, d.layer, d.row);
      const key = [d.window, d.layer, kernel.mixed, kernel.members[0], d.ratio, d.className].join();
      return [key, d];
    }),
  );
}

for (const { file, name, changes, kernels, mixed, detections } of whatIfs) {
  test(`${name} ${JSON.stringify(changes)} gives gtan's kernels and detections`, () => {
    const view = E.recompute(file, changes);
    assert.equal(view.changed, Object.keys(changes).length > 0);
    assert.equal(view.missing, null);
    const all = E.layersOf(view).flatMap(({ layer }) =>
      E.windowsOf(view).flatMap(({ window }) => E.kernelsOf(view, window, layer)),
    );
    assert.equal(all.filter((k) => k.exists).length, kernels);
    assert.equal(all.filter((k) => k.mixed).length, mixed);
    const scores = view.arrays["detections.scores"];
    assert.equal(scores.length, detections.score.length);
    const got = named(view);
    const fading = "rho" in changes;
    let same = 0;
    detections.score.forEach((score, i) => {
      const key = [
        detections.window[i],
        detections.layer[i],
        detections.mixed[i],
        detections.first[i],
        detections.ratio[i],
        detections.label[i],
      ].join();
      const found = got.get(key);
      if (!found) return;
      close(found.ranking, detections.ranking[i], key, FLOAT16);
      close([found.start, found.end], [detections.start[i], detections.end[i]], key, 1e-2);
      if (Math.abs(found.score - score) < FLOAT16) same++;
      else assert.ok(fading, key);
    });
    // Where scores fade, rounding decides which of two near-equal detections is picked first; the
    // last ones before the cut may be others.
    assert.ok(same >= scores.length * (fading ? 0.8 : 0.95), `${same} of ${scores.length}`);
  });
}

test("predicting every kernel anew gives the stored detections too", () => {
  const got = named(E.recompute(explanation, {}, { fresh: true }));
  for (const [key, d] of named(explanation)) {
    if (got.has(key)) close(got.get(key).score, d.score, key, FLOAT16);
    else assert.ok(d.score < 0.1 || d.index > 50);
  }
});

test("going back gives exactly what was there before", () => {
  const before = E.recompute(explanation, { sigmaFactor: 1.2 });
  E.recompute(explanation, { sigmaFactor: 0.7, epsilon: 0.3 });
  const after = E.recompute(explanation, { sigmaFactor: 1.2 });
  assert.deepEqual(E.detectionsOf(before), E.detectionsOf(after));
  const plain = E.recompute(explanation);
  assert.deepEqual(E.detectionsOf(plain), E.detectionsOf(E.recompute(plain)));
});

test("one kernel moved: only it and its groups change, and it is predicted as the equations say", () => {
  const key = E.kernelKey(1, 0, 5);
  const [center, sigma] = [0.4, 0.11];
  const view = E.recompute(explanation, {
    grouping: "off",
    sigmaOverride: new Map([[key, sigma]]),
    centerOverride: new Map([[key, center]]),
  });
  const kernels = E.kernelsOf(view, 0, 1);
  assert.deepEqual(
    kernels.filter((k) => k.changed).map((k) => k.key),
    [key],
  );
  assert.equal(kernels[5].width, 2 * sigma);
  const got = E.predictionOf(view, 1, kernels[5].row);
  const { channels, cells } = view.header.layers[0];
  const expected = poolAndPredict({
    features: E.featuresOf(view, 0, 1),
    channels,
    length: cells,
    valid: E.validOf(view, 0, 1),
    center,
    sigma,
    head: E.headOf(view, 1),
  });
  close(got.logits[1], expected.logits[1]);
  for (const d of E.detectionsOf(view).filter((d) => d.layer === 1 && d.row === 5)) {
    close(d.ranking, got.scores[d.ratio][d.label + 1] * got.overlap[d.ratio], "ranking", 1e-6);
    close(d.start, Math.max(0, got.refined[d.ratio].start), "start", 1e-6);
  }
});

test("a mixed kernel can be changed by hand", () => {
  const mixed = E.layersOf(explanation).flatMap(({ layer }) =>
    E.kernelsOf(explanation, 0, layer).filter((k) => k.mixed),
  )[0];
  assert.equal(mixed.key, E.kernelKey(mixed.layer, 0, `m${mixed.members[0]}`));
  const view = E.recompute(explanation, { sigmaOverride: new Map([[mixed.key, 0.3]]) });
  const changed = E.kernelsOf(view, 0, mixed.layer).filter((k) => k.changed);
  assert.deepEqual(
    changed.map((k) => [k.key, k.sigma, k.width]),
    [[mixed.key, 0.3, 0.6]],
  );
});

test("stored predictions are what predicting from the features gives", () => {
  for (const { layer } of E.layersOf(explanation)) {
    for (const kernel of E.kernelsOf(explanation, 0, layer).filter((k) => k.exists)) {
      const stored = E.predictionOf(explanation, layer, kernel.row);
      const { channels, cells } = explanation.header.layers[layer - 1];
      const fresh = poolAndPredict({
        features: E.featuresOf(explanation, 0, layer),
        channels,
        length: cells,
        valid: E.validOf(explanation, 0, layer),
        center: kernel.center,
        sigma: kernel.sigma,
        head: E.headOf(explanation, layer),
      });
      stored.logits.forEach((row, r) => close(row, fresh.logits[r], kernel.key, 5e-3));
      close(stored.overlap, fresh.overlap, kernel.key, 2e-3);
    }
  }
});

test("why did it fire: detection, candidate, its decays", () => {
  const view = E.recompute(explanation, { xi: 0.3 });
  const nms = E.nmsOf(view);
  for (const d of E.detectionsOf(view)) {
    const candidate = E.candidateOf(nms, d);
    const { picked, score } = nms.why(candidate);
    assert.equal(picked, d.index);
    close(score, d.score);
  }
  const stored = E.nmsOf(explanation);
  assert.ok(E.detectionsOf(explanation).every((d) => E.candidateOf(stored, d) >= 0));
});

test("grouping of a window, step by step, ends in the kernels that are there", () => {
  const { groups } = E.groupingOf(explanation, 0, 1);
  const mixed = groups.filter((g) => g.members.length > 1).map((g) => g.members);
  const there = E.kernelsOf(explanation, 0, 1)
    .filter((k) => k.mixed)
    .map((k) => [...k.members]);
  assert.deepEqual(mixed, there);
});

test("seconds and back", () => {
  close(E.fromSeconds(explanation, 1, E.toSeconds(explanation, 1, 0.37)), 0.37);
  for (const w of E.windowsOf(explanation)) assert.ok(w.start >= 0 && w.start < w.end);
  assert.equal(E.truthOf(explanation).length, 3);
  assert.equal(E.truthOf(explanation)[0].className, "WALK");
});

test("without feature maps it says so, and soft-NMS still works", () => {
  const arrays = Object.fromEntries(
    Object.entries(explanation.arrays).filter(([name]) => !/features|_weights|_bias/.test(name)),
  );
  const large = { header: explanation.header, arrays };
  assert.equal(E.interactive(large), false);
  assert.equal(E.recompute(large, { xi: 0.3 }).missing, null);
  const view = E.recompute(large, { sigmaFactor: 2 });
  assert.match(view.missing, /no feature maps/);
  assert.equal(E.predictionOf(view, 1, 0).known, false);
  assert.equal(E.predictionOf(large, 1, 0).known, true);
});

test("NaN predictions and sigmas are dropped and counted", () => {
  const arrays = { ...explanation.arrays };
  arrays["layer1.logits"] = arrays["layer1.logits"].map(() => NaN);
  arrays["layer2.overlap"] = arrays["layer2.overlap"].map(() => NaN);
  arrays["layer3.sigmas"] = arrays["layer3.sigmas"].map(() => NaN);
  const broken = { header: explanation.header, arrays };
  assert.ok(E.recompute(broken).dropped > 0);
  const view = E.recompute(broken, { sigmaFactor: 1.5, epsilon: 0.4 });
  assert.ok(E.detectionsOf(view).every((d) => Number.isFinite(d.score)));
});

test("files that are something else are refused in words", () => {
  const text = (s) => new TextEncoder().encode(s);
  assert.throws(() => E.readExplanation(text("hi")), /safetensors/);
  assert.throws(() => E.readExplanation(text("a picture, perhaps, of a cat")), /safetensors/);
  assert.throws(() => E.readExplanation(bytes.subarray(0, 5000)), /cut off/);
  const changed = (edit) => {
    const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const header = JSON.parse(bytes.subarray(8, 8 + size).toString());
    edit(header);
    const json = text(JSON.stringify(header));
    const out = new Uint8Array(8 + json.length + bytes.length - 8 - size);
    new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
    out.set(json, 8);
    out.set(bytes.subarray(8 + size), 8 + json.length);
    return out;
  };
  const meta = (edit) =>
    changed((h) => {
      const document = JSON.parse(h.__metadata__.gtan);
      edit(document);
      h.__metadata__.gtan = JSON.stringify(document);
    });
  assert.doesNotThrow(() => E.readExplanation(changed(() => {}))); // any alignment
  assert.throws(() => E.readExplanation(meta((d) => (d.version = 99))), /version 99.*[Uu]pdate/);
  assert.throws(
    () => E.readExplanation(meta((d) => (d.format = "gtan-trace"))),
    /not an Explanation/,
  );
  assert.throws(
    () => E.readExplanation(changed((h) => delete h.__metadata__)),
    /not written by gtan/,
  );
  assert.throws(
    () =>
      E.readExplanation(
        changed((h) => {
          h.unknown = h["layer1.logits"];
          delete h["layer1.logits"];
        }),
      ),
    /lacks the array layer1.logits/,
  );
});

test("windows that follow alone bring what they bring when all follow", () => {
  const changes = { sigmaFactor: 1.3 };
  const whole = E.recompute(explanation, changes);
  const part = E.recompute(explanation, changes, { windows: [1, 2] });
  assert.ok(part.partial && !whole.partial);
  const candidates = (view) => {
    const { source, scores, count } = view.candidates;
    const rows = [];
    for (let i = 0; i < count; i++) {
      const [window, layer, row, ratio] = source.subarray(4 * i, 4 * i + 4);
      const kernel = E.kernelAt(view, layer, row, window);
      if (window === 1) rows.push([layer, kernel.key, ratio, scores[i]].join());
    }
    return rows;
  };
  assert.ok(candidates(part).length > 10);
  // Of the whole, the best of all windows entered: they are the first of this one's.
  assert.deepEqual(candidates(part).slice(0, candidates(whole).length), candidates(whole));
  for (const { layer } of E.layersOf(part)) {
    const strip = (kernel) => ({ ...kernel, row: 0 });
    assert.deepEqual(
      E.kernelsOf(part, 1, layer).map(strip),
      E.kernelsOf(whole, 1, layer).map(strip),
    );
    assert.deepEqual(
      E.kernelsOf(part, 0, layer).map(({ sigma, center }) => [sigma, center]),
      E.kernelsOf(explanation, 0, layer).map(({ sigma, center }) => [sigma, center]),
    );
  }
});

test("version 1, with one truth a proposal, still opens", () => {
  const url = new URL(
    "../../../tests/fixtures/runs/version_1/run/explanations/v4/000006.safetensors",
    import.meta.url,
  );
  const file = readFileSync(url);
  const { arrays } = E.readSafetensors(file);
  const view = E.readExplanation(file);
  assert.equal(view.header.version, 2);
  E.layersOf(view).forEach(({ layer }) => {
    const [truth, iou] = [arrays[`layer${layer}.truth`], arrays[`layer${layer}.iou`]];
    const [offsets, truths] = ["truth_offsets", "truths"].map(
      (n) => view.arrays[`layer${layer}.${n}`],
    );
    truth.forEach((row, at) =>
      assert.deepEqual(
        [...truths.subarray(offsets[at], offsets[at + 1])],
        iou[at] > 0 ? [row] : [],
      ),
    );
  });
});
