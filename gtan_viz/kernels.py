"""The weights of a kernel, in numpy: what a picture and the what-if compute without torch."""

from __future__ import annotations

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
