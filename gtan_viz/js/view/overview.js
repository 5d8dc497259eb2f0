// The strip on top: what the network does, in one line; a click opens the panel.

import { isOn } from "../state/exercise.js";
import { overviewOf } from "../state/overview.js";
import { element, say } from "./element.js";

const SENTENCE =
  "GTAN finds the actions in a long recording: every cell of its anchor layers has learned how wide " +
  "it should look. This is the way from the signal to the detections.";

/** @param {Store} store @param {(panel: string) => void} open */
export function overview(store, open) {
  const { state } = store;
  const list = element("ol", { class: "gx-stages" });
  /** @type {{node: HTMLButtonElement, figure: HTMLElement, item: HTMLElement}[]} */
  let stages = [];
  store.draw(() => {
    const told = overviewOf(state);
    if (told.length !== stages.length) {
      stages = told.map(({ panel, name, meaning }) => {
        const figure = element("span");
        const node = element(
          "button",
          { title: meaning, onclick: () => open(panel) },
          element("b", { text: name }),
          figure,
        );
        return { node, figure, item: element("li", {}, node) };
      });
      list.replaceChildren(...stages.map(({ item }) => item));
    }
    told.forEach(({ panel, figure }, at) => {
      say(stages[at].figure, figure);
      stages[at].item.hidden = !isOn(panel, state);
    });
  });
  const sentence = element("p", { text: SENTENCE });
  const start = element("button", {
    class: "gx-start",
    text: "Take the tour",
    title: "Six stops, two minutes",
    onclick: () => store.set({ tour: 1 }),
  });
  const root = element(
    "section",
    { class: "gx-card gx-overview", "data-panel": "overview", "aria-label": "Overview" },
    element("div", { class: "gx-opening" }, sentence, start),
    list,
  );
  store.draw(() => {
    const { tour, scene } = state;
    root.hidden = !scene;
    sentence.hidden = tour === null;
    start.hidden = Boolean(tour);
  });
  return root;
}
