"""Gaussian kernels: one per cell, their weights (Eq. 1) and their default boundaries (Eq. 2)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from gtan.settings import KernelSettings
from gtan.transfers import to_device


def cell_centers(
    length: int, device: torch.device | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """Centres (i + 0.5) / T of the cells of a map, as fractions of the window: [T] (R3)."""
    half = 0.5 / length
    return torch.linspace(half, 1 - half, length, device=device, dtype=dtype)


def kernel_weights(
    centers: Tensor, sigmas: Tensor, length: int, valid: Tensor | None = None
) -> Tensor:
    """Weights of Gaussian kernels over the cells of a feature map (Eq. 1).

    Normalised to sum to 1 over the valid cells (R2), through a softmax, so that the narrowest
    kernel still has finite weights.

    Args:
        centers: [..., K] fractions of the window.
        sigmas: [..., K] fractions of the window, positive.
        length: T, number of cells.
        valid: [..., T] bool, cells within the recording; all by default. A map without any valid
            cell has zero weights.

    Returns:
        [..., K, T] weights.

    Example:
        >>> weights = kernel_weights(torch.tensor([0.5]), torch.tensor([0.1]), 5)
        >>> weights.argmax().item(), round(weights.sum().item(), 6)
        (2, 1.0)
    """
    positions = cell_centers(length, centers.device, centers.dtype)
    exponent = ((positions - centers[..., None]) / sigmas[..., None]).square() * -0.5
    if valid is None:
        return exponent.softmax(-1)
    valid = valid[..., None, :]
    exponent = exponent.masked_fill(~valid, torch.finfo(exponent.dtype).min)
    return exponent.softmax(-1) * valid


def derivative_weights(
    weights: Tensor, centers: Tensor, sigmas: Tensor, derivatives: int
) -> Tensor:
    """Weights of a kernel and of its scale-normalised derivatives (extension E1).

    Order n has the weights w He_n(u) / sqrt(n!), where u = (t - centre) / sigma, held within +-4,
    and He_n are the probabilists' Hermite polynomials 1, u, u^2 - 1, ...: order 0 averages under
    the curve, order 1 compares after with before, order 2 outside with inside.

    Args:
        weights: [..., K, T] from `kernel_weights`.
        centers, sigmas: [..., K] fractions of the window.
        derivatives: N, the highest order; 0 is Eq. 1 alone.

    Returns:
        [..., N + 1, K, T], order by order.

    Example:
        >>> center, sigma = torch.tensor([0.5]), torch.tensor([0.2])
        >>> weights = kernel_weights(center, sigma, 4)
        >>> before_after = derivative_weights(weights, center, sigma, 1)[1, 0]
        >>> before_after.sign().tolist()
        [-1.0, -1.0, 1.0, 1.0]
    """
    positions = cell_centers(weights.shape[-1], centers.device, centers.dtype)
    u = ((positions - centers[..., None]) / sigmas[..., None]).clip(-4, 4)
    orders = [weights, weights * u]
    for n in range(1, derivatives):  # He_(n+1) = u He_n - n He_(n-1)
        orders.append((u * orders[n] - math.sqrt(n) * orders[n - 1]) / math.sqrt(n + 1))
    return torch.stack(orders[: derivatives + 1], -3)


def average_weights(
    centers: Tensor, widths: Tensor, length: int, valid: Tensor | None = None
) -> Tensor:
    """Figure 4, left: the default boundary extended by half its width on either side, averaged.

    Shapes as `kernel_weights`, with widths in place of sigmas. A cell counts by the share of it
    that lies inside, so that the narrowest boundary still has weights and widths have gradients.
    """
    edges = torch.arange(length + 1, device=centers.device, dtype=centers.dtype) / length
    start, end = centers[..., None] - widths[..., None], centers[..., None] + widths[..., None]
    inside = torch.minimum(edges[1:], end) - torch.maximum(edges[:-1], start)
    inside = inside.clip(min=0)
    if valid is not None:
        inside = inside * valid[..., None, :]
    return inside / inside.sum(-1, keepdim=True).clip(min=1e-12)


def initial_logit(settings: KernelSettings, length: int) -> float:
    """Bias of a sigma convolution that starts training at `initial_width`."""
    low, high = settings.sigma_range(length)
    start = settings.initial_width / 2
    if settings.sigma_unit == "map":
        start = min(start / length, (low + high) / 2)  # a short map cannot hold a wide kernel
    share = (start - low) / (high - low)
    return math.log(share / (1 - share))


def sigmas_and_widths(
    logits: Tensor, settings: KernelSettings, lengths: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Sigma of Eq. 1 and width at ratio 1 of Eq. 2, both as fractions of the window (R1).

    Where logits are 0, as when training starts, a width is `initial_width`.

    Args:
        logits: [..., S] output of the sigma convolutions, layer by layer.
        lengths: T_j of each layer; S is their sum.

    Returns:
        sigmas [..., S] and widths [..., S].
    """
    rows = []
    for length in lengths:
        low, high = settings.sigma_range(length)
        in_cells = settings.sigma_unit in ("bounded", "cell")
        unit = length if in_cells else 1
        row = (initial_logit(settings, length), low / unit, (high - low) / unit, 2 / length)
        rows += [row] * length
    start, low, span, cell = to_device(np.array(rows).T, logits.device, logits.dtype)
    sigmas = low + span * (logits + start).sigmoid()
    return sigmas, sigmas * (cell if settings.sigma_unit == "literal" else 2)
