import assert from "node:assert/strict";
import { test } from "node:test";
import { classColor, classHatched, placesOf } from "../state/colors.js";

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
