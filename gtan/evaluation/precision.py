"""Average precision of one ranking, of the recordings as they are or as often as one likes."""

from __future__ import annotations

import numpy as np


def average_precision(
    hit: np.ndarray, weights: np.ndarray, positives: np.ndarray, interpolate: bool
) -> np.ndarray:
    """Average precision of detections ranked by descending score.

    Without interpolation, the sum of the precision at each true positive over the number of
    truths (THUMOS14's MATLAB kit). With it, the precision at a true positive is the best that
    the ranking reaches there or further down (ActivityNet's toolkit, Pascal VOC).

    Args:
        hit: [N] whether a detection found a truth.
        weights: [R, N] integers, how often a detection occurs in each of R resamples; 0 leaves it
            out.
        positives: [R] number of truths.
        interpolate: which of the two.

    Returns:
        [R], NaN where there is no truth to find.

    Example:
        Three detections, the first and the last are right, of three truths: (1/1 + 2/3) / 3.

        >>> once = np.ones((1, 3), int)
        >>> average_precision(np.array([True, False, True]), once, np.array([3]), True).round(4)
        array([0.5556])
    """
    # Precision only falls at a false positive, so the true positives are all that matters.
    copies = weights[:, hit]
    seen = np.cumsum(weights, axis=1)[:, hit]
    found = np.cumsum(copies, axis=1)
    if interpolate:
        precision = found / np.maximum(seen, 1)
        best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        total = (copies * best).sum(axis=1)
    else:
        # Copies of a true positive stand one below the other, each with its own precision.
        total = np.zeros(len(weights))
        for copy in range(1, copies.max(initial=0) + 1):
            missing = copies - copy
            there = missing >= 0
            share = (found - missing) / np.where(there, seen - missing, 1)
            total += np.where(there, share, 0.0).sum(axis=1)
    return np.where(positives > 0, total / np.maximum(positives, 1), np.nan)
