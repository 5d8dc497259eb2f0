// Plays the training: moves `frame`, a position among the recorded steps, smoothly through the
// trace.

import { element } from "./element.js";
import { stepSlider } from "./step_slider.js";

const LASTS = 8; // seconds from the first step to the last, at most
const FASTEST = 20; // recorded steps a second

/**
 * @param {Store} store
 * @param {{setFrame: (frame: number) => void, settle: () => void}} answers
 */
export function player(store, { setFrame, settle }) {
  const clock = playing(store, setFrame, settle);
  const button = element("button", { class: "gx-play", title: "Space", onclick: clock.toggle });
  const { state } = store;
  const isOff = () => !state.trace || !state.traced;
  const scrub = stepSlider(store, {
    label: "Place in the training",
    steps: () => state.trace?.steps ?? [],
    at: () => Math.round(state.frame),
    isOff,
    move(frame) {
      clock.stop();
      setFrame(frame);
    },
    settle,
  });
  const where = element("output", { class: "gx-where" });
  const root = element(
    "div",
    { class: "gx-player", role: "group", "aria-label": "Training" },
    button,
    scrub,
    where,
  );
  store.draw(() => {
    const { trace, playing: isPlaying, step, frame } = state;
    root.classList.toggle("gx-off", isOff());
    button.disabled = isOff();
    button.textContent = isPlaying ? "❚❚" : "▶";
    button.setAttribute("aria-label", isPlaying ? "Pause the training" : "Play the training");
    where.textContent = `step ${isOff() || !trace ? (step ?? "–") : trace.steps[Math.round(frame)]}`;
  });
  return { root, ...clock };
}

/**
 * The animation itself.
 *
 * @param {Store} store @param {(frame: number) => void} setFrame @param {() => void} settle
 */
function playing(store, setFrame, settle) {
  const { state } = store;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let request = 0;
  let before = 0;
  let position = 0; // among the recorded steps
  /** @type {number[]} */
  const times = []; // milliseconds of script per frame, for the benchmark

  /** @param {number} now */
  function tick(now) {
    if (!state.trace) return;
    const begin = performance.now();
    const last = state.trace.steps.length - 1;
    const speed = Math.min(FASTEST, Math.max(2, last / LASTS));
    position += (Math.min(now - before, 100) / 1000) * speed;
    before = now;
    if (position >= last) {
      setFrame(last);
      stop();
    } else {
      setFrame(still.matches ? Math.floor(position) : position); // still: from step to step
      request = requestAnimationFrame(tick);
    }
    store.flush();
    times.push(performance.now() - begin);
  }
  function play() {
    if (!state.trace || !state.traced) return;
    if (state.frame >= state.trace.steps.length - 1) setFrame(0);
    position = state.frame;
    before = performance.now();
    times.length = 0;
    store.set({ playing: true });
    request = requestAnimationFrame(tick);
  }
  function stop() {
    cancelAnimationFrame(request);
    if (!state.playing) return;
    store.set({ playing: false });
    settle();
  }
  return { toggle: () => (state.playing ? stop() : play()), stop, times };
}
