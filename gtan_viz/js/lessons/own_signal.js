// Signals for lesson 9: shapes, a pen, and what a CSV file holds.

export const SAMPLES = 128;
export const STEP = 0.25; // seconds

export const SHAPES = ["hill", "climb", "fall"];
const BASE = 0.08;

/**
 * Zero to 1 over `count` samples. Twin of `shape` in scripts/make_own_lesson.py.
 *
 * @param {string} name @param {number} count
 */
export function shape(name, count) {
  return Array.from({ length: count }, (_, i) => {
    const at = (i + 0.5) / count;
    if (name === "hill") return (1 - Math.cos(2 * Math.PI * at)) / 2;
    return name === "climb" ? at : 1 - at;
  });
}

/** A shape in the middle of a flat signal. @param {string} name @param {number} long seconds */
export function shaped(name, long) {
  const signal = new Array(SAMPLES).fill(BASE);
  if (!SHAPES.includes(name)) return signal;
  const count = Math.round(long / STEP);
  const first = Math.round((SAMPLES - count) / 2);
  shape(name, count).forEach((value, i) => {
    signal[first + i] += 0.7 * value;
  });
  return signal;
}

/**
 * The pen goes in a straight line from one place to another: sample and value each.
 *
 * @param {number[]} signal @param {[number, number]} from @param {[number, number]} to
 */
export function drawn(signal, from, to) {
  const next = [...signal];
  const steps = Math.max(1, Math.abs(to[0] - from[0]));
  for (let i = 0; i <= steps; i++) {
    const share = i / steps;
    const at = Math.round(from[0] + share * (to[0] - from[0]));
    if (at >= 0 && at < SAMPLES) next[at] = held(from[1] + share * (to[1] - from[1]));
  }
  return next;
}

/**
 * Raised at a place, and less and less beside it.
 *
 * @param {number[]} signal @param {number} place sample @param {number} value there @param {number} wide seconds
 */
export function raised(signal, place, value, wide) {
  const by = value - signal[place];
  const half = Math.max(1, wide / STEP / 2);
  return signal.map((one, i) => {
    const away = Math.abs(i - place) / half;
    return away < 1 ? held(one + (by * (1 + Math.cos(Math.PI * away))) / 2) : one;
  });
}

/** @param {number} value */
const held = (value) => Math.min(1, Math.max(0, value));

const LONGEST = 100_000;
const FEWEST = 8;

/** @typedef {{names: string[], rows: number[][], lines: number[]}} Table lines: where each row stands */

/**
 * A CSV file's table: numbers in columns, however separated. A line of names above is passed over, and so
 * are lines that begin with "#".
 *
 * @param {string} text @returns {Table}
 * @throws {Error} with a sentence that says what cannot be read, and where
 */
export function readTable(text) {
  if (text.includes("\0")) throw new Error("This is no text file. Bring a CSV file, or a video.");
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  const separator = [";", "\t", ","].find((one) => text.includes(one)) ?? /\s+/;
  /** @type {Table} */
  const table = { names: [], rows: [], lines: [] };
  lines.forEach((line, i) => {
    if (!line.trim() || line.trimStart().startsWith("#")) return;
    const fields = (typeof separator === "string" ? line : line.trim())
      .split(separator)
      .map((field) => field.trim().replace(/^"(.*)"$/, "$1"));
    const numbers = fields.map((field) => plain(field, separator));
    const isStart = !table.rows.length && !table.names.length;
    if (isStart && numbers.every((one) => one === null)) table.names = fields;
    else addRow(table, fields, numbers, i + 1);
  });
  const [named, there] = [table.names.length, table.rows[0]?.length];
  if (named && there && named !== there) {
    throw new Error(
      `The first line names ${named} columns (${table.names.join(", ").slice(0, 60)}), but line ` +
        `${table.lines[0]} has ${there}: a column or its name is missing.`,
    );
  }
  if (table.rows.length < FEWEST) {
    throw new Error(
      `The file has ${table.rows.length} lines of numbers; at least ${FEWEST} are needed.`,
    );
  }
  if (table.rows.length > LONGEST) throw new Error(`The file has more than ${LONGEST} lines.`);
  return table;
}

