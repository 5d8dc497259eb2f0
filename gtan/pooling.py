"""Gaussian pooling (Eq. 4): features of a kernel, gathered under its curve."""

from __future__ import annotations

from torch import Tensor


def gaussian_pool(features: Tensor, weights: Tensor) -> Tensor:
    """Weighted sum of the cells of a feature map, one for each kernel (Eq. 4).

    A kernel's weights sum to 1 already, so Eq. 4's own 1/T is not applied again (R2: with it,
    features would shrink by 128 in the first layer and by 1 in the last).

    Args:
        features: [B, D, T] feature map.
        weights: [B, K, T] from `gtan.kernels`.

    Returns:
        [B, D, K] pooled features.

    Example:
        >>> import torch
        >>> gaussian_pool(torch.tensor([[[1.0, 3.0]]]), torch.tensor([[[0.5, 0.5]]])).item()
        2.0
    """
    return features @ weights.transpose(-1, -2)
