"""Algorithm 1: which kernels merge, and what each of them brings into the mixed one (Eq. 3).

Plain numbers on the host, of all maps one behind the other, since the walk is one step after the
other.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Merge = Literal["paper", "union"]


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
    if len(place) < 2:
        return []
    # First every kernel with its neighbour, and what they merge into with the one after them: numpy
    # does that for all at once, and few chains go on.
    once = merged(centers[:-1], widths[:-1], centers[1:], widths[1:], merge)
    twice = merged(once.center[:-1], once.width[:-1], centers[2:], widths[2:], merge)
    begins = (once.iou > threshold) & (map_of[1:] == map_of[:-1])
    goes_on = np.append((twice.iou > threshold) & (map_of[2:] == map_of[:-2]), False)
    begins_at, further = np.flatnonzero(begins).tolist(), goes_on.tolist()
    first_step = list(zip(once.iou.tolist(), once.center.tolist(), once.width.tolist()))
    first_ends = list(zip(once.new_start.tolist(), once.new_end.tolist()))
    maps, center_of, width_of = map_of.tolist(), centers.tolist(), widths.tolist()

    firsts, sizes, merges, ends = [], [], [], []
    last = -1  # the last kernel that is in a group
    for first in begins_at:
        if first <= last:
            continue
        last = first + 1
        steps, new_ends = [first_step[first]], [first_ends[first]]
        if further[first]:
            _, center, width = first_step[first]
            while last + 1 < len(maps) and maps[last + 1] == maps[first]:
                step = merged_alone(center, width, center_of[last + 1], width_of[last + 1], merge)
                if not step.iou > threshold:
                    break
                last += 1
                center, width = step.center, step.width
                steps.append((step.iou, center, width))
                new_ends.append((step.new_start, step.new_end))
        firsts.append(first)
        sizes.append(last - first + 1)
        merges.append(steps)
        ends.append(new_ends)
    if not firsts:
        return []

    # Members whose own centre lies outside what they became part of.
    size, group = np.array(sizes), np.repeat(np.arange(len(sizes)), sizes)
    begin = np.cumsum(size) - size
    member = np.array(firsts)[group] + np.arange(len(group)) - begin[group]
    final = np.array([steps[-1] for steps in merges])  # IoU, centre, width
    outside = np.abs(centers[member] - final[group, 1]) > final[group, 2] / 2
    strays = np.add.reduceat(outside, begin).tolist()
    places = place.tolist()
    return [
        Group(maps[first], cells, steps, stray, shares(cells, new_ends, merge))
        for first, cells, steps, stray, new_ends in zip(
            firsts,
            (places[first : first + size] for first, size in zip(firsts, sizes)),
            merges,
            strays,
            ends,
        )
    ]


class Merged(NamedTuple):
    """What two kernels merge into (Eq. 3), their overlap, and whose ends it has."""

    iou: Any
    center: Any
    width: Any
    new_start: Any
    new_end: Any


def merged(center: Any, width: Any, other: Any, wide: Any, merge: Merge) -> Merged:
    """Base kernels with the kernels that join them, elementwise."""
    start, end = center - width / 2, center + width / 2
    new_start, new_end = other - wide / 2, other + wide / 2
    low, high = np.minimum(start, new_start), np.maximum(end, new_end)
    length = high - low  # L of Figure 3
    shared = np.maximum(np.minimum(end, new_end) - np.maximum(start, new_start), 0.0)  # H
    middle = (center + other) / 2 if merge == "paper" else (low + high) / 2
    iou = shared / np.where(length > 0, length, 1.0)
    return Merged(iou, middle, length, new_start < start, new_end > end)


def merged_alone(center: float, width: float, other: float, wide: float, merge: Merge) -> Merged:
    """The same of one base kernel, in plain numbers, which is faster for one."""
    start, end = center - width / 2, center + width / 2
    new_start, new_end = other - wide / 2, other + wide / 2
    low, high = min(start, new_start), max(end, new_end)
    length = high - low
    shared = max(min(end, new_end) - max(start, new_start), 0.0)
    middle = (center + other) / 2 if merge == "paper" else (low + high) / 2
    return Merged(shared / length, middle, length, new_start < start, new_end > end)


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

        As printed the centre is the mean of two centres, so that the last one counts for half.

        >>> [share.center_of_center for share in shares([7, 8, 9], [(False, True)] * 2, "paper")]
        [0.25, 0.25, 0.5]
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
    # From the last merge to the first. The final kernel's width is `of_width` times the width and
    # `of_center` times the centre of the base kernel as it was before a merge, and what the members
    # that merged since have brought; its centre is `in_center` times that base kernel's centre and
    # the like. An end that is the base's is its centre plus or minus half its width; one that is
    # the new member's is that member's, so that the base has no part in it.
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


def with_singles(
    groups: list[Group], place: NDArray[np.int64], map_of: NDArray[np.int64]
) -> list[Group]:
    """The whole set G: mixed kernels, and those that did not merge, in order of their cells."""
    merged = {cell for group in groups for cell in group.cells}
    alone = [
        Group(m, [cell], [], 0, [Share(cell, 1.0, 0.0, 0.0, 1.0)])
        for m, cell in zip(map_of.tolist(), place.tolist())
        if cell not in merged
    ]
    return sorted([*groups, *alone], key=lambda group: group.cells)
