"""What the readers and writers of other tools' files share: text of strangers, rows, names.

A row is video, label, start, end in seconds and, where a tool can hold one, a score; it knows where
it stands, so that every error names file and line.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import pandas as pd

from gtan.data.annotations import TRUTH_COLUMNS, Annotations, as_annotations, check_detections
from gtan.data.numbers import read_number
from gtan.data.texts import name_fault, read_text

_SCORED = re.compile(r"(.+) \[([^\[\]]+)\]", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """One interval of a file; `place` names file and line for messages."""

    place: str
    video: str
    label: str
    start: float
    end: float
    score: float | None = None


def lines_of(path: Path) -> Iterator[tuple[str, str]]:
    """Place and text of each line that is not blank."""
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if line.strip():
            yield f"{path}: line {number}", line


def cells_of(path: Path, quotes: bool = True) -> Iterator[tuple[str, list[str]]]:
    """Place and cells of each line of a table: parted by tabs, in a ``.csv`` by commas or ";".

    Args:
        quotes: whether quotation marks hold a cell together, or are part of it.
    """
    text = read_text(path)
    if path.name.lower().removesuffix(".gz").endswith(".csv"):
        mark = "," if "," in text.lstrip().splitlines()[0] else ";"
    else:
        mark = "\t"
    lines = io.StringIO(text, newline="")
    if quotes:
        reader = csv.reader(lines, delimiter=mark)
    else:
        reader = csv.reader(lines, delimiter=mark, quoting=csv.QUOTE_NONE)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield f"{path}: line {reader.line_num}", cells
    except csv.Error as error:
        raise ValueError(f"{path}: line {reader.line_num}: {error}") from None


def seconds(text: str, place: str, what: str) -> float:
    """The number that a cell holds; ValueError naming place and cell if it holds none."""
    number = read_number(text)
    if number is None or not np.isfinite(number):
        raise ValueError(f"{place}: {what} is {text!r}, not a number of seconds")
    return number


def stem(name: str) -> str:
    r"""A recording's name from the path or address of its file, of any system.

    Example:
        >>> [stem(name) for name in ("C:\\data\\a.b.mp4", "file:///x/a.b.mp4", "a")]
        ['a.b', 'a.b', 'a']
    """
    return PurePosixPath(PureWindowsPath(name).name).stem


def to_annotations(
    rows: Sequence[Row], videos: Iterable[str] = (), durations: Mapping[str, float] | None = None
) -> Annotations:
    """Rows as a truth; its recordings are `videos`, then those that rows name besides.

    Rows with a score keep it in a fifth column.

    Raises:
        ValueError: naming a row's place, if a name is none, a time or score is not finite, or
            it ends before it starts.
    """
    for row in rows:
        for what, name in (("video", row.video), ("label", row.label)):
            fault = name_fault(name) if name else "empty"
            if fault:
                raise ValueError(f"{row.place}: the {what} is {fault}; name it in the tool")
        for what, value in (("start", row.start), ("end", row.end), ("score", row.score or 0.0)):
            if not isfinite(value):
                raise ValueError(f"{row.place}: {what} is {value}; it must be finite")
        if row.end < row.start:
            raise ValueError(f"{row.place}: end {row.end:g} is before start {row.start:g}")
    names = list(dict.fromkeys([*videos, *(row.video for row in rows)]))
    table = pd.DataFrame({"video": names, "subset": ""}).astype("str")
    table["duration"] = table["video"].map(durations or {}).astype(float)
    table["fps"] = np.nan
    values = [(row.video, row.label, row.start, row.end) for row in rows]
    instances = pd.DataFrame(values, columns=list(TRUTH_COLUMNS))
    instances = instances.astype({"video": "str", "label": "str", "start": float, "end": float})
    if rows and all(row.score is not None for row in rows):
        instances["score"] = np.array([row.score for row in rows], float)
    return Annotations(instances, table)


def to_write(frame: pd.DataFrame | Annotations) -> dict[str, list[Row]]:
    """What a writer is given, checked, by recording: rows with a score where the table has one.

    Raises:
        ValueError: see `check_detections` and `as_annotations`.
    """
    if isinstance(frame, pd.DataFrame) and "score" in frame.columns:
        table = check_detections(frame)
        scores: list[float | None] = table["score"].tolist()
    else:
        table = as_annotations(frame).instances
        scores = [None] * len(table)
    columns = (table[name].tolist() for name in TRUTH_COLUMNS)
    found: dict[str, list[Row]] = {}
    for number, (video, label, start, end, score) in enumerate(zip(*columns, scores)):
        found.setdefault(video, []).append(Row(f"row {number}", video, label, start, end, score))
    return found


def say_points(rows: Sequence[Row], source: Path) -> None:
    """Warn of events without length: they are kept, and can hardly be found or matched."""
    points = [row for row in rows if row.start == row.end]
    if points:
        warnings.warn(
            f"{source}: {len(points)} of {len(rows)} events have no length (the first: "
            f"{points[0].video} {points[0].start:g} s {points[0].label}); kept as they are, but "
            "nothing can learn or match them",
            stacklevel=4,
        )


def file_of(folder: Path, video: str, suffix: str) -> Path:
    """The file of a recording in a folder that is written; names must not lead elsewhere."""
    if video in (".", "..") or any(mark in video for mark in "/\\\0"):
        raise ValueError(f"recording {video!r} cannot name a file in {folder}; rename it")
    return folder / f"{video}{suffix}"


def with_score(row: Row) -> str:
    """A row's label with its score, for tools that show one text.

    Example:
        >>> with_score(Row("", "v", "run", 0, 1, 0.5)), split_score("run [0.5]", "here")
        ('run [0.5]', ('run', 0.5))
    """
    if row.score is None:
        raise ValueError(f"{row.place}: there is no score to write")
    return f"{row.label} [{row.score:.6g}]"


def split_score(text: str, place: str) -> tuple[str, float]:
    """What `with_score` made of label and score."""
    found = _SCORED.fullmatch(text)
    score = read_number(found[2]) if found else None
    if found is None or score is None:
        raise ValueError(f"{place}: {text!r} holds no score, as in 'run [0.87]'; read it without")
    return found[1], score


def apart(rows: Sequence[Row]) -> list[int]:
    """For each row of a recording the lowest track on which it meets no other row of its label.

    Tools that allow no overlap on one tier, or pair starts with stops, need more than one.

    Example:
        >>> apart([Row("", "v", "run", *times) for times in ((0, 4), (3, 5), (4, 6))])
        [0, 1, 0]
    """
    ends: dict[str, list[float]] = {}
    tracks = [0] * len(rows)
    for place in sorted(range(len(rows)), key=lambda n: (rows[n].start, rows[n].end)):
        row = rows[place]
        taken = ends.setdefault(row.label, [])
        track = next((n for n, end in enumerate(taken) if end <= row.start), len(taken))
        taken[track : track + 1] = [row.end]
        tracks[place] = track
    return tracks
