"""Tables of annotated instances and of detections: reading, checking, writing.

Two tables, both pandas frames with one row per interval, times in seconds:

- truth: ``video``, ``label``, ``start``, ``end``;
- detections (and proposals): ``video``, ``label``, ``start``, ``end``, ``score``.

A truth also has a list of evaluated recordings, since a recording without any action is legal and
what is detected in it counts as a false positive. `Annotations` holds both.

Files are ActivityNet JSON (http://activity-net.org, "Evaluation") or CSV with a header line
``video,label,start,end[,score]``; either may be gzipped. Times and scores survive a round trip
bit by bit, and names are kept exactly as they are given. An interval of length zero is read, since
ActivityNet v1.3 has twelve of them; what can match it, `gtan.evaluation` says: a detection without
length by ActivityNet's tool, else nothing.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gtan.data.numbers import read_number
from gtan.files import once, write_bytes

TRUTH_COLUMNS = ("video", "label", "start", "end")
DETECTION_COLUMNS = (*TRUTH_COLUMNS, "score")
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


def read_truth(path: str | Path, subset: str | None = None) -> Annotations:
    """Read annotated actions.

    Args:
        path: ``.json`` (ActivityNet: ``{"database": {video: {"subset": ..., "duration": ...,
            "fps": ..., "annotations": [{"segment": [start, end], "label": ...}, ...]}, ...}}``)
            or ``.csv``, optionally followed by ``.gz``. A CSV names only recordings that have an
            instance.
        subset: keep the recordings of this subset only; None keeps all. What is annotated in
            other subsets is not looked at.

    Raises:
        ValueError: naming file and record, if the file is empty, not of this form, names a
            recording or a column twice, lacks the subset, or has a time that is no finite number
            or an end before its start.
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
    if _kind(path) == "csv":
        if subset is not None:
            raise ValueError(f"{path}: a CSV has no subsets; leave out subset {subset!r}")
        frame = _read_csv(path, TRUTH_COLUMNS)
        if frame.empty:
            raise ValueError(f"{path}: no annotation, and so no recording to evaluate")
        return as_annotations(frame)

    truth = read_database(path, lambda _, found: subset in (None, found))
    if subset is None:
        return truth
    subsets = set(truth.videos["subset"])
    if subset not in subsets:
        existing = ", ".join(sorted(subsets))
        raise ValueError(f"{path}: no recording in subset {subset!r}; there is: {existing}")
    videos = truth.videos[truth.videos["subset"] == subset].reset_index(drop=True)
    return Annotations(truth.instances, videos)


def read_database(path: Path, wanted: Callable[[str, str], bool]) -> Annotations:
    """All recordings of an ActivityNet JSON file, and the instances of those that are wanted.

    Args:
        path: as for `read_truth`, not CSV.
        wanted: says of a recording's name and subset whether its annotations are read.

    Raises:
        ValueError, OSError: see `read_truth`.
    """
    database = _member(path, _read_json(path), "database", "annotations")
    videos: list[tuple[str, str, float, float]] = []
    rows: list[tuple[str, Any]] = []
    records: list[int] = []
    for video, entry in database.items():
        if not isinstance(entry, dict):
            if wanted(video, ""):
                raise ValueError(f"{path}: database[{video!r}] is not an object")
            continue
        subset = entry.get("subset")
        subset = "" if subset is None else str(subset)
        videos.append((video, subset, _positive(entry, "duration"), _positive(entry, "fps")))
        if not wanted(video, subset):
            continue
        found = entry.get("annotations", [])
        if not isinstance(found, list):
            raise ValueError(f"{path}: database[{video!r}]['annotations'] is not a list")
        rows += [(video, record) for record in found]
        records += range(len(found))

    table = pd.DataFrame(videos, columns=["video", "subset", "duration", "fps"])
    table = table.astype({"video": "str", "subset": "str", "duration": float, "fps": float})
    if table.empty:
        raise ValueError(f"{path}: 'database' names no recording")

    def where(row: int) -> str:
        return f"{path}: database[{rows[row][0]!r}]['annotations'][{records[row]}]"

    return Annotations(_from_records(rows, TRUTH_COLUMNS, where), table)


def read_stated(path: Path, name: str) -> dict[str, Any]:
    """What an ActivityNet JSON file says of each recording under `name`, None where it is missing.

    For messages: `read_database` has NaN for all that is no positive number.
    """
    database = _member(path, _read_json(path), "database", "annotations")
    return {video: entry.get(name) for video, entry in database.items() if isinstance(entry, dict)}


def read_detections(path: str | Path) -> pd.DataFrame:
    """Read detections: video, label, start, end (seconds), score; rows in the file's order.

    Args:
        path: ``.json`` (ActivityNet results: ``{"results": {video: [{"segment": [start, end],
            "label": ..., "score": ...}]}}``) or ``.csv``, optionally followed by ``.gz``.

    Raises:
        ValueError: naming file and record; see `read_truth`. No detection at all is legal.
        OSError: the file cannot be opened.
    """
    return _read_scored(Path(path), DETECTION_COLUMNS)


