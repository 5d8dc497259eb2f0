"""The diagnosis in a real JupyterLab: a click on a bar lists its recordings and opens one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import go_when_ready, write_notebook
from tests.browser.test_lab import IDLE, lab  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CODE = """
import pandas as pd
import gtan_viz
from gtan.evaluation import diagnose, evaluate_detections

columns = ["video", "label", "start", "end"]
rows = [("v", "run", 0, 4), ("w", "run", 0, 6), ("w", "jump", 9, 12)]
truth = pd.DataFrame(rows, columns=columns)
found = truth.assign(label=["run", "jump", "run"], score=[0.9, 0.8, 0.7])
gtan_viz.browse_diagnosis(diagnose(evaluate_detections(truth, found, tiou=[0.5])))
"""


def test_a_bar_leads_to_its_recordings(
    lab: tuple[str, Path],  # noqa: F811
    browser: Any,
) -> None:
    address, log = lab
    write_notebook(log.parent / "work" / "notebooks" / "diagnosis.ipynb", CODE)
    page = browser.new_page(viewport={"width": 1500, "height": 2200})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    go_when_ready(page, address.replace("explore.ipynb", "diagnosis.ipynb"))
    page.wait_for_function(IDLE, timeout=60_000)
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    what, part = (page.locator(".widget-dropdown select").nth(number) for number in (0, 1))
    what.wait_for(timeout=60_000)
    assert "0 detections in 0 recordings" in page.locator(".widget-html").inner_text()

    # The third kind of bar is "wrong label"; its first group is among the best G.
    bar = page.locator(".js-plotly-plot .trace.bars").nth(2).locator(".point path").first
    bar.wait_for(timeout=20_000)
    box = bar.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.wait_for_timeout(300)
    page.mouse.click(*middle)
    page.get_by_text("Timeline of w").first.wait_for(timeout=20_000)
    assert (what.input_value(), part.input_value()) == ("wrong label", "1G")
    recordings = page.locator(".widget-select option").all_inner_texts()
    assert [text.split() for text in recordings] == [["w", "(2)"]]

    # And by keyboard alone.
    what.focus()
    page.keyboard.press("Home")
    page.get_by_text("Timeline of v").first.wait_for(timeout=20_000)
    assert what.input_value() == "true positive"
    assert not problems
    page.close()
