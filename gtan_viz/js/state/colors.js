// One colour per class, and the ramp of sigmas.

// The hues and patterns of gtan_viz/figures/theme.py: a class looks the same in every picture of a
// run.
const HUES = [
  "#E69F00",
  "#56B4E9",
  "#009E73",
  "#F0E442",
  "#0072B2",
  "#D55E00",
  "#CC79A7",
  "#882255",
  "#8B5A2B",
  "#B2DF8A",
  "#8E44EC",
  "#FF3B6B",
];

/** Of what stands on some action, in a legend. */
export const FOREGROUND = HUES[1];

/** Before the style sheet was read. @type {Palette} */
export const UNKNOWN = {
  dark: false,
  bg: "",
  panel: "",
  raised: "",
  fg: "",
  muted: "",
  faint: "",
  line: "",
  accent: "",
  accentSoft: "",
  learned: "",
  whatif: "",
  select: "",
  truth: "",
  warn: "",
  background: "",
};

/** @typedef {{muted: string, places?: number[]}} Hues what a class's colour hangs on */

/** @param {Hues} colors @param {number} number */
export const classColor = (colors, number) =>
  number >= 0 ? HUES[placeOf(colors, number) % HUES.length] : colors.muted;

const LEAST = 3; // contrast of what has a meaning with its ground (WCAG 2.2, 1.4.11)

/** Of "#rrggbb" or "rgb(r, g, b)". @param {string} color @returns {number[]} */
export function rgbOf(color) {
  const hex = /^#(..)(..)(..)$/.exec(color)?.slice(1);
  if (hex) return hex.map((two) => parseInt(two, 16));
  return (color.match(/[\d.]+/g) ?? [128, 128, 128]).slice(0, 3).map(Number);
}

/** WCAG's relative luminance. @param {number[]} rgb */
function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG's contrast of two colours, 1 to 21. @param {number[]} one @param {number[]} other */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/**
 * A colour, as much darker on light grounds and lighter on dark ones as it takes to be seen on all.
 *
 * @param {string} color @param {string[]} grounds
 */
export function seenOn(color, grounds) {
  const all = grounds.map(rgbOf);
  const end = Math.min(...all.map(luminance)) > 0.18 ? 0 : 255;
  const from = rgbOf(color);
  for (let share = 0; ; share += 0.02) {
    const rgb = from.map((value) => Math.round(value + (end - value) * Math.min(share, 1)));
    if (share >= 1 || all.every((ground) => contrast(rgb, ground) >= LEAST)) {
      return `rgb(${rgb.join(", ")})`;
    }
  }
}

/** @type {WeakMap<object, Map<number, string>>} */
const edges = new WeakMap();

/**
 * The hue of a class as lines need it: yellow on white cannot be seen, its edge can.
 *
 * @param {Hues & {panel: string, raised: string}} colors @param {number} number
 */
export function classEdge(colors, number) {
  const known = edges.get(colors) ?? new Map();
  edges.set(colors, known);
  let edge = known.get(number);
  if (!edge) {
    edge = seenOn(classColor(colors, number), [colors.panel, colors.raised]);
    known.set(number, edge);
  }
  return edge;
}

/**
 * The thirteenth class takes the first hue again, hatched.
 *
 * @param {{places?: number[]}} colors @param {number} number
 */
export const classHatched = (colors, number) =>
  Math.floor(placeOf(colors, number) / HUES.length) % 2 === 1;

/**
 * Hues go by name, since an evaluation's pictures list the classes by name.
 *
 * @param {{places?: number[]}} colors @param {number} number
 */
const placeOf = (colors, number) => colors.places?.[number] ?? number;

/** @param {string[]} classes */
export function placesOf(classes) {
  const sorted = [...classes].sort();
  return classes.map((label) => sorted.indexOf(label));
}

// Sigma on the heat map: dark to light in the dark theme, light to dark in the light one, so that
// "more" always stands out from the page. Monotone in lightness: it survives a grey printer.
const RAMP = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
];

/** @param {number} value @param {boolean} dark */
export function ramp(value, dark) {
  const v = Math.min(Math.max(dark ? value : 1 - value, 0), 1) * (RAMP.length - 1);
  const i = Math.min(Math.floor(v), RAMP.length - 2);
  return RAMP[i].map((low, k) => low + (RAMP[i + 1][k] - low) * (v - i));
}

// The ramp as a CSS colour, of 256 kept ones: a string made anew for every cell costs more than its
// rectangle.
const SHADES = [false, true].map((dark) =>
  Array.from(
    { length: 256 },
    (_, i) =>
      `rgb(${ramp(i / 255, dark)
        .map(Math.round)
        .join(",")})`,
  ),
);

/** @param {number} value @param {boolean} dark */
export const shade = (value, dark) =>
  SHADES[Number(dark)][Math.round(255 * Math.min(Math.max(value || 0, 0), 1))];
