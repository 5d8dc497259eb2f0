"""Tables of annotated instances and of detections: reading, checking, writing.

Two tables, both pandas frames with one row per interval, times in seconds:

- truth: ``video``, ``label``, ``start``, ``end``;
- detections (and proposals): ``video``, ``label``, ``start``, ``end``, ``score``.

A truth also has a list of evaluated recordings, since a recording without any action is legal and
what is detected in it counts as a false positive. `Annotations` holds both.

Files are ActivityNet JSON (http://activity-net.org, "Evaluation") or tables (CSV, TSV) with a
header line ``video,label,start,end[,score]``, or other names that `gtan.data.tables` knows; either
may be gzipped. Labels may be numbers where a label map names them (`gtan.data.labels`). Times and
scores survive a round trip bit by bit, and names are kept exactly as they are given (in a table,
but for unquoted spaces in front). An interval of length zero is read, since ActivityNet v1.3 has
twelve of them; what can match it, `gtan.evaluation` says: a detection without length by
ActivityNet's tool, else nothing.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gtan.card import card, one_line
from gtan.data.activitynet_json import LONGEST as LONGEST
from gtan.data.activitynet_json import read_database, read_results, to_results
from gtan.data.interval_tables import DETECTION_COLUMNS as DETECTION_COLUMNS
from gtan.data.interval_tables import PROPOSAL_COLUMNS, check_frame, to_frame
from gtan.data.interval_tables import TRUTH_COLUMNS as TRUTH_COLUMNS
from gtan.data.tables import check_once, read_table
from gtan.data.texts import listed, read_text, shown
from gtan.files import write_bytes

AMBIGUOUS = "Ambiguous"  # THUMOS14's label of intervals that count neither way


@dataclass(frozen=True)
class Annotations:
    """The truth: what happens in which recordings.

    Attributes:
        instances: one row per annotated action: video, label, start, end (seconds). Row order is
            the file's, on which THUMOS14's protocol depends.
        videos: one row per evaluated recording: video, subset ("" where the file names none),
            duration (seconds) and, from a JSON file, fps; both NaN where the file gives no positive
            number, which only matters to whom it needs.
    """

    instances: pd.DataFrame
    videos: pd.DataFrame

    def __repr__(self) -> str:
        labels = self.instances["label"].nunique()
        return one_line(
            "Annotations",
            f"{len(self.videos)} recordings",
            f"{len(self.instances)} instances",
            f"{labels} labels",
        )

    def _repr_html_(self) -> str:
        instances = self.instances.assign(seconds=self.instances["end"] - self.instances["start"])
        by_label = instances.groupby("label")["seconds"].agg(["size", "median"])
        return card(
            "Annotations",
            f"of {len(self.videos):,} recordings",
            {
                "subsets": listed(sorted(set(self.videos["subset"]) - {""})),
                "instances": len(instances),
                "labels": len(by_label),
            },
            table=by_label.sort_values("size", ascending=False).set_axis(
                ["instances", "median length (s)"], axis=1
            ),
            calls=["annotations.instances", "annotations.videos"],
        )


def read_truth(
    path: str | Path, subset: str | None = None, *, labels: Mapping[str, str] | None = None
) -> Annotations:
    """Read annotated actions.

    Args:
        path: ``.json`` (ActivityNet: ``{"database": {video: {"subset": ..., "duration": ...,
            "fps": ..., "annotations": [{"segment": [start, end], "label": ...}, ...]}, ...}}``)
            or ``.csv``, ``.tsv``, optionally followed by ``.gz``. A table names only recordings
            that have an instance.
        subset: keep the recordings of this subset only; None keeps all. What is annotated in
            other subsets is not looked at.
        labels: names for labels that are numbers, from `gtan.data.labels.read_label_map`.

    Raises:
        ValueError: naming file and record, if the file is empty, not of this form, names a
            recording or a column twice, lacks the subset, or has a label that is no name, a time
            that is no finite number or an end before its start.
        OSError: the file cannot be opened.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "truth.csv"
        >>> table = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.5], "end": [3]})
        >>> table.to_csv(path, index=False)
        >>> read_truth(path).instances.to_dict("records")
        [{'video': 'v', 'label': 'run', 'start': 0.5, 'end': 3.0}]
    """
    path = Path(path)
    kind = _kind(path)
    if kind != "json":
        if subset is not None:
            raise ValueError(
                f"{path}: a {kind.upper()} has no subsets; leave out subset {shown(subset)}"
            )
        frame = _read_table(path, TRUTH_COLUMNS, labels)
        if frame.empty:
            raise ValueError(f"{path}: no annotation, and so no recording to evaluate")
        return as_annotations(frame)

    wanted = lambda _, found: subset in (None, found)  # noqa: E731
    truth = Annotations(*read_database(path, wanted, labels=labels))
    if subset is None:
        return truth
    subsets = set(truth.videos["subset"])
    if subset not in subsets:
        raise ValueError(
            f"{path}: no recording in subset {shown(subset)}; there is: {listed(sorted(subsets))}"
        )
    videos = truth.videos[truth.videos["subset"] == subset].reset_index(drop=True)
    return Annotations(truth.instances, videos)


def read_detections(path: str | Path, *, labels: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Read detections: video, label, start, end (seconds), score; rows in the file's order.

    Args:
        path: ``.json`` (ActivityNet results: ``{"results": {video: [{"segment": [start, end],
            "label": ..., "score": ...}]}}``) or ``.csv``, ``.tsv``, optionally followed by ``.gz``.
        labels: as for `read_truth`.

    Raises:
        ValueError: naming file and record; see `read_truth`. No detection at all is legal.
        OSError: the file cannot be opened.
    """
    return _read_scored(Path(path), DETECTION_COLUMNS, labels)


