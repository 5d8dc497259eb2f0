"""One feature sequence in a file: `.npy`, `.npz`, HDF5, `.pt`, safetensors, CSV or TSV.

What a file says of itself is checked before it is believed: its header against its size, its type,
its shape. Arrays of Python objects are refused, so that no pickle is ever read, and so is what lies
in another file. `.npy` and `.pt` files are memory-mapped, HDF5 and safetensors files are sliced: a
stretch is read, never the whole file. `.npz`, CSV and TSV files must be read as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gtan.card import card, end_of, one_line
from gtan.data.feature_tables import TableArray
from gtan.data.npy import MappedArray, PackedArray
from gtan.data.safearrays import SafeArray
from gtan.data.shapes import FeatureError as FeatureError
from gtan.data.shapes import check_array, extra_axis
from gtan.data.texts import listed, reason, shown

HDF5 = (".h5", ".hdf5")
TORCH = (".pt", ".pth")
SAFE = (".safetensors",)
TABLES = (".csv", ".tsv")
SUFFIXES = (".npy", ".npz", *HDF5, *TORCH, *SAFE, *TABLES)
BLOCK = 1 << 24  # numbers that are checked at a time


@dataclass
class FeatureFile:
    """A feature sequence on disk.

    Attributes:
        path: ends in one of `SUFFIXES`.
        key: name of the array within `.npz`, HDF5, `.pt` or safetensors; "": the only one.
        clips_last: the file holds [D, T] instead of [T, D]; a further axis of length 1 is dropped.
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

    def __repr__(self) -> str:
        return one_line(type(self).__name__, end_of(self.place, 120))

    def _repr_html_(self) -> str:
        axes = "clips last [D, T]" if self.clips_last else "clips first [T, D]"
        return card(
            type(self).__name__,
            end_of(self.path),
            {"array": self.key, "axes": axes},
            calls=["file.shape", "file.read(first, stop)"],
        )

    @property
    def place(self) -> str:
        """File and array, for messages."""
        return f"{self.path}[{shown(self.key, 150)}]" if self.key else str(self.path)

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Clips T and width D, from the header alone (a table is counted line by line).

        Raises:
            FeatureError: empty, truncated, not numbers, not two-dimensional, no such array, one
                that lies in another file, or a table that can be read in two ways.
            FileNotFoundError: there is no such file.
        """
        with self._opened() as array:
            axis = extra_axis(array.shape)
            rows, columns = (n for number, n in enumerate(array.shape) if number != axis)
        return (int(columns), int(rows)) if self.clips_last else (int(rows), int(columns))

    @property
    def width(self) -> int:
        """D alone, for which a table need not be counted; errors as `shape`."""
        if self._suffix in TABLES and not self.clips_last:
            with self._named():
                return self._table.width
        return self.shape[1]

    def read(self, first: int, stop: int) -> NDArray[np.float32]:
        """Clips `first` to `stop` as [stop - first, D].

        Raises:
            FeatureError: as `shape`, and if a value is NaN or infinite or a clip is not there.
        """
        with self._opened() as array:
            values = self._stretch(array, first, stop)
            if len(values) != stop - first:
                raise FeatureError(
                    f"has no clips {first} to {stop}; was the file changed meanwhile?"
                )
            finite = np.isfinite(values)
            if not finite.all():
                clip, dimension = np.argwhere(~finite)[0]
                raise FeatureError(
                    f"clip {first + clip}, dimension {dimension} is NaN, infinite or beyond "
                    "float32; extract this recording again"
                )
        return values

    def stretches(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """All clips: first of a stretch, and its values [n, D], NaN and infinite ones as well.

        Raises:
            FeatureError, FileNotFoundError: as `shape`.
        """
        clips, width = self.shape
        step = max(1, BLOCK // width)
        with self._opened() as array:
            for first in range(0, clips, step):
                yield first, self._stretch(array, first, min(first + step, clips))

    def _stretch(self, array: Any, first: int, stop: int) -> NDArray[np.float32]:
        index: list[int | slice] = [slice(first, stop), slice(None)]
        if self.clips_last:
            index.reverse()
        axis = extra_axis(array.shape)
        if axis is not None:
            index.insert(axis, 0)
        part = array[tuple(index)]
        with np.errstate(over="ignore"):  # what does not fit is infinite, and found by the caller
            return np.array(part.T if self.clips_last else part, np.float32, order="C")

    @property
    def _suffix(self) -> str:
        return self.path.suffix.lower()

    @cached_property
    def _table(self) -> TableArray:
        self._check_size()
        return TableArray(self.path, self.csv_header, self.csv_skip_columns, self.clips_last)

    def _check_size(self) -> None:
        if self.path.stat().st_size == 0:
            raise FeatureError("the file is empty; copy or extract it again")

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Errors with the file's name. Damaged files make libraries raise just about anything."""
        try:
            yield
        except FeatureError as error:
            raise FeatureError(f"{self.place}: {error}") from None
        except FileNotFoundError:
            raise
        except Exception as error:
            raise FeatureError(
                f"{self.place}: cannot be read ({reason(error)}); truncated or not a "
                f"{self.path.suffix} file: copy or extract it again"
            ) from None

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """Something with shape and dtype, checked, that can be sliced."""
        with self._named(), self._any_kind() as array:
            check_array(array)
            yield array

    @contextmanager
    def _any_kind(self) -> Iterator[Any]:
        self._check_size()
        if self._suffix == ".npy":
            yield MappedArray(self.path)
        elif self._suffix == ".npz":
            yield PackedArray(self.path, self.key)
        elif self._suffix in HDF5:
            import h5py

            with h5py.File(self.path, "r") as file:
                yield self._dataset(file)
        elif self._suffix in TORCH:
            from gtan.data.tensors import load_tensor

            yield load_tensor(self.path, self.key)
        elif self._suffix in SAFE:
            yield SafeArray(self.path, self.key)
        else:
            check_array(self._table)  # counts the lines, once
            yield copy(self._table)  # its numbers are forgotten with it

    def _dataset(self, file: Any) -> Any:
        import h5py

        from gtan.data.hdf5 import find, nearest

        key = self.key
        if not key:
            if len(file) != 1:
                raise FeatureError(
                    f"holds {len(file)} entries ({listed(file)}); name one by data.feature_key"
                )
            key = next(iter(file))
        found = find(file, key)
        if found is None:
            raise FeatureError(
                f"has no entry {shown(key)} (data.feature_key); {nearest(file, key)}"
            )
        if not isinstance(found, h5py.Dataset):
            raise FeatureError(
                f"{shown(key)} is a group that holds {listed(found)}; name the array by "
                "data.feature_key, as in '{video}/c3d_features'"
            )
        return found
