"""BORIS: aggregated events, and its projects; written as a project.

Source: BORIS 7 to 9 (Friard and Gamba, 2016). "Observations > Export aggregated events",
as TSV or CSV: a line for each event, under names that changed with the versions (`_NAMES`), among
them

    Observation id, Media file name, Media duration (s), Behavior, Behavior type, Start (s),
    Stop (s)

Behavior type is STATE, or POINT for what has no length. A project (``.boris``) is JSON in which a
state event is two entries, its start and its stop; "File > Open project" and "Observations > Import
observations" read it. BORIS imports no table of events: detections are written as a project.

Times count from the start of an observation, which may be a series of media files; BORIS has added
the observation's time offset to them, which is taken off again.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from gtan.data.annotations import Annotations
from gtan.data.formats.rows import (
    Row,
    apart,
    cells_of,
    say_points,
    seconds,
    stem,
    to_annotations,
    to_write,
)
from gtan.data.numbers import read_number
from gtan.data.texts import read_json_text, whole_number
from gtan.files import write_bytes

SUFFIXES = (".tsv", ".csv", ".txt", ".boris")
_NAMES = {
    "observation": ("Observation id",),
    "media": ("Media file name", "Media file", "Media file path"),
    "source": ("Source", "Media file(s)"),
    "duration": ("Media duration (s)", "Total length", "Total length (s)"),
    "offset": ("Time offset (s)", "Time offset"),
    "subject": ("Subject",),
    "behavior": ("Behavior",),
    "type": ("Behavior type", "Type"),
    "start": ("Start (s)", "Start"),
    "stop": ("Stop (s)", "Stop"),
    "comment": ("Comment start",),
}
_NEEDED = ("behavior", "type", "start", "stop")
_SCORE = "score "  # a comment that holds the score of a detection


def read_boris(
    path: str | Path,
    *,
    recording: Literal["media", "observation"] = "media",
    scores: bool = False,
) -> Annotations:
    r"""Read a table of aggregated events, or a project.

    Args:
        path: the export (``.tsv``, ``.txt``, ``.csv``) or the project (``.boris``).
        recording: a recording's name is that of its media file without folder and suffix, or the
            observation's.
        scores: read scores from the comments that `write_boris` makes.

    Raises:
        ValueError: naming file and line: a column is missing, a start without a stop, or an
            observation of several media files where `recording` is "media".

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "events.csv"
        >>> header = "Observation id,Media file name,Behavior,Behavior type,Start (s),Stop (s)"
        >>> _ = path.write_text(header + "\nmonday,/videos/m1.mp4,run,STATE,1.500,4.250\n")
        >>> read_boris(path).instances.values.tolist()
        [['m1', 'run', 1.5, 4.25]]
    """
    path = Path(path)
    if recording not in ("media", "observation"):
        raise ValueError(f"recording={recording!r}: choose 'media' or 'observation'")
    if path.suffix.lower() == ".boris":
        found = _project(path, recording, scores)
    else:
        found = _table(path, recording, scores)
    say_points(found.rows, path)
    return to_annotations(found.rows, found.durations, found.durations)


class _Found:
    """Rows, and the recordings with their durations (NaN where unknown)."""

    def __init__(self, by_media: bool) -> None:
        self.by_media = by_media
        self.rows: list[Row] = []
        self.durations: dict[str, float] = {}
        self._media: dict[str, str] = {}
        self._shifted: set[str] = set()

    def recording(
        self, place: str, observation: str, media: list[str], duration: float, offset: float
    ) -> str:
        """The recording's name; ValueError if times of an observation are not times of it."""
        name = observation
        if self.by_media:
            first = media[0] if media else ""
            if len(media) > 1 or self._media.setdefault(observation, first) != first:
                raise ValueError(
                    f"{place}: observation {observation!r} has several media files in a row, and "
                    "its times count from the start of the first: read it with "
                    "recording='observation', or make an observation of each file"
                )
            name = stem(first)
            if not name or name == "NA":
                raise ValueError(
                    f"{place}: names no media file; read it with recording='observation'"
                )
        if offset and observation not in self._shifted:
            self._shifted.add(observation)
            warnings.warn(
                f"{place}: observation {observation!r} has a time offset of {offset:g} s, which is "
                "taken off: times count from the start of its media",
                stacklevel=5,
            )
        self.durations[name] = duration
        return name


