// Plays the training: moves `frame`, a position among the recorded steps, smoothly through the
// trace.

import { element } from "./element.js";

const LASTS = 8; // seconds from the first step to the last, at most
const FASTEST = 20; // recorded steps a second

/**
 * @param {Store} store
 * @param {{setFrame: (frame: number) => void, settle: () => void}} answers
 */
export function player(store, { setFrame, settle }) {
  const clock = playing(store, setFrame, settle);
  const button = element("button", { class: "gx-play", title: "Space", onclick: clock.toggle });
  const { scrub, dots } = scrubber(store, {
    /** @param {number} frame */
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
    element("span", { class: "gx-track" }, scrub, dots),
    where,
  );
  store.draw(() => {
    const { trace, traced, playing: isPlaying, step } = store.state;
    const isOff = !trace || !traced;
    root.classList.toggle("gx-off", isOff);
    button.disabled = isOff;
    button.textContent = isPlaying ? "❚❚" : "▶";
    button.setAttribute("aria-label", isPlaying ? "Pause the training" : "Play the training");
    where.textContent = `step ${isOff ? (step ?? "–") : trace.steps[Math.round(store.state.frame)]}`;
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

/**
 * The slider over the recorded steps; a dot marks those of which everything was kept.
 *
 * @param {Store} store @param {{move: (frame: number) => void, settle: () => void}} answers
 */
function scrubber(store, { move, settle }) {
  const { state } = store;
  const scrub = element("input", {
    type: "range",
    min: 0,
    step: 1,
    class: "gx-scrub",
    "aria-label": "Training step",
    title: "Training step; a dot: everything was kept",
    oninput: () => move(Number(scrub.value)),
    onchange: settle,
  });
  const dots = element("span", { class: "gx-dots", "aria-hidden": "true" });
  store.draw(() => {
    const { trace, traced, frame } = state;
    scrub.disabled = !trace || !traced;
    if (!trace || !traced) return;
    scrub.max = String(trace.steps.length - 1);
    const now = Math.round(frame);
    if (Number(scrub.value) !== now) scrub.value = String(now);
    scrub.setAttribute("aria-valuetext", `step ${trace.steps[now]}`);
  });
  store.draw(() => {
    dots.replaceChildren();
    const { trace, fullSteps } = state;
    if (!trace || trace.steps.length < 2) return;
    for (const at of fullSteps.map((step) => trace.steps.indexOf(step)).filter((one) => one >= 0)) {
      const mark = element("i");
      mark.style.setProperty("--at", String(at / (trace.steps.length - 1)));
      dots.append(mark);
    }
  });
  return { scrub, dots };
}
