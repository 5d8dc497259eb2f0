"""Who takes whom: both protocols are one game with the roles exchanged.

Choosers come one after the other; each takes the best-overlapping option that is still free. In
ActivityNet's protocol detections choose among truths, by descending score; in THUMOS14's truths
choose among detections, in the order of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gtan.evaluation.overlap import pairs_in_portions


class Intervals(NamedTuple):
    """Intervals to match: only those of one group, a recording's of one label, can meet.

    Attributes:
        groups: [N] integers.
        segments: [N, 2] start and end.
    """

    groups: np.ndarray
    segments: np.ndarray


def match_detections(
    ranked: Intervals,
    truths: Intervals,
    tiou: Sequence[float],
    protocol: str = "activitynet",
    undefined: float = 0.0,
) -> np.ndarray:
    """Which truth each detection finds, at each of K thresholds; the one place that decides it.

    Args:
        ranked: detections, the best first.
        truths: in the order of their file.
        tiou: thresholds.
        protocol: ``activitynet`` (detections choose, at or above the threshold) or ``thumos14``
            (truths choose, above it).
        undefined: what 0/0 counts as, the tIoU of two intervals without length.

    Returns:
        [N, K] index into `truths`, -1 for none; int32, a column after the other in memory.

    Example:
        >>> truth = Intervals(np.array([0]), np.array([[0.0, 4.0]]))
        >>> found = Intervals(np.array([0, 0]), np.array([[0.0, 3.0], [0.0, 4.0]]))
        >>> match_detections(found, truth, [0.5, 0.9]).tolist()
        [[0, -1], [-1, 0]]
    """
    truths_choose = protocol == "thumos14"
    choosers, options = (truths, ranked) if truths_choose else (ranked, truths)
    matches = np.full((len(ranked.groups), len(tiou)), -1, np.int32, order="F")
    free = np.ones((len(tiou), len(options.groups)), bool)
    turns = _Turns(len(options.groups))
    # Portions come in turn, so that what is taken in one is not free in the next.
    for chooser, option, overlap in pairs_in_portions(
        *choosers, *options, minimum=min(tiou), undefined=undefined
    ):
        order = np.lexsort((option, -overlap, chooser))
        chooser, option, overlap = chooser[order], option[order], overlap[order]
        for column, threshold in enumerate(tiou):
            enough = overlap > threshold if truths_choose else overlap >= threshold
            pairs = np.flatnonzero(enough & free[column, option])
            pairs = pairs[turns.taken(chooser[pairs], option[pairs])]
            free[column, option[pairs]] = False
            rank, truth = (option, chooser) if truths_choose else (chooser, option)
            matches[rank[pairs], column] = truth[pairs]
    return matches


def pick_in_turn(choosers: np.ndarray, options: np.ndarray, overlap: np.ndarray) -> np.ndarray:
    """Let every chooser in turn take its best free option.

    Computed in rounds instead of turns: all choosers ask at once for the best option that has
    not refused them yet, an option keeps the earliest chooser that asked so far, and the others
    ask on. When nobody is left asking, the outcome is that of taking turns (deferred acceptance,
    Gale and Shapley 1962, where all options agree on the order of the choosers).

    Args:
        choosers: [P] of each acceptable pair; a smaller number comes earlier.
        options: [P] non-negative integers. Of two that overlap equally, the smaller is better.
        overlap: [P] larger is better.

    Returns:
        Indices of the pairs that came about, ordered by chooser.

    Example:
        Chooser 0 takes option 7, the better one; chooser 1 wanted it too and is left with 8.

        >>> choosers, options = np.array([0, 0, 1, 1]), np.array([7, 8, 7, 8])
        >>> pick_in_turn(choosers, options, np.array([0.9, 0.6, 0.8, 0.5])).tolist()
        [0, 3]
    """
    if not len(choosers):
        return np.zeros(0, np.int64)
    order = np.lexsort((options, -overlap, choosers))
    turns = _Turns(int(options.max()) + 1)
    return order[turns.taken(choosers[order], options[order])]


class _Turns:
    """`pick_in_turn` of pairs that are sorted by chooser, the best option first."""

    def __init__(self, options: int) -> None:
        self._nobody = np.iinfo(np.int64).max
        self._holder = np.full(options, self._nobody)  # pair that an option is taken by

    def taken(self, chooser: np.ndarray, option: np.ndarray) -> np.ndarray:
        """The pairs that come about, ascending."""
        if not len(chooser):
            return np.zeros(0, np.int64)
        holder, nobody = self._holder, self._nobody
        is_last = np.append(chooser[1:] != chooser[:-1], True)
        # Pairs are sorted by chooser, so of two pairs the smaller index has the earlier chooser.
        asking = np.flatnonzero(np.insert(is_last[:-1], 0, True))
        while len(asking):
            asked = option[asking]
            held = holder[asked]
            np.minimum.at(holder, asked, asking)
            kept = holder[asked] == asking
            refused = np.concatenate([asking[~kept], held[kept & (held < nobody)]])
            asking = refused[~is_last[refused]] + 1
        came_about = np.flatnonzero(holder[option] == np.arange(len(option)))
        holder[option] = nobody
        return came_about
