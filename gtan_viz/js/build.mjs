// Bundles the browser half into ../static (or the folder given): explorer.js (one ES module for
// anywidget, `export default {render}`), explorer.css, and page.js (a script for the stand-alone
// page). `npm run build`; the result is committed, and tests/gtan_viz/test_bundle.py proves it current.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = process.argv[2] ?? here('../static');

const common = {
  bundle: true,
  minify: true,
  lineLimit: 200,
  charset: 'utf8',
  target: ['es2022'],
  legalComments: 'none',
  logLevel: 'warning',
  absWorkingDir: here('.'),
};

await build({ ...common, entryPoints: ['widget.js'], format: 'esm', outfile: `${out}/explorer.js` });
await build({ ...common, entryPoints: ['page.js'], format: 'iife', outfile: `${out}/page.js` });
await build({ ...common, entryPoints: ['view/explorer.css'], outfile: `${out}/explorer.css` });
