"""How the detections of a data set are scored, which its name alone says."""

from __future__ import annotations

import numpy as np

# Protocol and tIoU thresholds: the official ones, THUMOS14's up to the usual 0.7.
SCORING = {
    "thumos14": ("thumos14", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)),
    "activitynet": ("activitynet", tuple(float(t) for t in np.linspace(0.5, 0.95, 10))),
    "framewise": ("activitynet", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)),
}
ELSEWHERE = ("activitynet", (0.3, 0.4, 0.5, 0.6, 0.7))


def scoring(dataset: str) -> tuple[str, tuple[float, ...]]:
    """Protocol and tIoU thresholds of a data set, by `data.dataset`.

    Example:
        >>> scoring("thumos14")[1][0], scoring("sbhar")
        (0.1, ('activitynet', (0.3, 0.4, 0.5, 0.6, 0.7)))
    """
    return SCORING.get(dataset, ELSEWHERE)
