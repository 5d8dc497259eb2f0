"""Batches: windows side by side, as the tensors that the network takes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gtan.assignment import Truths
from gtan.data.windows import Window


def collate(windows: list[Window]) -> tuple[Tensor, Tensor, Truths]:
    """A batch: features [B, D, T], valid [B, T], truths padded to the same number."""
    count = max((len(window.labels) for window in windows), default=0)
    batch = len(windows)
    segments = np.zeros((batch, count, 2), np.float32)
    labels = np.zeros((batch, count), np.int64)
    mask = np.zeros((batch, count), bool)
    visible = np.zeros((batch, count), bool)
    for row, window in enumerate(windows):
        n = len(window.labels)
        segments[row, :n], labels[row, :n] = window.segments, window.labels
        mask[row, :n], visible[row, :n] = True, window.visible
    features = torch.from_numpy(np.stack([window.features for window in windows]))
    valid = torch.from_numpy(np.stack([window.valid for window in windows]))
    truths = Truths(*(torch.from_numpy(a) for a in (segments, labels, mask, visible)))
    return features.transpose(1, 2), valid, truths
