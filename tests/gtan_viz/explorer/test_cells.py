"""A cell that runs again closes the explorer that it made before, and nothing else."""

from __future__ import annotations

import gc
import shutil
import weakref
from pathlib import Path
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

import gtan_viz
from gtan.files import write_bytes
from gtan.runs.run import explanation_path
from gtan.settings import Settings
from gtan_viz.explorer import cells
from tests.gtan_viz.conftest import make_explanation


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "made-up"
    write_bytes(folder / "settings.json", Settings().to_json().encode())
    make_explanation().save(explanation_path(folder, "made", 60))
    return folder


class Notebook:
    """Says which cell is running."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now: tuple[str, str, list[str]] = ("", "", [])
        monkeypatch.setattr(cells, "running_cell", lambda: self.now)
        monkeypatch.setattr(cells, "_made", {})


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    return Notebook(monkeypatch)


def test_twenty_runs_of_a_cell_leave_one_explorer(run: Path, notebook: Notebook) -> None:
    held: list[weakref.ref[Any]] = []
    counts = []
    for number in range(20):
        notebook.now = "cell", f"run {number}", []
        explorer = gtan_viz.explore(run)
        held.append(weakref.ref(explorer))
        gc.collect()
        counts.append(len(_instances))
    assert [one() is not None for one in held] == [False] * 19 + [True]
    assert counts[1:] == counts[:1] * 19
    assert explorer.comm is not None


def test_what_is_named_elsewhere_is_closed_and_light(run: Path, notebook: Notebook) -> None:
    notebook.now = "cell", "first", []
    out = [gtan_viz.explore(run)]  # as IPython's Out does
    notebook.now = "cell", "second", []
    gtan_viz.explore(run)
    assert out[0].comm is None and out[0].explanation == b""


def test_one_run_may_make_several_and_others_are_let_alone(run: Path, notebook: Notebook) -> None:
    notebook.now = "cell", "first", []
    several = [gtan_viz.explore(run) for _ in range(2)]
    notebook.now = "other", "second", []
    other = gtan_viz.explore(run)
    assert all(one.comm is not None for one in (*several, other))
    notebook.now = "third", "third", ["other"]  # and a deleted cell's is closed
    gtan_viz.explore(run)
    assert other.comm is None and several[0].comm is not None


def test_without_a_notebook_nothing_is_closed(run: Path) -> None:
    assert cells.running_cell() == ("", "", [])
    first, second = gtan_viz.explore(run), gtan_viz.explore(run)
    assert first.comm is not None and second.comm is not None


def test_a_folder_that_is_gone_is_said_in_words(run: Path) -> None:
    explorer = gtan_viz.explore(run)
    shutil.rmtree(run)
    explorer.request = {"recording": "made", "step": 30}
    assert explorer.problem.startswith("The run's folder is gone. What is on screen goes on")
    assert len(explorer.explanation) > 0


def test_it_shows_a_picture_then_itself(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VSCODE_PID", "VSCODE_CWD", "COLAB_NOTEBOOK_ID", "COLAB_RELEASE_TAG"):
        monkeypatch.delenv(name, raising=False)
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    explorer = gtan_viz.explore(run)
    view = "application/vnd.jupyter.widget-view+json"
    explorer._ipython_display_()
    assert "gtan-still" in shown[0]["text/html"] and view not in shown[0]
    assert shown[1][view]["model_id"] == explorer.model_id and shown[1]["text/html"] == ""
    monkeypatch.setenv("VSCODE_PID", "1")
    shown.clear()
    explorer._ipython_display_()
    assert len(shown) == 1 and "gtan-still" in shown[0]["text/html"] and view in shown[0]
    pair = gtan_viz.explore([run, run])
    shown.clear()
    pair._ipython_display_()
    assert len(shown) == 1 and shown[0]["text/html"].count("gtan-still") == 2
    explorer.close()
    shown.clear()
    explorer._ipython_display_()
    assert shown == [
        {"text/plain": "Explorer(made-up, made, step 60) is closed: its cell ran again"}
    ]
