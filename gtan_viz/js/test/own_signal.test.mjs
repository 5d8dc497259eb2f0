import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { own } from "../lessons/own.js";
import {
  drawn,
  raised,
  readTable,
  SAMPLES,
  shaped,
  signalOfTable,
  signalsOf,
} from "../lessons/own_signal.js";

const readCsv = (text) => {
  const table = readTable(text);
  return signalOfTable(table, signalsOf(table)[0].column);
};

const lines = (...values) => values.join("\n");
const eight = [1, 2, 3, 4, 5, 6, 7, 8];

test("a column of numbers, or time and value, with names above, however separated", () => {
  const { signal, said } = readCsv(lines(...eight));
  assert.equal(signal.length, SAMPLES);
  assert.ok(Math.abs(signal[0] - 0.1) < 1e-12 && Math.abs(signal.at(-1) - 0.9) < 1e-12);
  assert.match(said, /^8 values from 1 to 8, stretched over the window of 32 s/);
  const table = eight.map((v) => `${v},5;${v}`);
  const same = readCsv(`\uFEFFtime;value\r\n${table.join("\r\n")}\r\n`).signal;
  assert.ok(same.every((value, i) => Math.abs(value - signal[i]) < 1e-12));
  // time is what counts: the last value comes after a long while
  const late = readCsv(lines(...eight.map((v) => `${v === 8 ? 100 : v}\t${v}`))).signal;
  assert.ok(late[10] > 0.1 && late[10] > signal[10]);
});

test("what is said of a file is told in four figures", () => {
  const { said } = readCsv(lines(15.000048967246482, ...eight, 123456.789));
  assert.match(said, /^10 values from 1 to 123500, /);
  assert.match(readCsv(lines(...eight.map((v) => v / 3))).said, /from 0\.3333 to 2\.667,/);
});

test("more kernels fire than the picture has room for", () => {
  const data = JSON.parse(readFileSync(new URL("../../lessons/own.json", import.meta.url), "utf8"));
  const hill = shaped("hill", 4).slice(52, 76);
  const drawn = new Array(SAMPLES).fill(0.08);
  for (const first of [4, 36, 68, 100]) drawn.splice(first, hill.length, ...hill);
  const says = own.says({ ...own.values, drawn }, data);
  assert.match(says, / \d+ more fire; the picture shows the 3 strongest\.$/);
});

test("bad input is named, with its line", () => {
  const faults = [
    ["", /has 0 lines of numbers/],
    [lines(1, 2, 3), /has 3 lines of numbers; at least 8/],
    [lines("name", 1, "abc", ...eight), /Line 3: “abc” is not a number/],
    [lines(1, "0x10", ...eight), /Line 2: “0x10”/],
    [lines("1,2,3", ...eight), /Line 2 has 1 columns, the lines before 3/],
    [lines("1,2", "3"), /Line 2 has 1 columns, the lines before 2/],
    [lines(...eight.map((v) => `${-v},${v}`)), /time does not rise: -1, then -2/],
    [lines(...eight.map(() => 4)), /All values are 4/],
    [lines("a", "b", ...eight), /Line 2: “b”/],
    [lines("time,x", "0,1", "1,"), /Line 3, column 2: the value is missing\. Fill it in/],
    [lines("0,1", "1,NaN"), /Line 2, column 2: the value is missing/],
    [lines("time,x", "0:00:01,4"), /“0:00:01” is not a number\. Give times as plain seconds\./],
    [lines("time,value", ...eight), /names 2 columns \(time, value\), but line 2 has 1: a column/],
    ["\0\0ftypmp42", /no text file/],
  ];
  for (const [text, message] of faults) assert.throws(() => readCsv(text), { message });
});

test("a table of several columns: each can be the signal; marks of other programs", () => {
  const table = readTable(
    lines("# sampled at 1 Hz", '"time","x","y"', ...eight.map((v) => `"${v}",${v},${-v}`)),
  );
  assert.deepEqual(
    signalsOf(table).map(({ name }) => name),
    ["x", "y"],
  );
  const [x, y] = signalsOf(table).map(({ column }) => signalOfTable(table, column).signal);
  assert.ok(x[0] < x[127] && y[0] > y[127]);
  assert.deepEqual(
    signalsOf(readTable(lines(...eight.map((v) => ` ${v}   ${v} ${v}`)))).map(({ name }) => name),
    ["column 2", "column 3"],
  );
  const late = lines("# a", "t,x", ...eight.map((v) => `${v === 4 ? 3 : v},${v}`));
  assert.throws(() => readCsv(late), { message: "Line 6: the time does not rise: 3, then 3." });
});

test("many rows: a sample is the mean of its own", () => {
  const rows = Array.from({ length: 100_000 }, (_, i) => `${i},${(i % 2) * 10 + (i >= 50_000)}`);
  const { signal, said } = readCsv(lines(...rows));
  assert.ok(Math.abs(signal[5] - 0.1) < 0.02 && Math.abs(signal[120] - 0.9) < 0.02);
  assert.match(said, /several to a sample, which is their mean/);
  assert.throws(() => readCsv(lines(...rows, "100000,1")), { message: /more than 100000 lines/ });
});

test("the pen: lines from place to place, and a raised neighbourhood", () => {
  const flat = shaped("flat", 8);
  assert.ok(Math.max(...shaped("hill", 8)) > 0.7);
  const line = drawn(flat, [10, 0], [20, 1]);
  assert.equal(line[15], 0.5);
  assert.deepEqual([line[9], line[21]], [flat[9], flat[21]]);
  assert.equal(drawn(flat, [-5, 2], [3, 2])[0], 1); // held within the sheet
  const hill = raised(flat, 64, 1, 8);
  assert.equal(hill[64], 1);
  assert.ok(hill[72] > flat[72] && hill[72] < 1);
  assert.equal(hill[80], flat[80]);
});
