import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  classColor,
  classEdge,
  classHatched,
  contrast,
  placesOf,
  rgbOf,
  seenOn,
} from "../state/colors.js";

const css = readFileSync(new URL("../view/explorer.css", import.meta.url), "utf8");

/** The style sheet's colours of a theme. */
function paletteOf(selector) {
  const block = css.slice(css.indexOf(`${selector} {`)).split("}")[0];
  return Object.fromEntries(
    [...block.matchAll(/--gx-([a-z]+): (#\w{6});/g)].map(([, name, color]) => [name, color]),
  );
}
const THEMES = {
  light: paletteOf(".gtan-explorer"),
  dark: paletteOf('.gtan-explorer[data-theme="dark"]'),
  "forced, white": { panel: "rgb(255, 255, 255)", raised: "rgb(255, 255, 255)" },
  "forced, black": { panel: "rgb(0, 0, 0)", raised: "rgb(0, 0, 0)" },
};

/** WCAG 2.2, 1.4.11. */
const isSeen = (color, ground) => contrast(rgbOf(color), rgbOf(ground)) >= 3;

test("hues go by name, as in gtan_viz.figures.theme.class_styles", () => {
  const classes = ["WALKING", "SIT", "LAYING"];
  const colors = { muted: "#777777", places: placesOf(classes) };
  assert.deepEqual(colors.places, [2, 1, 0]);
  assert.equal(classColor(colors, 2), "#E69F00");
  assert.equal(classColor(colors, 1), "#56B4E9");
  assert.equal(classColor(colors, -1), "#777777");
  assert.equal(classHatched(colors, 0), false);
  const many = Array.from(
    { length: 13 },
    (_, i) => `class ${String(i).padStart(2, "0")}`,
  ).reverse();
  assert.equal(classHatched({ places: placesOf(many) }, 0), true);
  assert.equal(classHatched({ places: placesOf(many) }, 1), false);
});

for (const [theme, colors] of Object.entries(THEMES)) {
  test(`every class is seen on its ground: ${theme}`, () => {
    for (let label = 0; label < 12; label++) {
      const edge = classEdge(colors, label);
      for (const ground of [colors.panel, colors.raised]) {
        assert.ok(isSeen(edge, ground), `class ${label}, ${edge} on ${ground}`);
      }
    }
  });
}

test("kernels, truth, what-if and selection are seen on their ground", () => {
  for (const colors of [THEMES.light, THEMES.dark]) {
    for (const name of ["background", "truth", "learned", "whatif", "select", "accent", "muted"]) {
      for (const ground of [colors.panel, colors.raised]) {
        assert.ok(isSeen(colors[name], ground), `${name}, ${colors[name]} on ${ground}`);
      }
    }
  }
});

test("contrast is WCAG's, and a hue that is seen stays as it is", () => {
  assert.equal(contrast([255, 255, 255], [0, 0, 0]), 21);
  assert.equal(contrast(rgbOf("#777777"), rgbOf("#ffffff")).toFixed(2), "4.48");
  assert.equal(contrast(rgbOf("#F0E442"), rgbOf("#ffffff")).toFixed(1), "1.3");
  assert.equal(seenOn("#0072B2", ["#ffffff"]), "rgb(0, 114, 178)");
});
