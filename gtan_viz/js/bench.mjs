// Times of the browser's arithmetic in node: `node bench.mjs EXPLANATION.safetensors [COPIES]`;
// with COPIES the recording's windows stand so many times one after another, for a long one.
// Wall time is what counts for the hand; CPU time tells whether the machine was busy with others.
import { readFileSync } from "node:fs";
import { softNms } from "./method/soft_nms.js";
import { readExplanation } from "./model/explanation.js";
import { preparing, recompute } from "./model/recompute.js";

const file = process.argv[2];
if (!file) throw new Error("usage: node bench.mjs EXPLANATION.safetensors");

function measure(name, count, run) {
  for (let i = 0; i < 20; i++) run(i); // compiled by now
  const times = [];
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    run(i);
    times.push(performance.now() - start);
  }
  const used = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const at = (q) => times[Math.floor(q * (count - 1))].toFixed(2);
  const cpu = ((used.user + used.system) / 1000 / count).toFixed(2);
  console.log(`${name.padEnd(44)} median ${at(0.5)}  p95 ${at(0.95)}  CPU ${cpu} ms`);
}

const bytes = readFileSync(file);
/** The same recording, `copies` times one after another. */
function repeat({ header, arrays }, copies) {
  const out = { ...arrays };
  const clips = Math.round(header.duration / header.grid.stride);
  const many = (name, shift = 0) => {
    const one = arrays[name];
    const all = new one.constructor(one.length * copies);
    for (let i = 0; i < copies; i++)
      all.set(
        one.map((x) => x + shift * i),
        i * one.length,
      );
    out[name] = all;
  };
  const offsets = (name) => {
    const one = arrays[name];
    const last = one[one.length - 1];
    const all = [0];
    for (let i = 0; i < copies; i++)
      for (let j = 1; j < one.length; j++) all.push(one[j] + i * last);
    out[name] = Int32Array.from(all);
  };
  many("windows.start", clips);
  const W = arrays["windows.start"].length;
  const owned = Array.from(arrays["windows.owned"]);
  owned[0] = 0;
  owned[2 * W - 1] = clips;
  out["windows.owned"] = Float32Array.from(
    { length: 2 * W * copies },
    (_, i) => owned[i % (2 * W)] + clips * Math.floor(i / (2 * W)),
  );
  for (const name of Object.keys(arrays)) {
    if (/^layer/.test(name) && /_offsets$/.test(name)) offsets(name);
    else if (/^layer/.test(name) && !/_weights|_bias|merge/.test(name)) many(name);
  }
  return { header: { ...header, duration: header.duration * copies }, arrays: out };
}

let start = performance.now();
let explanation = readExplanation(bytes);
console.log(`read                  ${(performance.now() - start).toFixed(1)} ms (once, cold)`);
start = performance.now();
Array.from(preparing(explanation));
console.log(`prepare               ${(performance.now() - start).toFixed(1)} ms (once, cold)`);
if (process.argv[3]) {
  explanation = repeat(explanation, Number(process.argv[3]));
  Array.from(preparing(explanation));
}
const { header } = explanation;
console.log(
  `${header.recording}: ${header.layers.length} layers, ` +
    `${header.layers.reduce((n, l) => n + l.cells, 0)} cells, ` +
    `${explanation.arrays["windows.start"].length} windows, ${header.classes.length} classes`,
);

measure("sigma factor 0.5 .. 2 on all", 150, (i) =>
  recompute(explanation, { sigmaFactor: 0.5 + 0.01 * i + 1e-5 }),
);
measure("sigma factor 2 .. 6 on all", 150, (i) =>
  recompute(explanation, { sigmaFactor: 2 + 0.027 * i }),
);
const W = explanation.arrays["windows.start"].length;
const some = Math.min(
  W,
  Math.max(1, Math.floor(1600 / header.layers.reduce((n, l) => n + l.cells, 0))),
);
measure(`sigma factor 0.5 .. 2, ${some} of ${W} windows`, 150, (i) =>
  recompute(explanation, { sigmaFactor: 0.5 + 0.01 * i + 1e-5 }, { windows: [0, some] }),
);
measure("epsilon", 150, (i) => recompute(explanation, { epsilon: 0.3 + 0.004 * i }));
measure("sigma of one kernel", 150, (i) =>
  recompute(explanation, { sigmaOverride: new Map([["1/0/20", 0.01 + 0.001 * i]]) }),
);
measure("xi", 150, (i) => recompute(explanation, { xi: 0.3 + 0.01 * i }));
measure("minScore", 150, (i) => recompute(explanation, { minScore: 0.001 * (i + 1) }));

let seed = 1;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const N = 2000;
const segments = new Float64Array(2 * N);
for (let i = 0; i < N; i++) {
  segments[2 * i] = 400 * random();
  segments[2 * i + 1] = segments[2 * i] + 1 + 20 * random();
}
const scores = Float64Array.from({ length: N }, random);
const labels = Int32Array.from({ length: N }, () => Math.floor(12 * random()));
measure("soft-NMS, 2,000 candidates, top 200", 100, () =>
  softNms(segments, scores, labels, 0.2, 0.8, 200, 0.001),
);
measure("soft-NMS, 2,000 candidates, all", 100, () =>
  softNms(segments, scores, labels, 0.2, 0.8, null, 0),
);
measure("the same with history", 30, () =>
  softNms(segments, scores, labels, 0.2, 0.8, 200, 0.001, true),
);
