"""Eq. 6 to 9 by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from gtan.assignment import Truths, assign
from gtan.losses import Losses, class_targets, compute_losses
from gtan.network import Proposals
from gtan.settings import Settings


def losses(
    intervals: list[tuple[float, float]],
    truth: list[tuple[float, float]],
    logits: list[list[float]],
    offsets: list[tuple[float, float]] | None = None,
    overlap: list[float] | None = None,
    labels: list[int] | None = None,
    **overrides: Any,
) -> tuple[Losses, Proposals]:
    count = len(intervals)
    starts, ends = torch.tensor(intervals).T
    joined = Proposals(
        centers=((starts + ends) / 2)[None].clone().requires_grad_(),
        widths=(ends - starts)[None].clone().requires_grad_(),
        mask=torch.ones(1, count, dtype=torch.bool),
        logits=torch.tensor([logits], requires_grad=True),
        offsets=torch.tensor([offsets or [(0.0, 0.0)] * count], requires_grad=True),
        overlap=torch.tensor([overlap or [0.5] * count], requires_grad=True),
        cells=torch.full((count,), 4),
        ratios=torch.ones(count),
    )
    truths = Truths(
        torch.tensor(truth).view(1, -1, 2),
        torch.tensor([labels or [0] * len(truth)], dtype=torch.long),
        torch.ones(1, len(truth), dtype=torch.bool),
        torch.ones(1, len(truth), dtype=torch.bool),
    )
    settings = Settings.preset("sbhar").override(
        {"loss.matching": "paper", "loss.foreground": 0.8, "loss.overlap_target": "default",
         "loss.localization_unit": "window", "loss.smooth_l1": 1.0, "loss.beta": 2.0,
         "loss.gamma": 75.0, "loss.background_sigma": 0.0, **overrides}
    )  # fmt: skip
    assignment = assign(joined.centers, joined.widths, joined.mask, truths, settings.loss)
    draws = torch.rand(1, count, generator=torch.Generator().manual_seed(0))
    return compute_losses(joined, assignment, truths, settings, draws), joined


# One foreground (tIoU 0.9 with 0 .. 0.5) and one background proposal; one class.
TWO: dict[str, Any] = {
    "intervals": [(0.0, 0.45), (0.6, 0.9)],
    "truth": [(0.0, 0.5)],
    "logits": [[0.0, 1.0], [2.0, 0.0]],
}


def test_by_hand() -> None:
    found, _ = losses(**TWO, overlap=[0.7, 0.4])
    cls = (math.log(1 + math.exp(-1)) + math.log(1 + math.exp(-2))) / 2  # Eq. 7
    loc = 0.5 * 0.025**2 + 0.5 * 0.05**2  # Eq. 8: centre 0.225 and 0.25, width 0.45 and 0.5
    ov = ((0.7 - 0.9) ** 2 + (0.4 - 0.0) ** 2) / 2  # Eq. 9
    assert found.classification.item() == pytest.approx(cls, rel=1e-5)
    assert found.localization.item() == pytest.approx(loc, rel=1e-4)
    assert found.overlap.item() == pytest.approx(ov, rel=1e-4)
    assert found.total.item() == pytest.approx(cls + 2 * loc + 75 * ov, rel=1e-4)  # Eq. 6
    assert (found.foreground, found.background, found.ignored) == (1, 1, 0)


def test_perfect_offsets_cost_nothing() -> None:
    exact = (0.025 / 0.45, math.log(0.5 / 0.45))  # Eq. 5 turned round
    found, _ = losses(**TWO, offsets=[exact, (0.0, 0.0)])
    assert found.localization.item() == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize(("unit", "factor"), [("window", 1.0), ("cell", 4.0), ("truth", 2.0)])
def test_unit_of_eq_8(unit: str, factor: float) -> None:  # R11
    found, _ = losses(**TWO, **{"loss.localization_unit": unit})
    by_hand = 0.5 * (0.025 * factor) ** 2 + 0.5 * (0.05 * factor) ** 2
    assert found.localization.item() == pytest.approx(by_hand, rel=1e-4)


def test_overlap_may_learn_the_refined_boundary() -> None:  # R10
    exact = (0.025 / 0.45, math.log(0.5 / 0.45))
    found, joined = losses(
        **TWO, offsets=[exact, (0.0, 0.0)], overlap=[1.0, 0.0], **{"loss.overlap_target": "refined"}
    )
    assert found.overlap.item() == pytest.approx(0.0, abs=1e-10)
    found.overlap.backward()
    assert joined.offsets.grad is None  # the target carries no gradient


@pytest.mark.parametrize(("setting", "flows"), [("flow", True), ("stop", False)])
def test_gradient_into_sigma(setting: str, flows: bool) -> None:  # R15
    found, joined = losses(**TWO, **{"loss.sigma_gradient": setting})
    found.total.backward()
    assert (joined.widths.grad is not None and bool(joined.widths.grad.any())) is flows


def test_without_any_truth_the_losses_are_finite() -> None:
    found, joined = losses([(0.0, 0.45), (0.6, 0.9)], [], [[0.0, 1.0], [2.0, 0.0]])
    found.total.backward()
    assert torch.isfinite(found.total) and found.localization.item() == 0
    assert torch.isfinite(joined.logits.grad).all()


def test_overlap_may_count_every_proposal() -> None:  # R20
    three = [(0.0, 0.45), (0.0, 0.25), (0.6, 0.9)]  # foreground, ignored (0.5), background
    logits = [[0.0, 1.0]] * 3
    sampled, _ = losses(three, [(0.0, 0.5)], logits, overlap=[0.9, 0.1, 0.0])
    assert sampled.overlap.item() == pytest.approx(0.0, abs=1e-10)
    everyone, _ = losses(
        three, [(0.0, 0.5)], logits, overlap=[0.9, 0.1, 0.0], **{"loss.overlap_on": "all"}
    )
    assert everyone.overlap.item() == pytest.approx(0.4**2 / 3, rel=1e-4)


def test_a_proposal_of_two_actions_learns_both_in_equal_parts() -> None:  # R23
    three = Truths(
        torch.tensor([[(0.1, 0.5), (0.1, 0.5), (0.1, 0.5), (0.1, 0.5)]]),
        torch.tensor([[2, 0, 0, 1]]),  # one label twice counts once, an invisible one not at all
        torch.ones(1, 4, dtype=torch.bool),
        torch.tensor([[True, True, True, False]]),
    )
    mine = torch.tensor([[[True] * 4, [False] * 4]])
    target = class_targets(torch.tensor([[True, False]]), mine, three, 3)
    assert target[0].tolist() == [[0.0, 0.5, 0.0, 0.5], [1.0, 0.0, 0.0, 0.0]]


def test_cross_entropy_of_two_actions_by_hand() -> None:  # Eq. 7, R23
    logits, twins = [[0.0, 1.0, 3.0]], [(0.0, 0.5), (0.0, 0.5)]
    total = math.log(1 + math.exp(1) + math.exp(3))
    for ties, expected in (("all", total - 2.0), ("first", total - 1.0)):
        found, _ = losses([(0.0, 0.45)], twins, logits, labels=[0, 1], **{"loss.ties": ties})
        assert found.classification.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("setting", "flows"), [("flow", True), ("stop", False)])
def test_a_mixed_kernels_centre_is_a_way_into_sigma_too(setting: str, flows: bool) -> None:
    """R15 under R5's union: the centre moves with its members' widths."""
    found, joined = losses(**TWO, **{"loss.sigma_gradient": setting})
    found.localization.backward()
    assert (joined.centers.grad is not None and bool(joined.centers.grad.any())) is flows


def test_background_sigmas_are_drawn_to_where_training_starts() -> None:
    # E2. One background proposal, 0.3 wide of a map of 4 cells: 1.2 cells, training starts at 2.
    plain, _ = losses(**TWO, **{"kernels.initial_width": 2.0})
    held, joined = losses(**TWO, **{"kernels.initial_width": 2.0, "loss.background_sigma": 0.1})
    term = 0.1 * math.log(1.2 / 2) ** 2
    assert (held.total - plain.total).item() == pytest.approx(term, rel=1e-4)
    held.total.backward()
    assert joined.widths.grad is not None
    assert joined.widths.grad[0, 1] < 0  # a wider one costs less, until it is 2 cells wide
    assert held.rest.item() == pytest.approx(math.log(1.2 / 2) ** 2, rel=1e-4)
    for scale in ("fixed", "ssad"):  # nothing is learned that could be held
        fixed, _ = losses(
            **TWO, **{"kernels.scale": scale, "loss.background_sigma": 0.1,
                      "kernels.derivatives": 0, "kernels.pooling": "cell"},
        )  # fmt: skip
        assert fixed.total.item() == pytest.approx(plain.total.item())
    alone, _ = losses(
        **{**TWO, "intervals": [(0.0, 0.45)], "logits": [[0.0, 1.0]]},
        **{"loss.background_sigma": 0.1},
    )
    assert torch.isfinite(alone.total)  # no background at all
