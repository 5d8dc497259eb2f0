"""The signal above the timeline: channels by name, and what they were at the pointer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan.runs.explanation import Explanation
from tests.browser.test_saved_picture import saved_words
from tests.gtan_viz.conftest import make_explanation

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
Write = Callable[..., Path]


def sensors() -> Explanation:
    """Five samples a second of an accelerometer and a gyroscope, over 20 s."""
    found = make_explanation()
    samples = np.arange(600).reshape(100, 6) / 100
    found.arrays["signal"] = samples.astype(np.float16)
    names = [f"{kind} {axis} ({unit})" for kind, unit in (("acc", "g"), ("gyro", "rad/s"))
             for axis in "xyz"]  # fmt: skip
    found.header["signal"] = {"rate": 5.0, "names": names}
    return found


def test_the_pointer_says_time_and_values(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(sensors()))
    canvas = window.page.get_by_label("Signal: acc (g) x, y, z; gyro (rad/s) x, y, z")
    box = canvas.bounding_box()
    width = box["width"] - 168 - 12
    canvas.hover(position={"x": 168 + width * (10.05 / 20), "y": 20})
    said = window.text(".gx-tip")
    assert said.startswith("10.0")
    # sample 50: 3.00 to 3.05
    assert "acc x 3.00, y 3.01, z 3.02 g; gyro x 3.03, y 3.04, z 3.05 rad/s" in said
    window.page.mouse.move(5, 5)
    assert window.page.locator(".gx-tip").is_hidden()


def test_channels_have_their_names_beside_them(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(sensors()))
    words = saved_words(window).split(" | ")
    assert words.count("x") == words.count("y") == words.count("z") == 2
    assert {"acc (g)", "gyro (rad/s)"} <= set(words)
