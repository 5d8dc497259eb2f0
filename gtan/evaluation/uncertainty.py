"""How far a mAP can be trusted: bootstrap over recordings, paired differences, spread over seeds.

The recording is the unit, since what is annotated and detected within one hangs together: a
resample draws as many recordings as there are, with replacement, and evaluates the draw as if
each copy were a recording of its own (Efron and Tibshirani, *An Introduction to the Bootstrap*,
1993). Matching happens within a recording, so that it need not be repeated. A label that no drawn
recording has is left out of that draw's mean.

With few instances per label the mAP of resamples lies above the estimate, on AutoLoc's detections
for ActivityNet 1.2 by two standard errors: a draw that misses the false positives gains more than
one that doubles them loses. Intervals therefore show the spread of the resamples, moved so that
their mean is the estimate; they do not correct the estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gtan.card import card, one_line
from gtan.data.annotations import AMBIGUOUS
from gtan.evaluation.detection import DetectionResults
from gtan.evaluation.precision import average_precision

AVERAGE = "average"

# Numbers handled at a time: resamples x detections of one label.
AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Resampled:
    """A statistic with what it was in each resample.

    Attributes:
        estimate: on the recordings as they are; one value per tIoU threshold, then ``average``.
        samples: the same columns, one row per resample.
    """

    estimate: pd.Series
    samples: pd.DataFrame

    def __repr__(self) -> str:
        low, high = self.interval().loc[AVERAGE]
        return one_line(
            "Resampled",
            f"average {self.estimate[AVERAGE]:.4f}",
            f"95 % from {low:.4f} to {high:.4f}",
            f"{len(self.samples)} resamples",
        )

    def _repr_html_(self) -> str:
        table = self.interval().rename(columns={"low": "95 % from", "high": "to"})
        table.insert(0, "estimate", self.estimate)
        table.index = pd.Index(_names(table.index), name="tIoU")
        return card(
            "Resampled",
            "over the recordings",
            {"resamples": len(self.samples)},
            table=table,
            calls=["resampled.interval(0.9)", "resampled.share_above_zero()"],
        )

    def __sub__(self, other: Resampled) -> Resampled:
        """The difference of two that were drawn alike."""
        return Resampled(self.estimate - other.estimate, self.samples - other.samples)

    def centred(self) -> pd.DataFrame:
        """The resamples, moved so that their mean is the estimate."""
        return self.samples - self.samples.mean(axis=0) + self.estimate

    def interval(self, level: float = 0.95) -> pd.DataFrame:
        """Interval that holds `level` of the resamples: ``low`` and ``high`` per threshold.

        Raises:
            ValueError: level is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise ValueError(f"level: {level} is not between 0 and 1")
        low, high = self.centred().quantile([(1 - level) / 2, (1 + level) / 2]).to_numpy()
        return pd.DataFrame({"low": low, "high": high}, index=self.estimate.index)

    def share_above_zero(self) -> pd.Series:
        """Share of the resamples above 0: of a difference, how often the first result won."""
        return (self.centred().dropna() > 0).mean(axis=0)

    def p_value(self) -> pd.Series:
        """Two-sided p of "it is zero", from the resamples: at least 2 / (resamples + 1)."""
        samples = self.centred().dropna()
        sides = pd.DataFrame({"below": (samples <= 0).sum(), "above": (samples >= 0).sum()})
        return (2 * (sides.min(axis=1) + 1) / (len(samples) + 1)).clip(upper=1.0)

    def summary(self) -> str:
        """A table to read: estimate, standard error, 95 % interval."""
        table = pd.DataFrame({"estimate": self.estimate, "error": self.samples.std(axis=0)})
        table = table.join(self.interval())
        table.index = pd.Index(_names(table.index), name="tIoU")
        return table.to_string(float_format="{:.4f}".format)


def bootstrap(results: DetectionResults, resamples: int = 1000, seed: int = 0) -> Resampled:
    """Bootstrap of mAP over recordings.

    The recordings are the truth's list, followed by those that only detections name.

    Raises:
        ValueError: resamples below 1.

    Example:
        >>> from gtan.evaluation.detection import evaluate_detections
        >>> truth = pd.DataFrame(
        ...     {"video": ["v", "w"], "label": "run", "start": [0.0, 0.0], "end": [4.0, 4.0]}
        ... )
        >>> results = evaluate_detections(truth, truth[:1].assign(score=0.8), tiou=[0.5])
        >>> sorted(set(bootstrap(results, 50).samples["average"]))
        [0.0, 0.5, 1.0]
    """
    videos = _recordings(results)
    return _resampled(results, _draws(len(videos), resamples, seed), videos)


