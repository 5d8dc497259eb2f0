"""Published protocols: a run for each fold, and all folds' detections scored as one.

`loso`: SBHAR, leave one subject out, accelerometer alone, as Bock et al. (IMWUT 2024) do it: 30
folds. `gtea`, `50salads`: the four and five splits of these videos. Every recording is a test
recording of exactly one fold, so that nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gtan.data.annotations import Annotations
from gtan.data.formats.frames import read_labels
from gtan.evaluation import DetectionResults, bootstrap, diagnose, evaluate_detections
from gtan.evaluation.segmentation import evaluate_segmentation, frame_labels
from gtan.experiments.sweep import run_name
from gtan.runs.run import open_run
from gtan.settings import Settings

# By protocol: the preset, and what each fold sets.
PROTOCOLS: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "loso": (
        "sbhar",
        {
            f"user {user}": {"data.held_out_user": user, "data.channels": "acc"}
            for user in range(1, 31)
        },
    ),
    "gtea": ("gtea", {f"split {split}": {"data.split": split} for split in range(1, 5)}),
    "50salads": ("50salads", {f"split {split}": {"data.split": split} for split in range(1, 6)}),
}
# What others reached by the same protocol, in percent. SBHAR: average of DETAD's normalised mAP at
# tIoU 0.3:0.1:0.7, as Bock et al. print it. Videos: ED-TCN's own published detections (Lea et al.),
# scored by this package: mAP at tIoU 0.1:0.1:0.7, F1 at 10, 25 and 50 %, edit, accuracy; of GTEA
# there are those of splits 1 to 3.
BESIDE_LOSO = {"ActionFormer": 94.32, "TriDet": 93.98, "TemporalMaxer": 93.87}
BESIDE_VIDEO: dict[str, dict[str, list[float]]] = {
    "gtea": {
        "mAP": [65.5, 62.4, 59.0, 53.9, 48.6, 38.8, 31.4],
        "segmentation": [71.9, 67.6, 52.0, 70.0, 62.6],
    },
    "50salads": {
        "mAP": [65.1, 62.0, 56.8, 51.1, 44.4, 36.0, 28.3],
        "segmentation": [66.7, 62.1, 50.2, 59.8, 64.3],
    },
}
# Score from which a detection labels frames: a balance of F1 and accuracy on held-out training
# videos of both first splits.
LEAST = 0.4
# No pictures on the way and no validation: what the tables need, and no more.
_ONLY_TABLES = {
    "training.explanations": 0,
    "training.trace_recordings": 0,
    "training.checkpoint_every": 500,
    "training.threads": 1,
}


def fold_runs(
    protocol: str, seeds: Sequence[int] = (0,), overrides: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """The runs of a protocol, as parameters of `measure.ipynb`.

    Args:
        protocol: of `PROTOCOLS`.
        seeds: of each fold.
        overrides: settings for every run.

    Returns:
        One row per fold and seed: fold, seed, parameters.

    Raises:
        ValueError: there is no such protocol.

    Example:
        >>> runs = fold_runs("gtea")
        >>> runs["fold"].tolist()
        ['split 1', 'split 2', 'split 3', 'split 4']
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol {protocol!r} is unknown; choose from {', '.join(PROTOCOLS)}")
    preset, folds = PROTOCOLS[protocol]
    last = {"training.validate_every": Settings.preset(preset).training.iterations}
    rows = []
    for seed in seeds:
        for fold, changed in folds.items():
            everywhere = _ONLY_TABLES | last | dict(overrides or {}) | changed
            values = {"preset": preset, "baseline": "gtan", "seed": seed}
            rows.append((fold, seed, values | {"overrides": everywhere, "subset": "test"}))
    return pd.DataFrame(rows, columns=["fold", "seed", "parameters"])


def pool(runs: pd.DataFrame, notebook: str | Path, folder: str | Path) -> DetectionResults:
    """All folds' detections, scored as one, against all folds' truth.

    Args:
        runs: of `fold_runs`, of one seed; some of its folds if only these are meant.
        notebook: that the sweep ran.
        folder: of the sweep.

    Raises:
        FileNotFoundError: a fold has not been run.
        ValueError: several seeds, or a recording that two folds test on.
    """
    if runs["seed"].nunique() != 1:
        raise ValueError("pool the folds of one seed at a time")
    truths, found = [], []
    for values in runs["parameters"]:
        run = open_run(Path(folder) / run_name(notebook, values))
        dataset = run.dataset()
        truths.append(dataset.evaluation_truth(values["subset"]))
        found.append(run.detections())
    videos = pd.concat([truth.videos for truth in truths], ignore_index=True)
    twice = videos["video"][videos["video"].duplicated()]
    if len(twice):
        raise ValueError(f"recording {twice.iloc[0]!r} is tested on by two folds")
    instances = pd.concat([truth.instances for truth in truths], ignore_index=True)
    return evaluate_detections(
        Annotations(instances, videos), pd.concat(found, ignore_index=True),
        dataset.protocol, dataset.tiou,
    )  # fmt: skip


def of_recordings(results: DetectionResults, names: Sequence[str]) -> DetectionResults:
    """The same detections and truth, of these recordings alone."""
    wanted = set(names)
    truth, found = results.truth, results.detections
    instances = truth.instances[truth.instances["video"].isin(wanted)].reset_index(drop=True)
    videos = truth.videos[truth.videos["video"].isin(wanted)].reset_index(drop=True)
    found = found[found["video"].isin(wanted)].reset_index(drop=True)
    return evaluate_detections(
        Annotations(instances, videos), found, results.protocol, results.tiou
    )


def figures(results: DetectionResults) -> dict[str, Any]:
    """What a page prints of pooled results, in JSON types: fractions.

    Returns:
        recordings, mAP and mAP_N (by threshold; normalised as DETAD does), their averages, and low
        and high, the 95 % of average_mAP over recordings.
    """
    low, high = bootstrap(results).interval().to_numpy()[-1].tolist()
    normalised = diagnose(results).mAP_N
    return {
        "recordings": len(results.truth.videos),
        "mAP": [round(float(value), 4) for value in results.mAP],
        "mAP_N": [round(float(value), 4) for value in normalised],
        "average_mAP": round(results.average_mAP, 4),
        "average_mAP_N": round(float(normalised.mean()), 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def segmentation_figures(results: DetectionResults, folder: Path, fps: float) -> dict[str, Any]:
    """The segmentation field's figures of pooled results, in percent: F1, edit, accuracy.

    Args:
        results: of `pool`.
        folder: of the data set, in MS-TCN's layout, for its labels by frame.
        fps: of its labels.
    """
    truth, found = {}, {}
    for name in results.truth.videos["video"]:
        truth[name] = read_labels(folder / "groundTruth" / f"{name}.txt")
        mine = results.detections[results.detections["video"] == name]
        found[name] = frame_labels(mine, len(truth[name]), fps, LEAST)
    made = evaluate_segmentation(truth, found)
    return {
        "f1": [round(value, 1) for value in made.f1.values()],
        "edit": round(made.edit, 1),
        "accuracy": round(made.accuracy, 1),
    }
