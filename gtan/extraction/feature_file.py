"""The features of one video on disk: one safetensors file, which says where its clips lie.

It holds one array, `features` [T, D] float32, and in its header a JSON document:

    format     "gtan.features", and its version
    duration   seconds that the video lasts
    grid       stride, length and offset of the clips, in seconds
    recipe     how it was made (`gtan.extraction.Recipe`)
    video      name, bytes and SHA-256 of the video
    notes      what was wrong with the video
    made_by    versions of the packages, and the device

Until it is whole it lies beside, as plain rows that grow (`.NAME.part`), so that nothing is done
twice and no more than a few clips are ever in memory. Of each batch of rows a checksum lies beside
(`.NAME.part.sums`): after a power cut a disk may hold zeros where rows were.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtan.extraction.recipe import Recipe, read_recipe
from gtan.files import AGAIN, KEY, aside_of, put, read_document, read_json, write_json
from gtan.grid import ClipGrid

FORMAT, VERSION = "gtan.features", 1
SUFFIX = ".safetensors"
LONGEST = 1e9  # seconds
SUM = 4  # bytes of a checksum


@dataclass(frozen=True)
class Extracted:
    """What a feature file says of itself.

    Attributes:
        duration: seconds.
        grid: where its clips lie.
        recipe: how it was made.
        video: name, bytes and sha256 of the video.
        notes: what was wrong with it.
    """

    duration: float
    grid: ClipGrid
    recipe: Recipe
    video: dict[str, Any]
    notes: tuple[str, ...] = ()


def read_extracted(path: Path) -> Extracted | None:
    """What a feature file says of itself; None if it was not extracted by us.

    Raises:
        ValueError: naming the file, if what it says cannot be.
    """
    if path.suffix != SUFFIX:
        return None
    try:
        document = read_document(path)
    except ValueError as error:
        if "was not written by gtan" in str(error):
            return None  # somebody's own array
        raise
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    if document.get("version") != VERSION:
        raise ValueError(
            f"{path} is of version {document.get('version')} of {FORMAT}, and this gtan knows "
            f"{VERSION}; install the gtan that wrote it, or extract it again"
        )
    return _read(document, str(path))


def _read(document: dict[str, Any], place: str) -> Extracted:
    recipe = read_recipe(document.get("recipe"), f"{place}: recipe")
    try:
        numbers = [float(document["grid"][name]) for name in ("stride", "length", "offset")]
        duration, video = float(document["duration"]), dict(document["video"])
        notes = tuple(str(note) for note in document["notes"])
        if not all(abs(number) <= LONGEST for number in [*numbers, duration]) or duration <= 0:
            raise ValueError("seconds that cannot be")
        return Extracted(duration, ClipGrid(*numbers), recipe, video, notes)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{place} does not say where its clips lie ({error}); {AGAIN}") from None


class PartialFile:
    """A feature file that grows; what a killed process left of it is gone on with.

    Args:
        path: that it will have.
        about: all that the rows depend on; rows of something else are thrown away.
        batch: rows that are added at a time. Only whole batches are kept of what was left, since
            a batch of another size gives numbers with other last bits.
    """

    def __init__(self, path: Path, about: dict[str, Any], batch: int) -> None:
        self.path = path
        self.rows, self.width = 0, 0
        self._about = about | {"batch": batch}
        self._data, self._note, self._sums = _partial_paths(path)
        self._take_up(batch)

    def _take_up(self, batch: int) -> None:
        if all(path.exists() for path in (self._data, self._note, self._sums)):
            try:
                there = read_json(self._note, dict)
            except ValueError:
                there = {}
            width = there.pop("width", 0)
            if there == self._about and type(width) is int and width > 0:
                self.width, size = width, 4 * width * batch
                whole = self._whole(size)
                self.rows = whole * batch
                os.truncate(self._data, whole * size)
                os.truncate(self._sums, whole * SUM)
                return
        for path in (self._data, self._sums):
            path.unlink(missing_ok=True)

    def _whole(self, size: int) -> int:
        """Batches of so many bytes that are as they were written, from the first on."""
        whole = 0
        with self._data.open("rb") as data, self._sums.open("rb") as sums:
            while len(rows := data.read(size)) == size and sums.read(SUM) == _sum(rows):
                whole += 1
        return whole

    def append(self, vectors: NDArray[np.float32]) -> None:
        """Add rows [n, D].

        Raises:
            OSError: what was written before is not there any more.
        """
        if not self.width:
            self.width = vectors.shape[1]
            write_json(self._note, self._about | {"width": self.width})
        there = self._data.stat().st_size if self.rows else 0
        if there != 4 * self.width * self.rows:
            raise OSError(f"{self._data} was changed by another; extract {self.path.name} again")
        content = np.ascontiguousarray(vectors, "<f4").tobytes()
        size = 4 * self.width * self._about["batch"]
        sums = [_sum(content[at : at + size]) for at in range(0, len(content), size)]
        for path, more in ((self._data, content), (self._sums, b"".join(sums))):
            with path.open("ab") as file:
                file.write(more)
        self.rows += len(vectors)

    def finish(self, document: dict[str, Any]) -> None:
        """Give the file its name; the rows are copied piece by piece."""
        size = self.rows * self.width * 4
        array = {"dtype": "F32", "shape": [self.rows, self.width], "data_offsets": [0, size]}
        text = json.dumps(
            {"__metadata__": {KEY: json.dumps(document, ensure_ascii=False)}, "features": array}
        ).encode()
        text += b" " * (-len(text) % 8)  # safetensors: numbers begin at a multiple of 8
        whole = aside_of(self.path)
        try:
            with whole.open("wb") as file, self._data.open("rb") as rows:
                file.write(struct.pack("<Q", len(text)) + text)
                shutil.copyfileobj(rows, file, 1 << 20)
            put(whole, self.path)
        finally:
            whole.unlink(missing_ok=True)
        remove_partial(self.path)


def _sum(rows: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(rows))


def partial_path(path: Path) -> Path:
    """Where the rows of a feature file lie until it is whole."""
    return path.with_name(f".{path.name}.part")


def _partial_paths(path: Path) -> tuple[Path, Path, Path]:
    """Rows, what they depend on, and their checksums."""
    data = partial_path(path)
    return data, data.with_name(f"{data.name}.json"), data.with_name(f"{data.name}.sums")


def remove_partial(path: Path) -> None:
    """Remove rows that are in a whole file since; who wrote it may have been stopped before."""
    for part in _partial_paths(path):
        part.unlink(missing_ok=True)


def rows_so_far(path: Path) -> int:
    """Rows that a feature file, which another process may be writing, has as yet."""
    try:
        data, note, _ = _partial_paths(path)
        width = read_json(note, dict).get("width", 0)
        return data.stat().st_size // (4 * width)
    except (OSError, ValueError, ZeroDivisionError):
        return 0


def document_of(
    recipe: Recipe, grid: ClipGrid, duration: float, video: dict[str, Any], notes: list[str]
) -> dict[str, Any]:
    """What `read_extracted` reads; who made it is added by who makes it."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "duration": duration,
        "grid": asdict(grid),
        "recipe": recipe.model_dump(),
        "video": video,
        "notes": notes,
    }
