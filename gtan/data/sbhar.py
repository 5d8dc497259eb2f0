"""SBHAR's raw recordings and labels, from the files in which UCI publishes them.

    [HAPT Data Set/]RawData/acc_expEE_userUU.txt     three columns: x, y, z in g, 50 lines a second
    [HAPT Data Set/]RawData/gyro_expEE_userUU.txt    the same in rad/s
    [HAPT Data Set/]RawData/labels.txt               experiment, user, activity, first, last sample
    [HAPT Data Set/]activity_labels.txt              number and name of each activity

They may stand in a folder, a zip or a tar archive. The sensors gave whole numbers, which the texts
hold as decimals: a sample is kept as the 16-bit number that it was.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtan.data.archives import AGAIN, is_archive, read_members
from gtan.places import derived

UNITS = {"acc": 1 / 1440, "gyro": 0.0175 * np.pi / 180}  # of the whole numbers, in g and rad/s
_TOLERANCE = 0.01  # of a unit; the decimals are off by a thousandth at most
_MEMBERS = re.compile(
    r"RawData/(?:(?:acc|gyro)_exp[0-9]{2}_user[0-9]{2}|labels)\.txt|activity_labels\.txt"
)
_FORMAT = 1  # of the derived file


@dataclass(frozen=True)
class Sbhar:
    """SBHAR as it was recorded.

    Attributes:
        samples: by recording (expEE_userUU): int16 [S, 6], accelerometer and gyroscope.
        labels: [N, 5]: experiment, user, activity (from 1), first and last sample (from 1).
        classes: names of the activities.
    """

    samples: dict[str, NDArray[np.int16]]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def digest(self) -> str:
        """SHA-256 of all that is in it."""
        hashed = hashlib.sha256(" ".join(self.classes).encode())
        hashed.update(np.ascontiguousarray(self.labels, "<i8").tobytes())
        for name, samples in sorted(self.samples.items()):
            hashed.update(f"{name} {len(samples)}".encode())
            hashed.update(np.ascontiguousarray(samples, "<i2").tobytes())
        return hashed.hexdigest()


def source_in(folder: Path) -> Path | None:
    """What SBHAR is read from: the folder itself if it holds RawData/, or the archive in it."""
    if not folder.is_dir():
        return None
    levels = ("RawData", "*/RawData", "*/*/RawData")
    if any(path.is_dir() for level in levels for path in folder.glob(level)):
        return folder
    return next(filter(is_archive, sorted(folder.iterdir())), None)


def read_sbhar(source: Path) -> Sbhar:
    """Read SBHAR as published; from the second time on, what the first one left in the cache.

    Args:
        source: a zip or tar archive, or a folder; see `source_in`.

    Raises:
        ValueError: naming the source: damaged, or not SBHAR's raw data.
    """
    if source.is_dir():
        members = read_members(source, _MEMBERS)
        key = hashlib.sha256()
        for name, content in sorted(members.items()):
            key.update(f"{name} {len(content)} ".encode() + content)
        made_from = key.hexdigest()
    else:
        members = {}
        with open(source, "rb") as file:
            made_from = hashlib.file_digest(file, "sha256").hexdigest()
    path = derived(
        f"sbhar-{_FORMAT}-{made_from[:24]}.npz",
        lambda: _packed(parse(members or read_members(source, _MEMBERS), source)),
    )
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    classes, labels = tuple(map(str, arrays.pop("classes"))), arrays.pop("labels")
    return Sbhar(arrays, labels, classes)


def _packed(found: Sbhar) -> bytes:
    file = io.BytesIO()
    arrays: dict[str, Any] = {"classes": np.array(found.classes), "labels": found.labels}
    arrays |= found.samples
    np.savez(file, **arrays)  # numpy 2.0 would take `allow_pickle` for one more array
    return file.getvalue()


def parse(members: Mapping[str, bytes], source: Path) -> Sbhar:
    """SBHAR from its text files, by name as in the module's own text.

    Args:
        source: for messages.

    Raises:
        ValueError: a file is missing or damaged.
    """
    for needed in ("RawData/labels.txt", "activity_labels.txt"):
        if needed not in members:
            raise ValueError(f"{source}: holds no {needed}: not SBHAR's raw data, or not all of it")
    stems = {name[8:-4] for name in members if name.startswith(("RawData/acc", "RawData/gyro"))}
    names = sorted({stem.partition("_")[2] for stem in stems})
    missing = {f"{sensor}_{name}" for name in names for sensor in UNITS} - stems
    if missing or not names:
        raise ValueError(f"{source}: holds no RawData/{min(missing, default='acc_*')}.txt; {AGAIN}")
    words = _text(members["activity_labels.txt"], source).split()
    table = _numbers(members["RawData/labels.txt"], 5, source, "RawData/labels.txt")
    return Sbhar(
        {name: _samples(members, name, source) for name in names},
        table.astype(np.int64),
        tuple(words[1::2]),
    )


def _samples(members: Mapping[str, bytes], name: str, source: Path) -> NDArray[np.int16]:
    parts = []
    for sensor, unit in UNITS.items():
        file = f"RawData/{sensor}_{name}.txt"
        exact = _numbers(members[file], 3, source, file) / unit
        whole = np.rint(exact)
        if np.abs(exact - whole).max() > _TOLERANCE or not (
            whole.min() >= -(2**15) and whole.max() < 2**15
        ):
            raise ValueError(f"{source}: {file} holds values that the sensor cannot give; {AGAIN}")
        parts.append(whole)
    if len(parts[0]) != len(parts[1]):
        raise ValueError(
            f"{source}: {name} has {len(parts[0])} samples of acc, {len(parts[1])} of gyro"
        )
    return np.concatenate(parts, axis=1).astype(np.int16)


def _numbers(content: bytes, columns: int, source: Path, name: str) -> NDArray[np.float64]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of an empty file
            table = np.loadtxt(io.BytesIO(content), ndmin=2)
    except ValueError as error:
        raise ValueError(f"{source}: {name}: {' '.join(str(error).split())[:200]}") from None
    if table.shape[1] != columns or not np.isfinite(table).all():
        raise ValueError(f"{source}: {name} is no table of {columns} columns; {AGAIN}")
    return table


def _text(content: bytes, source: Path) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValueError(f"{source}: activity_labels.txt is not text; {AGAIN}") from None
