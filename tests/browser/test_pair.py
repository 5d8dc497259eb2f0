"""Two runs in one page: one time axis, playhead and selection; steps and what-ifs each its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import gtan_viz
from tests.browser.conftest import write_run
from tests.gtan_viz.conftest import make_explanation
from tests.videos import write_video

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
# The lower run finds the second action a little later, and not the first.
LOWER = ((1, 8.5, 12.0, 0.7), (2, 12.0, 15.0, 0.5))


def runs(folder: Path) -> list[Path]:
    upper = [make_explanation(recording=name) for name in ("made", "second", "only above")]
    lower = [make_explanation(recording=name, detections=LOWER) for name in ("made", "second")]
    lower = [replace(one, header={**one.header, "step": 90}) for one in lower]
    return [write_run(folder / "fixed", upper, None), write_run(folder / "learned", lower, None)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return gtan_viz.page(runs(tmp_path), tmp_path / "two.html")


class Pair:
    """Both parts of a page that is open."""

    def __init__(self, window: Any) -> None:
        self.window, self.page = window, window.page

    def part(self, which: int) -> Any:
        return self.page.locator(".gtan-explorer").nth(which)

    def state(self, which: int, expression: str) -> Any:
        return self.page.evaluate(
            "(() => { const { state } = document.querySelectorAll('.gtan-explorer')"
            f"[{which}].explorer; return {expression}; }})()"
        )

    def both(self, expression: str) -> list[Any]:
        return [self.state(which, expression) for which in (0, 1)]

    def click(self, which: int, time: float, label: int, below: float) -> None:
        """On the timeline, pixels below the top of a class's row."""
        canvas = self.part(which).get_by_label("Timeline: truth and detections")
        wide = canvas.bounding_box()["width"] - 168 - 12
        low, high = self.state(which, "state.view")
        top = self.state(which, f"state.rows.find((row) => row.label === {label}).top")
        x = 168 + wide * (time - low) / (high - low)
        canvas.click(position={"x": x, "y": 18 + top + below})
        self.page.wait_for_timeout(200)


@pytest.fixture
def pair(open_page: Open, path: Path) -> Pair:
    return Pair(open_page(path))


def test_each_part_carries_its_runs_name(pair: Pair) -> None:
    assert pair.page.locator(".gx-run-name").all_inner_texts() == ["fixed", "learned"]
    assert [pair.part(n).get_attribute("aria-label") for n in (0, 1)] == [
        "GTAN explorer of fixed",
        "GTAN explorer of learned",
    ]
    offered = pair.page.get_by_label("Recording", exact=True).locator("option")
    assert offered.all_inner_texts() == ["made", "second"]  # what both have
    assert pair.both("state.step") == [60, 90]
    assert pair.page.get_by_label("Recording", exact=True).count() == 1


def test_one_zoom_from_either_part(pair: Pair) -> None:
    pair.part(0).focus()
    pair.window.key("+", "+")
    upper, lower = pair.both("state.view")
    assert upper == lower and upper[1] - upper[0] < 0.5 * pair.state(0, "state.scene.duration")
    pair.part(1).focus()
    pair.window.key("Shift+ArrowRight")
    assert pair.state(0, "state.view") == pair.state(1, "state.view") != upper
    box = pair.part(1).get_by_label("Timeline: truth and detections").bounding_box()
    pair.page.mouse.move(box["x"] + 400, box["y"] + 40)
    pair.page.mouse.down()
    pair.page.mouse.move(box["x"] + 300, box["y"] + 40, steps=4)
    pair.page.mouse.up()
    pair.page.wait_for_timeout(100)
    views = pair.both("state.view")
    assert views[0] == views[1]
    # And the pictures stand under each other: the same second at the same pixel.
    lefts = [
        pair.part(n).get_by_label("Timeline: truth and detections").bounding_box() for n in (0, 1)
    ]
    assert [lefts[0]["x"], lefts[0]["width"]] == [lefts[1]["x"], lefts[1]["width"]]


