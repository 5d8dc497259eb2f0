"""Algorithm 1 and Eq. 3."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from gtan.grouping import group_kernels, group_layers, merge_kernels
from gtan.transfers import reads

Merge = Literal["paper", "union"]


def algorithm_1(
    kernels: list[tuple[float, float]], threshold: float, merge: Merge
) -> tuple[list[tuple[float, float]], list[list[int]]]:
    """Algorithm 1 line by line, with R4's flush: centres, widths, members. Slow and obvious."""
    result: list[tuple[float, float]] = []
    members: list[list[int]] = []
    p, z = 0, 1
    base, joined = kernels[0], [0]
    while p <= len(kernels) - 1:
        if z > len(kernels) - 1:
            result.append(base)
            members.append(joined)
            break
        (c1, w1), (c2, w2) = base, kernels[z]
        left, right = sorted([(c1 - w1 / 2, c1 + w1 / 2), (c2 - w2 / 2, c2 + w2 / 2)])
        h = max(0.0, min(left[1], right[1]) - right[0])
        length = max(left[1], right[1]) - left[0]
        if h / length > threshold:
            middle = (c1 + c2) / 2 if merge == "paper" else left[0] + length / 2
            base = (middle, length)
            joined = [*joined, z]
        else:
            result.append(base)
            members.append(joined)
            p = z
            base, joined = kernels[p], [p]
        z += 1
    return result, members


@given(
    st.lists(st.floats(0.01, 1.5), min_size=1, max_size=12),
    st.floats(0.05, 0.95),
    st.sampled_from(["paper", "union"]),
)
def test_equals_the_printed_algorithm(widths: list[float], threshold: float, merge: Merge) -> None:
    length = len(widths)
    centers = [(i + 0.5) / length for i in range(length)]
    expected, members = algorithm_1(list(zip(centers, widths, strict=True)), threshold, merge)
    groups = group_kernels(
        torch.tensor(centers, dtype=torch.float64),
        torch.tensor(widths, dtype=torch.float64),
        threshold,
        merge,
    )
    assert groups.mask.all() and groups.mask.numel() == len(expected)
    assert [row.nonzero()[:, 0].tolist() for row in groups.members] == members
    assert groups.centers.tolist() == pytest.approx([c for c, _ in expected])
    assert groups.widths.tolist() == pytest.approx([w for _, w in expected])
    assert groups.count == len(expected)
    ends = {step.first: (step.center, step.width) for step in groups.steps}  # of each the last
    assert [ends[cells[0]] for cells in members if len(cells) > 1] == [
        pytest.approx(kernel) for kernel, cells in zip(expected, members) if len(cells) > 1
    ]
    stray = [
        abs(centers[cell] - center) - width / 2
        for (center, width), cells in zip(expected, members)
        for cell in cells
    ]
    assert sum(s > 1e-9 for s in stray) <= groups.stray <= sum(s > -1e-9 for s in stray)


def test_figure_3_by_hand() -> None:
    # Widths 6 at centres 4.5 and 5.5 (of 10): H = 5, L = 7, IoU = 5/7, just above 0.7.
    groups = group_kernels(torch.tensor([0.45, 0.55]), torch.tensor([0.6, 0.6]), 0.7)
    assert groups.centers.tolist() == pytest.approx([0.5])
    assert groups.widths.tolist() == pytest.approx([0.7])  # sigma' = L/2, so the width is L
    (step,) = groups.steps
    assert (step.first, step.cell) == (0, 1)
    assert (step.iou, step.center, step.width) == pytest.approx((5 / 7, 0.5, 0.7))


def test_eq_3_as_printed_is_the_default() -> None:
    """The mean of the centres, though the union's middle lies elsewhere."""
    one, two = torch.tensor([0.3, 0.6]), torch.tensor([0.5, 0.2])
    center, width = merge_kernels(one[0], one[1], two[0], two[1])
    assert (center.item(), width.item()) == pytest.approx((0.4, 0.6))
    center, width = merge_kernels(one[0], one[1], two[0], two[1], "union")
    assert (center.item(), width.item()) == pytest.approx((0.3, 0.6))
    groups = group_kernels(torch.tensor([0.3, 0.5]), torch.tensor([0.6, 0.2]), 0.3)
    assert groups.centers.tolist() == pytest.approx([0.4])


