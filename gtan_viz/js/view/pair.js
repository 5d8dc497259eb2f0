// Two runs, one above the other: two explorers with one recording, time axis, playhead and selection.

import { link } from "../state/linking.js";
import { readAddress, writeAddress } from "./address.js";
import { element } from "./element.js";
import { mount } from "./explorer.js";

/**
 * In a notebook: of the two widgets that its trait `explorers` names.
 *
 * @param {{model: HostModel, el: HTMLElement}} host
 */
export async function renderPair({ model, el }) {
  const manager = model.widget_manager;
  if (!manager)
    throw new Error("This notebook cannot show two runs in one cell; show each by itself.");
  const names = /** @type {string[]} */ (model.get("explorers"));
  const models = await Promise.all(
    names.map((name) => manager.get_model(name.replace("IPY_MODEL_", ""))),
  );
  return mountPair(models, el);
}

/**
 * @param {HostModel[]} models upper, lower @param {HTMLElement} el
 * @returns {() => void} which takes them down
 */
export function mountPair(models, el) {
  const places = models.map(() => element("div"));
  el.replaceChildren(element("div", { class: "gx-pair" }, ...places));
  const [one, two] = namesOf(models.map((model) => String(model.get("run"))));
  /** @type {Store[]} */
  const stores = [];
  const write = () => stores.length === 2 && writeAddress(stores[0].state, stores[1].state);
  const upper = mount(models[0], places[0], { run: one, lead: null, write });
  const lower = mount(models[1], places[1], { run: two, lead: upper.lead, write });
  stores.push(upper.store, lower.store);
  const { state } = lower.store;

  /** @type {?import("./address.js").Given} */
  let asked = null; // of the lower run by a link whose recording is not open yet
  function arrived() {
    const { recording = state.recording, other = null } = asked ?? {};
    if (recording !== state.recording) return;
    asked = null;
    if (other) lower.adopt({ ...other, chosenTruth: state.chosenTruth });
  }
  function ask() {
    if (state.host !== "page") return;
    asked = readAddress();
    arrived();
  }
  const unlink = link(upper, lower, arrived);
  ask();
  addEventListener("hashchange", ask);
  return () => {
    removeEventListener("hashchange", ask);
    unlink();
    lower.stop();
    upper.stop();
  };
}

/** The ends of two paths, as much of them as tells them apart. @param {string[]} paths */
function namesOf(paths) {
  const [one, two] = paths.map((path) => path.split(/[\\/]/).filter(Boolean));
  let most = 1;
  /** @param {string[]} parts */
  const end = (parts) => parts.slice(-most).join("/") || "run";
  while (end(one) === end(two) && most < Math.max(one.length, two.length)) most++;
  return end(one) === end(two) ? [`${end(one)} (1)`, `${end(two)} (2)`] : [end(one), end(two)];
}
