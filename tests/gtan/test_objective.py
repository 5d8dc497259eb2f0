"""Assignment and losses against plain loops over windows, proposals and truths, on random batches.

Padded, hardly visible and coinciding truths, absent proposals, several layers, every setting.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from gtan.assignment import ABSENT, BACKGROUND, FOREGROUND, IGNORED, Truths, assign
from gtan.losses import compute_losses
from gtan.network import Proposals
from gtan.settings import Settings

CLASSES = 3


def tiou(one: Any, two: Any) -> float:
    shared = max(0.0, min(one[1], two[1]) - max(one[0], two[0]))
    union = (one[1] - one[0]) + (two[1] - two[0]) - shared
    return shared / max(union, 1e-12)


def batch(seed: int, windows: int, proposals: int, truths: int) -> tuple[Proposals, Truths]:
    """Random, but for a truth that shares the segment of the one before it now and then."""
    rng = np.random.default_rng(seed)
    start = rng.uniform(0, 0.8, (windows, truths))
    segments = np.stack([start, start + rng.uniform(0.05, 0.5, (windows, truths))], -1)
    for window in range(windows):
        for truth in range(1, truths):
            if rng.random() < 0.4:
                segments[window, truth] = segments[window, truth - 1] + rng.uniform(-4e-4, 4e-4, 2)
    near = segments[:, rng.integers(0, truths, proposals)] if truths else np.zeros((windows, 1, 2))
    boundary = near + rng.normal(0, 0.06, (windows, proposals, 2))
    center, width = boundary.mean(-1), np.abs(boundary[..., 1] - boundary[..., 0]) + 0.01
    joined = Proposals(
        centers=torch.tensor(center),
        widths=torch.tensor(width),
        mask=torch.tensor(rng.random((windows, proposals)) < 0.85),
        logits=torch.tensor(rng.normal(size=(windows, proposals, CLASSES + 1))).float(),
        offsets=torch.tensor(rng.normal(0, 0.5, (windows, proposals, 2))).float(),
        overlap=torch.tensor(rng.random((windows, proposals))).float(),
        cells=torch.tensor(rng.choice([4.0, 8.0], proposals)),
        ratios=torch.tensor(rng.choice([1.0, 1.5], proposals)),
    )
    annotated = Truths(
        torch.tensor(segments),
        torch.tensor(rng.integers(0, CLASSES, (windows, truths))),
        torch.tensor(rng.random((windows, truths)) < 0.8),
        torch.tensor(rng.random((windows, truths)) < 0.7),
    )
    return joined, annotated


def one_window(window: int, joined: Proposals, truths: Truths, loss: Any) -> list[dict[str, Any]]:
    """State, truths and tIoU of every proposal of a window, and its truths' segments."""
    ends = [
        (float(c - w / 2), float(c + w / 2))
        for c, w in zip(joined.centers[window], joined.widths[window], strict=True)
    ]
    there = [g for g in range(truths.labels.shape[1]) if truths.mask[window, g]]
    segment = {g: truths.segments[window, g].tolist() for g in there}
    shown = [g for g in there if truths.visible[window, g]]

    group = {g: {g} for g in there}  # truths of one segment
    if loss.ties == "all":
        for _ in there:
            for a in there:
                for b in there:
                    apart = max(abs(x - y) for x, y in zip(segment[a], segment[b], strict=True))
                    if apart <= 1e-3:
                        group[a] = group[b] = group[a] | group[b]

    found = []
    for n, end in enumerate(ends):
        fits = [(tiou(end, segment[g]), -g) for g in there] if joined.mask[window, n] else []
        best, truth = max(fits, default=(0.0, 0))
        found.append({"iou": best, "truth": -truth if best > 0 else 0, "forced": False})
    if loss.matching == "best":
        asks = [g for g in shown if g == min(group[g] & set(shown))]
        pairs = sorted(
            (-tiou(ends[n], segment[g]), g, n)
            for g in asks
            for n in range(len(ends))
            if joined.mask[window, n] and tiou(ends[n], segment[g]) > 0
        )
        free_truths, free_proposals = set(asks), set(range(len(ends)))
        for fit, g, n in pairs:
            if g in free_truths and n in free_proposals:
                free_truths.discard(g)
                free_proposals.discard(n)
                found[n] = {"iou": -fit, "truth": g, "forced": True}
    for n, one in enumerate(found):
        mine = group[one["truth"]] if one["iou"] > 0 else set()
        one["truths"] = mine
        learns = bool(mine & set(shown))
        if not joined.mask[window, n]:
            one["state"] = ABSENT
        elif learns and (one["iou"] > loss.foreground or one["forced"]):
            one["state"] = FOREGROUND
        else:
            one["state"] = BACKGROUND if one["iou"] < loss.background else IGNORED
        one["labels"] = {int(truths.labels[window, g]) for g in mine & set(shown)}
    return found