def test_one_selection_from_either_part(pair: Pair) -> None:
    pair.click(1, 10.0, 1, 14)  # the lower one's second action
    assert pair.state(1, "[state.focus.start, state.focus.end]") == [8.5, 12.0]
    assert pair.state(0, "[state.focus.start, state.focus.end]") == [8.0, 10.0]
    pair.click(0, 2.0, 0, 14)  # what the lower one has not: its seconds are marked
    start, end = pair.state(0, "[state.focus.start, state.focus.end]")
    assert pair.state(1, "state.focus") is None
    assert pair.state(1, "state.band") == [start, end]
    pair.part(1).get_by_label("Kernels of every anchor layer").focus()
    pair.window.key("ArrowRight")
    assert pair.state(0, "state.focus.key") == pair.state(1, "state.focus.key")
    pair.window.key("Escape")
    assert pair.both("state.selection") == [None, None]


def test_a_missed_action_is_asked_of_both(pair: Pair) -> None:
    pair.click(0, 3.0, 0, 4)  # the truth, which only the upper one finds
    assert pair.both("state.chosenTruth") == [0, 0]
    assert pair.both("state.missed.by >= 0") == [True, False]
    titles = pair.page.locator(".gx-why h2").all_inner_texts()
    assert titles == ["An action that was found", "Why did it not fire?"]


def change_xi(pair: Pair, which: int) -> None:
    pair.part(which).locator("input[data-key=xi]").focus()
    pair.page.keyboard.press("PageDown")
    pair.page.wait_for_timeout(200)


def test_what_ifs_are_each_ones_own(pair: Pair) -> None:
    change_xi(pair, 1)
    assert pair.both("state.whatif !== null") == [False, True]
    badges = pair.page.locator(".gx-badge").all_inner_texts()
    assert badges == ["As learned", "what-if"]
    # By what they are judged is one for both.
    pair.part(0).locator("input[data-key=tiou]").focus()
    pair.page.keyboard.press("ArrowRight")
    pair.page.wait_for_timeout(100)
    upper, lower = pair.both("state.tiou")
    assert upper == lower != 0.5


def test_one_recording(pair: Pair) -> None:
    pair.page.get_by_label("Recording", exact=True).select_option(label="second")
    pair.page.wait_for_timeout(500)
    assert pair.both("state.recording") == ["second", "second"]
    assert pair.both("state.step") == [60, 90]
    assert pair.state(0, "state.view") == pair.state(1, "state.view")


def test_the_link_brings_both_back(pair: Pair, open_page: Open, path: Path) -> None:
    pair.page.get_by_label("Recording", exact=True).select_option(label="second")
    pair.page.wait_for_timeout(500)
    pair.part(1).focus()
    pair.window.key("+", "n")
    change_xi(pair, 1)
    pair.page.wait_for_timeout(500)
    link = "#" + pair.page.url.partition("#")[2]
    wanted = "[state.recording, state.view, state.settings, state.selection, state.step]"
    before = pair.both(wanted)
    assert before[1][2]["xi"] and before[0][2] == {}
    again = Pair(open_page(path, link))
    again.page.wait_for_timeout(500)
    for one, other in zip(before, again.both(wanted), strict=True):
        assert one[1] == pytest.approx(other[1], rel=1e-5)
        assert [one[0], *one[3:]] == [other[0], *other[3:]]
    assert again.state(1, "state.settings.xi") == pytest.approx(before[1][2]["xi"], rel=1e-5)
    broken = open_page(path, re.sub(r"other=[^&]*", 'other={"settings":3,"layer":"x"}', link))
    assert not broken.problems


def test_one_playhead(open_page: Open, tmp_path: Path) -> None:
    video = write_video(tmp_path / "v.mp4", 20)
    path = gtan_viz.page(runs(tmp_path), tmp_path / "two.html", video=video)
    pair = Pair(open_page(path))
    assert pair.page.locator("video:visible").count() == 1
    pair.page.wait_for_timeout(600)
    pair.click(1, 17.0, 1, 14)  # nothing is there: the video goes to that time
    times = pair.both("state.time")
    assert times[0] == times[1] == pytest.approx(17.0, abs=0.2)
    for part in (0, 1):
        assert pair.part(part).locator(".gx-cursor:visible").count() >= 2
    pair.part(1).focus()
    pair.window.key("Space")
    pair.page.wait_for_timeout(700)
    pair.window.key("Space")
    times = pair.both("state.time")
    assert times[0] == times[1] > 17.2


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_screen_needs_a_horizontal_bar(open_page: Open, path: Path, width: int) -> None:
    window = open_page(path)
    window.page.set_viewport_size({"width": width, "height": 740})
    window.page.wait_for_timeout(300)
    assert window.page.evaluate("document.documentElement.scrollWidth") <= width
