"""The proposals of an Explanation as a table: kernel x scale ratio, by Eq. 2, Eq. 5 and Eq. 10."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtan.detection import class_scores, decode

if TYPE_CHECKING:
    from gtan.runs.explanation import Explanation


def layer_proposals(explanation: Explanation, layer: int) -> pd.DataFrame:
    """The proposals of anchor layer `layer` (from 1); `Explanation.proposals` names the columns."""
    header, arrays = explanation.header, explanation.arrays
    about = header["layers"][layer - 1]
    a = {name: arrays[f"layer{layer}.{name}"] for name in _ARRAYS}
    ratios = np.array(about["ratios"], np.float32)
    window, mixed = explanation.places(layer)  # [K]
    start = arrays["windows.start"].astype(np.float64)[window, None]
    owned = arrays["windows.owned"][window]

    widths = a["widths"].astype(np.float32)[:, None] * ratios  # [K, R]
    centers = np.broadcast_to(a["centers"].astype(np.float32)[:, None], widths.shape)
    refined = decode(
        centers, widths, a["offsets"].astype(np.float32), explanation.settings.detection
    )
    scores = class_scores(a["logits"].astype(np.float64))[..., 1:]  # [K, R, C]
    best = scores.argmax(-1)
    class_score = scores.max(-1)  # R12: over the action classes
    middle = start + header["window"] * refined[0]

    columns: dict[str, Any] = {
        "window": window[:, None],
        "layer": layer,
        "row": np.arange(len(window))[:, None],
        "ratio": np.arange(len(ratios)),
    }
    for prefix, (center, width) in {"default_": (centers, widths), "": refined}.items():
        for end, half in (("start", -0.5), ("end", 0.5)):
            clip = start + header["window"] * (center + half * width)
            seconds = explanation.grid.to_seconds(clip)
            columns[prefix + end] = seconds.clip(0.0, header["duration"])
    columns |= {
        "label": np.array(header["classes"], object)[best],
        "class_score": class_score,
        "overlap": a["overlap"].astype(np.float64),
        "ranking": class_score * a["overlap"],
        "mixed": mixed[:, None],
        "state": a["state"],
        "owned": (middle >= owned[:, :1]) & (middle < owned[:, 1:]),
    }
    exists = a["exists"].astype(bool)
    return pd.DataFrame(
        {
            name: np.broadcast_to(values, widths.shape)[exists].ravel()
            for name, values in columns.items()
        }
    )


_ARRAYS = (
    "exists", "centers", "widths", "offsets", "logits", "overlap", "state"
)  # fmt: skip
