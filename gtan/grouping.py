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
    """

    centers: Tensor
    widths: Tensor
    members: Tensor
    mask: Tensor
    steps: list[MergeStep]
    stray: int

    @property
    def count(self) -> int:
        """How many kernels there are."""
        return int(self.members.numpy().any(-1).sum())


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
        return Groups(*alone, batch.steps, batch.stray)
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
    found = algorithm_1(place[keep], maps[keep], read[0][keep], read[1][keep], threshold, merge)
    chosen = [group for group in found if singles or len(group.cells) > 1]
    cells = [group.cells for group in chosen]
    values = _replay(centers.flatten(), widths.flatten(), cells, merge)

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
        members = torch.zeros(batch, int(slots[number]), length, dtype=torch.bool)
        steps, stray = [], 0
        for index in mine.tolist():
            group = chosen[index]
            own = [cell % int(columns[-1]) - int(columns[number]) for cell in group.cells]
            members.numpy()[row[index], rank[index], own] = True
            steps += [
                MergeStep(int(row[index]), own[0], cell, *merged)
                for cell, merged in zip(own[1:], group.steps)
            ]
            stray += group.stray
        center, width, mask_of = (table[number] for table in tables)
        results.append(Groups(center, width, members, mask_of, steps, stray))
    return results


class Group(NamedTuple):
    """A kernel of G while the algorithm runs: its map, places of its cells, merges, strays."""

    map: int
    cells: list[int]
    steps: list[tuple[float, float, float]]  # iou, centre and width of each merge
    stray: int


def algorithm_1(
    place: NDArray[np.int64],
    map_of: NDArray[np.int64],
    centers: NDArray[np.float64],
    widths: NDArray[np.float64],
    threshold: float,
    merge: Merge,
) -> list[Group]:
    """Algorithm 1 over maps one behind the other; kernels of G in order.

    Args:
        place: [N] what to call each kernel's cell.
        map_of: [N] the map each kernel belongs to; only kernels of one map merge.
        centers, widths: [N] ascending within a map.
    """
    # Where nothing has merged yet a kernel meets its neighbour, which numpy can do for all.
    start, end = centers - widths / 2, centers + widths / 2
    union = np.maximum(end[1:], end[:-1]) - np.minimum(start[1:], start[:-1])  # L of Figure 3
    shared = np.minimum(end[1:], end[:-1]) - np.maximum(start[1:], start[:-1])  # H
    iou = np.maximum(shared, 0.0) / np.where(union > 0, union, 1.0)
    meets = np.append((iou > threshold) & (map_of[1:] == map_of[:-1]), False).tolist()
    places, maps, ious = place.tolist(), map_of.tolist(), iou.tolist()
    center_of, width_of = centers.tolist(), widths.tolist()

    groups = []
    index, count = 0, len(places)
    while index < count:
        first = index
        if not meets[first]:  # also the last base kernel, which the printed algorithm forgets (R4)
            groups.append(Group(maps[first], [places[first]], [], 0))
            index += 1
            continue
        center, width = center_of[first], width_of[first]
        steps = []
        while index + 1 < count and maps[index + 1] == maps[first]:
            other, wide = center_of[index + 1], width_of[index + 1]
            low, high = center - width / 2, center + width / 2
            left, right = other - wide / 2, other + wide / 2
            length = max(high, right) - min(low, left)
            overlap = ious[first]
            if index > first:
                overlap = max(0.0, min(high, right) - max(low, left)) / length if length else 0.0
            if not overlap > threshold:
                break
            middle = (max(high, right) + min(low, left)) / 2
            center = (center + other) / 2 if merge == "paper" else middle
            width = length
            index += 1
            steps.append((overlap, center, width))
        index += 1
        stray = sum(abs(own - center) > width / 2 for own in center_of[first:index])
        groups.append(Group(maps[first], places[first:index], steps, stray))
    return groups


def _replay(
    centers: Tensor, widths: Tensor, cells: list[list[int]], merge: Merge
) -> tuple[Tensor, Tensor]:
    """Centres and widths [N] of kernels with known cells, differentiably, all at once."""
    sizes = np.array([len(group) for group in cells], np.int64)
    depth = int(sizes.max(initial=1))
    table = np.zeros((len(cells), depth), np.int64)  # a group's cells, its last one repeated
    order = np.argsort(-sizes, kind="stable")  # so that those that go on merging stand in front
    for row, index in enumerate(order):
        table[row, : sizes[index]] = cells[index]
        table[row, sizes[index] :] = cells[index][-1]
    cell = to_device(table, widths.device)
    center, width = centers[cell], widths[cell]  # [N, depth]
    if merge == "union":  # the union of all is the union of unions
        start, end = (center - width / 2).amin(1), (center + width / 2).amax(1)
        # A kernel of one cell stays what it is, bit by bit.
        alone = to_device(sizes[order] == 1, widths.device)
        merged = (
            torch.where(alone, center[:, 0], (start + end) / 2),
            torch.where(alone, width[:, 0], end - start),
        )
    else:
        merged = center[:, 0], width[:, 0]
        for step in range(1, depth):
            on = int((sizes > step).sum())
            longer = merge_kernels(
                merged[0][:on], merged[1][:on], center[:on, step], width[:on, step], merge
            )
            merged = (
                torch.cat([longer[0], merged[0][on:]]),
                torch.cat([longer[1], merged[1][on:]]),
            )
    back = to_device(np.argsort(order, kind="stable"), widths.device)
    return merged[0][back], merged[1][back]


def _rank(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many equal keys stand before each: [N] -> [N]."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(keys) else keys
    rank = np.arange(len(keys)) - np.repeat(begins, np.diff(np.append(begins, len(keys))))
    back = np.empty_like(rank)
    back[order] = rank
    return back
