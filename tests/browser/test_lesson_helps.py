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


def verdict(row: dict[str, Any]) -> int:
    """1 it helped, -1 it did harm, 0 not told from zero after correction."""
    if row["p"] >= 0.05:
        return 0
    return int(row["differenceLow"] > 0) - int(row["differenceHigh"] < 0)


def allowed(claim: float) -> str:
    """What is said of it for Table 3."""
    ends = [[100 * row[f"difference{end}"] for end in ("Low", "High")] for row in rows("table3")]
    count = sum(low <= claim <= high for low, high in ends)
    return f"A gain of {claim:.1f} is allowed by {count} of {len(ends)} intervals"


def test_the_tables(lesson: Lesson) -> None:
    page = lesson.page
    grouping = rows("table3")[-1]
    votes = ["nothing that can be told from zero", "it helped, for sure", "it did harm, for sure"]
    low, high = (100 * grouping[name] for name in ("differenceLow", "differenceHigh"))
    vote = votes[verdict(grouping)]
    wrong = next(one for one in votes if one != vote)
    assert lesson.answer("vote", wrong).startswith("Not yet. ")
    assert f"{high:+.1f}" in lesson.answer("vote", vote)

    # The answer is to be found by playing.
    page.get_by_role("link", name="the differences").click()
    assert f"{high:+.1f}" not in lesson.says("helps")
    page.locator("[data-control='view=near']").click()
    assert allowed(1.0) in lesson.says("helps")
    page.locator("[data-part=helps] [data-key=claim]").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert lesson.values("helps")["claim"] == pytest.approx(0.7)
    assert allowed(0.7) in lesson.says("helps")
    dot = page.locator("[data-key=claim]").bounding_box()
    page.mouse.move(dot["x"] + 8, dot["y"] + 8)
    page.mouse.down()
    page.mouse.move(dot["x"] + 300, dot["y"] + 8, steps=4)
    page.mouse.up()
    assert 4 < lesson.values("helps")["claim"] <= 5
    page.get_by_role("link", name="claim the paper's 1.1 points").click()
    assert lesson.values("helps")["claim"] == pytest.approx(1.1)
    assert allowed(1.1) in lesson.says("helps")

    assert "beyond the right end" in lesson.answer("largest", round(high + 2, 1))
    assert lesson.answer("largest", round(high, 1)).startswith("Right. ")
    right, wrong = ("yes", "no") if low <= 1.1 <= high else ("no", "yes")
    assert lesson.answer("paper", wrong).startswith("Not yet. ")
    assert lesson.answer("paper", right).startswith("Right. ")
    steps = sorted(rows("pooling"), key=lambda row: row["difference"])
    assert "furthest to the right" in lesson.answer("step", steps[0]["name"])
    said = lesson.answer("step", steps[-1]["name"])
    counts = [sum(verdict(row) == kind for row in steps) for kind in (1, -1, 0)]
    assert f"{counts[0]} helped for sure, {counts[1]} did harm for sure, {counts[2]} cannot" in said
    lead = max(rows("figure7"), key=lambda row: row["difference"])
    assert lesson.answer("layers", 99).startswith("Not yet. ")
    layers = int(re.findall(r"\d+", lead["name"])[0])
    assert lesson.answer("layers", layers).startswith(f"Right. {100 * lead['difference']:+.1f}")


def test_every_table_is_drawn(lesson: Lesson) -> None:
    page = lesson.page
    lesson.answer("vote", "it helped, for sure")
    page.locator("[data-control='view=differences']").click()
    for key in (one["key"] for one in helps.numbers()["tables"]):
        page.locator(f"[data-control='table={key}']").click()
        for row in rows(key):
            assert row["name"] in lesson.says("helps")
        assert f"of {len(rows(key))} interval" in lesson.says("helps")
        assert page.locator("[data-part=helps] [data-key=claim]").count() == 1
    page.locator("[data-control='view=scores']").click()
    assert "thin lines" in lesson.says("helps")
    assert page.locator("[data-part=helps] [data-key=claim]").count() == 0
    page.get_by_role("link", name="the scores themselves").click()
    assert "thin lines" in lesson.says("helps")
    assert page.locator("input[data-control=claim]").is_disabled()


def half_width(pairs: Any) -> float:
    student = {4: 3.182, 8: 2.365, 12: 2.201}[pairs.size]
    return float(student * pairs.std(ddof=1) / np.sqrt(pairs.size))


def test_seeds(lesson: Lesson) -> None:
    page = lesson.page
    folds = {name: 100 * np.array(value) for name, value in helps.numbers()["seeds"].items()}
    assert lesson.answer("second", "not at all").startswith("Not yet. ")
    said = lesson.answer("second", "about as far as those, or further")
    told = [float(one) for one in re.findall(r"\d+\.\d", said)][:3]
    assert told == pytest.approx(folds["replace"].mean(1).tolist(), abs=0.051)

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
    pairs = folds["join"] - folds["off"]
    gone = [n for n in (1, 2, 3) if abs(pairs[:n].mean()) > half_width(pairs[:n])]
    assert len(gone) == 1
    assert lesson.answer("gone", 3 if gone[0] != 3 else 1).startswith("Not yet. ")
    assert lesson.answer("gone", gone[0]).startswith("Right. ")
    # What the next question asks for can be seen.
    page.locator("[data-control='compare=join']").click()
    means = [float(one) for one in re.findall(r"\d+\.\d", lesson.says("seeds"))]
    assert means == pytest.approx(folds["join"].mean(1).tolist(), abs=0.051)
    assert "It is more." in lesson.answer("spread", 1)
    assert lesson.answer("spread", spread).startswith("Right. ")
    assert lesson.answer("say", "it has no effect").startswith("Not yet. An interval")
    right = "its effect, if any, is below 1.1 points either way"  # as above
    assert lesson.answer("say", right).startswith("Right. ")
