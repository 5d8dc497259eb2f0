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
    wide = brought(data, lesson.values("pooling")["sigma"], 1)[0]
    assert lesson.values("pooling")["sigma"] == pytest.approx(3 * data["sigma"], abs=0.01)
    said = lesson.says("pooling")
    assert f"{wide[wide > 0].sum():+.2f} is brought for “{data['label']}”" in said
    assert f"The sum is {wide.sum():+.2f}".replace("-", "−") in said
    # Nothing on the page says what is asked before the kernel is put there.
    best = data["first"] + int(learned.argmax())
    assert f"{learned.max():.2f}" not in page.locator("main").inner_text()

    page.get_by_role("link", name="three cells earlier").click()
    assert lesson.values("pooling")["center"] == data["center"] - 3
    page.locator("[data-part=pooling] [data-key=center]").focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    assert lesson.values("pooling")["center"] == pytest.approx(data["center"])
    page.keyboard.press("Home")
    assert lesson.values("pooling")["center"] == data["first"]
    page.get_by_role("button", name="as it was learned").click()
    page.locator(f"[data-part=pooling] [data-cell='{best}']").click(position={"x": 3, "y": 120})
    assert f"is what it brings: +{learned.max():.2f}" in lesson.says("pooling")
    page.locator("[data-part=pooling] [data-control=cell]").focus()
    page.keyboard.press("ArrowLeft")
    assert lesson.says("pooling").startswith(f"Cell {best - 1}: ")
    box = page.locator("[data-part=pooling] [data-key=sigma]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y, steps=4)
    page.mouse.up()
    assert lesson.values("pooling")["sigma"] > 2
    page.get_by_role("button", name="alike, in the box").click()
    sigma = lesson.values("pooling")["sigma"]
    total = brought(data, sigma, 1, average=True).sum()
    said = f"{total:+.2f}".replace("-", "−")
    assert f"The sum is {said}" in lesson.says("pooling")

    loudest = data["first"] + int(brought(data, 1e9, 1)[0].argmax())
    assert f"cell {loudest} says" in lesson.answer("most", loudest)
    assert lesson.answer("most", data["first"] + int(learned.argmax())).startswith("Right. ")
    assert lesson.answer("share", 90).startswith("Not yet. ")
    assert lesson.answer("share", 100 * learned.max() / learned[learned > 0].sum()).startswith(
        "Right. "
    )
    box_ = brought(data, 3 * data["sigma"], 1, average=True)[0]
    assert lesson.answer("average", best).startswith("Not yet. ")
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
    center = data["center"]
    assert lesson.values("derivatives") == {"center": center, "sigma": 1.5, "shown": "end"}
    assert f"mean +{mean:.2f}, after − before −{after:.2f}" in lesson.says("derivatives")
    page.locator("[data-part=derivatives] [data-key=center]").focus()
    page.keyboard.press("PageUp")
    assert lesson.values("derivatives")["center"] == pytest.approx(center + 1)
    page.get_by_role("button", name="a real “sit down”").click()
    assert lesson.values("derivatives") == {
        "center": center,
        "sigma": data["sigma"],
        "shown": "real",
    }
    alone = float(brought(data, data["sigma"], 1).sum()) + data["bias"]
    said = lesson.says("derivatives")
    assert said.startswith(f"“sit down” of {data['start']:.1f} to {data['end']:.1f} s: mean ")
    assert f"alone would say {alone:+.2f}".replace("-", "−") in said
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
