// What happened while training, of one recording, from the trace: the steps at which mixed kernels come,
// jump or go, and those at which the first sigma reaches its floor or ceiling.

import { NEAR, sigmaReach } from "./grouping_facts.js";
import { plural } from "./text.js";

const LEAST = 3; // kernels of a jump
const SHARE = 0.25; // of the most there ever are
const JUMPS = 3; // that are named, the largest

/**
 * Mixed kernels of every recorded step, and of each layer; windows overlap, and each one's count.
 *
 * @param {Trace} trace @param {[number, number]} rows of the trace's windows, [first, last)
 * @returns {{all: number[], layers: number[][]}}
 */
export function mixedCounts({ steps, layers, windows }, [first, last]) {
  const of = layers.map(({ mixed }) =>
    Array.from(steps, (_, s) =>
      mixed
        .subarray(s * windows.length + first, s * windows.length + last)
        .reduce((sum, one) => sum + one, 0),
    ),
  );
  return { all: Array.from(steps, (_, s) => of.reduce((sum, one) => sum + one[s], 0)), layers: of };
}

/**
 * In the order of training.
 *
 * @param {Trace} trace @param {[number, number]} rows @param {KernelSettings} kernels
 * @returns {TrainingEvent[]}
 */
export function trainingEvents(trace, rows, kernels) {
  const counts = mixedCounts(trace, rows);
  const found = [...mixedEvents(counts)];
  if (kernels.scale === "gaussian") found.push(...boundEvents(trace, rows, kernels));
  return found
    .sort((a, b) => a.frame - b.frame)
    .map((event) => ({ ...event, step: trace.steps[event.frame] }));
}

/** @typedef {{frame: number, text: string}} Found */

/** @param {ReturnType<typeof mixedCounts>} counts @returns {Found[]} */
function mixedEvents({ all, layers }) {
  const first = all.findIndex((count) => count > 0);
  if (first < 0) return [];
  const least = Math.max(LEAST, SHARE * Math.max(...all));
  const jumps = all
    .map((count, frame) => ({ frame, by: frame > first ? count - all[frame - 1] : 0 }))
    .filter(({ by }) => Math.abs(by) >= least)
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by))
    .slice(0, JUMPS);
  return [
    { frame: first, text: `the first ${plural(all[first], "mixed kernel")}` },
    ...jumps.map(({ frame, by }) => {
      const changes = layers.map((one) => (one[frame] - one[frame - 1]) * Math.sign(by));
      const layer = changes.indexOf(Math.max(...changes)) + 1;
      const verb = by > 0 ? "jump" : "drop";
      const text = `mixed kernels ${verb} from ${all[frame - 1]} to ${all[frame]}, most in layer ${layer}`;
      return { frame, text };
    }),
  ];
}

/**
 * @param {Trace} trace @param {[number, number]} rows @param {KernelSettings} kernels
 * @returns {Found[]}
 */
function boundEvents(trace, [first, last], kernels) {
  /** @param {string} name @param {(sigma: number, reach: [number, number]) => boolean} isAt */
  const reached = (name, isAt) => {
    for (let frame = 0; frame < trace.steps.length; frame++) {
      let count = 0;
      for (const { cells, sigmas, state } of trace.layers) {
        const reach = sigmaReach(kernels, cells);
        const row = frame * trace.windows.length;
        for (let at = (row + first) * cells; at < (row + last) * cells; at++) {
          if (state[at] !== -2 && isAt(sigmas[at], reach)) count++;
        }
      }
      if (count) return [{ frame, text: `the first σ (${plural(count, "cell")}) at the ${name}` }];
    }
    return [];
  };
  return [
    ...reached("floor", (sigma, [low]) => sigma <= low * (1 + NEAR)),
    ...reached("ceiling", (sigma, [, high]) => sigma >= high * (1 - NEAR)),
  ];
}
