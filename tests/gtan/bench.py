"""A small data set of feature files, which several tests damage in one way or another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan.data import load_dataset
from gtan.data.dataset import Dataset
from gtan.settings import DataSettings

# Clips of 16 frames, every 8, at 8 frames a second: clip i starts at second i.
SECONDS = 40
VIDEOS = {"a": "training", "b": "training", "c": "validation", "d": "testing"}
SETTINGS: dict[str, Any] = {
    "dataset": "features",
    "fps": 8.0,
    "clip_length": 16,
    "clip_stride": 8,
    "window": 64,
    "train_on": "train",
}


def database(**changes: Any) -> dict[str, Any]:
    """A small legal data set; `changes` replace entries."""
    return {
        name: {
            "subset": subset,
            "duration": SECONDS,
            "annotations": [
                {"segment": [2.0, 5.5], "label": "run"},
                {"segment": [10, 30], "label": "jump"},
            ],
        }
        for name, subset in VIDEOS.items()
    } | changes


def entry(*annotations: tuple[float, float, str], **others: Any) -> dict[str, Any]:
    found = [{"segment": [start, end], "label": label} for start, end, label in annotations]
    return {"subset": "training", "duration": SECONDS, "annotations": found} | others


def features(clips: int = SECONDS - 1, width: int = 6, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((clips, width), dtype=np.float32)


class Bench:
    """A folder with annotations and features."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.annotations = folder / "truth.json"
        self.annotate(database())
        for seed, name in enumerate(VIDEOS):
            np.save(folder / f"{name}.npy", features(seed=seed))

    def annotate(self, content: dict[str, Any]) -> None:
        self.annotations.write_text(json.dumps({"database": content}))

    def settings(self, **settings: Any) -> DataSettings:
        places = {
            "annotations": str(self.annotations),
            "features": str(self.folder / "{video}.npy"),
        }
        return DataSettings.model_validate(SETTINGS | places | settings)

    def load(self, **settings: Any) -> Dataset:
        return load_dataset(self.settings(**settings))

    def fails(self, error: type[Exception], message: str, **settings: Any) -> str:
        with pytest.raises(error, match=message) as caught:
            self.load(**settings)
        return str(caught.value)
