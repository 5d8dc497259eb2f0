// The bundle of the lessons: what anywidget loads, and the script of a lesson's page, which is known by
// the data it holds.

import { keepPlainKeys } from "../view/own_keys.js";
import { listenValues } from "./acting.js";
import { startLesson } from "./page.js";
import { mountPart } from "./part.js";
import { PARTS } from "./parts.js";

/** @param {{model: HostModel, el: HTMLElement}} host */
function render({ model, el }) {
  return mountPart(PARTS[model.get("part")], { model, el });
}

listenValues();
keepPlainKeys();
const index = document.getElementById("gtan-lesson");
if (index) startLesson(index, render);

export default { render };
