"""Frame-wise truth: a text file for each recording, one line a frame, one label a line.

Source: MS-TCN (Abu Farha and Gall, CVPR 2019), whose `groundTruth/VIDEO.txt` most work on action
segmentation uses (GTEA, 50 Salads, Breakfast). Frame t covers t / fps to (t + 1) / fps; a run of
equal labels is one instance, so that neighbours touch and two instances of one label never do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pandas as pd

from gtan.data.annotations import Annotations
from gtan.data.formats.rows import Row, file_of, to_annotations, to_write
from gtan.data.texts import read_text
from gtan.files import write_bytes

SUFFIXES = (".txt",)
# GTEA's and 50 Salads' own. MS-TCN's files of 50 Salads also have action_start and action_end,
# Breakfast has SIL; whether these are actions is for their user to say.
BACKGROUND = ("background",)


def read_labels(path: Path) -> list[str]:
    """The label of each frame.

    Raises:
        ValueError: naming file and line, if the file is empty or a line is.
    """
    lines = [line.strip() for line in read_text(path).rstrip().splitlines()]
    if "" in lines:
        raise ValueError(f"{path}: line {lines.index('') + 1} is empty; every frame has a label")
    return lines


def runs(labels: Sequence[str]) -> list[tuple[str, int, int]]:
    """Label, first frame and the one after the last of each run of equal labels.

    Example:
        >>> runs(["a", "a", "b", "a"])
        [('a', 0, 2), ('b', 2, 3), ('a', 3, 4)]
    """
    found, first = [], 0
    for label, group in groupby(labels):
        stop = first + sum(1 for _ in group)
        found.append((label, first, stop))
        first = stop
    return found


def read_frames(
    path: str | Path, *, fps: float, video: str = "", background: Sequence[str] = BACKGROUND
) -> Annotations:
    r"""Read the frame-wise truth of one recording.

    Args:
        path: the text file.
        fps: frames a second.
        video: the recording's name; "": the file's.
        background: labels of frames in which nothing happens.

    Raises:
        ValueError: naming file and line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "tea.txt"
        >>> _ = path.write_text("background\ntake\ntake\nopen\n")
        >>> read_frames(path, fps=2).instances.values.tolist()
        [['tea', 'take', 0.5, 1.5], ['tea', 'open', 1.5, 2.0]]
    """
    path = Path(path)
    if not fps > 0:
        raise ValueError(f"fps={fps}: give frames a second")
    video = video or path.name.removesuffix(".txt")
    labels = read_labels(path)
    rows = [
        Row(f"{path}: line {first + 1}", video, label, first / fps, stop / fps)
        for label, first, stop in runs(labels)
        if label not in background
    ]
    return to_annotations(rows, [video], {video: len(labels) / fps})


def frame_labels(
    frame: pd.DataFrame, frames: int, fps: float, background: str = BACKGROUND[0]
) -> list[str]:
    """The label of each frame of one recording.

    Args:
        frame: its detections, or annotated actions: label, start, end and, if there is one, score.
        frames: how many frames it has.
        fps: frames a second.
        background: the label of frames that nothing covers.

    Returns:
        For each frame the label of the best-scoring interval that covers its middle; of equal ones
        the first.

    Example:
        >>> columns = ["label", "start", "end", "score"]
        >>> rows = [("take", 0.5, 1.5, 0.6), ("open", 1, 2, 0.9)]
        >>> frame_labels(pd.DataFrame(rows, columns=columns), 5, 2.0)
        ['background', 'take', 'open', 'open', 'background']
    """
    rows = to_write(frame.assign(video="one"))
    return _painted(rows.get("one", []), frames, fps, background)


def write_frames(
    frame: pd.DataFrame | Annotations,
    path: str | Path,
    *,
    fps: float,
    frames: Mapping[str, int] | None = None,
    background: str = BACKGROUND[0],
) -> None:
    """Write `path/VIDEO.txt` for each recording; see `frame_labels`.

    Args:
        frame: detections, or annotated actions.
        path: a folder.
        fps: frames a second.
        frames: how many frames each recording has; None: as `Annotations` say.
        background: the label of frames that nothing covers.

    Raises:
        ValueError: a recording whose number of frames is not known.
    """
    if frames is None:
        if isinstance(frame, pd.DataFrame):
            raise ValueError("say frames={video: number of frames}; a table does not know")
        known = frame.videos.dropna(subset="duration")
        frames = {v: round(d * fps) for v, d in zip(known["video"], known["duration"])}
    rows = to_write(frame)
    unknown = sorted(set(rows) - set(frames))
    if unknown:
        raise ValueError(f"recording {unknown[0]!r}: say how many frames it has in frames={{...}}")
    for video, count in frames.items():
        labels = _painted(rows.get(video, []), count, fps, background)
        content = "".join(f"{label}\n" for label in labels).encode()
        write_bytes(file_of(Path(path), video, ".txt"), content)


def _painted(rows: Sequence[Row], frames: int, fps: float, background: str) -> list[str]:
    labels = [background] * frames
    best_first = sorted(rows, key=lambda row: -(row.score or 0.0))
    for row in reversed(best_first):  # the best is painted over the others
        first, stop = (
            min(max(math.ceil(edge * fps - 0.5), 0), frames) for edge in (row.start, row.end)
        )
        labels[first:stop] = [row.label] * (stop - first)
    return labels
