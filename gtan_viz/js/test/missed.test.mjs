// Why an action was missed: hand-made proposals, one for every reason, and what is said of them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { predictionOf, readExplanation } from "../model/explanation.js";
import { recompute } from "../model/recompute.js";
import { explorerStore } from "../state/derive.js";
import { proposalsAbout } from "../state/proposals.js";
import { STAGES, stoppedBy } from "../state/stopped.js";
import { close } from "./golden.mjs";

globalThis.requestAnimationFrame = () => 1;
globalThis.cancelAnimationFrame = () => {};

const CELLS = 10; // of 10 s each
const WANTED = { label: 0, tiou: 0.5, least: 0.1, floor: 0.001, one: true };
const NEVER = () => assert.fail("its fate was asked for");

/** Scores of background, run, walk. @param {...number} scores */
const proposal = (scores, more = {}) => ({
  tiou: 0.8,
  isOwned: true,
  scores: Float64Array.from(scores),
  overlap: 0.5,
  ...more,
});

/** @type {[string, object, object?, object?][]} stage, proposal, its fate, what else is wanted */
const CASES = [
  ["boundary", proposal([0, 1, 0], { tiou: 0.4999 })],
  ["boundary", proposal([0, 1, 0], { tiou: 0 })],
  ["window", proposal([0, 1, 0], { isOwned: false })],
  ["background", proposal([0.9, 0.1, 0])],
  ["background", proposal([0.9, 0.01, 0.09])], // walk is stronger, but background won against both
  ["class", proposal([0.1, 0.3, 0.6])], // strong enough, but it stands for one class
  ["class", proposal([0.1, 0.1, 0.8], {}), undefined, { one: false }], // too weak as run
  ["score", proposal([0.2, 0.7, 0.1], { overlap: 0.1 })],
  ["candidates", proposal([0, 1, 0]), { entered: false, score: null, left: 0.5 }],
  ["lowered", proposal([0, 1, 0]), { entered: true, score: null, left: 0.0005 }],
  ["lowered", proposal([0, 1, 0]), { entered: true, score: 0.05, left: 0.05 }],
  ["kept", proposal([0, 1, 0]), { entered: true, score: null, left: 0.05 }],
  ["other", proposal([0, 1, 0]), { entered: true, score: 0.3, left: 0.3 }],
  ["other", proposal([0.1, 0.4, 0.5]), { entered: true, score: 0.2, left: 0.2 }, { one: false }],
];

for (const [stage, one, fate, more] of CASES) {
  test(`stopped by ${stage}: ${JSON.stringify({ ...one, scores: [...one.scores], ...more, fate })}`, () => {
    assert.equal(stoppedBy(one, { ...WANTED, ...more }, fate ? () => fate : NEVER), stage);
  });
}

test("every stage has a case", () => {
  assert.deepEqual(new Set(CASES.map(([stage]) => stage)), new Set(Object.keys(STAGES)));
});

/**
 * An Explanation of one window of 100 s and one layer, of learned kernels that propose what is given.
 *
 * @param {{cell: number, cells?: number, scores: number[], overlap?: number}[]} proposals the width in cells
 * @param {[number, number, number][]} truths start, end, label
 * @param {object} detection settings
 */
