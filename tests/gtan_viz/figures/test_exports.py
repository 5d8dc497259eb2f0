"""Notebooks turned into HTML: every figure is drawn, with no network and no variable set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import papermill
import plotly.io as pio
import pytest

import gtan_viz
from gtan.experiments.notebooks import run_notebook

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
DRAWN = """() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => ({
  title: plot.layout.title.text,
  drawn: plot.querySelector('.main-svg').getBoundingClientRect().height > 100,
}))"""


def test_outside_jupyter_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pio.renderers.default
    gtan_viz.show_in_exports()
    assert pio.renderers.default == before
    for name in ("colab", "plotly_mimetype+notebook"):  # Plotly < 6.4: the latter everywhere
        monkeypatch.setattr(pio.renderers, "_default_name", name, raising=False)
        gtan_viz.show_in_exports()
        assert "gtan_html" not in str(pio.renderers.default)


def export(notebook: Path) -> Path:
    """As HTML."""
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", str(notebook)],
        check=True, capture_output=True, env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    return notebook.with_suffix(".html")


@pytest.mark.browser
def test_a_picture_stands_for_the_explorer(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VSCODE_PID", "VSCODE_CWD", "COLAB_NOTEBOOK_ID", "COLAB_RELEASE_TAG"):
        monkeypatch.delenv(name, raising=False)
    cell = nbformat.v4.new_code_cell("import gtan_viz\ngtan_viz.explore()")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "explore.ipynb")
    executed = tmp_path / "executed.ipynb"
    papermill.execute_notebook(
        str(tmp_path / "explore.ipynb"), str(executed), kernel_name="python3",
        store_widget_state=False, progress_bar=False,
    )  # fmt: skip
    assert executed.stat().st_size < 100_000
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.goto(export(executed).as_uri())
    picture = page.get_by_alt_text("example_run: ").first
    assert picture.bounding_box()["height"] > 200
    assert "15 actions" in picture.get_attribute("alt")
    assert page.get_by_text("Run the cell to explore.").is_visible()
    assert "Explorer(" not in page.inner_text("body")
    page.close()


@pytest.mark.browser
def test_an_exported_notebook_shows_its_figures(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLOTLY_RENDERER", raising=False)
    executed = run_notebook(
        NOTEBOOKS / "pipelines" / "compare.ipynb",
        tmp_path / "out.ipynb",
        {"resamples": 5, "recordings": 1},
        progress=False,
    )
    export(executed)
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