def _table(path: Path, recording: str, scores: bool) -> _Found:
    lines = cells_of(path)
    _, header = next(lines)
    places = {
        name: next((header.index(n) for n in known if n in header), None)
        for name, known in _NAMES.items()
    }
    missing = [_NAMES[name][0] for name in _NEEDED if places[name] is None]
    if recording == "observation" and places["observation"] is None:
        missing.append(_NAMES["observation"][0])
    if missing:
        hint = " (one line for each start and stop?)" if "Time" in header else ""
        raise ValueError(
            f"{path}: column {', '.join(map(repr, missing))} is missing{hint}; export aggregated "
            "events from BORIS"
        )
    found = _Found(recording == "media")
    for place, cells in lines:
        if len(cells) != len(header):
            raise ValueError(f"{place} has {len(cells)} fields, not {len(header)}")
        row = {name: "" if at is None else cells[at].strip() for name, at in places.items()}
        in_a_row = row["source"].split("|")[0].removeprefix("player #1:").split(";")
        media = in_a_row if len(in_a_row) > 1 else [row["media"] or in_a_row[0]]
        duration = read_number(row["duration"].split("|")[0])
        offset = seconds(row["offset"] or "0", place, "time offset")
        name = found.recording(place, row["observation"], media, duration or float("nan"), offset)
        start = seconds(row["start"], place, "start")
        if row["type"].upper() == "POINT":
            stop = start
        elif row["type"].upper() == "STATE":
            stop = seconds(row["stop"], place, "stop")
        else:
            raise ValueError(f"{place}: behavior type is {row['type']!r}, not STATE or POINT")
        score = _score(row["comment"], place) if scores else None
        found.rows.append(Row(place, name, row["behavior"], start - offset, stop - offset, score))
    return found


def _score(comment: str, place: str) -> float:
    number = read_number(comment.removeprefix(_SCORE)) if comment.startswith(_SCORE) else None
    if number is None:
        raise ValueError(f"{place}: comment {comment!r} holds no score, as in 'score 0.87'")
    return number


def _project(path: Path, recording: str, scores: bool) -> _Found:
    content = read_json_text(path, whole_number)
    try:
        states = {
            behavior["code"]: behavior["type"].lower().startswith("state")
            for behavior in content["behaviors_conf"].values()
        }
        found = _Found(recording == "media")
        for name, observation in content["observations"].items():
            _observation(path, name, observation, states, found, scores)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"{path}: not a BORIS project: {error!r} is not there") from None
    return found


def _observation(
    path: Path,
    name: str,
    content: dict[str, Any],
    states: dict[str, bool],
    found: _Found,
    scores: bool,
) -> None:
    where = f"{path}: observation {name!r}"
    media = content["file"]["1"] if content["type"] == "MEDIA" else []
    lengths = content.get("media_info", {}).get("length", {})
    length = read_number(str(lengths.get(media[0]))) if len(media) == 1 else None
    offset = seconds(str(content.get("time offset", 0)), where, "time offset")
    video = found.recording(where, name, media, length or float("nan"), offset)
    begun: dict[tuple[str, ...], tuple[float, str]] = {}
    events = [(seconds(str(event[0]), where, "a time"), event) for event in content["events"]]
    for time, event in sorted(events, key=lambda one: one[0]):
        subject, code, modifier, comment = (event[place] for place in range(1, 5))
        time -= offset
        place = f"{where}, {time:g} s, {code!r}"
        if code not in states:
            raise ValueError(f"{place}: no such behavior in the project's ethogram")
        key = (subject, code, modifier)
        if states[code] and key not in begun:
            begun[key] = time, comment
            continue
        start, said = begun.pop(key, (time, comment))
        found.rows.append(
            Row(place, video, code, start, time, _score(said, place) if scores else None)
        )
    if begun:
        (_, code, _), (time, _) = next(iter(begun.items()))
        raise ValueError(
            f"{where}: {code!r} starts at {time:g} s and never stops; mend it in BORIS"
        )


