"""The annotations of THUMOS14 and ActivityNet, of the files as they are published.

THUMOS14's JSON has durations and frame rates; the official test truth has the order, which its
protocol needs, and 99 intervals that are Ambiguous. ActivityNet's two files are one table in two.
Times, labels and durations stay as they are published.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import warnings
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from gtan.data.annotations import AMBIGUOUS
from gtan.data.store import find, folder_of, how_to_add, need
from gtan.extraction.recipe import hash_of
from gtan.files import write_bytes
from gtan.places import cache_folder, data_folder

# SHA-256 of the joined annotations of what is published; see `contents`.
CONTENTS = {
    "thumos14": "1c435d7fbe82ebb2e16760c0ce328c41fa6a35790737dd19ffbc888320922adc",
    "activitynet": "c00a1b15492317509040349eae1711f116097449413120aa47bb481e02f6d3b3",
}
# In the JSON it is not, having nothing but Ambiguous intervals: 154.1 s is the end of the last one.
UNLISTED = {"video_test_0001292": {"subset": "Test", "duration": 154.1, "fps": 30.0}}
LARGEST = 1_000_000  # bytes of one text file of the official truth; the largest has 15 kB
Database = dict[str, dict[str, Any]]


def annotation_file(dataset: str) -> Path:
    """The annotations of "thumos14" or "activitynet" as ActivityNet's JSON, in the cache folder.

    Raises:
        MissingDataError: they are not here; the message says how to add them.
        ValueError: naming a file that is damaged.

    Example:
        >>> from gtan.data.annotations import read_truth
        >>> len(read_truth(annotation_file("thumos14"), "Test").videos)  # doctest: +SKIP
        213
    """
    need(dataset)
    sources = _sources(dataset, folder_of(dataset))
    stamp = sha256("".join(hash_of(path) for path in sources).encode()).hexdigest()[:16]
    kept = cache_folder() / dataset / f"{stamp}.json"
    if not kept.exists():
        write_bytes(kept, _text(dataset, _joined(dataset, sources)).encode())
    return kept


def joined(dataset: str, folder: Path) -> Database:
    """The annotations of a data set, from the published files that lie in a folder.

    Raises:
        ValueError: naming a file that is damaged.
    """
    return _joined(dataset, _sources(dataset, folder))


def _joined(dataset: str, sources: list[Path]) -> Database:
    try:
        return _thumos14(sources) if dataset == "thumos14" else _activitynet(sources)
    except (KeyError, TypeError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{', '.join(map(str, sources))}: not as published ({type(error).__name__}: {error}); "
            f"fetch them again: {how_to_add(dataset)}"
        ) from None


def contents(database: Database, dataset: str) -> str:
    """SHA-256 of annotations, however they were written down."""
    return sha256(_text(dataset, database).encode()).hexdigest()


def _text(dataset: str, database: Database) -> str:
    return json.dumps({"version": dataset, "database": database}, separators=(",", ":"))


def _sources(dataset: str, folder: Path) -> list[Path]:
    """The published files that are here."""
    if dataset == "activitynet":
        return [
            find(dataset, name, folder) for name in ("anet_anno_action.json", "video_info_new.csv")
        ]
    truth = _official_truth(folder)
    if truth is None:
        warnings.warn(
            "THUMOS14's test truth is not the official one: its order, and the 99 intervals that "
            "are Ambiguous and should not count, are not known; figures on it will differ a "
            f"little. Add it: {how_to_add(dataset)}",
            stacklevel=4,
        )
    return [find(dataset, "thumos14.json", folder), *([truth] if truth else [])]


def _official_truth(folder: Path) -> Path | None:
    places = (
        folder / "TH14_Temporal_annotations_test.zip",
        folder / "ground_truth.csv",
        data_folder() / "oracles/thumos14_scnn_c3d/ground_truth.csv",
    )
    return next((path for path in places if path.is_file()), None)


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def _thumos14(sources: list[Path]) -> Database:
    """The JSON's videos; those of the test set with the official truth, in its order."""
    path, *truth = sources
    database: Database = {
        video: {name: entry[name] for name in ("subset", "duration", "fps")}
        | {
            "annotations": [
                {"label": a["label"], "segment": a["segment"]} for a in entry["annotations"]
            ]
        }
        for video, entry in json.loads(_read(path))["database"].items()
    }
    if truth:
        database |= {video: {**about, "annotations": []} for video, about in UNLISTED.items()}
        for entry in database.values():
            if entry["subset"] == "Test":
                entry["annotations"] = []
        for video, label, start, end in _rows(truth[0]):
            database[video]["annotations"].append({"label": label, "segment": [start, end]})
    return dict(sorted(database.items()))


def _rows(truth: Path) -> Iterator[tuple[str, str, float, float]]:
    """Video, label, start and end of the official truth, in the order of its evaluation kit."""
    if truth.suffix == ".csv":
        with truth.open(newline="") as file:
            for row in csv.DictReader(file):
                yield row["video"], row["label"], float(row["start"]), float(row["end"])
        return
    with zipfile.ZipFile(truth) as archive:
        members = {
            Path(m.filename).name.removesuffix("_test.txt"): m
            for m in archive.infolist()
            if m.filename.endswith("_test.txt")
        }
        # The kit takes the classes by name, and what is Ambiguous last.
        for label in sorted(members, key=lambda label: (label == AMBIGUOUS, label)):
            for line in archive.open(members[label]).read(LARGEST).decode().splitlines():
                if line.strip():
                    video, start, end = line.split()
                    yield video, label, float(start), float(end)


def _activitynet(sources: list[Path]) -> Database:
    """Both files joined; fps is frames over seconds."""
    actions, videos = (_read(path) for path in sources)
    database = json.loads(actions)
    return {
        row["video"]: {
            "subset": row["subset"],
            "duration": database[row["video"]]["duration_second"],
            "fps": round(int(row["numFrame"]) / float(row["seconds"]), 4),
            "annotations": database[row["video"]]["annotations"],
        }
        for row in csv.DictReader(io.StringIO(videos.decode()))
    }