def read_proposals(path: str | Path) -> pd.DataFrame:
    """Read proposals: as `read_detections`, but a file without labels is legal (label "")."""
    frame = _read_scored(Path(path), PROPOSAL_COLUMNS, None)
    frame.insert(1, "label", pd.Series([""] * len(frame), index=frame.index, dtype="str"))
    return frame


def write_detections(frame: pd.DataFrame, path: str | Path, version: str = "VERSION 1.3") -> None:
    """Write detections in ActivityNet's results format.

    Equal tables give equal bytes. The file is complete from the moment it has its name. Reading
    it back gives an equal table if the rows of one recording stand together; rows that do not are
    moved next to the recording's first.

    Args:
        frame: video, label, start, end (seconds), score.
        path: ends in ``.json`` or ``.json.gz``.
        version: ActivityNet's name of the data release.

    Raises:
        ValueError: the table is not one of detections, or the path ends otherwise.
    """
    path = Path(path)
    if _kind(path) != "json":
        raise ValueError(f"{path}: detections are written as .json or .json.gz")
    content = to_results(check_detections(frame), version)
    data = (json.dumps(content, ensure_ascii=False) + "\n").encode()
    if path.suffix.lower() == ".gz":
        data = gzip.compress(data, mtime=0)
    write_bytes(path, data)


def as_annotations(truth: Annotations | pd.DataFrame) -> Annotations:
    """The truth as `Annotations`; a bare table evaluates the recordings that it names.

    Raises:
        ValueError: a column is missing, there twice or holds an impossible value, an instance lies
            in a recording that is not listed, or a recording is listed twice.

    Example:
        >>> table = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0], "end": [2]})
        >>> as_annotations(table).videos["video"].tolist()
        ['v']
    """
    if isinstance(truth, Annotations):
        instances = check_frame(truth.instances, TRUTH_COLUMNS, "truth")
        videos = truth.videos
        check_once(list(videos.columns), "truth, the table of recordings")
        if "video" not in videos.columns:
            raise ValueError("truth: the table of recordings lacks the column video")
        twice = videos["video"][videos["video"].duplicated()]
        if len(twice):
            raise ValueError(f"truth: recording {shown(twice.iloc[0])} is listed twice")
        unlisted = set(instances["video"]) - set(videos["video"])
        if unlisted:
            raise ValueError(
                f"truth: recording {shown(min(unlisted))} has instances but is not listed"
            )
        return Annotations(instances, videos)
    instances = check_frame(truth, TRUTH_COLUMNS, "truth")
    videos = instances[["video"]].drop_duplicates(ignore_index=True)
    return Annotations(instances, videos.assign(subset="", duration=np.nan))


def check_detections(frame: pd.DataFrame) -> pd.DataFrame:
    """The table's five columns in order, rows numbered from 0; ValueError if one is impossible."""
    return check_frame(frame, DETECTION_COLUMNS, "detections")


def check_proposals(frame: pd.DataFrame) -> pd.DataFrame:
    """As `check_detections` for video, start, end, score; a label is dropped."""
    return check_frame(frame, PROPOSAL_COLUMNS, "proposals")


def _read_scored(
    path: Path, columns: tuple[str, ...], labels: Mapping[str, str] | None
) -> pd.DataFrame:
    read = read_results if _kind(path) == "json" else _read_table
    return read(path, columns, labels)


def _read_table(
    path: Path, columns: tuple[str, ...], labels: Mapping[str, str] | None
) -> pd.DataFrame:
    table = read_table(path, read_text(path), columns)
    return to_frame(table.columns, columns, lambda row: f"{path}: line {table.lines[row]}", labels)


def _kind(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    for kind in ("json", "csv", "tsv"):
        if name.endswith(f".{kind}"):
            return kind
    raise ValueError(
        f"{path}: the name must end in .json or .csv or .tsv, optionally followed by .gz"
    )
