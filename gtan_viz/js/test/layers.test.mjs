// The rule of the folders: method < model < state < view, no circles, and no page below the view.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ORDER = ["method", "model", "state", "view", "lessons"];

const files = [
  ...ORDER.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".js"))
      .map((name) => join(folder, name)),
  ),
  "page.js",
  "widget.js",
];
const textOf = (file) => readFileSync(join(ROOT, file), "utf8");
const rankOf = (file) => (file.includes("/") ? ORDER.indexOf(dirname(file)) : ORDER.length);

/** Files of ours that a file imports. */
const importsOf = (file) =>
  [...textOf(file).matchAll(/^(?:import|export)\b[^;]*?from\s+["'](\.[^"']+)["']/gm)].map(
    ([, path]) => relative(ROOT, join(ROOT, dirname(file), path)),
  );

test("a file imports from its own folder and those below, and all that it imports is there", () => {
  assert.ok(files.length > 40);
  for (const file of files) {
    for (const other of importsOf(file)) {
      assert.ok(files.includes(other), `${file} imports ${other}`);
      assert.ok(rankOf(other) <= rankOf(file), `${file} imports ${other}`);
    }
  }
});

test("there are no circles", () => {
  const done = new Set();
  const visit = (file, path) => {
    assert.ok(!path.includes(file), [...path, file].join(" -> "));
    if (done.has(file)) return;
    for (const other of importsOf(file)) visit(other, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

test("only the view touches the page", () => {
  for (const file of files.filter((one) => rankOf(one) < ORDER.indexOf("view"))) {
    const code = textOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$|"[^"\n]*"|'[^'\n]*'/gm, "");
    const found =
      /(?<![.\w])(?:document|globalThis\.window)\s*\.|(?<![.\w])window\.|HTMLElement|createElement/.exec(
        code,
      );
    assert.equal(found, null, `${file}: ${found}`);
  }
});
