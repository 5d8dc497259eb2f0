// Words and numbers as they stand on screen. Labels come from data sets: they are text, never
// markup, and may be of any length.

const segmenter = globalThis.Intl?.Segmenter ? new Intl.Segmenter() : null;
/** @param {string} text */
export const graphemes = (text) =>
  segmenter ? Array.from(segmenter.segment(text), (part) => part.segment) : Array.from(text);

// Line breaks, control and direction characters would let a label rearrange its neighbours.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNRULY = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** @param {unknown} text */
export const clean = (text) => String(text).replace(UNRULY, " ");

/** @param {unknown} text */
export function shorten(text, length = 40) {
  const whole = clean(text);
  if (whole.length <= length) return whole;
  const parts = graphemes(whole.slice(0, 4 * length));
  return parts.length <= length && whole.length <= 4 * length
    ? whole
    : `${parts.slice(0, length - 1).join("")}…`;
}

/** @param {number | null | undefined} value */
export function number(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return value
    .toFixed(digits)
    .replace(/^-(?=[0.]*$)/, "") // no −0.00
    .replace("-", "−");
}

/** A score from 0 to 1, which is never quite either. @param {number} value */
export function score(value) {
  if (value < 0.005) return "less than 0.01";
  return value > 0.995 && value < 1 ? "more than 0.99" : number(value, 2);
}

/** With its sign. @param {number | null | undefined} value */
export function signed(value, digits = 2) {
  const text = number(value, digits);
  return Number(text) > 0 ? `+${text}` : text;
}

/** @param {number} value */
export const seconds = (value, digits = 1) => `${number(value, digits)} s`;

/** @param {Segment} segment */
export const span = ({ start, end }) => `${number(start, 1)}–${number(end, 1)} s`;

/** A time in seconds where labels are `step` apart. @param {number} value @param {number} step */
export function clock(value, step) {
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  if (value < 60 || step < 1) return `${value.toFixed(digits)} s`;
  const whole = Math.round(value);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":");
}

/** @param {number} count @param {string} one */
export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
