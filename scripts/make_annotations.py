"""Make the annotation files that ship with the package from the files as they were published.

    python scripts/make_annotations.py PUBLISHED

PUBLISHED holds thumos14/thumos14.json, the official truth with `Ambiguous` in
oracles/thumos14_scnn_c3d/ground_truth.csv, activitynet/anet_anno_action.json.gz and
activitynet/video_info_new.csv.gz. Times, labels and durations stay as they are; what is added or
changed stands in the NOTICE beside each file.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from pathlib import Path
from typing import Any

from gtan.data.recordings import annotation_file
from gtan.files import write_bytes


def main(published: Path) -> None:
    """Write both files."""
    write("thumos14", "THUMOS14", thumos14(published))
    write(
        "activitynet", "ActivityNet v1.3, as distributed with BSN and BMN", activitynet(published)
    )


def thumos14(published: Path) -> dict[str, Any]:
    """The JSON's videos; those of the test set with the official truth, in the official order.

    It has the same actions and `Ambiguous` intervals besides. `video_test_0001292` has nothing but
    those and is not in the JSON: its duration is taken as the end of the last one.
    """
    database = json.loads((published / "thumos14/thumos14.json").read_text())["database"]
    for entry in database.values():
        if entry["subset"] == "Test":
            entry["annotations"] = []
        for annotation in entry["annotations"]:
            del annotation["label_id"]
    unlisted = {"subset": "Test", "duration": 154.1, "fps": 30.0, "annotations": []}
    database["video_test_0001292"] = unlisted
    with (published / "oracles/thumos14_scnn_c3d/ground_truth.csv").open() as file:
        for row in csv.DictReader(file):
            segment = [float(row["start"]), float(row["end"])]
            annotation = {"label": row["label"], "segment": segment}
            database[row["video"]]["annotations"].append(annotation)
    return dict(sorted(database.items()))


def activitynet(published: Path) -> dict[str, Any]:
    """Both files joined in ActivityNet's own form; fps is frames over seconds."""
    actions = json.loads(
        gzip.decompress((published / "activitynet/anet_anno_action.json.gz").read_bytes())
    )
    with gzip.open(published / "activitynet/video_info_new.csv.gz", "rt") as file:
        return {
            row["video"]: {
                "subset": row["subset"],
                "duration": actions[row["video"]]["duration_second"],
                "fps": round(int(row["numFrame"]) / float(row["seconds"]), 4),
                "annotations": actions[row["video"]]["annotations"],
            }
            for row in csv.DictReader(file)
        }


def write(dataset: str, version: str, database: dict[str, Any]) -> None:
    """Compressed, the same bytes every time."""
    text = json.dumps({"version": version, "database": database}, separators=(",", ":"))
    write_bytes(annotation_file(dataset), gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
