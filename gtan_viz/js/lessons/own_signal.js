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

/**
 * A CSV file's signal: one column of numbers, or time and value; a line of names above is passed over.
 * It is stretched over the window, its smallest value at 0.1 and its largest at 0.9.
 *
 * @param {string} text
 * @returns {{signal: number[], said: string}}
 * @throws {Error} with a sentence that says what cannot be read, and where
 */
export function readCsv(text) {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  const separator = [";", "\t", ","].find((one) => text.includes(one)) ?? ",";
  /** @type {number[][]} */
  const rows = [];
  let isStart = true;
  lines.forEach((line, i) => {
    if (!line.trim()) return;
    const fields = line.split(separator).map((field) => field.trim());
    const numbers = fields.map((field) => plain(field, separator));
    const bad = numbers.indexOf(null);
    if (isStart && numbers.every((one) => one === null)) {
      isStart = false; // names
      return;
    }
    isStart = false;
    if (bad >= 0) throw new Error(`Line ${i + 1}: “${fields[bad].slice(0, 30)}” is not a number.`);
    if (numbers.length > 2) {
      throw new Error(
        `Line ${i + 1} has ${numbers.length} columns; give one column of numbers, or time and value.`,
      );
    }
    if (rows.length && rows[0].length !== numbers.length) {
      throw new Error(
        `Line ${i + 1} has ${numbers.length} columns, the lines before ${rows[0].length}.`,
      );
    }
    rows.push(/** @type {number[]} */ (numbers));
  });
  return stretched(rows);
}

/** A number in plain decimals; a decimal comma where commas do not separate. @param {string} field @param {string} separator */
function plain(field, separator) {
  const text = separator === "," ? field : field.replace(",", ".");
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) && Number.isFinite(Number(text))
    ? Number(text)
    : null;
}

/** @param {number[][]} rows value, or time and value */
function stretched(rows) {
  if (rows.length < 8) {
    throw new Error(`The file has ${rows.length} lines of numbers; at least 8 are needed.`);
  }
  if (rows.length > LONGEST) throw new Error(`The file has more than ${LONGEST} lines.`);
  const values = rows.map((row) => row[row.length - 1]);
  const times = rows.map((row, i) => (row.length === 2 ? row[0] : i));
  const back = times.findIndex((time, i) => i > 0 && time <= times[i - 1]);
  if (back > 0) throw new Error(`The time does not rise: ${times[back - 1]}, then ${times[back]}.`);
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  if (high === low) throw new Error(`All values are ${low}: there is nothing to see.`);
  const [first, last] = [times[0], times[times.length - 1]];
  let next = 1;
  const signal = Array.from({ length: SAMPLES }, (_, i) => {
    const time = first + (i / (SAMPLES - 1)) * (last - first);
    while (next < times.length - 1 && times[next] < time) next++;
    const share = (time - times[next - 1]) / (times[next] - times[next - 1]);
    const value = values[next - 1] + Math.min(1, share) * (values[next] - values[next - 1]);
    return 0.1 + (0.8 * (value - low)) / (high - low);
  });
  const said =
    `${rows.length} values from ${low} to ${high}, stretched over the window of ` +
    `${SAMPLES * STEP} s and scaled to 0.1 … 0.9.`;
  return { signal, said };
}
