"""The training in the explorer: what stays on screen while it plays, and what is marked."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan.runs.explanation import Explanation
from gtan.runs.trace import Trace
from tests.gtan_viz.conftest import make_explanation, make_trace

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
Write = Callable[..., Path]

STEPS = (0, 10, 20, 30, 40, 50, 60)


def at_step(step: int, **changes: Any) -> Explanation:
    """An Explanation of the middle, or the end, of a made-up training."""
    found = make_explanation(**changes)
    return replace(found, header={**found.header, "step": step})


def grown_trace(last: float = 2.0) -> Trace:
    """Sigmas grow to `last` cells, so that neighbours merge at some step."""
    trace = make_trace(steps=STEPS)
    for sigmas in trace.sigmas:
        sigmas[:] = np.linspace(0.5, last, len(STEPS)).reshape(-1, 1, 1)
    return trace


def open_training(open_page: Open, write_page: Write) -> Any:
    """Everything was kept at steps 20 and 60; at 20 there is one detection."""
    first = at_step(20, detections=((1, 8.0, 10.0, 0.6),))
    window = open_page(write_page(at_step(60), first, trace=grown_trace()))
    window.page.get_by_label("Kernels of every anchor layer").focus()
    return window


def test_detections_and_reasons_stay_at_every_step(open_page: Open, write_page: Write) -> None:
    window = open_training(open_page, write_page)
    assert window.state("state.step") == 60
    for key, step, told in (("[", 50, 60), ("[", 40, 60), ("[", 30, 20), ("{", 20, 20)):
        window.key(key)
        window.until(f"state.step === {step} && state.told.header.step === {told}")
        assert window.state("state.toldScene.detections.count") == (4 if told == 60 else 1)
        note = "" if step == told else f"dotted: detections of step {told}, the nearest"
        said = window.text(".gx-ghost")
        assert said.startswith(note) and bool(said) == bool(note)
        assert window.page.locator(".gx-why-body").is_visible()
        assert window.text(".gx-story p") != ""
        assert window.page.locator(".gx-counts").is_visible()


def test_a_click_on_the_training_keeps_the_panels(open_page: Open, write_page: Write) -> None:
    window = open_training(open_page, write_page)
    canvas = window.page.get_by_label("Sigma of every cell over training")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    height = box["height"] - 16 - 4
    canvas.click(position={"x": 168 + 300, "y": 4 + height * (4.5 / len(STEPS))})
    window.until("state.step === 40 && state.gliding")
    assert window.state("state.focus.layer === 1 && state.toldFocus.row >= 0")
    assert window.text(".gx-story").startswith("Of step 60, the nearest with everything")
    assert window.page.locator(".gx-why-body").is_visible()
    assert window.number("σ") != ""


def test_mixed_kernels_come_while_the_training_plays(open_page: Open, write_page: Write) -> None:
    window = open_training(open_page, write_page)
    for key, step in (("{", 20), ("[", 10), ("[", 0)):
        window.key(key)
        window.until(f"state.step === {step}")
    assert window.text(".gx-grouping").startswith("0 mixed kernels")
    assert "(step 20)" in window.text(".gx-grouping")
    window.page.get_by_role("button", name="Play the training").click()
    window.until("state.playing && state.scene.layers[0].mixedCount > 0")
    window.until("!state.playing")
    assert window.state("state.step") == 60
    assert window.state("!state.scene.traced")
