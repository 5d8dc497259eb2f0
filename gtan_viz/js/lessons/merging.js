// What decides how kernels merge, as two parts let the reader set it.

/** @type {import("./part.js").Control[]} */
export const MERGING = [
  { name: "epsilon", label: "ε, the threshold", min: 0.1, max: 0.9, step: 0.01 },
  {
    name: "merge",
    label: "New centre:",
    choices: [
      ["paper", "mean of the two (paper)"],
      ["union", "middle of the union"],
    ],
  },
];
