"""Python's answer to a what-if, from the arrays of an Explanation and the functions of `gtan`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch

from gtan.detection import Predictions, detect_recording
from gtan.grouping import group_kernels
from gtan.kernels import derivative_weights, kernel_weights
from gtan.runs.explanation import Explanation


def tensor(values: Any) -> torch.Tensor:
    return torch.from_numpy(np.asarray(values)).double()


def mixed_kernels(
    explanation: Explanation, layer: int, window: int, epsilon: float, sigma_factor: float = 1.0
) -> list[tuple[list[int], float, float]]:
    """Members, centre and width (fractions of the window) of each mixed kernel."""
    a = {
        k.partition(".")[2]: v
        for k, v in explanation.arrays.items()
        if k[5:].startswith(f"{layer}.")
    }
    cells = explanation.header["layers"][layer - 1]["cells"]
    rows = slice(a["kernel_offsets"][window], a["kernel_offsets"][window] + cells)
    found = group_kernels(
        tensor(a["centers"][rows]),
        tensor(a["widths"][rows]) * sigma_factor,
        epsilon,
        explanation.settings.kernels.merge,
        torch.from_numpy(a["valid"][window].astype(bool)),
    )
    mixed = found.mask & (found.members.sum(-1) > 1)
    return [
        (found.members[k].nonzero()[:, 0].tolist(), float(found.centers[k]), float(found.widths[k]))
        for k in mixed.nonzero()[:, 0].tolist()
    ]


def detect(
    explanation: Explanation,
    *,
    sigma_factor: float = 1.0,
    epsilon: float | None = None,
    **detection: Any,
) -> pd.DataFrame:
    """Detections with other kernels: grouped, pooled, predicted, decoded and suppressed again.

    For Gaussian kernels that are joined or replaced by their mixed ones. Columns as
    `detect_recording`.
    """
    header, settings = explanation.header, explanation.settings
    assert settings.kernels.pooling == "gaussian" and settings.kernels.grouping != "off"
    epsilon = settings.kernels.epsilon if epsilon is None else epsilon
    classes = len(header["classes"]) + 1
    parts: list[list[tuple[np.ndarray, ...]]] = []
    for window in range(len(explanation.arrays["windows.start"])):
        mine = []
        for layer, layout in enumerate(header["layers"], 1):
            a = {
                name.partition(".")[2]: value
                for name, value in explanation.arrays.items()
                if name.startswith(f"layer{layer}.")
            }
            cells, ratios = layout["cells"], np.array(layout["ratios"])
            rows = slice(a["kernel_offsets"][window], a["kernel_offsets"][window] + cells)
            mixed = mixed_kernels(explanation, layer, window, epsilon, sigma_factor)
            centers = np.concatenate([a["centers"][rows], [m[1] for m in mixed]]).astype(float)
            widths = np.concatenate([a["widths"][rows] * sigma_factor, [m[2] for m in mixed]])
            sigmas = widths / 2  # a replaced kernel stands in the file with its width alone
            valid = a["valid"][window].astype(bool)
            own = valid.copy()
            if settings.kernels.grouping == "replace":
                for members, _, _ in mixed:
                    own[members] = False
            exists = np.concatenate([own, np.ones(len(mixed), bool)])
            weights = kernel_weights(
                tensor(centers), tensor(sigmas), cells, torch.from_numpy(valid)
            )
            orders = derivative_weights(
                weights, tensor(centers), tensor(sigmas), settings.kernels.derivatives
            )
            features = a["features"][window].T.astype(float)
            pooled = np.concatenate([order.numpy() @ features for order in orders], -1)

            def head(name: str, a: Any = a, pooled: Any = pooled, r: int = len(ratios)) -> Any:
                rows = pooled @ a[f"{name}_weights"].T.astype(float) + a[f"{name}_bias"]
                return rows.reshape(len(rows) * r, -1)

            mine.append(
                (
                    np.repeat(centers, len(ratios)),
                    (widths[:, None] * ratios).ravel(),
                    np.repeat(exists, len(ratios)),
                    head("score"),
                    head("offset"),
                    1 / (1 + np.exp(-head("overlap")[:, 0])),
                )
            )
        parts.append([np.concatenate(column) for column in zip(*mine, strict=True)])  # type: ignore[arg-type]
    most = max(len(columns[0]) for columns in parts)

    def stack(column: int, *shape: int) -> np.ndarray:
        padded = np.zeros((len(parts), most, *shape))
        for window, columns in enumerate(parts):
            padded[window, : len(columns[column])] = columns[column]
        return padded

    predictions = Predictions(
        stack(0), stack(1), stack(2).astype(bool), stack(3, classes), stack(4, 2), stack(5)
    )
    return detect_recording(
        predictions,
        explanation.arrays["windows.start"],
        explanation.arrays["windows.owned"],
        header["window"],
        explanation.grid,
        header["duration"],
        settings.detection.model_copy(update=detection),
    )
