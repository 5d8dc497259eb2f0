// What happened while training, as buttons that go to its step; the last one that was come by stands out,
// and is spoken.

import { element, say } from "./element.js";

/** @param {Store} store @param {(step: number) => void} go */
export function eventList(store, go) {
  const { state } = store;
  const list = element("ul", { class: "gx-events", "aria-label": "What happened while training" });
  const voice = element("span", { class: "gx-unseen", role: "status" });
  store.draw(() => {
    list.hidden = !state.events.length;
    list.replaceChildren(
      ...state.events.map(({ step, text }) =>
        element(
          "li",
          {},
          element("button", {
            class: "gx-event",
            text: `step ${step}: ${text}`,
            title: "Go to this step",
            onclick: () => go(step),
          }),
        ),
      ),
    );
  });
  store.draw(() => {
    const { events, lastEvent, playing } = state;
    events.forEach((event, i) => {
      const button = list.children[i]?.firstElementChild;
      if (event === lastEvent) button?.setAttribute("aria-current", "step");
      else button?.removeAttribute("aria-current");
    });
    if (playing && lastEvent) say(voice, `Step ${lastEvent.step}: ${lastEvent.text}`);
  });
  return element("div", {}, list, voice);
}