def read_proposals(path: str | Path) -> pd.DataFrame:
    """Read proposals: as `read_detections`, but a file without labels is legal (label "")."""
    columns = tuple(column for column in DETECTION_COLUMNS if column != "label")
    frame = _read_scored(Path(path), columns)
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
        _check_once(list(videos.columns), "truth, the table of recordings")
        if "video" not in videos.columns:
            raise ValueError("truth: the table of recordings lacks the column video")
        twice = videos["video"][videos["video"].duplicated()]
        if len(twice):
            raise ValueError(f"truth: recording {twice.iloc[0]!r} is listed twice")
        unlisted = set(instances["video"]) - set(videos["video"])
        if unlisted:
            raise ValueError(f"truth: recording {min(unlisted)!r} has instances but is not listed")
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
    _check_once(list(frame.columns), source)
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{source}: column {', '.join(missing)} is missing; need {list(columns)}")
    data = {column: frame[column].to_numpy() for column in columns}
    return _table(data, columns, lambda row: f"{source}: row {row}")


def _check_once(names: list[Any], source: str) -> None:
    """ValueError if a column is named twice: which of the two is meant?"""
    for name in names:
        if name != "" and names.count(name) > 1:
            raise ValueError(f"{source}: column {name!r} is there twice; keep one of them")


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
        if not isinstance(value, str) or not value:
            raise ValueError(f"{where(row)}: {column} is {value!r}, not a name")
    return pd.Series(values, dtype="str")


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
            f"{where(row)}: {column} is {value!r}, a date; need seconds from the recording's start"
        )
    if isinstance(value, timedelta | np.timedelta64) and column != "score":
        return pd.Timedelta(value) / pd.Timedelta(seconds=1)
    number = isinstance(value, int | float | np.integer | np.floating)
    # To numpy a span of time is an integer, in some unit.
    if not number or isinstance(value, bool | np.timedelta64):
        raise ValueError(f"{where(row)}: {column} is {value!r}, not a number")
    return value


def _others(rows: np.ndarray) -> str:
    return f" (and {len(rows) - 1} more such rows)" if len(rows) > 1 else ""


def _from_records(
    rows: list[tuple[str, Any]], columns: tuple[str, ...], where: Callable[[int], str]
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
            raise ValueError(f"{where(row)}: {str(record)[:80]} needs {need}") from None
    return _table(data, columns, where)


def _read_scored(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    if _kind(path) == "csv":
        return _read_csv(path, columns)
    results = _member(path, _read_json(path), "results", "detections")
    rows: list[tuple[str, Any]] = []
    records: list[int] = []
    for video, found in results.items():
        if not isinstance(found, list):
            raise ValueError(f"{path}: results[{video!r}] is not a list")
        rows += [(video, record) for record in found]
        records += range(len(found))

    def where(row: int) -> str:
        return f"{path}: results[{rows[row][0]!r}][{records[row]}]"

    return _from_records(rows, columns, where)


def _read_csv(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    # The csv module rather than pandas: it knows line numbers, and never guesses at types.
    reader = csv.reader(io.StringIO(_read_text(path), newline=""))
    header = [name.strip() for name in next(reader, [])]
    _check_once(header, f"{path}: the header line")
    missing = [column for column in columns if column not in header]
    if missing:
        raise ValueError(
            f"{path}: column {', '.join(missing)} is missing from the header line {header}; "
            f"it must name {','.join(columns)}"
        )
    rows, lines = [], []
    try:
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise ValueError(
                    f"{path}: line {reader.line_num} has {len(row)} fields, not {len(header)}"
                )
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise ValueError(f"{path}: line {reader.line_num}: {error}") from None
    places = {column: header.index(column) for column in columns}
    data: dict[str, list[Any]] = {}
    for column, place in places.items():
        texts = [row[place] for row in rows]
        data[column] = texts if column in ("video", "label") else [_number(text) for text in texts]
    return _table(data, columns, lambda row: f"{path}: line {lines[row]}")


def _number(text: str) -> float | str:
    """The number that a text stands for; the text itself, to be complained of, if it is none."""
    number = read_number(text)
    return text if number is None else number


def _read_json(path: Path) -> Any:
    text = _read_text(path)
    try:
        return json.loads(text, object_pairs_hook=once(path), parse_int=float)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: not JSON: {error}") from None
    except RecursionError:
        raise ValueError(f"{path}: JSON nested too deeply") from None


def _member(path: Path, content: Any, name: str, what: str) -> dict[str, Any]:
    if not isinstance(content, dict) or not isinstance(content.get(name), dict):
        found = list(content)[:5] if isinstance(content, dict) else type(content).__name__
        raise ValueError(
            f"{path}: not ActivityNet {what}: needs {{{name!r}: {{video: ...}}}}, found {found}"
        )
    member: dict[str, Any] = content[name]
    return member


def _positive(entry: dict[str, Any], name: str) -> float:
    """The positive number of that name; NaN, "not known", for anything else."""
    value = entry.get(name)
    return value if isinstance(value, float) and 0 < value < np.inf else np.nan  # no int: parse_int


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".gz":
            data = gzip.decompress(data)
        text = data.decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: broken gzip file: {error}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text: {error}") from None
    if not text.strip():
        raise ValueError(f"{path}: the file is empty")
    return text


def _kind(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    for kind in ("json", "csv"):
        if name.endswith(f".{kind}"):
            return kind
    raise ValueError(f"{path}: the name must end in .json or .csv, optionally followed by .gz")
