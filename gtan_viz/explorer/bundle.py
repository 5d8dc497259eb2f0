"""How arrays travel: to the widget as safetensors bytes, into the page packed.

An Explanation goes as its file stands. A trace becomes one safetensors file with its index as
metadata: `steps` int32 [S], and the arrays of `gtan.runs.schema.TRACE`, the S steps as first axis.

Packed (`Packer`): the same bytes, arranged so that gzip finds more. Arrays of three axes have the
first two swapped (windows overlap, so a channel's neighbours repeat it), numbers of several bytes
lie byte plane by byte plane, and an array that an earlier file holds under the same name is zeroed
and named. `gtan_viz/js/model/host.js` undoes it to the byte.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from gtan.files import KEY
from gtan.runs.explanation import Explanation
from gtan.runs.trace import Trace

SHARE = 512  # bytes; smaller arrays are not worth naming


def explanation_bytes(explanation: Explanation | str | Path) -> bytes:
    """The safetensors file of an Explanation, or of the path of one that can be opened.

    Raises:
        ValueError: naming the file, if it holds what `Explanation.load`, and the browser, refuse.

    Example:
        >>> from gtan import Explanation
        >>> from gtan_viz.explorer.bundle import explanation_bytes
        >>> data = explanation_bytes(Explanation({"format": "gtan-explanation"}, {}))
        >>> b"gtan-explanation" in data
        True
    """
    if isinstance(explanation, Explanation):
        return _file(explanation.arrays, explanation.header)
    Explanation.load(explanation)
    return Path(explanation).read_bytes()


def trace_bytes(trace: Trace | str | Path) -> bytes:
    """One safetensors file of a whole trace, or of the path of a `trace/` folder."""
    if not isinstance(trace, Trace):
        trace = Trace.load(trace)
    arrays: dict[str, NDArray[Any]] = {"steps": trace.steps.astype(np.int32)}
    for layer, (sigmas, state, mixed) in enumerate(
        zip(trace.sigmas, trace.state, trace.mixed, strict=True), 1
    ):
        arrays[f"layer{layer}.sigmas"] = sigmas.astype(np.float16)
        arrays[f"layer{layer}.state"] = state.astype(np.int8)
        arrays[f"layer{layer}.mixed"] = mixed.astype(np.int32)
    return _file(arrays, trace.index)


def _file(arrays: Mapping[str, NDArray[Any]], metadata: Any) -> bytes:
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return save(contiguous, {KEY: json.dumps(metadata, ensure_ascii=False)})


WIDTHS = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2,
    "U16": 2, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip


class Packer:
    """Packs safetensors files for one page, each array once."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, bytes], int] = {}
        self._count = 0

    def add(self, data: bytes) -> tuple[str, dict[str, int]]:
        """Pack one more file.

        Returns:
            base64 text, and for each array that an earlier file holds: the number of that file.
        """
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])
        header.pop("__metadata__", None)
        out = bytearray(data)
        shared: dict[str, int] = {}
        for name, entry in header.items():
            start, end = (8 + size + offset for offset in entry["data_offsets"])
            raw = data[start:end]
            key = name, hashlib.sha256(raw).digest()
            first = self._seen.setdefault(key, self._count)
            if first < self._count and len(raw) >= SHARE:
                shared[name] = first
                out[start:end] = bytes(len(raw))
            else:
                out[start:end] = _arrange(raw, entry["shape"], WIDTHS[entry["dtype"]])
        self._count += 1
        return base64.b64encode(gzip.compress(bytes(out), 9, mtime=0)).decode(), shared


def _arrange(raw: bytes, shape: list[int], width: int) -> bytes:
    """First two of three axes swapped, then byte plane by byte plane."""
    array = np.frombuffer(raw, np.uint8).reshape(*shape, width)
    if len(shape) == 3:
        array = array.transpose(1, 0, 2, 3)
    return np.ascontiguousarray(array.reshape(-1, width).T).tobytes()
