"""One optimisation step: clipping, decay, the moving average, by what they do to the weights."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from gtan.assignment import Truths
from gtan.settings import Settings
from gtan.training.learner import Learner
from gtan.training.processes import Processes


def make(**overrides: Any) -> Learner:
    settings = Settings.preset("sbhar").override(
        {"network.feature_dim": 4, "network.classes": 2, "network.base_channels": (6, 6),
         "network.anchor_channels": (6,) * 3, "network.dropout": 0.0, "training.optimizer": "sgd",
         "training.momentum": 0.0, "training.learning_rate": 1.0, "training.weight_decay": 0.0,
         "training.warmup": 0, "training.schedule": "step", "training.ema": 0.0, **overrides}
    )  # fmt: skip
    torch.manual_seed(0)
    return Learner(settings, Processes("cpu"))


def batch() -> tuple[Tensor, Tensor, Truths]:
    generator = torch.Generator().manual_seed(1)
    truths = Truths(
        torch.tensor([[(0.1, 0.3)], [(0.5, 0.9)]]), torch.tensor([[0], [1]]),
        torch.ones(2, 1, dtype=torch.bool), torch.ones(2, 1, dtype=torch.bool),
    )  # fmt: skip
    return torch.randn(2, 4, 64, generator=generator), torch.ones(2, 64, dtype=torch.bool), truths


def weights(learner: Learner) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in learner.model.parameters()]


def moved(before: list[Tensor], after: list[Tensor]) -> float:
    pairs = zip(before, after, strict=True)
    return float(torch.stack([(a - b).square().sum() for a, b in pairs]).sum().sqrt())


def test_no_step_is_longer_than_the_clip_allows() -> None:
    """Plain SGD at learning rate 1 moves the weights by the clipped gradient."""
    learner = make(**{"training.gradient_clip": 0.01})
    before = weights(learner)
    learner.step(1, *batch())
    (row,) = learner.read()
    assert row["gradient_norm"] > 0.02
    assert moved(before, weights(learner)) == pytest.approx(0.01, rel=1e-3)


def test_weights_decay_and_biases_and_norms_do_not() -> None:
    learner = make(**{"training.weight_decay": 0.1})
    for parameter in learner.model.parameters():
        parameter.data.fill_(1.0)
        parameter.grad = torch.zeros_like(parameter)
    learner.optimizer.step()
    for name, parameter in learner.model.named_parameters():
        expected = 0.9 if parameter.ndim >= 2 else 1.0
        assert parameter.flatten()[0].item() == pytest.approx(expected), name


def test_the_moving_average_starts_fast() -> None:
    """After step n it keeps (1 + n) / (10 + n) of itself, until that passes training.ema."""
    learner = make(**{"training.ema": 0.9, "training.gradient_clip": 0.1})
    expected = weights(learner)
    for step in (1, 2, 81, 200):
        learner.step(step, *batch())
        keeps = {1: 2 / 11, 2: 3 / 12, 81: 0.9, 200: 0.9}[step]
        fast = weights(learner)
        expected = [keeps * slow + (1 - keeps) * new for slow, new in zip(expected, fast)]
        assert learner.average is not None and learner.detector is learner.average
        for slow, there in zip(expected, learner.average.parameters(), strict=True):
            torch.testing.assert_close(there.detach(), slow)


def test_half_precision_learns_alike_on_the_cpu() -> None:
    """bfloat16 stays finite, and its loss within 1 % over 50 steps."""
    means = {}
    for precision in ("no", "bf16"):
        learner = make(
            **{"training.mixed_precision": precision, "training.learning_rate": 1e-3,
               "training.optimizer": "adamw"}
        )  # fmt: skip
        for step in range(1, 51):
            learner.step(step, *batch())
        losses = [row["loss"] for row in learner.read()]
        assert all(map(math.isfinite, losses))
        means[precision] = sum(losses) / len(losses)
    assert means["bf16"] == pytest.approx(means["no"], rel=0.01)
