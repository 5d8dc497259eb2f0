// A part of a lesson: predict, play, check, keep the picture. What differs between parts is a
// definition; this is what they share.

import { createStore } from "../state/store.js";
import { clean, number } from "../state/text.js";
import { element, say } from "../view/element.js";
import { UNASKED } from "./judge.js";
import { createPicture, redraw } from "./picture.js";
import { questionPanel } from "./question.js";

/**
 * @typedef {import("./judge.js").Question} Question
 * @typedef {import("./judge.js").Answer} Answer
 * @typedef {{values: Record<string, any>, data: any, answers: Record<string, Answer>}} PartState
 * @typedef {{state: Readonly<PartState>, set: (patch: Partial<PartState>) => void,
 *   draw: (drawing: () => void) => () => void, flush: () => void, stop: () => void}} PartStore
 */

/**
 * @typedef {object} Control a slider, or, with choices, a group of buttons
 * @property {string} name of the value that it sets
 * @property {string} label
 * @property {string} [unit]
 * @property {number} [min] @property {number} [max] @property {number} [step]
 * @property {[any, string][] | ((data: any) => [any, string][])} [choices] value and text
 * @property {(choice: any, values: any, data: any) => Record<string, any>} [does] what a choice sets, if
 *   not itself
 * @property {(data: any) => [number, number]} [limits] of a slider, if the data decide
 * @property {(values: any, data: any) => boolean} [off] whether it does nothing at present
 */

/**
 * @typedef {object} Part
 * @property {string} title
 * @property {Record<string, any>} values what the reader sets, as it begins
 * @property {(data: any) => Record<string, any>} [begin] values that depend on the data
 * @property {Control[]} controls
 * @property {(set: (values: Record<string, any>) => void, store: PartStore, model: HostModel) =>
 *   ?{root: Node, stop?: () => void}} [bring] a control of its own, under the others
 * @property {[number, number]} size of the picture
 * @property {(store: PartStore, set: (values: Record<string, any>) => void) =>
 *   {root: Node, stop: () => void}} [above] what stands above the picture, as a video
 * @property {(picture: import("./picture.js").Picture, values: any, data: any,
 *   set: (values: Record<string, any>) => void) => (Node | string)[]} draw
 * @property {(values: any, data: any) => string} says the picture in a sentence
 * @property {(values: any, data: any) => Node[]} [equations] the letters, then the present numbers
 * @property {Question[]} questions
 */

/**
 * @param {Part} part
 * @param {{model: HostModel, el: HTMLElement}} host with the traits `lesson`, `part`, `data`, `values`,
 *   `answers`
 * @returns {() => void} which takes it down
 */
export function mountPart(part, { model, el }) {
  const data = model.get("data") ?? {};
  const store = /** @type {PartStore} */ (
    createStore(
      {
        values: { ...part.values, ...part.begin?.(data), ...model.get("values") },
        data,
        answers: model.get("answers") ?? {},
      },
      /** @type {any} */ ({}),
      ["values", "answers"],
    )
  );
  const { state } = store;
  const set = (/** @type {Record<string, any>} */ values) =>
    store.set({ values: { ...state.values, ...values } });
  const questions = model.get("asks") === false ? [] : part.questions; // an article only shows
  const [before, after] = [true, false].map((isFirst) =>
    questions
      .filter(({ predict = false }) => predict === isFirst)
      .map((question) => questionPanel(store, question)),
  );
  const above = part.above?.(store, set);
  const brought = part.bring?.(set, store, model);
  const play = playground(part, store, set, model, [above?.root, brought?.root]);
  const root = element(
    "section",
    { class: "gtan-lesson", "aria-label": part.title, "data-part": model.get("part") },
    ...(before.length ? [step("Predict", ...before)] : []),
    play,
    ...(after.length ? [step("Check", ...after)] : []),
  );
  store.draw(() => {
    const isOpen = questions.every(
      ({ id, predict }) => !predict || (state.answers[id] ?? UNASKED).tries > 0,
    );
    play.classList.toggle("gl-waits", !isOpen);
    play.inert = !isOpen;
  });
  const stop = follow(store, model);
  el.replaceChildren(root);
  store.flush();
  Object.assign(root, { lesson: { store, set, act: acting(part, store, set) } }); // for links that act
  return () => {
    stop();
    above?.stop();
    brought?.stop?.();
    store.stop();
  };
}

/**
 * What a phrase that acts can set: a value, or what a choice stands for. Says whether there is any.
 *
 * @param {Part} part @param {PartStore} store @param {(values: Record<string, any>) => void} set
 * @returns {(name: string, value?: any) => boolean}
 */
function acting({ controls }, { state }, set) {
  return (name, value) => {
    const does = controls.find((one) => one.name === name)?.does;
    if (!does && !(name in state.values)) return false;
    const { values, data } = state;
    if (value !== undefined) set(does ? does(value, values, data) : { [name]: value });
    return true;
  };
}

/** @param {string} title @param {...Node} children */
const step = (title, ...children) =>
  element("div", { class: "gl-step" }, element("h2", { text: title }), ...children);

/**
 * @param {Part} part @param {PartStore} store @param {(values: Record<string, any>) => void} set
 * @param {HostModel} model @param {(Node | undefined)[]} own what stands above the picture, and under the
 *   controls
 */
