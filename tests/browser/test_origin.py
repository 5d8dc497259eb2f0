"""Beside a recording stands whether the network has learned from it, and whether it is made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gtan_viz.explorer.page import page
from tests.browser.conftest import write_run
from tests.gtan_viz.conftest import make_explanation

pytestmark = pytest.mark.browser
WORDS = {
    "train": "learned from",
    "validation": "used to choose",
    "test": "never learned from",
    "new": "new",
}


def test_every_recording_says_what_it_was_for(
    tmp_path: Path, open_page: Callable[..., Any]
) -> None:
    made = make_explanation()
    files = [
        replace(made, header={**made.header, "recording": subset, "subset": subset})
        for subset in WORDS
    ]
    window = open_page(page(write_run(tmp_path / "run", files, None), tmp_path / "p.html"))
    chips = window.page.locator(".gx-origin:visible")
    for subset, word in WORDS.items():
        window.page.get_by_label("Recording", exact=True).select_option(label=subset)
        window.until(f"state.opened.header.recording === '{subset}'")
        window.page.wait_for_timeout(100)
        assert chips.all_inner_texts() == [word]
        assert chips.first.get_attribute("title")
    assert not window.problems


def test_films_of_the_world_are_called_synthetic(
    tmp_path: Path, open_page: Callable[..., Any], example: Any, example_recording: str
) -> None:
    window = open_page(page(example, tmp_path / "p.html", [example_recording]))
    chips = window.page.locator(".gx-origin:visible")
    assert chips.all_inner_texts() == ["never learned from", "synthetic"]
