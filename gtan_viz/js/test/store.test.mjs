// The state: what follows is never stale, and a frame draws what has changed, once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readExplanation } from "../model/explanation.js";
import { explorerStore } from "../state/derive.js";
import { createStore } from "../state/store.js";
import { goldenBytes } from "./golden.mjs";

globalThis.requestAnimationFrame = () => 1; // frames come when the tests say so
globalThis.cancelAnimationFrame = () => {};

test("what follows is right at once, and whoever draws is asked once a frame", () => {
  const store = createStore({ a: 1, b: 1 }, { sum: ({ a, b }) => a + b });
  const drawn = [];
  store.draw(() => drawn.push(store.state.sum));
  store.flush();
  for (let i = 0; i < 10; i++) store.set({ a: i, b: 1 });
  assert.equal(store.state.sum, 10);
  assert.deepEqual(drawn, [2]);
  store.flush();
  store.flush();
  assert.deepEqual(drawn, [2, 10]);
  store.set({ a: 5, b: 5 }); // the sum stays
  store.flush();
  assert.deepEqual(drawn, [2, 10]);
});

test("equal copies of small values are no change", () => {
  const store = createStore({ view: [0, 1], settings: {} }, {}, ["view"]);
  let drawn = 0;
  store.draw(() => (drawn += store.state.view.length));
  store.flush();
  store.set({ view: [0, 1] });
  store.flush();
  assert.equal(drawn, 2);
  assert.throws(() => store.set({ viwe: [0, 1] }), /no input viwe/);
});

test("a drawing that fails is reported, and the others draw", () => {
  const reported = [];
  globalThis.reportError = (error) => reported.push(error.message);
  const store = createStore({ a: 1 }, {});
  const drawn = [];
  store.draw(() => {
    if (store.state.a === 2) throw new Error("two");
  });
  store.draw(() => drawn.push(store.state.a));
  for (const a of [2, 3]) {
    store.set({ a });
    store.flush();
  }
  assert.deepEqual([drawn, reported], [[2, 3], ["two"]]);
});

test("a what-if follows its settings, its history the resting hand", () => {
  const opened = readExplanation(goldenBytes("explanation.safetensors"));
  const store = explorerStore({ opened, selection: { kind: "detection", detection: 0 } });
  const { state } = store;
  const learned = state.facts.learned.sigma;
  assert.equal(state.whatif, null);
  assert.equal(state.steppedView, opened);
  store.set({ settings: { sigma_factor: 1.5 } });
  assert.equal(state.facts.learned.sigma, learned);
  assert.ok(Math.abs(state.facts.whatif.sigma / learned - 1.5) < 1e-6);
  assert.equal(state.fading, null);
  store.set({ rested: { settings: state.settings, whatView: state.whatView, facts: state.facts } });
  assert.match(state.fading.text, /\w/);
  assert.equal(state.steppedView, state.whatView);
  store.set({ settings: {} });
  assert.deepEqual([state.whatif, state.facts.whatif], [null, null]);
  store.set({ opened: null });
  assert.deepEqual([state.scene, state.focus, state.facts], [null, null, null]);
});
