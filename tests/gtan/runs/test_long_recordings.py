"""Recordings of many windows: a few windows at a time, and the same as all at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gtan import explaining, inference
from gtan.data import load_dataset
from gtan.data.dataset import Dataset
from gtan.detection import Candidates
from gtan.explaining import explain_recording
from gtan.inference import detect_dataset
from gtan.network import GTAN
from gtan.settings import Settings

SECONDS = 800


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> tuple[GTAN, Dataset, Settings]:
    """A recording of 799 clips, 24 windows of 64, with truths all along."""
    folder = tmp_path_factory.mktemp("long")
    rng = np.random.default_rng(0)
    np.save(folder / "v.npy", rng.standard_normal((SECONDS - 1, 6), np.float32))
    truths = [
        {"segment": [second, second + 9.5], "label": "run" if second % 20 == 5 else "jump"}
        for second in range(5, SECONDS - 20, 10)
    ]
    entry = {"subset": "training", "duration": float(SECONDS), "annotations": truths}
    (folder / "truth.json").write_text(json.dumps({"database": {"v": entry}}))
    settings = Settings.preset("features").override(
        {
            "data.annotations": str(folder / "truth.json"),
            "data.features": str(folder / "{video}.npy"), "data.fps": 8.0, "data.clip_length": 16,
            "data.clip_stride": 8, "data.window": 64, "data.validation_subset": "",
            "data.test_subset": "", "network.feature_dim": 6, "network.classes": 2,
            "network.base_channels": (8, 8), "network.anchor_channels": (8, 8, 8),
            "kernels.initial_width": 3.0, "kernels.sigma_ceiling": 8.0, "kernels.epsilon": 0.45,
            "detection.min_score": 1e-4, "detection.candidates": 60, "detection.top_k": 50,
        }
    )  # fmt: skip
    torch.manual_seed(0)
    model = GTAN(settings).eval()
    for anchor in model.anchors:
        torch.nn.init.normal_(anchor.sigma.weight, std=0.3)  # type: ignore[arg-type, union-attr]
    return model, load_dataset(settings.data), settings


def test_an_explanation_of_portions_is_one_of_the_whole(
    long: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, dataset, settings = long
    monkeypatch.setattr(inference, "AT_ONCE", 1_000)
    whole = explain_recording(model, dataset, "v", settings, 1)
    assert whole.arrays["layer1.merges"].size and whole.arrays["layer1.truths"].size
    for at_once in (1, 5):
        monkeypatch.setattr(inference, "AT_ONCE", at_once)
        parts = explain_recording(model, dataset, "v", settings, 1)
        assert parts.header == whole.header and list(parts.arrays) == list(whole.arrays)
        for name, array in whole.arrays.items():
            same = parts.arrays[name]
            assert (same.dtype, same.shape) == (array.dtype, array.shape), name
            near = {"rtol": 2e-3, "atol": 2e-5} if array.dtype.kind == "f" else {"rtol": 0}
            np.testing.assert_allclose(same, array, **near, err_msg=name)


def test_detections_of_portions_are_those_of_the_whole(
    long: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, dataset, settings = long
    found = []
    for at_once in (1_000, 5):
        monkeypatch.setattr(inference, "AT_ONCE", at_once)
        found.append(detect_dataset(model, dataset, ["v"], settings, least=0.001))
    assert len(found[0]) > settings.detection.top_k
    assert found[0]["label"].equals(found[1]["label"])
    for name in ("start", "end", "score"):
        np.testing.assert_allclose(found[0][name], found[1][name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("what", ["explain", "detect"])
def test_no_more_windows_at_a_time_however_long_a_recording_is(
    long: Any, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    model, dataset, settings = long
    seen: list[int] = []
    candidates: list[int] = []
    forward, joined = GTAN.forward, Candidates.joined

    def counted(self: GTAN, features: Any, valid: Any = None) -> Any:
        seen.append(len(features))
        return forward(self, features, valid)

    def held(parts: Any) -> Any:
        candidates.append(sum(len(part.ranking) for part in parts))
        return joined(parts)

    monkeypatch.setattr(inference, "AT_ONCE", 3)
    monkeypatch.setattr(GTAN, "forward", counted)
    monkeypatch.setattr(Candidates, "joined", staticmethod(held))
    if what == "explain":
        explaining.explain_recording(model, dataset, "v", settings, 1)
    else:
        detect_dataset(model, dataset, ["v"], settings)
    assert max(seen) == 3 and sum(seen) == 24
    assert max(candidates) <= 3 * settings.detection.candidates


def test_the_signal_is_read_in_stretches(long: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from gtan.data import features

    recording = long[1].recordings["v"]
    whole = recording.signal()
    monkeypatch.setattr(features, "BLOCK", 6 * 50)
    lengths = [len(values) for _, values in recording.file.stretches()]
    assert max(lengths) == 50 and sum(lengths) == SECONDS - 1
    np.testing.assert_array_equal(recording.signal()[0], whole[0])


def test_a_clip_that_is_no_number_is_named(long: Any, tmp_path: Path) -> None:
    from dataclasses import replace

    values = np.ones((SECONDS - 1, 6), np.float32)
    values[300, 2] = np.nan
    np.save(tmp_path / "v.npy", values)
    recording = long[1].recordings["v"]
    broken = replace(recording, file=replace(recording.file, path=tmp_path / "v.npy"))
    with pytest.raises(ValueError, match="clip 300, dimension 2 is NaN"):
        broken.signal()
