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
  number >= 0 ? HUES[placeOf(colors, number) % 10] : colors.muted;

/**
 * The eleventh class takes the first hue again, hatched.
 *
 * @param {{places?: number[]}} colors @param {number} number
 */
export const classHatched = (colors, number) => Math.floor(placeOf(colors, number) / 10) % 2 === 1;

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
