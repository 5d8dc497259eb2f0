"""The article on its page: its parts and phrases act, by mouse and by key, and nothing is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gtan.kernels import kernel_weights
from gtan_viz.lessons import pooling
from tests.browser.lesson import Lesson, write_lesson
from tests.gtan_viz.lessons.brought import brought

pytestmark = pytest.mark.browser


def test_the_article(open_lesson: Callable[[Path], Lesson], tmp_path: Path) -> None:
    lesson = open_lesson(write_lesson("article", tmp_path))
    page: Any = lesson.page
    assert page.locator(".gl-question, .gl-saving").count() == 0
    page.get_by_role("link", name="σ = 0.3").focus()
    page.keyboard.press("Enter")
    own = 100 * float(kernel_weights(torch.tensor([0.5]), torch.tensor([0.3 / 9]), 9).max())
    assert lesson.says("kernel").startswith(f"σ is 0.30 cells: cell 4 holds {own:.0f} %")

    data = pooling.part().data
    learned = brought(data, data["sigma"], 1).sum()
    assert f"The sum is {learned:+.2f}: “{data['label']}”." in lesson.says("pooling")
    page.locator("[data-part=pooling] [data-key=center]").focus()
    for _ in range(9):
        page.keyboard.press("PageDown")
    assert f": “{data['rival']}”." in lesson.says("pooling").split("The sum is")[1]

    page.locator("[data-part=detections] [data-key=end]").focus()
    page.keyboard.press("PageUp")
    width = 8 * np.exp(lesson.values("detections")["deltaWidth"])
    assert width == pytest.approx(12, abs=0.1)
    page.locator("[data-part=grouping]").get_by_role("button", name="to its end").click()
    assert lesson.says("grouping").startswith("The walk is over")
    page.locator("[data-part=duplicates]").get_by_role("button", name="1", exact=True).click()
    assert lesson.says("duplicates").startswith("Pick 1 is A")
