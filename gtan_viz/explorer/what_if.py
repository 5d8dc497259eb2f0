"""The explorer's what-if in Python: the detections that other kernels would make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.detection import Predictions, detect_recording
from gtan.runs.explanation import Explanation

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[Any]


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


def what_if(explanation: Explanation, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Detections under the settings of an explorer, as `Explanation.detections` gives the learned.

    Kernels that a change reaches are grouped, pooled and predicted again from the feature maps
    (float16); the others keep their predictions. The browser computes the same while a slider
    moves.

    Args:
        explanation: with feature maps, unless only `xi`, `rho` or `ratio_scale` change.
        settings: as `Explorer.settings`: any of `sigma_factor`, `epsilon`, `ratio_scale`, `xi`,
            `rho`, `merge`, `grouping`, and `kernels`.

    Returns:
        Columns label, start, end (seconds), score, ranking, window, layer, cell (of a mixed kernel
        its first member), mixed (bool), ratio; best first.

    Raises:
        ValueError: if kernels change and the Explanation has no feature maps.

    Example:
        >>> import gtan, gtan_viz
        >>> explanation = gtan.explain(gtan.open_run(), "exp09_user05")
        >>> len(gtan_viz.what_if(explanation, {"sigma_factor": 1.5})) > 0
        True
    """
    header, learned = explanation.header, explanation.settings
    chosen = {name: settings[name] for name in ("epsilon", "merge", "grouping") if name in settings}
    kernel_settings = learned.kernels.model_copy(update=chosen)
    regroup = kernel_settings != learned.kernels
    tables: list[list[pd.DataFrame]] = []
    outputs: list[list[tuple[Array, Array, Array]]] = []
    for window in range(len(explanation.arrays["windows.start"])):
        tables.append([])
        outputs.append([])
        for layer, layout in enumerate(header["layers"], 1):
            found = _kernels(explanation, layer, window, settings, kernel_settings, regroup)
            ratios = np.array(layout["ratios"]) * settings.get("ratio_scale", 1.0)
            outputs[-1].append(_predict(explanation, layer, window, found))
            count = len(ratios)
            tables[-1].append(
                pd.DataFrame(
                    {
                        "center": found.centers.repeat(count),
                        "width": (found.widths[:, None] * ratios).ravel(),
                        "exists": found.exists.repeat(count),
                        "layer": layer,
                        "cell": found.cell.repeat(count),
                        "mixed": found.mixed.repeat(count),
                        "ratio": np.tile(np.arange(count), len(found.centers)),
                    }
                )
            )
    proposals = [pd.concat(one, ignore_index=True) for one in tables]
    logits, offsets, overlap = (
        _stack([np.concatenate([part[number] for part in one]) for one in outputs])
        for number in range(3)
    )
    center, width, exists = (
        _stack([one[name].to_numpy() for one in proposals])
        for name in ("center", "width", "exists")
    )
    found_in = detect_recording(
        Predictions(center, width, exists, logits, offsets, overlap),
        explanation.arrays["windows.start"],
        explanation.arrays["windows.owned"],
        header["window"],
        explanation.grid,
        header["duration"],
        learned.detection.model_copy(
            update={name: settings[name] for name in ("xi", "rho") if name in settings}
        ),
    )
    source = pd.concat(proposals, keys=range(len(proposals)))
    made_by = source.loc[list(zip(found_in["window"], found_in["proposal"], strict=True))]
    table = found_in.drop(columns="proposal").assign(
        label=[header["classes"][number] for number in found_in["label"]]
    )
    for name in ("layer", "cell", "mixed", "ratio"):
        table[name] = made_by[name].to_numpy()
    return table[
        ["label", "start", "end", "score", "ranking", "window", "layer", "cell", "mixed", "ratio"]
    ]


