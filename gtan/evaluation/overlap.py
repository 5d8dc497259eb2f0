"""Which intervals of one table overlap which of another, without ever comparing all with all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]

AT_ONCE = 1_000_000  # intervals looked up at a time, and pairs compared


def overlapping_pairs(
    groups_a: np.ndarray,
    segments_a: np.ndarray,
    groups_b: np.ndarray,
    segments_b: np.ndarray,
    minimum: float,
    *,
    at_once: int = AT_ONCE,
    undefined: float = 0.0,
) -> Pairs:
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
    portions = pairs_in_portions(
        groups_a, segments_a, groups_b, segments_b, minimum, at_once=at_once, undefined=undefined
    )
    nothing = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    a, b, tiou = (np.concatenate(parts) for parts in zip(nothing, *portions))
    return a, b, tiou


def pairs_in_portions(
    groups_a: np.ndarray,
    segments_a: np.ndarray,
    groups_b: np.ndarray,
    segments_b: np.ndarray,
    minimum: float,
    *,
    at_once: int = AT_ONCE,
    undefined: float = 0.0,
) -> Iterator[Pairs]:
    """The same in portions, each with all pairs of some indices into a: there may be many.

    Where all intervals overlap all others, the pairs fill the memory, and what is made of them
    does not.
    """
    order = np.argsort(groups_b, kind="stable")
    sorted_b = groups_b[order]
    for start in range(0, len(groups_a), AT_ONCE):
        of = groups_a[start : start + AT_ONCE]
        first = np.searchsorted(sorted_b, of, side="left")
        count = np.searchsorted(sorted_b, of, side="right") - first
        before = np.concatenate([[0], np.cumsum(count)])
        low = 0
        while low < len(of):
            most = before[low] + at_once
            high = max(low + 1, int(np.searchsorted(before, most, side="right")) - 1)
            a = np.repeat(np.arange(low, high), count[low:high])
            b = order[first[a] + np.arange(before[low], before[high]) - before[a]]
            a += start
            tiou = _tiou(segments_b[b], segments_a[a])
            tiou[np.isnan(tiou)] = undefined
            enough = tiou >= minimum
            yield a[enough], b[enough], tiou[enough]
            low = high


def _tiou(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """As the official tools compute it: no floor under the union, so that 0/0 is NaN."""
    shared = np.minimum(one[:, 1], two[:, 1]) - np.maximum(one[:, 0], two[:, 0])
    shared = np.clip(shared, 0.0, None)
    with np.errstate(invalid="ignore"):
        return np.asarray(shared / ((one[:, 1] - one[:, 0]) + (two[:, 1] - two[:, 0]) - shared))
