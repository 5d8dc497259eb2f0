"""Features in a table: `.csv` or `.tsv`, with or without a header, an index, a decimal comma.

A table is read as a whole. Where its first lines can be read in two ways, settings must say which.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.data.numbers import read_number
from gtan.data.shapes import FeatureError
from gtan.data.tables import DELIMITERS
from gtan.data.texts import cut, shown

ALWAYS_RISING = 10  # clips through which no feature rises by chance
# Names, in lower case, of columns that are no feature; docs/own-data.md lists them.
ASIDE = frozenset(
    ("index", "idx", "id", "frame", "frames", "frame_id", "clip", "clip_id", "time", "timestamp",
     "t", "second", "seconds", "sec", "video", "video_id")
)  # fmt: skip
_DIGIT_FIRST = re.compile(r"[+-]?[.,]?[0-9]")  # as 1_0, which may be a number mistyped
_NO_VALUE = frozenset(("", "NA", "N/A", "NULL", "null", "None", "n/a", "<NA>", "#N/A"))  # pandas'
SAMPLE = 3  # lines that tell the delimiter; the last one is no header


class TableArray:
    """The numbers of a table, read as a whole when it is sliced for the first time.

    Attributes:
        width: columns of numbers.
        shape: counts the lines.
        dtype: float32.

    Raises:
        FeatureError: it can be read in two ways, or the first line of numbers holds none.
    """

    dtype = np.dtype("float32")

    def __init__(
        self,
        path: Path,
        header: Literal["detect", "names", "none"],
        skip: int | None,
        clips_last: bool,
    ) -> None:
        self._path = path
        self._delimiter = _delimiter(path, skip or 0)
        one = "dimension" if clips_last else "clip"
        try:
            with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                reader = csv.reader(file, delimiter=self._delimiter, skipinitialspace=True)
                rows = (row for row in reader if [cell.strip() for cell in row] not in ([], [""]))
                first = next(rows, [])
                above = reader.line_num
                if skip is not None and skip >= len(first):
                    raise FeatureError(
                        f"has {len(first)} columns, and data.csv_skip_columns leaves out {skip}"
                    )
                if header == "detect":
                    named = self._holds_names(first, skip or 0, one)
                else:
                    named = header == "names"
                top = next(rows, []) if named else first
                if not top:
                    raise FeatureError(f"has a header line and no {one}; extract it again")
                _check_header(first, top, named)
                if skip is None:
                    skip = self._columns_aside(first if named else [], top, rows)
                    if skip:
                        other = "the first clips" if clips_last else "features"
                        raise FeatureError(
                            f"the first column{f's, {skip} of them,' * (skip > 1)} can be an "
                            f"index (or time) or {other}; say how many are no feature by "
                            f"data.csv_skip_columns: {skip}, or 0 to keep all"
                        )
        except csv.Error as error:
            raise FeatureError(f"not a table of numbers ({error})") from None
        self._check_numbers(top, skip, one)
        self._above, self._aside, self.width = above if named else 0, skip, len(top) - skip

    def _check_numbers(self, top: list[str], skip: int, one: str) -> None:
        """That the first line of numbers, but for columns that are skipped, holds numbers."""
        bad = [cell for cell in top[skip:] if self._number(cell) is None]
        if bad and len(top) == 1:
            raise FeatureError(
                f"not a table of numbers: its first {one} is one field, {shown(bad[0])}; columns "
                f"are separated by {', '.join(DELIMITERS.values())}"
            )
        if bad:
            raise FeatureError(
                f"not a table of numbers: its first {one} holds {shown(bad[0])}; is that an index "
                "(data.csv_skip_columns), or a header (data.csv_header)?"
            )

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Lines of numbers, and columns."""
        with self._path.open(encoding="latin-1") as file:  # whichever way lines end
            return sum(1 for line in file if line.strip()) - (self._above > 0), self.width

    def __getitem__(self, index: Any) -> NDArray[np.float32]:
        return self._array[index]

    @cached_property
    def _array(self) -> NDArray[np.float32]:
        kinds: dict[int, Any] = defaultdict(
            lambda: np.float32, dict.fromkeys(range(self._aside), str)
        )
        # Whether "1,5" is a number is the same for all values: with a point, or else with a comma.
        decimals = "." if self._delimiter == "," else ".,"
        for decimal in decimals:
            try:
                with np.errstate(over="ignore"):
                    frame = pd.read_csv(
                        self._path,
                        sep=self._delimiter,
                        decimal=decimal,
                        header=None,
                        skiprows=self._above,
                        skipinitialspace=True,
                        dtype=kinds,
                        encoding="utf-8-sig",
                        encoding_errors="replace",
                    )
                break
            except (ValueError, pd.errors.ParserError) as error:
                said = cut(str(error))
        else:
            raise FeatureError(f"not a table of numbers: {self._fault() or said}")
        columns = self._aside + self.width
        if frame.shape[1] != columns:
            raise FeatureError(f"has {frame.shape[1]} columns, but {columns} in its first line")
        values = frame.iloc[:, self._aside :].to_numpy(np.float32)
        fault = self._fault() if np.isnan(values).any() else ""  # as where a line is too short
        if fault:
            raise FeatureError(f"not a table of numbers: {fault}")
        return values

    def _fault(self) -> str:
        """What the first line that cannot be read has, in words; "" if there is none."""
        columns = self._aside + self.width
        signs: dict[str, str] = {}
        with self._path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.reader(file, delimiter=self._delimiter, skipinitialspace=True)
            for row in reader:
                line = reader.line_num
                if line <= self._above or not any(cell.strip() for cell in row):
                    continue
                if len(row) != columns:
                    return (
                        f"line {line} has {len(row)} cell{'s' * (len(row) != 1)}, the first one "
                        f"{columns}; correct or extract it again"
                    )
                for column, cell in enumerate(row[self._aside :], self._aside + 1):
                    if self._number(cell) is None and cell.strip() not in _NO_VALUE:
                        return (
                            f"line {line}, column {column} holds {shown(cell)}; correct or "
                            "extract it again"
                        )
                    for sign in set(cell) & {",", "."}:
                        signs.setdefault(sign, f"{shown(cell)} in line {line}")
        if len(signs) > 1:
            return (
                f"decimal comma, {signs[',']}, and point, {signs['.']}, are mixed; write all alike"
            )
        return ""

    def _number(self, cell: str) -> float | None:
        return read_number(cell, comma=self._delimiter != ",")

    def _value(self, cell: str) -> float:
        number = self._number(cell)
        return np.nan if number is None else number

    def _holds_names(self, cells: list[str], skip: int, one: str) -> bool:
        """Whether a first line holds names of columns; FeatureError if it may be numbers as well.

        Names are what is no number, with whole numbers among them. Pandas names columns 0, 1, 2,
        ... where they have no names, and leaves the index's name empty; other numbers that rise in
        even steps can be names, or times, as well.

        Args:
            cells: the first line.
            skip: leading ones that are no feature; they tell something if nameless, as pandas'
                index, or named as an index or time.
            one: what a line of numbers is, for the message.
        """
        if not any(_is_aside(cell) for cell in cells[:skip]):
            cells = cells[skip:]
        texts = [cell.strip() for cell in cells if self._number(cell) is None]
        digits = [cell.strip() for cell in cells if self._number(cell) is not None]
        from_0, from_1 = (digits == [str(n + i) for n in range(len(digits))] for i in (0, 1))
        words = [text for text in texts if text]
        odd = ""
        if texts:
            lacking = not words and texts != [cells[0].strip()]  # a clip with empty cells
            if digits and words and all(map(_DIGIT_FIRST.match, words)):
                odd = f", for cell {shown(words[0])} is neither a number nor a name"
            both = lacking or bool(odd) or (bool(digits) and not (from_0 or from_1))
        else:
            rises = _counts([self._value(cell) for cell in digits])  # of three or more
            both = from_0 or rises
        if both:
            line = self._delimiter.join(cells[:4]) + f"{self._delimiter}..." * (len(cells) > 4)
            raise FeatureError(
                f"the first line, {shown(line)}, can be a header or the first {one}{odd}; say "
                "which by data.csv_header: 'names' or 'none'"
            )
        return bool(texts)

    def _columns_aside(self, names: list[str], top: list[str], rows: Iterator[list[str]]) -> int:
        """How many leading columns look like an index or time: by their names, or rising.

        Args:
            names: the header's, [] without one.
            top, rows: first line of numbers, and the others, read only as far as a column rises.
        """
        unnamed = _leading(map(_is_aside, names))
        if names and unnamed == len(names):
            raise FeatureError(
                f"column {shown(names[-1])} can be an index (or time) or a feature, and there is "
                "no other feature; say how many leading columns are no feature by "
                f"data.csv_skip_columns ({len(names) - 1}: the last one is a feature)"
            )
        behind = [name for name in names[unnamed:] if name.strip().lower() in ASIDE]
        if behind:
            raise FeatureError(
                f"column {shown(behind[0])} can be an index (or time) or a feature, and does not "
                "stand in front; remove it, or say how many leading columns are no feature by "
                "data.csv_skip_columns (0: all are features)"
            )
        rising, seen = len(top), [[self._value(cell) for cell in top]]
        for row in rows:
            values = [self._value(cell) for cell in row[:rising]]
            rising = _leading(before < now for before, now in zip(seen[-1], values))
            if not rising:
                break
            seen.append(values[:rising])
        return _leading(
            column < unnamed or (column < rising and _counts([row[column] for row in seen]))
            for column in range(len(top) - 1)
        )


