"""The segmentation field's figures, from detections turned into one label a frame.

Segmental F1 at overlap 10, 25 and 50 % and the segmental edit score are Lea et al.'s (*Temporal
Convolutional Networks for Action Segmentation and Detection*, CVPR 2017), computed as MS-TCN does
(Abu Farha and Gall, CVPR 2019): background segments count in neither; frame accuracy is over all
frames, background too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gtan.data.formats.frames import BACKGROUND, runs

OVERLAPS = (0.1, 0.25, 0.5)


@dataclass(frozen=True)
class Segmentation:
    """Figures of a segmentation, in percent.

    Attributes:
        f1: by overlap; true and false positives counted over all recordings.
        edit: mean over recordings of 100 (1 - edit distance / longer list of segments).
        accuracy: share of all frames whose label is right.
    """

    f1: dict[float, float]
    edit: float
    accuracy: float


def frame_labels(
    detections: pd.DataFrame,
    frames: int,
    fps: float,
    least: float = 0.0,
    background: str = BACKGROUND[0],
) -> list[str]:
    """One label a frame: that of the best-scored detection over the frame's middle.

    Args:
        detections: of one recording: label, start, end (seconds), score.
        frames: in the recording.
        fps: frames a second.
        least: score below which a detection does not count.
        background: the label of a frame that no detection covers.

    Example:
        >>> found = pd.DataFrame(
        ...     {"label": ["take", "open"], "start": [0, 1], "end": [2, 4], "score": [0.9, 0.5]}
        ... )
        >>> frame_labels(found, frames=5, fps=1)
        ['take', 'take', 'open', 'open', 'background']
    """
    painted = np.full(frames, background, dtype=object)
    middles = (np.arange(frames) + 0.5) / fps
    counted = detections[detections["score"] >= least].sort_values("score", kind="stable")
    columns = (counted[name].to_numpy() for name in ("label", "start", "end"))
    for label, start, end in zip(*columns):  # the best one last, on top
        painted[np.searchsorted(middles, start) : np.searchsorted(middles, end)] = label
    return [str(label) for label in painted]


def evaluate_segmentation(
    truth: Mapping[str, Sequence[str]],
    found: Mapping[str, Sequence[str]],
    overlaps: Sequence[float] = OVERLAPS,
    background: Sequence[str] = BACKGROUND,
) -> Segmentation:
    """Score one label a frame.

    Args:
        truth: by recording, the label of each frame.
        found: the same recordings and numbers of frames.
        overlaps: at which a segment counts as found, each in (0, 1].
        background: labels whose segments count in neither F1 nor edit.

    Raises:
        ValueError: naming a recording that is missing, or whose number of frames differs.

    Example:
        >>> evaluate_segmentation({"v": ["a", "a", "b", "b"]}, {"v": ["a", "b", "b", "b"]})
        Segmentation(f1={0.1: 100.0, 0.25: 100.0, 0.5: 100.0}, edit=100.0, accuracy=75.0)
    """
    if not truth:
        raise ValueError("no recording to score")
    for name in {*truth, *found}:
        if name not in truth or name not in found:
            missing = "found" if name in truth else "truth"
            raise ValueError(f"recording {name!r} is not in {missing}")
        if len(truth[name]) != len(found[name]):
            counts = f"{len(found[name])} frames found, {len(truth[name])} in the truth"
            raise ValueError(f"recording {name!r}: {counts}")
    ours = {name: _segments(labels, background) for name, labels in found.items()}
    theirs = {name: _segments(labels, background) for name, labels in truth.items()}
    right = sum(a == b for name in truth for a, b in zip(truth[name], found[name]))
    return Segmentation(
        f1={overlap: _f1(theirs, ours, overlap) for overlap in overlaps},
        edit=float(np.mean([_edit(theirs[name], ours[name]) for name in truth])),
        accuracy=100 * right / sum(map(len, truth.values())),
    )


_Segments = list[tuple[str, int, int]]


def _segments(labels: Sequence[str], background: Sequence[str]) -> _Segments:
    return [segment for segment in runs(labels) if segment[0] not in background]


def _f1(truth: Mapping[str, _Segments], found: Mapping[str, _Segments], overlap: float) -> float:
    hits = sum(_hits(truth[name], found[name], overlap) for name in truth)
    both = sum(map(len, truth.values())) + sum(map(len, found.values()))
    return 200 * hits / both if both else 100.0  # 2 TP / (2 TP + FP + FN)


def _hits(truth: _Segments, found: _Segments, overlap: float) -> int:
    """Each found segment, in order, takes its best true one of the same label, if that is free."""
    taken: set[int] = set()
    for label, first, stop in found:
        best, at = 0.0, -1
        for number, (other, start, end) in enumerate(truth):
            shared = min(stop, end) - max(first, start)
            if other == label and shared > 0:
                ratio = shared / (max(stop, end) - min(first, start))
                if ratio > best:
                    best, at = ratio, number
        if best >= overlap and at not in taken:
            taken.add(at)
    return len(taken)


def _edit(truth: _Segments, found: _Segments) -> float:
    """100 less the Levenshtein distance of the two lists of labels, of the longer one's length."""
    one, two = [label for label, _, _ in truth], [label for label, _, _ in found]
    row = list(range(len(two) + 1))
    for i, label in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(two, 1):
            cost = before + (label != other)
            before, row[j] = row[j], min(cost, row[j] + 1, row[j - 1] + 1)
    longer = max(len(one), len(two))
    return 100 * (1 - row[-1] / longer) if longer else 100.0