/** @param {Table} table @param {string[]} fields @param {(number | null)[]} numbers @param {number} line from 1 */
function addRow({ rows, lines }, fields, numbers, line) {
  const bad = numbers.indexOf(null);
  if (bad >= 0) {
    const column = numbers.length > 1 ? `, column ${bad + 1}` : "";
    const what = fields[bad].slice(0, 30);
    const help = what.includes(":") ? " Give times as plain seconds." : "";
    throw new Error(
      /^(|na|nan|null|-)$/i.test(what)
        ? `Line ${line}${column}: the value is missing. Fill it in, or take the line out.`
        : `Line ${line}${column}: “${what}” is not a number.${help}`,
    );
  }
  if (rows.length && rows[0].length !== numbers.length) {
    throw new Error(
      `Line ${line} has ${numbers.length} columns, the lines before ${rows[0].length}.`,
    );
  }
  rows.push(/** @type {number[]} */ (numbers));
  lines.push(line);
}

/** A number in plain decimals; a decimal comma where commas do not separate. @param {string} field @param {string | RegExp} separator */
function plain(field, separator) {
  const text = separator === "," ? field : field.replace(",", ".");
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) && Number.isFinite(Number(text))
    ? Number(text)
    : null;
}

/**
 * Columns that can be a signal, by number and name: of two or more the first is time.
 *
 * @param {Table} table @returns {{column: number, name: string}[]}
 */
export const signalsOf = ({ names, rows }) =>
  rows[0]
    .map((_, column) => ({ column, name: names[column] || `column ${column + 1}` }))
    .slice(rows[0].length > 1 ? 1 : 0);

/**
 * A column as the signal: stretched over the window, its smallest value at 0.1 and its largest at 0.9.
 * Where several rows fall to a sample, it is their mean.
 *
 * @param {Table} table @param {number} column
 * @returns {{signal: number[], said: string}}
 * @throws {Error} if its times do not rise, or its values are all the same
 */
export function signalOfTable({ rows, lines }, column) {
  const values = rows.map((row) => row[column]);
  const times = rows.map((row, i) => (row.length > 1 ? row[0] : i));
  const back = times.findIndex((time, i) => i > 0 && time <= times[i - 1]);
  if (back > 0) {
    throw new Error(
      `Line ${lines[back]}: the time does not rise: ${times[back - 1]}, then ${times[back]}.`,
    );
  }
  const means = sampled(times, values);
  const [low, high] = ends(values);
  if (high === low) throw new Error(`All values are ${low}: there is nothing to see.`);
  const mean = rows.length > 2 * SAMPLES ? ", several to a sample, which is their mean" : "";
  return {
    signal: scaled(means),
    said:
      `${rows.length} values from ${short(low)} to ${short(high)}, stretched over the window of ` +
      `${SAMPLES * STEP} s and scaled to 0.1 … 0.9${mean}.`,
  };
}

/** Four figures are enough to know it by. @param {number} value */
const short = (value) => String(Number(value.toPrecision(4)));

/** @param {number[]} values */
const ends = (values) => [
  values.reduce((a, b) => Math.min(a, b)),
  values.reduce((a, b) => Math.max(a, b)),
];

/** To 0.1 … 0.9; what is all the same, to 0.1. @param {number[]} values */
export function scaled(values) {
  const [low, high] = ends(values);
  return values.map((value) => 0.1 + (0.8 * (value - low)) / (high - low || 1));
}

/** At evenly spaced times: the mean of the rows about each, or between its neighbours. @param {number[]} times @param {number[]} values */
function sampled(times, values) {
  const [first, last] = [times[0], times[times.length - 1]];
  const between = (last - first) / (SAMPLES - 1);
  let next = 1; // the first row at or after the time
  let from = 0; // the first row of the sample
  return Array.from({ length: SAMPLES }, (_, i) => {
    const time = first + i * between;
    while (next < times.length - 1 && times[next] < time) next++;
    let [sum, count] = [0, 0];
    for (; from < times.length && times[from] < time + between / 2; from++, count++)
      sum += values[from];
    if (count > 1) return sum / count;
    const share = (time - times[next - 1]) / (times[next] - times[next - 1]);
    return values[next - 1] + Math.min(1, share) * (values[next] - values[next - 1]);
  });
}
