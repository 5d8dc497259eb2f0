"""Feature arrays in safetensors files, of which a stretch is read, never the whole file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from gtan.data.shapes import FeatureError, chosen_name

DTYPES = {
    "F16": "float16", "F32": "float32", "F64": "float64", "I8": "int8", "I16": "int16",
    "I32": "int32", "I64": "int64", "U8": "uint8", "U16": "uint16", "U32": "uint32",
}  # fmt: skip


class SafeArray:
    """The array of that name, or the only one; sliced like an array.

    Attributes:
        shape, dtype: from the file's header, which the library checks against its size.

    Raises:
        FeatureError: no such array, or of a type that numpy lacks.
    """

    def __init__(self, path: Path, key: str) -> None:
        with safe_open(path, framework="numpy") as file:
            self._slice = file.get_slice(chosen_name(list(file.keys()), key, "array"))
        kind = self._slice.get_dtype()
        if kind not in DTYPES:
            raise FeatureError(f"holds {kind} numbers; save them as float32 or float16")
        self.shape, self.dtype = tuple(self._slice.get_shape()), np.dtype(DTYPES[kind])

    def __getitem__(self, index: Any) -> NDArray[Any]:
        part: NDArray[Any] = self._slice[index]
        return part
