"""The explorer's what-if in Python: the detections that other kernels would make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gtan.detection import Predictions, detect_recording
from gtan.runs.explanation import Explanation
from gtan_viz.explorer.changed_kernels import (
    Array,
    Kernels,
    Question,
    changed_kernels,
    of_layer,
)
from gtan_viz.kernels import average_weights, derivative_weights, kernel_weights

COLUMNS = ["label", "start", "end", "score", "ranking", "window", "layer", "cell", "mixed", "ratio"]


class Proposals(NamedTuple):
    """Proposals of a window, or of one of its layers: N of them.

    Attributes:
        table: center, width (fractions of the window), exists, layer, cell, mixed, ratio.
        logits, offsets, overlap: [N, C + 1], [N, 2] and [N], as predicted.
    """

    table: pd.DataFrame
    logits: Array
    offsets: Array
    overlap: Array


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
        >>> explanation = gtan.Explanation.load(list(gtan.open_run().explanations().values())[-1])
        >>> len(gtan_viz.what_if(explanation, {"sigma_factor": 1.5})) > 0
        True
    """
    question = Question.of(explanation, settings)
    windows = [
        proposals_of_window(question, window)
        for window in range(len(explanation.arrays["windows.start"]))
    ]
    found = detections_of(question, windows)
    tables = pd.concat([each.table for each in windows], keys=range(len(windows)))
    made_by = tables.loc[list(zip(found["window"], found["proposal"], strict=True))]
    classes = explanation.header["classes"]
    return found.assign(
        label=[classes[number] for number in found["label"]],
        **{name: made_by[name].to_numpy() for name in ("layer", "cell", "mixed", "ratio")},
    )[COLUMNS]


def proposals_of_window(question: Question, window: int) -> Proposals:
    """The proposals of all layers, one behind the other."""
    layers = range(1, len(question.explanation.header["layers"]) + 1)
    tables, *predicted = zip(*(proposals_of_layer(question, j, window) for j in layers))
    return Proposals(pd.concat(tables, ignore_index=True), *map(np.concatenate, predicted))


def proposals_of_layer(question: Question, layer: int, window: int) -> Proposals:
    """Every kernel at every scale ratio, and what the network says of it."""
    kernels = changed_kernels(question, layer, window)
    ratios = np.array(question.explanation.header["layers"][layer - 1]["ratios"])
    ratios = ratios * question.changes.get("ratio_scale", 1.0)
    count = len(ratios)
    table = pd.DataFrame(
        {
            "center": kernels.centers.repeat(count),
            "width": (kernels.widths[:, None] * ratios).ravel(),
            "exists": kernels.exists.repeat(count),
            "layer": layer,
            "cell": kernels.cell.repeat(count),
            "mixed": kernels.mixed.repeat(count),
            "ratio": np.tile(np.arange(count), len(kernels.centers)),
        }
    )
    logits, offsets, overlap = predict(question, layer, window, kernels)
    return Proposals(
        table, logits.reshape(-1, logits.shape[-1]), offsets.reshape(-1, 2), overlap.ravel()
    )


def predict(
    question: Question, layer: int, window: int, kernels: Kernels
) -> tuple[Array, Array, Array]:
    """Logits [K, R, C + 1], offsets [K, R, 2] and overlap [K, R]: stored ones, or made anew."""
    explanation = question.explanation
    logits, offsets, overlap = (
        of_layer(explanation, layer, name).astype(float)[kernels.stored]
        for name in ("logits", "offsets", "overlap")
    )
    changed = np.flatnonzero((kernels.stored < 0) & kernels.exists)
    if not len(changed):
        return logits, offsets, overlap
    if not explanation.interactive:
        raise ValueError(
            "kernels changed, and this Explanation holds no feature maps to predict from; make "
            "one with gtan.explain(run, recording, features=True)"
        )
    pooled = pool(question, layer, window, Kernels(*(column[changed] for column in kernels)))

    def head(name: str) -> Array:
        weights = of_layer(explanation, layer, f"{name}_weights").astype(float)
        bias = of_layer(explanation, layer, f"{name}_bias").astype(float)
        return (pooled @ weights.T + bias).reshape(len(changed), overlap.shape[1], -1)

    logits[changed], offsets[changed] = head("score"), head("offset")
    overlap[changed] = 1 / (1 + np.exp(-head("overlap")[..., 0]))
    return logits, offsets, overlap


def pool(question: Question, layer: int, window: int, kernels: Kernels) -> Array:
    """Features of these kernels, [K, D] (Eq. 4), or [K, (N + 1) D] with derivatives (E1)."""
    features = of_layer(question.explanation, layer, "features")[window].astype(float)  # [D, T]
    T = features.shape[1]
    valid = of_layer(question.explanation, layer, "valid")[window].astype(bool)
    if question.learned.pooling == "cell":
        nearest = np.where(kernels.mixed, (kernels.centers * T).astype(int), kernels.cell)
        return features.T[nearest.clip(0, T - 1)]
    if question.learned.pooling == "average":
        return average_weights(kernels.centers, kernels.widths, T, valid) @ features.T
    weights = kernel_weights(kernels.centers, kernels.sigmas, T, valid)
    orders = derivative_weights(
        weights, kernels.centers, kernels.sigmas, question.learned.derivatives
    )
    return np.concatenate(orders @ features.T, -1)


def detections_of(question: Question, windows: list[Proposals]) -> pd.DataFrame:
    """Detections of the recording, as `gtan.detection.detect_recording` gives them."""
    explanation = question.explanation
    predictions = Predictions(
        centers=stack(each.table["center"].to_numpy() for each in windows),
        widths=stack(each.table["width"].to_numpy() for each in windows),
        mask=stack(each.table["exists"].to_numpy() for each in windows),
        logits=stack(each.logits for each in windows),
        offsets=stack(each.offsets for each in windows),
        overlap=stack(each.overlap for each in windows),
    )
    suppression = {n: question.changes[n] for n in ("xi", "rho") if n in question.changes}
    return detect_recording(
        predictions,
        explanation.arrays["windows.start"],
        explanation.arrays["windows.owned"],
        explanation.header["window"],
        explanation.grid,
        explanation.header["duration"],
        explanation.settings.detection.model_copy(update=suppression),
    )


def stack(arrays: Iterable[Array]) -> Array:
    """One array of all windows, [W, N, ...]; shorter ones end in zeros (no kernel)."""
    parts = list(arrays)
    stacked = np.zeros((len(parts), max(map(len, parts)), *parts[0].shape[1:]), parts[0].dtype)
    for window, part in enumerate(parts):
        stacked[window, : len(part)] = part
    return stacked
