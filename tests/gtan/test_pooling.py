"""Eq. 4."""

from __future__ import annotations

import torch

from gtan.kernels import cell_centers, kernel_weights
from gtan.pooling import gaussian_pool


def test_equals_the_sum_of_eq_4() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.rand(2, 5, 7, generator=generator, dtype=torch.float64)
    weights = torch.rand(2, 3, 7, generator=generator, dtype=torch.float64)
    pooled = gaussian_pool(features, weights)
    for b in range(2):
        for d in range(5):
            for k in range(3):
                expected = sum(weights[b, k, i] * features[b, d, i] for i in range(7))
                torch.testing.assert_close(pooled[b, d, k], expected)


def test_a_flat_map_stays_flat() -> None:
    centers = cell_centers(9)[None]
    weights = kernel_weights(centers, torch.full_like(centers, 0.3), 9)
    torch.testing.assert_close(
        gaussian_pool(torch.full((1, 4, 9), 2.5), weights), torch.full((1, 4, 9), 2.5)
    )