def objective(
    found: list[list[dict[str, Any]]],
    joined: Proposals,
    truths: Truths,
    draws: torch.Tensor,
    settings: Settings,
) -> dict[str, float]:
    """Eq. 6 to 9, one proposal after the other."""
    loss, entropy = settings.loss, {}
    every = [(w, n) for w, row in enumerate(found) for n in range(len(row))]
    for w, n in every:
        logits = joined.logits[w, n].double().tolist()
        total = math.log(sum(math.exp(x) for x in logits))
        one = found[w][n]
        labels = [label + 1 for label in one["labels"]] if one["state"] == FOREGROUND else [0]
        entropy[w, n] = sum(total - logits[label] for label in labels) / len(labels)
    foreground = [at for at in every if found[at[0]][at[1]]["state"] == FOREGROUND]
    background = [at for at in every if found[at[0]][at[1]]["state"] == BACKGROUND]
    wanted = len(found)
    if foreground:
        wanted = round(len(foreground) * loss.background_ratio)
    order = draws if loss.sampling == "random" else entropy
    background = sorted(background, key=lambda at: -float(order[at]))[:wanted]
    sampled = foreground + background

    located, learned = {}, {}
    for w, n in every:
        one = found[w][n]
        center, width = float(joined.centers[w, n]), float(joined.widths[w, n])
        move, grow = joined.offsets[w, n].double().tolist()
        refined = (
            center + settings.detection.alpha1 * width * move,
            width * math.exp(settings.detection.alpha2 * max(-5.0, min(5.0, grow))),
        )
        start, end = truths.segments[w, one["truth"]].tolist() if truths.labels.shape[1] else (0, 0)
        goal = ((start + end) / 2, end - start)
        unit = {"window": 1.0, "cell": 1 / float(joined.cells[n]), "truth": end - start}
        parts = []
        for have, want in zip(refined, goal, strict=True):
            off = abs(have - want) / max(unit[loss.localization_unit], 1e-6)
            beta = loss.smooth_l1
            parts.append(off**2 / 2 / beta if off < beta else off - beta / 2)
        located[w, n] = sum(parts)
        goal_iou = one["iou"]
        if loss.overlap_target == "refined":
            box = (refined[0] - refined[1] / 2, refined[0] + refined[1] / 2)
            goal_iou = tiou(box, (start, end))
        learned[w, n] = (float(joined.overlap[w, n]) - goal_iou) ** 2
    counted = sampled
    if loss.overlap_on == "all":
        counted = [at for at in every if found[at[0]][at[1]]["state"] != ABSENT]

    def mean(values: Any, where: Any) -> float:
        return sum(values[at] for at in where) / max(1, len(where))

    parts = {
        "classification": mean(entropy, sampled),
        "localization": mean(located, foreground),
        "overlap": mean(learned, counted),
    }
    away = {}  # E2
    for w, n in every:
        cells = float(joined.widths[w, n]) * float(joined.cells[n]) / float(joined.ratios[n])
        away[w, n] = math.log(cells / settings.kernels.initial_width) ** 2
    resting = [at for at in every if found[at[0]][at[1]]["state"] == BACKGROUND]
    total = parts["classification"] + loss.beta * parts["localization"]
    total += loss.background_sigma * mean(away, resting)
    return parts | {"total": total + loss.gamma * parts["overlap"]}


READINGS = st.fixed_dictionaries(
    {
        "loss.matching": st.sampled_from(["paper", "best"]),
        "loss.ties": st.sampled_from(["all", "first"]),
        "loss.sampling": st.sampled_from(["random", "hardest"]),
        "loss.background_ratio": st.sampled_from([0.5, 1.0, 1.5, 3.0]),
        "loss.localization_unit": st.sampled_from(["window", "cell", "truth"]),
        "loss.overlap_target": st.sampled_from(["default", "refined"]),
        "loss.overlap_on": st.sampled_from(["sampled", "all"]),
        "loss.smooth_l1": st.sampled_from([0.1, 1.0]),
        "loss.foreground": st.sampled_from([0.6, 0.9]),
        "loss.background": st.sampled_from([0.1, 0.4]),
        "loss.background_sigma": st.sampled_from([0.0, 0.3]),
        "detection.alpha1": st.sampled_from([0.5, 1.0]),
        "detection.alpha2": st.sampled_from([1.0, 2.0]),
    }
)


