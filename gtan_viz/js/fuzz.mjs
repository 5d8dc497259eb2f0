// For tests/gtan/runs/fuzzer.py: reads paths of files, a line each, and says for each what becomes of it
// here: ["accepted" | "refused" | "error", words]. What is accepted is drawn as far as that needs
// no canvas.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import * as explanation from "./model/explanation.js";
import * as chain from "./model/recompute.js";
import { FileError } from "./model/safetensors.js";
import { readTrace, sigmasAt, statesAt, traceRows } from "./model/trace.js";
import { groupingFacts } from "./state/grouping_facts.js";
import { lanesOf } from "./state/lanes.js";
import { matchTruth, resultsOf, turnoverOf } from "./state/results.js";
import { makeScene, truthsOf } from "./state/scene.js";

const E = { ...explanation, ...chain };
const CHANGES = [
  {},
  { sigmaFactor: 1.3, epsilon: 0.3 },
  { grouping: "off", xi: 0.3 },
  { grouping: "replace", ratioScale: 2 },
];

function drawExplanation(bytes) {
  const view = E.readExplanation(bytes);
  const learned = makeScene(view);
  resultsOf(learned, matchTruth(learned.detections, learned.truth, 0.5), 0.1);
  groupingFacts(view);
  lanesOf(learned.detections, 0.1, learned.classes.length);
  E.windowsOf(view);
  E.truthOf(view);
  for (const { layer, row } of E.detectionsOf(view).slice(0, 3)) E.predictionOf(view, layer, row);
  for (const { layer } of E.layersOf(view)) {
    for (const { row } of E.kernelsOf(view, 0, layer).slice(-2)) {
      truthsOf(learned.layers[layer - 1], row);
      E.predictionOf(view, layer, row);
    }
    E.groupingOf(view, 0, layer);
  }
  E.nmsOf(view);
  for (const changes of CHANGES) {
    const view2 = E.recompute(view, changes);
    const changed = makeScene(view2, learned);
    turnoverOf(learned.detections, changed.detections, 0.1);
    for (const { layer, row } of E.detectionsOf(view2).slice(0, 2))
      E.predictionOf(view2, layer, row);
  }
}

function drawTrace(bytes) {
  const trace = readTrace(bytes);
  const { recording } = trace.windows[0];
  const { length } = trace.windows.filter((window) => window.recording === recording);
  traceRows(trace, {
    header: { recording, layers: trace.index.layers },
    arrays: { "windows.start": new Float32Array(length) },
  });
  trace.layers.forEach((_, j) => {
    sigmasAt(trace, j + 1, 0, length - 1);
    statesAt(trace, j + 1, trace.steps.length - 1, length - 1);
  });
}

for await (const path of createInterface({ input: process.stdin })) {
  let verdict = ["accepted", ""];
  try {
    const bytes = readFileSync(path);
    if (path.endsWith("bundle")) drawTrace(bytes);
    else drawExplanation(bytes);
  } catch (error) {
    verdict = [error instanceof FileError ? "refused" : "error", `${error.name}: ${error.message}`];
  }
  console.log(JSON.stringify(verdict));
}
