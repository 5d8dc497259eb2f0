"""An operating point: from which score on a detection is worth a reader's time.

Detectors return hundreds of detections a recording, most of them with scores that mean "hardly".
Where to draw the line is a choice between missing actions and reporting false ones, made on
recordings that the detector is not tested on. A label with enough actions there has a least score
of its own, the others share one.

Detections, by descending score, take the best free truth with tIoU at or above the threshold, as in
ActivityNet's protocol: so the precision of those above a score does not depend on those below it.
What found nothing but overlaps an interval labelled ``Ambiguous`` is not counted where the results
are of THUMOS14's protocol.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.card import card, one_line
from gtan.data.annotations import AMBIGUOUS
from gtan.data.numbers import read_number
from gtan.data.texts import listed
from gtan.evaluation.detection import DetectionResults, check_tiou, evaluate_detections

ENOUGH = 10  # actions of a label, from which on it has a least score of its own
COLUMNS = ["score", "own", "actions", "precision", "recall", "reached"]
WAYS = "'f1', 'precision=0.9', 'recall=0.8', 'score=0.3' or 'all'"


@dataclass(frozen=True)
class OperatingPoint:
    """The least score of a detection, label by label; print it.

    Attributes:
        at: how it was chosen: "f1", "precision=0.9", ...
        table: one row a label: score (the least that is kept), own (whether chosen for this label
            alone), actions, precision and recall of what is kept (precision is NaN where nothing
            is), reached (precision, recall or f1, whichever it was chosen by, of this label or of
            all that share its score). No row where the score was given.
        common: least score of labels that have none of their own.
        precision, recall: of all labels together, where it was chosen; NaN if it was given.
        recordings: where it was chosen.
        tiou: at which.
    """

    at: str
    table: pd.DataFrame
    common: float
    precision: float = np.nan
    recall: float = np.nan
    recordings: int = 0
    tiou: float = 0.5

    @property
    def least(self) -> float:
        """The smallest of the least scores."""
        return float(min([self.common, *self.table["score"]]))

    def kept(self, detections: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table of detections (label, score) at or above the least scores."""
        least = detections["label"].map(self.table["score"]).astype(float).fillna(self.common)
        return detections[detections["score"] >= least].reset_index(drop=True)

    def __repr__(self) -> str:
        return one_line(
            "OperatingPoint",
            self.at,
            f"least score {self.common:.3g}",
            f"{int(self.table['own'].sum())} labels have their own",
        )

    def _repr_html_(self) -> str:
        return card(
            "OperatingPoint",
            str(self.at),
            {
                "validation recordings": self.recordings,
                "least score of the other labels": self.common,
                "precision": self.precision,
                "recall": self.recall,
                "at tIoU": self.tiou,
            },
            table=self.table[["score", "actions", "precision", "recall"]],
            calls=["point.kept(detections)", "print(point)"],
        )

    def __str__(self) -> str:
        if not self.recordings:
            return "all detections" if self.at == "all" else f"score at or above {self.common:g}"
        own, reached = self.table["own"], self.table["reached"]
        said = (
            f"{self.at}, chosen on {self.recordings} validation recordings with "
            f"{self.table['actions'].sum()} actions: precision {self.precision:.2f}, recall "
            f"{self.recall:.2f} there at tIoU {self.tiou:g}; least score: "
        )
        few = f"fewer than {ENOUGH} actions there, or none of them found"
        if own.all():
            said += "one for each label"
        elif own.any():
            said += f"{own.sum()} labels have their own, {self.common:.3g} for the others ({few})"
        else:
            said += f"{self.common:.3g} for all labels (each has {few})"
        short = reached < read_at(self.at)[1]
        best = [f"{reached[label]:.2f} for {label}" for label in self.table.index[own & short]]
        best += [f"{value:.2f} for all labels together" for value in set(reached[~own & short])]
        if best and self.at != "f1":
            said += f". {self.at} is out of reach; the best there is: {listed(best)}"
        return said


def read_at(at: str) -> tuple[str, float]:
    """What an operating point is chosen by, and its number: ("precision", 0.9), ("f1", inf).

    Raises:
        ValueError: saying what can be written.

    Example:
        >>> read_at("recall=0.8"), read_at("f1"), read_at("all")
        (('recall', 0.8), ('f1', inf), ('score', 0.0))
    """
    if at == "f1":
        return "f1", np.inf  # as high as it gets
    if at == "all":
        return "score", 0.0
    found = re.fullmatch(r"(precision|recall|score)=(.+)", at) if isinstance(at, str) else None
    number = read_number(found[2]) if found else None
    if found is None or number is None:
        raise ValueError(f"operating point {at!r}: write {WAYS}")
    if not (0 < number <= 1 or (found[1] == "score" and number == 0)):
        raise ValueError(f"operating point {at!r}: {number:g} is not above 0 and at most 1")
    return found[1], number


