"""Lesson 3 on its page: what each cell brings, and what a mean cannot see."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from gtan.kernels import derivative_weights, kernel_weights
from gtan_viz.lessons import derivatives, pooling
from tests.browser.lesson import Lesson, write_lesson
from tests.gtan_viz.lessons.brought import brought

pytestmark = pytest.mark.browser


def test_what_each_cell_brings(open_lesson: Callable[[Path], Lesson], tmp_path: Path) -> None:
    data = pooling.part().data
    lesson = open_lesson(write_lesson("pooling", tmp_path))
    page: Any = lesson.page
    assert lesson.answer("far", "both about the same").startswith("Not yet. ")
    assert lesson.answer("far", "the middle one, by far").startswith("Right. ")
    learned = brought(data, data["sigma"], 1)[0]
    assert f"all cells together bring {brought(data, 1.08, 1).sum():.2f}" in lesson.says("pooling")

    page.get_by_role("link", name="off by three cells").click()
    assert lesson.values("pooling") == {"center": 7.5, "sigma": 1.08, "pooling": "gaussian"}
    assert "Cell 10 brings most" not in lesson.says("pooling")
    page.locator("[data-part=pooling] [data-key=center]").focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    assert lesson.values("pooling")["center"] == pytest.approx(10.5)
    assert "Cell 10 brings most: 2.26, 44 % of the sum. Cell 11 says most." in lesson.says(
        "pooling"
    )
    box = page.locator("[data-part=pooling] [data-key=sigma]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y, steps=4)
    page.mouse.up()
    assert lesson.values("pooling")["sigma"] > 2
    page.get_by_role("button", name="Figure 4's average").click()
    sigma = lesson.values("pooling")["sigma"]
    total = brought(data, sigma, 1, average=True).sum()
    said = f"{total:.2f}".replace("-", "−")
    assert f"all cells together bring {said}" in lesson.says("pooling")

    loudest = data["first"] + int(brought(data, 1e9, 1)[0].argmax())
    assert f"Cell {loudest} says" in lesson.answer("most", loudest)
    assert lesson.answer("most", data["first"] + int(learned.argmax())).startswith("Right. ")
    assert lesson.answer("share", 90).startswith("Not yet. ")
    assert lesson.answer("share", 100 * learned.max() / learned.sum()).startswith("Right. ")
    box_ = brought(data, data["sigma"], 1, average=True)[0]
    assert lesson.answer("average", 10).startswith("Not yet. ")
    assert lesson.answer("average", data["first"] + int(box_.argmax())).startswith("Right. ")


def test_what_a_mean_cannot_see(open_lesson: Callable[[Path], Lesson], tmp_path: Path) -> None:
    data = derivatives.part().data
    lesson = open_lesson(write_lesson("pooling", tmp_path))
    page: Any = lesson.page
    lesson.answer("far", "the middle one, by far")
    assert lesson.answer("turned", "it changes its sign").startswith("Not yet. ")
    assert lesson.answer("turned", "it stays the same").startswith("Right. ")

    cells = 13
    center, sigma = torch.tensor([0.5]), torch.tensor([1.5 / cells])
    weights = derivative_weights(kernel_weights(center, sigma, cells), center, sigma, 2)[:, 0]
    starts = torch.tensor([0.0] * 6 + [0.5] + [1.0] * 6)
    mean, after, _ = (weights @ starts).tolist()
    assert f"mean +{mean:.2f}, after − before +{after:.2f}" in lesson.says("derivatives")
    page.get_by_role("link", name="it ends").click()
    assert lesson.values("derivatives") == {"center": 56.5, "sigma": 1.5, "shown": "end"}
    assert f"mean +{mean:.2f}, after − before −{after:.2f}" in lesson.says("derivatives")
    page.locator("[data-part=derivatives] [data-key=center]").focus()
    page.keyboard.press("PageUp")
    assert lesson.values("derivatives")["center"] == pytest.approx(57.5)
    page.get_by_role("button", name="“sit down”").click()
    assert lesson.says("derivatives").startswith("“sit down” of 115.7 to 118.6 s: mean ")
    page.get_by_role("link", name="its cells in reverse order").click()
    assert ", its cells in reverse order: mean " in lesson.says("derivatives")

    assert lesson.answer("means", 0.5).startswith("Not yet. ")
    assert lesson.answer("means", 0).startswith("Right. ")
    assert "That is one of them." in lesson.answer("after", after)
    assert lesson.answer("after", 2 * after).startswith("Right. ")
    forwards = float(brought(data, data["sigma"], 3).sum()) + data["bias"]
    assert f"Forwards it is {forwards:.2f}." in lesson.answer("reversed", forwards)
    backwards = float(brought(data, data["sigma"], 3, turned=True).sum()) + data["bias"]
    assert lesson.answer("reversed", backwards).startswith("Right. ")
