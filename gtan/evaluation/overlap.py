"""Which intervals of one table overlap which of another, without ever comparing all with all."""

from __future__ import annotations

import numpy as np


def overlapping_pairs(
    groups_a: np.ndarray,
    segments_a: np.ndarray,
    groups_b: np.ndarray,
    segments_b: np.ndarray,
    minimum: float,
    *,
    at_once: int = 1_000_000,
    undefined: float = 0.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of the same group (say, of one recording) that overlap enough.

    Args:
        groups_a: [N] integers.
        segments_a: [N, 2] start and end.
        groups_b: [M] integers.
        segments_b: [M, 2] start and end, in the same unit.
        minimum: smallest tIoU to report, above 0.
        at_once: pairs compared at a time; bounds the memory beside the answer's.
        undefined: what 0/0 counts as, the tIoU of two intervals without length, wherever they lie.

    Returns:
        Three arrays [P]: index into a, index into b, tIoU; ordered by index into a.

    Example:
        >>> group, one, two = np.array([0]), np.array([[0.0, 4.0]]), np.array([[1.0, 4.0]])
        >>> [array.tolist() for array in overlapping_pairs(group, one, group, two, 0.5)]
        [[0], [0], [0.75]]
    """
    order = np.argsort(groups_b, kind="stable")
    first = np.searchsorted(groups_b[order], groups_a, side="left")
    count = np.searchsorted(groups_b[order], groups_a, side="right") - first
    before = np.concatenate([[0], np.cumsum(count)])
    found = []
    low = 0
    while low < len(groups_a):
        high = max(low + 1, int(np.searchsorted(before, before[low] + at_once, side="right")) - 1)
        a = np.repeat(np.arange(low, high), count[low:high])
        b = order[first[a] + np.arange(before[low], before[high]) - before[a]]
        tiou = _tiou(segments_b[b], segments_a[a])
        tiou[np.isnan(tiou)] = undefined
        enough = tiou >= minimum
        found.append((a[enough], b[enough], tiou[enough]))
        low = high
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    a, b, tiou = (np.concatenate(parts) for parts in zip(*found))
    return a, b, tiou


def _tiou(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """As the official tools compute it: no floor under the union, so that 0/0 is NaN."""
    shared = np.minimum(one[:, 1], two[:, 1]) - np.maximum(one[:, 0], two[:, 0])
    shared = np.clip(shared, 0.0, None)
    with np.errstate(invalid="ignore"):
        return np.asarray(shared / ((one[:, 1] - one[:, 0]) + (two[:, 1] - two[:, 0]) - shared))
