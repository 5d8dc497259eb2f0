"""Gaussian Kernel Grouping (Section 3.3, Algorithm 1, Eq. 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from gtan.kernels import cell_centers

Merge = Literal["paper", "union"]


class MergeStep(NamedTuple):
    """One merge of Algorithm 1 (line 7): `cell` joined the group that began at cell `first`.

    Attributes:
        map: index of the map within a flattened batch (0 for a single map).
        first: cell where the base kernel began.
        cell: cell whose kernel was merged into it.
        iou: H / L of the two, above the threshold.
        center, width: the kernel after the merge, fractions of the window.
    """

    map: int
    first: int
    cell: int
    iou: float
    center: float
    width: float


@dataclass(frozen=True)
class Groups:
    """The set G of Algorithm 1 for one map or a batch of maps ([...] is empty or [B]).

    Attributes:
        centers: [..., K] fractions of the window.
        widths: [..., K] fractions of the window; sigma of a mixed kernel is half of it (Eq. 3).
        members: [..., K, T] bool, the cells that went into each kernel.
        mask: [..., K] bool, false where a map has fewer kernels than the fullest of its batch.
        steps: every merge, map by map, in the order of the algorithm.
    """

    centers: Tensor
    widths: Tensor
    members: Tensor
    mask: Tensor
    steps: list[MergeStep]


def merge_kernels(
    center1: Any, width1: Any, center2: Any, width2: Any, merge: Merge = "paper"
) -> tuple[Any, Any]:
    """Centre and width of the kernel that two overlapping ones merge into (Eq. 3).

    The new sigma is half the length L of the union, so the new width is L. The new centre is the
    mean of the two centres (`paper`) or the middle of the union (`union`) (R5).

    Example:
        >>> center, width = merge_kernels(*torch.tensor([0.4, 0.3, 0.5, 0.3]))
        >>> round(center.item(), 4), round(width.item(), 4)
        (0.45, 0.4)
    """
    start = torch.minimum(center1 - width1 / 2, center2 - width2 / 2)
    end = torch.maximum(center1 + width1 / 2, center2 + width2 / 2)
    center = (center1 + center2) / 2 if merge == "paper" else (start + end) / 2
    return center, end - start


def group_kernels(
    centers: Tensor,
    widths: Tensor,
    threshold: float,
    merge: Merge = "paper",
    valid: Tensor | None = None,
) -> Groups:
    """Merge neighbouring kernels that overlap by more than `threshold` (Algorithm 1).

    The walk itself carries no gradients; the kernels it returns are then computed again from
    `widths`, so a mixed width passes its gradient to the cells that set its ends.

    Args:
        centers: [T] or [B, T], ascending, fractions of the window.
        widths: [T] or [B, T], same unit, at scale ratio 1 (R7).
        threshold: epsilon, in (0, 1).
        merge: reading R5.
        valid: [T] or [B, T] bool; padding is left out.

    Returns:
        All kernels of G, unmerged ones included.

    Raises:
        ValueError: if shapes differ.

    Example:
        >>> centers, widths = torch.tensor([0.2, 0.3, 0.9]), torch.tensor([0.6, 0.6, 0.1])
        >>> groups = group_kernels(centers, widths, 0.7)
        >>> groups.members.tolist()
        [[True, True, False], [False, False, True]]
        >>> round(groups.steps[0].iou, 3)
        0.714
    """
    if centers.shape != widths.shape:
        raise ValueError(f"centers {tuple(centers.shape)} and widths {tuple(widths.shape)} differ")
    if centers.dim() == 1:
        batch = group_kernels(
            centers[None], widths[None], threshold, merge, None if valid is None else valid[None]
        )
        return Groups(
            batch.centers[0], batch.widths[0], batch.members[0], batch.mask[0], batch.steps
        )
    maps, length = widths.shape
    is_valid = np.ones((maps, length), bool) if valid is None else valid.cpu().numpy()
    all_centers = centers.detach().cpu().double().tolist()
    all_widths = widths.detach().cpu().double().tolist()
    groups: list[list[list[int]]] = []
    steps: list[MergeStep] = []
    for index in range(maps):
        cells = np.flatnonzero(is_valid[index]).tolist()
        found = _algorithm_1(index, cells, all_centers[index], all_widths[index], threshold, merge)
        groups.append(found[0])
        steps.extend(found[1])
    return _replay(centers, widths, groups, steps, merge)


def mixed_only(groups: Groups) -> Groups:
    """The kernels of a batch that have two or more members, packed to the left (R6)."""
    keep = groups.mask & (groups.members.sum(-1) > 1)
    count = int(keep.sum(-1).max()) if keep.numel() else 0
    order = (~keep).to(torch.uint8).argsort(dim=-1, stable=True)[:, :count]
    return Groups(
        groups.centers.gather(1, order),
        groups.widths.gather(1, order),
        groups.members.gather(1, order[..., None].expand(-1, -1, groups.members.shape[-1])),
        keep.gather(1, order),
        groups.steps,
    )


def stray_members(groups: Groups, centers: Tensor | None = None) -> int:
    """Members whose own centre lies outside the mixed kernel they went into (R5).

    Args:
        groups: of a batch.
        centers: [B, T] of the kernels that were grouped; by default those of the cells.
    """
    if centers is None:
        centers = cell_centers(groups.members.shape[-1], groups.widths.device)[None]
    apart = (centers[..., None, :] - groups.centers[..., None]).abs()  # [B, K, T]
    outside = apart > groups.widths[..., None] / 2
    return int((outside & groups.members & groups.mask[..., None]).sum())


def _algorithm_1(
    index: int,
    cells: list[int],
    centers: list[float],
    widths: list[float],
    threshold: float,
    merge: Merge,
) -> tuple[list[list[int]], list[MergeStep]]:
    """Members of each kernel of G, and the merges. Plain numbers: this runs once per cell."""
    if not cells:
        return [], []
    groups, steps = [], []
    members = [cells[0]]
    center, width = centers[cells[0]], widths[cells[0]]
    for cell in cells[1:]:
        start1, end1 = center - width / 2, center + width / 2
        start2, end2 = centers[cell] - widths[cell] / 2, centers[cell] + widths[cell] / 2
        union = max(end1, end2) - min(start1, start2)  # L of Figure 3
        intersection = max(0.0, min(end1, end2) - max(start1, start2))  # H
        iou = intersection / union if union > 0 else 0.0
        if iou > threshold:
            middle = (max(end1, end2) + min(start1, start2)) / 2
            center = (center + centers[cell]) / 2 if merge == "paper" else middle
            width = union
            members.append(cell)
            steps.append(MergeStep(index, members[0], cell, iou, center, width))
        else:
            groups.append(members)
            members = [cell]
            center, width = centers[cell], widths[cell]
    groups.append(members)  # the last base kernel, which the printed algorithm forgets (R4)
    return groups, steps


def _replay(
    centers: Tensor,
    widths: Tensor,
    groups: list[list[list[int]]],
    steps: list[MergeStep],
    merge: Merge,
) -> Groups:
    """The kernels of known groups, differentiably: all groups at once, one merge a pass."""
    maps, length = widths.shape
    count = max((len(found) for found in groups), default=0)
    flat = [(m, k, cells) for m, found in enumerate(groups) for k, cells in enumerate(found)]
    depth = max((len(cells) for _, _, cells in flat), default=1)
    table = np.zeros((len(flat), depth), np.int64)  # members of a group, its last one repeated
    members = np.zeros((maps, count, length), bool)
    for row, (m, k, cells) in enumerate(flat):
        table[row, : len(cells)] = cells
        table[row, len(cells) :] = cells[-1]
        members[m, k, cells] = True
    device = widths.device
    sizes = torch.tensor([len(cells) for _, _, cells in flat], dtype=torch.long, device=device)
    rows = torch.tensor([m for m, _, _ in flat], dtype=torch.long, device=device)
    slots = torch.tensor([m * count + k for m, k, _ in flat], dtype=torch.long, device=device)
    cell = torch.from_numpy(table).to(device)

    center, width = centers[rows, cell[:, 0]], widths[rows, cell[:, 0]]
    for step in range(1, depth):
        longer = (sizes > step).nonzero()[:, 0]
        at = rows[longer], cell[longer, step]
        merged = merge_kernels(center[longer], width[longer], centers[at], widths[at], merge)
        center, width = (
            center.index_put((longer,), merged[0]),
            width.index_put((longer,), merged[1]),
        )

    def scatter(values: Tensor) -> Tensor:
        return values.new_zeros(maps * count).index_put((slots,), values).view(maps, count)

    mask = torch.zeros(maps * count, dtype=torch.bool, device=device)
    mask[slots] = True
    return Groups(
        scatter(center),
        scatter(width),
        torch.from_numpy(members).to(device),
        mask.view(maps, count),
        steps,
    )
