"""Eq. 1 and Eq. 2, by hand and by property."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtan.kernels import (
    average_weights,
    cell_centers,
    derivative_weights,
    kernel_weights,
    sigmas_and_widths,
)
from gtan.settings import KernelSettings


def slow_weights(center: float, sigma: float, length: int, valid: list[bool]) -> list[float]:
    """Eq. 1 as printed, with R2 and R3: one cell after the other, in plain numbers."""
    exponents = [-(((i + 0.5) / length - center) ** 2) / (2 * sigma**2) for i in range(length)]
    top = max((e for e, v in zip(exponents, valid, strict=True) if v), default=0.0)
    values = [math.exp(e - top) if v else 0.0 for e, v in zip(exponents, valid, strict=True)]
    total = sum(values)
    return [value / total if total else 0.0 for value in values]


def test_three_cells_by_hand() -> None:
    # Centre on the middle cell, sigma of one cell: exp(-1/2), 1, exp(-1/2).
    side = math.exp(-0.5)
    expected = torch.tensor([side, 1.0, side]) / (1 + 2 * side)
    torch.testing.assert_close(
        kernel_weights(torch.tensor([0.5]), torch.tensor([1 / 3]), 3)[0], expected
    )


@given(st.floats(0, 1), st.floats(1e-4, 2), st.lists(st.booleans(), min_size=1, max_size=24))
def test_weights_equal_the_slow_ones(center: float, sigma: float, valid: list[bool]) -> None:
    found = kernel_weights(
        torch.tensor([center], dtype=torch.float64),
        torch.tensor([sigma], dtype=torch.float64),
        len(valid),
        torch.tensor(valid),
    )[0]
    expected = slow_weights(center, sigma, len(valid), valid)
    assert found.tolist() == pytest.approx(expected, abs=1e-12)
    assert found.sum().item() == pytest.approx(1.0 if any(valid) else 0.0)


def test_the_narrowest_kernel_has_finite_weights_and_gradients() -> None:
    sigma = torch.tensor([1e-6], requires_grad=True)
    weights = kernel_weights(torch.tensor([0.3]), sigma, 16)
    weights[0, 2].backward()
    assert torch.isfinite(weights).all() and torch.isfinite(sigma.grad).all()


@pytest.mark.parametrize("unit", ["bounded", "map", "cell", "literal"])
@pytest.mark.parametrize("length", [1, 4, 128])
def test_training_starts_at_the_fixed_scale(unit: str, length: int) -> None:
    settings = KernelSettings(sigma_unit=unit)
    sigmas, widths = sigmas_and_widths(torch.zeros(length), settings, [length])
    torch.testing.assert_close(widths, torch.full((length,), 1 / length))
    if unit == "literal":  # Eq. 1 in map units: half of the map
        torch.testing.assert_close(sigmas, torch.full((length,), 0.5))
    else:
        torch.testing.assert_close(sigmas, widths / 2)


@pytest.mark.parametrize("unit", ["bounded", "map", "cell", "literal"])
def test_sigma_stays_in_its_range(unit: str) -> None:
    settings = KernelSettings(sigma_unit=unit, sigma_floor=0.25, sigma_ceiling=3.0)
    cells = 16
    logits = torch.tensor([-1e4] * 8 + [1e4] * 8)
    sigmas, widths = sigmas_and_widths(logits, settings, [cells])
    assert widths[0].item() * cells == pytest.approx(0.5)  # floor: a quarter cell
    widest = {"bounded": 6.0, "map": 2.0 * cells, "cell": 2.0, "literal": 2.0}[unit]
    assert widths[-1].item() * cells == pytest.approx(widest)
    assert (sigmas > 0).all()


@pytest.mark.parametrize("unit", ["bounded", "map", "cell", "literal"])
def test_each_layer_has_its_own_unit(unit: str) -> None:
    settings = KernelSettings(sigma_unit=unit, initial_width=1.5)
    logits = torch.linspace(-3, 3, 13)
    sigmas, widths = sigmas_and_widths(logits, settings, [8, 4, 1])
    for part, length in ((slice(0, 8), 8), (slice(8, 12), 4), (slice(12, 13), 1)):
        alone = sigmas_and_widths(logits[part], settings, [length])
        torch.testing.assert_close((sigmas[part], widths[part]), alone)


def test_a_short_map_cannot_hold_a_wide_kernel() -> None:
    """Where sigma is a fraction of the map, it starts in the middle of its range at the widest."""
    settings = KernelSettings(sigma_unit="map", sigma_floor=0.25, initial_width=3.0)
    sigmas, _ = sigmas_and_widths(torch.zeros(2), settings, [2])
    assert sigmas.tolist() == pytest.approx([(0.125 + 1) / 2] * 2)  # and not 0.75
    sigmas, _ = sigmas_and_widths(torch.zeros(16), settings, [16])
    assert sigmas.tolist() == pytest.approx([1.5 / 16] * 16)


def test_average_counts_cells_by_the_share_inside() -> None:
    # Width 0.5 around 0.5, extended by half of it on either side: 0 .. 1 of four cells.
    torch.testing.assert_close(
        average_weights(torch.tensor([0.5]), torch.tensor([0.5]), 4)[0], torch.full((4,), 0.25)
    )
    # Width 0.25: 0.25 .. 0.75.
    torch.testing.assert_close(
        average_weights(torch.tensor([0.5]), torch.tensor([0.25]), 4)[0],
        torch.tensor([0.0, 0.5, 0.5, 0.0]),
    )


def test_cell_centres_are_in_the_middle() -> None:
    assert cell_centers(4).tolist() == [0.125, 0.375, 0.625, 0.875]


def test_the_average_leaves_padding_out() -> None:
    """A boundary of which half lies in the padding, and one that lies there wholly."""
    valid = torch.tensor([True, True, False, False])
    found = average_weights(torch.tensor([0.5, 0.9]), torch.tensor([0.25, 0.05]), 4, valid)
    assert found.tolist() == [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    two = average_weights(torch.tensor([[0.5], [0.5]]), torch.tensor([[0.5], [0.5]]), 4,
                          torch.stack([valid, torch.ones(4, dtype=torch.bool)]))  # fmt: skip
    assert two.tolist() == [[[0.5, 0.5, 0.0, 0.0]], [[0.25] * 4]]
    assert average_weights(torch.tensor([0.5]).double(), torch.tensor([0.5]), 4).dtype == (
        torch.float64
    )


def test_derivative_weights_by_hand() -> None:
    # Cells one sigma before, on and one sigma after the centre: u = -1, 0, 1.
    center, sigma = torch.tensor([0.5]), torch.tensor([1 / 3])
    side = math.exp(-0.5) / (1 + 2 * math.exp(-0.5))
    middle = 1 - 2 * side
    found = derivative_weights(kernel_weights(center, sigma, 3), center, sigma, 2)
    expected = [
        [side, middle, side],  # w
        [-side, 0.0, side],  # w u
        [0.0, -middle / math.sqrt(2), 0.0],  # w (u^2 - 1) / sqrt 2
    ]
    torch.testing.assert_close(found[:, 0], torch.tensor(expected))


@given(st.floats(0, 1), st.floats(0.02, 0.4), st.integers(1, 24), st.integers(0, 4))
def test_derivative_weights_are_derivatives(
    center: float, sigma: float, length: int, derivatives: int
) -> None:
    """sigma^n d^n/dmu^n of the curve at each cell, over sqrt(n!) and the sum of weights."""
    mu = torch.tensor([center], dtype=torch.float64, requires_grad=True)
    width = torch.tensor([sigma], dtype=torch.float64)
    at = cell_centers(length, dtype=torch.float64)
    near = ((at - center).abs() / sigma <= 4).tolist()
    weights = kernel_weights(mu.detach(), width, length)
    found = derivative_weights(weights, mu.detach(), width, derivatives)
    assert found.shape == (derivatives + 1, 1, length)
    for cell in range(length):
        value = (((at[cell] - mu) / sigma).square() * -0.5).exp()  # the curve, not normalised
        scale = float(weights[0, cell]) / value.item() if value > 0 else 0.0
        for order in range(derivatives + 1):
            expected = value.item() * sigma**order * scale / math.sqrt(math.factorial(order))
            if near[cell]:
                assert float(found[order, 0, cell]) == pytest.approx(expected, abs=1e-9)
            (value,) = torch.autograd.grad(value, mu, create_graph=True)


def test_derivatives_are_held_far_away_and_zero_in_padding() -> None:
    center, sigma = torch.tensor([0.05]), torch.tensor([0.01])
    valid = torch.tensor([False, True, True, True])
    weights = kernel_weights(center, sigma, 4, valid)  # all on the nearest valid cell, u = 32
    found = derivative_weights(weights, center, sigma, 4)
    assert found[:, 0, 0].tolist() == [0.0] * 5
    assert found[1, 0, 1] == pytest.approx(4.0) and torch.isfinite(found).all()
