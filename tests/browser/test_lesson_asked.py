"""Lesson 0 on its page: intervals by mouse and by keys, scored as gtan scores a detector."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan.evaluation.matching import Intervals, match_detections
from gtan.intervals import interval_iou
from gtan_viz.lessons.asked import stretch
from tests.browser.lesson import Lesson, write_lesson

pytestmark = pytest.mark.browser
LEFT, RIGHT, WIDTH = 14, 416, 430  # of the picture's time axis, as asked.js draws it


def drag(page: Any, data: dict[str, Any], start: float, end: float) -> None:
    """Marks an interval by the mouse, where nothing is drawn yet."""
    picture = page.locator(".gl-picture")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    span = data["end"] - data["start"]
    a, b = (
        box["x"] + box["width"] / WIDTH * (LEFT + (t - data["start"]) / span * (RIGHT - LEFT))
        for t in (start, end)
    )
    y = box["y"] + box["width"] / WIDTH * 125
    page.mouse.move(a, y)
    page.mouse.down()
    page.mouse.move((a + b) / 2, y)
    page.mouse.move(b, y)
    page.mouse.up()


def missed(lesson: Lesson, data: dict[str, Any], threshold: float) -> int:
    """How many truths gtan says that the reader's intervals miss."""
    rows = lesson.values("asked")["intervals"]
    number = {label: i for i, label in enumerate(data["labels"])}
    found, truth = (
        Intervals(
            np.array([number[one["label"]] for one in some]),
            np.array([[one["start"], one["end"]] for one in some]),
        )
        for some in (rows, data["truth"])
    )
    return len(data["truth"]) - int((match_detections(found, truth, [threshold]) >= 0).sum())


def test_lesson_asked(open_lesson: Callable[[Path], Lesson], tmp_path: Path) -> None:
    data = stretch()
    lesson = open_lesson(write_lesson("asked", tmp_path))
    page: Any = lesson.page
    assert lesson.answer("second", "as right, like the first").startswith("Not yet. ")
    assert lesson.answer("second", "as a mistake").startswith("Right. As a mistake, ‖ duplicate")

    # By mouse: a turn twice, and a kick called a turn.
    page.get_by_label("Label", exact=True).select_option("turn")
    turn, kick = data["truth"][2], data["truth"][1]
    drag(page, data, turn["start"], turn["end"])
    assert lesson.values("asked")["intervals"][0]["start"] == pytest.approx(turn["start"], abs=0.1)
    drag(page, data, turn["start"], turn["end"])
    drag(page, data, kick["start"], kick["end"])
    # By keys: the time of the film, and where the interval starts and ends.
    now = page.locator("[data-key=now]")
    page.get_by_label("Label", exact=True).select_option("turn")
    for _ in range(2):
        now.press("PageDown")
    page.get_by_role("button", name="It starts now").press("Enter")
    assert lesson.says("asked").startswith("It starts at ")
    now.press("PageUp")
    page.get_by_role("button", name="It ends now").press("Enter")
    rows = lesson.values("asked")["intervals"]
    now.press("End")
    assert lesson.values("asked")["now"] == data["end"]
    now.press("Home")
    assert lesson.values("asked")["now"] == data["start"]
    assert len(rows) == 4 and rows[3]["end"] - rows[3]["start"] == pytest.approx(0.8, abs=0.02)
    page.locator("[data-key=end]").press("ArrowLeft")
    moved = lesson.values("asked")["intervals"][3]
    assert moved["end"] == pytest.approx(rows[3]["end"] - 0.08, abs=0.011)

    assert "4 intervals marked. Chosen: “turn”" in lesson.says("asked")
    # What the marks mean is not said before there are any; and the dots lie beside a short mark.
    assert "duplicate" not in page.locator(".gl-play").inner_text()
    mark = page.locator("rect.gl-chosen").bounding_box()
    start, end = (page.locator(f"[data-key={key}]").bounding_box() for key in ("start", "end"))
    assert start["x"] + start["width"] <= mark["x"] + 3
    assert end["x"] >= mark["x"] + mark["width"] - 3
    page.get_by_role("button", name="show the truth").click()
    assert "‖ duplicate" in page.locator(".gl-play table").inner_text()
    said = lesson.says("asked")
    assert "1 hit, 1 duplicate, 1 with a wrong label, 1 on background; 6 of 7" in said
    assert missed(lesson, data, 0.5) == 6
    page.get_by_role("link", name="a threshold of 0.3").click()
    assert f"{missed(lesson, data, 0.3)} of 7 actions missed" in lesson.says("asked")
    page.get_by_role("button", name="Remove it").click()
    assert len(lesson.values("asked")["intervals"]) == 3

    overlap = float(interval_iou(40.0, 50.0, 43.98, 46.5))
    assert lesson.answer("tiou", 2.52).startswith("Not yet. A tIoU is never above 1.")
    assert lesson.answer("tiou", overlap).startswith("Right. 0.252")
    assert lesson.answer("longest", 12).startswith("Not yet. With 12.0 s the tIoU is 0.33")
    assert lesson.answer("longest", 8).startswith("Right. 8.0 s")
    assert lesson.answer("missed", 0).startswith("Not yet. ")
    assert lesson.answer("missed", missed(lesson, data, 0.3)).startswith("Right. ")


def test_the_film_shows_the_time_that_is_set(
    open_lesson: Callable[[Path], Lesson], tmp_path: Path
) -> None:
    lesson = open_lesson(write_lesson("asked", tmp_path))
    page: Any = lesson.page
    lesson.answer("second", "as a mistake")
    page.get_by_role("link", name="Second 17").click()
    for _ in range(100):
        if page.evaluate("document.querySelector('video').currentTime") == pytest.approx(17):
            break
        page.wait_for_timeout(50)
    else:
        raise AssertionError("the film stands elsewhere")
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(1200)
    page.get_by_role("button", name="Pause").click()
    assert lesson.values("asked")["now"] > 17.2
