"""Lesson 7 on its page: offsets, duplicates, average precision; its answers are gtan's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan.evaluation.matching import Intervals, match_detections
from gtan.evaluation.precision import average_precision
from gtan.softnms import soft_nms
from gtan_viz.lessons.precision import ranking
from tests.browser.lesson import Lesson, write_lesson

pytestmark = pytest.mark.browser
Open = Callable[[Path], Lesson]
B = np.array([[10.0, 20.0], [11.0, 20.0]])  # A, and B at tIoU 0.9 with it


@pytest.fixture
def lesson(open_lesson: Open, tmp_path: Path) -> Lesson:
    return open_lesson(write_lesson("detections", tmp_path))


def drag(page: Any, key: str, by: float) -> None:
    dot = page.locator(f"[data-key={key}]")
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 8 + by, box["y"] + 8, steps=4)
    page.mouse.up()


def test_offsets(lesson: Lesson) -> None:
    page: Any = lesson.page
    assert lesson.answer("nothing", "it has no width").startswith("Not yet. ")
    assert lesson.answer("nothing", "just as wide").startswith("Right. ")
    letters = page.locator("[data-part=detections] .gl-legend").inner_text()
    assert all(letter in letters for letter in ("a_c", "a_w", "φ_c", "φ_w", "δ_c", "δ_w"))
    page.get_by_role("link", name="one whole width to the right").click()
    assert "lasts from 26.0 to 34.0 s" in lesson.says("detections")
    drag(page, "center", -30)
    assert lesson.values("detections")["deltaCenter"] < 0.9
    page.locator("[data-key=end]").focus()
    page.keyboard.press("PageUp")
    assert lesson.values("detections")["deltaWidth"] == pytest.approx(np.log(12 / 8), abs=0.01)
    assert lesson.answer("center", 4).startswith("Not yet. With δc = 4.00 the middle is at 54.0 s")
    assert lesson.answer("center", (26 - 22) / 8).startswith("Right. 0.50")
    assert lesson.answer("width", 1.5).startswith("Not yet. With δw = 1.50 it lasts 35.9 s")
    assert lesson.answer("width", float(np.log(12 / 8))).startswith("Right. 0.405")


def test_duplicates(lesson: Lesson) -> None:
    page: Any = lesson.page
    assert lesson.answer("copy", "it deletes B").startswith("Not yet. ")
    assert lesson.answer("copy", "it lowers B's score").startswith("Right. ")
    page.get_by_role("link", name="pick A").click()
    _, scores = soft_nms(B, np.array([0.95, 0.9]), np.zeros(2, int), 0.2, 0.8, None)
    assert f"It lowers B (tIoU 0.90) to {scores[1]:.2f}" in lesson.says("duplicates")
    drag(page, "start", 60)
    assert lesson.values("duplicates")["start"] > 14
    page.locator("[data-key=start]").focus()
    page.keyboard.press("PageUp")
    assert lesson.values("duplicates")["start"] > 17

    xi = 0.81 / np.log(9)
    for near, is_under in ((xi - 1e-3, True), (xi + 1e-3, False)):
        _, faded = soft_nms(B, np.array([1.0, 0.9]), np.zeros(2, int), 0.0, near, None)
        assert bool(faded[1] < 0.1) is is_under
    assert "ξ must be smaller" in lesson.answer("xi", 0.8)
    assert lesson.answer("xi", float(xi)).startswith("Right. ξ = 0.369")

    pile = np.array([10, 20, 11, 20, 9, 21, 19, 25, 31, 37.0]).reshape(5, 2)
    before = np.array([0.95, 0.9, 0.7, 0.6, 0.5])
    picks, after = soft_nms(pile, before, np.zeros(5, int), 0.2, 0.8, None)
    same = sorted("ABCDE"[i] for i, now in zip(picks, after, strict=True) if now == before[i])
    assert same == ["A", "D", "E"]
    assert lesson.answer("kept", "only E").startswith("Not yet. ")
    assert lesson.answer("kept", "D and E").startswith("Right. D and E")
    assert lesson.answer("faded", 0.9).startswith("Not yet. ")
    assert lesson.answer("faded", float(scores[1])).startswith(f"Right. {scores[1]:.3f}")


def judged(threshold: float, count: int | None = None) -> tuple[int, float]:
    """Hits and average precision of the ranking, by gtan."""
    data = ranking()
    found = np.array([[one["start"], one["end"]] for one in data["detections"]])[:count]
    truth = np.array([[one["start"], one["end"]] for one in data["truth"]])
    matched = match_detections(
        Intervals(np.zeros(len(found), int), found),
        Intervals(np.zeros(len(truth), int), truth),
        [threshold],
    )
    hit = matched.ravel() >= 0
    once = np.ones((1, len(hit)), int)
    return int(hit.sum()), float(average_precision(hit, once, np.array([len(truth)]), True)[0])


def test_average_precision(lesson: Lesson) -> None:
    page: Any = lesson.page
    assert lesson.answer("false", "at the end").startswith("Not yet. ")
    reached = [
        float(average_precision(np.array(hit), np.ones((1, 3), int), np.array([2]), True)[0])
        for hit in ([False, True, True], [True, False, True], [True, True, False])
    ]
    said = lesson.answer("false", "at the top")
    assert said.startswith(
        "Right. At the top it leaves {:.2f}, between them {:.2f}".format(*reached)
    )
    page.get_by_role("link", name="the same at 0.7").click()
    hits, average = judged(0.7)
    assert f"{hits} hits, of 2 truths" in lesson.says("precision")
    assert f"the average precision so far is {average:.3f}" in lesson.says("precision")
    assert not page.locator("[data-part=precision] .gl-legend").count()
    page.get_by_role("link", name="a false alarm, then two hits").click()
    assert f"precision so far is {reached[0]:.3f}" in lesson.says("precision")
    raised = page.locator("[data-part=precision] .gl-legend").inner_text()
    assert raised == (
        "Hit 2 has the precision 0.50; further down, at 3, it is 0.67, so that is taken."
    )
    page.get_by_role("link", name="the same at 0.7").click()
    assert f"{hits} hits, of 2 truths" in lesson.says("precision")
    page.locator("input[data-control=seen]").focus()
    page.keyboard.press("ArrowLeft")
    assert lesson.values("precision")["seen"] == 7
    assert lesson.answer("five", 4).startswith("Not yet. ")
    assert lesson.answer("five", judged(0.7, 5)[0]).startswith("Right. ")
    assert lesson.answer("average", 0.9).startswith("Not yet. ")
    assert lesson.answer("average", average).startswith(f"Right. {average:.3f}")
    assert average < judged(0.5)[1]  # the threshold matters
    assert judged(0.5)[1] == judged(0.5, 2)[1] == 1
    assert lesson.answer("tail", "they lower it").startswith("Not yet. ")
    assert lesson.answer("tail", "nothing").startswith("Right. ")
