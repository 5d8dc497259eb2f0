"""What the annotations of a data set say, and what is wrong with it: names, labels, times."""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterable
from pathlib import Path
from unicodedata import normalize

import pandas as pd

from gtan.data.activitynet_json import LONGEST, read_database, read_stated
from gtan.data.annotations import AMBIGUOUS, Annotations
from gtan.data.dataset import without_excluded
from gtan.data.labels import read_label_map
from gtan.data.names import look_alikes
from gtan.data.published_annotations import joined_annotations
from gtan.data.store import find
from gtan.data.texts import listed, shown
from gtan.grid import ClipGrid
from gtan.settings import DataSettings, SettingsError

SLACK = 1.0  # seconds by which annotators overshoot a recording's end; ActivityNet's do by 0.85


def annotation_file(dataset: str) -> Path:
    """The annotations of "thumos14" or "activitynet" under `GTAN_DATA`, in ActivityNet's form.

    Raises:
        MissingDataError: they are not there; the message says how to add them.

    Example:
        >>> from gtan.data.annotations import read_truth
        >>> len(read_truth(annotation_file("thumos14"), "Test").videos)  # doctest: +SKIP
        213
    """
    return joined_annotations(dataset, find(dataset))


def annotations_path(settings: DataSettings) -> Path:
    """The annotations that settings name.

    Raises:
        SettingsError: they name none, or a table; or no features.
        FileNotFoundError: there is no such file; published ones may have to be added first.
    """
    if not settings.features:
        raise SettingsError(
            "setting data.features: where are the features? For example "
            "'folder/{video}.npy', or one HDF5 file"
        )
    if settings.annotations:
        path = Path(settings.annotations).expanduser()
    elif settings.dataset == "features":
        raise SettingsError("setting data.annotations: name a file in ActivityNet's JSON format")
    else:
        path = annotation_file(settings.dataset)
    if not path.exists():
        raise FileNotFoundError(f"there is no {path} (data.annotations), seen from {Path.cwd()}")
    if {".csv", ".tsv"} & set(path.suffixes):
        raise SettingsError(
            f"setting data.annotations: {path} is a table, which has neither durations nor "
            "subsets; ActivityNet's JSON is needed"
        )
    return path


def read_chosen(path: Path, settings: DataSettings) -> Annotations:
    """All recordings but the excluded ones, with the instances of those that can take part."""
    subsets = {settings.train_subset, settings.validation_subset, settings.test_subset} - {""}
    instances, videos = read_database(
        path,
        lambda video, subset: subset in subsets and video not in settings.exclude,
        labels=_label_map(settings),
    )
    kept = without_excluded(videos["video"].tolist(), settings.exclude)
    return Annotations(instances, videos[videos["video"].isin(kept)])


def _label_map(settings: DataSettings) -> dict[str, str] | None:
    if not settings.label_map:
        return None
    path = Path(settings.label_map).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"there is no {path} (data.label_map), seen from {Path.cwd()}")
    return read_label_map(path)


def check_names(names: Iterable[str], path: Path) -> None:
    """Refuse names of recordings that cannot be part of a file's name."""
    bad = [n for n in names if n in (".", "..") or any(c in n for c in "/\\\0")]
    if bad:
        raise ValueError(
            f"{path}: recordings are named {listed(map(shown, bad))}: names become file names, so "
            "that they must not hold a slash or be '..'; rename them there and in the features"
        )


def check_look_alikes(
    used: list[str], instances: pd.DataFrame, settings: DataSettings, path: Path
) -> None:
    """Refuse names and labels that only a computer tells apart; see `check_labels`."""
    pairs = look_alikes(used, fold_case=False)  # the names of online videos differ in case
    if pairs:
        raise ValueError(
            f"{path}: names of recordings differ only in spaces or Unicode form: "
            f"{_pairs(pairs)}; rename or exclude one"
        )
    check_labels(instances["label"], settings, path)


