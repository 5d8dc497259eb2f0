"""Notebooks with parameters: checked first, then really run, with the same numbers each time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

import gtan
from gtan.pipelines import ParameterError, check_parameters, run_notebook, run_settings

PIPELINES = Path(__file__).parents[2] / "notebooks" / "pipelines"
QUICK = {
    "data.window": 128,
    "network.base_channels": [16, 16],
    "network.anchor_channels": [16, 16, 16, 16],
    "training.iterations": 12,
    "training.batch_size": 4,
    "training.validate_every": 12,
    "training.checkpoint_every": 6,
    "training.trace_every": 4,
    "training.trace_recordings": 1,
    "training.explanations": 1,
    "training.threads": 1,
}


def namespace(**given: Any) -> tuple[dict[str, Any], set[str]]:
    """What a notebook's globals look like after its parameters."""
    parameters = {"__annotations__": {"seed": int, "rate": float, "overrides": dict}, "seed": 0}
    return {"check": None, **parameters, **given}, {"check", "before"}


def test_parameters_that_fit() -> None:
    check_parameters(*namespace(seed=3, rate=1, overrides={"a": 1}, _i4="seed: int = 0"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sed": 1}, r"'sed' does not exist; there are seed, rate, overrides"),
        ({"seed": "1"}, r"seed = '1' must be of type int"),
        ({"seed": True}, r"seed = True must be of type int"),
        ({"rate": "fast"}, r"rate = 'fast' must be of type float"),
        ({"overrides": [1]}, r"overrides = \[1\] must be of type dict"),
    ],
)
def test_parameters_that_do_not_fit(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        check_parameters(*namespace(**given))


def test_nothing_starts_with_a_wrong_parameter(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="'iterations' does not exist"):
        run_notebook(PIPELINES / "train.ipynb", tmp_path / "out.ipynb", {"iterations": 3})
    with pytest.raises(ParameterError, match="seed = 'zero' must be of type int"):
        run_notebook(PIPELINES / "train.ipynb", tmp_path / "out.ipynb", {"seed": "zero"})
    with pytest.raises(FileNotFoundError, match=r"no\.ipynb"):
        run_notebook(tmp_path / "no.ipynb", tmp_path / "out.ipynb")
    assert not list(tmp_path.iterdir())


def test_overrides_have_the_last_word() -> None:
    settings = run_settings("sbhar", "fixed", 3, "cpu", {"training.seed": 4})
    assert settings.training.seed == 4 and settings.kernels.scale == "fixed"
    with pytest.raises(gtan.SettingsError, match=r"training\.iteration"):
        run_settings("sbhar", "gtan", 0, "cpu", {"training.iteration": 4})


@pytest.mark.parametrize("name", ["train", "evaluate"])
def test_papermill_lists_the_parameters_with_types_and_help(name: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "papermill", "--help-notebook", str(PIPELINES / f"{name}.ipynb")],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert ("run_folder: str" in shown and "relative to" in shown) or "a run of train" in shown


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_both(tmp_path_factory.mktemp("pipelines") / "run")


def run_both(folder: Path) -> Path:
    parameters = {"run_folder": str(folder), "overrides": QUICK, "device": "cpu"}
    run_notebook(PIPELINES / "train.ipynb", folder / "train.ipynb", parameters, progress=False)
    run_notebook(
        PIPELINES / "evaluate.ipynb", folder / "evaluate.ipynb", {"run_folder": str(folder)},
        progress=False,
    )  # fmt: skip
    return folder


def text_of(path: Path) -> str:
    cells = nbformat.read(path, 4).cells
    return json.dumps([cell.get("outputs", []) for cell in cells])


def test_the_pipelines_leave_a_run(trained: Path) -> None:
    run = gtan.open_run(trained)
    evaluation = run.evaluation()
    assert set(evaluation["mAP"]) == {"0.3", "0.4", "0.5", "0.6", "0.7"}
    assert len(evaluation["AP"]) == 12 and evaluation["subset"] == "test"
    low, high = evaluation["interval"]["average_mAP"]
    assert low <= evaluation["average_mAP"] <= high
    detections = run.detections()
    assert set(detections["video"]) == set(run.dataset().subsets["test"])
    durations = {name: r.duration for name, r in run.dataset().recordings.items()}
    assert (detections["end"] <= detections["video"].map(durations) + 1e-6).all()


def test_the_reports_show_figures_and_small_files(trained: Path) -> None:
    for name, figures in (("train", 3), ("evaluate", 2)):
        path = trained / f"{name}.ipynb"
        assert text_of(path).count("application/vnd.plotly.v1+json") >= figures
        assert path.stat().st_size < 6_000_000
    assert "average" in text_of(trained / "evaluate.ipynb")


def test_the_same_parameters_give_the_same_numbers(trained: Path, tmp_path: Path) -> None:
    again = run_both(tmp_path / "again")
    for name in ("detections.json", "evaluation.json", "settings.json"):
        assert (again / name).read_bytes() == (trained / name).read_bytes(), name
    assert gtan.open_run(again).metrics().equals(gtan.open_run(trained).metrics())
