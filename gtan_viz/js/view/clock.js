// The video as the clock: it alone says what time it is, and everybody else follows.

import { FRAME, following, frameMiddle, learnFrame, otherSpeed } from "../state/playhead.js";

/** @typedef {ReturnType<typeof mediaClock>} Clock */

/** @param {Store} store @param {HTMLVideoElement} video */
export function mediaClock(store, video) {
  const { state } = store;
  const picture = watchFrames(video, (began) => {
    if (state.running) tell(began, false);
  });

  /** @param {number} time @param {boolean} isJump */
  function tell(time, isJump) {
    const { aim, looping, time: before } = state;
    if (looping && aim && !isJump && time >= aim.end) seek(aim.start);
    else store.set({ time, ...following(state, before, time, isJump) });
  }
  /** @param {number} time */
  function seek(time) {
    if (!state.video) return;
    const { aim, looping } = state;
    if (looping && !(aim && time >= aim.start && time < aim.end)) store.set({ looping: false });
    picture.leave();
    video.currentTime = Math.min(Math.max(time, 0), video.duration || Infinity);
    tell(video.currentTime, true);
  }
  const listeners = {
    play: () => store.set({ running: true }),
    pause: () => store.set({ running: false }),
    ended() {
      if (state.looping && state.aim) {
        seek(state.aim.start);
        video.play().catch(() => {});
      } else store.set({ running: false });
    },
    emptied: () => store.set({ running: false, time: 0, looping: false }),
  };
  for (const [name, listener] of Object.entries(listeners)) video.addEventListener(name, listener);
  store.draw(() => follow(video, state));
  return {
    seek,
    learn: picture.learn,
    toggle() {
      if (state.video && video.paused)
        video.play().catch(() => {}); // its error event says why
      else video.pause();
    },
    /** Shows the frame `by` frames from here. @param {number} by */
    frame(by) {
      if (!state.video) return;
      video.pause();
      const frame = picture.frame();
      const first = picture.began() ?? video.currentTime - frame / 2;
      seek(frameMiddle(first, frame, by, video.duration || Infinity));
    },
    /** @param {number} direction */
    speed(direction) {
      if (state.video) store.set({ speed: otherSpeed(state.speed, direction) });
    },
    loop: () => loop(store, seek),
    stop() {
      video.pause();
      video.removeAttribute("src");
      video.load();
    },
  };
}

/** What the video takes from the state. @param {HTMLVideoElement} video @param {State} state */
function follow(video, { video: url, speed }) {
  if (url !== video.getAttribute("src")) {
    if (url) video.src = url;
    else if (video.hasAttribute("src")) {
      video.removeAttribute("src");
      video.load();
    }
  }
  video.defaultPlaybackRate = speed;
  video.playbackRate = speed;
}

/** Over what is chosen, or no more. @param {Store} store @param {(time: number) => void} seek */
function loop(store, seek) {
  const { looping, aim, time, video } = store.state;
  if (!video) return;
  if (looping || aim) store.set({ looping: !looping, message: "" });
  else store.set({ message: "Choose what to loop over: a detection, a kernel or a truth." });
  if (!looping && aim && !(time >= aim.start && time < aim.end)) seek(aim.start);
}

/**
 * Knows which frame is on screen and how long one lasts.
 *
 * @param {HTMLVideoElement} video @param {(began: number) => void} shown with every frame
 */
function watchFrames(video, shown) {
  /** @type {?number} */
  let frame = null;
  /** @type {?number} */
  let began = null;
  /** @param {number} time */
  function onFrame(time) {
    if (began !== null) frame = learnFrame(frame, began, time);
    began = isCurrent(time) ? time : null;
    shown(time);
  }
  /** Or one that was asked for before, and the next is on its way. @param {number} time */
  const isCurrent = (time) =>
    !video.paused ||
    frame === null ||
    Math.abs(video.currentTime - time - frame / 2) < 0.75 * frame;
  if ("requestVideoFrameCallback" in video) {
    const next = () =>
      video.requestVideoFrameCallback((_, { mediaTime }) => {
        onFrame(mediaTime);
        next();
      });
    next();
  } else {
    const old = /** @type {HTMLVideoElement} */ (video);
    old.addEventListener("play", function play() {
      shown(old.currentTime);
      if (!old.paused) requestAnimationFrame(play);
    });
  }
  video.addEventListener("emptied", () => {
    frame = began = null;
  });
  return {
    frame: () => frame ?? FRAME,
    began: () => began,
    /** The frame on screen is about to be another one. */
    leave() {
      began = null;
    },
    /** @param {number} seconds of a frame, measured elsewhere */
    learn(seconds) {
      frame = Math.min(frame ?? seconds, seconds);
    },
  };
}
