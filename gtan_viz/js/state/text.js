// Words and numbers as they stand on screen. Labels come from data sets: they are text, never
// markup, and may be of any length.

const segmenter = globalThis.Intl?.Segmenter ? new Intl.Segmenter() : null;
const graphemes = (text) =>
  segmenter ? Array.from(segmenter.segment(text), (part) => part.segment) : Array.from(text);

// Line breaks, control and direction characters would let a label rearrange its neighbours.
export const clean = (text) =>
  String(text).replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, " ");

export function shorten(text, length = 40) {
  const whole = clean(text);
  if (whole.length <= length) return whole;
  const parts = graphemes(whole.slice(0, 4 * length));
  return parts.length <= length && whole.length <= 4 * length
    ? whole
    : `${parts.slice(0, length - 1).join("")}…`;
}

// Shortened to `width` pixels of a canvas. Measuring text is slow, and most of it stays the same from
// frame to frame.
const fitted = new Map();
export function fit(ctx, text, width) {
  const key = `${ctx.font}|${Math.round(width)}|${text}`;
  let found = fitted.get(key);
  if (found === undefined) {
    found = measure(ctx, text, width);
    if (fitted.size > 2000) fitted.clear();
    fitted.set(key, found);
  }
  return found;
}

function measure(ctx, text, width) {
  const whole = shorten(text, 80);
  if (ctx.measureText(whole).width <= width) return whole;
  const parts = graphemes(whole);
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ctx.measureText(`${parts.slice(0, middle).join("")}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low ? `${parts.slice(0, low).join("")}…` : "";
}

export function number(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return value.toFixed(digits).replace("-", "−");
}

export const seconds = (value, digits = 1) => `${number(value, digits)} s`;

export function clock(value, step) {
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  if (value < 60 || step < 1) return `${value.toFixed(digits)} s`;
  const whole = Math.round(value);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":");
}

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

export const span = ({ start, end }) => `${number(start, 1)}–${number(end, 1)} s`;
