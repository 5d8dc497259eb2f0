"""Notebooks with parameters: checked first, then really run, with the same numbers each time."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import nbformat
import pytest

import gtan
from gtan.experiments.notebooks import ParameterError, check_parameters, run_notebook, run_settings

PIPELINES = Path(__file__).parents[3] / "notebooks" / "pipelines"
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
        ({"_seed": 1}, r"'_seed' does not exist"),
    ],
)
def test_parameters_that_do_not_fit(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        check_parameters(*namespace(**given))


@pytest.mark.parametrize("name", ["train", "measure", "evaluate"])
@pytest.mark.parametrize("folder", ["", "  "])
def test_an_empty_run_folder_is_refused_by_name(name: str, folder: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=f"run_folder = '{folder}' names no folder; give"):
        run_cells(name, 3, run_folder=folder)
    with pytest.raises(ParameterError, match="run_folder = "):
        run_notebook(PIPELINES / f"{name}.ipynb", tmp_path / "o.ipynb", {"run_folder": folder})


def test_an_empty_path_is_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for blank in ("", " "):
        with pytest.raises(ValueError, match=f"run = '{blank}' names no folder"):
            gtan.open_run(blank)
        with pytest.raises(ValueError, match=f"folder = '{blank}' names no folder"):
            gtan.train(gtan.Settings.preset("sbhar"), blank)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("measure", {"subset": "tset"}, "subset = 'tset': choose from train, validation, test"),
        ("evaluate", {"subset": ""}, "subset = '': choose from"),
        ("evaluate", {"recording": "nobody"}, "recording = 'nobody': DATASET has none"),
        ("compare", {"recordings": -1}, "recordings = -1: must be at least 0"),
        ("compare", {"resamples": 0}, "resamples = 0: must be at least 1"),
        ("compare", {"protocol": "thumos"}, "'thumos' is unknown; choose from activitynet, th"),
        ("compare", {"show_tiou": 0.52}, "show_tiou = 0.52 is not evaluated; choose from 0.5, "),
        ("compare", {"show_tiou": 0.5, "tiou": [0.3]}, "show_tiou = 0.5 .* choose from 0.3$"),
        ("compare", {"tiou": [0.3, 0.3]}, "tiou: a threshold occurs twice"),
        ("compare", {"results": [""]}, "results: '' is no path"),
        ("ablate", {"workers": 0}, "workers = 0: must be at least 1"),
        ("ablate", {"resamples": 0}, "resamples = 0"),
        ("ablate", {"long": float("nan")}, "long = nan"),
        ("ablate", {"long": 5.0, "experiments": ["R5"]}, "long = 5 is of Table 4"),
        ("ablate", {"subset": "tset"}, "subset = 'tset'"),
        ("ablate", {"seeds": [1, 1]}, "seeds: one is given twice"),
    ],
)
def test_the_cell_that_checks_refuses_by_name(
    name: str, given: dict[str, Any], message: str
) -> None:
    if name == "evaluate":
        run = gtan.open_run()
        given = {"run_folder": str(run.path)} | given
        message = message.replace("DATASET", run.settings.data.dataset)
    with pytest.raises(ValueError, match=message):
        run_cells(name, 3, **given)


def run_cells(name: str, last: int, **given: Any) -> dict[str, Any]:
    """The cells of a notebook up to `last`, as papermill would run them."""
    names: dict[str, Any] = {}
    for cell in nbformat.read(PIPELINES / f"{name}.ipynb", 4).cells[: last + 1]:
        if cell.cell_type == "code":
            exec(cell.source, names)
        if "parameters" in cell.metadata.get("tags", []):
            names |= given
    return names


def test_a_threshold_to_show_is_one_of_those_evaluated() -> None:
    names = run_cells("compare", 3, tiou=[0.7, 0.3])
    assert names["shown"] == 0.3 and names["chosen"]["example"].tiou == (0.7, 0.3)


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
    pytest.importorskip("torch")
    return run_both(tmp_path_factory.mktemp("pipelines") / "run")


def run_both(folder: Path) -> Path:
    parameters = {"run_folder": str(folder), "preset": "sbhar", "overrides": QUICK, "device": "cpu"}
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


@pytest.mark.slow
def test_from_pixels_goes_the_whole_way(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    folder = tmp_path / "run"
    overrides = QUICK | {"training.validate_every": 12, "data.window": 64}
    run_notebook(
        PIPELINES / "from_pixels.ipynb",
        folder / "from_pixels.ipynb",
        {
            "run_folder": str(folder), "world": "tiny-world", "convnet_steps": 2,
            "overrides": overrides, "device": "cpu",
        },
        progress=False,
    )  # fmt: skip
    run = gtan.open_run(folder)
    (shown,) = run.settings.training.probes
    assert run.dataset().subsets["test"] == (shown,) and run.step == 12
    assert run.settings.data.convnet == str(folder / "convnet.safetensors")
    assert set(run.detections()["video"]) <= {shown} and "average_mAP" in run.evaluation()
    film = run.dataset().recordings[shown].video().read_bytes()
    page = (folder / "explore.html").read_text()
    assert shown in page and b64encode(film[:300]).decode() in page
    assert text_of(folder / "from_pixels.ipynb").count("application/vnd.plotly.v1+json") >= 4
