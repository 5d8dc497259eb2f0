// A stretch of a film above a picture: its time is the value `now`, which the picture may move too.

import { number } from "../state/text.js";
import { element, say } from "../view/element.js";

/** @typedef {{video: string, start: number, end: number}} Film base64 of an mp4; seconds */

/** The page may fetch nothing, so the film is decoded here. @param {string} text base64 */
function urlOf(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
}

/**
 * @param {import("./part.js").PartStore} store @param {(values: Record<string, any>) => void} set
 * @param {...Node} more what stands beside the button that plays
 */
export function film(store, set, ...more) {
  const { state } = store;
  const { video: text, start, end } = /** @type {Film} */ (state.data);
  const url = urlOf(text);
  const video = element("video", {
    class: "gl-film",
    src: url,
    muted: true,
    playsInline: true,
    preload: "auto",
    "aria-label": "The film",
  });
  const play = element("button", {
    type: "button",
    onclick() {
      if (!video.paused) return video.pause();
      if (state.values.now >= end - 0.1) set({ now: start });
      store.flush();
      return void video.play().catch(() => {});
    },
  });
  const time = element("output");
  const tell = () => say(play, video.paused ? "Play" : "Pause");
  for (const name of ["play", "pause"]) video.addEventListener(name, tell);
  tell();
  const seek = () => {
    const slack = video.paused ? 0.02 : 0.5; // a playing film is ahead of what it has told
    if (Math.abs(video.currentTime - state.values.now) > slack)
      video.currentTime = state.values.now;
  };
  video.addEventListener("loadedmetadata", seek);
  video.addEventListener("timeupdate", () => {
    if (video.paused) return;
    if (video.currentTime >= end) video.pause();
    set({ now: Math.min(end, Math.round(video.currentTime * 100) / 100) });
  });
  store.draw(() => {
    say(time, `${number(state.values.now, 1)} s`);
    if (video.readyState) seek();
  });
  const row = element("div", { class: "gl-buttons" }, play, time, ...more);
  const stop = () => {
    video.pause();
    URL.revokeObjectURL(url);
  };
  return { root: element("div", {}, video, row), stop };
}
