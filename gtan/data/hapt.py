"""SBHAR's raw signals, as UCI distributes them: text files in an archive or a folder.

    RawData/acc_expEE_userUU.txt    acceleration, g, 50 samples a second, three numbers a line
    RawData/gyro_expEE_userUU.txt   rotation, rad/s
    RawData/labels.txt              experiment, user, activity, first and last sample (from 1)
    activity_labels.txt             number and name of each activity

Every sample is a whole number of the sensor's steps, so that nothing is lost by keeping it as one.
"""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from gtan.extraction.recipe import hash_of
from gtan.files import write_bytes
from gtan.places import cache_folder

STEPS = np.array([1 / 1440] * 3 + [0.0175 * np.pi / 180] * 3)  # g and rad/s of one step
# SHA-256 of what UCI distributes, see `RawRecordings.contents`.
CONTENTS = "301871bf817d12889d64e098cf153000adb7ab5d85c5cf4625f57fe09bcbbd38"
ARCHIVES = (".zip", ".tar.xz", ".tar.gz", ".tar")
LARGEST = 20_000_000  # bytes of one text file; the largest has 2 MB
NAME = re.compile(r"(?:acc|gyro)_exp(\d\d)_user(\d\d)\.txt")


class HaptError(ValueError):
    """What lies there is not SBHAR; the message names it and says what is wrong."""


@dataclass(frozen=True)
class RawRecordings:
    """All recordings.

    Attributes:
        steps: int16 [samples, 6] by name, "expEE_userUU": acceleration, then rotation.
        labels: [N, 5], the rows of labels.txt.
        activities: names, the first one's number being 1.
    """

    steps: dict[str, NDArray[np.int16]]
    labels: NDArray[np.int64]
    activities: tuple[str, ...]

    @property
    def contents(self) -> str:
        """SHA-256 over all numbers and names, however they are written down."""
        digest = sha256()
        for name in sorted(self.steps):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.steps[name], "<i2").tobytes())
        digest.update(np.ascontiguousarray(self.labels, "<i8").tobytes())
        digest.update("\n".join(self.activities).encode())
        return digest.hexdigest()


def source_in(folder: Path) -> Path | None:
    """The archive, or the folder that holds RawData/, in a folder; None if there is none."""
    if (folder / "RawData").is_dir():
        return folder
    inner = sorted(path.parent for path in folder.glob("*/RawData") if path.is_dir())
    files = sorted(path for path in folder.glob("*") if path.name.lower().endswith(ARCHIVES))
    return next(iter([*inner, *files]), None)


def read_hapt(folder: Path) -> RawRecordings:
    """All recordings of what lies in a folder; read from text once, then from the cache folder.

    Raises:
        FileNotFoundError: neither archive nor RawData/ is there.
        HaptError: it is damaged, or not what UCI distributes.
    """
    source = source_in(folder)
    if source is None:
        raise FileNotFoundError(f"{folder} holds neither RawData/ nor an archive of it")
    stamp = _stamp(source)
    kept = cache_folder() / "sbhar" / f"{stamp[:16]}.npz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(kept.with_suffix(".lock")):
            if not kept.exists():
                found = read_source(source)
                check_contents(found, source)
                buffer = io.BytesIO()
                arrays: dict[str, Any] = dict(found.steps)
                arrays |= {"labels": found.labels, "activities": np.array(found.activities)}
                np.savez_compressed(buffer, **arrays)
                write_bytes(kept, buffer.getvalue())
    return _unpacked(kept)


def check_contents(found: RawRecordings, source: Path) -> None:
    """That these are the recordings which UCI distributes.

    Raises:
        HaptError: they are others.
    """
    if found.contents != CONTENTS:
        raise HaptError(
            f"{source} holds other numbers than UCI distributes (contents "
            f"{found.contents[:12]}..., not {CONTENTS[:12]}...): {len(found.steps)} recordings, "
            f"{len(found.labels)} labels"
        )


@lru_cache(maxsize=2)
def _unpacked(path: Path) -> RawRecordings:
    with np.load(path, allow_pickle=False) as archive:
        names = [name for name in archive.files if name not in ("labels", "activities")]
        return RawRecordings(
            {name: archive[name] for name in names},
            archive["labels"],
            tuple(archive["activities"].tolist()),
        )


def _stamp(source: Path) -> str:
    """Another one where a file has changed."""
    if source.is_file():
        return hash_of(source)
    files = sorted(source.rglob("*.txt"))
    about = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return sha256(repr((str(source), about)).encode()).hexdigest()


def read_source(source: Path) -> RawRecordings:
    """All recordings of an archive or a folder, from text.

    Raises:
        HaptError: naming the file, and what is wrong with it.
    """
    try:
        texts = _texts(source)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise HaptError(f"{source} is damaged ({error}); fetch or copy it again") from None
    for name in ("labels.txt", "activity_labels.txt"):
        if name not in texts:
            raise HaptError(f"{source} holds no {name}")
    words = texts["activity_labels.txt"]().split()
    steps: dict[str, NDArray[np.int16]] = {}
    for name in sorted(texts):
        if (match := NAME.fullmatch(name)) and name.startswith("acc"):
            gyro = name.replace("acc", "gyro", 1)
            if gyro not in texts:
                raise HaptError(f"{source} holds {name}, and no {gyro}")
            recording = f"exp{match[1]}_user{match[2]}"
            parts = [_numbers(source, part, texts[part], 3, float) for part in (name, gyro)]
            if len(parts[0]) != len(parts[1]):
                raise HaptError(f"{source}: {name} and {gyro} differ in length")
            whole = np.rint(np.concatenate(parts, 1) / STEPS)
            if not ((whole >= -(2**15)) & (whole < 2**15)).all():
                raise HaptError(f"{source}: {name} or {gyro} holds what no sensor measures")
            steps[recording] = whole.astype(np.int16)
    labels = _numbers(source, "labels.txt", texts["labels.txt"], 5, np.int64)
    return RawRecordings(steps, labels, tuple(words[1::2]))


def _numbers(
    source: Path, name: str, text: Callable[[], str], columns: int, kind: Any
) -> NDArray[Any]:
    try:
        found = np.loadtxt(io.StringIO(text()), dtype=kind, ndmin=2)
    except (ValueError, UnicodeDecodeError) as error:
        raise HaptError(f"{source}: {name} holds other than numbers ({error})") from None
    if found.shape[1:] != (columns,) or not np.isfinite(found).all():
        raise HaptError(f"{source}: {name} holds not {columns} numbers a line")
    return found


def _texts(source: Path) -> dict[str, Callable[[], str]]:
    """The text files of a source by their last names, each read when it is asked for.

    Nothing is unpacked to disk, and no more is read than a text file of this kind can have.
    """
    if source.is_dir():
        return {
            path.name: lambda path=path: path.read_text(encoding="ascii")  # type: ignore[misc]
            for path in sorted(source.rglob("*.txt"))
        }
    if source.name.lower().endswith(".zip"):
        with zipfile.ZipFile(source) as archive:
            members = [m for m in archive.infolist() if m.filename.endswith(".txt")]
            found = {
                Path(m.filename).name: archive.open(m).read(LARGEST)
                for m in members
                if "RawData" in m.filename or m.filename.count("/") <= 1
            }
    else:
        with tarfile.open(source) as tar:
            found = {
                Path(member.name).name: file.read(LARGEST)
                for member in tar
                if member.isfile() and member.name.endswith(".txt")
                for file in [tar.extractfile(member)]
                if file is not None
            }
    return {name: lambda data=data: data.decode("ascii") for name, data in found.items()}  # type: ignore[misc]
