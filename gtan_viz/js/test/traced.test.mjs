// Kernels of a training step of which only the sigmas were kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { groupingOf, readExplanation } from "../model/explanation.js";
import { explorerStore } from "../state/derive.js";
import { kernelName, makeScene, membersOf, rowOf } from "../state/scene.js";
import { tracedView, traceScene } from "../state/traced_scene.js";
import { goldenBytes } from "./golden.mjs";

globalThis.requestAnimationFrame = () => 1;
globalThis.cancelAnimationFrame = () => {};

const view = readExplanation(goldenBytes("explanation.safetensors"));

/** A trace of two steps: sigmas of one cell, then those of the view. */
function traceOf({ header, arrays }) {
  const windows = arrays["windows.start"].length;
  const layers = header.layers.map(({ cells }, j) => {
    const name = `layer${j + 1}`;
    const sigmas = new Float32Array(2 * windows * cells).fill(0.5);
    const state = new Int8Array(2 * windows * cells);
    for (let w = 0; w < windows; w++) {
      for (let t = 0; t < cells; t++) {
        const row = arrays[`${name}.kernel_offsets`][w] + t;
        const at = w * cells + t;
        sigmas[windows * cells + at] = (arrays[`${name}.widths`][row] / 2) * cells;
        state[at] = arrays[`${name}.valid`][at] ? -1 : -2;
        state[windows * cells + at] = state[at];
      }
    }
    return { cells, sigmas, state, mixed: new Int32Array(2 * windows) };
  });
  const start = Array.from(arrays["windows.start"]);
  return {
    index: {},
    steps: Int32Array.from([0, header.step]),
    layers,
    windows: start.map((one) => ({ recording: header.recording, start: one })),
  };
}

/** With another way of grouping (R6). */
const grouped = (grouping) => {
  const header = structuredClone(view.header);
  header.settings.kernels.grouping = grouping;
  return { ...view, header };
};

const windows = view.arrays["windows.start"].length;

test("mixed kernels are grouped anew, as in the Explanation of that step", () => {
  const backdrop = makeScene(view);
  const scene = traceScene(traceOf(view), [0, windows], backdrop);
  scene.moveTo(0);
  assert.deepEqual(
    scene.layers.map(({ mixedCount }) => mixedCount),
    backdrop.layers.map(() => 0), // neighbours of one cell's width only touch
  );
  scene.moveTo(1);
  assert.ok(backdrop.layers.some(({ mixedCount }) => mixedCount > 0));
  backdrop.layers.forEach((layer, j) => {
    const traced = scene.layers[j];
    assert.equal(traced.mixedCount, layer.mixedCount);
    for (let row = 0; row < layer.count; row++) {
      if (!layer.mixed[row]) continue;
      const here = rowOf(scene, kernelName(backdrop, j + 1, row));
      assert.ok(here >= 0);
      assert.deepEqual([...membersOf(traced, here)], [...membersOf(layer, row)]);
      assert.ok(Math.abs(traced.center[here] - layer.center[row]) < 1e-3);
      assert.ok(Math.abs(traced.sigma[here] - layer.sigma[row]) < 1e-2);
      assert.equal(traced.owned[here], layer.owned[row]);
    }
  });
});

test("with replace the members are gone, with off nothing merges", () => {
  for (const [grouping, mixes, stays] of [
    ["replace", true, false],
    ["off", false, true],
  ]) {
    const scene = traceScene(traceOf(view), [0, windows], makeScene(grouped(grouping)));
    scene.moveTo(1);
    assert.equal(
      scene.layers.some(({ mixedCount }) => mixedCount > 0),
      mixes,
    );
    assert.equal(
      scene.layers.every(({ count, mixed, exists, state }) =>
        Array.from({ length: count }, (_, row) => row).every(
          (row) => mixed[row] || state[row] === -2 || exists[row],
        ),
      ),
      stays,
    );
  }
});

test("Algorithm 1 can be stepped through at every traced step", () => {
  const scene = traceScene(traceOf(view), [0, windows], makeScene(view));
  const traced = tracedView(scene, 1, view);
  for (let layer = 1; layer <= view.header.layers.length; layer++) {
    const [now, stored] = [traced, view].map((one) => groupingOf(one, windows - 1, layer));
    assert.deepEqual(
      now.groups.map(({ members }) => members),
      stored.groups.map(({ members }) => members),
    );
  }
});

test("between two full steps the nearest one's detections stay", () => {
  const header = { ...view.header, step: view.header.step + 100 };
  const later = { ...view, header };
  const trace = traceOf(view);
  trace.steps = Int32Array.from([header.step - 90, header.step - 20]);
  const store = explorerStore({
    opened: view,
    trace,
    selection: { kind: "detection", detection: 0 },
    past: [later],
  });
  const { state } = store;
  const { facts } = state;
  store.set({ gliding: true, frame: 0 });
  assert.equal(state.explanation, null);
  assert.equal(state.told, view);
  assert.equal(state.ghostNote, `step ${view.header.step}, the nearest with everything`);
  assert.equal(state.toldScene.detections.count, view.arrays["detections.scores"].length);
  assert.deepEqual(state.facts.story, facts.story);
  assert.ok(state.results.shown > 0 && state.rows.length > 0 && state.grouping.steps.length > 0);
  store.set({ frame: 1 });
  assert.equal(state.told, later);
  store.set({ past: [{ ...later, header: { ...header, recording: "another" } }] });
  assert.equal(state.told, view);
});
