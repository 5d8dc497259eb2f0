"""Gaussian Kernel Grouping (Section 3.3, Eq. 3) of all anchor layers at once.

Algorithm 1 (`gtan/algorithm_1.py`) walks over numbers on the host; the kernels that it forms are
then computed again from the widths, on the device and differentiably.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtan.algorithm_1 import Group, Merge, Share, algorithm_1, with_singles
from gtan.transfers import to_device, to_host

__all__ = ["Groups", "Merge", "MergeStep", "group_kernels", "group_layers", "merge_kernels"]


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
        walked: of each kernel its map, what to take from its cells' places, and the walk's group.
        stray: members whose own centre lies outside the mixed kernel they went into (R5).
        count: how many kernels there are, in all maps.
    """

    centers: Tensor
    widths: Tensor
    members: Tensor
    mask: Tensor
    walked: list[tuple[int, int, Group]]
    stray: int
    count: int

    @property
    def steps(self) -> list[MergeStep]:
        """Every merge, map by map, in the order of the algorithm."""
        return [
            MergeStep(number, group.cells[0] - begin, cell - begin, *done)
            for number, begin, group in self.walked
            for cell, done in zip(group.cells[1:], group.steps)
        ]


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
        return Groups(*alone, batch.walked, batch.stray, batch.count)
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
    batch, layers = len(widths), len(lengths)
    read = to_host(torch.stack([centers, widths, valid.to(widths)])).astype(np.float64)
    keep = read[2] > 0
    place = np.arange(keep.size).reshape(keep.shape)[keep]
    map_of = np.arange(batch)[:, None] * layers + np.repeat(np.arange(layers), lengths)
    map_of = map_of[keep]
    chosen = algorithm_1(place, map_of, read[0][keep], read[1][keep], threshold, merge)
    if singles:
        chosen = with_singles(chosen, place, map_of)
    values = _replay(centers.flatten(), widths.flatten(), [group.shares for group in chosen])
    return _laid_out(chosen, values, batch, lengths)


def _replay(centers: Tensor, widths: Tensor, kernels: list[list[Share]]) -> tuple[Tensor, Tensor]:
    """Centres and widths [N] of kernels with known shares, differentiably, all at once."""
    most = max((len(kernel) for kernel in kernels), default=1)
    nothing = (0, 0.0, 0.0, 0.0, 0.0)
    padded = [[*kernel, *[nothing] * (most - len(kernel))] for kernel in kernels]
    table = np.array(padded, float).reshape(-1, most, 5).transpose(2, 0, 1)
    cell = to_device(table[0].astype(np.int64), widths.device)
    share = to_device(table[1:], widths.device, widths.dtype)  # [4, N, most]
    center, width = centers[cell], widths[cell]  # [N, most]
    return (
        (share[2] * width + share[3] * center).sum(1),
        (share[0] * width + share[1] * center).sum(1),
    )


def _laid_out(
    groups: list[Group], values: tuple[Tensor, Tensor], batch: int, lengths: Sequence[int]
) -> list[Groups]:
    """Kernels, by layer, in slots 0, 1, ... of their map's row.

    Args:
        groups: N kernels of all maps.
        values: their centres and widths, [N] each.
    """
    row, layer = np.divmod(np.array([group.map for group in groups], np.int64), len(lengths))
    rank = _rank(row * len(lengths) + layer)
    slots = np.zeros(len(lengths), np.int64)  # of each layer
    np.maximum.at(slots, layer, rank + 1)
    first, total = np.cumsum([0, *slots]), int(slots.sum())
    slot = row * total + first[layer] + rank
    mask = np.zeros((batch, total), bool)
    mask.flat[slot] = True
    at = to_device(slot, values[0].device)
    # A slot without a kernel is as wide as the window, so that its weights are finite.
    tables = [
        value.new_ones(batch * total).index_put((at,), value).view(batch, total) for value in values
    ]
    tables.append(to_device(mask, at.device))
    by_layer = list(zip(*(table.split(slots.tolist(), 1) for table in tables)))

    # Cells of row r and a layer are places from r * S + where the layer begins.
    begin = row * sum(lengths) + np.cumsum([0, *lengths])[layer]
    sizes = [len(group.cells) for group in groups]
    cell = np.fromiter(chain.from_iterable(group.cells for group in groups), np.int64, sum(sizes))
    cell -= np.repeat(begin, sizes)
    of = np.repeat(np.arange(len(groups)), sizes)
    walked = list(zip(row.tolist(), begin.tolist(), groups))
    found = []
    for number, length in enumerate(lengths):
        mine, here = np.flatnonzero(layer == number).tolist(), layer[of] == number
        members = np.zeros((batch, slots[number], length), bool)
        members[row[of[here]], rank[of[here]], cell[here]] = True
        own = [walked[index] for index in mine]
        stray = sum(group.stray for _, _, group in own)
        shown = torch.from_numpy(members)
        center, width, there = by_layer[number]
        found.append(Groups(center, width, shown, there, own, stray, len(own)))
    return found


def _rank(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many equal keys stand before each: [N] -> [N]."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(keys) else keys
    rank = np.arange(len(keys)) - np.repeat(begins, np.diff(np.append(begins, len(keys))))
    back = np.empty_like(rank)
    back[order] = rank
    return back
