"""Lesson 1 on its page: predict, play, check."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from gtan.kernels import kernel_weights
from tests.browser.lesson import Lesson, write_lesson

pytestmark = pytest.mark.browser


def test_lesson_kernel(open_lesson: Callable[[Path], Lesson], tmp_path: Path) -> None:
    lesson = open_lesson(write_lesson("kernel", tmp_path))
    page: Any = lesson.page
    assert not page.locator(".gl-picture").is_visible()  # predict first
    assert lesson.answer("wide", "twice as much").startswith("Not yet. ")
    assert lesson.answer("wide", "about half as much").startswith("Right. ")
    assert page.locator(".gl-picture").is_visible()

    page.get_by_role("link", name="σ = 0.3").click()
    assert lesson.values("kernel") == {"center": 4.5, "sigma": 0.3}
    assert "cell 4 holds 99 % of the weight" in lesson.says("kernel")
    page.locator("[data-key=center]").focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("PageUp")
    assert lesson.values("kernel")["center"] == pytest.approx(5.5)
    assert "cell 5 holds 99 %" in lesson.says("kernel")
    assert page.evaluate("document.activeElement.dataset.key") == "center"
    dot = page.locator("[data-key=center]").bounding_box()
    page.mouse.move(dot["x"] + 8, dot["y"] + 8)
    page.mouse.down()
    page.mouse.move(dot["x"] - 130, dot["y"] + 8, steps=4)
    page.mouse.up()
    assert lesson.values("kernel")["center"] < 4.5

    said = lesson.answer("half", 1.0)
    assert said.startswith("Not yet. At σ = 1.00 it holds 40 %: less than half.")
    assert lesson.answer("half", 0.8).startswith("Right. At σ = 0.798 cells")
    page.locator("[data-question=edge] button[type=submit]").click()
    assert page.locator("[data-question=edge] .gl-said").inner_text() == "Give a number first."
    for wrong in (0.1, 0.2):
        lesson.answer("edge", wrong)
    page.locator("[data-question=edge] .gl-tell").click()
    weights = kernel_weights(torch.tensor([4 / 9]), torch.tensor([0.5 / 9]), 9)[0]
    both = f"{float(weights[3:5].sum()):.2f}: each has half"
    page.get_by_text(both).wait_for()

    page.get_by_label("Your name").fill("Ada")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save my answers").click()
    file = tmp_path / "answers.json"
    saved.value.save_as(file)
    from gtan_viz.lessons.answers import read_answers

    rows = read_answers(file).set_index("id")
    assert set(rows["name"]) == {"Ada"}
    assert rows["right"].to_dict() == {"wide": True, "half": True, "edge": False}
    assert rows["tries"].to_dict() == {"wide": 2, "half": 2, "edge": 2}
    assert bool(rows["told"]["edge"])
