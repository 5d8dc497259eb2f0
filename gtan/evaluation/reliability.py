"""Does the overlap score keep its word? y_ov against the tIoU that was achieved (R10).

Eq. 9 teaches y_ov the tIoU of the *default* boundary, Eq. 10 ranks the *refined* one with it. A
score is reliable if boxes that are given 0.7 overlap their truth by 0.7 on average (DeGroot and
Fienberg, 1983); the table here says so, score bin by score bin, for both boundaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gtan.intervals import pairwise_iou

if TYPE_CHECKING:
    from gtan.runs.explanation import Explanation

Boxes = Literal["detections", "proposals"]


def overlap_scores(
    explanations: Sequence[Explanation], boxes: Boxes = "detections"
) -> pd.DataFrame:
    """The overlap score of every box, and what its two boundaries achieved.

    Args:
        explanations: of any recordings of one run.
        boxes: ``detections`` (what is left after soft-NMS) or ``proposals`` (all kernels and scale
            ratios; most are background, to which L_ov gives few samples or none, R20).

    Returns:
        One row per box: recording, predicted (y_ov, 0 to 1), default and refined (tIoU of that
        boundary with the closest truth of any class; 0 where the recording has none).

    Raises:
        ValueError: for another kind of boxes, or without an Explanation.

    Example:
        >>> import gtan
        >>> explanation = gtan.Explanation.load(list(gtan.open_run().explanations().values())[-1])
        >>> overlap_scores([explanation]).columns.tolist()
        ['recording', 'predicted', 'default', 'refined']
    """
    if boxes not in ("detections", "proposals"):
        raise ValueError(f"boxes {boxes!r} are unknown; choose detections or proposals")
    if not explanations:
        raise ValueError("at least one Explanation is needed")
    return pd.concat([_scores_of(each, boxes) for each in explanations], ignore_index=True)


def reliability(predicted: np.ndarray, achieved: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """What was achieved at each level of the prediction.

    Args:
        predicted: [N] between 0 and 1.
        achieved: [N].
        bins: equal bins of the prediction; empty ones are left out.

    Returns:
        One row per bin: low, high (its edges), count, predicted (mean), achieved (mean), and the
        achieved quartiles q25, q50, q75.

    Raises:
        ValueError: bins below 1, lengths that differ, or a prediction outside 0 to 1.

    Example:
        >>> table = reliability(np.array([0.1, 0.2, 0.9]), np.array([0.0, 0.2, 0.7]), bins=2)
        >>> table[["count", "predicted", "achieved"]].round(2).to_numpy().tolist()
        [[2.0, 0.15, 0.1], [1.0, 0.9, 0.7]]
    """
    predicted, achieved = np.asarray(predicted, float), np.asarray(achieved, float)
    if bins < 1:
        raise ValueError(f"bins: {bins} is below 1")
    if predicted.shape != achieved.shape:
        raise ValueError(f"{len(predicted)} predictions but {len(achieved)} achievements")
    if len(predicted) and not (predicted.min() >= 0 and predicted.max() <= 1):
        raise ValueError("predicted: values must lie between 0 and 1")
    place = np.minimum((predicted * bins).astype(int), bins - 1)
    groups = pd.DataFrame({"predicted": predicted, "achieved": achieved}).groupby(place)
    table = groups.mean().assign(count=groups.size())
    for name, share in (("q25", 0.25), ("q50", 0.5), ("q75", 0.75)):
        table[name] = groups["achieved"].quantile(share)
    table["low"], table["high"] = table.index / bins, (table.index + 1) / bins
    columns = ["low", "high", "count", "predicted", "achieved", "q25", "q50", "q75"]
    return table[columns].reset_index(drop=True)


def calibration_error(table: pd.DataFrame) -> float:
    """Mean distance of prediction and achievement over a table of `reliability`, by count."""
    distance = (table["predicted"] - table["achieved"]).abs()
    return float((distance * table["count"]).sum() / max(1, table["count"].sum()))


def _scores_of(explanation: Explanation, boxes: Boxes) -> pd.DataFrame:
    table = explanation.proposals()
    if boxes == "detections":
        found = explanation.detections()[["layer", "row", "ratio"]]
        table = found.merge(table, on=["layer", "row", "ratio"], how="left", validate="m:1")
    truth = explanation.truth()[["start", "end"]].to_numpy(np.float64)
    out = pd.DataFrame(
        {"recording": explanation.header["recording"], "predicted": table["overlap"]}
    )
    for name, ends in (
        ("default", ["default_start", "default_end"]),
        ("refined", ["start", "end"]),
    ):
        overlap = pairwise_iou(table[ends].to_numpy(np.float64), truth)
        out[name] = overlap.max(axis=1, initial=0.0)
    return out
