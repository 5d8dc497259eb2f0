"""SBHAR through the general path: the same numbers as the built-in data set, down to the bit.

`test_docs.py` goes through the notebooks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gtan
from gtan.data import load_dataset
from gtan.data.dataset import Dataset
from gtan.data.windows import WindowCutter, tile
from gtan.experiments.notebooks import evaluate_run
from gtan.explaining import explain_recording
from gtan.inference import detect_dataset
from gtan.settings import Settings
from tests.gtan.brought import export, sbhar

SMALL: dict[str, Any] = {
    "data.window": 128,
    "network.base_channels": (16, 16),
    "network.anchor_channels": (16,) * 4,
    "kernels.initial_width": 3.0,
    "kernels.sigma_ceiling": 8.0,
    "training.iterations": 30,
    "training.batch_size": 4,
    "training.warmup": 4,
    "training.learning_rate": 3e-3,
    "training.validate_every": 30,
    "training.checkpoint_every": 30,
    "training.trace_every": 15,
    "training.trace_recordings": 1,
    "training.explanations": 1,
    "training.threads": 1,
    "training.device": "cpu",
}


@pytest.fixture(scope="module")
def built_in() -> Dataset:
    return sbhar()


@pytest.fixture(scope="module")
def exported(built_in: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return export(built_in, tmp_path_factory.mktemp("sbhar"))


@pytest.fixture(scope="module")
def run(exported: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> gtan.Run:
    settings = Settings.preset("features").override(SMALL | exported)
    return gtan.train(settings, tmp_path_factory.mktemp("run") / "brought", progress=False)


def test_the_same_windows(built_in: Dataset, exported: dict[str, Any]) -> None:
    brought = load_dataset(Settings().override(exported).data)
    assert brought.classes == built_in.classes and brought.subsets == built_in.subsets
    assert brought.feature_dim == 300
    mine, theirs = WindowCutter(brought, 512, 0.5), WindowCutter(built_in, 512, 0.5)
    for name in brought.recordings:
        assert brought.recordings[name].clips == built_in.recordings[name].clips
        assert brought.recordings[name].grid == built_in.recordings[name].grid
        for start in tile(brought.recordings[name].clips, 512)[0]:
            one, other = mine.cut(name, float(start)), theirs.cut(name, float(start))
            for field in ("features", "valid", "segments", "labels", "visible"):
                np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


def test_the_same_training_detections_and_explanation(
    built_in: Dataset, exported: dict[str, Any], run: gtan.Run, tmp_path: Path
) -> None:
    settings = Settings.preset("features").override(
        SMALL | {"data.dataset": "sbhar", "data.train_on": "train"}
    )
    other = gtan.train(settings, tmp_path / "built-in", built_in, progress=False)
    pd.testing.assert_frame_equal(run.metrics(), other.metrics(), check_exact=True)
    names = built_in.subsets["test"]
    pd.testing.assert_frame_equal(
        gtan.detect(run),
        detect_dataset(other.model(), built_in, names, other.settings),
        check_exact=True,
    )
    mine = gtan.explain(run, names[0])
    theirs = explain_recording(other.model(), built_in, names[0], other.settings, 30)
    assert set(mine.arrays) == set(theirs.arrays)
    for name, array in mine.arrays.items():
        if name != "signal":
            np.testing.assert_array_equal(array, theirs.arrays[name], name)
    assert mine.header["signal"]["names"] == ["|feature| (mean = 1)"]
    assert len(mine.arrays["signal"]) == pytest.approx(mine.header["duration"] * 5, abs=1)


def test_a_run_remembers_its_labels(run: gtan.Run, built_in: Dataset) -> None:
    assert run.settings.data.classes == built_in.classes
    assert run.provenance()[0]["data"]["name"] == "features"


def test_evaluation_names_what_was_skipped(
    exported: dict[str, Any], run: gtan.Run, built_in: Dataset, tmp_path: Path
) -> None:
    """A file vanishes after training: the evaluation stops, or leaves it out and says so."""
    gone = built_in.subsets["test"][1]
    folder = Path(exported["data.features"]).parent
    (folder / f"{gone}.npy").rename(tmp_path / "aside.npy")
    try:
        with pytest.raises(FileNotFoundError, match=gone):
            evaluate_run(run)
        settings = run.settings.override({"data.missing_features": "skip"})
        (run.path / "settings.json").write_text(settings.to_json())
        with pytest.warns(UserWarning, match=rf"1 recordings of 'test'.*\d+ actions: {gone}"):
            results = evaluate_run(run.path)
        assert json.loads((run.path / "evaluation.json").read_text())["skipped"] == [gone]
        assert gone not in set(results.truth.videos["video"])
    finally:
        (tmp_path / "aside.npy").rename(folder / f"{gone}.npy")
        (run.path / "settings.json").write_text(run.settings.to_json())


def test_pictures(run: gtan.Run, built_in: Dataset, tmp_path: Path) -> None:
    import gtan_viz

    explanation = gtan.explain(run, built_in.subsets["test"][0])
    assert gtan_viz.timeline(explanation).data and gtan_viz.grouping(explanation).data
    assert gtan_viz.page(run, tmp_path / "page.html").stat().st_size > 10_000


def test_long_recordings_are_detected_a_few_windows_at_a_time(
    run: gtan.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = gtan.detect(run)
    monkeypatch.setattr("gtan.inference.AT_ONCE", 2)
    pd.testing.assert_frame_equal(gtan.detect(run), whole)
