"""Arrays and text on disk: safetensors and JSON, whole from the moment a file has its name.

So it is for whoever reads while another process writes, after a kill, and after a power cut: what a
file holds is on the disk before the file gets its name, and its name before anything else is done.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

AGAIN = "copy or write it again"  # what to do about a damaged file
WORDS: dict[type[object], str] = {object: "value", dict: "JSON object", list: "JSON list"}
STEP = re.compile("[0-9]{6}|[1-9][0-9]{6,8}")  # what f"{step:06d}" makes
MACHINE = sha256(platform.node().encode()).hexdigest()[:8]  # several may share a folder
ASIDE = re.compile(r"\..+?(?:\.([0-9a-f]{8}))?\.([0-9]{1,9})")  # what `aside_of` calls a file
SHOWN = 200  # characters of a file's own words in a message
KEY = "gtan"  # the one metadata entry of our safetensors files: a JSON document


class TwiceError(ValueError):
    """A JSON object has a key twice; the message names the file."""


def write_bytes(path: Path, content: bytes) -> None:
    """Write aside, then rename: a reader never sees half a file, nor does one after a power cut.

    Raises:
        IsADirectoryError: the path is a folder; nothing is left beside it.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    _make_folder(path.parent)
    aside = aside_of(path)
    try:
        aside.write_bytes(content)
        put(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def aside_of(path: Path) -> Path:
    """Where this process writes a file until it is whole; no other process has the same."""
    return path.with_name(f".{path.name}.{MACHINE}.{os.getpid()}")


def put(aside: Path, path: Path) -> None:
    """Give a whole file, or a folder of them, its name; returns once both are on the disk."""
    to_disk(aside)
    os.replace(aside, path)
    to_disk(path.parent)


def to_disk(path: Path) -> None:
    """Wait until what a file holds, or the names in a folder, are on the disk."""
    if os.name != "posix" and path.is_dir():  # not every system has a way
        return
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it; their names are on the disk as well."""
    if not folder.exists():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        to_disk(folder.parent)


def remove_asides(folder: Path, alone: bool = False, of: str = "*") -> None:
    """Remove what killed writers left aside in a folder; those at work keep theirs.

    Args:
        alone: nobody on another machine writes there; what one left is removed as well.
        of: names of the files that were being written, as a pattern.
    """
    for aside in folder.glob(f".{of}.*"):
        found = ASIDE.fullmatch(aside.name)
        if not found or not aside.is_file() or aside.is_symlink():
            continue
        here = found[1] in (None, MACHINE)
        if not _runs(int(found[2])) if here else alone:
            aside.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        pass
    return True


def step_of(name: str) -> int | None:
    """The training step that a file or folder of a run is named after; None if it is not ours.

    Example:
        >>> step_of("000250"), step_of("9e9"), step_of("000060 (1)"), step_of("60")
        (250, None, None, None)
    """
    return int(name) if STEP.fullmatch(name) else None


def by_step(paths: Iterable[Path]) -> list[tuple[int, Path]]:
    """Those that are named after a step, with it, ascending."""
    steps = ((step_of(path.stem), path) for path in paths)
    return sorted((step, path) for step, path in steps if step is not None)


def write_json(path: Path, value: Any) -> None:
    """JSON, indented, whole."""
    write_bytes(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())


def read_json(path: Path, kind: type[object] = object) -> Any:
    """What `write_json` wrote.

    Args:
        kind: of the outermost value: `dict` or `list`.

    Raises:
        ValueError: naming the file, if it is damaged, an object has a key twice, or the outermost
            value is of another kind.
    """
    try:
        value = json.loads(
            path.read_bytes().decode(), object_pairs_hook=once(path), parse_int=whole_number
        )
    except TwiceError:
        raise
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a whole JSON file ({error}); {AGAIN}") from None
    if not isinstance(value, kind):
        raise ValueError(f"{path} holds no {WORDS[kind]}; {AGAIN}")
    return value


def whole_number(digits: str) -> float:
    """An int; or a float where it has more digits than any count, which int() may refuse to read.

    Example:
        >>> whole_number("25"), whole_number("9" * 5000)
        (25, inf)
    """
    return int(digits) if len(digits) < 20 else float(digits)


def once(path: Path) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """For json's `object_pairs_hook`: a dict, or a ValueError naming the file and the twin key.

    json itself keeps the last of two equal keys: half a recording would vanish without a word.
    """

    def checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if len(content) < len(pairs):
            names = Counter(name for name, _ in pairs)
            twin = repr(names.most_common(1)[0][0])
            twin = twin if len(twin) <= SHOWN else f"{twin[:SHOWN]}..."
            raise TwiceError(f"{path}: {twin} appears twice in one object; keep one of them")
        return content

    return checked


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], metadata: Any) -> None:
    """Arrays as safetensors, with a JSON document in the header's metadata."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_bytes(path, save(contiguous, {KEY: json.dumps(metadata, ensure_ascii=False)}))


def read_document(path: Path) -> Any:
    """The JSON document of a file by `write_arrays`.

    Raises:
        ValueError: naming the file, if it is not one of ours.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            return _document(file, path)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}; {AGAIN}") from None


def _document(file: Any, path: Path) -> Any:
    document = (file.metadata() or {}).get(KEY)
    if document is None:
        raise ValueError(f"{path} was not written by gtan: its header has no {KEY!r} entry")
    try:
        return json.loads(document, parse_int=whole_number)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: its {KEY!r} entry is not JSON ({error}); {AGAIN}") from None
