"""The tIoU thresholds behind an mAP, in words: no title names an mAP without them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def at_tiou(thresholds: Sequence[float]) -> str:
    """As the field writes them.

    Example:
        >>> at_tiou([0.5]), at_tiou([0.3, 0.4, 0.5]), at_tiou([0.5, 0.75, 0.95])
        ('tIoU 0.5', 'tIoU 0.3:0.1:0.5', 'tIoU 0.5, 0.75, 0.95')
    """
    given = [float(each) for each in thresholds]
    steps = np.diff(given)
    if len(given) > 2 and np.allclose(steps, steps[0], atol=1e-6):
        return f"tIoU {given[0]:g}:{steps[0]:.3g}:{given[-1]:g}"
    return "tIoU " + ", ".join(f"{each:g}" for each in given)


def mean_over(thresholds: Sequence[float]) -> str:
    """What an average mAP is the average of.

    Example:
        >>> mean_over([0.5]), mean_over([0.3, 0.4, 0.5])
        ('tIoU 0.5', 'mean over tIoU 0.3:0.1:0.5')
    """
    return f"mean over {at_tiou(thresholds)}" if len(thresholds) > 1 else at_tiou(thresholds)
