"""Average precision without each recording in turn, for the price of a few rankings.

Without a recording v, the precision at the k-th true positive is (k - a) / (seen_k - b), a and b
being v's true positives and detections so far. Both change only where v has a detection: v cuts
the ranking into stretches with one (a, b) each. Recordings have few detections of a label, so that
few pairs (a, b) occur, and what many recordings need can be worked out once for each pair: sums
over a stretch from cumulative sums, sums of "the best from here to the end of the stretch"
(interpolation) by climbing from each true positive to the nearest one before it that is higher.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

AT_ONCE = 2_000_000  # numbers handled at a time, where each recording is worked out by itself


class Stretches(NamedTuple):
    """Stretches of the ranking's true positives, ordered by recording, then by place.

    Attributes:
        owner: [S] the recording that is left out.
        first, stop: [S] of the true positives; those of a recording cover them all.
        found, seen: [S] the recording's own true positives and detections so far (a and b).
        own: [S] whether the first true positive is the recording's own.
    """

    owner: np.ndarray
    first: np.ndarray
    stop: np.ndarray
    found: np.ndarray
    seen: np.ndarray
    own: np.ndarray


def without_each(
    hit: np.ndarray,
    counts: np.ndarray,
    video: np.ndarray,
    positives: np.ndarray,
    interpolate: bool,
) -> np.ndarray:
    """Average precision of one label's ranking without each of V recordings.

    Args:
        hit: [N] whether a detection found a truth, best detection first.
        counts: [N] whether it counts; all that hit do.
        video: [N] number of its recording, 0 to V - 1.
        positives: [V] truths of all recordings but this one.
        interpolate: see `gtan.evaluation.precision`.

    Returns:
        [V], NaN where no truth is left.

    Example:
        Without its first detection, which is wrong, the ranking is perfect.

        >>> hit, video = np.array([False, True]), np.array([0, 1])
        >>> without_each(hit, np.array([True, True]), video, np.array([1, 0]), True).tolist()
        [1.0, nan]
    """
    places = np.flatnonzero(hit)
    total = np.zeros(len(positives))
    if len(places):
        seen = np.cumsum(counts)[places]
        parts = _stretches(places, np.flatnonzero(counts), hit, video, len(positives))
        many = parts.seen.max() + 1
        pairs, pair = np.unique(parts.found * many + parts.seen, return_inverse=True)  # [A], [S]
        if 2 * len(pairs) < len(positives):
            less_found, less_seen = np.divmod(pairs[:, None], many)
            rows = _precision(seen, less_found, less_seen)  # [A, n]
            total = (_best_sums if interpolate else _sums)(rows, pair, parts, len(positives))
        else:
            total = _one_by_one(seen, parts, len(positives), interpolate)
    return np.where(positives > 0, total / np.maximum(positives, 1), np.nan)


def _stretches(
    places: np.ndarray, rows: np.ndarray, hit: np.ndarray, video: np.ndarray, videos: int
) -> Stretches:
    """Args: places [n] of true positives and rows [M] of counted detections in the ranking."""
    order = rows[np.argsort(video[rows], kind="stable")]
    owner, own = video[order], hit[order]
    starts = np.searchsorted(owner, np.arange(videos))  # of each recording's detections
    seen = np.arange(len(order)) - starts[owner] + 1
    found = np.cumsum(own) - np.concatenate([[0], np.cumsum(own)])[starts[owner]]
    first = np.searchsorted(places, order)

    # The stretch before a recording's first detection, and of several that begin at the same true
    # positive the last.
    begin = np.zeros(videos, np.int64)
    owner, first, found, seen, own = (
        np.insert(values, starts, start)
        for values, start in (
            (owner, np.arange(videos)), (first, begin), (found, begin), (seen, begin),
            (own, begin.astype(bool)),
        )
    )  # fmt: skip
    last = np.append((owner[1:] != owner[:-1]) | (first[1:] != first[:-1]), True)
    kept = last & (first < len(places))
    owner, first, found, seen, own = (v[kept] for v in (owner, first, found, seen, own))
    stop = np.append(first[1:], len(places))
    stop[np.append(owner[1:] != owner[:-1], True)] = len(places)
    return Stretches(owner, first, stop, found, seen, own)


def _precision(seen: np.ndarray, less_found: np.ndarray, less_seen: np.ndarray) -> np.ndarray:
    """At each true positive; where nothing is left, 0."""
    found = np.arange(1, len(seen) + 1)
    return np.asarray((found - less_found) / np.maximum(seen - less_seen, 1))


def _sums(rows: np.ndarray, pair: np.ndarray, parts: Stretches, videos: int) -> np.ndarray:
    """Without interpolation: [V] sums of precision at the others' true positives."""
    until = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(rows, axis=1)], axis=1)
    values = until[pair, parts.stop] - until[pair, parts.first]
    values -= np.where(parts.own, rows[pair, parts.first], 0.0)
    return np.bincount(parts.owner, values, minlength=videos)


