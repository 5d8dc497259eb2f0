"""Foreground above 0.8, background below 0.3, and what is sampled."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtan.assignment import (
    ABSENT,
    BACKGROUND,
    FOREGROUND,
    IGNORED,
    Truths,
    assign,
    match_one_to_one,
    one_segment,
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


def test_best_matching_leaves_a_proposal_to_the_truth_that_it_fits() -> None:
    """At tIoU 0.19 the second truth took the proposal that fits the first one at 0.91."""
    truth = truths((0.0, 0.5), (0.45, 0.55))
    found = assign_intervals([(0.02, 0.55)], truth, LossSettings(matching="best"))
    assert found.truth.item() == 0 and found.state.item() == FOREGROUND
    assert found.iou.item() == pytest.approx(0.48 / 0.55)
    assert found.unmatched == 1


def test_best_matching_gives_every_truth_a_proposal_of_its_own() -> None:
    """Two truths with the same best proposal: one of them was left without."""
    truth = truths((0.0, 0.4), (0.1, 0.5))
    found = assign_intervals(
        [(0.05, 0.45), (0.2, 0.5), (0.6, 0.9)], truth, LossSettings(matching="best")
    )
    # The first proposal fits both at 0.78, the second one the second truth at 0.75.
    assert found.truth[0, :2].tolist() == [0, 1] and found.unmatched == 0
    assert found.state[0].tolist() == [FOREGROUND, FOREGROUND, BACKGROUND]


def greedy(overlap: torch.Tensor) -> list[int]:
    """Pairs of [N, G], one at a time: what `match_one_to_one` says in words."""
    pairs = [
        (-overlap[n, g].item(), g, n)
        for n in range(overlap.shape[0])
        for g in range(overlap.shape[1])
        if overlap[n, g] > 0
    ]
    match = [-1] * overlap.shape[0]
    for _, g, n in sorted(pairs):
        if match[n] == -1 and g not in match:
            match[n] = g
    return match


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 10_000))
def test_one_to_one_matching_is_greedy(proposals: int, count: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    # Few different values: ties everywhere.
    overlap = torch.randint(0, 4, (3, proposals, count), generator=generator) / 4
    assert match_one_to_one(overlap).tolist() == [greedy(one) for one in overlap]


def test_a_truth_hardly_visible_is_neither() -> None:  # R18
    found = assign_intervals([(0, 0.45), (0.7, 0.9)], truths((0.0, 0.5), visible=[False]))
    assert found.state[0].tolist() == [IGNORED, BACKGROUND]
    assert found.unmatched == 0


def test_an_invisible_truth_forces_no_match() -> None:  # R18
    truth = truths((0.0, 0.5), (0.6, 0.9), visible=[True, False])
    found = assign_intervals([(0.0, 0.3), (0.6, 0.75)], truth, LossSettings(matching="best"))
    assert found.state[0].tolist() == [FOREGROUND, IGNORED] and found.unmatched == 0
    # Nor does it take the proposal that the other truth needs, although it fits it better.
    truth = truths((0.0, 0.5), (0.0, 0.3), visible=[True, False])
    found = assign_intervals([(0.0, 0.3)], truth, LossSettings(matching="best"))
    assert found.truth.item() == 0 and found.state.item() == FOREGROUND


TWINS = ((0.1, 0.5), (0.6, 0.9), (0.1004, 0.4996))


@pytest.mark.parametrize("matching", ["paper", "best"])
def test_truths_of_one_segment_count_as_one(matching: Any) -> None:  # R23
    intervals = [(0.1, 0.48), (0.1, 0.3), (0.6, 0.88), (0.92, 0.99)]
    found = assign_intervals(intervals, truths(*TWINS), LossSettings(matching=matching))
    assert found.truths[0].tolist() == [
        [True, False, True], [True, False, True], [False, True, False], [False, False, False]
    ]  # fmt: skip
    # The twins together ask for one proposal, so the second one stays ignored.
    assert found.state[0].tolist() == [FOREGROUND, IGNORED, FOREGROUND, BACKGROUND]
    assert found.unmatched == 0


def test_the_first_of_two_truths_on_one_segment_as_printed() -> None:  # R23
    settings = LossSettings(matching="paper", ties="first")
    found = assign_intervals([(0.1, 0.48)], truths((0.1, 0.5), (0.1, 0.5)), settings)
    assert found.truths[0].tolist() == [[True, False]]
    assert found.unmatched == 1


def test_what_is_one_segment() -> None:
    near, chain, apart = 0.0009, 0.0018, 0.0031
    truth = truths(
        (0.1, 0.5), (0.1 + near, 0.5), (0.1 + chain, 0.5), (0.1 + apart, 0.5), (0.1, 0.6)
    )
    alike = one_segment(truth, "all")[0]
    assert alike.tolist() == [
        [1, 1, 1, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]
    ]  # fmt: skip


def test_a_twin_hardly_visible_neither_asks_nor_teaches() -> None:  # R18, R23
    truth = truths((0.1, 0.5), (0.1, 0.5), visible=[False, True])
    for matching in ("paper", "best"):
        found = assign_intervals([(0.1, 0.5)], truth, LossSettings(matching=matching))
        assert found.state.item() == FOREGROUND and found.unmatched == 0


def test_without_truths_all_is_background() -> None:
    found = assign_intervals([(0, 0.45), (0.7, 0.9)], truths())
    assert found.state[0].tolist() == [BACKGROUND, BACKGROUND]


def test_absent_proposals_stay_absent() -> None:
    centers, widths = torch.tensor([[0.25, 0.25]]), torch.tensor([[0.5, 0.5]])
    mask = torch.tensor([[True, False]])
    found = assign(centers, widths, mask, truths((0.0, 0.5)), LossSettings())
    assert found.state[0].tolist() == [FOREGROUND, ABSENT]


def sampled(state: list[int], priority: list[float], **settings: Any) -> list[bool]:
    chosen = sample_background(
        torch.tensor([state], dtype=torch.int8), torch.tensor([priority]), LossSettings(**settings)
    )
    return list(chosen[0].tolist())


def test_one_background_to_each_foreground() -> None:  # R19
    state = [1, 1, 0, -1, -1, -1, -1, -2]
    chosen = sampled(state, [0.0] * 8)
    assert sum(chosen) == 2
    assert all(state[index] == BACKGROUND for index, taken in enumerate(chosen) if taken)
    assert sum(sampled(state, [0.0] * 8, background_ratio=1.5)) == 3
    assert sum(sampled(state, [0.0] * 8, background_ratio=9)) == 4


def test_background_of_the_highest_priority_first() -> None:
    chosen = sampled([1, 1, -1, -1, -1, -1], [9, 9, 0.1, 3, 0.2, 2])
    assert chosen == [False, False, False, True, False, True]


def test_a_batch_without_foreground_still_learns() -> None:
    assert sum(sampled([-1, -1, 0, -2], [0.0] * 4)) == 1
    assert sum(sampled([0, 0], [0.0] * 2)) == 0
