// The tour, on the page: a card before the panel that it is about, which is outlined.

import { STOPS } from "../state/tour.js";
import { element, say } from "./element.js";
import { outline, reveal, scrollTo } from "./reveal.js";

/** @param {Store} store @param {HTMLElement} root */
export function tour(store, root) {
  const { state } = store;
  const title = element("h2", { tabIndex: -1 });
  const text = element("p");
  const asked = element("span");
  const then = element("p", { class: "gx-then", role: "status" });
  const does = element("button", {
    class: "gx-link",
    onclick: () => store.set(stopOf(state)?.does?.[1](state) ?? {}),
  });
  const ask = element("p", { class: "gx-ask" }, asked, does);
  const go = (/** @type {number} */ by) => () => to(store, (state.tour ?? 0) + by);
  const back = element("button", { text: "Back", onclick: go(-1) });
  const next = element("button", { class: "gx-next", onclick: go(1) });
  const end = element("button", { text: "End the tour", onclick: () => to(store, null) });
  const card = element(
    "aside",
    { class: "gx-tour", "aria-label": "Tour" },
    title,
    text,
    ask,
    then,
    element("div", { class: "gx-tour-buttons" }, back, next, end),
  );
  store.draw(() => {
    const stop = stopOf(state);
    if (!stop || !state.scene) return;
    const isDone = stop.isDone(state);
    say(title, `Tour, ${state.tour} of ${STOPS.length}: ${stop.title}`);
    say(text, stop.text(state));
    const isOffered = stop.does !== undefined && !isDone;
    say(asked, `${isDone ? "✓" : "▸"} ${stop.ask}${isOffered ? ", or " : "."}`);
    does.hidden = !isOffered;
    say(does, stop.does?.[0] ?? "");
    say(then, isDone ? stop.after(state) : "");
    const isLast = state.tour === STOPS.length;
    say(next, isLast ? "Done" : isDone ? "Next" : "Skip");
    next.classList.toggle("gx-ready", isDone);
    end.hidden = isLast;
    back.disabled = state.tour === 1;
  });
  let shown = /** @type {?number} */ (null);
  store.draw(() => {
    const { tour: at, scene } = state;
    if (!scene || at === shown) return;
    shown = at;
    // Not within the frame: it changes what is drawn.
    queueMicrotask(() => place(store, root, card, title));
  });
  return { next: () => next.click(), isOn: () => Boolean(stopOf(state)) };
}

/** @param {State} state */
const stopOf = ({ tour: at }) => (at ? (STOPS[at - 1] ?? null) : null);

/** @param {Store} store @param {?number} stop */
const to = (store, stop) =>
  store.set({ tour: stop === null || stop > STOPS.length || stop < 1 ? null : stop });

/** As it was: nothing changed, the whole recording, from the top. @param {Store} store @param {HTMLElement} root */
function leave(store, root) {
  store.set({ settings: {}, view: [0, store.state.scene?.duration ?? 1], tourSelection: null });
  outline(root, null);
  scrollTo(root, "start");
}

/**
 * @param {Store} store @param {HTMLElement} root @param {HTMLElement} card
 * @param {HTMLElement} title
 */
function place(store, root, card, title) {
  const stop = stopOf(store.state);
  if (!stop) {
    if (card.isConnected) leave(store, root);
    card.remove();
    return;
  }
  store.set(stop.begin(store.state));
  const panel = reveal(root, store, stop.panel);
  if (!panel) {
    to(store, (store.state.tour ?? 0) + 1); // left out by an exercise, or nothing is selected
    return;
  }
  panel.before(card);
  title.focus({ preventScroll: true }); // and a screen reader begins to read there
  if (panel.closest(".gx-side")) {
    // What changes there is seen on the timeline.
    const timeline = root.querySelector("[data-panel=signal]");
    if (timeline) scrollTo(timeline, "start");
    scrollTo(card);
  } else scrollTo(card, "start");
}