def _best_sums(rows: np.ndarray, pair: np.ndarray, parts: Stretches, videos: int) -> np.ndarray:
    """With interpolation: the same of the best precision from each true positive on.

    Every row begins with a value that is higher than all others, so that climbing ends.
    """
    height = np.insert(rows, 0, np.inf, axis=1).ravel()
    up = _higher_before(height, rows.shape[1] + 1)
    here = np.arange(len(height))
    # Sum of "the best from here to i", for all places up to i, of which the highest lie ahead.
    reach = np.where(np.isinf(height), 0.0, height) * (here - up[0])
    for step in up:
        reach = reach + reach[step]

    base = pair * (rows.shape[1] + 1)
    low, high = base + parts.first + 1, base + parts.stop
    total, best = np.zeros(videos), np.zeros(videos)
    from_end = _numbers_from_end(parts.owner)
    order = np.argsort(from_end, kind="stable")
    for some in np.split(order, np.cumsum(np.bincount(from_end))[:-1]):
        owner, first, last = parts.owner[some], low[some], high[some]
        later = best[owner]  # of the stretches behind
        near = _climb(up, last, -height, -later)
        near = np.where(height[near] <= later, up[0][near], near)
        higher = near >= first
        top = _climb(up, near, here, first)
        best[owner] = np.where(higher, height[top], later)
        ahead = reach[near] - reach[top] + best[owner] * (top - first + 1)
        value = later * (last - np.maximum(near, first - 1)) + np.where(higher, ahead, 0.0)
        total[owner] += value - np.where(parts.own[some], best[owner], 0.0)
    return total


def _higher_before(height: np.ndarray, length: int) -> list[np.ndarray]:
    """The nearest higher place before each, the 2nd, the 4th, ...; rows of `length` places."""
    place = np.arange(len(height))
    up = np.where(place % length == 0, place, place - 1)
    while len(lower := np.flatnonzero(height[up] < np.where(np.isinf(height), 0, height))):
        up[lower] = up[up[lower]]
    levels = [up]
    while (levels[-1] % length).any():
        levels.append(levels[-1][levels[-1]])
    return levels


def _climb(
    up: list[np.ndarray], place: np.ndarray, value: np.ndarray, least: np.ndarray
) -> np.ndarray:
    """As far up as `value`, which falls on the way, is at least `least`."""
    for step in reversed(up):
        place = np.where(value[step[place]] >= least, step[place], place)
    return place


def _numbers_from_end(owner: np.ndarray) -> np.ndarray:
    """Of each stretch: how many of its recording's come behind it."""
    last = np.searchsorted(owner, owner, side="right") - 1
    return last - np.arange(len(owner))


def _one_by_one(seen: np.ndarray, parts: Stretches, videos: int, interpolate: bool) -> np.ndarray:
    """As `_sums` and `_best_sums`, with a row for each recording."""
    total = np.zeros(videos)
    step = max(1, AT_ONCE // len(seen))
    for low in range(0, videos, step):
        some = slice(*np.searchsorted(parts.owner, [low, low + step]))
        size = (parts.stop - parts.first)[some]
        found, less = (np.repeat(v[some], size).reshape(-1, len(seen)) for v in parts[3:5])
        rows = _precision(seen, found, less)
        if interpolate:
            rows = np.maximum.accumulate(rows[:, ::-1], axis=1)[:, ::-1]
        rows[(parts.owner[some] - low)[parts.own[some]], parts.first[some][parts.own[some]]] = 0.0
        total[low : low + step] = rows.sum(axis=1)
    return total
