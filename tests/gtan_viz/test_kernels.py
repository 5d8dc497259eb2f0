import numpy as np
import pytest
import torch

from gtan import kernels as in_torch
from gtan_viz.kernels import average_weights, kernel_weights


@pytest.mark.parametrize("length", [1, 2, 7, 128])
@pytest.mark.parametrize("padded", [0, 1, 3])
def test_weights_are_the_methods(length: int, padded: int) -> None:
    rng = np.random.default_rng(length)
    valid = np.arange(length) < max(1, length - padded)
    centers, sigmas = rng.uniform(0, 1, 20), rng.uniform(0.1 / length, 1, 20)
    sigmas[0] = 1e-6  # far narrower than a cell
    for ours, theirs in (
        (kernel_weights(centers, sigmas, length, valid), in_torch.kernel_weights),
        (average_weights(centers, sigmas, length, valid), in_torch.average_weights),
    ):
        expected = theirs(
            torch.tensor(centers), torch.tensor(sigmas), length, torch.tensor(valid)
        ).numpy()
        np.testing.assert_allclose(ours, expected, atol=1e-12)


def test_no_valid_cell_no_weights() -> None:
    nowhere = np.zeros(4, bool)
    assert not kernel_weights(np.array([0.5]), np.array([0.1]), 4, nowhere).any()
    assert not average_weights(np.array([0.5]), np.array([0.1]), 4, nowhere).any()