function made(proposals, truths, detection = {}, owned = [0, 100]) {
  const N = CELLS;
  const widths = new Float32Array(N).fill(0.01);
  const logits = Float32Array.from({ length: 3 * N }, (_, i) => (i % 3 ? -9 : 0));
  const overlap = new Float32Array(N);
  const centers = Float32Array.from({ length: N }, (_, i) => (i + 0.5) / N);
  for (const { cell, cells = 1, scores, overlap: expected = 1, at } of proposals) {
    widths[cell] = cells / N;
    overlap[cell] = expected;
    if (at !== undefined) centers[cell] = at / 100;
    scores.forEach((score, c) => (logits[3 * cell + c] = Math.log(score + 1e-9)));
  }
  const kernels = {
    epsilon: 1,
    merge: "paper",
    grouping: "off",
    pooling: "gaussian",
    derivatives: 0,
    scale: "gaussian",
  };
  const view = {
    header: {
      recording: "made",
      duration: 100,
      step: 1,
      classes: ["run", "walk"],
      window: 100,
      grid: { stride: 1, length: 1, offset: 0 },
      layers: [{ cells: N, channels: 1, ratios: [1] }],
      settings: {
        kernels,
        data: { dataset: "made" },
        detection: {
          alpha1: 1,
          alpha2: 1,
          labels: "one",
          candidates: 100,
          rho: 0.2,
          xi: 0.3,
          top_k: 100,
          min_score: 0.001,
          ...detection,
        },
      },
    },
    arrays: {
      "windows.start": Int32Array.of(0),
      "windows.owned": Float64Array.from(owned),
      "truth.segments": Float64Array.from(truths.flatMap((row) => row.slice(0, 2))),
      "truth.labels": Int32Array.from(truths, ([, , label]) => label),
      "layer1.kernel_offsets": Int32Array.of(0, N),
      "layer1.centers": centers,
      "layer1.widths": widths,
      "layer1.sigmas": new Float32Array(N).fill(0.05),
      "layer1.exists": new Uint8Array(N).fill(1),
      "layer1.valid": new Uint8Array(N).fill(1),
      "layer1.member_offsets": new Int32Array(N + 1),
      "layer1.members": new Int32Array(0),
      "layer1.logits": logits,
      "layer1.offsets": new Float32Array(2 * N),
      "layer1.overlap": overlap,
    },
  };
  const { arrays } = recompute(view);
  for (const name of ["segments", "labels", "scores", "ranking", "source"]) {
    view.arrays[`detections.${name}`] = arrays[`detections.${name}`];
  }
  return view;
}

/** What is said of a truth. */
function asked(view, chosenTruth = 0, more = {}) {
  const store = explorerStore({ opened: view, tiou: 0.5, score: 0.1, chosenTruth, ...more });
  return store.state.missed;
}

/** The reason given for the proposal of a cell. */
const reasonOf = (missed, cell) => missed.rows.find((row) => row.cell === cell)?.reason;

test("a boundary that is off: how far, and at which end", () => {
  const missed = asked(made([{ cell: 4, scores: [0, 1, 0] }], [[41, 62, 0]]));
  assert.equal(missed.by, -1);
  assert.match(
    reasonOf(missed, 4),
    /^it fires, with more than 0.99, but its boundary reaches tIoU 0.41, wanted 0.50: it starts 1.0 s early and ends 12.0 s early$/,
  );
  assert.match(missed.story, /^run, 41.0–62.0 s, was missed at tIoU 0.50 and least score 0.10\. /);
  assert.match(missed.story, /got furthest is of layer 1, cell 4, ratio 1.00: it fires/);
});

test("what is short of a bound is never shown as equal to it", () => {
  const missed = asked(made([{ cell: 4, scores: [0, 1, 0] }], [[39.5, 59.52, 0]]));
  assert.match(reasonOf(missed, 4), /reaches tIoU 0.4995, wanted 0.5000/);
});

test("another window answers for its middle", () => {
  const missed = asked(made([{ cell: 4, scores: [0, 1, 0] }], [[39.5, 49.5, 0]], {}, [0, 40]));
  assert.match(
    reasonOf(missed, 4),
    /^the middle of its boundary, 45.0 s, belongs to another window's part: this one answers for 0.0–40.0 s$/,
  );
});

test("background won, another class took it, its score is under the least", () => {
  const truths = [
    [39.5, 49.5, 0],
    [59.5, 69.5, 0],
    [79.5, 89.5, 0],
  ];
  const view = made(
    [
      { cell: 4, scores: [0.8, 0.2, 0], overlap: 0.4 },
      { cell: 6, scores: [0.1, 0.2, 0.7] },
      { cell: 8, scores: [0.3, 0.6, 0.1], overlap: 0.1 },
    ],
    truths,
  );
  assert.equal(reasonOf(asked(view, 0), 4), "background won, with 0.80 against 0.20 for run");
  assert.equal(reasonOf(asked(view, 1), 6), "walk takes it, with 0.70 against 0.20 for run");
  assert.equal(
    reasonOf(asked(view, 2), 8),
    "its score is 0.04 under the least of 0.10: 0.60 for run × 0.10 expected overlap = 0.06",
  );
});

const CROWD = [
  { cell: 4, cells: 1, scores: [0, 1, 0], overlap: 0.9 },
  { cell: 5, cells: 1.2, scores: [0, 1, 0], overlap: 0.5, at: 47 },
];
const CROWDED = [[42, 53, 0]];