def write_boris(
    frame: pd.DataFrame | Annotations,
    path: str | Path,
    *,
    media: str = "{video}.mp4",
    durations: dict[str, float] | None = None,
    fps: float | None = None,
) -> None:
    """Write a BORIS project with an observation for each recording, to a millisecond.

    A score stands in the comment of an event's start. BORIS pairs starts with stops by subject and
    behavior, so that intervals of a label that overlap have subjects of their own ("2", "3", ...).

    Args:
        frame: detections, or annotated actions.
        path: ends in ``.boris``.
        media: the media file, absolute or seen from the project; {video} stands for the recording's
            name.
        durations: seconds of each recording; default: up to its last event. BORIS shows them until
            it has seen the media.
        fps: of the media, as BORIS shows it until then; None: 25.

    Raises:
        ValueError: the path ends otherwise.
    """
    path = Path(path)
    if path.suffix.lower() != ".boris":
        raise ValueError(f"{path}: a BORIS project's name ends in .boris")
    observations: dict[str, Any] = {}
    labels: set[str] = set()
    overlapping = 0  # subjects besides the one without a name
    for video, rows in to_write(frame).items():
        rows = [_in_ms(row) for row in sorted(rows, key=lambda row: (row.start, row.end))]
        tracks = apart(rows)
        overlapping = max(overlapping, *tracks)
        labels |= {row.label for row in rows}
        observations[video] = _new_observation(
            _events(rows, tracks),
            media.replace("{video}", video),
            (durations or {}).get(video, max(row.end for row in rows)),
            fps or 25.0,
        )
    project = _new_project(path.stem, observations, sorted(labels), overlapping)
    write_bytes(path, (json.dumps(project, indent=1, ensure_ascii=False) + "\n").encode())


def _in_ms(row: Row) -> Row:
    return replace(row, start=max(0.0, round(row.start, 3)), end=max(0.0, round(row.end, 3)))


def _events(rows: list[Row], tracks: list[int]) -> list[list[Any]]:
    """Starts and stops of a recording in order: time, subject, behavior, modifiers, comment."""
    events = []
    for row, track in zip(rows, tracks):
        subject = str(track + 1) if track else ""
        comment = "" if row.score is None else f"{_SCORE}{row.score:.6g}"
        events.append([row.start, subject, row.label, "", comment])
        events.append([row.end, subject, row.label, "", ""])
    return sorted(events, key=lambda event: event[0])  # stable: a stop before the next start


def _new_observation(
    events: list[list[Any]], file: str, length: float, fps: float
) -> dict[str, Any]:
    """An observation as a project holds it."""
    return {
        "file": {"1": [file], **{str(player): [] for player in range(2, 9)}},
        "type": "MEDIA",
        "date": "2000-01-01T00:00:00",
        "description": "",
        "time offset": 0.0,
        "events": events,
        "independent_variables": {},
        "visualize_spectrogram": False,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": {file: length},
            "fps": {file: fps},
            "hasVideo": {file: True},
            "hasAudio": {file: True},
            "offset": {"1": 0.0},
        },
    }


def _new_project(
    name: str, observations: dict[str, Any], labels: list[str], overlapping: int
) -> dict[str, Any]:
    """A project; `overlapping` is the number of subjects for what overlaps."""
    return {
        "time_format": "hh:mm:ss",
        "project_name": name,
        "project_date": "2000-01-01T00:00:00",
        "project_description": "",
        "project_format_version": "7.0",
        "subjects_conf": {
            str(n): {"key": "", "name": str(n + 2), "description": "overlapping events"}
            for n in range(overlapping)
        },
        "behaviors_conf": {
            str(n): {
                "type": "State event",
                "key": "",
                "code": label,
                "description": "",
                "category": "",
                "modifiers": {},
                "excluded": "",
                "coding map": "",
            }
            for n, label in enumerate(labels)
        },
        "observations": observations,
        "behavioral_categories": [],
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
