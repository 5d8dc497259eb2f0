"""Detections as THUMOS14's temporal task has them submitted: one text file.

Source: THUMOS Challenge 2014, "Temporal Action Detection", whose evaluation kit reads it. A line is

    video_test_0000004 0.2 1.1 7 0.98

video, start and end in seconds, number of the class, confidence, parted by blanks or tabs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import pandas as pd

from gtan.data.annotations import AMBIGUOUS, check_detections
from gtan.data.formats.rows import Row, lines_of, seconds, to_annotations, to_write
from gtan.files import write_bytes

# Of the challenge's 101 classes those of its detection task, and the label that counts neither way.
THUMOS14: dict[int, str] = {
    0: AMBIGUOUS,
    7: "BaseballPitch",
    9: "BasketballDunk",
    12: "Billiards",
    21: "CleanAndJerk",
    22: "CliffDiving",
    23: "CricketBowling",
    24: "CricketShot",
    26: "Diving",
    31: "FrisbeeCatch",
    33: "GolfSwing",
    36: "HammerThrow",
    40: "HighJump",
    45: "JavelinThrow",
    51: "LongJump",
    68: "PoleVault",
    79: "Shotput",
    85: "SoccerPenalty",
    92: "TennisSwing",
    93: "ThrowDiscus",
    97: "VolleyballSpiking",
}


def read_class_list(path: str | Path) -> dict[int, str]:
    """Numbers and names of classes, as `detclasslist.txt` of the evaluation kit lists them.

    Raises:
        ValueError: naming file and line.
    """
    classes: dict[int, str] = {}
    for place, line in lines_of(Path(path)):
        number, _, name = line.strip().partition(" ")
        if not re.fullmatch(r"[0-9]{1,18}", number) or not name.strip():
            raise ValueError(f"{place}: {line!r} is not a number and a name, as in '7 Pitch'")
        if int(number) in classes:
            raise ValueError(f"{place}: class {number} is there twice; keep one of them")
        classes[int(number)] = name.strip()
    return classes


def read_thumos_submission(path: str | Path, labels: Mapping[int, str] = THUMOS14) -> pd.DataFrame:
    r"""Read a submission as a table of detections: video, label, start, end, score.

    Args:
        path: the text file, optionally gzipped.
        labels: the name of each number; see `read_class_list`.

    Raises:
        ValueError: naming file and line, if it has not five fields, a number is none, or a class
            is not in `labels`.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "run.txt"
        >>> _ = path.write_text("video_test_0000004 0.2 1.1 7 0.98\n")
        >>> read_thumos_submission(path).values.tolist()
        [['video_test_0000004', 'BaseballPitch', 0.2, 1.1, 0.98]]
    """
    rows = []
    for place, line in lines_of(Path(path)):
        cells = line.split()
        if len(cells) != 5:
            raise ValueError(f"{place}: {len(cells)} fields, not video, start, end, class, score")
        start, end = seconds(cells[1], place, "start"), seconds(cells[2], place, "end")
        number = seconds(cells[3], place, "class")
        if number not in labels:  # "7", and "7.0" as number-writing programs have it
            known = ", ".join(map(str, sorted(labels)))
            raise ValueError(f"{place}: class {cells[3]} has no name; there are {known}")
        score = seconds(cells[4], place, "score")
        rows.append(Row(place, cells[0], labels[int(number)], start, end, score))
    return check_detections(to_annotations(rows).instances)


def write_thumos_submission(
    frame: pd.DataFrame, path: str | Path, labels: Mapping[int, str] = THUMOS14
) -> None:
    """Write detections as a submission; times and scores survive bit by bit.

    Raises:
        ValueError: a label without a number, or a recording whose name holds a blank.
    """
    number = {name: index for index, name in labels.items()}
    lines = []
    for row in chain.from_iterable(to_write(frame).values()):
        if row.label not in number:
            raise ValueError(f"label {row.label!r} has no number in `labels`")
        if len(row.video.split()) != 1:
            raise ValueError(f"recording {row.video!r}: a submission's names hold no blanks")
        if row.score is None:
            raise ValueError("a submission needs a column score")
        lines.append(f"{row.video} {row.start!r} {row.end!r} {number[row.label]} {row.score!r}\n")
    write_bytes(Path(path), "".join(lines).encode())
