"""The kernels that a what-if leads to: those that were changed, and the groups that follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gtan.algorithm_1 import algorithm_1
from gtan.runs.explanation import Explanation
from gtan.settings import KernelSettings

Array = NDArray[Any]


class Question(NamedTuple):
    """What is asked of an Explanation.

    Attributes:
        changes: as `Explorer.settings`.
        learned: the run's own settings of kernels.
        asked: those under the changes.
    """

    explanation: Explanation
    changes: Mapping[str, Any]
    learned: KernelSettings
    asked: KernelSettings

    @classmethod
    def of(cls, explanation: Explanation, changes: Mapping[str, Any]) -> Question:
        """The changes, with what they make of the run's settings."""
        learned = explanation.settings.kernels
        names = [name for name in ("epsilon", "merge", "grouping") if name in changes]
        asked = learned.model_copy(update={name: changes[name] for name in names})
        return cls(explanation, changes, learned, asked)


class Kernels(NamedTuple):
    """The kernels of one window of one layer; fractions of the window.

    `cell` is a learned kernel's cell or a mixed one's first member; `stored` its row in the layer's
    arrays if it is as learned, else -1.
    """

    centers: Array
    sigmas: Array
    widths: Array
    exists: Array
    mixed: Array
    cell: Array
    stored: Array


class StoredMap(NamedTuple):
    """What the Explanation holds of one window of one layer: kernels of the T cells, then groups.

    Attributes:
        layer, window: from 1, and from 0.
        first: row of the first kernel in the layer's arrays.
        centers, sigmas, widths: [K] fractions of the window.
        exists: [K] bool.
        valid: [T] bool, cells within the recording.
    """

    layer: int
    window: int
    first: int
    centers: Array
    sigmas: Array
    widths: Array
    exists: Array
    valid: Array


class Group(NamedTuple):
    """A mixed kernel: its members' cells, itself, and its row if it is as learned, else -1."""

    cells: Array
    center: float
    width: float
    stored: int


def changed_kernels(question: Question, layer: int, window: int) -> Kernels:
    """Learned kernels with their changes, and the mixed ones that follow from them."""
    stored = stored_map(question.explanation, layer, window)
    learned = learned_kernels(question, stored)
    touched = ((learned.stored < 0) & stored.valid).any()
    if touched or question.asked != question.learned:
        groups = groups_anew(learned, stored.valid, question.asked)
        exists = stored.valid.copy()
        if question.asked.grouping == "replace":
            for group in groups:
                exists[group.cells] = False
    else:
        groups = groups_as_learned(question.explanation, stored)
        exists = learned.exists
    as_before = exists == learned.exists
    learned = learned._replace(exists=exists, stored=np.where(as_before, learned.stored, -1))
    parts = [learned, *(mixed_kernel(question, stored, group) for group in groups)]
    return Kernels(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def stored_map(explanation: Explanation, layer: int, window: int) -> StoredMap:
    """What the Explanation holds of a window (from 0) of a layer (from 1)."""
    first, last = of_layer(explanation, layer, "kernel_offsets")[window : window + 2]
    centers, sigmas, widths = (
        of_layer(explanation, layer, name)[first:last].astype(float)
        for name in ("centers", "sigmas", "widths")
    )
    exists = of_layer(explanation, layer, "exists")[first:last] > 0
    valid = of_layer(explanation, layer, "valid")[window].astype(bool)
    return StoredMap(layer, window, int(first), centers, sigmas, widths, exists, valid)


def learned_kernels(question: Question, stored: StoredMap) -> Kernels:
    """The kernel of every cell, with its changes; `exists` as it was learned."""
    T = len(stored.valid)
    literal = question.learned.sigma_unit == "literal" and question.learned.scale == "gaussian"
    per_sigma = 2 / T if literal else 2.0  # width of a sigma (R1)
    exists, centers, widths = stored.exists[:T], stored.centers[:T], stored.widths[:T]
    # A kernel that its group replaced stands in the file with its width alone.
    sigmas = np.where(exists, stored.sigmas[:T], widths / per_sigma)
    center, sigma = centers.copy(), sigmas * question.changes.get("sigma_factor", 1.0)
    for t in range(T):
        center[t], sigma[t] = moved_by_hand(question, stored, str(t), center[t], sigma[t])
    same = (sigma == sigmas) & (center == centers)
    width = np.where(sigma == sigmas, widths, sigma * per_sigma)
    rows = np.where(same, stored.first + np.arange(T), -1)
    return Kernels(center, sigma, width, exists, np.zeros(T, bool), np.arange(T), rows)


def groups_as_learned(explanation: Explanation, stored: StoredMap) -> list[Group]:
    """The groups that the Explanation holds."""
    spans, members = (
        of_layer(explanation, stored.layer, name) for name in ("member_offsets", "members")
    )
    groups = []
    for k in range(len(stored.valid), len(stored.centers)):
        if stored.exists[k]:
            row = stored.first + k
            cells = members[spans[row] : spans[row + 1]]
            groups.append(Group(cells, stored.centers[k], stored.widths[k], row))
    return groups


def groups_anew(learned: Kernels, valid: Array, settings: KernelSettings) -> list[Group]:
    """The groups that Algorithm 1 forms of these kernels."""
    if settings.grouping == "off":
        return []
    cells = np.flatnonzero(valid)
    found = algorithm_1(
        place=cells,
        map_of=np.zeros(len(cells), np.int64),
        centers=learned.centers[cells],
        widths=learned.widths[cells],
        threshold=settings.epsilon,
        merge=settings.merge,
    )
    last_steps = [group.steps[-1] for group in found]
    return [
        Group(np.array(group.cells), center, width, -1)
        for group, (_, center, width) in zip(found, last_steps, strict=True)
    ]


def mixed_kernel(question: Question, stored: StoredMap, group: Group) -> Kernels:
    """A group as one kernel, with its changes."""
    cell, learned = group.cells[0], (group.center, group.width / 2)
    center, sigma = moved_by_hand(question, stored, f"m{cell}", *learned)
    row = group.stored if (center, sigma) == learned else -1
    values = (center, sigma, 2 * sigma, True, True, cell, row)
    return Kernels(*(np.array([value]) for value in values))


def moved_by_hand(
    question: Question, stored: StoredMap, name: str, center: float, sigma: float
) -> tuple[float, float]:
    """Centre and sigma of a kernel as `changes["kernels"]` has them, in cells there.

    `name` is a cell, or "m" and the first cell of a group.
    """
    T = len(stored.valid)
    key = f"{stored.layer}/{stored.window}/{name}"
    change = question.changes.get("kernels", {}).get(key, {})
    return (
        change["center"] / T if change.get("center") is not None else center,
        change["sigma"] / T if change.get("sigma") is not None else sigma,
    )


def of_layer(explanation: Explanation, layer: int, name: str) -> Array:
    """An array of an anchor layer, from 1."""
    return explanation.arrays[f"layer{layer}.{name}"]
