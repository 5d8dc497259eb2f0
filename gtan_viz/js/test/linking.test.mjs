// Two runs, one above the other: what is one for both, and what a selection means in the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readExplanation } from "../model/explanation.js";
import { counterpart, sameTruth } from "../state/counterpart.js";
import { explorerStore } from "../state/derive.js";
import { detectionSelection, kernelSelection } from "../state/focus.js";
import { link } from "../state/linking.js";
import { goldenBytes } from "./golden.mjs";

globalThis.requestAnimationFrame = () => 1;
globalThis.cancelAnimationFrame = () => {};

/** The golden Explanation under another name, with other arrays. */
function view(recording = "one", arrays = {}) {
  const read = readExplanation(goldenBytes("explanation.safetensors"));
  return { header: { ...read.header, recording }, arrays: { ...read.arrays, ...arrays } };
}

/** An explorer without a page: its opener opens what it is given, as Opener.show does. */
function side(opened, others = []) {
  const store = explorerStore({ opened, view: [0, opened.header.duration] });
  const opener = {
    asked: [],
    async open(recording) {
      this.asked.push(recording);
      await null;
      const found = others.find(({ header }) => header.recording === recording);
      if (!found) return;
      store.set({ opened: found });
      store.set({ view: [0, found.header.duration], score: 0.05, chosenTruth: null });
      store.set({ selection: detectionSelection(store.state.scene, 0) });
    },
  };
  return { store, opener, state: store.state };
}

test("one time axis, one tIoU, one least score, whoever changes them; sliders are each one's own", () => {
  const [upper, lower] = [side(view()), side(view())];
  const stop = link(upper, lower, () => {});
  upper.store.set({ view: [1, 3], tiou: 0.7 });
  assert.deepEqual([lower.state.view, lower.state.tiou], [[1, 3], 0.7]);
  lower.store.set({ view: [2, 4], score: 0.3, theme: "dark" });
  assert.deepEqual([upper.state.view, upper.state.score, upper.state.theme], [[2, 4], 0.3, "dark"]);
  upper.store.set({ settings: { xi: 0.2 }, layer: 2 });
  assert.deepEqual([lower.state.settings, lower.state.whatif], [{}, null]);
  stop();
  upper.store.set({ view: [0, 1] });
  assert.deepEqual(lower.state.view, [2, 4]);
});

test("the playhead is the upper one's", () => {
  const [upper, lower] = [side(view()), side(view())];
  link(upper, lower, () => {});
  upper.store.set({ footage: { of: "one", url: "blob:x" }, time: 2.5, running: true });
  const { video, time, running } = lower.state;
  assert.deepEqual([video, time, running], ["blob:x", 2.5, true]);
});

test("a kernel is the same kernel there, a detection the one that overlaps it, and the first stays", () => {
  const [upper, lower] = [side(view()), side(view())];
  link(upper, lower, () => {});
  const kernel = kernelSelection(upper.state.scene, 2, 3);
  upper.store.set({ selection: kernel });
  assert.deepEqual([lower.state.focus.layer, lower.state.focus.cell], [2, 3]);
  assert.equal(lower.state.layer, 2);
  const detection = detectionSelection(lower.state.scene, 1); // one of two with the same segment
  lower.store.set({ selection: detection });
  assert.deepEqual(lower.state.selection, detection);
  assert.equal(upper.state.focus.detection, 1);
  lower.store.set({ selection: null });
  assert.equal(upper.state.selection, null);
});

test("where nothing is there, the seconds are marked", () => {
  const few = view("one", {
    "detections.scores": new Float64Array(view().arrays["detections.scores"].length),
  });
  const [upper, lower] = [side(view()), side(few)];
  link(upper, lower, () => {});
  upper.store.set({ selection: detectionSelection(upper.state.scene, 0) });
  const { start, end } = upper.state.focus;
  assert.equal(lower.state.focus, null);
  assert.deepEqual(lower.state.band, [start, end]);
});

test("the same truth by what it is, not by its number", () => {
  const whole = view();
  const n = whole.arrays["truth.labels"].length;
  const turned = view("one", {
    "truth.labels": whole.arrays["truth.labels"].slice().reverse(),
    "truth.segments": Float64Array.from({ length: 2 * n }, (_, i) => {
      const from = 2 * (n - 1 - (i >> 1)) + (i % 2);
      return whole.arrays["truth.segments"][from];
    }),
  });
  const [upper, lower] = [side(whole), side(turned)];
  link(upper, lower, () => {});
  upper.store.set({ chosenTruth: 0 });
  assert.equal(lower.state.chosenTruth, n - 1);
  assert.equal(
    sameTruth(0, upper.state.scene, { ...lower.state.scene, classes: ["x", "y", "z"] }),
    -1,
  );
  lower.store.set({ chosenTruth: null });
  assert.equal(upper.state.chosenTruth, null);
});

test("of other layers and classes nothing is made up", () => {
  const [one, other] = [side(view()), side(view())];
  one.store.set({ selection: kernelSelection(one.state.scene, 1, 0) });
  const narrow = { ...other.state.scene, layers: other.state.scene.layers.slice(1) };
  assert.equal(counterpart(one.state, { scene: narrow, whatif: null, score: 0.1 }), null);
  assert.equal(counterpart(one.state, { scene: null, whatif: null, score: 0.1 }), null);
  one.store.set({ selection: detectionSelection(one.state.scene, 0) });
  const named = { ...other.state.scene, classes: ["x", "y", "z"] };
  assert.equal(counterpart(one.state, { scene: named, whatif: null, score: 0.1 }), null);
});

test("the other opens the recording too, and then has what the first one has", async () => {
  const others = [view("two")];
  const [upper, lower] = [side(view(), others), side(view(), others)];
  let arrived = 0;
  link(upper, lower, () => arrived++);
  await upper.opener.open("two");
  upper.store.set({ view: [1, 2], chosenTruth: 1 }); // as a link says, before the other is there
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(lower.opener.asked, ["two"]);
  assert.equal(lower.state.recording, "two");
  assert.deepEqual(upper.state.view, [1, 2]);
  assert.deepEqual([lower.state.view, lower.state.chosenTruth], [[1, 2], 1]);
  assert.equal(arrived, 1);
  assert.deepEqual(upper.opener.asked, ["two"]); // by hand
});

test("of one that cannot be opened the other keeps what it has", async () => {
  const [upper, lower] = [side(view(), [view("two")]), side(view())];
  link(upper, lower, () => assert.fail("it never arrived"));
  await upper.opener.open("two");
  await new Promise((resolve) => setTimeout(resolve));
  upper.store.set({ view: [1, 2] });
  assert.equal(lower.state.recording, "one");
  assert.notDeepEqual(lower.state.view, [1, 2]);
});
