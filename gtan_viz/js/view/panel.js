// A canvas that knows its size in CSS pixels, redraws when what it shows has changed (if it is out
// of sight: when it comes into sight), and can draw itself into any other context (a picture file).

import { signal } from "@preact/signals-core";
import { contextOf, FONT } from "./draw.js";
import { element } from "./element.js";

// A quarter of a screen early, so that scrolling shows no old picture.
const MARGIN = "25%";

/**
 * @param {Store} store
 * @param {{label: string, height: number | (() => number),
 *   draw: (ctx: Ctx, width: number, height: number, state: State) => void}} look
 * @returns {Panel}
 */
export function canvasPanel(store, { label, height, draw }) {
  const canvas = element("canvas", { class: "gx-canvas", role: "img", "aria-label": label });
  const ctx = contextOf(canvas, { alpha: false }); // opaque: nothing to blend with the page
  const width = signal(0);
  const isInSight = signal(true);
  const tall = () => (typeof height === "function" ? height() : height);

  /** @param {Ctx} target @param {number} wide */
  function paint(target, wide, state = store.state) {
    target.font = FONT;
    target.textBaseline = "middle";
    target.textAlign = "left";
    target.lineWidth = 1;
    target.globalAlpha = 1;
    target.setLineDash([]);
    draw(target, wide, tall(), state);
  }
  const redraw = store.draw(() => {
    const css = `${tall()}px`;
    if (canvas.style.height !== css) canvas.style.height = css;
    if (!width.value || !isInSight.value) return;
    clear(canvas, ctx, width.value, tall(), store.state.colors.panel);
    paint(ctx, width.value);
  });
  // At once: the frame that shows the new size shows the picture too.
  const resized = new ResizeObserver(([entry]) => {
    width.value = Math.floor(entry.contentRect.width);
    redraw();
  });
  resized.observe(canvas);
  const seen = new IntersectionObserver(
    (entries) => {
      isInSight.value = entries[entries.length - 1].isIntersecting;
      redraw();
    },
    /** @type {IntersectionObserverInit} */ ({ rootMargin: MARGIN, scrollMargin: MARGIN }),
  );
  seen.observe(canvas);
  return {
    canvas,
    paint,
    get width() {
      return width.value;
    },
    get height() {
      return tall();
    },
    stop() {
      resized.disconnect();
      seen.disconnect();
    },
  };
}

/**
 * Fits the canvas's pixels to the screen's, and empties it.
 *
 * @param {HTMLCanvasElement} canvas @param {Ctx} ctx @param {number} width @param {number} height
 * @param {string} color
 */
function clear(canvas, ctx, width, height, color) {
  const ratio = Math.min(globalThis.devicePixelRatio || 1, 2);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.globalAlpha = 1;
  ctx.fillStyle = color || "#fff";
  ctx.fillRect(0, 0, width, height);
}

/** @type {WeakMap<HTMLCanvasElement, Record<string, {key: unknown[], canvas: HTMLCanvasElement}>>} */
const copies = new WeakMap();

/**
 * Draws what seldom changes once, and copies it from then on: a slider's frame then pays only for what
 * follows the slider.
 *
 * @param {Ctx} ctx
 * @param {number} width
 * @param {number} height
 * @param {string} background
 * @param {unknown[]} key all that the picture depends on, compared by identity
 * @param {(ctx: Ctx) => void} draw
 * @param {string} [name] of this copy, where a canvas has several
 */
export function unchanging(ctx, width, height, background, key, draw, name = "") {
  if (!ctx.canvas) {
    draw(ctx); // a picture file
    return;
  }
  const ratio = ctx.getTransform().a;
  const whole = [...key, width, height, ratio];
  const ofCanvas = copies.get(ctx.canvas) ?? {};
  copies.set(ctx.canvas, ofCanvas);
  ofCanvas[name] ??= { key: [], canvas: document.createElement("canvas") };
  const copy = ofCanvas[name];
  if (copy.key.length !== whole.length || copy.key.some((one, i) => one !== whole[i])) {
    copy.key = whole;
    const on = contextOf(copy.canvas, { alpha: false });
    copy.canvas.width = Math.round(width * ratio);
    copy.canvas.height = Math.round(height * ratio);
    on.setTransform(ratio, 0, 0, ratio, 0, 0);
    on.fillStyle = background || "#fff";
    on.fillRect(0, 0, width, height);
    on.font = FONT;
    on.textBaseline = "middle";
    draw(on);
  }
  ctx.drawImage(copy.canvas, 0, 0, width, height);
}