function playground(part, store, set, model, [above, brought]) {
  const { state } = store;
  const picture = createPicture(...part.size);
  const said = element("p", { class: "gl-says", "aria-live": "polite" });
  const equations = element("div", { class: "gl-equations" });
  store.draw(() => {
    redraw(picture, part.draw(picture, state.values, state.data, set));
    const sentence = part.says(state.values, state.data);
    picture.root.setAttribute("aria-label", `${part.title}. ${sentence}`);
    // What moves by itself would be read without an end.
    said.setAttribute("aria-live", state.data.moving ? "off" : "polite");
    say(said, sentence);
    equations.replaceChildren(...(part.equations?.(state.values, state.data) ?? []));
  });
  return element(
    "div",
    { class: "gl-step gl-play" },
    element("h2", { text: part.title }),
    element("p", { class: "gl-wait", text: "Predict first; then play." }),
    ...(above ? [above] : []),
    picture.root,
    element(
      "div",
      { class: "gl-controls" },
      ...part.controls.map((one) => control(one, store, set)),
      ...(brought ? [brought] : []),
    ),
    said,
    equations,
    element("button", {
      class: "gl-keep",
      text: "Keep the picture",
      title: "Save it as SVG",
      onclick: () =>
        keep(picture.root, `${clean(model.get("lesson"))}-${clean(model.get("part"))}`),
    }),
  );
}

/** @param {Control} one @param {PartStore} store @param {(values: Record<string, any>) => void} set */
export function control(one, store, set) {
  return one.choices ? choiceControl(one, store, set) : sliderControl(one, store, set);
}

/** @param {Control} one @param {PartStore} store @param {(values: Record<string, any>) => void} set */
function sliderControl(
  { name, label, unit = "", min = 0, max = 1, step: by = 0.01, limits, off },
  store,
  set,
) {
  const [low, high] = limits?.(store.state.data) ?? [min, max];
  const input = element("input", {
    type: "range",
    min: low,
    max: high,
    step: by,
    "data-control": name,
    oninput: () => set({ [name]: Number(input.value) }),
  });
  const value = element("output");
  const digits = Math.max(0, Math.ceil(-Math.log10(by)));
  const root = element(
    "label",
    { class: "gl-slider" },
    element("span", { text: label }),
    input,
    value,
  );
  store.draw(() => {
    const { values, data } = store.state;
    input.value = String(values[name]);
    say(value, `${number(Number(values[name]), digits)} ${unit}`.trim());
    input.setAttribute("aria-valuetext", value.textContent ?? "");
    input.disabled = Boolean(off?.(values, data));
  });
  return root;
}

/** @param {Control} one @param {PartStore} store @param {(values: Record<string, any>) => void} set */
function choiceControl({ name, label, choices = [], does, off }, store, set) {
  const all = typeof choices === "function" ? choices(store.state.data) : choices;
  const buttons = all.map(([value, text]) => ({
    value,
    node: element("button", {
      type: "button",
      text,
      "data-control": `${name}=${value}`,
      onclick() {
        const { values, data } = store.state;
        set(does ? does(value, values, data) : { [name]: value });
      },
    }),
  }));
  store.draw(() => {
    const { values, data } = store.state;
    for (const { value, node } of buttons) {
      if (name in values) node.setAttribute("aria-pressed", String(values[name] === value));
      node.disabled = Boolean(off?.(values, data));
    }
  });
  return element(
    "div",
    { class: "gl-buttons", role: "group", "aria-label": label },
    element("span", { text: label }),
    ...buttons.map(({ node }) => node),
  );
}

/**
 * What the reader sets and answers is told to the host; what Python sets is taken.
 *
 * @param {PartStore} store @param {HostModel} model
 */
function follow(store, model) {
  const names = /** @type {const} */ (["values", "answers"]);
  store.draw(() => {
    let isNew = false;
    for (const name of names) {
      const value = store.state[name];
      if (JSON.stringify(model.get(name)) === JSON.stringify(value)) continue;
      model.set(name, value);
      isNew = true;
    }
    if (isNew) queueMicrotask(() => model.save_changes());
  });
  const listeners = names.map((name) => ({
    event: `change:${name}`,
    listener: () => store.set({ [name]: model.get(name) }),
  }));
  for (const { event, listener } of listeners) model.on(event, listener);
  return () => {
    for (const { event, listener } of listeners) model.off(event, listener);
  };
}

/** A file of a picture that stands alone. @param {SVGElement} root @param {string} name */
function keep(root, name) {
  const copy = /** @type {SVGElement} */ (root.cloneNode(true));
  const all = [root, ...root.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((node, i) => {
    const { fill, stroke, strokeWidth, font, opacity } = getComputedStyle(all[i]);
    node.setAttribute(
      "style",
      `fill:${fill};stroke:${stroke};stroke-width:${strokeWidth};font:${font};opacity:${opacity}`,
    );
    node.removeAttribute("class");
    node.removeAttribute("tabindex");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const link = element("a", {
    href: URL.createObjectURL(new Blob([copy.outerHTML], { type: "image/svg+xml" })),
    download: `${name}.svg`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
