import assert from "node:assert/strict";
import { test } from "node:test";
import {
  classScores,
  decode,
  descending,
  findCandidates,
  gridClips,
  gridSeconds,
} from "../method/decode.js";
import { softNms } from "../method/soft_nms.js";
import { close, golden } from "./golden.mjs";

const expected = golden("detection");

test("decode is Eq. 5", () => {
  for (const { center, width, offsets, alpha1, alpha2, refined } of expected.decode) {
    const got = decode(center, width, offsets, alpha1, alpha2);
    close([got.center, got.width], refined);
  }
});

test("class scores are a softmax, of large logits too", () => {
  for (const { logits, scores } of expected.softmax) close(classScores(logits), scores);
});

expected.recording.runs.forEach(({ settings, candidates, detections }) => {
  const { labels, candidates: most } = settings;
  test(`a recording's detections, labels ${labels}, ${most} candidates`, () => {
    const { predictions, starts, owned, window, grid, duration } = expected.recording;
    const given = Object.fromEntries(
      Object.entries(predictions).map(([name, values]) => [name, values.map((x) => x ?? NaN)]),
    );
    const got = findCandidates(given, starts, owned, { window, grid, duration }, settings);
    const pairs = (table) => table.start.flatMap((start, i) => [start, table.end[i]]);
    const places = (table) => table.proposal.flatMap((n, i) => [table.window[i], 0, n, 0]);
    assert.equal(got.dropped, 1);
    assert.deepEqual([...got.source], places(candidates));
    assert.deepEqual([...got.labels], candidates.label);
    close(got.segments, pairs(candidates), "segments");
    close(got.scores, candidates.ranking, "ranking");

    const picked = softNms(
      got.segments,
      got.scores,
      got.labels,
      settings.rho,
      settings.xi,
      settings.top_k,
      settings.min_score,
    );
    close(picked.scores, detections.score, "scores");
    assert.deepEqual(
      [...picked.indices].flatMap((i) => [...got.source.slice(4 * i, 4 * i + 4)]),
      places(detections),
    );
  });
});

test("the clip grid goes both ways", () => {
  const grid = { stride: 8 / 30, length: 16 / 30, offset: 0 };
  close(gridSeconds(grid, 0.5), 8 / 30);
  close(gridClips(grid, gridSeconds(grid, 7.25)), 7.25);
});

test("descending order, equal ones in theirs", () => {
  const values = [0.5, 0, 1e-300, 0.5, 3e5, -0, 0.25, 5e-324, 0.5];
  const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a] || a - b);
  assert.deepEqual([...descending(values)], order);
  assert.deepEqual([...descending([])], []);
});
