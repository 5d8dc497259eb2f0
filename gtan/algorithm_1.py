"""Algorithm 1: which kernels merge, and what each of them brings into the mixed one (Eq. 3).

Plain numbers on the host, of all maps one behind the other, since the walk is one step after the
other.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

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
