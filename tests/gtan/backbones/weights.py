"""Weights and clips by a formula, as the oracle's: parameter i, element j has cos(0.7 j + i)."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from tests.published import load


def oracle(name: str) -> dict[str, Any]:
    """Names, shapes and outputs of a network in circulation."""
    found: dict[str, Any] = load(f"oracles/backbones/{name}.json")
    return found


def state(parameters: list[tuple[str, list[int]]]) -> dict[str, Tensor]:
    """A state dict in float64."""
    return {name: value(name, shape, i) for i, (name, shape) in enumerate(parameters)}


def value(name: str, shape: list[int], number: int) -> Tensor:
    last = name.rpartition(".")[2]
    if last == "num_batches_tracked":
        return torch.tensor(0)
    wave = torch.arange(math.prod(shape), dtype=torch.float64).mul_(0.7).add_(number).cos_()
    if len(shape) > 1:
        return wave.mul_(math.sqrt(2 / math.prod(shape[1:]))).view(shape)
    return wave.mul_(0.1).add_(1 if last in ("running_var", "weight") else 0)


def clip(size: int) -> Tensor:
    """[1, 3, 16, size, size] in float64."""
    sides = [torch.arange(n, dtype=torch.float64) for n in (3, 16, size, size)]
    c, t, h, w = torch.meshgrid(*sides, indexing="ij")
    return (0.9 * c + 0.35 * t + 0.11 * h + 0.17 * w).cos()[None]


def hollow(kind: Any, **arguments: Any) -> nn.Module:
    """A network of float64 without memory for its weights yet."""
    with torch.device("meta"):
        net: nn.Module = kind(**arguments)
    return net.double().eval()


def assert_agrees(found: Tensor, expected: dict[str, Any]) -> None:
    """Every n-th value of what was found, to 1e-9."""
    assert found.numel() == expected["length"]
    values = torch.tensor(expected["values"], dtype=torch.float64)
    torch.testing.assert_close(found.flatten()[:: expected["every"]], values, rtol=1e-9, atol=1e-9)
