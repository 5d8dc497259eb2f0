"""Data sets, annotations and features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtan.settings import DataSettings

if TYPE_CHECKING:
    from gtan.data.dataset import Dataset


def load_dataset(settings: DataSettings) -> Dataset:
    """The data set that `settings` name: the embedded one, or annotations with features.

    Raises:
        SettingsError, FileNotFoundError, ValueError: see `gtan.data.recordings.load_features`.
    """
    if settings.dataset == "sbhar":
        from gtan.data.sensors import load_sbhar

        return load_sbhar(settings)
    from gtan.data.recordings import load_features

    return load_features(settings)
