"""Data sets, annotations and features."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Literal

from gtan.settings import WORLDS, DataSettings

if TYPE_CHECKING:
    from gtan.data.dataset import Dataset


def load_dataset(
    settings: DataSettings,
    labels: Literal["one", "all"] = "one",
    only: Collection[str] | None = None,
) -> Dataset:
    """The data set that `settings` name: one known by name, annotations with features, or a folder.

    Args:
        settings: `data.*`.
        labels: `detection.labels` of whom it is for; "one" warns of actions that share their time.
        only: recordings of a data set that was loaded before; where it `loads_apart`, the files of
            the others are not opened, and they are left out.

    Raises:
        KeyError: no recording of a name in `only`.
        SettingsError: a setting has no effect on this data set; and see `load_features`.
        MissingDataError: it is not on this machine (`gtan data add`).
        FileNotFoundError, ValueError: see `gtan.data.recordings.load_features` and
            `gtan.data.framewise.load_framewise`.
    """
    from gtan.data.checks import check_applies, warn_of_shared_time

    check_applies(settings)
    if settings.dataset == "sbhar":
        from gtan.data.sensors import load_sbhar as load
    elif settings.dataset in WORLDS:
        from gtan.world.dataset import load_world as load
    elif settings.dataset == "framewise":
        from gtan.data.framewise import load_framewise as load
    else:
        from gtan.data.recordings import load_features

        dataset = load_features(settings, only)
        warn_of_shared_time(dataset, labels)
        return dataset
    dataset = load(settings)
    warn_of_shared_time(dataset, labels)
    return dataset


def loads_apart(settings: DataSettings) -> bool:
    """Whether recordings can be loaded without the others of their data set."""
    return settings.dataset not in ("sbhar", "framewise", *WORLDS)


def check_features(
    dataset: Dataset,
    names: Iterable[str] | None = None,
    headers_only: bool = False,
    workers: int | None = None,
    progress: bool = True,
) -> list[str]:
    """Faults of a data set's feature files; see `gtan.data.scan.check_features`."""
    from gtan.data.scan import check_features

    return check_features(dataset, names, headers_only, workers, progress)
