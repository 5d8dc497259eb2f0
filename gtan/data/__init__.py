"""Data sets, annotations and features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gtan.settings import DataSettings

if TYPE_CHECKING:
    from gtan.data.dataset import Dataset


def load_dataset(settings: DataSettings, labels: Literal["one", "all"] = "one") -> Dataset:
    """The data set that `settings` name: the embedded one, or annotations with features.

    Args:
        settings: `data.*`.
        labels: `detection.labels` of whom it is for; "one" warns of actions that share their time.

    Raises:
        SettingsError: a setting has no effect on this data set; and see `load_features`.
        FileNotFoundError, ValueError: see `gtan.data.recordings.load_features`.
    """
    from gtan.data.checks import check_applies, warn_of_shared_time

    check_applies(settings)
    if settings.dataset == "sbhar":
        from gtan.data.sensors import load_sbhar as load
    else:
        from gtan.data.recordings import load_features as load
    dataset = load(settings)
    warn_of_shared_time(dataset, labels)
    return dataset
