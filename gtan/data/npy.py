"""numpy's files, `.npy` and `.npz`, whose headers are checked before they are believed."""

from __future__ import annotations

import math
import os
import re
import zipfile
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtan.data.shapes import FeatureError, check_array, chosen_name
from gtan.data.texts import limit_words, most_bytes

# What `np.save` writes before an array of two axes: numpy's own reader takes ten times as long.
USUAL = re.compile(
    rb"\x93NUMPY\x01\x00\x76\x00\{'descr': '([<|][fiu][1248])', 'fortran_order': (?:True|False), "
    rb"'shape': \(([1-9][0-9]{0,17}, [1-9][0-9]{0,17})\), \} *\n"
)


class Header:
    """Shape and type of an array, as its file's first bytes give them; reads up to its numbers.

    Raises:
        FeatureError: it is no feature sequence.
        ValueError: it is not how `.npy` files begin.
    """

    def __init__(self, file: Any) -> None:
        usual = USUAL.fullmatch(file.read(128))
        if usual:
            self.shape: tuple[int, ...] = tuple(map(int, usual[2].split(b", ")))
            self.dtype = np.dtype(usual[1].decode())
            file.seek(128)
        else:
            file.seek(0)
            version = np.lib.format.read_magic(file)
            if version == (1, 0):
                self.shape, _, self.dtype = np.lib.format.read_array_header_1_0(file)
            else:
                self.shape, _, self.dtype = np.lib.format.read_array_header_2_0(file)
        check_array(self)

    def check_bytes(self, there: int) -> None:
        """That as many bytes follow as the array has."""
        needed = math.prod(self.shape) * self.dtype.itemsize
        if there != needed:
            raise FeatureError(
                f"its header says {self.shape} {self.dtype}, {needed} bytes, but {there} bytes "
                "follow; it is truncated or damaged: copy or extract it again"
            )


class MappedArray:
    """The array of a `.npy` file, memory-mapped when it is sliced for the first time.

    Attributes:
        shape, dtype: from its header; errors as `Header`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            if file.read(6) != b"\x93NUMPY":
                raise ValueError("it does not begin as .npy files do")
            file.seek(0)
            header = Header(file)
            header.check_bytes(os.fstat(file.fileno()).st_size - file.tell())
        self.shape, self.dtype = header.shape, header.dtype

    def __getitem__(self, index: Any) -> NDArray[Any]:
        return self._array[index]

    @cached_property
    def _array(self) -> NDArray[Any]:
        mapped: NDArray[Any] = np.load(self._path, mmap_mode="r", allow_pickle=False)
        return mapped


class PackedArray:
    """An array of a `.npz` file, read as a whole when it is sliced for the first time.

    Attributes:
        shape, dtype: from its header.

    Raises:
        FeatureError: no such array, or one that cannot be what it claims.
    """

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        with zipfile.ZipFile(path) as archive:
            arrays = [n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy")]
            self._name = f"{chosen_name(arrays, key, 'array')}.npy"
            with self._opened(archive) as file:
                header = Header(file)
                header.check_bytes(archive.getinfo(self._name).file_size - file.tell())
        self.shape, self.dtype = header.shape, header.dtype

    def __getitem__(self, index: Any) -> NDArray[Any]:
        return self._array[index]

    @cached_property
    def _array(self) -> NDArray[Any]:
        # A zip file's directory can lie about lengths; no more is read than it says.
        with zipfile.ZipFile(self._path) as archive, self._opened(archive) as file:
            array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
            file.read(1)  # at the end, zipfile compares the checksum
        return array

    def _opened(self, archive: zipfile.ZipFile) -> Any:
        member = archive.getinfo(self._name)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FeatureError("is packed otherwise than numpy packs; write it by np.savez")
        if member.file_size > most_bytes(member.compress_size):
            raise FeatureError(
                f"would unpack to {limit_words(member.compress_size)}; save it as .npy if it is "
                "meant to"
            )
        return archive.open(member)
