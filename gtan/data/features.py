"""One feature sequence in a file: `.npy`, `.npz`, HDF5 or CSV, read stretch by stretch.

What a file says of itself is checked before it is believed: its header against its size, its type,
its shape. Arrays of Python objects are refused, so that no pickle is ever read. `.npy` files are
memory-mapped and HDF5 files are sliced: a stretch is read, never the whole file. `.npz` and CSV
files must be read as a whole.
"""

from __future__ import annotations

import csv
import math
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.data.numbers import read_number

SUFFIXES = (".npy", ".npz", ".h5", ".hdf5", ".csv")
HDF5 = (".h5", ".hdf5")
ALWAYS_RISING = 10  # clips through which no feature rises by chance


class FeatureError(ValueError):
    """A feature file is not what it should be; the message names it and says what to do."""


@dataclass
class FeatureFile:
    """A feature sequence on disk.

    Attributes:
        path: ends in one of `SUFFIXES`.
        key: name of the array within `.npz` or HDF5; "": the only one.
        clips_last: the file holds [D, T] instead of [T, D].
        csv_header: what a CSV's first line holds; "detect": an error where it can be both.
        csv_skip_columns: leading columns of a CSV that are no feature (index, time); None: none,
            and an error where they may be.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "v.npy"
        >>> np.save(path, np.arange(6.0).reshape(3, 2))
        >>> FeatureFile(path).shape, FeatureFile(path).read(1, 3).tolist()
        ((3, 2), [[2.0, 3.0], [4.0, 5.0]])
    """

    path: Path
    key: str = ""
    clips_last: bool = False
    csv_header: Literal["detect", "names", "none"] = "detect"
    csv_skip_columns: int | None = None

    @property
    def place(self) -> str:
        """File and array, for messages."""
        return f"{self.path}[{self.key!r}]" if self.key else str(self.path)

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Clips T and width D, from the header alone (a CSV is counted line by line).

        Raises:
            FeatureError: empty, truncated, not numbers, not two-dimensional, no such array, or a
                CSV that can be read in two ways.
            FileNotFoundError: there is no such file.
        """
        if self.path.suffix == ".csv":
            shape = _csv_clips(self.path, self._table), self._table.width
        elif self.path.suffix == ".npz":
            shape = self._npz_shape()
        else:
            with self._open() as array:
                shape = self._checked(array.shape, array.dtype)
        clips, width = reversed(shape) if self.clips_last else shape
        return clips, width

    @property
    def width(self) -> int:
        """D alone, for which a CSV need not be counted; errors as `shape`."""
        if self.path.suffix == ".csv" and not self.clips_last:
            return self._table.width
        return self.shape[1]

    def read(self, first: int, stop: int) -> NDArray[np.float32]:
        """Clips `first` to `stop` as [stop - first, D].

        Raises:
            FeatureError: as `shape`, and if a value is NaN or infinite or a clip is not there.
        """
        with self._open() as array:
            self._checked(array.shape, array.dtype)
            part = array[:, first:stop].T if self.clips_last else array[first:stop]
            with np.errstate(over="ignore"):  # what does not fit is infinite, and found below
                values = np.array(part, np.float32, order="C")
        if len(values) != stop - first:
            raise FeatureError(
                f"{self.place}: has no clips {first} to {stop}; was the file changed meanwhile?"
            )
        finite = np.isfinite(values)
        if not finite.all():
            clip, dimension = np.argwhere(~finite)[0]
            raise FeatureError(
                f"{self.place}: clip {first + clip}, dimension {dimension} is NaN, infinite or "
                "beyond float32; extract this recording again"
            )
        return values

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """Something with shape and dtype that can be sliced."""
        if self.path.suffix == ".npy":
            yield self._mapped()
        elif self.path.suffix == ".npz":
            self._npz_shape()
            with np.load(self.path, allow_pickle=False) as archive:
                yield archive[self._npz_member().removesuffix(".npy")]
        elif self.path.suffix in HDF5:
            import h5py

            with self._named(), h5py.File(self.path, "r") as file:
                yield self._dataset(file)
        else:
            yield _read_csv(self.path, self._table)

    @cached_property
    def _table(self) -> _Table:
        return _csv_table(self.path, self.csv_header, self.csv_skip_columns, self.clips_last)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """A library's errors, with the file's name. Damaged files can raise just about anything."""
        try:
            yield
        except (FeatureError, FileNotFoundError):
            raise
        except Exception as error:
            raise FeatureError(
                f"{self.place}: cannot be read ({error}); truncated or not a "
                f"{self.path.suffix} file: copy or extract it again"
            ) from None

    def _mapped(self) -> NDArray[Any]:
        _not_empty(self.path)
        with self._named():
            with self.path.open("rb") as file:
                if file.read(6) != b"\x93NUMPY":
                    raise ValueError("it does not begin as .npy files do")
                file.seek(0)
                shape, dtype = _npy_header(file)
                there = self.path.stat().st_size - file.tell()
            self._checked(shape, dtype)
            self._whole(shape, dtype, there)
            mapped: NDArray[Any] = np.load(self.path, mmap_mode="r", allow_pickle=False)
            return mapped

    def _npz_member(self) -> str:
        with self._named(), zipfile.ZipFile(self.path) as archive:
            names = [n for n in archive.namelist() if n.endswith(".npy")]
        arrays = [name.removesuffix(".npy") for name in names]
        if self.key:
            if self.key not in arrays:
                raise FeatureError(
                    f"{self.path}: has no array {self.key!r} (data.feature_key); it holds "
                    f"{', '.join(arrays) or 'none'}"
                )
            return f"{self.key}.npy"
        if len(names) != 1:
            raise FeatureError(
                f"{self.path}: holds {len(names)} arrays ({', '.join(arrays)}); name one by "
                "data.feature_key"
            )
        return names[0]

    def _npz_shape(self) -> tuple[int, int]:
        _not_empty(self.path)
        name = self._npz_member()
        with self._named(), zipfile.ZipFile(self.path) as archive, archive.open(name) as file:
            shape, dtype = _npy_header(file)
            there = archive.getinfo(name).file_size - file.tell()
        checked = self._checked(shape, dtype)
        self._whole(shape, dtype, there)
        return checked

    def _dataset(self, file: Any) -> Any:
        import h5py

        key = self.key
        if not key:
            if len(file) != 1:
                raise FeatureError(
                    f"{self.path}: holds {len(file)} entries ({_some(file)}); name one by "
                    "data.feature_key"
                )
            key = next(iter(file))
        if key not in file:
            raise FeatureError(
                f"{self.path}: has no entry {key!r} (data.feature_key); it holds {_some(file)}"
            )
        found = file[key]
        if not isinstance(found, h5py.Dataset):
            raise FeatureError(
                f"{self.path}: {key!r} is a group that holds {_some(found)}; name the array "
                "by data.feature_key, as in '{video}/c3d_features'"
            )
        return found

    def _checked(self, shape: tuple[int, ...], dtype: Any) -> tuple[int, int]:
        if dtype.kind == "O":
            raise FeatureError(
                f"{self.place}: holds Python objects (a pickle), which are never loaded; save the "
                "plain array: np.save(path, np.asarray(features, 'float32'))"
            )
        if dtype.kind not in "fiu":
            raise FeatureError(f"{self.place}: holds {dtype}, not numbers")
        if len(shape) != 2:
            raise FeatureError(
                f"{self.place}: has shape {tuple(shape)}; a feature sequence is [clips, dimensions]"
            )
        if 0 in shape:
            raise FeatureError(f"{self.place}: is empty, shape {tuple(shape)}; extract it again")
        return int(shape[0]), int(shape[1])

    def _whole(self, shape: tuple[int, ...], dtype: Any, there: int) -> None:
        needed = math.prod(shape) * dtype.itemsize
        if there != needed:
            raise FeatureError(
                f"{self.place}: its header says {shape} {dtype}, {needed} bytes, but {there} bytes "
                "follow; it is truncated or damaged: copy or extract it again"
            )


def _npy_header(file: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    return shape, dtype


def _not_empty(path: Path) -> None:
    if path.stat().st_size == 0:
        raise FeatureError(f"{path}: the file is empty; copy or extract it again")


def _some(group: Any) -> str:
    names = list(group)
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


@dataclass(frozen=True)
class _Table:
    """How a CSV is read: lines above the numbers, columns before them, and columns of numbers."""

    above: int
    aside: int
    width: int


def _csv_table(path: Path, header: str, skip: int | None, clips_last: bool) -> _Table:
    """How the settings have a CSV read; where they leave it open, what its first lines show.

    Raises:
        FeatureError: it can be read in two ways, or the first line of numbers holds none.
    """
    _not_empty(path)
    one = "dimension" if clips_last else "clip"
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.reader(file)
            rows = (row for row in reader if [cell.strip() for cell in row] not in ([], [""]))
            first = next(rows, [])
            above = reader.line_num
            if header == "detect":
                named = _holds_names(path, first, one, evenly=clips_last)
            else:
                named = header == "names"
            top = next(rows, []) if named else first
            if not top:
                raise FeatureError(f"{path}: has a header line and no {one}; extract it again")
            if len(top) != len(first):
                raise FeatureError(
                    f"{path}: {len(top)} cells follow a first line of {len(first)}; name every "
                    "column there"
                )
            if skip is None:
                skip = _columns_aside(first if named else [], top, rows)
                if skip:
                    other = "the first clips" if clips_last else "features"
                    raise FeatureError(
                        f"{path}: the first column{f's, {skip} of them,' * (skip > 1)} can be an "
                        f"index (or time) or {other}; say how many are no feature by "
                        f"data.csv_skip_columns: {skip}, or 0 to keep all"
                    )
    except csv.Error as error:
        raise FeatureError(f"{path}: not a table of numbers ({error})") from None
    if skip >= len(top):
        raise FeatureError(
            f"{path}: has {len(top)} columns, and data.csv_skip_columns leaves out {skip}"
        )
    bad = [cell for cell in top[skip:] if read_number(cell) is None]
    if bad:
        raise FeatureError(
            f"{path}: not a table of numbers: its first {one} holds {bad[0]!r}; is that an index "
            "(data.csv_skip_columns), or a header (data.csv_header)?"
        )
    return _Table(above if named else 0, skip, len(top) - skip)


def _holds_names(path: Path, cells: list[str], one: str, evenly: bool) -> bool:
    """Whether a first line holds names of columns; FeatureError if it may be numbers as well.

    Names are what is no number, with whole numbers among them. Pandas names columns 0, 1, 2, ...
    where they have no names, and leaves the index's name empty.

    Args:
        one: what a line of numbers is, for the message.
        evenly: the line goes along time, so that numbers in even steps may be times as well.
    """
    texts = [cell.strip() for cell in cells if read_number(cell) is None]
    digits = [cell.strip() for cell in cells if read_number(cell) is not None]
    from_0, from_1 = (digits == [str(n + first) for n in range(len(digits))] for first in (0, 1))
    if texts:
        lacking = not any(texts) and texts != [cells[0].strip()]  # a clip with cells left empty
        both = lacking or (bool(digits) and not (from_0 or from_1))
    else:
        both = from_0 or (evenly and _counts([float(cell) for cell in digits]))
    if both:
        shown = ",".join(cells[:4]) + ",..." * (len(cells) > 4)
        raise FeatureError(
            f"{path}: the first line, {shown!r}, can be a header or the first {one}; say which by "
            "data.csv_header: 'names' or 'none'"
        )
    return bool(texts)


def _columns_aside(names: list[str], top: list[str], rows: Iterator[list[str]]) -> int:
    """How many leading columns look like an index or time: without a name, or rising throughout.

    Args:
        names: the header's, [] without one.
        top, rows: first line of numbers, and the others, read only as far as a column rises.
    """
    unnamed = _leading(not name.strip() or name.startswith("Unnamed:") for name in names)
    rising, seen = len(top), [[_value(cell) for cell in top]]
    for row in rows:
        values = [_value(cell) for cell in row[:rising]]
        rising = _leading(before < now for before, now in zip(seen[-1], values))
        if not rising:
            break
        seen.append(values[:rising])
    return _leading(
        column < unnamed or (column < rising and _counts([row[column] for row in seen]))
        for column in range(len(top) - 1)
    )


def _value(cell: str) -> float:
    number = read_number(cell)
    return math.nan if number is None else number


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


def _csv_clips(path: Path, table: _Table) -> int:
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip()) - (table.above > 0)


def _read_csv(path: Path, table: _Table) -> NDArray[np.float32]:
    columns = table.aside + table.width
    kinds: dict[int, Any] = defaultdict(lambda: np.float32, dict.fromkeys(range(table.aside), str))
    try:
        with np.errstate(over="ignore"):
            frame = pd.read_csv(path, header=None, skiprows=table.above, dtype=kinds)
    except (ValueError, pd.errors.ParserError) as error:
        raise FeatureError(f"{path}: not a table of numbers ({error})") from None
    if frame.shape[1] != columns:
        raise FeatureError(f"{path}: has {frame.shape[1]} columns, but {columns} in its first line")
    return frame.iloc[:, table.aside :].to_numpy(np.float32)
