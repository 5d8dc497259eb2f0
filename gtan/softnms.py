"""Soft non-maximum suppression (Eq. 11): neighbours of a strong detection fade, none is deleted."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

FAR_AWAY = 1e300


def soft_nms(
    segments: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    threshold: float,
    decay: float,
    top_k: int | None,
    *,
    min_score: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Pick detections one by one, the highest score first, and fade what overlaps a pick.

    Every other detection of the pick's class that is not picked yet and has tIoU >= rho with it
    gets its score multiplied by exp(-tIoU^2 / xi). Classes do not see each other (reading R13);
    the cut after `top_k` picks is one for the recording.

    Args:
        segments: [N, 2] start and end, in any unit.
        scores: [N].
        labels: [N] integers.
        threshold: rho of Eq. 11, in [0, 1].
        decay: xi of Eq. 11, above 0; the smaller, the harsher.
        top_k: how many to pick at most; None for all.
        min_score: what has faded below this is dropped.

    Returns:
        Indices [M] of the picks, int64, by descending faded score (equal ones: lowest index
        first), and those scores [M], float64.

    Raises:
        ValueError: scores or segments that are not finite, an end before its start, arrays of
            different length, or a setting out of range.

    Example:
        The second is a shifted copy of the first; the third is of another class.

        >>> segments = np.array([[0.0, 4.0], [0.0, 3.0], [0.0, 4.0]])
        >>> scores, labels = np.array([0.9, 0.8, 0.7]), np.array([1, 1, 2])
        >>> kept, faded = soft_nms(segments, scores, labels, threshold=0.5, decay=0.8, top_k=None)
        >>> kept.tolist(), faded.round(3).tolist()
        ([0, 2, 1], [0.9, 0.7, 0.396])
    """
    remaining = np.array(scores, dtype=np.float64)
    segments = np.asarray(segments, dtype=np.float64).reshape(-1, 2)
    labels = np.asarray(labels)
    _check(segments, remaining, labels, threshold, decay, top_k)

    # Class by class and by start, so that one step touches only what can overlap the pick.
    _, owner = np.unique(labels, return_inverse=True)
    order = np.lexsort((segments[:, 0], owner))
    starts, ends = segments[order].T.copy()
    first, stop = _overlapping(starts, ends, owner[order])
    place = np.empty_like(order)
    place[order] = np.arange(len(order))

    # In rows, of each of which is known what none of its scores exceeds: they only fall.
    length = math.isqrt(len(remaining)) + 1
    rows = np.full((length, length), -np.inf)
    rows.flat[: len(remaining)] = remaining
    remaining = rows.ravel()
    bound = rows.max(axis=1)

    picks = len(order) if top_k is None else min(top_k, len(order))
    kept = np.empty(picks, dtype=np.int64)
    faded = np.empty(picks, dtype=np.float64)
    for count in range(picks):
        best = _highest(rows, bound)
        if remaining[best] < min_score:
            return kept[:count], faded[:count]
        kept[count], faded[count] = best, remaining[best]
        remaining[best] = -np.inf
        start, end = segments[best]
        here = place[best]
        starts[here] = ends[here] = FAR_AWAY  # no later pick meets it again

        # tIoU, negative where two do not meet. Plain ufuncs: np.clip alone takes as long as all.
        low, high = first[here], stop[here]
        one, two = starts[low:high], ends[low:high]
        shared = np.minimum(two, end) - np.maximum(one, start)
        overlap = shared / np.maximum(two - one + (end - start) - shared, 1e-12)
        near = np.flatnonzero(overlap >= threshold)
        remaining[order[low + near]] *= np.exp(-(overlap[near] ** 2) / decay)
    return kept, faded


def _overlapping(
    starts: np.ndarray, ends: np.ndarray, owner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of each of N segments, by class and start, where those begin and end that can overlap it."""
    first, stop = np.empty_like(owner), np.empty_like(owner)
    edges = np.concatenate([[0], np.cumsum(np.bincount(owner))]).tolist()
    for low, high in pairwise(edges):
        last_end = np.maximum.accumulate(ends[low:high])
        first[low:high] = low + np.searchsorted(last_end, starts[low:high], side="right")
        stop[low:high] = low + np.searchsorted(starts[low:high], ends[low:high], side="left")
    return first, stop


def _highest(rows: np.ndarray, bound: np.ndarray) -> int:
    """Index of the highest score, of equal ones the first; bounds that it finds wrong are lowered.

    A row is looked at only while no other can hold a higher score.
    """
    while True:
        row = int(bound.argmax())
        column = int(rows[row].argmax())
        if rows[row, column] == bound[row]:
            return row * rows.shape[1] + column
        bound[row] = rows[row, column]


def _check(
    segments: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    threshold: float,
    decay: float,
    top_k: int | None,
) -> None:
    if not scores.shape == labels.shape == (len(segments),):
        raise ValueError(
            f"shapes do not fit: segments {segments.shape}, scores {scores.shape}, "
            f"labels {labels.shape}"
        )
    broken = int((~np.isfinite(scores)).sum())
    if broken:
        raise ValueError(f"{broken} of {len(scores)} scores are NaN or infinite")
    broken = int((~np.isfinite(segments)).any(axis=1).sum())
    if broken:
        raise ValueError(f"{broken} of {len(segments)} segments are NaN or infinite")
    broken = int((segments[:, 1] < segments[:, 0]).sum())
    if broken:
        raise ValueError(f"{broken} of {len(segments)} segments end before they start")
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold: {threshold} is not in [0, 1]")
    if not decay > 0:
        raise ValueError(f"decay: {decay} is not above 0")
    if top_k is not None and top_k < 0:
        raise ValueError(f"top_k: {top_k} is below 0")