def test_the_threshold_must_be_exceeded() -> None:
    # Half overlap: IoU exactly 0.5 in binary, so neither side of it is luck.
    centers, widths = torch.tensor([0.25, 0.5]), torch.tensor([0.75, 0.75])
    assert len(group_kernels(centers, widths, 0.5).centers) == 2
    assert len(group_kernels(centers, widths, 0.499).centers) == 1
    # And where a mixed kernel meets the next one: 0 .. 1, twice, and its second half.
    centers, widths = torch.tensor([0.5, 0.5, 0.75]), torch.tensor([1.0, 1.0, 0.5])
    assert [len(group_kernels(centers, widths, x).centers) for x in (0.5, 0.499)] == [2, 1]


def test_the_last_kernel_is_kept() -> None:  # R4
    groups = group_kernels(torch.tensor([0.1, 0.5, 0.9]), torch.full((3,), 0.01), 0.7)
    assert groups.centers.tolist() == pytest.approx([0.1, 0.5, 0.9])


def equal_kernels(width_in_cells: float, cells: int = 512) -> tuple[Tensor, Tensor]:
    centers = (torch.arange(cells, dtype=torch.float64) + 0.5) / cells
    return centers, torch.full_like(centers, width_in_cells / cells)


def test_runaway_of_the_papers_mean() -> None:
    """R5: from about 9.4 cells on, the averaged centre lags and the chain never stops."""
    centers, widths = equal_kernels(12)
    paper = group_kernels(centers, widths, 0.7, "paper")
    assert len(paper.centers) == 1  # 512 kernels end as one,
    assert paper.widths.item() * 512 == pytest.approx(16, abs=0.5)  # 16 cells wide,
    assert paper.centers.item() > 0.98  # at the right end of the map,
    assert paper.stray > 480  # which holds hardly any of its members.

    union = group_kernels(centers, widths, 0.7, "union")
    assert [int(size) for size in union.members.sum(-1)[:-1]] == [4] * (len(union.centers) - 1)
    assert union.stray == 0

    below = group_kernels(*equal_kernels(9.2), 0.7, "paper")
    assert len(below.centers) > 50


def test_neighbours_need_nearly_six_cells() -> None:
    """R1: two equal neighbours overlap by more than 0.7 from a width of 5.67 cells on."""
    assert len(group_kernels(*equal_kernels(5.6), 0.7).centers) == 512
    assert len(group_kernels(*equal_kernels(5.7), 0.7).centers) < 512


def test_padding_takes_no_part() -> None:
    centers = torch.tensor([0.3, 0.4, 0.5, 0.6])
    widths = torch.full((4,), 0.9)
    groups = group_kernels(centers, widths, 0.7, valid=torch.tensor([True, True, False, False]))
    assert groups.members.tolist() == [[True, True, False, False]]
    nothing = group_kernels(centers, widths, 0.7, valid=torch.zeros(4, dtype=torch.bool))
    assert nothing.centers.numel() == 0 and nothing.steps == []


def test_a_batch_equals_its_maps() -> None:
    generator = torch.Generator().manual_seed(3)
    centers = ((torch.arange(20) + 0.5) / 20).expand(6, 20)
    widths = torch.rand(6, 20, generator=generator) * 0.8
    valid = torch.rand(6, 20, generator=generator) < 0.8
    batch = group_kernels(centers, widths, 0.5, "paper", valid)
    for row in range(6):
        single = group_kernels(centers[row], widths[row], 0.5, "paper", valid[row])
        count = len(single.centers)
        assert batch.mask[row].tolist() == [True] * count + [False] * (batch.mask.shape[1] - count)
        torch.testing.assert_close(batch.centers[row, :count], single.centers)
        torch.testing.assert_close(batch.widths[row, :count], single.widths)
        assert [s._replace(map=0) for s in batch.steps if s.map == row] == single.steps


def test_mixed_kernels_are_packed_to_the_left() -> None:
    centers = torch.tensor([[0.1, 0.5, 0.55, 0.9], [0.1, 0.4, 0.7, 0.9]])
    widths = torch.tensor([[0.01, 0.6, 0.6, 0.01], [0.01, 0.01, 0.01, 0.01]])
    valid = torch.ones(2, 4, dtype=torch.bool)
    (mixed,) = group_layers(centers, widths, valid, [4], 0.7, "paper")
    assert mixed.mask.tolist() == [[True], [False]]
    assert mixed.members[0].tolist() == [[False, True, True, False]]


