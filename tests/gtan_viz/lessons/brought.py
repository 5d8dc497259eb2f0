"""What cells bring, by gtan's own functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import gtan
from gtan.kernels import average_weights, derivative_weights, kernel_weights


def layer_of(
    run: Any, recording: str, label: str
) -> tuple[dict[str, NDArray[Any]], list[str], int, int, int]:
    """Of the best detection of a class: arrays of its layer, classes with the background, its
    window, kernel and ratio."""
    found = gtan.explain(run, recording)
    classes = ["background", *found.header["classes"]]
    labels = list(found.arrays["detections.labels"])
    source = found.arrays["detections.source"][labels.index(classes.index(label) - 1)]
    window, layer, kernel, ratio = (int(i) for i in source)
    start = f"layer{layer}."
    arrays = {
        name.removeprefix(start): array
        for name, array in found.arrays.items()
        if name.startswith(start)
    }
    return arrays, classes, window, kernel, ratio


def brought(
    data: dict[str, Any],
    sigma: float,
    orders: int,
    *,
    turned: bool = False,
    average: bool = False,
) -> NDArray[np.float64]:
    """[orders, cells] of a part's data, under the kernel at its learned centre with this sigma."""
    channels = len(data["row"]) // data["orders"]
    features = np.array(data["features"]).reshape(channels, -1)
    says = np.array(data["row"]).reshape(data["orders"], channels)[:orders] @ features
    cells = features.shape[1]
    center = torch.tensor([(data["center"] - data["first"]) / cells], dtype=torch.float64)
    wide = torch.tensor([sigma / cells], dtype=torch.float64)
    of = average_weights if average else kernel_weights
    weights = of(center, 2 * wide if average else wide, cells)
    all_orders = derivative_weights(weights, center, wide, orders - 1)[:, 0].numpy()
    return np.asarray(all_orders * (says[:, ::-1] if turned else says))