def given_score(at: str) -> OperatingPoint | None:
    """The operating point that needs no recordings: "all", "score=0.3"; None for the others.

    Raises:
        ValueError: as `read_at`.
    """
    measure, number = read_at(at)
    table = pd.DataFrame(
        columns=COLUMNS, index=pd.Index([], dtype="str", name="label"), dtype=float
    )
    return OperatingPoint(at, table, number) if measure == "score" else None


def operating_point(results: DetectionResults, at: str = "f1", tiou: float = 0.5) -> OperatingPoint:
    """Choose least scores on evaluated recordings, which should not be the ones to report on.

    Among the scores at which precision (recall) is as high as asked for, the one with the highest
    recall (precision); where none is, the one that comes nearest. "f1": the highest harmonic mean
    of both. A label with fewer than `ENOUGH` actions, or of which none is found, shares the score
    that is chosen for the detections of all labels together.

    Args:
        results: of `gtan.evaluation.evaluate_detections`.
        at: "f1", "precision=0.9" or "recall=0.8" ("score=0.3", "all": as `given_score`).
        tiou: what counts as found.

    Raises:
        ValueError: `at` or `tiou` cannot be.

    Example:
        >>> truth = pd.DataFrame({"video": "v", "label": "run", "start": [0, 10, 20.0]})
        >>> truth["end"] = truth["start"] + 4
        >>> found = pd.concat([truth, truth.tail(1)]).assign(score=[0.9, 0.5, 0.1, 0.3])
        >>> found.iloc[3, 2:4] = 30, 40  # false, with a score between those of two right ones
        >>> results = evaluate_detections(truth, found, tiou=[0.5])
        >>> point = operating_point(results, "precision=0.9")
        >>> point.common, point.precision, round(point.recall, 2)
        (0.5, 1.0, 0.67)
        >>> len(point.kept(found))
        2
    """
    measure, target = read_at(at)
    given = given_score(at)
    if given is not None:
        return given
    (tiou,) = check_tiou([tiou])
    curves = _Curves(results, tiou)
    together = _choose(curves.of(np.ones(len(curves.score), bool)), measure, target)
    common = 0.0 if together is None else float(together["score"])
    rows = {}
    for label in results.labels:
        mine = curves.label == label
        actions = int(curves.actions[label])
        alone = _choose(curves.of(mine, actions), measure, target) if actions >= ENOUGH else None
        own = alone is not None and bool(alone["recall"] > 0)
        chosen = alone if own else together
        least = common if chosen is None else float(chosen["score"])
        precision, recall = curves.figures(mine & (curves.score >= least), actions)
        reached = np.nan if chosen is None else float(chosen[measure])
        rows[label] = (least, own, actions, precision, recall, reached)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("label")
    least_scores = results.detections["label"].map(table["score"]).astype(float).fillna(common)
    precision, recall = curves.figures(curves.score >= least_scores.to_numpy())
    recordings = len(results.truth.videos)
    return OperatingPoint(at, table, common, precision, recall, recordings, tiou)


class _Curves:
    """Which detections are right, and what any set of them amounts to."""

    def __init__(self, results: DetectionResults, tiou: float) -> None:
        greedy = evaluate_detections(results.truth, results.detections, "activitynet", [tiou])
        self.hit: NDArray[np.bool_] = greedy.matches[:, 0] >= 0
        self.counted = self.hit | ~results.ambiguous
        self.score = results.detections["score"].to_numpy(np.float64)
        self.label = results.detections["label"].to_numpy()
        labels = results.truth.instances["label"]
        self.actions = labels[labels != AMBIGUOUS].value_counts()

    def figures(self, kept: NDArray[np.bool_], actions: int | None = None) -> tuple[float, float]:
        """Precision (NaN of nothing) and recall of some detections."""
        right, seen = int((kept & self.hit).sum()), int((kept & self.counted).sum())
        return right / seen if seen else np.nan, right / (actions or int(self.actions.sum()))

    def of(self, rows: NDArray[np.bool_], actions: int | None = None) -> pd.DataFrame:
        """Precision, recall and f1 at or above every score that occurs, the highest score first."""
        rows = rows & self.counted
        actions = actions or int(self.actions.sum())
        order = np.argsort(-self.score[rows], kind="stable")
        score, hit = self.score[rows][order], self.hit[rows][order]
        last = np.append(score[1:] != score[:-1], True)[: len(score)]
        right, seen = np.cumsum(hit)[last], np.arange(1, len(hit) + 1)[last]
        return pd.DataFrame(
            {
                "score": score[last],
                "precision": right / seen,
                "recall": right / actions,
                "f1": 2 * right / (seen + actions),
            }
        )


def _choose(curve: pd.DataFrame, measure: str, target: float) -> pd.Series | None:
    """The row of a curve that is asked for; of equal ones the highest score. None: no row."""
    if curve.empty:
        return None
    value = curve[measure].to_numpy()
    other = curve["recall" if measure == "precision" else "precision"].to_numpy()
    enough = value >= min(target, value.max())
    ranked = np.lexsort((curve["score"], value, np.where(enough, other, -1.0)))
    return curve.iloc[ranked[-1]]
