"""Label Studio: JSON exports, and tasks with predictions to import.

Source: Label Studio 1.x (HumanSignal), "Export > JSON": a list of tasks,

    {"id": 1, "data": {"video": "/data/upload/1/0a1b2c3d-monday.mp4"},
     "annotations": [{"completed_by": 1, "result": [REGION, ...]}], "predictions": [...]}

with a region for each interval, by the tag that made it:

    timelinelabels    {"ranges": [{"start": 3, "end": 5}], "timelinelabels": ["run"]}: frames of a
                      video, counted from 1, both inclusive
    timeserieslabels  {"start": 1.5, "end": 4, "timeserieslabels": ["run"]}: in the unit of the time
                      column, or dates where that holds dates
    labels            {"start": 1.5, "end": 4, "labels": ["run"]}: seconds of an audio file

"Export > JSON-MIN" has the same values in one flat object for each annotation. Regions of other
tags are left out, with a warning; a single choice, rating or text of JSON-MIN looks like the task's
data and goes without one.
"""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd

from gtan.data.annotations import Annotations
from gtan.data.formats.rows import Row, say_points, stem, to_annotations, to_write
from gtan.data.texts import read_json_text, shown, whole_number
from gtan.files import write_bytes

SUFFIXES = (".json",)
KINDS = ("timelinelabels", "timeserieslabels", "labels")
Kind = Literal["timelinelabels", "timeserieslabels", "labels"]
_HASH = re.compile(r"[0-9a-f]{8}-")


def read_label_studio(
    path: str | Path,
    *,
    fps: float | None = None,
    unit: float = 1.0,
    starts: Mapping[str, str] | None = None,
    data_key: str = "",
    strip_hash: bool = False,
    completed_by: str = "",
    scores: bool = False,
) -> Annotations:
    """Read an export, JSON or JSON-MIN.

    A task that nobody has annotated is left out, with a warning, and so is one that has only
    regions that are no intervals of time (boxes, choices); one whose annotation is empty is a
    recording without actions.

    Args:
        path: the export.
        fps: frames a second of the videos, for timelinelabels.
        unit: seconds in one unit of a time series' time column.
        starts: when each recording starts, where a time column holds dates.
        data_key: which entry of a task's data is the recording; "": the only one.
        strip_hash: leave out the eight digits that Label Studio puts before an upload's name.
        completed_by: whose annotations, by number or address, where a task has several.
        scores: read the predictions with their scores instead of the annotations.

    Raises:
        ValueError: naming file and task.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "export.json"
        >>> value = {"ranges": [{"start": 11, "end": 20}], "timelinelabels": ["run"]}
        >>> region = {"type": "timelinelabels", "value": value}
        >>> task = {"data": {"video": "monday.mp4"}, "annotations": [{"result": [region]}]}
        >>> _ = path.write_text(json.dumps([task]))
        >>> read_label_studio(path, fps=10).instances.values.tolist()
        [['monday', 'run', 1.0, 2.0]]
    """
    path = Path(path)
    tasks = _tasks(path)
    clock = _Clock(fps, unit, starts or {})
    rows: list[Row] = []
    durations: dict[str, float] = {}
    left_out: list[str] = []
    unread: Counter[str] = Counter()
    met: dict[str, str] = {}
    for number, task in enumerate(tasks):
        place = f"{path}: task {task.get('id', number)}"
        try:
            video = _recording(place, task, data_key, strip_hash)
            answers = _answers(place, task, completed_by, scores)
            others = [r for r in answers[0] if _kind(r) is None] if answers else []
            unread.update(
                f"{kind} without times" if (kind := str(region.get("type"))) in KINDS else kind
                for region in others
            )
            if not answers or (others and len(others) == len(answers[0])):
                left_out.append(video)
                continue
            if met.setdefault(video, place) != place or video in durations:
                raise ValueError(
                    f"{place}: recording {video!r} is there twice (several annotations of it? then "
                    "say completed_by)"
                )
            durations[video] = float("nan")
            for region in answers[0]:
                length = region.get("original_length")
                if isinstance(length, int | float) and length > 0:
                    durations[video] = float(length)
                rows += _rows(place, video, region, clock, scores)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{place}: not as Label Studio exports it: {error!r}") from None
    if left_out:
        what = "predictions" if scores else "annotation"
        _say(
            f"{path}: {len(left_out)} of {len(tasks)} tasks have no {what} and are left out: "
            f"{', '.join(left_out[:5])}"
        )
    if unread:
        kinds = ", ".join(f"{count} {kind}" for kind, count in unread.items())
        _say(f"{path}: regions that are no intervals of time are left out: {kinds}")
    say_points(rows, path)
    return to_annotations(rows, durations, durations)