test("soft-NMS lowered it: from what, to what, because of whom, who can be selected", () => {
  const missed = asked(made(CROWD, CROWDED, { xi: 0.05 }), 0, { tiou: 0.8 });
  const row = missed.rows.find(({ stage }) => stage === "lowered");
  assert.match(
    row.reason,
    /^soft-NMS lowered it from 0.50 to less than 0.01, below the least of 0.10, because of run 40.0–50.0 s \(tIoU 0.69 with it, ρ = 0.20\)$/,
  );
  assert.deepEqual(row.source, [0, 1, 4, 0]);
  assert.match(
    missed.story,
    / The nearest detection, of layer 1, cell 4, .* has score 0.90 and tIoU 0.62\.$/,
  );
});

test("too many ranked above it, and no more are kept", () => {
  const view = made(CROWD, CROWDED, { candidates: 1 });
  assert.match(
    reasonOf(asked(view, 0, { tiou: 0.8 }), 5),
    /^1 proposal ranked above its 0.50, and no more enter soft-NMS$/,
  );
  const few = made(CROWD, CROWDED, { top_k: 1, xi: 5 });
  assert.match(
    reasonOf(asked(few, 0, { tiou: 0.8 }), 5),
    /^soft-NMS kept 1 detection before its 0.4\d, and no more are kept$/,
  );
});

test("it fires, and found another action of its class", () => {
  const missed = asked(
    made(
      [{ cell: 4, scores: [0, 1, 0] }],
      [
        [41, 51, 0],
        [39.5, 50, 0],
      ],
    ),
    0,
  );
  assert.equal(
    reasonOf(missed, 4),
    "it fires, with more than 0.99, but found the run at 39.5–50.0 s, with tIoU 0.95",
  );
});

test("of a what-if what is on screen, and what it was before", () => {
  const view = made(CROWD, [[40, 50, 0]]);
  const store = explorerStore({ opened: view, chosenTruth: 0 });
  const { state } = store;
  assert.equal(state.missed.by, 0);
  assert.match(state.missed.story, /^run, 40.0–50.0 s, was found by a detection of score 0.90\.$/);
  assert.deepEqual(state.missed.rows, []);
  store.set({ settings: { ratio_scale: 0.3 } });
  assert.equal(state.missed, null); // until the hand rests
  store.set({ rested: { settings: state.settings, whatView: state.whatView, facts: state.facts } });
  assert.match(state.missed.story, /is in the what-if missed at .*; as learned it was found\. /);
  assert.match(
    state.missed.rows[0].reason,
    /^it fires, .*: it starts 5.2 s late and ends 1.2 s early/,
  );
});

test("nothing is said of no truth, of one that is not there, and of sigmas alone", () => {
  const view = made(CROWD, CROWDED);
  assert.equal(asked(view, null), null);
  assert.equal(asked(view, 7), null);
  assert.equal(asked(view, 0, { gliding: true }), null);
  const far = asked(made([{ cell: 1, scores: [0, 1, 0] }], [[80.2, 80.4, 1]]));
  assert.match(far.story, /No proposal touches it\.$/);
});

test("a prediction that is not a number is passed over", () => {
  const view = made(CROWD, CROWDED);
  view.arrays["layer1.overlap"][5] = NaN;
  const missed = asked(view, 0, { tiou: 0.99 });
  assert.ok(
    missed.rows.every(({ cell, reason }) => cell !== 5 && !/NaN|not a number/.test(reason)),
  );
});

const EXAMPLE = new URL(
  "../../../gtan/example_run/explanations/person21_film2/002000.safetensors",
  import.meta.url,
);

test("proposals are what the network says of the kernels, as learned and in a what-if", () => {
  const opened = readExplanation(readFileSync(EXAMPLE));
  const views = [opened, recompute(opened, { sigmaFactor: 1.4 }), recompute(opened, { xi: 0.2 })];
  for (const view of views) {
    const found = proposalsAbout(view, { start: 23, end: 25 });
    assert.ok(found.length > 20 && found.every(({ tiou }) => tiou > 0));
    for (const { layer, row, ratio, refined, scores, overlap } of found) {
      const exact = predictionOf(view, layer, row);
      close([...scores], [...exact.scores[ratio]], "scores", 1e-4);
      close(overlap, exact.overlap[ratio], "overlap", 1e-4);
      const { start, end } = exact.refined[ratio];
      close([refined.start, refined.end], [Math.max(0, start), end], "boundary", 1e-3);
    }
  }
});
