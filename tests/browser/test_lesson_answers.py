"""What a lesson asks for is found by playing: at the start no page has it in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gtan_viz.lessons.catalogue import lessons
from tests.browser.lesson import Lesson, write_lesson

pytestmark = pytest.mark.browser

WORDS = """() => {
  for (const node of document.querySelectorAll('.gl-waits')) {
    node.classList.remove('gl-waits'); node.inert = false;
  }
  const copy = document.querySelector('main').cloneNode(true);
  for (const one of copy.querySelectorAll('.gl-question')) one.remove();
  const words = {};
  for (const one of copy.querySelectorAll('[data-part]')) {
    words[one.dataset.part] = one.textContent;
    one.remove();
  }
  for (const part of Object.keys(words)) words[part] += copy.textContent;
  return words;
}"""
# Each number that is asked for, as "Tell me" writes it down.
TOLD = """() => {
  const told = [];
  for (const form of document.querySelectorAll('.gl-question')) {
    const input = form.querySelector('input[type=text]');
    if (!input) continue;
    const part = form.closest('[data-part]').lesson.store;
    const press = (selector) => { form.querySelector(selector).click(); part.flush(); };
    for (let i = 0; i < 2; i++) { input.value = '-98765'; press('[type=submit]'); }
    press('.gl-tell');
    const { part: name } = form.closest('[data-part]').dataset;
    const unit = input.parentElement.textContent.trim();
    told.push([name, form.dataset.question, Number(input.value), unit]);
  }
  return told;
}"""


@pytest.mark.parametrize("name", [one for one in lessons() if one != "own"])  # its own are drawn
def test_no_page_gives_its_answers_away(
    name: str, open_lesson: Callable[..., Lesson], tmp_path: Path
) -> None:
    page: Any = open_lesson(write_lesson(name, tmp_path)).page
    words = page.evaluate(WORDS)  # of each part, with the text around the parts
    answers = page.evaluate(TOLD)
    assert answers
    for part, question, value, unit in answers:
        if float(value).is_integer():
            continue  # too common a number to be looked for
        said = words[part].replace("−", "-")
        if unit != "s":  # when actions happen, "23.0–25.0 s", is no answer then
            said = re.sub(r"\d+\.\d–\d+\.\d s", "", said)
        for digits in (1, 2, 3):
            text = f"{value:.{digits}f}"
            if len(text.strip("-0.")) > 1:
                assert text not in said, (question, text)