def _tasks(path: Path) -> list[dict[str, Any]]:
    tasks = read_json_text(path, whole_number)
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise ValueError(f"{path}: not a list of tasks; export as JSON or JSON-MIN")
    return tasks


def _say(what: str) -> None:
    """Warn the caller of the reader's caller."""
    warnings.warn(what, stacklevel=4)


def _recording(place: str, task: dict[str, Any], key: str, strip_hash: bool) -> str:
    """The recording's name: that of its file, without folder, suffix and query."""
    data = task.get("data", task)
    texts = {k: v for k, v in data.items() if isinstance(v, str) and v}
    if "data" not in task:  # JSON-MIN has the annotation's own texts beside the data
        texts = {k: v for k, v in texts.items() if not k.endswith("_at")}
    if not key:
        files = [k for k, v in texts.items() if "/" in v or re.search(r"\.\w{1,5}$", v)]
        if len(files or texts) != 1:
            raise ValueError(
                f"{place}: which entry of its data is the recording? Say data_key, one of "
                f"{', '.join(map(repr, texts)) or 'none'}"
            )
        key = (files or list(texts))[0]
    if key not in texts:
        raise ValueError(f"{place}: its data has no text {key!r}; it has {sorted(texts)}")
    address = urlsplit(texts[key])
    local = parse_qs(address.query).get("d")  # /data/local-files/?d=folder/monday.mp4
    name = stem(unquote(local[0] if local else address.path))
    return _HASH.sub("", name, count=1) if strip_hash and _HASH.match(name) else name


def _answers(
    place: str, task: dict[str, Any], completed_by: str, scores: bool
) -> list[list[dict[str, Any]]]:
    """The regions of the one annotation (or prediction) that counts; [] if there is none."""
    if "data" not in task:
        found = [task] if not completed_by or _is(task.get("annotator"), completed_by) else []
        return [list(_flat(one)) for one in found]
    found = task.get("predictions" if scores else "annotations", [])
    if not scores:
        found = [one for one in found if not one.get("was_cancelled")]
        if completed_by:
            found = [one for one in found if _is(one.get("completed_by"), completed_by)]
    if len(found) > 1:
        who = sorted({str(one.get("completed_by", one.get("model_version"))) for one in found})
        raise ValueError(
            f"{place}: has {len(found)} {'predictions' if scores else 'annotations'}, by "
            f"{', '.join(who)}; keep one, or say completed_by"
        )
    return [one.get("result", []) for one in found]


def _is(who: Any, wanted: str) -> bool:
    if isinstance(who, dict):
        return wanted in (str(who.get("id")), who.get("email"))
    return str(who) == wanted


