// The rows of the feature map that decide most for the class, and the mean that the kernel pools of
// each.

import { shade } from "../state/colors.js";
import { FONT } from "./draw.js";
import { canvasPanel } from "./panel.js";

const POOLED = 46; // pixels at the right, for the means
const BOTTOM = 16;

/** @param {Store} store */
export const featurePanel = (store) =>
  canvasPanel(store, {
    label:
      "The channels of the feature map that decide most, cell by cell, and the mean pooled of each",
    height: 130,
    draw: drawFeatures,
  });

/** @param {Ctx} ctx @param {number} width @param {number} height @param {State} state */
function drawFeatures(ctx, width, height, { evidence, channels, colors }) {
  const kernel = evidence?.kernel;
  if (!evidence || !kernel?.features || !kernel.pooled) return;
  ctx.font = FONT;
  const { from, to } = evidence;
  const { cells, features, pooled } = kernel;
  const per = (width - POOLED) / (to - from);
  const tall = (height - BOTTOM) / Math.max(1, channels.length);
  channels.forEach(({ channel, most }, r) => {
    /** @param {number} value @param {number} x @param {number} wide */
    const square = (value, x, wide) => {
      ctx.fillStyle = shade(value / (most || 1), colors.dark);
      ctx.fillRect(x, r * tall, wide, tall + 0.2);
    };
    for (let i = from; i < to; i++) {
      square(features[channel * cells + i], (i - from) * per + 0.5, Math.max(1, per - 1));
    }
    square(pooled[channel], width - POOLED + 14, POOLED - 14);
  });
  ctx.fillStyle = colors.muted;
  ctx.textAlign = "center";
  const every = Math.ceil(26 / per);
  for (let i = from; i < to; i += every) {
    ctx.fillText(String(i), (i - from + 0.5) * per, height - 6);
  }
  ctx.fillText("mean", width - POOLED / 2 + 7, height - 6);
  ctx.textAlign = "left";
}
