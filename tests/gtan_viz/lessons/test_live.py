"""A training in a thread: it goes on, pauses, ends, and says what went wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gtan.files import write_bytes
from gtan.settings import Settings
from gtan_viz.explorer import cells
from gtan_viz.lessons import live
from gtan_viz.lessons.live import LivePart

CHOICE = {"foreground": 0.7, "unit": "truth", "gradient": "flow"}


class Counted(list[int]):
    """As many steps as were made."""

    def told(self) -> dict[str, Any]:
        return {"loss": list(self)}


class Page:
    """A part, and what its page hears of it."""

    def __init__(self, steps: int = 5, fault: Exception | None = None) -> None:
        self.heard: list[dict[str, Any]] = []
        self.news = threading.Condition()

        def train(choice: Any, folder: Path, on_step: Callable[[Any], None]) -> None:
            write_bytes(folder / "settings.json", Settings().to_json().encode())
            made = Counted()
            for step in range(steps):
                made.append(step)
                on_step(made)
            if fault:
                raise fault

        self.part = LivePart(train, lesson="learning", part="learning")
        self.part.send = self.hear

    def hear(self, message: dict[str, Any], *_: Any) -> None:
        with self.news:
            self.heard.append(message)
            self.news.notify_all()

    def say(self, act: str, **more: Any) -> None:
        self.part._handle_custom_msg({"do": act, **more}, [])

    def until(self, status: str, steps: int = 0) -> dict[str, Any]:
        """Wait for this status, and so many steps."""

        def found() -> dict[str, Any] | None:
            for one in reversed(self.heard):
                if one["status"] == status and (not steps or len(one["runs"][-1]["loss"]) >= steps):
                    return one
            return None

        with self.news:
            assert self.news.wait_for(found, 10), self.heard
        return found() or {}

    def rest(self) -> None:
        """Wait until its last training has said its last word."""
        last = self.part._all[-1]
        last._thread.join(10)
        assert not last._thread.is_alive()


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for one in live._going:
        one.end()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


def test_it_trains_to_its_end() -> None:
    page = Page()
    page.say("tell")
    assert page.heard == [{"status": "", "problem": "", "runs": []}]
    assert page.part.run is None
    page.say("start", choice=CHOICE, pace=0)
    assert page.until("done", 5)["runs"] == [{"loss": [0, 1, 2, 3, 4]}]
    run = page.part.run
    assert run is not None and run.path.name.endswith("0.7-truth-flow")
    page.rest()
    page.heard.clear()
    page.say("start", choice=CHOICE, pace=0)
    page.until("done", 5)
    page.rest()  # it is done before it says so
    page.heard.clear()
    page.say("tell")  # opened once more: all that was trained
    assert len(page.heard[0]["runs"]) == 2
    again = page.part.run
    assert again is not None and again.path != run.path


def test_a_training_tells_of_itself_however_fast_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", threading.Thread.run)  # over before one looks
    page = Page()
    for _ in range(2):
        page.heard.clear()
        page.say("start", choice=CHOICE, pace=0)
        assert [one["status"] for one in page.heard] == ["training", "done", "done"]
        assert page.heard[0]["runs"] == [{"loss": [0]}]


def test_what_is_sent_last_is_what_is_so(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page()
    begun, hear = threading.Event(), page.hear

    def slow(message: dict[str, Any], *_: Any) -> None:
        if message["status"] == "loading":  # made; meanwhile the training comes to its end
            begun.set()
            page.part._all[-1]._thread.join(0.3)
        hear(message)

    def train(_: Any, folder: Path, on_step: Callable[[Any], None]) -> None:
        begun.wait(10)
        on_step(Counted([0]))

    monkeypatch.setattr(page.part, "send", slow)
    monkeypatch.setattr(page.part, "_train", train)
    page.say("start", choice=CHOICE, pace=0)
    page.rest()
    assert [one["status"] for one in page.heard] == ["loading", "training", "done"]


def test_it_pauses_and_goes_on() -> None:
    page = Page(steps=3)
    page.say("start", choice=CHOICE, pace=3600)
    page.until("training", 1)
    page.say("pause")
    page.until("paused", 1)
    page.say("pace", pace=0)
    page.heard.clear()
    page.say("go")
    page.until("done", 3)


def test_who_trains_anew_ends_what_trained_and_so_does_a_cell_that_runs_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cells, "_made", {})
    monkeypatch.setattr(cells, "running_cell", lambda: ("cell", "first", []))
    page, other = Page(), Page()
    page.say("start", choice=CHOICE, pace=3600)
    page.until("training", 1)
    page.say("pause")
    other.say("start", choice=CHOICE, pace=3600)
    page.until("ended", 1)
    other.until("training", 1)
    monkeypatch.setattr(cells, "running_cell", lambda: ("cell", "second", []))
    Page()
    assert other.part.comm is None
    other.until("ended", 1)


def test_what_goes_wrong_is_a_sentence() -> None:
    page = Page(fault=ValueError("setting loss.foreground = 2:\n  must be below 1"))
    page.say("start", choice=CHOICE, pace=0)
    said = page.until("failed")
    assert said["problem"] == "setting loss.foreground = 2: must be below 1"
    page = Page(fault=ImportError("No module named 'torch'"))
    page.say("start", choice=CHOICE, pace=0)
    assert page.until("failed")["problem"] == "ImportError: No module named 'torch'"


def test_it_waits_when_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SILENCE", -1.0)
    page = Page()
    page.say("start", choice=CHOICE, pace=0)
    page.until("paused", 1)
    monkeypatch.setattr(live, "SILENCE", 20.0)
    page.say("go")
    page.until("done", 5)

    monkeypatch.setattr(live, "LONGEST", 0.0)
    page.heard.clear()
    page.say("start", choice=CHOICE, pace=3600)
    page.until("training", 1)
    page.say("pause")
    page.until("ended", 1)
