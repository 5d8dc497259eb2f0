"""The training in the explorer: what stays on screen while it plays, and what is marked."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan.runs.explanation import Explanation
from gtan.runs.trace import Trace
from gtan_viz.figures.sigma_map import sigma_map
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


def test_heat_maps_agree_with_the_figure(open_page: Open, write_page: Write) -> None:
    window = open_training(open_page, write_page)
    axis = sigma_map(grown_trace()).layout.coloraxis
    for layer in (1, 2):
        assert window.state(f"state.layer === {layer}")
        ends = window.state("[state.heat.low, state.heat.high].map(Math.log10)")
        assert ends == pytest.approx([axis.cmin, axis.cmax], abs=1e-5)
        window.key("PageDown")


def test_steps_are_a_slider_that_says_what_was_kept(open_page: Open, write_page: Write) -> None:
    window = open_training(open_page, write_page)
    page = window.page
    assert page.get_by_role("combobox").count() == 2  # recording and window
    slider = page.get_by_role("slider", name="Training step")
    assert slider.get_attribute("aria-valuetext") == "step 60, everything was kept"
    slider.focus()
    window.key("ArrowLeft")
    window.until("state.step === 50 && state.gliding")
    assert slider.get_attribute("aria-valuetext").startswith("step 50, only sigmas were kept")
    assert window.text(".gx-steps .gx-where") == "step 50"
    window.key("Home")
    window.until("state.step === 0")
    page.get_by_role("button", name="Later step with everything").click()
    window.until("state.step === 20 && !state.gliding")
    assert page.get_by_role("button", name="Earlier step with everything").is_disabled()
    dots = page.locator(".gx-steps .gx-dots i:not(.gx-diamond)")
    assert dots.count() == 2


def test_events_of_the_training_are_named(open_page: Open, write_page: Write) -> None:
    trace = grown_trace()
    trace.mixed[0][:] = np.array([0, 0, 1, 1, 6, 6, 2]).reshape(-1, 1)
    window = open_page(write_page(at_step(60), trace=trace))
    said = window.page.locator(".gx-event").all_inner_texts()
    rows = window.state("state.traced[1] - state.traced[0]")
    assert f"step 20: the first {rows} mixed kernels" in said
    jump = f"step 40: mixed kernels jump from {rows} to {6 * rows}, most in layer 1"
    assert jump in said
    assert f"step 60: mixed kernels drop from {6 * rows} to {2 * rows}, most in layer 1" in said
    window.page.get_by_role("button", name=jump).click()
    window.until("state.step === 40")
    assert window.page.locator(".gx-event[aria-current]").inner_text() == jump
    slider = window.page.get_by_role("slider", name="Place in the training")
    assert jump.partition(": ")[2] in slider.get_attribute("aria-valuetext")
    assert window.page.locator(".gx-player .gx-diamond").count() == len(said)
