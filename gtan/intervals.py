"""Temporal intersection over union (tIoU), of numpy arrays or torch tensors alike."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def interval_iou(start1: Any, end1: Any, start2: Any, end2: Any) -> Any:
    """Elementwise tIoU of broadcastable starts and ends, in any common unit.

    Two empty intervals have tIoU 0. Whatever is no tensor is taken as a numpy array; of a pandas
    Series its values, in their order.

    Example:
        >>> float(interval_iou(*np.array([0.0, 3.0, 1.0, 4.0])))
        0.5
    """
    values = [_array(value) for value in (start1, end1, start2, end2)]
    if all(isinstance(value, np.ndarray | np.generic) for value in values):
        return _iou(np, *values)
    torch = sys.modules["torch"]
    return _iou(torch, *(torch.as_tensor(value) for value in values))


def _iou(xp: Any, start1: Any, end1: Any, start2: Any, end2: Any) -> Any:
    intersection = xp.clip(xp.minimum(end1, end2) - xp.maximum(start1, start2), 0.0, None)
    union = (end1 - start1) + (end2 - start2) - intersection
    return intersection / xp.clip(union, 1e-12, None)


def pairwise_iou(segments1: Any, segments2: Any) -> Any:
    """TIoU of all pairs: [..., N, 2] and [..., M, 2] (start, end) -> [..., N, M]."""
    one, two = _array(segments1), _array(segments2)
    return interval_iou(
        one[..., :, None, 0],
        one[..., :, None, 1],
        two[..., None, :, 0],
        two[..., None, :, 1],
    )


def _array(value: Any) -> Any:
    """A tensor as it is, all else as a numpy array."""
    torch: Any = sys.modules.get("torch")  # not imported: then nothing is a tensor
    if torch is not None and isinstance(value, torch.Tensor):
        return value
    array = np.asarray(value)
    return array.astype(float) if array.dtype.kind in "bui" else array  # small integers overflow
