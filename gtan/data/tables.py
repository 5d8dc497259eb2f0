"""Tables of intervals, one a line, with the names of the columns in the first line.

The one place that says what a table may look like: which names a column may have, what may
separate the columns, how a time may be written. What can be read in two ways is an error.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gtan.data.numbers import read_number, read_time
from gtan.data.texts import listed, shown

# What a column may be called; upper and lower case, and spaces around, do not matter.
COLUMNS = {
    "video": ("video", "video_id", "video-id", "recording", "file"),
    "label": ("label", "class", "action", "behavior", "behaviour"),
    "start": ("start", "t_start", "t-start", "start_time", "begin", "onset"),
    "end": ("end", "t_end", "t-end", "end_time", "stop", "offset"),
    "score": ("score", "confidence", "probability", "prob"),
    "id": ("id", "label_id", "class_id", "number", "index"),
}
DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon"}
NAMES = ("video", "label")  # columns of names; the others are numbers
TIMES = ("start", "end")
LONGEST_HEADER = 100_000  # characters


@dataclass(frozen=True)
class Table:
    """Columns of a table file.

    Attributes:
        columns: by our name, in the file's order; names are texts, the others numbers, or the text
            where it is none.
        lines: number of each row's line.
    """

    columns: dict[str, list[Any]]
    lines: list[int]


def read_table(path: Path, text: str, needed: Sequence[str]) -> Table:
    r"""The columns that are needed, of a file with this text.

    Args:
        path: for messages.
        text: the file's. Columns are separated by comma, tab or semicolon, whichever makes the
            first line name all that is needed. Numbers have a decimal point; where no comma
            separates the columns, all of a column may have a decimal comma. Times are seconds,
            mm:ss or hh:mm:ss. A space after a separator does not count, unless it is quoted.
        needed: keys of `COLUMNS`.

    Raises:
        ValueError: naming file and line.

    Example:
        >>> text = "Onset;Offset;file;Behavior\n1:05,5;66;v;run\n"
        >>> read_table(Path("t.csv"), text, ["video", "label", "start", "end"]).columns
        {'video': ['v'], 'label': ['run'], 'start': [65.5], 'end': [66.0]}
    """
    delimiter, header = _header(path, text, needed)
    places = {column: _places(header, column)[0] for column in needed}
    texts: dict[str, list[str]] = {column: [] for column in needed}
    lines = []
    rows = _rows(path, text, delimiter)
    next(rows)
    for line, row in rows:
        if len(row) != len(header):
            raise ValueError(f"{path}: line {line} has {len(row)} fields, not {len(header)}")
        for column, place in places.items():
            texts[column].append(row[place])
        lines.append(line)
    columns: dict[str, list[Any]] = dict(texts)
    for column in needed:
        if column not in NAMES:
            comma = delimiter != "," and _has_commas(path, column, texts[column], lines)
            read = read_time if column in TIMES else read_number
            columns[column] = [_number(read, cell, comma) for cell in texts[column]]
    return Table(columns, lines)


def _header(path: Path, text: str, needed: Sequence[str]) -> tuple[str, list[str]]:
    """Delimiter and names of the columns."""
    if len(text) > LONGEST_HEADER and not {"\n", "\r"} & set(text[:LONGEST_HEADER]):
        raise ValueError(f"{path}: the header line is longer than {LONGEST_HEADER:,} characters")
    headers = {}
    for delimiter in DELIMITERS:
        _, row = next(_rows(path, text, delimiter), (1, []))
        headers[delimiter] = [name.strip() for name in row]
    found = {
        delimiter: [column for column in needed if _places(header, column)]
        for delimiter, header in headers.items()
    }
    whole = [delimiter for delimiter in DELIMITERS if len(found[delimiter]) == len(needed)]
    if len(whole) > 1:
        raise ValueError(
            f"{path}: the header line names all columns when separated by "
            f"{' or '.join(DELIMITERS[delimiter] for delimiter in whole)}; keep one of them"
        )
    delimiter = max(DELIMITERS, key=lambda d: len(found[d]))
    header = headers[delimiter]
    check_once(header, f"{path}: the header line")
    missing = [column for column in needed if column not in found[delimiter]]
    if missing:
        raise ValueError(
            f"{path}: column {', '.join(missing)} is missing from the header line "
            f"[{listed(map(shown, header))}]; it must name {','.join(needed)}, separated by "
            f"{' or '.join(DELIMITERS.values())}. For {missing[0]}, "
            f"{' or '.join(COLUMNS[missing[0]][1:])} will do"
        )
    for column in needed:
        same = [header[place] for place in _places(header, column)]
        if len(same) > 1:
            raise ValueError(
                f"{path}: columns {' and '.join(map(shown, same))} of the header line can both be "
                f"{column}; rename the one that is not"
            )
    return delimiter, header


def _places(header: list[str], column: str) -> list[int]:
    return [place for place, name in enumerate(header) if name.casefold() in COLUMNS[column]]


def check_once(names: Sequence[Any], source: str) -> None:
    """ValueError if a column is named twice: which of the two is meant?"""
    for name, count in Counter(names).items():
        if name != "" and count > 1:
            raise ValueError(f"{source}: column {shown(name)} is there twice; keep one of them")


def _rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Lines that are not blank, with their numbers."""
    # The csv module rather than pandas: it knows line numbers, and never guesses at types.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        for row in reader:
            if row and row != [""]:
                yield reader.line_num, row
    except csv.Error as error:
        raise ValueError(f"{path}: line {reader.line_num}: {error}") from None


def _has_commas(path: Path, column: str, texts: list[str], lines: list[int]) -> bool:
    """Whether a column's numbers have a decimal comma; ValueError if there are points as well."""
    commas = next((row for row, text in enumerate(texts) if "," in text), None)
    points = next((row for row, text in enumerate(texts) if "." in text), None)
    if commas is not None and points is not None:
        raise ValueError(
            f"{path}: column {column} has a decimal comma in line {lines[commas]}, "
            f"{shown(texts[commas])}, and a point in line {lines[points]}, "
            f"{shown(texts[points])}; write all numbers alike"
        )
    return commas is not None


def _number(read: Callable[[str, bool], float | None], text: str, comma: bool) -> float | str:
    """What a text stands for; the text itself, to be complained of, if it stands for none."""
    number = read(text, comma)
    return text if number is None else number
