import assert from "node:assert/strict";
import { test } from "node:test";
import { ALGORITHM_1, groupKernels } from "../method/group.js";
import { close, golden } from "./golden.mjs";

for (const expected of golden("group")) {
  const { name, centers, widths, epsilon, merge, valid } = expected;
  test(`grouping: ${name}, epsilon ${epsilon}, ${merge}`, () => {
    const { groups, steps } = groupKernels(centers, widths, epsilon, merge, valid);
    assert.deepEqual(
      groups.map((g) => g.members),
      expected.groups.map((g) => g.members),
    );
    close(
      groups.map((g) => g.center),
      expected.groups.map((g) => g.center),
      "centers",
    );
    close(
      groups.map((g) => g.width),
      expected.groups.map((g) => g.width),
      "widths",
    );
    const merges = steps.filter((step) => step.merged);
    assert.deepEqual(
      merges.map((s) => [s.first, s.cell]),
      expected.merges.map((m) => m.slice(0, 2)),
    );
    const values = merges.flatMap((s) => [s.iou, s.center, s.width]);
    close(
      values,
      expected.merges.flatMap((m) => m.slice(2)),
      "merges",
    );
  });
}

test("every comparison is a step, and tells what decided it", () => {
  const { groups, steps } = groupKernels([0.2, 0.3, 0.9], [0.6, 0.6, 0.1], 0.7, "paper");
  assert.equal(groups.length, 2);
  assert.deepEqual(
    steps.map((s) => [s.first, s.cell, s.merged, s.line]),
    [
      [0, 1, true, 7],
      [0, 2, false, 9],
    ],
  );
  const [one, two] = steps;
  close([one.intersection, one.union, one.iou], [0.5, 0.7, 0.5 / 0.7]);
  close([two.baseCenter, two.baseWidth, two.center, two.width], [0.25, 0.7, 0.9, 0.1]);
  for (const step of steps) for (const line of step.lines) assert.ok(ALGORITHM_1[line - 1]);
});

test("a runaway chain never stops with the averaged centre, and does with the union", () => {
  const centers = Array.from({ length: 512 }, (_, i) => (i + 0.5) / 512);
  const widths = Array(512).fill(12 / 512);
  assert.equal(groupKernels(centers, widths, 0.7, "paper").groups.length, 1);
  assert.equal(groupKernels(centers, widths, 0.7, "union").groups[0].members.length, 4);
});
