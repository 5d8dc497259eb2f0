"""Checks that go for every data set: settings without effect, actions that share their time."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.data.dataset import Dataset
from gtan.data.features import TABLES
from gtan.data.texts import cut
from gtan.settings import WORLDS, DataSettings, SettingsError

_OF_SBHAR = ("channels", "held_out_user", "validation_users")
_OF_BROUGHT = (
    "annotations", "features", "feature_key", "feature_layout", "csv_header", "csv_skip_columns",
    "missing_features", "fps", "spacing", "tolerance", "view", "classes", "train_subset",
    "validation_subset", "test_subset", "hold_out_every", "outside", "clip_offset", "label_map",
)  # fmt: skip
_OF_FRAMEWISE = ("split", "background")
_OF_WORLD = ("convnet",)
_OF_FOLDERS = (
    "feature_key", "csv_header", "csv_skip_columns", "missing_features", "spacing", "tolerance",
    "train_subset", "validation_subset", "test_subset", "outside", "clip_offset", "label_map",
)  # fmt: skip
SHARED = 0.5  # tIoU above which one proposal stands for two actions


def check_applies(settings: DataSettings) -> None:
    """Refuse what is given and would have no effect, lest somebody relies on it.

    Raises:
        SettingsError: naming the settings and why they have none.
    """
    default = DataSettings().model_dump()
    given = {name for name, value in settings.model_dump().items() if value != default[name]}
    if settings.feature_layout == "clips_first":
        given.discard("feature_layout")  # the default in runs of 2026

    def refuse(names: tuple[str, ...], reason: str) -> None:
        idle = [f"data.{name}" for name in names if name in given]
        if idle:
            raise SettingsError(
                f"setting {', '.join(idle)}: no effect, since {reason}; leave it at its default"
            )

    if settings.dataset == "sbhar":
        refuse(
            _OF_BROUGHT + _OF_FRAMEWISE + _OF_WORLD, "data.dataset='sbhar' is a data set of its own"
        )
        return
    refuse(_OF_SBHAR, f"it is for SBHAR and data.dataset is {settings.dataset!r}")
    if settings.dataset in WORLDS:
        refuse(
            (*_OF_BROUGHT, *_OF_FRAMEWISE, "clip_length", "clip_stride"),
            f"data.dataset={settings.dataset!r} is rendered, on a clip grid of its own",
        )
        return
    refuse(_OF_WORLD, f"it is for the world and data.dataset is {settings.dataset!r}")
    if settings.dataset == "framewise":
        refuse(_OF_FOLDERS, "the folder of data.dataset='framewise' leaves no choice")
        return
    refuse(_OF_FRAMEWISE, f"it is for 'framewise' and data.dataset is {settings.dataset!r}")
    if settings.spacing == "even":
        refuse(
            ("fps", "clip_offset", "tolerance"), "clips lie evenly over a recording (data.spacing)"
        )
    suffix = Path(settings.features).suffix.lower()
    if suffix not in TABLES:
        refuse(("csv_header", "csv_skip_columns"), "data.features names no .csv or .tsv files")
    if suffix in (*TABLES, ".npy"):
        refuse(("feature_key",), f"a {suffix} file holds one array")
    if settings.validation_subset and settings.hold_out_every:
        warnings.warn(
            f"data.hold_out_every={settings.hold_out_every} has no effect beside "
            f"data.validation_subset={settings.validation_subset!r}; one of them should go",
            stacklevel=3,
        )


def warn_of_shared_time(dataset: Dataset, labels: Literal["one", "all"]) -> None:
    """Say so where actions of different labels overlap so much that a proposal must choose."""
    if labels == "all":
        return
    truth = dataset.truth[dataset.truth["video"].isin(list(dataset.recordings))]
    partners = shared_time(truth)
    shared = np.flatnonzero(partners >= 0)
    if not len(shared):
        return
    one, other = truth.iloc[shared[0]], truth.iloc[partners[shared[0]]]
    spans = [
        f"[{row['start']:g}, {row['end']:g}] s {cut(row['label'], 80)}" for row in (one, other)
    ]
    warnings.warn(
        f"{len(shared)} actions overlap one of another label by more than half: "
        f"{cut(one['video'], 80)} {', '.join(spans)}. With detection.labels='one' a proposal "
        "reports one of them only; 'all' reports both (R21, R23)",
        stacklevel=3,
    )


def shared_time(truth: pd.DataFrame) -> NDArray[np.int64]:
    """With which action of another label each one shares its time: tIoU above `SHARED`.

    Args:
        truth: video, label, start, end (seconds).

    Returns:
        [N] row number of such an action of the same recording, -1 where there is none.

    Example:
        >>> columns = ["video", "label", "start", "end"]
        >>> rows = [("v", "dive", 0, 4), ("v", "run", 6, 9), ("v", "cliff dive", 0, 3)]
        >>> shared_time(pd.DataFrame(rows, columns=columns)).tolist()
        [2, -1, 0]
    """
    video, label = (pd.factorize(truth[name])[0] for name in ("video", "label"))
    start, end = (truth[name].to_numpy(np.float64) for name in ("start", "end"))
    order = np.lexsort([start, video])
    video, label, start, end = video[order], label[order], start[order], end[order]
    middle = end - SHARED * (end - start)  # who begins later shares less than that
    partners = np.full(len(order), -1)
    rows, ahead = np.arange(len(order)), 0
    while len(rows):  # each with the one next to it, then the one after, as long as any is near
        ahead += 1
        rows = rows[rows + ahead < len(order)]
        rows = rows[(video[rows + ahead] == video[rows]) & (start[rows + ahead] < middle[rows])]
        later = rows + ahead
        shared = np.minimum(end[rows], end[later]) - start[later]
        union = np.maximum(end[rows], end[later]) - start[rows]
        keep = (shared > SHARED * union) & (label[rows] != label[later])
        partners[order[rows[keep]]] = order[later[keep]]
        partners[order[later[keep]]] = order[rows[keep]]
    return partners
