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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gtan.card import card, one_line
from gtan.data.labels import label_number, to_names
from gtan.data.tables import check_once, read_table
from gtan.data.texts import listed, name_fault, read_json_text, read_text, shown
from gtan.files import write_bytes

TRUTH_COLUMNS = ("video", "label", "start", "end")
DETECTION_COLUMNS = (*TRUTH_COLUMNS, "score")
LONGEST = 1e9  # seconds of a recording, frames a second: beyond is a typing error
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

    truth = read_database(path, lambda _, found: subset in (None, found), labels=labels)
    if subset is None:
        return truth
    subsets = set(truth.videos["subset"])
    if subset not in subsets:
        raise ValueError(
            f"{path}: no recording in subset {shown(subset)}; there is: {listed(sorted(subsets))}"
        )
    videos = truth.videos[truth.videos["subset"] == subset].reset_index(drop=True)
    return Annotations(truth.instances, videos)


def read_database(
    path: Path,
    wanted: Callable[[str, str], bool],
    *,
    labels: Mapping[str, str] | None = None,
) -> Annotations:
    """All recordings of an ActivityNet JSON file, and the instances of those that are wanted.

    Args:
        path: as for `read_truth`, no table.
        wanted: says of a recording's name and subset whether its annotations are read.
        labels: as for `read_truth`.

    Raises:
        ValueError, OSError: see `read_truth`.
    """
    database = _member(path, read_json_text(path), "database", "annotations")
    videos: list[tuple[str, str, float, float]] = []
    rows: list[tuple[str, Any]] = []
    records: list[int] = []
    for video, entry in database.items():
        _check_name(video, f"{path}: 'database'")
        if not isinstance(entry, dict):
            if wanted(video, ""):
                raise ValueError(f"{path}: database[{shown(video)}] is not an object")
            continue
        subset = entry.get("subset")
        subset = "" if subset is None else str(subset)
        if subset and name_fault(subset):
            raise ValueError(
                f"{path}: database[{shown(video)}]['subset'] is {shown(subset)}, "
                f"{name_fault(subset)}"
            )
        videos.append((video, subset, _positive(entry, "duration"), _positive(entry, "fps")))
        if not wanted(video, subset):
            continue
        found = entry.get("annotations", [])
        if not isinstance(found, list):
            raise ValueError(f"{path}: database[{shown(video)}]['annotations'] is not a list")
        rows += [(video, record) for record in found]
        records += range(len(found))

    table = pd.DataFrame(videos, columns=["video", "subset", "duration", "fps"])
    table = table.astype({"video": "str", "subset": "str", "duration": float, "fps": float})
    if table.empty:
        raise ValueError(f"{path}: 'database' names no recording")

    def where(row: int) -> str:
        return f"{path}: database[{shown(rows[row][0])}]['annotations'][{records[row]}]"

    return Annotations(_from_records(rows, TRUTH_COLUMNS, where, labels), table)


def read_stated(path: Path, name: str) -> dict[str, Any]:
    """What an ActivityNet JSON file says of each recording under `name`, None where it is missing.

    For messages: `read_database` has NaN for all that is no positive number.
    """
    database = _member(path, read_json_text(path), "database", "annotations")
    return {video: entry.get(name) for video, entry in database.items() if isinstance(entry, dict)}


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
    columns = tuple(column for column in DETECTION_COLUMNS if column != "label")
    frame = _read_scored(Path(path), columns, None)
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
    frame = check_detections(frame)
    results: dict[str, list[dict[str, Any]]] = {}
    columns = (frame[column].tolist() for column in DETECTION_COLUMNS)
    for video, label, start, end, score in zip(*columns):
        record = {"label": label, "score": score, "segment": [start, end]}
        results.setdefault(video, []).append(record)
    content = {"version": version, "results": results, "external_data": {}}
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
        instances = _checked(truth.instances, TRUTH_COLUMNS, "truth")
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
    instances = _checked(truth, TRUTH_COLUMNS, "truth")
    videos = instances[["video"]].drop_duplicates(ignore_index=True)
    return Annotations(instances, videos.assign(subset="", duration=np.nan))


def check_detections(frame: pd.DataFrame) -> pd.DataFrame:
    """The table's five columns in order, rows numbered from 0; ValueError if one is impossible."""
    return _checked(frame, DETECTION_COLUMNS, "detections")


def check_proposals(frame: pd.DataFrame) -> pd.DataFrame:
    """As `check_detections` for video, start, end, score; a label is dropped."""
    columns = tuple(column for column in DETECTION_COLUMNS if column != "label")
    return _checked(frame, columns, "proposals")


def _checked(frame: pd.DataFrame, columns: tuple[str, ...], source: str) -> pd.DataFrame:
    check_once(list(frame.columns), source)
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{source}: column {', '.join(missing)} is missing; need {list(columns)}")
    data = {column: frame[column].to_numpy() for column in columns}
    return _table(data, columns, lambda row: f"{source}: row {row}")


def _table(
    data: dict[str, Any], columns: tuple[str, ...], where: Callable[[int], str]
) -> pd.DataFrame:
    """Columns of raw values as a checked frame; `where` names a row in messages."""
    series = {}
    for column in columns:
        if column in ("video", "label"):
            series[column] = _texts(data[column], column, where)
        else:
            series[column] = _numbers(data[column], column, where)
    frame = pd.DataFrame(series)
    start, end = frame["start"].to_numpy(), frame["end"].to_numpy()
    backwards = np.flatnonzero(end < start)
    if len(backwards):
        row = int(backwards[0])
        raise ValueError(
            f"{where(row)}: end {end[row]} is before start {start[row]}{_others(backwards)}"
        )
    return frame


