"""Foreground above 0.8, background below 0.3, and what is sampled."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from gtan.assignment import (
    ABSENT,
    BACKGROUND,
    FOREGROUND,
    IGNORED,
    Truths,
    assign,
    sample_background,
)
from gtan.settings import LossSettings

PAPER = LossSettings(matching="paper")


def truths(*segments: tuple[float, float], visible: list[bool] | None = None) -> Truths:
    count = len(segments)
    return Truths(
        torch.tensor(segments, dtype=torch.float32).view(1, count, 2),
        torch.arange(count)[None],
        torch.ones(1, count, dtype=torch.bool),
        torch.tensor([visible if visible is not None else [True] * count]),
    )


def assign_intervals(
    intervals: list[tuple[float, float]], truth: Truths, settings: LossSettings = PAPER
) -> Any:
    starts, ends = torch.tensor(intervals).T
    mask = torch.ones(1, len(intervals), dtype=torch.bool)
    return assign(((starts + ends) / 2)[None], (ends - starts)[None], mask, truth, settings)


def test_by_hand() -> None:
    # tIoU with 0 .. 1/2: 0.9, 0.6, 0.2, none.
    found = assign_intervals([(0, 0.45), (0, 0.3), (0, 0.1), (0.6, 0.9)], truths((0.0, 0.5)))
    assert found.iou[0].tolist() == pytest.approx([0.9, 0.6, 0.2, 0.0])
    assert found.state[0].tolist() == [FOREGROUND, IGNORED, BACKGROUND, BACKGROUND]
    assert found.unmatched == 0


def test_strict_bounds() -> None:
    exactly = LossSettings(matching="paper", foreground=0.5, background=0.25)
    found = assign_intervals([(0, 0.5), (0, 0.25)], truths((0.0, 1.0)), exactly)
    assert found.state[0].tolist() == [IGNORED, IGNORED]


def test_best_matching_rescues_a_truth_without_foreground() -> None:  # R8
    intervals, truth = [(0.0, 0.3), (0.5, 0.9)], truths((0.0, 0.5))
    paper = assign_intervals(intervals, truth)
    assert paper.state[0].tolist() == [IGNORED, BACKGROUND] and paper.unmatched == 1
    best = assign_intervals(intervals, truth, LossSettings(matching="best"))
    assert best.state[0].tolist() == [FOREGROUND, BACKGROUND] and best.unmatched == 0


def test_best_matching_takes_a_proposal_closest_to_another_truth() -> None:
    truth = truths((0.0, 0.5), (0.45, 0.55))
    found = assign_intervals([(0.02, 0.55)], truth, LossSettings(matching="best"))
    # Its closest truth is the first; the second has no other proposal and takes it.
    assert found.truth.item() == 1 and found.state.item() == FOREGROUND
    assert found.iou.item() == pytest.approx(0.1 / 0.53)


def test_a_truth_hardly_visible_is_neither() -> None:  # R18
    found = assign_intervals([(0, 0.45), (0.7, 0.9)], truths((0.0, 0.5), visible=[False]))
    assert found.state[0].tolist() == [IGNORED, BACKGROUND]
    assert found.unmatched == 0


def test_without_truths_all_is_background() -> None:
    found = assign_intervals([(0, 0.45), (0.7, 0.9)], truths())
    assert found.state[0].tolist() == [BACKGROUND, BACKGROUND]


def test_absent_proposals_stay_absent() -> None:
    centers, widths = torch.tensor([[0.25, 0.25]]), torch.tensor([[0.5, 0.5]])
    mask = torch.tensor([[True, False]])
    found = assign(centers, widths, mask, truths((0.0, 0.5)), LossSettings())
    assert found.state[0].tolist() == [FOREGROUND, ABSENT]


def sampled(state: list[int], difficulty: list[float], **settings: Any) -> list[bool]:
    chosen = sample_background(
        torch.tensor([state], dtype=torch.int8),
        torch.tensor([difficulty]),
        LossSettings(**settings),
        torch.Generator().manual_seed(0),
    )
    return list(chosen[0].tolist())


def test_one_background_to_each_foreground() -> None:  # R19
    state = [1, 1, 0, -1, -1, -1, -1, -2]
    chosen = sampled(state, [0.0] * 8)
    assert sum(chosen) == 2
    assert all(state[index] == BACKGROUND for index, taken in enumerate(chosen) if taken)
    assert sum(sampled(state, [0.0] * 8, background_ratio=1.5)) == 3
    assert sum(sampled(state, [0.0] * 8, background_ratio=9)) == 4


def test_hardest_background_first() -> None:
    chosen = sampled([1, 1, -1, -1, -1, -1], [9, 9, 0.1, 3, 0.2, 2], sampling="hardest")
    assert chosen == [False, False, False, True, False, True]


def test_a_batch_without_foreground_still_learns() -> None:
    assert sum(sampled([-1, -1, 0, -2], [0.0] * 4)) == 1
    assert sum(sampled([0, 0], [0.0] * 2)) == 0
