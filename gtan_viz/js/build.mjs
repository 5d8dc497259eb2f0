// Bundles the browser half into ../static (or the folder given): explorer.js (one ES module, for
// anywidget and for the stand-alone page), once.js, which loads it in a notebook, and explorer.css. `npm run build`; the result is
// committed, and tests/gtan_viz/explorer/test_bundle.py proves it current.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = process.argv[2] ?? here("../static");

// It asks to be where its code is; the stand-alone page holds the bundle and nothing beside it.
const library = "@preact/signals-core";
const license = `Holds ${library}. ${readFileSync(here(`node_modules/${library}/LICENSE`), "utf8")}`;

for (const [entry, name] of [
  ["widget.js", "explorer.js"],
  ["once.js", "once.js"],
  ["lessons/index.js", "lessons.js"],
  ["lessons/lessons.css", "lessons.css"],
  ["view/explorer.css", "explorer.css"],
]) {
  await build({
    entryPoints: [entry],
    outfile: `${out}/${name}`,
    bundle: true,
    format: "esm",
    minify: true,
    lineLimit: 200,
    charset: "utf8",
    target: ["es2022"],
    legalComments: "none",
    banner: { js: name === "explorer.js" || name === "lessons.js" ? `/* ${license} */` : "" },
    logLevel: "warning",
    absWorkingDir: here("."),
  });
}