def check_labels(labels: Iterable[str], settings: DataSettings, path: Path) -> None:
    """Refuse labels that only a computer tells apart; warn of those that differ in letter case.

    Raises:
        ValueError: naming them, unless `data.classes` names both.
    """
    there = set(labels)
    meant = {*settings.classes, AMBIGUOUS}
    pairs = [pair for pair in look_alikes(there, fold_case=False) if not set(pair) <= meant]
    if pairs:
        raise ValueError(
            f"{path}: labels differ only in spaces or Unicode form: {_pairs(pairs)}; write them "
            "alike, or name both in data.classes"
        )
    pairs = [pair for pair in look_alikes(there) if not set(pair) <= meant]
    if pairs:
        warnings.warn(
            f"{path}: labels differ only in letter case, and are different actions: "
            f"{_pairs(pairs)}",
            stacklevel=5,
        )


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Two names a pair; in ASCII where the eye could not tell them apart."""
    return listed(
        f"{ascii(one)[:80]} and {ascii(other)[:80]}"
        if normalize("NFC", one) == normalize("NFC", other)
        else f"{shown(one, 40)} and {shown(other, 40)}"
        for one, other in pairs
    )


def check_times(
    videos: pd.DataFrame,
    instances: pd.DataFrame,
    settings: DataSettings,
    path: Path,
    placed: Container[str] = (),
) -> None:
    """Refuse recordings whose length or frame rate is not known, and actions outside of them.

    Args:
        videos: duration and fps, by name.
        instances: of these recordings.
        path: the annotations, for messages.
        placed: recordings whose feature files say themselves where their clips lie.

    Raises:
        SettingsError: a frame rate is missing, or clip 0 lies outside a recording.
        ValueError: a duration is missing, or actions lie outside.
    """
    unknown = videos.index[videos["duration"].isna()]
    if len(unknown):
        raise ValueError(f"{path}: {_unknown(path, 'duration', unknown)}; give the seconds")
    if settings.spacing == "stride":
        _check_clips(videos[[name not in placed for name in videos.index]], settings, path)
    if settings.outside == "error":
        _check_inside(videos["duration"], instances, path)


def _check_clips(videos: pd.DataFrame, settings: DataSettings, path: Path) -> None:
    """That clips have a place in seconds, and the first one lies in its recording."""
    unknown = videos.index[videos["fps"].isna()]
    if len(unknown) and settings.fps is None:
        raise SettingsError(
            f"setting data.fps: give frames a second, since in {path} "
            f"{_unknown(path, 'fps', unknown)}"
        )
    beyond = [
        name
        for name, seconds, fps in zip(videos.index, videos["duration"], videos["fps"])
        if not clip_grid(settings.fps or fps, settings).begins_within(seconds)
    ]
    if beyond:
        raise SettingsError(
            f"setting data.clip_offset = {settings.clip_offset:g}: clip 0 would lie outside "
            f"{listed(beyond)}; it is in frames"
        )


def _check_inside(durations: pd.Series, instances: pd.DataFrame, path: Path) -> None:
    ends = instances["video"].map(durations)
    outside = instances[(instances["start"] < -SLACK) | (instances["end"] > ends + SLACK)]
    if len(outside):
        found = [
            f"{video[:60]} [{start:g}, {end:g}] {label[:60]} of {durations.loc[video]:g} s"
            for video, label, start, end in outside.itertuples(index=False)
        ]
        raise ValueError(
            f"{path}: {len(found)} annotations lie outside their recordings: {listed(found)}. "
            "Correct times or durations, or leave the recordings out with data.exclude, or set "
            "data.outside='keep'"
        )


def clip_grid(rate: float, settings: DataSettings) -> ClipGrid:
    """Where clips lie that settings give in frames, at `rate` frames a second."""
    return ClipGrid(
        settings.clip_stride / rate, settings.clip_length / rate, settings.clip_offset / rate
    )


def _unknown(path: Path, field: str, names: Iterable[str]) -> str:
    """What the annotations have instead of a positive number."""
    stated = read_stated(path, field)
    missing = [name for name in names if stated[name] is None]
    wrong = [
        f"database[{shown(n, 40)}][{field!r}] is {shown(stated[n], 40)}"
        for n in names
        if stated[n] is not None
    ]
    faults = [f"{field!r} is missing in {listed(missing)}"] if missing else []
    if wrong:
        faults.append(f"{listed(wrong)}, not a positive number up to {LONGEST:g}")
    return "; ".join(faults)
