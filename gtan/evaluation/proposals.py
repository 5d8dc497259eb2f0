"""Recall of proposals, whatever their label: recall against tIoU, average recall, AR-AN, AUC.

ActivityNet's official definition (``eval_proposal.py``). Every recording contributes the same
share of its own proposals, by descending score, and the share grows in a hundred steps until the
average number of proposals per recording (AN) is reached. An instance is recalled if one of the
proposals retrieved so far has tIoU at or above the threshold; one proposal may recall several.

As in the official tool, the recordings are those with at least one instance, while the share is
taken of all proposals of the table, those in other recordings included. Equal scores are ranked
by row. What has no length recalls nothing and is never recalled. THUMOS14's average recall (AR)
is the same with other thresholds: pass `THUMOS14_TIOU`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gtan.card import card, one_line
from gtan.data.annotations import AMBIGUOUS, Annotations, as_annotations, check_proposals
from gtan.evaluation.detection import TIOU, check_tiou
from gtan.evaluation.overlap import overlapping_pairs
from gtan.evaluation.remarks import look_alike, without_length

ACTIVITYNET_TIOU = TIOU["activitynet"]
THUMOS14_TIOU = tuple(float(value) for value in np.linspace(0.5, 1.0, 11))

STEPS = 100


@dataclass(frozen=True)
class ProposalResults:
    """Recall by threshold and by number of proposals.

    Attributes:
        tiou: the K thresholds.
        proposals_per_video: [100] average number of proposals per recording (AN), ascending.
        recall: [K, 100] recall at each threshold and AN.
        remarks: what to know of these numbers, a line each.
    """

    tiou: tuple[float, ...]
    proposals_per_video: np.ndarray
    recall: np.ndarray
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return one_line("ProposalResults", self._headline)

    def _repr_html_(self) -> str:
        return card(
            "ProposalResults",
            self._headline,
            {"remarks": len(self.remarks) or None},
            table=self.recall_by_tiou.rename_axis("tIoU").to_frame(),
            calls=["print(results.summary())", "gtan_viz.ar_an(results)"],
        )

    @property
    def _headline(self) -> str:
        return (
            f"AR {self.average_recall[-1]:.4f} at AN {self.proposals_per_video[-1]:.4g}, "
            f"AUC {self.AUC:.4f}"
        )

    @property
    def average_recall(self) -> np.ndarray:
        """[100] recall averaged over the thresholds (AR): with AN, the AR-AN curve."""
        return self.recall.mean(axis=0)

    @property
    def recall_by_tiou(self) -> pd.Series:
        """Recall against tIoU with all proposals retrieved."""
        return pd.Series(self.recall[:, -1], pd.Index(self.tiou, name="tiou"), name="recall")

    @property
    def AUC(self) -> float:
        """Area under the AR-AN curve over its length: 0 to 1 (papers print percent)."""
        last = float(self.proposals_per_video[-1])
        if last == 0:
            return 0.0
        return float(np.trapezoid(self.average_recall, self.proposals_per_video)) / last

    def average_recall_at(self, number: float) -> float:
        """AR@`number`: the AR-AN curve at an average number of proposals, between steps linear.

        Raises:
            ValueError: the curve does not reach that far.
        """
        first, last = self.proposals_per_video[[0, -1]]
        # Half a billionth of slack: the last step of a curve to 100 is 99.99999999999999.
        if not first <= number <= last * (1 + 5e-10):
            raise ValueError(f"AR-AN runs from {first:g} to {last:g} proposals, not to {number:g}")
        return float(np.interp(number, self.proposals_per_video, self.average_recall))

    def to_json(self) -> dict[str, Any]:
        """Plain numbers: recall by threshold, the AR-AN curve, AUC."""
        return {
            "recall": {f"{tiou:g}": float(value) for tiou, value in self.recall_by_tiou.items()},
            "average_recall": self.average_recall.tolist(),
            "proposals_per_video": self.proposals_per_video.tolist(),
            "AUC": self.AUC,
        }

    def summary(self) -> str:
        """A table to read."""
        table = self.recall_by_tiou.rename(index="{:g}".format).rename_axis("tIoU").to_frame()
        lines = [self._headline, "", table.to_string(float_format="{:.4f}".format)]
        return "\n".join([*lines, "", *self.remarks] if self.remarks else lines)


def evaluate_proposals(
    truth: Annotations | pd.DataFrame,
    proposals: pd.DataFrame,
    tiou: Sequence[float] = ACTIVITYNET_TIOU,
    average_number: float | None = None,
) -> ProposalResults:
    """Score proposals against a truth; see the top of this file for the definition.

    Args:
        truth: from `gtan.data.annotations.read_truth`, or a table video, label, start, end.
            THUMOS14's ``Ambiguous`` intervals are left out.
        proposals: table video, start, end, score; times in seconds.
        tiou: thresholds in (0, 1].
        average_number: AN at which the curve ends; None for that of the table.

    Raises:
        ValueError: impossible thresholds, tables or AN; a truth without instances.

    Example:
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})
        >>> found = truth.assign(end=3.0, score=0.8)
        >>> evaluate_proposals(truth, found, [0.5, 0.9]).recall_by_tiou.to_dict()
        {0.5: 1.0, 0.9: 0.0}
    """
    thresholds = check_tiou(tiou)
    names = tuple(round(threshold, 10) for threshold in thresholds)
    if average_number is not None and not 0 < average_number < np.inf:
        raise ValueError(f"average_number: {average_number} is not a positive number")
    truth = as_annotations(truth)
    instances = truth.instances
    instances = instances[instances["label"] != AMBIGUOUS]
    proposals = check_proposals(proposals)
    if instances.empty:
        raise ValueError("the truth has no instance, so that there is nothing to recall")
    remarks = (*without_length(truth, proposals, match=False), *look_alike(truth, proposals))

    videos = pd.Index(instances["video"].unique())
    if average_number is None:
        average_number = len(proposals) / len(videos)
    truth_video = videos.get_indexer(instances["video"])
    video = videos.get_indexer(proposals["video"])
    order = np.lexsort((-proposals["score"].to_numpy(), video))
    order = order[np.searchsorted(video[order], 0) :]
    video = video[order]
    available = np.bincount(video, minlength=len(videos))
    rank = np.arange(len(order)) - (np.cumsum(available) - available)[video]

    retrieved, reached = _retrieved(available, len(proposals), average_number)
    which, found, overlap = overlapping_pairs(
        truth_video,
        instances[["start", "end"]].to_numpy(),
        video,
        proposals[["start", "end"]].to_numpy()[order],
        minimum=min(thresholds),
    )
    recall = np.empty((len(thresholds), STEPS))
    for row, threshold in enumerate(thresholds):
        # An instance is recalled from the first step that retrieves its best-ranked proposal.
        enough = overlap >= threshold
        first = np.full(len(instances), np.iinfo(np.int64).max)
        np.minimum.at(first, which[enough], rank[found[enough]])
        step = (retrieved[truth_video] <= first[:, None]).sum(axis=1)
        recall[row] = np.cumsum(np.bincount(step, minlength=STEPS + 1)[:STEPS]) / len(instances)
    return ProposalResults(names, reached, recall, remarks)


def _retrieved(
    available: np.ndarray, count: int, average_number: float
) -> tuple[np.ndarray, np.ndarray]:
    """Proposals of each of V recordings that each step retrieves, and AN there: [V, 100], [100].

    Products and roundings down are in the order of the official tool: each bit decides.

    Args:
        available: [V] proposals of each recording.
        count: proposals of the table, those in other recordings included.
        average_number: AN at which the curve ends.
    """
    videos, steps = len(available), np.arange(1, STEPS + 1) / STEPS
    ratio = average_number * float(videos) / max(count, 1)
    most = np.minimum((available * ratio).astype(np.int64), available)
    if not most.sum():
        return np.zeros((videos, STEPS), np.int64), steps * average_number
    share = steps * (average_number * float(videos) / most.sum())
    retrieved = np.minimum((most[:, None] * share).astype(np.int64), most[:, None])
    return retrieved, share * (float(most.sum()) / videos)
