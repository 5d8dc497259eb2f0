// Shared by the tests: golden files, and comparing numbers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const FOLDER = new URL("../../../tests/fixtures/golden/", import.meta.url);
export const TOLERANCE = 1e-12;

export const goldenBytes = (name) => readFileSync(new URL(name, FOLDER));
export const golden = (name) => JSON.parse(goldenBytes(`${name}.json`).toString());

/** Numbers equal to within a tolerance that is absolute below 1 and relative above. */
export function close(actual, expected, what = "", tolerance = TOLERANCE) {
  const [a, b] = [actual, expected].map((x) => (typeof x === "number" ? [x] : Array.from(x)));
  assert.equal(a.length, b.length, `${what}: lengths`);
  for (let i = 0; i < a.length; i++) {
    const off = Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(b[i]));
    assert.ok(off <= tolerance, `${what}[${i}]: ${a[i]} is not ${b[i]} (off by ${off})`);
  }
}
