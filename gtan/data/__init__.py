"""Data sets, annotations and features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtan.settings import DataSettings

if TYPE_CHECKING:
    from gtan.data.dataset import Dataset


def load_dataset(settings: DataSettings) -> Dataset:
    """The data set that `settings` name.

    Raises:
        NotImplementedError: for a data set whose features must be brought by the user, so far.
    """
    if settings.dataset != "sbhar":
        raise NotImplementedError(
            f"data.dataset={settings.dataset!r}: reading your own features is not built yet; "
            "'sbhar' ships with the package"
        )
    from gtan.data.sensors import load_sbhar

    return load_sbhar(settings)
