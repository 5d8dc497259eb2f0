r"""Audacity's label tracks: a text file for each recording.

Source: "File > Export Other > Export Labels" of Audacity 2 and 3; "File > Import > Labels" reads
the same. A line is start, end and text, parted by tabs, in seconds with six decimals:

    2.150000	2.150000	door
    3.400000	6.100000	speech
    \	120.000000	4000.000000

A line that begins with a backslash holds frequencies of the label above and is passed over. A point
label starts where it ends. Some locales write decimal commas.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from gtan.data.annotations import Annotations
from gtan.data.formats.rows import (
    Row,
    file_of,
    lines_of,
    say_points,
    seconds,
    split_score,
    stem,
    to_annotations,
    to_write,
    with_score,
)
from gtan.files import write_bytes

SUFFIXES = (".txt",)
_COMMA = re.compile(r"([+-]?[0-9]+),([0-9]+)")


def read_audacity(path: str | Path, *, video: str = "", scores: bool = False) -> Annotations:
    r"""Read the labels of one recording.

    Args:
        path: the text file.
        video: the recording's name; "": the file's.
        scores: split texts such as "speech [0.87]" into label and score.

    Raises:
        ValueError: naming file and line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "monday.txt"
        >>> _ = path.write_text("3,400000\t6,100000\tspeech\n")
        >>> read_audacity(path).instances.to_dict("records")
        [{'video': 'monday', 'label': 'speech', 'start': 3.4, 'end': 6.1}]
    """
    path = Path(path)
    video = video or stem(path.name)
    rows: list[Row] = []
    for place, line in lines_of(path):
        cells = line.split("\t", 2)
        if cells[0] == "\\" and rows:
            continue
        if len(cells) < 3:
            raise ValueError(f"{place}: {line!r} is not 'start<TAB>end<TAB>label'")
        start, end = (
            seconds(_COMMA.sub(r"\1.\2", cell), place, what)
            for cell, what in zip(cells, ("start", "end"))
        )
        label, score = split_score(cells[2], place) if scores else (cells[2], None)
        rows.append(Row(place, video, label, start, end, score))
    say_points(rows, path)
    return to_annotations(rows, [video])


def write_audacity(
    frame: pd.DataFrame | Annotations, path: str | Path, *, scores: bool = False
) -> None:
    """Write a label track for each recording: `path/VIDEO.txt`, to a microsecond.

    Args:
        frame: detections, or annotated actions.
        path: a folder.
        scores: a label's text is "speech [0.87]" instead of "speech".

    Raises:
        ValueError: a label or a name that such a file cannot hold.
    """
    for video, rows in to_write(frame).items():
        lines = []
        for row in sorted(rows, key=lambda row: row.start):
            text = with_score(row) if scores else row.label
            if len(text.splitlines()) != 1:
                raise ValueError(f"label {text!r} does not fit on a line; rename it")
            lines.append(f"{row.start:.6f}\t{row.end:.6f}\t{text}\n")
        write_bytes(file_of(Path(path), video, ".txt"), "".join(lines).encode())
