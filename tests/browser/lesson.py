"""A lesson's page, driven from disk with the network off."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gtan_viz.lessons.page import lesson_page


class Lesson:
    """The page of a lesson."""

    def __init__(self, page: Any) -> None:
        self.page = page
        page.locator(".gtan-lesson[data-part]").first.wait_for()

    def values(self, part: str) -> dict[str, Any]:
        """What the reader has set."""
        found: dict[str, Any] = self.page.evaluate(
            "(part) => document.querySelector(`[data-part=${part}]`).lesson.store.state.values",
            part,
        )
        return found

    def says(self, part: str) -> str:
        """The picture's sentence."""
        self._draw()
        return str(self.page.locator(f"[data-part={part}] .gl-says").inner_text())

    def _draw(self) -> None:
        """What has changed is on screen, without waiting for a frame."""
        script = (
            "document.querySelectorAll('[data-part]').forEach((one) => one.lesson.store.flush())"
        )
        self.page.evaluate(script)

    def answer(self, question: str, given: float | str) -> str:
        """Answer it, by a number or the text of a choice; returns what is said to it."""
        form = self.page.locator(f"[data-question={question}]")
        if isinstance(given, str):
            form.get_by_text(given, exact=True).click()
        else:
            form.locator("input").fill(f"{given:g}")
        form.locator("button[type=submit]").click()
        self._draw()
        return str(form.locator(".gl-said").inner_text())


@cache
def _page_of(name: str) -> bytes:
    """Written once: the tests of a lesson share it."""
    with TemporaryDirectory() as folder:
        return lesson_page(name, Path(folder) / "page.html").read_bytes()


def write_lesson(name: str, folder: Path) -> Path:
    """The page of a lesson, which must not be larger than it may."""
    path = folder / f"{name}.html"
    path.write_bytes(_page_of(name))
    limit = 6e6 if b'"video"' in path.read_bytes() else 3e6
    assert path.stat().st_size <= limit
    return path
