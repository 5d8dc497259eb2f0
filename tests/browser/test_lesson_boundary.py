"""Lesson 2 on its page: two neighbours, and the unit of a sigma."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from gtan.grouping import group_kernels
from gtan.kernels import sigmas_and_widths
from gtan.settings import Settings
from tests.browser.lesson import Lesson, write_lesson

pytestmark = pytest.mark.browser
CELLS = 16


def merge_at(width: float, epsilon: float) -> bool:
    """Whether two neighbours of this width, in cells, do."""
    centers = torch.tensor([7.5, 8.5], dtype=torch.float64) / CELLS
    widths = torch.full((2,), width / CELLS, dtype=torch.float64)
    return int(group_kernels(centers, widths, epsilon).mask.sum()) == 1


def widest(unit: str) -> float:
    """In cells, for the largest sigma that there is."""
    settings = Settings.preset("world").override({"kernels.sigma_unit": unit}).kernels
    _, widths = sigmas_and_widths(torch.full((1, CELLS), 50.0), settings, [CELLS])
    return float(widths[0, 0]) * CELLS


def drag(page: Any, part: str, by: float) -> None:
    """The part's dot, by pixels to the right."""
    dot = page.locator(f"[data-part={part}] [data-key=sigma]")
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=4)
    page.mouse.up()


def test_two_neighbours(open_lesson: Callable[[Path], Lesson], tmp_path: Path) -> None:
    lesson = open_lesson(write_lesson("boundary", tmp_path))
    page: Any = lesson.page
    assert lesson.answer("third", "one half").startswith("Not yet. ")
    assert lesson.answer("third", "one third").startswith("Right. ")

    # Both numbers that are asked for are to be found by playing.
    words = page.locator("main").inner_text()
    assert "5.67" not in words
    assert "third" not in words.split("The contradiction")[1]
    page.get_by_role("link", name="σ = 4.5").click()
    assert lesson.values("boundary") == {"sigma": 4.5, "epsilon": 0.7}
    page.locator("[data-part=boundary] [data-control=sigma]").fill("2.9")
    assert "IoU is 0.706, above ε = 0.70: they merge" in lesson.says("boundary")
    page.locator("[data-part=boundary] [data-key=sigma]").focus()
    page.keyboard.press("PageDown")
    assert lesson.values("boundary")["sigma"] == pytest.approx(2.4)
    assert "0.655, not above ε = 0.70: they stay apart" in lesson.says("boundary")
    drag(page, "boundary", -60)
    assert 1 < lesson.values("boundary")["sigma"] < 2

    assert "At a width of 2.00 cells their IoU is 0.333" in lesson.answer("merge", 2)
    assert lesson.answer("merge", 5.67).startswith("Right. ")
    assert not merge_at(5.66, 0.7)
    assert merge_at(5.67, 0.7)
    epsilon = Settings.preset("world").kernels.epsilon
    assert lesson.answer("shipped", 1).startswith("Not yet. ")
    said = lesson.answer("shipped", 2.33)
    assert said.startswith("Right. ")
    assert f"reach an IoU of {(widest('bounded') - 1) / (widest('bounded') + 1):.2f}" in said
    assert not merge_at(2.33, epsilon)
    assert merge_at(2.34, epsilon)


def test_the_contradiction(open_lesson: Callable[[Path], Lesson], tmp_path: Path) -> None:
    lesson = open_lesson(write_lesson("boundary", tmp_path))
    page: Any = lesson.page
    lesson.answer("third", "one third")
    assert lesson.answer("printed", "16 cells").startswith("Not yet. ")
    assert lesson.answer("printed", "1 cell").startswith("Right. ")

    assert "pools 4.80 cells" in lesson.says("literal")
    assert "a boundary 0.60 cells wide" in lesson.says("literal")
    page.get_by_role("link", name="in maps").click()
    assert lesson.values("literal") == {"sigma": 0.3, "unit": "map", "cells": 16}
    assert "a boundary 9.60 cells wide. Their IoU is 0.811" in lesson.says("literal")
    drag(page, "literal", -60)
    assert lesson.values("literal")["sigma"] < 0.25
    page.locator("[data-part=literal] [data-key=sigma]").focus()
    for _ in range(10):
        page.keyboard.press("PageUp")
    assert lesson.values("literal")["sigma"] == pytest.approx(0.99)
    page.get_by_role("button", name="As printed").click()
    assert "stay apart" in lesson.says("literal")
    page.get_by_role("button", name="Bounded (ours)").click()
    most = (widest("bounded") - 1) / (widest("bounded") + 1)
    reached = float(lesson.says("literal").split("Their IoU is ")[1].split(",")[0])
    assert most - 0.01 < reached < most
    assert "0.333" not in page.locator("[data-part=literal]").inner_text()

    assert "needs a width of 5.67 cells" in lesson.answer("most", 0.7)
    assert lesson.answer("most", 1 / 3).startswith("Right. ")
    width = widest("literal")
    assert (width - 1) / (width + 1) == pytest.approx(1 / 3, abs=1e-3)
    assert "makes a width of 2 · 0.500 · 16 = 16.00 cells" in lesson.answer("map", 0.5)
    assert lesson.answer("map", 0.177).startswith("Right. ")
    assert merge_at(0.1771 * 2 * CELLS, 0.7)
    assert lesson.answer("third-equation", "in cells").startswith("Not yet. ")
    assert lesson.answer("third-equation", "in maps").startswith("Right. ")