@pytest.mark.parametrize("merge", ["paper", "union"])
@pytest.mark.parametrize("singles", [True, False])
def test_all_layers_at_once_equal_each_alone(merge: Merge, singles: bool) -> None:
    generator = torch.Generator().manual_seed(4)
    lengths = (16, 8, 4, 1)
    centers = [((torch.arange(n) + 0.5) / n).expand(3, n) for n in lengths]
    widths = [torch.rand(3, n, generator=generator) * 0.6 for n in lengths]
    valid = [torch.rand(3, n, generator=generator) < 0.9 for n in lengths]
    before = reads()
    flat = [torch.cat(values, 1) for values in (centers, widths, valid)]
    together = group_layers(*flat, lengths, 0.3, merge, singles)
    assert reads() == before + 1
    for layer, found in enumerate(together):
        mine = centers[layer], widths[layer], valid[layer]
        (alone,) = group_layers(*mine, [lengths[layer]], 0.3, merge, singles)
        assert found.steps == alone.steps and found.stray == alone.stray
        for name in ("centers", "widths", "members", "mask"):
            torch.testing.assert_close(getattr(found, name), getattr(alone, name))
        whole = group_kernels(centers[layer], widths[layer], 0.3, merge, valid[layer])
        kept = whole.mask & (whole.members.sum(-1) > (0 if singles else 1))
        for name in ("centers", "widths", "members"):
            torch.testing.assert_close(getattr(found, name)[found.mask], getattr(whole, name)[kept])


@pytest.mark.parametrize("merge", ["paper", "union"])
def test_gradients_reach_the_cells_that_set_the_ends(merge: Merge) -> None:
    centers = torch.tensor([0.4, 0.5, 0.6], dtype=torch.float64)
    widths = torch.tensor([0.9, 0.9, 0.9], dtype=torch.float64, requires_grad=True)
    groups = group_kernels(centers, widths, 0.6, merge)
    assert groups.members.tolist() == [[True, True, True]]
    (gradient,) = torch.autograd.grad(groups.widths.sum(), widths)
    assert gradient.abs().sum() > 0.9
    assert torch.autograd.gradcheck(lambda w: group_kernels(centers, w, 0.6, merge).widths, widths)


INTERVAL = st.tuples(st.floats(-1, 1), st.floats(0.01, 2))


@given(INTERVAL, INTERVAL)
def test_merging_two_intervals(one: tuple[float, float], two: tuple[float, float]) -> None:
    ends = [(center - width / 2, center + width / 2) for center, width in (one, two)]
    low, high = min(start for start, _ in ends), max(end for _, end in ends)
    given = torch.tensor([*one, *two], dtype=torch.float64)
    for merge, middle in (("paper", (one[0] + two[0]) / 2), ("union", (low + high) / 2)):
        center, width = merge_kernels(*given, merge)
        assert (center.item(), width.item()) == pytest.approx((middle, high - low))


def test_merge_of_nested_kernels_is_the_wider_one() -> None:
    center, width = merge_kernels(*torch.tensor([0.5, 0.8, 0.55, 0.2]), merge="union")
    assert (center.item(), width.item()) == pytest.approx((0.5, 0.8))


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="differ"):
        group_kernels(torch.zeros(3), torch.zeros(4), 0.7)


@pytest.mark.parametrize("width", [9.2, 9.6, 12.0])
def test_strays_are_counted(width: float) -> None:
    centers, widths = equal_kernels(width, 64)
    groups = group_kernels(centers, widths, 0.7, "paper")
    outside = (centers - groups.centers[:, None]).abs() > groups.widths[:, None] / 2 + 1e-12
    assert groups.stray == (outside & groups.members).sum()


@pytest.mark.parametrize("shift", [0.0, 0.45])
def test_strays_are_told_by_the_kernels_own_centres(shift: float) -> None:
    """Under R16 kernels do not stand in the middle of their cells."""
    centers = (torch.arange(10) + 0.5 - shift) / 10
    widths = torch.full((10,), 0.01)
    widths[4:6] = 0.15  # cells 4 and 5 overlap by 0.2
    assert group_kernels(centers, widths, 0.19, "union").stray == 0