def _delimiter(path: Path, skip: int) -> str:
    """What separates the columns: what parts all lines alike, and makes numbers but for `skip`.

    If nothing does, the one with the most numbers at the line's end: the index is in front.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = list(islice((line for line in file if line.strip()), SAMPLE))
    if not lines:
        raise FeatureError("has no numbers in it; extract it again")
    numbers: dict[str, tuple[int, int]] = {}
    fits, said = [], ""
    for delimiter in DELIMITERS:
        try:
            *above, cells = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        except csv.Error as error:  # a long line is too long for one cell, which it need not be
            said = str(error)
            continue
        values = [read_number(cell, comma=delimiter != ",") is not None for cell in cells]
        numbers[delimiter] = _leading(reversed(values)), len(cells)
        empty = [not cell.strip() for cell in cells]
        all_numbers = all(v or e for v, e in zip(values[skip:], empty[skip:])) and any(values)
        if len(cells) > 1 and all_numbers and all(len(row) == len(cells) for row in above):
            fits.append(delimiter)
    if len(fits) > 1:
        raise FeatureError(
            f"can be read in two ways, as separated by {' or '.join(DELIMITERS[d] for d in fits)}; "
            "keep one of them"
        )
    if not numbers:
        raise FeatureError(f"not a table of numbers ({said})")
    return fits[0] if fits else max(numbers, key=lambda d: numbers[d])


def _check_header(first: list[str], top: list[str], named: bool) -> None:
    """That the first line of numbers has as many cells as the file's first, whose names differ."""
    names = [name.strip() for name in first]
    twice = [name for name in names if name and names.count(name) > 1]
    if named and twice:
        raise FeatureError(f"column {shown(twice[0])} is there twice; keep one of them")
    if len(top) != len(first):
        raise FeatureError(
            f"{len(top)} cells follow a first line of {len(first)}; name every column there"
        )


def _is_aside(name: str) -> bool:
    """Whether a column is no feature by its name, or has none."""
    name = name.strip()
    return not name or name.startswith("Unnamed:") or name.lower() in ASIDE


def _counts(values: list[float]) -> bool:
    """Whether rising numbers are those of an index or time: in even steps, or too many."""
    steps = np.diff(values)
    if len(values) < 3 or not (steps > 0).all():
        return False
    even = np.linspace(values[0], values[-1], len(values))
    return len(values) >= ALWAYS_RISING or bool((abs(values - even) < 0.02 * steps.mean()).all())


def _leading(holds: Iterable[bool]) -> int:
    """How many are true before the first that is not."""
    return sum(1 for _ in takewhile(bool, holds))
