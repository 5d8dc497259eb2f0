"""Lesson 8 on its page: the study's intervals, and seeds."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan_viz.lessons import helps
from tests.browser.lesson import Lesson, write_lesson

pytestmark = pytest.mark.browser


@pytest.fixture
def lesson(open_lesson: Callable[[Path], Lesson], tmp_path: Path) -> Lesson:
    return open_lesson(write_lesson("helps", tmp_path))


def rows(key: str) -> list[dict[str, Any]]:
    found = next(one for one in helps.numbers()["tables"] if one["key"] == key)
    return [row for row in found["rows"] if row["difference"] is not None]


def test_the_tables(lesson: Lesson) -> None:
    page = lesson.page
    grouping = rows("table3")[-1]
    said = lesson.answer("vote", "it helped, for sure")
    assert said.startswith("Not yet. ")
    said = lesson.answer("vote", "nothing that can be told from zero")
    low, high = (100 * grouping[name] for name in ("differenceLow", "differenceHigh"))
    assert f"−{-low:.1f} to +{high:.1f}" in said

    # The answer is to be found by playing.
    assert f"+{high:.1f}" not in page.locator(".gl-play").first.inner_text()
    page.get_by_role("link", name="the differences").click()
    assert "A gain of 1.0 is allowed by 1 of 2 intervals." in lesson.says("helps")
    page.locator("[data-part=helps] [data-key=claim]").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert lesson.values("helps")["claim"] == pytest.approx(0.7)
    assert "0.7 is allowed by 1 of 2 intervals" in lesson.says("helps")
    dot = page.locator("[data-key=claim]").bounding_box()
    page.mouse.move(dot["x"] + 8, dot["y"] + 8)
    page.mouse.down()
    page.mouse.move(dot["x"] + 300, dot["y"] + 8, steps=4)
    page.mouse.up()
    assert lesson.values("helps")["claim"] > 4
    assert "is allowed by 0 of 2" in lesson.says("helps")
    page.get_by_role("link", name="claim the paper's 1.1 points").click()
    assert lesson.values("helps")["claim"] == pytest.approx(1.1)

    assert "beyond the right end" in lesson.answer("largest", 2)
    assert lesson.answer("largest", round(high, 1)).startswith("Right. ")
    assert lesson.answer("paper", "yes").startswith("Not yet. ")
    assert high < 1.1  # so that "no" is the answer
    assert lesson.answer("paper", "no").startswith("Right. ")
    sure = [row for row in rows("pooling") if row["differenceLow"] > 0]
    assert [row["name"] for row in sure] == ["learned width, Gaussian pooling"]
    assert "zero is in it" in lesson.answer("step", "learned width, average")
    assert lesson.answer("step", sure[0]["name"]).startswith("Right. +1.8 points")
    lead = sum(row["differenceLow"] > 0 for row in rows("figure7"))
    assert lesson.answer("layers", 3).startswith("Not yet. ")
    assert lesson.answer("layers", lead).startswith(f"Right. {lead} of 5")


def test_every_table_is_drawn(lesson: Lesson) -> None:
    page = lesson.page
    lesson.answer("vote", "it helped, for sure")
    page.locator("[data-control='view=differences']").click()
    for key in ("table3", "pooling", "table4", "figure7", "world", "world_E1"):
        page.locator(f"[data-control='table={key}']").click()
        for row in rows(key):
            assert row["name"] in lesson.says("helps")
    assert "every seed above every seed of the row before" in lesson.says("helps")
    assert "no claim can be judged" in lesson.says("helps")
    page.locator("[data-control='view=scores']").click()
    assert "All thin lines" in lesson.says("helps")
    page.get_by_role("link", name="the scores themselves").click()
    assert "All thin lines" in lesson.says("helps")
    assert page.locator("input[data-control=claim]").is_disabled()


def test_seeds(lesson: Lesson) -> None:
    page = lesson.page
    folds = {name: 100 * np.array(value) for name, value in helps.numbers()["seeds"].items()}
    assert lesson.answer("second", "not at all").startswith("Not yet. ")
    said = lesson.answer("second", "about as far as those, or further")
    told = [float(one) for one in re.findall(r"\d+\.\d", said)][:3]
    assert told == pytest.approx(folds["join"].mean(1).tolist(), abs=0.051)

    page.locator("input[data-control=seeds]").focus()
    page.keyboard.press("ArrowRight")
    assert lesson.values("seeds")["seeds"] == 2
    assert "2 seeds, 8 pairs: join is" in lesson.says("seeds")
    page.get_by_role("link", name="grouping against none").click()
    # as docs/grouping.md says: -0.001 (-0.011 to +0.009)
    assert "0.1 points below no grouping" in lesson.says("seeds")
    assert "−1.1 to +0.9" in lesson.says("seeds")

    ahead = [float((folds["join"] - folds["replace"])[:count].mean()) for count in (1, 2, 3)]
    turn = next(count for count, one in enumerate(ahead, 1) if one < 0)
    assert f"join is +{ahead[0]:.1f} points" in lesson.answer("turn", 1)
    assert lesson.answer("turn", turn).startswith("Right. ")
    spread = float(np.ptp(folds["join"].mean(1)))
    assert "It is more." in lesson.answer("spread", 1)
    assert lesson.answer("spread", spread).startswith("Right. ")
    assert lesson.answer("say", "it has no effect").startswith("Not yet. An interval")
    right = "its effect, if any, is below 1.1 points either way"  # as above
    assert lesson.answer("say", right).startswith("Right. ")