def _kernels(
    explanation: Explanation,
    layer: int,
    window: int,
    settings: Mapping[str, Any],
    kernels: Any,
    regroup: bool,
) -> Kernels:
    """Learned kernels with their changes, and the mixed ones that follow from them."""
    T = explanation.header["layers"][layer - 1]["cells"]
    first, last = _array(explanation, layer, "kernel_offsets")[window : window + 2]
    stored = np.arange(first, last)
    centers, sigmas, widths, exists = (
        _array(explanation, layer, name)[first:last].astype(float)
        for name in ("centers", "sigmas", "widths", "exists")
    )
    valid = _array(explanation, layer, "valid")[window].astype(bool)
    literal = kernels.sigma_unit == "literal" and kernels.scale == "gaussian"
    per_sigma = 2 / T if literal else 2.0  # width of a sigma (R1)
    # A kernel that its group replaced stands in the file with its width alone.
    base = np.where(exists[:T] > 0, sigmas[:T], widths[:T] / per_sigma)
    center, sigma = centers[:T].copy(), base * settings.get("sigma_factor", 1.0)
    for t in range(T):
        sigma[t], center[t] = _override(settings, layer, window, str(t), T, sigma[t], center[t])
    same = (sigma == base) & (center == centers[:T])
    width = np.where(sigma == base, widths[:T], sigma * per_sigma)
    moved = not (same | ~valid).all()

    there, groups = valid.copy(), []
    if not (moved or regroup):
        there = exists[:T] > 0
        spans, members = (_array(explanation, layer, n) for n in ("member_offsets", "members"))
        groups = [
            (members[spans[row]], centers[row - first], widths[row - first], row)
            for row in stored[T:]
            if exists[row - first]
        ]
    elif kernels.grouping != "off":
        for cells, middle, wide in _grouped(center, width, valid, kernels):
            if kernels.grouping == "replace":
                there[cells] = False
            groups.append((cells[0], middle, wide, -1))
    rows = [np.where(same & (there == (exists[:T] > 0)), stored[:T], -1)]
    parts = [Kernels(center, sigma, width, there, np.zeros(T, bool), np.arange(T), rows[0])]
    for cell, middle, wide, row in groups:
        half, moved_to = _override(settings, layer, window, f"m{cell}", T, wide / 2, middle)
        as_learned = row if (half, moved_to) == (wide / 2, middle) else -1
        parts.append(
            Kernels(
                *(np.array([v]) for v in (moved_to, half, 2 * half, True, True, cell, as_learned))
            )
        )
    return Kernels(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _override(
    settings: Mapping[str, Any],
    layer: int,
    window: int,
    name: str,
    T: int,
    sigma: float,
    center: float,
) -> tuple[float, float]:
    """Sigma and centre of a kernel as `settings["kernels"]` has them, in cells there."""
    change = settings.get("kernels", {}).get(f"{layer}/{window}/{name}", {})
    return (
        change["sigma"] / T if change.get("sigma") is not None else sigma,
        change["center"] / T if change.get("center") is not None else center,
    )


def _grouped(
    centers: Array, widths: Array, valid: Array, kernels: Any
) -> list[tuple[Array, float, float]]:
    """Members, centre and width of each group of two or more (Algorithm 1)."""
    import torch

    from gtan.grouping import group_kernels

    groups = group_kernels(
        _tensor(centers), _tensor(widths), kernels.epsilon, kernels.merge, torch.from_numpy(valid)
    )
    mixed = groups.mask & (groups.members.sum(-1) > 1)
    return [
        (
            groups.members[k].nonzero()[:, 0].numpy(),
            float(groups.centers[k]),
            float(groups.widths[k]),
        )
        for k in mixed.nonzero()[:, 0].tolist()
    ]


def _predict(
    explanation: Explanation, layer: int, window: int, found: Kernels
) -> tuple[Array, Array, Array]:
    """Logits [K * R, C + 1], offsets [K * R, 2] and overlap [K * R] of the kernels."""
    logits, offsets, overlap = (
        _array(explanation, layer, name).astype(float)[found.stored]
        for name in ("logits", "offsets", "overlap")
    )
    changed = np.flatnonzero((found.stored < 0) & found.exists)
    if len(changed):
        if not explanation.interactive:
            raise ValueError(
                "kernels changed, and this Explanation holds no feature maps to predict from; make "
                "one with gtan.explain(run, recording, features=True)"
            )
        pooled = _pool(explanation, layer, window, found, changed)
        shape = (len(changed), overlap.shape[1], -1)

        def head(name: str) -> Array:
            weights = _array(explanation, layer, f"{name}_weights").astype(float)
            bias = _array(explanation, layer, f"{name}_bias").astype(float)
            return (pooled @ weights.T + bias).reshape(shape)

        logits[changed], offsets[changed] = head("score"), head("offset")
        overlap[changed] = 1 / (1 + np.exp(-head("overlap")[..., 0]))
    return logits.reshape(-1, logits.shape[-1]), offsets.reshape(-1, 2), overlap.ravel()


def _pool(explanation: Explanation, layer: int, window: int, found: Kernels, rows: Array) -> Array:
    """Features of these kernels, [K, D] (Eq. 4)."""
    import torch

    from gtan.kernels import average_weights, kernel_weights

    features = _array(explanation, layer, "features")[window].astype(float)  # [D, T]
    T = features.shape[1]
    valid = torch.from_numpy(_array(explanation, layer, "valid")[window].astype(bool))
    pooling = explanation.settings.kernels.pooling
    centers = found.centers[rows]
    if pooling == "cell":
        nearest = np.where(found.mixed[rows], (centers * T).astype(int), found.cell[rows])
        return features.T[nearest.clip(0, T - 1)]
    weigh, size = (
        (kernel_weights, found.sigmas) if pooling == "gaussian" else (average_weights, found.widths)
    )
    return weigh(_tensor(centers), _tensor(size[rows]), T, valid).numpy() @ features.T


def _array(explanation: Explanation, layer: int, name: str) -> Array:
    return explanation.arrays[f"layer{layer}.{name}"]


def _tensor(values: Array) -> Tensor:
    import torch

    return torch.from_numpy(np.asarray(values, np.float64))


def _stack(parts: list[Array]) -> Array:
    """One array of all windows, [W, N, ...]; shorter ones end in zeros (no kernel)."""
    stacked = np.zeros((len(parts), max(map(len, parts)), *parts[0].shape[1:]), parts[0].dtype)
    for window, part in enumerate(parts):
        stacked[window, : len(part)] = part
    return stacked
