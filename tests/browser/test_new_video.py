"""`gtan detect VIDEO --page`: a video that no browser plays, shown with the network off."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from gtan.cli import main
from tests.gtan.video.test_decoding import write
from tests.videos import READ

pytestmark = pytest.mark.browser
FPS = Fraction(25, 2)


def test_a_page_of_a_new_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_page: Callable[..., Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("holiday.avi"), "mpeg4", range(250), 1 / FPS)
    assert main(["detect", "holiday.avi", "--at", "all", "--page", "holiday.html"]) == 0
    window = open_page(tmp_path / "holiday.html")
    window.until("document.querySelector('.gx-picture').readyState >= 2")
    assert window.state("state.recording") == "holiday"
    chips = window.page.locator(".gx-origin:visible")
    assert chips.all_inner_texts() == ["new"]  # not synthetic, as the run's own films are
    assert "truth is not known" in window.text(".gtan-explorer")
    for time in (3.0, 12.2):  # what is on show then in the file itself
        window.page.evaluate(
            f"document.querySelector('.gx-picture').currentTime = {time + 0.5 / float(FPS)}"
        )
        window.page.wait_for_timeout(400)
        assert abs(window.page.evaluate(READ) - int(time * FPS)) <= 1
    assert not window.problems
