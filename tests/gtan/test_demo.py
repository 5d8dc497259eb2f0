"""`gtan demo`: what it runs, in which order, and what it says; each part has tests of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import gtan
from gtan.cli import main
from gtan.commands.demo import ABOUT
from gtan.experiments.notebooks import check_types, notebook_parameters, pipeline
from gtan.files import read_json


@pytest.fixture
def done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example_few: gtan.Run
) -> list[dict[str, Any]]:
    """What `gtan demo` had done, by others that take no time; the run it makes is the example."""
    calls: list[dict[str, Any]] = []

    def train(settings: gtan.Settings, folder: Path, dataset: Any) -> None:
        calls.append({"train": settings})
        if not folder.exists():
            shutil.copytree(example_few.path, folder)

    def run_notebook(notebook: Path, output: Path, parameters: Any, progress: bool) -> None:
        check_types({n: kind for n, (kind, _) in notebook_parameters(notebook).items()}, parameters)
        calls.append({notebook.stem: parameters})

    def page(run: gtan.Run, path: Path) -> Path:
        calls.append({"page": run.path})
        return path

    monkeypatch.chdir(tmp_path)
    dataset = example_few.dataset()
    monkeypatch.setattr("gtan.data.load_dataset", lambda *_: dataset)
    monkeypatch.setattr("gtan.data.dataset.Dataset.make_ready", lambda *_: None)
    monkeypatch.setattr("gtan.training.loop.train", train)
    monkeypatch.setattr("gtan.experiments.notebooks.run_notebook", run_notebook)
    monkeypatch.setattr("gtan_viz.explorer.page.page", page)
    return calls


def test_everything_in_order(done: list[dict[str, Any]], capsys: Any) -> None:
    assert main(["demo", "--iterations", "20"]) == 0
    assert [part for call in done for part in call] == ["train", "train", "evaluate", "page"]
    short = gtan.Settings.preset("world").override({"training.iterations": 20})
    assert done[0]["train"] == short
    assert done[1]["train"]["overrides"] == {"training.iterations": 20}
    assert {call["run_folder"] for part in done[1:3] for call in part.values()} == {"runs/demo"}
    told = capsys.readouterr().out
    assert told.startswith(f"Data: {ABOUT['world'][0]}.\n")
    found = gtan.open_run("runs/demo").evaluation()
    low, high = found["interval"]["average_mAP"]
    assert f"test recordings: {found['average_mAP']:.3f}\n" in told
    assert f"(95 % interval over recordings: {low:.3f} to {high:.3f})\n" in told
    grouping = read_json(Path("runs/demo/grouping.json"), dict)
    assert f"{grouping['of_these_from_mixed_kernels']:.0%} of the hits come from" in told
    assert "runs/demo/explore.html   the explorer" in told


@pytest.mark.parametrize("data", ABOUT)
def test_a_preset_is_what_it_says(data: str, done: list[dict[str, Any]]) -> None:
    assert main(["demo", "--data", data, "--run", "mine"]) == 0
    assert done[0]["train"] == gtan.Settings.preset(data)
    assert done[-1]["page"].name == "mine"


def test_what_is_missing_is_said_before_minutes_of_training(
    done: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    missing = {"papermill", "av"}
    monkeypatch.setattr("gtan.commands.demo.find_spec", lambda name: name not in missing or None)
    assert main(["demo"]) == 2
    assert "papermill, av: pip install 'gtan[notebooks,video]'" in capsys.readouterr().err
    assert not done


def test_no_steps_at_all_are_refused(done: list[dict[str, Any]], capsys: Any) -> None:
    assert main(["demo", "--iterations", "0"]) == 2
    assert "training.iterations" in capsys.readouterr().err and not done


def test_pipelines_are_found_by_name() -> None:
    for name in ("train", "evaluate", "compare", "ablate", "measure", "from_pixels"):
        assert pipeline(name).stem == name
    with pytest.raises(ValueError, match=r"no pipeline 'trian'; there are ablate, .*train"):
        pipeline("trian")
