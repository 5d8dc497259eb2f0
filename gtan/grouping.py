"""Gaussian Kernel Grouping (Section 3.3, Algorithm 1, Eq. 3).

Algorithm 1 walks over numbers on the host, for all maps together; the kernels that it forms are
then computed again from the widths, on the device and differentiably.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtan.transfers import to_device, to_host

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
    """Kernels of the set G of Algorithm 1, for one map or a batch of maps ([...] is empty or [B]).

    Attributes:
        centers: [..., K] fractions of the window.
        widths: [..., K] fractions of the window; sigma of a mixed kernel is half of it (Eq. 3).
        members: [..., K, T] bool, on the host, the cells that went into each kernel.
        mask: [..., K] bool, false where a map has fewer kernels than the fullest of its batch.
        steps: every merge, map by map, in the order of the algorithm.
        stray: members whose own centre lies outside the mixed kernel they went into (R5).
        count: how many kernels there are, in all maps.
    """

    centers: Tensor
    widths: Tensor
    members: Tensor
    mask: Tensor
    steps: list[MergeStep]
    stray: int
    count: int


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
    if valid is None:
        valid = torch.ones_like(widths, dtype=torch.bool)
    if centers.dim() == 1:
        batch = group_kernels(centers[None], widths[None], threshold, merge, valid[None])
        alone = (batch.centers[0], batch.widths[0], batch.members[0], batch.mask[0])
        return Groups(*alone, batch.steps, batch.stray, batch.count)
    length = widths.shape[1]
    return group_layers(centers, widths, valid, [length], threshold, merge, singles=True)[0]


def group_layers(
    centers: Tensor,
    widths: Tensor,
    valid: Tensor,
    lengths: Sequence[int],
    threshold: float,
    merge: Merge,
    singles: bool = False,
) -> list[Groups]:
    """Algorithm 1 over the maps of all anchor layers, with one read from the device.

    Args:
        centers, widths, valid: [B, S] as of `group_kernels`, layer by layer.
        lengths: T_j of each layer; S is their sum.
        singles: with the kernels that did not merge; otherwise mixed ones only.

    Returns:
        For each layer its kernels, those of each map packed to the left.
    """
    batch, columns = len(widths), np.cumsum([0, *lengths])  # where layers begin among S cells
    read = to_host(torch.stack([centers, widths, valid.to(widths)])).astype(np.float64)
    keep = read[2] > 0
    place = np.arange(keep.size).reshape(keep.shape)
    maps = np.arange(batch)[:, None] * len(lengths) + np.repeat(np.arange(len(lengths)), lengths)
    place, maps = place[keep], maps[keep]
    chosen = algorithm_1(place, maps, read[0][keep], read[1][keep], threshold, merge)
    if singles:
        merged = {cell for group in chosen for cell in group.cells}
        pairs = zip(maps.tolist(), place.tolist())
        chosen += [
            Group(m, [cell], [], 0, [Share(cell, 1.0, 0.0, 0.0, 1.0)])
            for m, cell in pairs
            if cell not in merged
        ]
        chosen.sort(key=lambda group: group.cells)
    shares = [group.shares for group in chosen]
    values = _replay(centers.flatten(), widths.flatten(), shares)

    # A map's kernels go to slots 0, 1, ... of its row in the layer's table.
    row, layer = np.divmod(np.array([group.map for group in chosen], np.int64), len(lengths))
    rank = _rank(row * len(lengths) + layer)
    slots = np.zeros(len(lengths), np.int64)
    np.maximum.at(slots, layer, rank + 1)
    first = np.concatenate([[0], np.cumsum(slots)])
    total = int(first[-1])
    slot = row * total + first[layer] + rank
    mask = np.zeros((batch, total), bool)
    mask.flat[slot] = True
    at = to_device(slot, widths.device)
    per_layer = [
        value.new_zeros(batch * total).index_put((at,), value).view(batch, total)
        for value in values
    ]
    per_layer.append(to_device(mask, widths.device))
    tables = [table.split(slots.tolist(), 1) for table in per_layer]
    results = []
    for number, length in enumerate(lengths):
        mine = np.flatnonzero(layer == number)
        members = np.zeros((batch, slots[number], length), bool)
        steps, stray = [], 0
        for index in mine.tolist():
            group = chosen[index]
            own = [cell % int(columns[-1]) - int(columns[number]) for cell in group.cells]
            members[row[index], rank[index], own] = True
            steps += [
                MergeStep(int(row[index]), own[0], cell, *merged)
                for cell, merged in zip(own[1:], group.steps)
            ]
            stray += group.stray
        center, width, mask_of = (table[number] for table in tables)
        shown = torch.from_numpy(members)
        results.append(Groups(center, width, shown, mask_of, steps, stray, len(mine)))
    return results


class Share(NamedTuple):
    """What the kernel of one cell contributes to a mixed one, which is linear in its members'.

    Whichever ends the merges took, each end is a centre plus or minus half a width.
    """

    cell: int
    width_of_width: float
    width_of_center: float
    center_of_width: float
    center_of_center: float


class Group(NamedTuple):
    """A mixed kernel: its map, places of its cells, merges (IoU, centre, width), strays, shares."""

    map: int
    cells: list[int]
    steps: list[tuple[float, float, float]]
    stray: int
    shares: list[Share]


def algorithm_1(
    place: NDArray[np.int64],
    map_of: NDArray[np.int64],
    centers: NDArray[np.float64],
    widths: NDArray[np.float64],
    threshold: float,
    merge: Merge,
) -> list[Group]:
    """Algorithm 1 over maps one behind the other: the mixed kernels of G, in order.

    What does not merge is in G as it is, the last base kernel too, which the printed algorithm
    forgets (R4).

    Args:
        place: [N] what to call each kernel's cell.
        map_of: [N] the map each kernel belongs to; only kernels of one map merge.
        centers, widths: [N] ascending within a map.
    """
    # A base kernel that has not merged yet meets its neighbour, which numpy can do for all.
    start, end = centers - widths / 2, centers + widths / 2
    union = np.maximum(end[1:], end[:-1]) - np.minimum(start[1:], start[:-1])  # L of Figure 3
    shared = np.minimum(end[1:], end[:-1]) - np.maximum(start[1:], start[:-1])  # H
    iou = np.maximum(shared, 0.0) / np.where(union > 0, union, 1.0)
    meets = np.flatnonzero((iou > threshold) & (map_of[1:] == map_of[:-1]))
    if not len(meets):
        return []
    places, maps, ious = place.tolist(), map_of.tolist(), iou.tolist()
    center_of, width_of = centers.tolist(), widths.tolist()

    groups = []
    index = -1  # the last kernel that is in a group
    for first in meets.tolist():
        if first <= index:
            continue
        index = first
        center, width = center_of[first], width_of[first]
        steps, new_ends = [], []
        while index + 1 < len(places) and maps[index + 1] == maps[first]:
            other, wide = center_of[index + 1], width_of[index + 1]
            low, high = center - width / 2, center + width / 2
            left, right = other - wide / 2, other + wide / 2
            length = max(high, right) - min(low, left)
            overlap = ious[first]
            if index > first:
                overlap = max(0.0, min(high, right) - max(low, left)) / length
            if not overlap > threshold:
                break
            new_ends.append((left < low, right > high))
            middle = (max(high, right) + min(low, left)) / 2
            center = (center + other) / 2 if merge == "paper" else middle
            width = length
            index += 1
            steps.append((overlap, center, width))
        own = center_of[first : index + 1]
        stray = sum(abs(other - center) > width / 2 for other in own)
        cells = places[first : index + 1]
        groups.append(Group(maps[first], cells, steps, stray, shares(cells, new_ends, merge)))
    return groups


def shares(cells: list[int], new_ends: list[tuple[bool, bool]], merge: Merge) -> list[Share]:
    """What each member of a mixed kernel contributes to it (Eq. 3, all merges at once).

    Args:
        cells: of the members, in the order in which they merged.
        new_ends: for each merge whether start and end are the new member's.

    Example:
        Each reaches further right, so the start is the first one's and the end the last one's.

        >>> for share in shares([7, 8, 9], [(False, True)] * 2, "union"):
        ...     print(*share)
        7 0.5 -1.0 -0.25 0.5
        9 0.5 1.0 0.25 0.5
    """
    if merge == "union":
        first = max((n for n, (new, _) in enumerate(new_ends, 1) if new), default=0)
        last = max((n for n, (_, new) in enumerate(new_ends, 1) if new), default=0)
        start, end = (
            Share(cells[first], 0.5, -1.0, -0.25, 0.5),
            Share(cells[last], 0.5, 1.0, 0.25, 0.5),
        )
        return [start, end]
    found = []
    # From the last merge to the first: how much of the kernel before it is in the final width.
    of_width, of_center, in_center = 1.0, 0.0, 1.0
    for cell, (new_start, new_end) in zip(cells[:0:-1], new_ends[::-1]):
        new = new_start + new_end
        sign = new_end - new_start
        found.append(
            Share(cell, of_width * new / 2, of_width * sign + of_center / 2, 0.0, in_center / 2)
        )
        of_width, of_center = of_width * (2 - new) / 2, of_center / 2 - of_width * sign
        in_center /= 2
    return [Share(cells[0], of_width, of_center, 0.0, in_center), *found[::-1]]


def _replay(centers: Tensor, widths: Tensor, kernels: list[list[Share]]) -> tuple[Tensor, Tensor]:
    """Centres and widths [N] of kernels with known shares, differentiably, all at once."""
    most = max((len(kernel) for kernel in kernels), default=1)
    table = np.zeros((5, len(kernels), most))
    for row, kernel in enumerate(kernels):
        table[:, row, : len(kernel)] = np.array(kernel).T
    cell = to_device(table[0].astype(np.int64), widths.device)
    share = to_device(table[1:], widths.device, widths.dtype)  # [4, N, most]
    center, width = centers[cell], widths[cell]  # [N, most]
    return (
        (share[2] * width + share[3] * center).sum(1),
        (share[0] * width + share[1] * center).sum(1),
    )


def _rank(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many equal keys stand before each: [N] -> [N]."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(keys) else keys
    rank = np.arange(len(keys)) - np.repeat(begins, np.diff(np.append(begins, len(keys))))
    back = np.empty_like(rank)
    back[order] = rank
    return back
