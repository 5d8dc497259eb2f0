"""Arrays and text on disk: safetensors and JSON, whole from the moment a file has its name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

KEY = "gtan"  # the one metadata entry of our safetensors files: a JSON document


def write_bytes(path: Path, content: bytes) -> None:
    """Write aside, then rename: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    os.replace(aside, path)


def write_json(path: Path, value: Any) -> None:
    """JSON, indented, whole."""
    write_bytes(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """What `write_json` wrote.

    Raises:
        ValueError: naming the file, if an object has a key twice.
    """
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=once(path))


def once(path: Path) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """For json's `object_pairs_hook`: a dict, or a ValueError naming the file and the twin key.

    json itself keeps the last of two equal keys: half a recording would vanish without a word.
    """

    def checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if len(content) < len(pairs):
            names = [name for name, _ in pairs]
            twin = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"{path}: {twin!r} appears twice in one object; keep one of them")
        return content

    return checked


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], metadata: Any) -> None:
    """Arrays as safetensors, with a JSON document in the header's metadata."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_bytes(path, save(contiguous, {KEY: json.dumps(metadata, ensure_ascii=False)}))


def read_arrays(path: Path) -> tuple[dict[str, NDArray[Any]], Any]:
    """Arrays and JSON document of a file by `write_arrays`.

    Raises:
        ValueError: naming the file, if it is not one of ours.
    """
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}, _document(file, path)  # noqa: SIM118


def read_document(path: Path) -> Any:
    """The JSON document alone; raises as `read_arrays`."""
    with _opened(path) as file:
        return _document(file, path)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from None


def _document(file: Any, path: Path) -> Any:
    document = (file.metadata() or {}).get(KEY)
    if document is None:
        raise ValueError(f"{path} was not written by gtan: its header has no {KEY!r} entry")
    return json.loads(document)
