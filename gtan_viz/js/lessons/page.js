// A lesson's page: its parts in their places, and the answers, which can be saved and given to a teacher.

import { createModel } from "../model/host.js";
import { element, say } from "../view/element.js";
import { asks } from "./judge.js";
import { PARTS } from "./parts.js";

/** @typedef {{part: string, data: any, values: any, asks: boolean}} Placed */
/** @typedef {{lesson: string, parts: Placed[]}} Index */

/**
 * @param {HTMLElement} node of the index
 * @param {(host: {model: HostModel, el: HTMLElement}) => void} render
 */
export function startLesson(node, render) {
  const { lesson, parts } = /** @type {Index} */ (JSON.parse(node.textContent ?? ""));
  const models = parts.map((one, at) => {
    const { part } = one;
    const model = createModel({ host: "page", lesson, answers: {}, ...one });
    const el = document.getElementById(`gtan-part-${at}`);
    if (el) render({ model, el });
    return { part, model };
  });
  const end = document.getElementById("gtan-answers");
  const asking = models.filter(({ model }) => model.get("asks"));
  if (end && asking.length) end.append(saving(lesson, asking));
}

/** @param {string} lesson @param {{part: string, model: HostModel}[]} models */
function saving(lesson, models) {
  const name = element("input", { type: "text", autocomplete: "name", "aria-label": "Your name" });
  const said = element("p", { role: "status" });
  /** Rows of all questions, answered or not. */
  const rows = () =>
    models.flatMap(({ part, model }) =>
      PARTS[part].questions.map((question) => {
        const { id } = question;
        const {
          given = null,
          tries = 0,
          right = false,
          told = false,
        } = model.get("answers")[id] ?? {};
        return {
          lesson,
          part,
          id,
          ask: asks(question, model.get("data")),
          given,
          tries,
          right,
          told,
        };
      }),
    );
  const button = element("button", {
    text: "Save my answers",
    onclick() {
      const answers = rows();
      const whole = { format: "gtan-answers", version: 1, lesson, name: name.value, answers };
      const link = element("a", {
        href: URL.createObjectURL(new Blob([JSON.stringify(whole, null, 1)])),
        download: `answers-${lesson}.json`,
      });
      link.click();
      const right = answers.filter((one) => one.right);
      const first = right.filter((one) => one.tries === 1).length;
      say(
        said,
        `Saved: ${right.length} of ${answers.length} right, ${first} of them at the first try. ` +
          "Give the file to your teacher.",
      );
    },
  });
  return element(
    "section",
    { class: "gtan-lesson gl-saving", "aria-label": "Your answers" },
    element("label", {}, "Your name ", name),
    button,
    said,
  );
}