@limits(max_examples=150)
@given(READINGS, st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 8), st.integers(0, 4))
def test_against_plain_loops(
    readings: dict[str, Any], seed: int, windows: int, proposals: int, count: int
) -> None:
    settings = Settings.preset("sbhar").override(readings | {"loss.beta": 3.0, "loss.gamma": 7.0})
    joined, truths = batch(seed, windows, proposals, count)
    found = assign(joined.centers, joined.widths, joined.mask, truths, settings.loss)
    expected = [one_window(w, joined, truths, settings.loss) for w in range(windows)]
    assert found.state.tolist() == [[one["state"] for one in row] for row in expected]
    ious = [[one["iou"] for one in row] for row in expected]
    np.testing.assert_allclose(found.iou, ious, atol=1e-9)
    for w, row in enumerate(expected):
        for n, one in enumerate(row):
            assert set(found.truths[w, n].nonzero()[:, 0].tolist()) == one["truths"]
    learned = sum(
        len({g for one in row if one["state"] == FOREGROUND for g in one["truths"]}
            & set((truths.mask & truths.visible)[w].nonzero()[:, 0].tolist()))
        for w, row in enumerate(expected)
    )  # fmt: skip
    assert int(found.unmatched) == int((truths.mask & truths.visible).sum()) - learned

    draws = torch.rand(windows, proposals, generator=torch.Generator().manual_seed(seed))
    losses = compute_losses(joined, found, truths, settings, draws)
    for name, value in objective(expected, joined, truths, draws, settings).items():
        assert getattr(losses, name).item() == pytest.approx(value, rel=1e-4, abs=1e-5), name
    states = [one["state"] for row in expected for one in row]
    for name, state in (("foreground", FOREGROUND), ("ignored", IGNORED)):
        assert int(getattr(losses, name)) == states.count(state)


def test_halves_are_rounded_as_python_rounds() -> None:
    from gtan.assignment import sample_background
    from gtan.settings import LossSettings

    state = torch.tensor([[FOREGROUND] * 3 + [BACKGROUND] * 9], dtype=torch.int8)
    for ratio, count in ((0.5, 2), (0.9, 3), (2.5, 8), (0.1, 0)):
        settings = LossSettings(background_ratio=ratio)
        assert int(sample_background(state, torch.rand(1, 12), settings).sum()) == count
    empty = torch.full((3, 5), BACKGROUND, dtype=torch.int8)
    assert int(sample_background(empty, torch.rand(3, 5), LossSettings()).sum()) == 3


class Half:
    """One of two processes, of whom both halves of a batch are known."""

    count = 2

    def __init__(self, index: int, states: list[torch.Tensor], orders: list[torch.Tensor]) -> None:
        self.index, self.states, self.orders = index, states, orders

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        own = (self.states[self.index] == FOREGROUND).sum()
        assert int(values) == int(own)
        return torch.stack([(state == FOREGROUND).sum() for state in self.states]).sum()

    def gather(self, values: torch.Tensor, pad: float) -> torch.Tensor:
        assert pad == -math.inf
        most = max(order.numel() for order in self.orders)
        rows = []
        for state, order in zip(self.states, self.orders, strict=True):
            own = order.masked_fill(state != BACKGROUND, -math.inf).flatten()
            rows.append(torch.nn.functional.pad(own, (0, most - len(own)), value=pad))
        assert torch.equal(rows[self.index][: values.numel()], values)
        return torch.cat(rows)


@pytest.mark.parametrize("foreground", [0.2, 0.0])
def test_two_halves_sample_the_background_of_the_whole(foreground: float) -> None:
    """The second has fewer proposals than the first; numbers and choice are of both together."""
    from gtan.assignment import sample_background
    from gtan.settings import LossSettings

    generator = torch.Generator().manual_seed(0)
    draws = torch.rand(4, 9, generator=generator)
    kinds = torch.rand(4, 9, generator=generator)
    state = torch.where(kinds < foreground, FOREGROUND, BACKGROUND)
    state = torch.where(kinds > 0.9, IGNORED, state).to(torch.int8)
    state[2:, 7:] = ABSENT
    whole = sample_background(state, draws, LossSettings())
    states, orders = [state[:2], state[2:, :7]], [draws[:2], draws[2:, :7]]
    for index, expected in enumerate((whole[:2], whole[2:, :7])):
        half: Any = Half(index, states, orders)
        found = sample_background(states[index], orders[index], LossSettings(), half)
        assert torch.equal(found, expected)


def test_without_truths_there_are_none_to_learn() -> None:
    joined, truths = batch(0, 2, 5, 0)
    found = assign(joined.centers, joined.widths, joined.mask, truths, Settings().loss)
    assert found.truth.shape == found.iou.shape == (2, 5) and found.truths.shape == (2, 5, 0)
    assert found.truth.dtype == torch.long and int(found.unmatched) == 0
    assert ((found.state == ABSENT) == ~joined.mask).all()
