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
from gtan.evaluation import DetectionResults, evaluate_detections
from gtan.experiments.sweep import run_name
from gtan.runs.run import open_run

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
    rows = []
    for seed in seeds:
        for fold, changed in folds.items():
            everywhere = _ONLY_TABLES | dict(overrides or {}) | changed
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
