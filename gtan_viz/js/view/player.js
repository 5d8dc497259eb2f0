// Plays the training: moves `frame`, a position among the recorded steps, smoothly through the trace.

import { element } from "./panel.js";

const LASTS = 8; // seconds from the first step to the last, at most
const FASTEST = 20; // recorded steps a second

export function player(store, { setFrame, settle }) {
  const { state } = store;
  let request = 0;
  let before = 0;
  const times = []; // milliseconds of script per frame, for the benchmark

  function tick(now) {
    const begin = performance.now();
    const last = state.trace.steps.length - 1;
    const speed = Math.min(FASTEST, Math.max(2, last / LASTS));
    const frame = state.frame + (Math.min(now - before, 100) / 1000) * speed;
    before = now;
    if (frame >= last) {
      setFrame(last);
      stop();
    } else {
      setFrame(frame);
      request = requestAnimationFrame(tick);
    }
    store.flush();
    times.push(performance.now() - begin);
  }
  function play() {
    if (!state.trace || !state.traced) return;
    if (state.frame >= state.trace.steps.length - 1) setFrame(0);
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
  const toggle = () => (state.playing ? stop() : play());

  const button = element("button", { class: "gx-play", onclick: toggle });
  const scrub = element("input", {
    type: "range", min: 0, step: 1, class: "gx-scrub", "aria-label": "Training step",
    title: "Training step; a dot: everything was kept",
  });
  scrub.addEventListener("input", () => {
    stop();
    setFrame(Number(scrub.value));
  });
  scrub.addEventListener("change", settle);
  const dots = element("span", { class: "gx-dots", "aria-hidden": "true" });
  const where = element("output", { class: "gx-where" });
  const root = element(
    "div", { class: "gx-player", role: "group", "aria-label": "Training" },
    button, element("span", { class: "gx-track" }, scrub, dots), where,
  );

  function update() {
    const steps = state.trace && state.traced ? state.trace.steps : null;
    root.classList.toggle("gx-off", !steps);
    button.disabled = !steps;
    scrub.disabled = !steps;
    button.textContent = state.playing ? "❚❚" : "▶";
    button.setAttribute("aria-label", state.playing ? "Pause the training" : "Play the training");
    button.title = "Space";
    if (!steps) {
      where.textContent = `step ${state.step ?? "–"}`;
      return;
    }
    scrub.max = steps.length - 1;
    const now = Math.round(state.frame);
    if (Number(scrub.value) !== now) scrub.value = now;
    where.textContent = `step ${steps[now]}`;
    scrub.setAttribute("aria-valuetext", `step ${steps[now]}`);
  }
  function placeDots() {
    dots.replaceChildren();
    const { trace, fullSteps } = state;
    if (!trace || trace.steps.length < 2) return;
    for (const step of fullSteps) {
      const at = trace.steps.indexOf(step);
      if (at < 0) continue;
      const one = element("i");
      one.style.setProperty("--at", at / (trace.steps.length - 1));
      dots.append(one);
    }
  }
  store.listen((changed) => {
    if (changed.has("fullSteps") || changed.has("trace")) placeDots();
    if (["frame", "playing", "trace", "step", "traced"].some((name) => changed.has(name))) update();
  });
  return { root, toggle, stop, update, times };
}
