"""What lessons need of one detection of the example run: its kernel, and what lies under it."""

from __future__ import annotations

from typing import Any

import numpy as np

import gtan


def evidence(label: str, reach: int) -> dict[str, Any]:
    """The best detection of a class at the example run's last step, as data of a part.

    Args:
        label: of the class.
        reach: cells to either side of the kernel's middle one, where the map has them.

    Returns:
        `label`, `rival` (the class that came second), `start`, `end`, `score`; of the kernel
        `center`, `sigma`, `width` in cells and its layer's `seconds` a cell; `first`, the number of
        the first cell that is kept, and `features` [D * cells] of those; `row` [orders * D] and
        `bias` of the logit of the class minus the rival's; `orders` (E1).
    """
    run = gtan.open_run()
    path = next(file for (_, step), file in run.explanations().items() if step == run.step)
    found = gtan.Explanation.load(path)
    header, arrays = found.header, found.arrays
    names = ["background", *header["classes"]]
    best = int(np.argmax(arrays["detections.labels"] == header["classes"].index(label)))
    window, layer, kernel, ratio = (int(i) for i in arrays["detections.source"][best])
    of = {name: arrays[f"layer{layer}.{name}"] for name in _NAMES}
    cells = header["layers"][layer - 1]["cells"]
    center = float(of["centers"][kernel]) * cells
    valid = np.flatnonzero(of["valid"][window])
    first = max(int(valid[0]), int(center) - reach)
    last = min(int(valid[-1]), int(center) + reach)
    logits = of["logits"][kernel, ratio].astype(float)
    mine = names.index(label)
    rival = max(set(range(len(names))) - {mine}, key=lambda c: logits[c])
    rows = [ratio * len(names) + c for c in (mine, rival)]
    matrix, bias = (of[f"score_{name}"].astype(float) for name in ("weights", "bias"))
    start, end = (float(t) for t in arrays["detections.segments"][best])
    return {
        "label": label,
        "rival": names[rival],
        "start": round(start, 2),
        "end": round(end, 2),
        "score": round(float(arrays["detections.scores"][best]), 4),
        "center": round(center, 4),
        "sigma": round(float(of["sigmas"][kernel]) * cells, 4),
        "width": round(float(of["widths"][kernel]) * cells, 4),
        "seconds": header["window"] * header["grid"]["stride"] / cells,
        "first": first,
        "features": _plain(of["features"][window, :, first : last + 1]),
        "row": _plain(matrix[rows[0]] - matrix[rows[1]]),
        "bias": float(bias[rows[0]] - bias[rows[1]]),
        "orders": 1 + header["settings"]["kernels"]["derivatives"],
    }


_NAMES = ["centers", "sigmas", "widths", "valid", "features", "logits"]
_NAMES += ["score_weights", "score_bias"]


def _plain(array: Any) -> list[float]:
    """As short as their precision, float16, allows."""
    return [float(f"{x:.5g}") for x in np.ravel(array)]
