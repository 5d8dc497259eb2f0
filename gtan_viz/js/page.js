// The stand-alone page: finds its data in the document and lets the explorer draw.

import { createFiles, createModel, fromBase64 } from "./model/host.js";
import { render } from "./view/explorer.js";
import { mountPair } from "./view/pair.js";

/** @typedef {{data: number, shared: Record<string, number>}} Packed */
/** @typedef {Packed & {recording: string, step: number}} Entry */
/** @typedef {{run: string, catalogue: CatalogueEntry[], entries: Entry[], trace: ?Packed,
 *   videos: Record<string, number>}} Index of a run */

/** @param {string} id */
function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no ${id}`);
  return node;
}

/** @param {Uint8Array} bytes */
const asTrait = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** @param {HTMLElement} node of the index */
export function startPage(node) {
  const el = byId("gtan-explorer");
  start(JSON.parse(node.textContent ?? ""), el).catch((error) => {
    const text = document.createElement("p");
    text.setAttribute("role", "alert");
    text.textContent = `The explorer could not start: ${error.message}`;
    el.append(text);
    console.error(error);
  });
}

/** @param {Index | {runs: Index[]}} index @param {HTMLElement} el */
async function start(index, el) {
  const runs = "runs" in index ? index.runs : [index];
  /** @type {Record<number, Record<string, number>>} */
  const shared = {};
  for (const { entries, trace } of runs) {
    for (const entry of [...entries, trace]) if (entry) shared[entry.data] = entry.shared;
  }
  const file = createFiles((n) => byId(`gtan-data-${n}`).textContent ?? "", shared);
  const models = await Promise.all(runs.map((run) => modelOf(run, file)));
  if (models.length === 2) mountPair(models, el);
  else render({ model: models[0], el });
}

/** @param {Index} index @param {ReturnType<typeof createFiles>} file */
async function modelOf(index, file) {
  /** @param {Packed} entry */
  const bytesOf = async (entry) => asTrait(await file(entry.data));

  const first = index.entries[0];
  const [explanation, trace] = await Promise.all([
    bytesOf(first),
    index.trace ? bytesOf(index.trace) : new DataView(new ArrayBuffer(0)),
  ]);
  /** @param {string} recording */
  const videoOf = (recording) => {
    const number = Object.hasOwn(index.videos, recording) ? index.videos[recording] : null;
    return number === null
      ? new DataView(new ArrayBuffer(0))
      : asTrait(fromBase64(byId(`gtan-data-${number}`).textContent ?? ""));
  };
  const model = createModel({
    host: "page",
    run: index.run,
    catalogue: index.catalogue,
    request: { recording: first.recording, step: first.step },
    explanation,
    trace,
    video: videoOf(first.recording),
    video_of: first.recording,
  });
  model.on("change:recording", () => {
    const recording = model.get("recording");
    model.set("video", videoOf(recording));
    model.set("video_of", recording);
  });
  model.on("change:request", async () => {
    const { recording, step } = model.get("request") ?? {};
    const entry = index.entries.find((e) => e.recording === recording && e.step === step);
    try {
      if (!entry) throw new Error("This page does not hold it.");
      model.set("explanation", await bytesOf(entry));
    } catch (error) {
      model.set("problem", null); // so that the same words are told twice
      model.set("problem", error instanceof Error ? error.message : String(error));
    }
  });
  return model;
}
