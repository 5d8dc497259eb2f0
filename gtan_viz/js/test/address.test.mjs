// The text after a page's "#" is anybody's: whatever it holds, what can be read of it is of its kind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readAddress } from "../view/address.js";

const GOOD =
  'recording="a"&step=6&layer=2&selection={"kind":"kernel","layer":1,"row":3}&view=[0,9.5]' +
  '&settings={"epsilon":0.5}&tiou=0.5&tab="nms"&theme="dark"&rowHeights={"strips":90}' +
  '&chosenTruth=1&explained="start"&lit={"cell":3}&unfolded=["evidence"]&hide=why,truth&tour=2' +
  '&time=1.5&other={"step":3,"layer":1,"settings":{}}';
const WORDS = [
  "",
  "null",
  "NaN",
  "1e999",
  "-1",
  "9".repeat(400),
  "[".repeat(4000),
  '{"__proto__":1}',
  '"x"',
  "__proto__=1",
  "constructor={}",
  "&",
  "=",
  "%",
  "%zz",
  "#",
  "<script>",
  "\ud800",
  "🦆",
  "[[]]",
  "true",
  "[1]",
  '{"a":[]}',
  "toString=1",
]; // prettier-ignore
const FILES = 5_000;

/** Numbers from 0 to 1 that are the same each time. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function damaged(next) {
  let text = GOOD;
  const at = (count) => Math.floor(next() * count);
  for (let n = 0; n <= at(4); n++) {
    const place = at(text.length + 1);
    text = text.slice(0, place) + WORDS[at(WORDS.length)] + text.slice(place + at(6));
  }
  return `#${text}`;
}

test("a good address is read as a whole", () => {
  const given = readAddress(`#${GOOD}`);
  assert.equal(Object.keys(given).length, 18);
  assert.deepEqual(given.view, [0, 9.5]);
  assert.deepEqual(given.hide, ["why", "truth"]);
  assert.deepEqual(given.other, { step: 3, layer: 1, settings: {} });
});

test("a damaged one gives what fits, and nothing else", () => {
  const next = numbers(1);
  const known = new Set(Object.keys(readAddress(`#${GOOD}`)));
  let kept = 0;
  for (let n = 0; n < FILES; n++) {
    const given = readAddress(damaged(next));
    for (const [name, value] of Object.entries(given)) {
      assert.ok(known.has(name), name);
      if (["step", "layer", "tiou", "time", "tour"].includes(name))
        assert.ok(Number.isFinite(value));
      if (name === "view") assert.ok(value[1] > value[0] && value.every(Number.isFinite));
      if (["selection", "settings", "lit", "rowHeights"].includes(name))
        assert.equal(typeof value, "object");
    }
    kept += Object.keys(given).length;
  }
  assert.ok(kept > 5 * FILES && kept < 18 * FILES);
  assert.equal({}.a, undefined); // no prototype was changed
});
