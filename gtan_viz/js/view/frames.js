// Frames of a video that is not played: going to one, and how long one lasts.

import { learnFrame } from "../state/playhead.js";

const PATIENCE = 1000; // milliseconds until a frame is given up
const TRIES = 60; // the slowest video has a frame a second
const STEP = 1 / 60;

/** A video that nobody sees, to take pictures of. @param {string} url */
export function hiddenVideo(url) {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.src = url;
  return video;
}

/**
 * @param {HTMLVideoElement} video @param {number} time
 * @returns {Promise<number>} when the frame that is there now begins
 */
export function goTo(video, time) {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(video.currentTime), PATIENCE);
    /** @param {number} began */
    const there = (began) => {
      clearTimeout(late);
      resolve(began);
    };
    if ("requestVideoFrameCallback" in video) {
      video.requestVideoFrameCallback((_, { mediaTime }) => there(mediaTime));
    } else {
      /** @type {HTMLVideoElement} */ (video).addEventListener("seeked", () => there(time), {
        once: true,
      });
    }
    video.currentTime = time;
  });
}

/** Seconds of a frame, null if it cannot be seen. @param {HTMLVideoElement} video */
export async function measureFrame(video) {
  if (!("requestVideoFrameCallback" in video)) return null;
  const first = await goTo(video, 0);
  for (let k = 1; k <= TRIES && k * STEP < video.duration; k++) {
    const found = learnFrame(null, first, await goTo(video, (k + 0.5) * STEP));
    if (found !== null) return found;
  }
  return null;
}