def _texts(values: Any, column: str, where: Callable[[int], str]) -> pd.Series:
    values = list(values)
    for row, value in enumerate(values):
        fault = name_fault(value)
        if fault:
            hint = ""
            if column == "label" and label_number(value) is not None:
                hint = "; name the labels' numbers by a label map (data.label_map)"
            raise ValueError(f"{where(row)}: {column} is {shown(value)}, {fault}{hint}")
    return pd.Series(values, dtype="str")


def _check_name(name: str, where: str) -> None:
    fault = name_fault(name)
    if fault:
        raise ValueError(f"{where}: a recording is named {shown(name)}, {fault}")


def _numbers(values: Any, column: str, where: Callable[[int], str]) -> pd.Series:
    """Finite numbers; of times, also spans of time, which become seconds."""
    if not (isinstance(values, np.ndarray) and values.dtype.kind in "iuf"):
        values = [_plain(value, column, row, where) for row, value in enumerate(values)]
    numbers = np.array(values, dtype=np.float64)
    infinite = np.flatnonzero(~np.isfinite(numbers))
    if len(infinite):
        row = int(infinite[0])
        raise ValueError(
            f"{where(row)}: {column} is {numbers[row]}; it must be finite{_others(infinite)}"
        )
    return pd.Series(numbers)


def _plain(value: Any, column: str, row: int, where: Callable[[int], str]) -> Any:
    if isinstance(value, date | np.datetime64):
        raise ValueError(
            f"{where(row)}: {column} is {shown(value)}, a date; need seconds from the recording's "
            "start"
        )
    if isinstance(value, timedelta | np.timedelta64) and column != "score":
        return pd.Timedelta(value) / pd.Timedelta(seconds=1)
    number = isinstance(value, int | float | np.integer | np.floating)
    # To numpy a span of time is an integer, in some unit.
    if not number or isinstance(value, bool | np.timedelta64):
        hint = ", nor mm:ss or hh:mm:ss, both below 60 and of two digits" * (
            isinstance(value, str) and ":" in value and column != "score"
        )
        raise ValueError(f"{where(row)}: {column} is {shown(value)}, not a number{hint}")
    return value


def _others(rows: np.ndarray) -> str:
    return f" (and {len(rows) - 1} more such rows)" if len(rows) > 1 else ""


def _from_records(
    rows: list[tuple[str, Any]],
    columns: tuple[str, ...],
    where: Callable[[int], str],
    labels: Mapping[str, str] | None,
) -> pd.DataFrame:
    """Records of ActivityNet's JSON, each with its recording, as a checked frame."""
    data: dict[str, list[Any]] = {column: [] for column in columns}
    for row, (video, record) in enumerate(rows):
        try:
            start, end = record["segment"]
            values = {**record, "video": video, "start": start, "end": end}
            for column in columns:
                data[column].append(values[column])
        except (TypeError, KeyError, ValueError):
            need = "'segment': [start, end]" + "".join(
                f", {column!r}" for column in columns if column in ("label", "score")
            )
            raise ValueError(f"{where(row)}: {shown(record)} needs {need}") from None
    return _named_table(data, columns, where, labels)


def _named_table(
    data: dict[str, list[Any]],
    columns: tuple[str, ...],
    where: Callable[[int], str],
    labels: Mapping[str, str] | None,
) -> pd.DataFrame:
    """`_table`, with names for labels that are numbers."""
    if labels is not None and "label" in columns:
        data = data | {"label": to_names(data["label"], labels, where)}
    return _table(data, columns, where)


def _read_scored(
    path: Path, columns: tuple[str, ...], labels: Mapping[str, str] | None
) -> pd.DataFrame:
    if _kind(path) != "json":
        return _read_table(path, columns, labels)
    results = _member(path, read_json_text(path), "results", "detections")
    rows: list[tuple[str, Any]] = []
    records: list[int] = []
    for video, found in results.items():
        _check_name(video, f"{path}: 'results'")
        if not isinstance(found, list):
            raise ValueError(f"{path}: results[{shown(video)}] is not a list")
        rows += [(video, record) for record in found]
        records += range(len(found))

    def where(row: int) -> str:
        return f"{path}: results[{shown(rows[row][0])}][{records[row]}]"

    return _from_records(rows, columns, where, labels)


def _read_table(
    path: Path, columns: tuple[str, ...], labels: Mapping[str, str] | None
) -> pd.DataFrame:
    table = read_table(path, read_text(path), columns)
    return _named_table(
        table.columns, columns, lambda row: f"{path}: line {table.lines[row]}", labels
    )


def _member(path: Path, content: Any, name: str, what: str) -> dict[str, Any]:
    if not isinstance(content, dict) or not isinstance(content.get(name), dict):
        names = isinstance(content, dict) and f"[{listed(map(shown, list(content)[:5]))}]"
        found = names or type(content).__name__
        raise ValueError(
            f"{path}: not ActivityNet {what}: needs {{{name!r}: {{video: ...}}}}, found {found}"
        )
    member: dict[str, Any] = content[name]
    return member


def _positive(entry: dict[str, Any], name: str) -> float:
    """The positive number of that name; NaN, "not known", for anything else."""
    value = entry.get(name)
    return value if isinstance(value, float) and 0 < value <= LONGEST else np.nan  # no int


def _kind(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    for kind in ("json", "csv", "tsv"):
        if name.endswith(f".{kind}"):
            return kind
    raise ValueError(
        f"{path}: the name must end in .json or .csv or .tsv, optionally followed by .gz"
    )