def resample(
    results: Sequence[DetectionResults], resamples: int = 1000, seed: int = 0
) -> list[Resampled]:
    """Bootstrap of several results on the same draws, so that they can be paired.

    Raises:
        ValueError: no result; results that differ in truth, protocol or thresholds; resamples
            below 1.
    """
    if not results:
        raise ValueError("no result to resample")
    first = results[0]
    for other in results[1:]:
        if first.protocol != other.protocol or first.tiou != other.tiou:
            raise ValueError(
                f"results differ in kind: {first.protocol} at {first.tiou} and "
                f"{other.protocol} at {other.tiou}"
            )
        same = first.truth.instances.equals(other.truth.instances)
        if not same or set(first.truth.videos["video"]) != set(other.truth.videos["video"]):
            raise ValueError("results have different truths, so that nothing can be paired")
    videos = _recordings(*results)
    draws = _draws(len(videos), resamples, seed)
    return [_resampled(result, draws, videos) for result in results]


def paired_difference(
    first: DetectionResults, second: DetectionResults, resamples: int = 1000, seed: int = 0
) -> Resampled:
    """Difference of mAP, first result minus second, both on the same resamples.

    Raises:
        ValueError: the two differ in truth, protocol or thresholds; resamples below 1.
    """
    one, two = resample([first, second], resamples, seed)
    return one - two


def holm(p_values: pd.Series) -> pd.Series:
    """P values corrected for how many there are (Holm, 1979).

    Where all below 0.05 count, at most one of twenty whole families holds one by chance.

    Args:
        p_values: of one family of comparisons; NaN where nothing was compared.

    Returns:
        The same index; NaN stays.

    Example:
        >>> holm(pd.Series([0.01, 0.04, 0.03])).tolist()
        [0.03, 0.06, 0.06]
    """
    ranked = p_values.dropna().sort_values()
    times = np.arange(len(ranked), 0, -1)
    return (ranked * times).cummax().clip(upper=1.0).reindex(p_values.index)


def spread_over_seeds(results: Sequence[DetectionResults]) -> pd.DataFrame:
    """Spread of mAP over runs that differ in their seed.

    Returns:
        One row per tIoU threshold, then ``average``: mean, std (of a sample: n - 1; NaN for one
        run), min, max, n.

    Raises:
        ValueError: no result, or results of different protocols or thresholds.
    """
    if not results:
        raise ValueError("no result to take the spread of")
    if len({(result.protocol, result.tiou) for result in results}) > 1:
        raise ValueError("results differ in protocol or thresholds")
    table = pd.DataFrame([_estimate(result) for result in results])
    return table.agg(["mean", "std", "min", "max"]).T.assign(n=len(results))


def _names(index: pd.Index) -> list[str]:
    return [value if isinstance(value, str) else f"{value:g}" for value in index]


def _estimate(results: DetectionResults) -> pd.Series:
    columns = pd.Index([*results.tiou, AVERAGE], dtype=object, name="tiou")
    return pd.Series([*results.mAP, results.average_mAP], index=columns)


def _recordings(*results: DetectionResults) -> pd.Index:
    videos = results[0].truth.videos["video"].tolist()
    unknown: set[str] = set()
    for result in results:
        unknown |= set(result.detections["video"])
    return pd.Index(videos + sorted(unknown - set(videos)))


def _draws(recordings: int, resamples: int, seed: int) -> np.ndarray:
    """[R, V] how often each recording is drawn."""
    if resamples < 1:
        raise ValueError(f"resamples: {resamples} is below 1")
    share = np.full(recordings, 1 / recordings)
    return np.random.default_rng(seed).multinomial(recordings, share, size=resamples)


def _resampled(results: DetectionResults, draws: np.ndarray, videos: pd.Index) -> Resampled:
    instances = results.truth.instances
    instances = instances[instances["label"] != AMBIGUOUS]
    truth_video = videos.get_indexer(pd.Index(instances["video"]))
    truth_label = pd.Index(results.labels).get_indexer(pd.Index(instances["label"]))
    ranked = results.detections.iloc[results.ranking]
    video = videos.get_indexer(pd.Index(ranked["video"]))
    label = pd.Index(results.labels).get_indexer(pd.Index(ranked["label"]))
    matches = results.matches[results.ranking]
    ambiguous = results.ambiguous[results.ranking]
    edges = np.searchsorted(label, np.arange(len(results.labels) + 1))

    total = np.zeros((len(draws), len(results.tiou)))
    present = np.zeros(len(draws))
    for number in range(len(results.labels)):
        rows = slice(edges[number], edges[number + 1])
        size = max(1, AT_ONCE // max(1, edges[number + 1] - edges[number]))
        for low in range(0, len(draws), size):
            part = slice(low, low + size)
            positives = draws[part][:, truth_video[truth_label == number]].sum(axis=1)
            weights = draws[part][:, video[rows]]
            present[part] += positives > 0
            for column in range(len(results.tiou)):
                hit = matches[rows, column] >= 0
                counts = hit | ~ambiguous[rows]
                values = average_precision(
                    hit, weights * counts, positives, results.protocol == "activitynet"
                )
                total[part, column] += np.nan_to_num(values)

    # A draw without any truth at all has no mAP.
    mAP = np.divide(
        total, present[:, None], out=np.full_like(total, np.nan), where=present[:, None] > 0
    )
    estimate = _estimate(results)
    samples = np.column_stack([mAP, mAP.mean(axis=1)])
    return Resampled(estimate, pd.DataFrame(samples, columns=estimate.index))
