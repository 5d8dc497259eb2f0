"""Annotations of THUMOS14 and ActivityNet, from the files in which they are distributed.

They are read in place and joined into one file in ActivityNet's own form, which is kept in the
cache folder. Times, labels and durations stay as they are.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gtan.data.annotations import AMBIGUOUS
from gtan.data.archives import is_archive, read_members
from gtan.data.texts import read_json_text, read_text, whole_number
from gtan.places import derived

Database = dict[str, dict[str, Any]]
_FORMAT = 1  # of the joined file
_OFFICIAL = re.compile(r"[A-Za-z]+_test\.txt")  # one a class
_SCNN = "oracles/thumos14_scnn_c3d/ground_truth.csv"  # the same truth, as S-CNN distributes it
# It has nothing but ambiguous intervals, and so is not in the JSON in common use: its duration is
# taken as the end of the last one.
_UNLISTED = "video_test_0001292"


def joined_annotations(dataset: str, folder: Path) -> Path:
    """The annotations of "thumos14" or "activitynet" as one file in ActivityNet's form.

    Args:
        folder: their own, under `GTAN_DATA`.

    Raises:
        ValueError: a file is damaged; the message names it.
    """
    join, sources = _JOINS[dataset], source_files(dataset, folder)
    hashed = hashlib.sha256()
    for path in sources:
        content = path.read_bytes()
        hashed.update(f"{path.name} {len(content)} ".encode() + content)
    if dataset == "thumos14" and len(sources) < 2:
        warnings.warn(
            f"{folder}: the official test truth is not here, so that nothing is known of its "
            "Ambiguous intervals, which the official protocol does not count: scores are not "
            "comparable with published ones. To add it: gtan data add thumos14 --from "
            "TH14_Temporal_annotations_test.zip (gtan data list says where it is from)",
            stacklevel=3,
        )
    return derived(
        f"{dataset}-{_FORMAT}-{hashed.hexdigest()[:24]}.json.gz",
        lambda: gzip.compress(joined_text(join(folder)), 6, mtime=0),
    )


def joined_text(annotations: tuple[str, Database]) -> bytes:
    """The content of the joined file before it is packed."""
    version, database = annotations
    content = {"version": version, "database": database}
    return json.dumps(content, separators=(",", ":")).encode()


def source_files(dataset: str, folder: Path) -> list[Path]:
    """The files that are read, those that have to be there first."""
    if dataset == "activitynet":
        return [_packed_or_not(folder / name) for name in ("anet_anno_action.json",
                                                           "video_info_new.csv")]  # fmt: skip
    return [_packed_or_not(folder / "thumos14.json"), *_official_files(folder)]


def _packed_or_not(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.gz")
    return packed if packed.exists() and not path.exists() else path


def activitynet(folder: Path) -> tuple[str, Database]:
    """Both files joined; fps is frames over seconds."""
    actions_file, videos_file = source_files("activitynet", folder)
    actions = read_json_text(actions_file, whole_number)
    database: Database = {}
    try:
        rows = _rows(videos_file, "video", "subset", "numFrame", "seconds")
        for video, subset, frames, seconds in rows:
            database[video] = {
                "subset": subset,
                "duration": actions[video]["duration_second"],
                "fps": round(whole_number(frames) / float(seconds), 4),
                "annotations": actions[video]["annotations"],
            }
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(
            f"{videos_file}: does not belong to {actions_file.name} ({error!r}); get both again"
        ) from None
    return "ActivityNet v1.3, as distributed with BSN and BMN", database


def thumos14(folder: Path) -> tuple[str, Database]:
    """The JSON's videos; those of the test set with the official truth, in the official order.

    It has the same actions and `Ambiguous` intervals besides. Where it is not there, the JSON's.
    """
    database = thumos14_alone(folder)
    database[_UNLISTED] = {"subset": "Test", "duration": 154.1, "fps": 30.0, "annotations": []}
    truth = _official_truth(folder)
    if truth:
        for entry in database.values():
            if entry["subset"] == "Test":
                entry["annotations"] = []
    for video, label, start, end in truth:
        if video not in database:
            raise ValueError(f"{folder}: the official truth has {video!r}, thumos14.json has not")
        database[video]["annotations"].append({"label": label, "segment": [start, end]})
    return "THUMOS14", dict(sorted(database.items()))


def thumos14_alone(folder: Path) -> Database:
    """The JSON in common use, without what some editions of it have besides."""
    path = source_files("thumos14", folder)[0]
    try:
        return {
            video: {
                "subset": entry["subset"],
                "duration": entry["duration"],
                "fps": entry["fps"],
                "annotations": [
                    {"label": one["label"], "segment": one["segment"]}
                    for one in entry["annotations"]
                ],
            }
            for video, entry in read_json_text(path, whole_number)["database"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: not THUMOS14's annotations ({error!r}); get it again") from None


def _official_files(folder: Path) -> list[Path]:
    """Of the first form in which the official test truth is there; none: it is not."""
    if folder.is_dir():
        archives = [p for p in sorted(folder.glob("*_test.*")) if is_archive(p)]
        if archives:
            return archives[:1]
        texts = sorted(folder.glob("annotation*/*_test.txt"))
        if texts:
            return texts
    tables = (folder / "ground_truth.csv", folder.parent / _SCNN)
    return [path for path in tables if path.exists()][:1]


def _official_truth(folder: Path) -> list[tuple[str, str, float, float]]:
    """Rows video, label, start, end: class by class, `Ambiguous` last, as the official kit."""
    files = _official_files(folder)
    if not files:
        return []
    if files[0].suffix == ".csv":
        return [_row(files[0], *r) for r in _rows(files[0], "video", "label", "start", "end")]
    texts = (
        read_members(files[0], _OFFICIAL)
        if is_archive(files[0])
        else {path.name: path.read_bytes() for path in files}
    )
    labels = sorted((name.removesuffix("_test.txt"), name) for name in texts)
    truth = []
    for label, name in sorted(labels, key=lambda pair: pair[0] == AMBIGUOUS):
        for line in texts[name].decode("utf-8", "replace").splitlines():
            if cells := line.split():
                truth.append(_row(files[0], cells[0], label, *cells[1:]))
    if AMBIGUOUS not in dict(labels):
        raise ValueError(f"{files[0]}: holds no {AMBIGUOUS}_test.txt: not the official test truth")
    return truth


def _row(path: Path, video: str, label: str, *times: str) -> tuple[str, str, float, float]:
    try:
        start, end = map(float, times)
    except ValueError:
        raise ValueError(
            f"{path}: {label}: {' '.join((video, *times))[:200]!r} is no video, start and end"
        ) from None
    return video, label, start, end


def _rows(path: Path, *columns: str) -> list[list[str]]:
    """The cells of these columns, line by line."""
    try:
        table = csv.DictReader(io.StringIO(read_text(path), newline=""))
        return [[row[column] or "" for column in columns] for row in table]
    except (csv.Error, KeyError) as error:
        raise ValueError(
            f"{path}: no table of {', '.join(columns)} ({error}); get it again"
        ) from None


_JOINS: dict[str, Callable[[Path], tuple[str, Database]]] = {
    "thumos14": thumos14,
    "activitynet": activitynet,
}
