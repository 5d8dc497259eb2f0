// The film strip: pictures of the video on the time axis, taken one after the other from a second
// video that nobody sees.

import { signal } from "@preact/signals-core";
import { timeAxis } from "../state/axis.js";
import { filmPictures } from "../state/playhead.js";
import { clipped, contextOf, FONT } from "./draw.js";
import { goTo, hiddenVideo, measureFrame } from "./frames.js";
import { canvasPanel } from "./panel.js";

const HEIGHT = 44;
const EDGE = 3; // above and below the pictures
const MOST = 600; // pictures that are kept

/**
 * @param {Store} store @param {(frame: number) => void} measured told how long a frame lasts
 * @returns {Panel}
 */
export function filmPanel(store, measured) {
  const { state } = store;
  const taken = signal(0); // how many pictures there are: another one is another drawing
  const isReady = signal(false);
  const camera = filming({
    opened(frame) {
      isReady.value = true;
      if (frame) measured(frame);
      store.soon();
    },
    took() {
      taken.value++;
      store.soon();
    },
  });
  const panel = canvasPanel(store, {
    label: "Film strip of the video. A click goes there.",
    height: () => (state.video ? HEIGHT : 0),
    draw(ctx, width, _, { view, colors, scene, band }) {
      void [taken.value, isReady.value];
      if (!scene || !state.video) return;
      drawFilm(ctx, width, view, colors, camera);
      drawChosen(ctx, timeAxis(view, width), band ?? [], colors);
    },
  });
  store.draw(() => {
    if (camera.use(state.video)) isReady.value = false;
    if (!isReady.value || !panel.width) return;
    const { every, numbers } = filmPictures(
      state.view,
      leastSeconds(state.view, panel.width, camera),
    );
    camera.want(numbers.map((n) => (n + 0.5) * every));
  });
  return {
    ...panel,
    get width() {
      return panel.width;
    },
    get height() {
      return panel.height;
    },
    stop() {
      camera.use(null);
      panel.stop();
    },
  };
}

/** @typedef {ReturnType<typeof filming>} Camera */

/** @param {readonly [number, number]} view @param {number} width @param {Camera} camera */
const leastSeconds = (view, width, camera) =>
  ((HEIGHT - 2 * EDGE) * camera.aspect() + 1) / timeAxis(view, width).scale;

/**
 * @param {Ctx} ctx @param {number} width @param {readonly [number, number]} view
 * @param {Colors} colors @param {Camera} camera
 */
function drawFilm(ctx, width, view, colors, camera) {
  const axis = timeAxis(view, width);
  ctx.font = FONT;
  ctx.fillStyle = colors.muted;
  ctx.textAlign = "right";
  ctx.fillText("video", axis.left - 10, HEIGHT / 2);
  ctx.textAlign = "left";
  if (!camera.aspect()) return;
  const { every, numbers } = filmPictures(view, leastSeconds(view, width, camera));
  const tall = HEIGHT - 2 * EDGE;
  const wide = tall * camera.aspect();
  clipped(ctx, axis.left, 0, axis.right - axis.left, HEIGHT, () => {
    ctx.fillStyle = colors.raised;
    const end = Math.min(axis.right, axis.x(camera.duration()));
    ctx.fillRect(axis.left, EDGE, end - axis.left, tall);
    for (const n of numbers) {
      const picture = camera.nearest((n + 0.5) * every, every);
      const x = axis.x((n + 0.5) * every) - wide / 2;
      if (picture) ctx.drawImage(picture, Math.round(x), EDGE, Math.round(wide), tall);
    }
  });
}

/**
 * Where what is selected begins and ends: a bracket about its pictures.
 *
 * @param {Ctx} ctx @param {import("../state/axis.js").Axis} axis @param {(number | undefined)[]} band
 * @param {Colors} colors
 */
function drawChosen(ctx, axis, [start, end], colors) {
  if (start === undefined || end === undefined) return;
  clipped(ctx, axis.left, 0, axis.right - axis.left, HEIGHT, () => {
    const [from, to] = [axis.x(start), axis.x(end)];
    for (const [wide, color] of /** @type {[number, string][]} */ ([
      [4, colors.panel],
      [2, colors.select],
    ])) {
      ctx.strokeStyle = color;
      ctx.lineWidth = wide;
      ctx.strokeRect(from, EDGE - 1, Math.max(2, to - from), HEIGHT - 2 * EDGE + 2);
    }
  });
}

/**
 * Takes the pictures that are wanted, the latest wish first.
 *
 * @param {{opened: (frame: ?number) => void, took: () => void}} told `opened`: of a video that can
 *   be taken pictures of, and how long its frames last; `took`: of every picture
 */
function filming(told) {
  /** @type {?HTMLVideoElement} */
  let video = null;
  /** @type {Map<number, HTMLCanvasElement>} */
  const pictures = new Map();
  /** @type {number[]} */
  let wanted = [];
  let isBusy = false;

  async function takeAll() {
    if (isBusy) return;
    isBusy = true;
    for (let time = wanted.shift(); video && time !== undefined; time = wanted.shift()) {
      if (pictures.has(time)) continue;
      const from = video;
      await goTo(from, time);
      if (from !== video) continue;
      pictures.set(time, copyOf(from));
      if (pictures.size > MOST) pictures.delete([...pictures.keys()][0]);
      told.took();
    }
    isBusy = false;
  }
  /** @param {HTMLVideoElement} opened */
  async function begin(opened) {
    isBusy = true;
    const frame = await measureFrame(opened);
    isBusy = false;
    if (opened === video) told.opened(frame);
  }
  return {
    /** Whether it is another one. @param {?string} url */
    use(url) {
      if (url === (video?.getAttribute("src") ?? null)) return false;
      video?.removeAttribute("src");
      video?.load();
      pictures.clear();
      wanted = [];
      video = url ? hiddenVideo(url) : null;
      video?.addEventListener("loadeddata", ({ target }) =>
        begin(/** @type {HTMLVideoElement} */ (target)),
      );
      return true;
    },
    aspect: () => (video?.videoHeight ? video.videoWidth / video.videoHeight : 0),
    duration: () => video?.duration || 0,
    /** @param {number[]} times */
    want(times) {
      const end = video?.duration ?? 0;
      wanted = times.filter((time) => time < end && !pictures.has(time));
      takeAll();
    },
    /** The picture of a time, or one close to it. @param {number} time @param {number} within */
    nearest(time, within) {
      const exact = pictures.get(time);
      if (exact) return exact;
      let found = null;
      let least = within;
      for (const [at, picture] of pictures) {
        const far = Math.abs(at - time);
        if (far < least) {
          least = far;
          found = picture;
        }
      }
      return found;
    },
  };
}

/** @param {HTMLVideoElement} video */
function copyOf(video) {
  const canvas = document.createElement("canvas");
  canvas.height = 2 * (HEIGHT - 2 * EDGE);
  canvas.width = Math.round((canvas.height * video.videoWidth) / video.videoHeight);
  contextOf(canvas).drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas;
}
