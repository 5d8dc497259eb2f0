"""Temporal intersection over union (tIoU), of numpy arrays or torch tensors alike."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def interval_iou(start1: Any, end1: Any, start2: Any, end2: Any) -> Any:
    """Elementwise tIoU of broadcastable starts and ends, in any common unit.

    Two empty intervals have tIoU 0.

    Example:
        >>> float(interval_iou(*np.array([0.0, 3.0, 1.0, 4.0])))
        0.5
    """
    xp: Any = (
        np if isinstance(start1, (np.ndarray, np.generic, float, int)) else sys.modules["torch"]
    )
    intersection = xp.clip(xp.minimum(end1, end2) - xp.maximum(start1, start2), 0.0, None)
    union = (end1 - start1) + (end2 - start2) - intersection
    return intersection / xp.clip(union, 1e-12, None)


def pairwise_iou(segments1: Any, segments2: Any) -> Any:
    """TIoU of all pairs: [..., N, 2] and [..., M, 2] (start, end) -> [..., N, M]."""
    return interval_iou(
        segments1[..., :, None, 0],
        segments1[..., :, None, 1],
        segments2[..., None, :, 0],
        segments2[..., None, :, 1],
    )
