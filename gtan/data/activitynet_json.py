"""ActivityNet's JSON: a truth is ``{"database": ...}``, detections are ``{"results": ...}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gtan.data.interval_tables import DETECTION_COLUMNS, TRUTH_COLUMNS, to_frame
from gtan.data.texts import listed, name_fault, read_json_text, shown

LONGEST = 1e9  # seconds of a recording, frames a second: beyond is a typing error


def read_database(
    path: Path,
    wanted: Callable[[str, str], bool],
    *,
    labels: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Instances of the recordings that are wanted, and a table of all recordings.

    Args:
        path: as for `read_truth`, no table.
        wanted: says of a recording's name and subset whether its annotations are read.
        labels: as for `read_truth`.

    Returns:
        `instances` and `videos` of `Annotations`.

    Raises:
        ValueError, OSError: see `read_truth`.
    """
    database = _member(path, read_json_text(path), "database", "annotations")
    videos: list[tuple[str, str, float, float]] = []
    records = _Records()
    for video, entry in database.items():
        _check_name(video, f"{path}: 'database'")
        place = f"{path}: database[{shown(video)}]"
        if not isinstance(entry, dict):
            if wanted(video, ""):
                raise ValueError(f"{place} is not an object")
            continue
        subset = _subset(entry, place)
        videos.append((video, subset, _positive(entry, "duration"), _positive(entry, "fps")))
        if wanted(video, subset):
            records.add(video, entry.get("annotations", []), f"{place}['annotations']")

    table = pd.DataFrame(videos, columns=["video", "subset", "duration", "fps"])
    table = table.astype({"video": "str", "subset": "str", "duration": float, "fps": float})
    if table.empty:
        raise ValueError(f"{path}: 'database' names no recording")
    return records.to_frame(TRUTH_COLUMNS, labels), table


def _subset(entry: dict[str, Any], place: str) -> str:
    subset = entry.get("subset")
    subset = "" if subset is None else str(subset)
    if subset and name_fault(subset):
        raise ValueError(f"{place}['subset'] is {shown(subset)}, {name_fault(subset)}")
    return subset


def read_stated(path: Path, name: str) -> dict[str, Any]:
    """What an ActivityNet JSON file says of each recording under `name`, None where it is missing.

    For messages: `read_database` has NaN for all that is no positive number.
    """
    database = _member(path, read_json_text(path), "database", "annotations")
    return {video: entry.get(name) for video, entry in database.items() if isinstance(entry, dict)}


def read_results(
    path: Path, columns: tuple[str, ...], labels: Mapping[str, str] | None
) -> pd.DataFrame:
    """Detections or proposals, in the file's order.

    Args:
        columns: those of the frame.
        labels: names for labels that are numbers.

    Raises:
        ValueError, OSError: see `read_detections`.
    """
    records = _Records()
    for video, found in _member(path, read_json_text(path), "results", "detections").items():
        _check_name(video, f"{path}: 'results'")
        records.add(video, found, f"{path}: results[{shown(video)}]")
    return records.to_frame(columns, labels)


def to_results(frame: pd.DataFrame, version: str) -> dict[str, Any]:
    """A checked frame of detections as the content of a results file."""
    results: dict[str, list[dict[str, Any]]] = {}
    columns = (frame[column].tolist() for column in DETECTION_COLUMNS)
    for video, label, start, end, score in zip(*columns):
        record = {"label": label, "score": score, "segment": [start, end]}
        results.setdefault(video, []).append(record)
    return {"version": version, "results": results, "external_data": {}}


class _Records:
    """Lists of ``{"segment": [start, end], ...}``, one a recording, on the way to one frame."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, Any]] = []  # recording and record
        self._lists: list[tuple[str, int]] = []  # of each row: place of its list, and number in it

    def add(self, video: str, found: Any, place: str) -> None:
        """The list of a recording; `place` names it in messages."""
        if not isinstance(found, list):
            raise ValueError(f"{place} is not a list")
        self._rows += [(video, record) for record in found]
        self._lists += [(place, number) for number in range(len(found))]

    def _where(self, row: int) -> str:
        place, number = self._lists[row]
        return f"{place}[{number}]"

    def to_frame(self, columns: tuple[str, ...], labels: Mapping[str, str] | None) -> pd.DataFrame:
        """All records as a checked frame."""
        data: dict[str, list[Any]] = {column: [] for column in columns}
        for row, (video, record) in enumerate(self._rows):
            try:
                start, end = record["segment"]
                values = {**record, "video": video, "start": start, "end": end}
                for column in columns:
                    data[column].append(values[column])
            except (TypeError, KeyError, ValueError):
                need = "'segment': [start, end]" + "".join(
                    f", {column!r}" for column in columns if column in ("label", "score")
                )
                raise ValueError(f"{self._where(row)}: {shown(record)} needs {need}") from None
        return to_frame(data, columns, self._where, labels)


def _check_name(name: str, where: str) -> None:
    fault = name_fault(name)
    if fault:
        raise ValueError(f"{where}: a recording is named {shown(name)}, {fault}")


def _member(path: Path, content: Any, name: str, what: str) -> dict[str, Any]:
    if not isinstance(content, dict) or not isinstance(content.get(name), dict):
        names = isinstance(content, dict) and f"[{listed(map(shown, list(content)[:5]))}]"
        found = names or type(content).__name__
        raise ValueError(
            f"{path}: not ActivityNet {what}: needs {{{name!r}: {{video: ...}}}}, found {found}"
        )
    member: dict[str, Any] = content[name]
    return member


def _positive(entry: dict[str, Any], name: str) -> float:
    """The positive number of that name; NaN, "not known", for anything else."""
    value = entry.get(name)
    return value if isinstance(value, float) and 0 < value <= LONGEST else np.nan  # no int
