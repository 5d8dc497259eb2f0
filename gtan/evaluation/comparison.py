"""Several results on one truth: where they agree, where they differ, and on which recordings.

A recording's contribution to a result is what its mAP would lose without that recording: the mAP
of all recordings minus the mAP of all the others (a jackknife; Efron and Tibshirani, 1993). Two
results differ most on the recordings whose contributions differ most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from gtan.card import card, one_line
from gtan.data.annotations import (
    AMBIGUOUS,
    Annotations,
    as_annotations,
    read_detections,
    read_truth,
)
from gtan.evaluation.detection import TIOU, DetectionResults, check_tiou, evaluate_detections
from gtan.evaluation.leaving_out import without_each
from gtan.evaluation.published import published_beside
from gtan.evaluation.uncertainty import AVERAGE, resample

PROTOCOLS = tuple(TIOU)


@dataclass(frozen=True)
class Comparison:
    """Results by protocol and by name, in the order they were given.

    Attributes:
        results: ``results[protocol][name]``.
    """

    results: Mapping[str, Mapping[str, DetectionResults]]

    def __repr__(self) -> str:
        return one_line("Comparison", f"{len(self.names)} results", *self.names)

    def _repr_html_(self) -> str:
        averages = self.mAP()[AVERAGE].unstack("protocol").reindex(self.names)
        return card(
            "Comparison",
            f"of {len(self.names)} results (average mAP)",
            {},
            table=averages.rename_axis("result"),
            calls=["comparison.mAP()", "comparison.differences()", "comparison.labels()"],
        )

    @property
    def names(self) -> list[str]:
        """The names of the results."""
        return list(next(iter(self.results.values())))

    def mAP(self) -> pd.DataFrame:
        """Rows protocol and name, one column per tIoU threshold (as text), then ``average``."""
        rows = {}
        for protocol, results in self.results.items():
            for name, one in results.items():
                values = {f"{tiou:g}": value for tiou, value in one.mAP.items()}
                rows[protocol, name] = values | {AVERAGE: one.average_mAP}
        table = pd.DataFrame.from_dict(rows, orient="index")
        order = sorted((str(column) for column in table if column != AVERAGE), key=float)
        table.index = pd.MultiIndex.from_tuples(list(rows), names=["protocol", "result"])
        return table[[*order, AVERAGE]]

    def beside_published(self, protocol: str = "activitynet") -> pd.DataFrame:
        """Our mAP above the paper's numbers, where `comparable` lets them stand together.

        Rows approach and reference ("here" for ours); one column per tIoU threshold (as text), and
        ``average`` where the paper's is of the same thresholds.
        """
        table = self.mAP()
        ours = table[table.index.get_level_values("protocol") == protocol]
        ours = ours.dropna(axis="columns", how="all")
        ours.index = pd.MultiIndex.from_product([self.names, ["here"]])
        theirs = published_beside(next(iter(self._of(protocol).values())))
        both = pd.concat([ours, theirs]).reindex(columns=ours.columns)
        return both.rename_axis(["approach", "reference"])

    def differences(
        self, protocol: str = "activitynet", resamples: int = 1000, seed: int = 0
    ) -> pd.DataFrame:
        """Differences of the average mAP, of every two results, with a 95 % interval.

        Columns first, second, difference (first minus second), low, high (bootstrap over the
        recordings, both on the same draws), and the share of draws in which the first won.
        """
        results = self._of(protocol)
        drawn = dict(zip(results, resample(list(results.values()), resamples, seed)))
        rows = []
        for one, two in combinations(self.names, 2):
            found = drawn[one] - drawn[two]
            interval = found.interval().loc[AVERAGE]
            rows.append(
                {
                    "first": one,
                    "second": two,
                    "difference": found.estimate[AVERAGE],
                    "low": interval["low"],
                    "high": interval["high"],
                    "first won": found.share_above_zero()[AVERAGE],
                }
            )
        columns = ["first", "second", "difference", "low", "high", "first won"]
        return pd.DataFrame(rows, columns=columns)

    def labels(self, protocol: str = "activitynet", tiou: float | None = None) -> pd.DataFrame:
        """AP of each label, one column per result, and their ``spread``, the largest first.

        Of a single result: the lowest AP first.

        Args:
            protocol: one of the two.
            tiou: a threshold; None for the mean over all.

        Raises:
            KeyError: no such protocol or threshold.
        """
        columns = {}
        for name, one in self._of(protocol).items():
            columns[name] = one.AP.mean(axis=1) if tiou is None else one.AP[round(tiou, 10)]
        table = pd.DataFrame(columns)
        return _by_spread(table, alone=table.iloc[:, 0])

    def recordings(self, protocol: str = "activitynet") -> pd.DataFrame:
        """Contribution of each recording to the average mAP of each result, and their ``spread``.

        Rows are recordings, those first where the results differ most; of a single result those
        that contribute or take away most.
        """
        found = {name: contributions(one)[AVERAGE] for name, one in self._of(protocol).items()}
        table = pd.DataFrame(found).fillna(0.0)
        return _by_spread(table, alone=-table.iloc[:, 0].abs())

    def _of(self, protocol: str) -> Mapping[str, DetectionResults]:
        if protocol not in self.results:
            raise KeyError(f"protocol {protocol!r} is not among {', '.join(self.results)}")
        return self.results[protocol]


def compare(
    truth: Annotations | pd.DataFrame,
    detections: Mapping[str, pd.DataFrame],
    tiou: Sequence[float] | None = None,
) -> Comparison:
    """Evaluate several results on one truth, by both protocols.

    Args:
        truth: from `gtan.data.annotations.read_truth`, or a table video, label, start, end.
        detections: tables video, label, start, end, score, by the name of the result.
        tiou: thresholds for both protocols; by default each protocol's own.

    Raises:
        ValueError: no result, a result that knows none of the truth's recordings, or what
            `evaluate_detections` finds wrong.

    Example:
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})
        >>> good, bad = truth.assign(score=1.0), truth.assign(start=3.9, score=1.0)
        >>> compare(truth, {"good": good, "bad": bad}, [0.5]).mAP()["average"].tolist()
        [1.0, 0.0, 1.0, 0.0]
    """
    if not detections:
        raise ValueError("there is no result to compare")
    truth = as_annotations(truth)
    videos = set(truth.videos["video"])
    for name, table in detections.items():
        theirs = set(table["video"])
        if theirs and not theirs & videos:
            raise ValueError(
                f"{name}: none of its recordings ({min(theirs)!r}, ...) is in the truth "
                f"({min(videos)!r}, ...); are the names written in another way?"
            )
    return Comparison(
        {
            protocol: {
                name: evaluate_detections(truth, table, protocol, tiou)
                for name, table in detections.items()
            }
            for protocol in PROTOCOLS
        }
    )


def shown_tiou(show_tiou: float, protocol: str, tiou: Sequence[float] = ()) -> float:
    """The threshold to show, of those that are evaluated.

    Args:
        show_tiou: one of them; 0 for 0.5, or where that is not among them for the lowest.
        protocol: one of the two.
        tiou: thresholds; empty for the protocol's own.

    Raises:
        ValueError: unknown protocol, impossible thresholds, or `show_tiou` not among them.

    Example:
        >>> shown_tiou(0, "activitynet"), shown_tiou(0, "thumos14", [0.7, 0.3])
        (0.5, 0.3)
    """
    if protocol not in TIOU:
        raise ValueError(f"protocol {protocol!r} is unknown; choose from {', '.join(TIOU)}")
    thresholds = [round(threshold, 10) for threshold in check_tiou(tiou or TIOU[protocol])]
    if show_tiou == 0:
        return 0.5 if 0.5 in thresholds else min(thresholds)
    if round(show_tiou, 10) not in thresholds:
        among = ", ".join(f"{threshold:g}" for threshold in thresholds)
        raise ValueError(f"show_tiou = {show_tiou:g} is not evaluated; choose from {among}")
    return show_tiou


def contributions(results: DetectionResults) -> pd.DataFrame:
    """What mAP would lose without each recording; negative: it would gain.

    Without a recording that alone has a label, the mean is over the other labels; without the only
    recording, NaN.

    Returns:
        One row per recording that has an instance or a scored detection, one column per tIoU
        threshold, then ``average``.
    """
    instances = results.truth.instances
    instances = instances[instances["label"] != AMBIGUOUS]
    ranked = results.detections.iloc[results.ranking]
    videos = pd.Index(sorted({*instances["video"], *ranked["video"]}), name="video")
    truth_video = videos.get_indexer(pd.Index(instances["video"]))
    video = videos.get_indexer(pd.Index(ranked["video"]))
    labels = pd.Index(results.labels)
    truth_label = labels.get_indexer(pd.Index(instances["label"]))
    edges = np.searchsorted(
        labels.get_indexer(pd.Index(ranked["label"])), np.arange(len(labels) + 1)
    )

    change = np.zeros((len(videos), len(results.tiou)))
    lost = np.zeros(len(videos))
    for label in range(len(labels)):
        rows = slice(edges[label], edges[label + 1])
        here = truth_video[truth_label == label]
        concerned = np.union1d(here, video[rows])
        mine = np.searchsorted(concerned, video[rows])
        positives = len(here) - np.bincount(here, minlength=len(videos))[concerned]
        lost[concerned] += positives == 0
        ambiguous = results.ambiguous[results.ranking[rows]]
        for column in range(len(results.tiou)):
            hit = results.matches[results.ranking[rows], column] >= 0
            without = without_each(
                hit, hit | ~ambiguous, mine, positives, results.protocol == "activitynet"
            )
            full = results.AP.to_numpy()[label, column]
            change[concerned, column] += np.nan_to_num(without) - full
    left = (len(labels) - lost)[:, None]
    total = results.AP.to_numpy().sum(axis=0) + change
    without_it = np.divide(total, left, out=np.full_like(total, np.nan), where=left > 0)
    table = pd.DataFrame(results.mAP.to_numpy() - without_it, videos, list(results.tiou))
    return table.assign(**{AVERAGE: table.mean(axis=1, skipna=False)})


def load_results(sources: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Detections of runs and of result files, by name.

    Args:
        sources: paths of run folders or of files that `read_detections` knows, each optionally
            with a name before it, as ``ours=runs/a``. By default a run is named after its folder
            and a file after itself. Nothing at all: the example run that ships with the package.

    Raises:
        ValueError: a name twice, or a file that is none of detections.
        FileNotFoundError: no such path, or a run without detections.
    """
    from gtan.runs.run import EXAMPLE

    tables: dict[str, pd.DataFrame] = {}
    for source in sources or [f"example={EXAMPLE}"]:
        if not isinstance(source, str) or not source.partition("=")[0].strip():
            raise ValueError(f"results: {source!r} is no path; write path or name=path")
        path = Path(source)
        name = path.name.partition(".")[0] if path.is_file() else path.name
        if not path.exists() and "=" in source:
            name, _, rest = source.partition("=")
            if not rest.strip():
                raise ValueError(f"results: {source!r} names no path after the equals sign")
            path = Path(rest)
        if not path.exists():
            raise FileNotFoundError(f"there is no run and no result file at {path}")
        if path.is_dir():
            path = path / "detections.json"
            if not path.exists():
                raise FileNotFoundError(
                    f"{path} does not exist: run notebooks/pipelines/evaluate.ipynb on that run "
                    "first"
                )
        if name in tables:
            raise ValueError(f"two results have the name {name!r}; write name=path")
        tables[name] = read_detections(path)
    return tables


def load_truth(truth: str, subset: str, sources: Sequence[str]) -> Annotations:
    """The truth in a file, or without one that of the first run's data set.

    Args:
        truth: a path that `read_truth` knows, or "".
        subset: of the file or data set; "" for all of a file, and for the test set of a run.
        sources: as `load_results`.

    Raises:
        ValueError: no file and no run, or no such subset.
    """
    from gtan.runs.run import open_run

    if truth:
        return read_truth(truth, subset or None)
    paths = [
        Path(source if Path(source).exists() else source.partition("=")[2]) for source in sources
    ]
    runs = [path for path in paths if (path / "settings.json").exists()]
    if sources and not runs:
        raise ValueError("no run is among the results, so that the truth must be named")
    return open_run(runs[0] if runs else None).dataset().evaluation_truth(subset or "test")


def _by_spread(table: pd.DataFrame, alone: pd.Series) -> pd.DataFrame:
    """The largest spread first; of a single result, which has none, by ascending `alone`."""
    spread = table.max(axis=1) - table.min(axis=1)
    rank = alone if table.shape[1] == 1 else -spread
    order = rank.round(12).sort_values(kind="stable").index  # what is equal stays in its order
    return table.assign(spread=spread).loc[order]
