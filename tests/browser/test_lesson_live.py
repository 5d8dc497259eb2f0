"""Lesson 6 in a real JupyterLab: a training is begun, watched, paused and ended from the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import go_when_ready, write_notebook
from tests.browser.lesson import Lesson
from tests.browser.test_lab import IDLE, lab, run_python  # noqa: F401
from tests.browser.test_lab_lasting import RUN_CELL

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STEPS = 30
CODE = f"""
from gtan_viz.lessons import learning
learning.SETTINGS["training.iterations"] = {STEPS}
part = learning.part()
part
"""
THREADS = (
    "import threading; print([one.name for one in threading.enumerate() if 'lesson' in one.name])"
)
SIGMAS = (
    f"""
STEPS = {STEPS}
"""
    + """
import numpy as np
trace = part.run.trace()
def median(layer, step):
    found = trace.sigmas[layer][step, 0][trace.state[layer][step, 0] == 1]
    return f"{np.median(found):.2f}" if len(found) else "none"
print("; ".join(f"{layer + 1}: {median(layer, STEPS - 1)}" for layer in range(4)))
"""
)


def test_a_training_of_ones_own(
    lab: tuple[str, Path],  # noqa: F811
    browser: Any,
) -> None:
    address, log = lab
    write_notebook(log.parent / "work" / "notebooks" / "live.ipynb", CODE)
    page = browser.new_page(viewport={"width": 1200, "height": 1600})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    go_when_ready(page, address.replace("explore.ipynb", "live.ipynb"))
    page.wait_for_function(IDLE, timeout=60_000)
    page.evaluate(RUN_CELL, 0)
    lesson = Lesson(page)
    lesson.answer("bigger", "some wider, others narrower")

    # A threshold of which nothing was recorded, by key.
    panel = page.get_by_role("group", name="Train it here")
    slider = panel.get_by_role("slider", name="Foreground above")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert lesson.values("learning")["foreground"] == 0.7
    assert "nothing was recorded" in lesson.says("learning")

    # It moves by itself; it pauses while it trains, and the kernel answers meanwhile.
    button = panel.locator("button").first
    button.focus()
    page.keyboard.press("Enter")
    trains = "document.querySelector('.gl-live progress').value >= 2"
    page.wait_for_function(trains, timeout=120_000)  # torch is loaded first
    assert page.locator("[data-part=learning] .gl-says").get_attribute("aria-live") == "off"
    assert "2" in run_python(page, "print(1 + 1)")
    assert button.inner_text() == "Pause"
    page.keyboard.press("Enter")
    said = panel.locator(".gl-live-said")
    panel.get_by_text("Paused at step").wait_for(timeout=20_000)
    step = lesson.values("learning")["step"]
    assert said.inner_text() == f"Paused at step {step} of 100."
    assert lesson.says("learning").startswith(f"Step {step}: loss ")
    page.wait_for_timeout(700)  # a step more, if it were not paused
    assert panel.locator("progress").evaluate("one => one.value") == step

    # The recorded runs are there as before; then on, to the end.
    page.locator("[data-control='foreground=0.5']").click()
    assert lesson.says("learning").startswith(f"Step {step}: loss ")
    slider.fill("0.7")
    panel.get_by_role("button", name="as fast as it can").click()
    panel.get_by_role("button", name="Go on").click()
    panel.get_by_text("Done. ").wait_for(timeout=60_000)
    assert "loss jumped most at step" in said.inner_text()
    assert lesson.values("learning")["step"] == STEPS
    sigmas = run_python(page, SIGMAS).strip().splitlines()[-1]
    assert f"in cells: {sigmas}." in lesson.says("learning")

    # A cell that runs again ends what it began.
    panel.get_by_role("button", name="two steps a second").click()
    panel.get_by_role("button", name="Train it here").click()
    panel.get_by_role("button", name="Start anew").wait_for()
    page.evaluate(RUN_CELL, 0)
    page.wait_for_function(IDLE, timeout=60_000)
    for _ in range(100):
        if "[]" in run_python(page, THREADS):
            break
        page.wait_for_timeout(200)
    else:
        raise AssertionError("it trains on")
    assert not problems
    page.close()
