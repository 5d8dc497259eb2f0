"""The weights of a kernel, in numpy: what a picture and the what-if compute without torch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def kernel_weights(
    centers: NDArray[Any], sigmas: NDArray[Any], length: int, valid: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Eq. 1, as `gtan.kernels.kernel_weights`.

    Args:
        centers, sigmas: [K] fractions of the window.
        length: T, number of cells.
        valid: [T] cells within the recording; without any, all weights are zero.

    Returns:
        [K, T] weights, every row summing to 1 over the valid cells.

    Example:
        >>> weights = kernel_weights(np.array([0.5]), np.array([0.1]), 5, np.ones(5, bool))
        >>> int(weights.argmax()), round(float(weights.sum()), 6)
        (2, 1.0)
    """
    positions = (np.arange(length) + 0.5) / length
    exponent = -((positions - centers[:, None]) ** 2) / (2 * sigmas[:, None].astype(float) ** 2)
    exponent = np.where(valid, exponent, -np.inf)
    powers = np.exp(exponent - np.maximum(exponent.max(-1, keepdims=True), -1e300))
    return powers / np.maximum(powers.sum(-1, keepdims=True), 1e-300)


def derivative_weights(
    weights: NDArray[Any], centers: NDArray[Any], sigmas: NDArray[Any], derivatives: int
) -> NDArray[np.float64]:
    """E1, as `gtan.kernels.derivative_weights`: a kernel and its derivatives up to an order N.

    Args:
        weights: [K, T] from `kernel_weights`.
        centers, sigmas: [K] fractions of the window.
        derivatives: N; 0 is the kernel alone.

    Returns:
        [N + 1, K, T], order by order.

    Example:
        >>> center, sigma = np.array([0.5]), np.array([0.2])
        >>> weights = kernel_weights(center, sigma, 4, np.ones(4, bool))
        >>> derivative_weights(weights, center, sigma, 1)[1, 0].round(2).tolist()
        [-0.3, -0.26, 0.26, 0.3]
    """
    positions = (np.arange(weights.shape[-1]) + 0.5) / weights.shape[-1]
    u = ((positions - centers[:, None]) / sigmas[:, None].astype(float)).clip(-4, 4)
    orders = [weights, weights * u]
    for n in range(1, derivatives):  # He_(n+1) = u He_n - n He_(n-1)
        orders.append((u * orders[n] - math.sqrt(n) * orders[n - 1]) / math.sqrt(n + 1))
    return np.stack(orders[: derivatives + 1])


def average_weights(
    centers: NDArray[Any], widths: NDArray[Any], length: int, valid: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Figure 4, left, as `gtan.kernels.average_weights`: the boundary extended by half its width.

    Shapes as `kernel_weights`, with widths in place of sigmas.
    """
    edges = np.arange(length + 1) / length
    start, end = (centers + sign * widths for sign in (-1, 1))
    inside = np.minimum(edges[1:], end[:, None]) - np.maximum(edges[:-1], start[:, None])
    inside = inside.clip(0) * valid
    return inside / np.maximum(inside.sum(-1, keepdims=True), 1e-12)
