"""Notebooks turned into HTML: every figure is drawn, with no network and no variable set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import plotly.io as pio
import pytest

import gtan_viz
from gtan.experiments.notebooks import run_notebook

COMPARE = Path(__file__).parents[3] / "notebooks" / "pipelines" / "compare.ipynb"
DRAWN = """() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => ({
  title: plot.layout.title.text,
  drawn: plot.querySelector('.main-svg').getBoundingClientRect().height > 100,
}))"""


def test_outside_jupyter_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pio.renderers.default
    gtan_viz.show_in_exports()
    assert pio.renderers.default == before
    monkeypatch.setattr(pio.renderers, "_default_name", "colab", raising=False)
    gtan_viz.show_in_exports()
    assert "gtan_html" not in str(pio.renderers.default)


@pytest.mark.browser
def test_an_exported_notebook_shows_its_figures(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLOTLY_RENDERER", raising=False)
    executed = run_notebook(
        COMPARE, tmp_path / "out.ipynb", {"resamples": 5, "recordings": 1}, progress=False
    )
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", str(executed)],
        check=True, capture_output=True, env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    context = browser.new_context(viewport={"width": 1000, "height": 900}, offline=True)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(executed.with_suffix(".html").as_uri())
    page.wait_for_function("document.querySelectorAll('.main-svg').length > 8")
    plots = page.evaluate(DRAWN)
    titles = [plot["title"] for plot in plots]
    assert len(plots) == 7 and all(plot["drawn"] for plot in plots), plots
    assert "AP of each label: example" in titles
    context.close()
    assert not faults
