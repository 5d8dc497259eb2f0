"""Who takes whom: both protocols are one game with the roles exchanged.

Choosers come one after the other; each takes the best-overlapping option that is still free. In
ActivityNet's protocol detections choose among truths, by descending score; in THUMOS14's truths
choose among detections, in the order of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gtan.evaluation.overlap import overlapping_pairs


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
        [N, K] index into `truths`, -1 for none.

    Example:
        >>> truth = Intervals(np.array([0]), np.array([[0.0, 4.0]]))
        >>> found = Intervals(np.array([0, 0]), np.array([[0.0, 3.0], [0.0, 4.0]]))
        >>> match_detections(found, truth, [0.5, 0.9]).tolist()
        [[0, -1], [-1, 0]]
    """
    truths_choose = protocol == "thumos14"
    rank, truth, overlap = overlapping_pairs(
        *ranked, *truths, minimum=min(tiou), undefined=undefined
    )
    matches = np.full((len(ranked.groups), len(tiou)), -1, np.int64)
    for column, threshold in enumerate(tiou):
        enough = np.flatnonzero(overlap > threshold if truths_choose else overlap >= threshold)
        choosers, options = (truth, rank) if truths_choose else (rank, truth)
        pairs = enough[pick_in_turn(choosers[enough], options[enough], overlap[enough])]
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
    chooser, option = choosers[order], options[order]
    is_last = np.append(chooser[1:] != chooser[:-1], True)

    # Pairs are sorted by chooser, so of two pairs the smaller index has the earlier chooser.
    nobody = len(order)
    holder = np.full(option.max() + 1, nobody)
    asking = np.flatnonzero(np.insert(is_last[:-1], 0, True))
    while len(asking):
        asked = option[asking]
        held = holder[asked]
        np.minimum.at(holder, asked, asking)
        kept = holder[asked] == asking
        refused = np.concatenate([asking[~kept], held[kept & (held < nobody)]])
        asking = refused[~is_last[refused]] + 1
    return order[np.sort(holder[holder < nobody])]
