// A question on the page: asked, judged, hinted at, explained.

import { element, say } from "../view/element.js";
import { asks, feedback, judged, numberOf, PATIENCE, UNASKED } from "./judge.js";

/** @typedef {import("./judge.js").Question} Question @typedef {import("./judge.js").Answer} Answer */

let fields = 0; // names of inputs are the page's

/**
 * @param {import("./part.js").PartStore} store @param {Question} question
 */
export function questionPanel(store, question) {
  const { state } = store;
  const answerOf = () => state.answers[question.id] ?? UNASKED;
  /** @param {Answer} answer */
  const keep = (answer) => store.set({ answers: { ...state.answers, [question.id]: answer } });
  const ask = asks(question, state.data);
  const field = question.choices ? choiceField(store, question, ask) : numberField(question, ask);
  const button = element("button", { type: "submit", text: "Check" });
  const tell = element("button", {
    type: "button",
    class: "gl-tell",
    text: "Tell me",
    onclick: () => keep({ ...answerOf(), told: true }),
  });
  const said = element("p", { class: "gl-said", role: "status" });
  const root = element(
    "form",
    {
      class: "gl-question",
      "data-question": question.id,
      /** @param {SubmitEvent} event */
      onsubmit(event) {
        event.preventDefault();
        const given = field.read();
        if (given === null) say(said, field.missing);
        else keep(judged(question, answerOf(), given, state.values, state.data));
      },
    },
    element("p", { class: "gl-ask", text: ask }),
    element("div", { class: "gl-answer" }, field.root, button, tell),
    said,
  );
  let heard = "";
  let value = Number.NaN;
  store.draw(() => {
    const answer = answerOf();
    const isOver = answer.right || answer.told;
    const now = JSON.stringify(answer);
    if (now !== heard) {
      // Later moves of the picture do not rewrite what was said of it.
      heard = now;
      value = question.answer(state.values, state.data);
      if (answer !== UNASKED) say(said, feedback(question, answer, state.values, state.data));
    }
    button.hidden = isOver;
    tell.hidden = isOver || answer.tries < PATIENCE;
    field.show(answer, isOver, value);
    root.classList.toggle("gl-right", answer.right);
    root.classList.toggle("gl-wrong", !isOver && answer.tries > 0);
  });
  return root;
}

/** @typedef {{root: Node, missing: string, read: () => ?number,
 *   show: (answer: Answer, isOver: boolean, value: number) => void}} Field */

/** @param {Question} question @param {string} ask @returns {Field} */
function numberField({ unit, tolerance = 0 }, ask) {
  const input = element("input", {
    type: "text",
    inputMode: "decimal",
    autocomplete: "off",
    "aria-label": ask,
  });
  let isShown = false;
  return {
    root: element("label", {}, input, unit ? ` ${unit}` : ""),
    missing: "Give a number first.",
    read: () => numberOf(input.value),
    show(answer, isOver, value) {
      input.disabled = isOver;
      const digits =
        tolerance >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(tolerance || 1e-3)) + 1);
      if (answer.told && !answer.right) input.value = String(Number(value.toFixed(digits)));
      else if (!isShown && answer.given !== null) input.value = String(answer.given); // from a file
      isShown = true;
    },
  };
}

/** @param {import("./part.js").PartStore} store @param {Question} question @param {string} ask @returns {Field} */
function choiceField(store, { choices }, ask) {
  const name = `gl-choice-${fields++}`;
  const root = element("fieldset", { class: "gl-choices" }, element("legend", { text: ask }));
  /** @type {HTMLInputElement[]} */
  let boxes = [];
  store.draw(() => {
    const texts = choices?.(store.state.values, store.state.data) ?? [];
    if (texts.join() === boxes.map((one) => one.value).join()) return;
    boxes = texts.map((text) => {
      const box = element("input", { value: text });
      Object.assign(box, { type: "radio", name });
      return box;
    });
    root.replaceChildren(
      element("legend", { text: ask }),
      ...boxes.map((box) => element("label", {}, box, ` ${box.value}`)),
    );
  });
  return {
    root,
    missing: "Choose one first.",
    read() {
      const at = boxes.findIndex((one) => one.checked);
      return at < 0 ? null : at;
    },
    show(answer, isOver, value) {
      for (const box of boxes) box.disabled = isOver;
      const at = answer.told ? value : answer.given;
      if (at !== null && isOver && boxes[at]) boxes[at].checked = true;
    },
  };
}
