"""Who takes whom: both protocols are one game with the roles exchanged.

Choosers come one after the other; each takes the best-overlapping option that is still free. In
ActivityNet's protocol detections choose among truths, by descending score; in THUMOS14's truths
choose among detections, in the order of the file.
"""

from __future__ import annotations

import numpy as np


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
