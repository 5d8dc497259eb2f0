"""Mean average precision of detections, by the two official protocols.

- ``activitynet``: ActivityNet's Python toolkit (``eval_detection.py``). Detections, by descending
  score, take the best free truth of their recording and label with tIoU at or above the threshold;
  average precision is interpolated.
- ``thumos14``: THUMOS14's MATLAB kit (``TH14evalDet_Updated.m``). Within a recording each truth,
  in file order, takes the best-overlapping free detection of its label with tIoU strictly above
  the threshold. What is left over is a false positive, unless it overlaps an interval labelled
  ``Ambiguous``. No interpolation.

The same in both: labels are those of the truth, and detections of other labels are not scored; a
detection in a recording without truth, listed or not, is a false positive. Equal scores are ranked
by the recording's name, then by row; with equal tIoU the truth earlier in the table is better
(ActivityNet's toolkit leaves both to numpy's unstable sort). The ActivityNet protocol knows no
``Ambiguous`` and leaves such intervals out.

The tIoU of two intervals without length is 0/0. In ActivityNet's toolkit that is NaN, which is
below no threshold and sorts before all else: a detection without length takes any truth without
length of its recording and label, wherever both lie. In the MATLAB kit it matches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from gtan.card import card, one_line
from gtan.data.annotations import AMBIGUOUS, Annotations, as_annotations, check_detections
from gtan.evaluation.matching import Intervals, match_detections
from gtan.evaluation.overlap import pairs_in_portions
from gtan.evaluation.precision import average_precision
from gtan.evaluation.remarks import look_alike, outside_the_truth, points_only, without_length

# As the official tools have them, bit by bit: linspace's 0.9 is 0.8999999999999999.
TIOU = {
    "activitynet": tuple(float(value) for value in np.linspace(0.5, 0.95, 10)),
    "thumos14": (0.1, 0.2, 0.3, 0.4, 0.5),
}

# What 0/0, the tIoU of two intervals without length, counts as.
UNDEFINED = {"activitynet": np.inf, "thumos14": 0.0}


@dataclass(frozen=True)
class DetectionResults:
    """What an evaluation found: the numbers, and all that is needed to see where they come from.

    Attributes:
        protocol: ``activitynet`` or ``thumos14``.
        tiou: the K thresholds.
        AP: average precision, one row per label (sorted), one column per threshold.
        truth: as given, ``Ambiguous`` intervals included.
        detections: as given, rows numbered from 0.
        ranking: rows of `detections` with a label that the truth has; by label, then by rank.
        matches: [N, K] row of ``truth.instances`` that a detection found, -1 for none.
        ambiguous: [N] whether a detection overlaps an ``Ambiguous`` interval, so that it does not
            count where it found nothing (always False for ActivityNet).
    """

    protocol: str
    tiou: tuple[float, ...]
    AP: pd.DataFrame
    truth: Annotations
    detections: pd.DataFrame
    ranking: np.ndarray
    matches: np.ndarray
    ambiguous: np.ndarray

    def __repr__(self) -> str:
        return one_line(
            "DetectionResults",
            self.protocol,
            f"average mAP {self.average_mAP:.4f} at tIoU {self.tiou[0]:g} to {self.tiou[-1]:g}",
            f"{len(self.labels)} labels",
            f"{len(self.truth.videos)} recordings",
        )

    def _repr_html_(self) -> str:
        return card(
            "DetectionResults",
            f"by the protocol {self.protocol}",
            {
                "recordings": len(self.truth.videos),
                "labels": len(self.labels),
                "instances": len(self.truth.instances),
                "detections": len(self.detections),
                "average mAP": f"{self.average_mAP:.4f}",
                "remarks": len(self.remarks) or None,
            },
            table=pd.DataFrame({"mAP": self.mAP, "recall": self.recall_by_tiou}).rename_axis(
                "tIoU"
            ),
            calls=["print(results.summary())", "gtan.evaluation.diagnose(results)"],
        )

    @property
    def mAP(self) -> pd.Series:
        """Mean of AP over the labels, one value per threshold."""
        return self.AP.mean(axis=0)

    @property
    def average_mAP(self) -> float:
        """Mean of mAP over the thresholds."""
        return float(self.mAP.mean())

    @property
    def labels(self) -> list[str]:
        """The labels that are scored."""
        return [str(label) for label in self.AP.index]

    def precision_recall(self, label: str, tiou: float) -> pd.DataFrame:
        """The curve behind one AP: recall, precision, score after each counted detection.

        Raises:
            KeyError: no such label or threshold.
        """
        if label not in self.AP.index:
            raise KeyError(f"label {label!r} is not among {self.labels}")
        column = self.AP.columns.get_loc(round(tiou, 10))
        rows = self.ranking[(self.detections["label"] == label).to_numpy()[self.ranking]]
        hit = self.matches[rows, column] >= 0
        counts = hit | ~self.ambiguous[rows]
        rows, hit = rows[counts], hit[counts]
        positives = int((self.truth.instances["label"] == label).sum())
        return pd.DataFrame(
            {
                "recall": np.cumsum(hit) / positives,
                "precision": np.cumsum(hit) / np.arange(1, len(hit) + 1),
                "score": self.detections["score"].to_numpy()[rows],
            }
        )

    def mean_precision_recall(self, tiou: float, points: int = 101) -> pd.DataFrame:
        """Mean over the labels of their interpolated curves: recall (0 to 1) and precision.

        At each of `points` recalls, the best precision that a label's ranking reaches there or
        further down, 0 where it never gets there. The mean height is about mAP, exactly so for
        ActivityNet's protocol as the points grow.

        Raises:
            KeyError: no such threshold.
        """
        recall = np.linspace(0, 1, points)
        total = np.zeros(points)
        for label in self.labels:
            curve = self.precision_recall(label, tiou)
            best = np.maximum.accumulate(curve["precision"].to_numpy()[::-1])[::-1]
            at = np.searchsorted(curve["recall"].to_numpy(), recall - 1e-12)
            total += np.append(best, 0.0)[at]
        return pd.DataFrame({"recall": recall, "precision": total / len(self.labels)})

    @property
    def recall_by_tiou(self) -> pd.Series:
        """Share of the instances that some detection of their label found, per threshold."""
        counted = (self.truth.instances["label"] != AMBIGUOUS).sum()
        found = (self.matches >= 0).sum(axis=0) / counted
        return pd.Series(found, pd.Index(self.tiou, name="tiou"), name="recall")

    def to_json(self) -> dict[str, Any]:
        """``{"mAP": {"0.5": x, ...}, "average_mAP": x, "AP": {label: {"0.5": x, ...}}}``."""

        def by_threshold(row: np.ndarray) -> dict[str, float]:
            return {f"{tiou:g}": float(value) for tiou, value in zip(self.tiou, row)}

        rows = zip(self.labels, self.AP.to_numpy())
        return {
            "mAP": by_threshold(self.mAP.to_numpy()),
            "average_mAP": self.average_mAP,
            "AP": {label: by_threshold(row) for label, row in rows},
        }

    def summary(self) -> str:
        """A table to read: mAP per threshold, AP per label, and what was left out."""
        table = pd.concat([self.mAP.to_frame("mAP").T, self.AP])
        table.columns = pd.Index([f"{tiou:g}" for tiou in self.tiou])
        lines = [
            f"protocol {self.protocol}: {len(self.truth.videos)} recordings, "
            f"{len(self.truth.instances)} annotated instances, {len(self.detections)} detections",
            f"average mAP {self.average_mAP:.4f}",
            "",
            table.rename_axis("tIoU").to_string(float_format="{:.4f}".format),
        ]
        remarks = self.remarks
        return "\n".join([*lines, "", *remarks] if remarks else lines)

    @property
    def remarks(self) -> list[str]:
        """What to know of these numbers, a line each: see `gtan.evaluation.remarks`."""
        match = UNDEFINED[self.protocol] > 0
        return [
            *outside_the_truth(self.truth, self.detections),
            *without_length(self.truth, self.detections, match),
            *points_only(self.truth, match),
            *look_alike(self.truth, self.detections),
        ]


def evaluate_detections(
    truth: Annotations | pd.DataFrame,
    detections: pd.DataFrame,
    protocol: str = "activitynet",
    tiou: Sequence[float] | None = None,
) -> DetectionResults:
    """Score detections against a truth; see the top of this file for the protocols.

    Args:
        truth: from `gtan.data.annotations.read_truth`, or a table video, label, start, end.
        detections: table video, label, start, end, score; times in seconds.
        protocol: ``activitynet`` or ``thumos14``.
        tiou: thresholds in (0, 1]; by default the official ones: 0.5:0.05:0.95 for ActivityNet,
            0.1:0.1:0.5 for THUMOS14 (recent papers: 0.3:0.1:0.7).

    Raises:
        ValueError: unknown protocol, impossible thresholds or tables, a truth without instances.

    Example:
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})
        >>> found = truth.assign(end=3.0, score=0.8)
        >>> evaluate_detections(truth, found, "activitynet", [0.5, 0.9]).to_json()["mAP"]
        {'0.5': 1.0, '0.9': 0.0}
    """
    if protocol not in TIOU:
        raise ValueError(f"protocol {protocol!r} is unknown; choose from {', '.join(TIOU)}")
    thresholds = check_tiou(TIOU[protocol] if tiou is None else tiou)
    truth = as_annotations(truth)
    detections = check_detections(detections)
    thumos = protocol == "thumos14"

    instances = truth.instances
    counted = (instances["label"] != AMBIGUOUS).to_numpy()
    labels = pd.Index(sorted(set(instances["label"][counted])), name="label")
    if labels.empty:
        raise ValueError("the truth has no instance, so that there is no label to score")

    # Recordings and labels as numbers; -1 for a label that is not scored.
    videos = pd.Index(sorted({*instances["video"].unique(), *detections["video"].unique()}))
    video = videos.get_indexer(detections["video"]).astype(np.int32)
    label = labels.get_indexer(detections["label"]).astype(np.int32)
    ranking = _ranking(label, detections["score"].to_numpy(), video, len(labels))
    truths = np.flatnonzero(counted)
    truth_label = labels.get_indexer(instances["label"])[truths]
    truth_video = videos.get_indexer(instances["video"])[truths]
    positives = np.bincount(truth_label, minlength=len(labels))

    label = label[ranking]
    found = match_detections(
        _intervals(detections, ranking, video[ranking] * np.int64(len(labels)) + label),
        _intervals(instances, truths, truth_video * len(labels) + truth_label),
        thresholds,
        protocol,
        UNDEFINED[protocol],
    )
    ambiguous = np.zeros(len(detections), dtype=bool)
    if thumos:
        ambiguous = _overlaps_any(detections, instances[~counted])
    AP = _average_precisions(label, found, ambiguous[ranking], positives, not thumos)
    truths = np.append(truths, -1).astype(np.int32)  # of -1, no truth, -1
    matches = (
        found
        if len(found) == len(detections)
        else np.full((len(detections), len(thresholds)), -1, dtype=np.int32, order="F")
    )  # in place where they fit: this is the largest of all arrays
    for column in range(len(thresholds)):
        matches[ranking, column] = truths[found[:, column]]

    names = tuple(round(threshold, 10) for threshold in thresholds)
    frame = pd.DataFrame(AP, index=labels, columns=pd.Index(names, name="tiou"))
    return DetectionResults(protocol, names, frame, truth, detections, ranking, matches, ambiguous)


def _intervals(table: pd.DataFrame, rows: np.ndarray, groups: np.ndarray) -> Intervals:
    """Some rows of a table, which may be large: nothing else is copied."""
    return Intervals(
        groups, np.stack([table[name].to_numpy()[rows] for name in ("start", "end")], 1)
    )


def _ranking(label: np.ndarray, score: np.ndarray, video: np.ndarray, labels: int) -> np.ndarray:
    """Rows with a label, by label, then by descending score; equal ones by recording, by row.

    Sorts by score alone, and by the others only what needs it: a third of the time of lexsort.
    """
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    if (ranked[1:] == ranked[:-1]).any():
        order = np.lexsort((video, -score))
    number = label[order]
    if labels < np.iinfo(np.int16).max:
        number = number.astype(np.int16)  # which numpy sorts in linear time
    order = order[np.argsort(number, kind="stable")]
    return order[np.searchsorted(label[order], 0) :]


def _overlaps_any(detections: pd.DataFrame, intervals: pd.DataFrame) -> np.ndarray:
    """[N] bool, whether a detection overlaps any of the intervals of its recording."""
    videos = pd.Index(intervals["video"].unique())
    found = np.zeros(len(detections), dtype=bool)
    for touched, _, _ in pairs_in_portions(
        videos.get_indexer(detections["video"]),
        detections[["start", "end"]].to_numpy(),
        videos.get_indexer(intervals["video"]),
        intervals[["start", "end"]].to_numpy(),
        minimum=np.nextafter(0, 1),
    ):
        found[touched] = True
    return found


def _average_precisions(
    label: np.ndarray,
    found: np.ndarray,
    ambiguous: np.ndarray,
    positives: np.ndarray,
    interpolate: bool,
) -> np.ndarray:
    """AP of each of L labels at each of K thresholds: [L, K].

    Args:
        label: [N] number of the label, ascending; within a label the best detection first.
        found: [N, K] the truth that a detection found, -1 for none.
        ambiguous: [N] whether it does not count where it found none.
        positives: [L] truths of each label.
        interpolate: as ActivityNet's protocol does.
    """
    edges = np.searchsorted(label, np.arange(len(positives) + 1))
    AP = np.zeros((len(positives), found.shape[1]))
    for number, (first, stop) in enumerate(pairwise(edges)):
        for column in range(found.shape[1]):
            hit = found[first:stop, column] >= 0
            weights = (hit | ~ambiguous[first:stop]).astype(np.int64)[None]
            size = positives[number : number + 1]
            AP[number, column] = average_precision(hit, weights, size, interpolate=interpolate)[0]
    return AP


def check_tiou(tiou: Sequence[float]) -> tuple[float, ...]:
    """Thresholds as given, or ValueError if there is none, one twice, or one not in (0, 1]."""
    for threshold in tiou:
        if isinstance(threshold, (str, bool)):
            raise ValueError(f"tiou: {threshold!r} is not a number")
    thresholds = tuple(float(threshold) for threshold in tiou)
    if not thresholds:
        raise ValueError("tiou: at least one threshold is needed")
    wrong = [threshold for threshold in thresholds if not 0 < threshold <= 1]
    if wrong:
        raise ValueError(f"tiou: {wrong[0]:g} is not above 0 and at most 1")
    if len({f"{threshold:g}" for threshold in thresholds}) < len(thresholds):
        raise ValueError(f"tiou: a threshold occurs twice in {list(thresholds)}")
    return thresholds
