// What a time of the video means: what fires, what comes next, which frame, and what is in view.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  detectionMarks,
  filmPictures,
  firingNow,
  following,
  frameMiddle,
  learnFrame,
  mistakeMarks,
  nextMark,
  otherSpeed,
  truthMarks,
} from "../state/playhead.js";
import { matchTruth } from "../state/results.js";

/** @param {number[][]} rows of [start, end, label, score] */
const table = (rows) => ({
  count: rows.length,
  start: Float64Array.from(rows, (row) => row[0]),
  end: Float64Array.from(rows, (row) => row[1]),
  label: Int32Array.from(rows, (row) => row[2]),
  score: Float64Array.from(rows, (row) => row[3] ?? 0),
});
const scene = {
  duration: 40,
  // a hit, its duplicate, a wrong one, one that is too faint to be shown
  detections: table([
    [10, 20, 0, 0.9],
    [11, 20, 0, 0.8],
    [25, 28, 1, 0.5],
    [30, 36, 0, 0.05],
  ]),
  truth: table([
    [10, 20, 0],
    [30, 36, 0],
  ]),
  windows: [
    { start: 0, end: 24, ownedStart: 0, ownedEnd: 18 },
    { start: 12, end: 40, ownedStart: 18, ownedEnd: 40 },
  ],
};
const LEAST = 0.1;
const named = (marks) => marks.map(({ kind, index }) => `${kind} ${index}`);

test("what fires now: shown, begun and not over, best first", () => {
  assert.deepEqual(firingNow(scene, 10, LEAST), { detections: [0], truths: [0] });
  assert.deepEqual(firingNow(scene, 11, LEAST), { detections: [0, 1], truths: [0] });
  assert.deepEqual(firingNow(scene, 20, LEAST), { detections: [], truths: [] });
  assert.deepEqual(firingNow(scene, 31, LEAST), { detections: [], truths: [1] });
  assert.deepEqual(firingNow(scene, 31, 0), { detections: [3], truths: [1] });
});

test("mistakes: duplicates, wrong ones, and truths that nothing shown hits", () => {
  const hits = matchTruth(scene.detections, scene.truth, 0.5);
  assert.deepEqual(named(mistakeMarks(scene, hits, LEAST)), [
    "detection 1",
    "detection 2",
    "truth 1",
  ]);
  assert.deepEqual(named(mistakeMarks(scene, hits, 0)), ["detection 1", "detection 2"]);
  assert.deepEqual(mistakeMarks(scene, null, LEAST), []);
  const bare = { ...scene, truth: table([]) };
  assert.deepEqual(mistakeMarks(bare, matchTruth(bare.detections, bare.truth, 0.5), LEAST), []);
});

test("next and previous go from what is chosen while the time is in it, else from the time", () => {
  const marks = detectionMarks(scene, LEAST);
  const at = (index) => ({ kind: "detection", index });
  assert.equal(nextMark(marks, null, 0, 1).index, 0);
  assert.equal(nextMark(marks, at(0), 10, 1).index, 1);
  assert.equal(nextMark(marks, at(0), 9.96, 1).index, 1); // the frame that shows its start
  assert.equal(nextMark(marks, at(1), 11, -1).index, 0);
  assert.equal(nextMark(marks, at(0), 22, 1).index, 2); // the video went on
  assert.equal(nextMark(marks, at(0), 22, -1).index, 1);
  assert.equal(nextMark(marks, at(2), 26, 1), null);
  assert.equal(nextMark(truthMarks(scene), at(0), 15, 1).index, 1); // a truth is no detection
});

test("a frame step aims at the middle of a frame, within the video", () => {
  assert.ok(Math.abs(frameMiddle(0.96, 0.08, 1, 10) - 1.08) < 1e-9);
  assert.ok(Math.abs(frameMiddle(0.96, 0.08, -1, 10) - 0.92) < 1e-9);
  assert.equal(frameMiddle(0, 0.08, -1, 10), 0);
  assert.ok(frameMiddle(9.92, 0.08, 1, 10) < 10);
});

test("the length of a frame is the least apart that two were seen", () => {
  let frame = null;
  for (const [before, after] of [
    [1, 1.16], // one was dropped
    [1.16, 1.24],
    [1.24, 1.24], // the same one again
    [5, 1], // a jump
    [1, 31],
  ]) {
    frame = learnFrame(frame, before, after);
  }
  assert.ok(Math.abs(frame - 0.08) < 1e-9);
});

test("speeds end at both ends", () => {
  assert.equal(otherSpeed(1, 1), 2);
  assert.equal(otherSpeed(4, 1), 4);
  assert.equal(otherSpeed(0.25, -1), 0.25);
});

test("the view turns a page with the video, and a hand that looks elsewhere is left alone", () => {
  const state = { scene, view: [0, 10], window: null };
  assert.deepEqual(following(state, 5, 5.1, false), {});
  assert.deepEqual(following(state, 9, 11, false), { view: [10, 20] });
  assert.deepEqual(following(state, 20, 20.1, false), {});
  assert.deepEqual(following(state, 5, 39, true), { view: [30, 40] });
  assert.deepEqual(following({ ...state, view: [30, 40] }, 39.9, 40, false), {});
  assert.deepEqual(following({ ...state, scene: null }, 5, 39, true), {});
});

test("where one window is shown, it is the one that owns the time", () => {
  const state = { scene, view: [0, 24], window: 0 };
  assert.deepEqual(following(state, 20, 23, false), {});
  assert.deepEqual(following(state, 23.9, 24.1, false), { window: 1, view: [12, 40] });
  assert.deepEqual(following({ ...state, window: 1, view: [12, 40] }, 20, 3, true), {
    window: 0,
    view: [0, 24],
  });
});

test("pictures of the film stay while it is moved, and those that halve the gaps come first", () => {
  const here = filmPictures([0, 64], 6);
  assert.ok(here.every >= 6 && here.every < 6 * 1.2);
  assert.deepEqual(here.numbers.slice(0, 3), [0, 8, 4]);
  assert.deepEqual(
    [...here.numbers].sort((a, b) => a - b),
    Array.from({ length: 10 }, (_, n) => n),
  );
  const there = filmPictures([10, 74], 6);
  assert.equal(there.every, here.every);
  assert.ok(there.numbers.includes(4));
});
