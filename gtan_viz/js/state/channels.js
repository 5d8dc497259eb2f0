// The rows of the feature map that decide most for the class against its rival.

import { headOf } from "../model/explanation.js";

const CHANNELS = 20; // that are drawn

/**
 * By |weight * pooled|, all orders of a channel together, largest first. They are the learned kernel's
 * where there is one, so that a slider does not move the rows.
 *
 * @param {Pick<State, "facts" | "evidence" | "told">} state @returns {Channel[]}
 */
export function channelsOf({ facts, evidence, told }) {
  if (!facts || !evidence || !told) return [];
  const kernel = facts.learned?.pooled ? facts.learned : evidence.kernel;
  const { pooled, features, cells, layer, ratio, derivatives } = kernel;
  const head = headOf(told, layer);
  if (!pooled || !features || !head) return [];
  const inputs = pooled.length;
  const channels = inputs / (derivatives + 1);
  const first = ratio * (head.classes + 1) * inputs;
  const wanted = first + (evidence.kernel.label + 1) * inputs;
  const rival = first + (evidence.rival + 1) * inputs;
  const rows = Array.from({ length: channels }, (_, channel) => ({ channel, share: 0, most: 0 }));
  for (let d = 0; d < inputs; d++) {
    const weight = head.scoreWeights[wanted + d] - head.scoreWeights[rival + d];
    rows[d % channels].share += weight * pooled[d];
  }
  rows.sort((p, q) => Math.abs(q.share) - Math.abs(p.share));
  for (const row of rows.slice(0, CHANNELS)) {
    for (let i = 0; i < cells; i++)
      row.most = Math.max(row.most, features[row.channel * cells + i]);
  }
  return rows.slice(0, CHANNELS);
}
