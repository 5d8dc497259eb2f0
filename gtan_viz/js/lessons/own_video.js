// A video as a signal: how much moves in it.

import { SAMPLES, scaled } from "./own_signal.js";

const SIDE = 48; // pixels; what moves is seen in a small picture too
const PATIENCE = 10_000; // milliseconds for one frame
const STILL = 0.5; // of 255; less is the encoder's noise

/**
 * The mean change of the picture from sample to sample, scaled to 0.1 ... 0.9.
 *
 * @param {File} file @param {(share: number) => boolean} tell how far it is; false: stop
 * @returns {Promise<{signal: number[], said: string} | null>} null if it was stopped
 * @throws {Error} with a sentence that says what cannot be read
 */
export async function movementOf(file, tell) {
  const url = URL.createObjectURL(file);
  const video = document.createElement("video");
  Object.assign(video, { muted: true, preload: "auto", playsInline: true });
  try {
    await until(video, "loadeddata", () => {
      video.src = url;
    }).catch(() => {
      throw new Error(
        `This browser cannot play “${file.name}”. Bring WebM (VP9), or MP4 with H.264 where it plays that.`,
      );
    });
    const { duration } = video;
    if (!Number.isFinite(duration)) {
      throw new Error(
        `“${file.name}” does not say how long it is. Save it anew with another program.`,
      );
    }
    const changes = await changesIn(video, duration, tell);
    if (!changes) return null;
    if (Math.max(...changes) < STILL) throw new Error(`Nothing moves in “${file.name}”.`);
    return {
      signal: scaled(smoothed(changes)),
      said:
        `“${file.name}”, ${duration.toFixed(1)} s: how much its picture changes, smoothed, stretched over the window ` +
        "and scaled to 0.1 … 0.9.",
    };
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}

/** @param {HTMLVideoElement} video @param {number} duration @param {(share: number) => boolean} tell */
async function changesIn(video, duration, tell) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = /** @type {CanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  /** @type {?Uint8ClampedArray} */
  let before = null;
  const changes = [];
  for (let i = 0; i <= SAMPLES; i++) {
    if (!tell(i / SAMPLES)) return null;
    await until(video, "seeked", () => {
      video.currentTime = ((i + 0.5) / (SAMPLES + 1)) * duration;
    });
    context.drawImage(video, 0, 0, SIDE, SIDE);
    const now = context.getImageData(0, 0, SIDE, SIDE).data;
    if (before) changes.push(difference(before, now));
    before = now;
  }
  return changes;
}

/** Between two samples lies one frame more or less: each is a mean with its neighbours. @param {number[]} values */
function smoothed(values) {
  const weights = [1, 2, 3, 2, 1];
  return values.map((_, i) => {
    let [sum, all] = [0, 0];
    weights.forEach((weight, k) => {
      const value = values[i + k - 2];
      if (value === undefined) return;
      sum += weight * value;
      all += weight;
    });
    return sum / all;
  });
}

/** Mean over all pixels and colours; what is opaque stays so. @param {Uint8ClampedArray} a @param {Uint8ClampedArray} b */
function difference(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / (0.75 * a.length);
}

/** An event that something begun now leads to. @param {HTMLVideoElement} video @param {string} event @param {() => void} begin */
function until(video, event, begin) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error("The video cannot be read to its end."));
    const late = setTimeout(fail, PATIENCE);
    const once = { once: true };
    video.addEventListener(event, resolve, once);
    video.addEventListener("error", fail, once);
    begin();
    video.addEventListener(event, () => clearTimeout(late), once);
  });
}