def _flat(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The regions of a JSON-MIN entry, as those of JSON."""
    for name, values in task.items():
        for value in values if isinstance(values, list) else [values]:
            if not isinstance(value, dict) or (value is values and "choices" not in value):
                continue
            kind = next((k for k in (*KINDS, *value) if k in value and k.endswith("labels")), "")
            if "sequence" in value:
                kind = "videorectangle"
            elif not kind and value.keys() & {"choices", "original_width", "original_length"}:
                kind = "choices" if "choices" in value else name
            if kind:  # else the task's own data
                yield {**value, "type": kind, "value": value}


class _Clock:
    """Seconds from what regions hold."""

    def __init__(self, fps: float | None, unit: float, starts: Mapping[str, str]) -> None:
        self.fps, self.unit, self.starts = fps, unit, starts

    def frames(self, place: str, first: Any, last: Any) -> tuple[float, float]:
        if not self.fps:
            raise ValueError(f"{place}: timelinelabels count frames; say fps")
        return (_number(place, first) - 1) / self.fps, _number(place, last) / self.fps

    def seconds(self, place: str, video: str, value: Any) -> float:
        if not isinstance(value, str):
            return _number(place, value) * self.unit
        if video not in self.starts:
            raise ValueError(f"{place}: {value!r} is a date; say starts={{{video!r}: its begin}}")
        try:
            begin, then = (datetime.fromisoformat(text) for text in (self.starts[video], value))
            return (then - begin).total_seconds()
        except (ValueError, TypeError) as error:
            raise ValueError(f"{place}: no time between dates ({error})") from None


def _number(place: str, value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= 1e15:
        raise ValueError(f"{place}: a time is {value!r}, not a number")
    return float(value)


def _kind(region: dict[str, Any]) -> str | None:
    """Which of `KINDS` a region is; None for what is no interval of time."""
    # The value's own key tells the tag: in some versions `type` of a timeline is timeserieslabels.
    if region.get("type") == "relation":  # of two regions; it has no value
        return None
    value = region["value"]
    kind = next((kind for kind in KINDS if kind in value), None)
    if kind == "timelinelabels":
        return kind
    return kind if "start" in value and "end" in value and "text" not in value else None


def _rows(
    place: str, video: str, region: dict[str, Any], clock: _Clock, scores: bool
) -> Iterator[Row]:
    kind = _kind(region)
    if kind is None:
        return
    value = region["value"]
    score = None
    if scores:
        score = region.get("score")
        if not isinstance(score, int | float):
            raise ValueError(f"{place}: a prediction's region has no score; read it without")
    if kind == "timelinelabels":
        spans = [clock.frames(place, one["start"], one["end"]) for one in value["ranges"]]
    else:
        unit = clock if kind == "timeserieslabels" else _Clock(None, 1.0, {})
        start, end = (unit.seconds(place, video, value[edge]) for edge in ("start", "end"))
        spans = [(start, end)]
    if not isinstance(value[kind], list):
        raise ValueError(f"{place}: {kind} is {shown(value[kind])}, not a list of labels")
    for start, end in spans:
        for label in value[kind]:
            yield Row(place, video, label, start, end, score)


def write_label_studio(
    frame: pd.DataFrame | Annotations,
    path: str | Path,
    *,
    kind: Kind = "timelinelabels",
    fps: float | None = None,
    unit: float = 1.0,
    address: str = "{video}.mp4",
    data_key: str = "video",
    from_name: str = "label",
    to_name: str = "",
    model_version: str = "gtan",
) -> None:
    """Write tasks with predictions, which "Import" of a project reads; scores are kept.

    Times are kept exactly, but for timelinelabels: to the nearest frame, at least one.

    Args:
        frame: detections, or annotated actions.
        path: ends in ``.json``.
        kind: the tag of the project's labelling interface.
        fps: frames a second, for timelinelabels.
        unit: seconds in one unit of a time series' time column.
        address: where Label Studio finds a recording; {video} stands for its name.
        data_key: what the interface calls the recording: "video" where it says ``$video``.
        from_name, to_name: names of the interface's tags; to_name "": as `data_key`.
        model_version: what Label Studio shows as the predictions' origin.

    Raises:
        ValueError: no such kind, no fps, or the path ends otherwise.
    """
    path = Path(path)
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r}: choose {', '.join(KINDS)}")
    if path.suffix.lower() != ".json":
        raise ValueError(f"{path}: Label Studio imports .json")
    if kind == "timelinelabels" and not fps:
        raise ValueError(f"{path}: timelinelabels count frames; say fps")
    tasks = []
    for video, rows in to_write(frame).items():
        result = []
        for number, row in enumerate(rows):
            value: dict[str, Any] = {kind: [row.label]}
            if fps and kind == "timelinelabels":
                first = max(1, round(row.start * fps) + 1)
                value["ranges"] = [{"start": first, "end": max(first, round(row.end * fps))}]
            else:
                per = unit if kind == "timeserieslabels" else 1.0
                value |= {"start": row.start / per, "end": row.end / per}
            region: dict[str, Any] = {
                "id": str(number),
                "from_name": from_name,
                "to_name": to_name or data_key,
            }
            region |= {"type": kind, "value": value}
            result.append(region if row.score is None else region | {"score": row.score})
        prediction: dict[str, Any] = {"model_version": model_version, "result": result}
        scores = [row.score for row in rows if row.score is not None]
        if scores:
            prediction["score"] = sum(scores) / len(scores)
        data = {data_key: address.replace("{video}", video)}
        tasks.append({"data": data, "predictions": [prediction]})
    write_bytes(path, (json.dumps(tasks, indent=1, ensure_ascii=False) + "\n").encode())
