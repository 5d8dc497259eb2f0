"""Real recordings in the form in which users bring theirs: SBHAR as annotations and feature files.

Used by several tests; `export` is what docs/own-data.md shows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from gtan.data import load_dataset
from gtan.data.dataset import Dataset
from gtan.settings import DataSettings

# Clips of SBHAR's preset: 50 samples, every 10, centred on a stretch of 10.
GRID: dict[str, Any] = {
    "data.dataset": "features",
    "data.clip_length": 50,
    "data.clip_stride": 10,
    "data.clip_offset": -20.0,
    "data.fps": 50.0,
    "data.validation_subset": "validation",
    "data.test_subset": "testing",
    "data.train_on": "train",
}


def sbhar(train: int = 6, validation: int = 2, test: int = 3) -> Dataset:
    """The built-in data set, with few recordings, on whole clips as features are."""
    from dataclasses import replace

    dataset = load_dataset(DataSettings(train_on="train"))
    counts = {"train": train, "validation": validation, "test": test}
    subsets = {name: dataset.subsets[name][:count] for name, count in counts.items()}
    return replace(dataset, subsets=subsets, whole_clips=True)


def annotations(dataset: Dataset) -> dict[str, Any]:
    """ActivityNet's format."""
    names = {"train": "training", "validation": "validation", "test": "testing"}
    return {
        "version": "SBHAR",
        "database": {
            video: {
                "subset": names[subset],
                "duration": dataset.recordings[video].duration,
                "annotations": [
                    {"segment": [row.start, row.end], "label": row.label}
                    for row in dataset.truth_of([video]).itertuples()
                ],
            }
            for subset, videos in dataset.subsets.items()
            for video in videos
        },
    }


def features(dataset: Dataset, video: str) -> np.ndarray:
    """[T, D] of a recording."""
    recording = dataset.recordings[video]
    return recording.features(0.0, recording.clips)


def export(dataset: Dataset, folder: Path) -> dict[str, Any]:
    """Write annotations and .npy files; returns the settings that name them."""
    (folder / "features").mkdir(parents=True)
    path = folder / "annotations.json"
    path.write_text(json.dumps(annotations(dataset)))
    for videos in dataset.subsets.values():
        for video in videos:
            np.save(folder / "features" / f"{video}.npy", features(dataset, video))
    return GRID | {
        "data.annotations": str(path),
        "data.features": str(folder / "features" / "{video}.npy"),
        "data.classes": dataset.classes,
    }
