"""One feature sequence in a file: `.npy`, `.npz`, HDF5 or CSV, read stretch by stretch.

What a file says of itself is checked before it is believed: its header against its size, its type,
its shape. Arrays of Python objects are refused, so that no pickle is ever read. `.npy` files are
memory-mapped and HDF5 files are sliced: a stretch is read, never the whole file. `.npz` and CSV
files must be read as a whole.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SUFFIXES = (".npy", ".npz", ".h5", ".hdf5", ".csv")
HDF5 = (".h5", ".hdf5")


class FeatureError(ValueError):
    """A feature file is not what it should be; the message names it and says what to do."""


@dataclass
class FeatureFile:
    """A feature sequence on disk.

    Attributes:
        path: ends in one of `SUFFIXES`.
        key: name of the array within `.npz` or HDF5; "": the only one.
        clips_last: the file holds [D, T] instead of [T, D].

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

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Clips T and width D, from the header alone (a CSV is counted line by line).

        Raises:
            FeatureError: empty, truncated, not numbers, not two-dimensional, no such array.
            FileNotFoundError: there is no such file.
        """
        if self.path.suffix == ".csv":
            shape = _csv_shape(self.path)
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
            return _csv_start(self.path)[0]
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
                f"{self.path}: has no clips {first} to {stop}; was the file changed meanwhile?"
            )
        finite = np.isfinite(values)
        if not finite.all():
            clip, dimension = np.argwhere(~finite)[0]
            raise FeatureError(
                f"{self.path}: clip {first + clip}, dimension {dimension} is NaN, infinite or "
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
            yield _read_csv(self.path)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """A library's errors, with the file's name. Damaged files can raise just about anything."""
        try:
            yield
        except (FeatureError, FileNotFoundError):
            raise
        except Exception as error:
            raise FeatureError(
                f"{self.path}: cannot be read ({error}); truncated or not a "
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
                f"{self.path}: holds Python objects (a pickle), which are never loaded; save the "
                "plain array: np.save(path, np.asarray(features, 'float32'))"
            )
        if dtype.kind not in "fiu":
            raise FeatureError(f"{self.path}: holds {dtype}, not numbers")
        if len(shape) != 2:
            raise FeatureError(
                f"{self.path}: has shape {tuple(shape)}; a feature sequence is [clips, dimensions]"
            )
        if 0 in shape:
            raise FeatureError(f"{self.path}: is empty, shape {tuple(shape)}; extract it again")
        return int(shape[0]), int(shape[1])

    def _whole(self, shape: tuple[int, ...], dtype: Any, there: int) -> None:
        needed = math.prod(shape) * dtype.itemsize
        if there != needed:
            raise FeatureError(
                f"{self.path}: its header says {shape} {dtype}, {needed} bytes, but {there} bytes "
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


def _csv_shape(path: Path) -> tuple[int, int]:
    width, header = _csv_start(path)
    with path.open("rb") as file:
        lines = sum(1 for line in file if line.strip())
    if lines == header:
        raise FeatureError(f"{path}: has a header line and no clip; extract it again")
    return lines - header, width


def _csv_start(path: Path) -> tuple[int, bool]:
    """Number of columns, and whether the first line holds their names, or numbers 0, 1, 2, ..."""
    _not_empty(path)
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        names = file.readline().strip().split(",")
    try:
        values = [float(name) for name in names]
    except ValueError:
        return len(names), True
    return len(names), len(values) > 1 and values == list(range(len(values)))


def _read_csv(path: Path) -> NDArray[np.float32]:
    width, header = _csv_start(path)
    try:
        with np.errstate(over="ignore"):
            frame = pd.read_csv(path, header=None, skiprows=int(header), dtype=np.float32)
    except (ValueError, pd.errors.ParserError) as error:
        raise FeatureError(f"{path}: not a table of numbers ({error})") from None
    if frame.shape[1] != width:
        raise FeatureError(f"{path}: has {frame.shape[1]} columns, but {width} in its first line")
    return frame.to_numpy()
