"""Where a detector fails: kinds of false positives, and which instances are missed.

After DETAD (Alwassel et al., *Diagnosing Error in Temporal Action Detectors*, ECCV 2018), on the
matches of either protocol, at each of its tIoU thresholds. A detection that found no truth is
judged by the truth that it overlaps best, whatever the label:

    error               best overlap          label of that truth
    double detection    at the threshold      the same (another detection took it)
    wrong label         at the threshold      another
    localization        0.1 to threshold      the same
    confusion           0.1 to threshold      another
    background          below 0.1             -

Of each label the best 10G detections are judged, G being its number of instances, in ten groups of
G (1G to 10G). Labels differ in size, and so do the parts of a truth: mAP_N, the interpolated mAP
with normalised precision N R / (N R + F) in place of R G / (R G + F), can be compared between them
(R recall, F false positives, N the mean number of instances of a label).

Three characteristics come from the annotations: length (seconds), coverage (share of the
recording), and instances (of the same label in the recording).

Where we differ from the tool of 2018: an instance stays in the truth even if it has no length or
leaves its recording; two truths overlapped equally, that of the detection's own label counts; and
what THUMOS14's protocol ignores (``Ambiguous``) is no error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from gtan.card import card, one_line
from gtan.data.annotations import AMBIGUOUS
from gtan.evaluation.detection import UNDEFINED, DetectionResults
from gtan.evaluation.overlap import pairs_in_portions

CORRECT = "true positive"
ERRORS = ("double detection", "wrong label", "localization", "confusion", "background")
KINDS = (CORRECT, *ERRORS)
NOT_JUDGED = -1

GROUPS = 10
LEAST_OVERLAP = 0.1
LEAST_PRECISION = 0.05  # normalised; what is found at less does not count as found

CHARACTERISTICS = ("length", "coverage", "instances")
# The paper's buckets, each up to and including its edge.
DETAD_EDGES: dict[str, dict[str, tuple[float, ...]]] = {
    "activitynet": {
        "length": (30, 60, 120, 180),
        "coverage": (0.2, 0.4, 0.6, 0.8),
        "instances": (1, 4, 8),
    },
    "thumos14": {
        "length": (3, 6, 12, 18),
        "coverage": (0.02, 0.04, 0.06, 0.08),
        "instances": (1, 40, 80),
    },
}


@dataclass(frozen=True)
class Diagnosis:
    """What went wrong where.

    Attributes:
        results: what was diagnosed.
        kind: [N, K] of each detection at each threshold, index into `KINDS`; NOT_JUDGED for
            detections beyond 10G, of labels that the truth lacks, or ignored by the protocol.
        group: [N] 1 to 10, the group of G by rank within the label; 0 beyond.
        closest: [N] row of ``results.truth.instances`` that a detection overlaps best, -1 if by
            less than 0.1.
        instances: the truth (without ``Ambiguous``): video, label, start, end, length, coverage,
            instances, and the bucket of each as ``length bucket`` and so on. Its index is the row
            in ``results.truth.instances``. A characteristic that the annotations do not give (no
            durations: coverage) is left out.
        found: one column per threshold, whether an instance was found; rows as `instances`.
        mAP_N: normalised mAP of the judged detections, by threshold.
        gain: what mAP_N gains if the detections of an error vanish; rows `ERRORS`, columns
            thresholds.
        sensitivity: characteristic, bucket, count (of instances), mAP_N (mean over thresholds, of
            all detections) of the instances in the bucket; the first row is of all instances.
        false_negatives: characteristic, bucket, count, missed (share, mean over thresholds).
    """

    results: DetectionResults
    kind: np.ndarray
    group: np.ndarray
    closest: np.ndarray
    instances: pd.DataFrame
    found: pd.DataFrame
    mAP_N: pd.Series
    gain: pd.DataFrame
    sensitivity: pd.DataFrame
    false_negatives: pd.DataFrame

    def __repr__(self) -> str:
        gain = self.gain.mean(axis=1)
        worst = f"most is lost to {gain.idxmax()}: {gain.max():.3f}" if gain.max() > 0 else ""
        return one_line(
            "Diagnosis", self.results.protocol, f"mAP_N {self.mAP_N.mean():.4f}", worst or "no loss"
        )

    def _repr_html_(self) -> str:
        return card(
            "Diagnosis",
            f"by the protocol {self.results.protocol} (means over the tIoU thresholds)",
            {
                "mAP_N": f"{self.mAP_N.mean():.4f}",
                "detections": len(self.results.detections),
                "instances": len(self.instances),
                "missed": f"{1 - self.found.to_numpy().mean():.1%} of the instances",
            },
            table=pd.DataFrame(
                {
                    "detections": self.profile().sum()[list(ERRORS)],
                    "mAP_N gained without": self.gain.mean(axis=1),
                }
            ).rename_axis("error"),
            calls=["gtan_viz.diagnosis(diagnosis)", "print(diagnosis.summary())"],
        )

    def profile(self, tiou: float | None = None) -> pd.DataFrame:
        """Detections of each kind in each group: rows 1 to 10 (times G), columns `KINDS`.

        Args:
            tiou: one threshold; None for the mean over all.

        Raises:
            KeyError: no such threshold.
        """
        columns = self._columns(tiou)
        table = np.zeros((GROUPS, len(KINDS)))
        for column in columns:
            judged = self.kind[:, column] != NOT_JUDGED
            np.add.at(table, (self.group[judged] - 1, self.kind[judged, column]), 1 / len(columns))
        index = pd.RangeIndex(1, GROUPS + 1, name="group")
        return pd.DataFrame(table, index=index, columns=list(KINDS))

    def detections_of(
        self, kind: str, group: int | None = None, tiou: float | None = None
    ) -> pd.DataFrame:
        """The detections behind a bar, best first, with what they overlap best.

        Args:
            kind: one of `KINDS`.
            group: 1 to 10; None for all.
            tiou: a threshold; None for the lowest.

        Returns:
            video, label, start, end, score, group, and truth_label, truth_start, truth_end (missing
            where nothing is overlapped); the index is the row in ``results.detections``.

        Raises:
            KeyError: no such kind or threshold.
        """
        if kind not in KINDS:
            raise KeyError(f"kind {kind!r} is unknown; choose from {', '.join(KINDS)}")
        column = self._columns(tiou)[0]
        chosen = self.kind[:, column] == KINDS.index(kind)
        if group is not None:
            chosen &= self.group == group
        rows = np.flatnonzero(chosen)
        table = self.results.detections.iloc[rows].assign(group=self.group[rows])
        truth = self.results.truth.instances.reindex(self.closest[rows])
        for name in ("label", "start", "end"):
            table[f"truth_{name}"] = truth[name].to_numpy()
        return table.sort_values("score", ascending=False, kind="stable")

    def missed(self, characteristic: str, bucket: str, tiou: float | None = None) -> pd.DataFrame:
        """The instances of a bucket that were not found at a threshold (None: the lowest).

        Raises:
            KeyError: no such characteristic, bucket or threshold.
        """
        inside = self.instances[self._bucket_column(characteristic)] == bucket
        if not inside.any():
            raise KeyError(f"{characteristic} has no bucket {bucket!r}")
        return self.instances[inside & ~self.found.iloc[:, self._columns(tiou)[0]]]

    def summary(self, tiou: float | None = None) -> str:
        """Tables to read."""
        shares = self.profile(tiou)
        shares = shares.div(shares.sum(axis=1).clip(lower=1e-12), axis=0)
        at = f"tIoU {tiou:g}" if tiou is not None else "mean over tIoU"
        gain = self.gain.iloc[:, self._columns(tiou)].mean(axis=1)
        both = self.false_negatives.assign(mAP_N=self.sensitivity["mAP_N"])

        three = "{:.3f}".format
        parts = [
            f"mAP_N {self.mAP_N.iloc[self._columns(tiou)].mean():.4f} ({at})",
            "share of each kind, in ten groups of G detections\n"
            + shares.to_string(float_format=three),
            "gain in mAP_N if an error vanished\n" + gain.to_string(float_format=three),
            "instances missed (share), and mAP_N of each part\n"
            + both.to_string(float_format=three, index=False),
        ]
        return "\n\n".join(parts)

    def _columns(self, tiou: float | None) -> list[int]:
        if tiou is None:
            return list(range(len(self.results.tiou)))
        if round(tiou, 10) not in self.results.tiou:
            raise KeyError(f"tiou {tiou:g} is not among the thresholds {list(self.results.tiou)}")
        return [self.results.tiou.index(round(tiou, 10))]

    def _bucket_column(self, characteristic: str) -> str:
        column = f"{characteristic} bucket"
        if column not in self.instances:
            known = [name for name in CHARACTERISTICS if f"{name} bucket" in self.instances]
            raise KeyError(f"characteristic {characteristic!r} is not among {', '.join(known)}")
        return column


def diagnose(
    results: DetectionResults, edges: Mapping[str, Sequence[float]] | None = None
) -> Diagnosis:
    """Diagnose the detections of an evaluation; see the top of this file for the definitions.

    Args:
        results: of `gtan.evaluation.evaluate_detections`.
        edges: inner edges of the buckets of ``length`` (seconds), ``coverage`` (0 to 1) and
            ``instances``; `DETAD_EDGES` holds the paper's for two data sets. By default the fifths
            of the instances at hand.

    Raises:
        ValueError: edges of an unknown characteristic, or not ascending.

    Example:
        >>> from gtan.evaluation import evaluate_detections
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})
        >>> found = pd.concat([truth.assign(score=0.8), truth.assign(end=1.0, score=0.9)])
        >>> diagnosis = diagnose(evaluate_detections(truth, found, tiou=[0.5]))
        >>> diagnosis.profile()[["true positive", "localization"]].head(2).to_numpy().tolist()
        [[0.0, 1.0], [1.0, 0.0]]
        >>> float(diagnosis.gain.loc["localization", 0.5])
        0.5
    """
    instances = _with_buckets(with_characteristics(results), edges or {})
    tiou = pd.Index(results.tiou, name="tiou")
    rankings, parts = _rankings(results), _parts(instances)
    sizes = instances["label"].value_counts().reindex(results.labels).to_numpy()

    group = np.zeros(len(results.detections), dtype=np.int64)
    for rows, size in zip(rankings, sizes):
        number = np.arange(len(rows)) // size + 1
        group[rows] = np.where(number <= GROUPS, number, 0)
    closest, overlap, same = _closest(results, instances)
    kind = _kinds(results, group, overlap, same)

    normalised = _without_each_error(results, rankings, kind, sizes)
    mAP_N = pd.Series(normalised[:, 0], tiou, name="mAP_N")
    gain = pd.DataFrame((normalised[:, 1:] - normalised[:, :1]).T, list(ERRORS), tiou)
    found = _found(results, rankings, sizes)
    table = pd.DataFrame(
        [(name, bucket, len(rows)) for name, bucket, rows in parts],
        columns=["characteristic", "bucket", "count"],
    )
    of_parts = _of_parts(results, rankings, [rows for _, _, rows in parts], sizes)
    return Diagnosis(
        results=results,
        kind=kind,
        group=group,
        closest=closest,
        instances=instances,
        found=pd.DataFrame(found[instances.index], instances.index, tiou),
        mAP_N=mAP_N,
        gain=gain,
        sensitivity=table.assign(mAP_N=of_parts.mean(axis=1)),
        false_negatives=table.assign(missed=[1 - found[rows].mean() for _, _, rows in parts]),
    )


def _rankings(results: DetectionResults) -> list[np.ndarray]:
    """Of each label the rows of its detections, the best first."""
    label = pd.Index(results.labels).get_indexer(
        pd.Index(results.detections["label"].iloc[results.ranking])
    )
    edges = np.searchsorted(label, np.arange(len(results.labels) + 1))
    return [results.ranking[first:stop] for first, stop in pairwise(edges)]


def _without_each_error(
    results: DetectionResults, rankings: list[np.ndarray], kind: np.ndarray, sizes: np.ndarray
) -> np.ndarray:
    """mAP_N of the judged detections, and then without those of each error: [K, 1 + errors]."""
    values = np.zeros((len(results.tiou), 1 + len(ERRORS)))
    for rows, size in zip(rankings, sizes):
        for column in range(len(results.tiou)):
            judged = kind[rows, column]
            keep = (judged != NOT_JUDGED) & (judged != np.arange(len(KINDS))[:, None])
            keep[0] = judged != NOT_JUDGED
            hit = results.matches[rows, column] >= 0
            false = np.cumsum(keep & ~hit, axis=1)[:, hit]
            full = np.full(len(KINDS), size)
            values[column] += normalised_ap(keep[:, hit], false, full, sizes.mean())
    return values / len(rankings)


def _found(results: DetectionResults, rankings: list[np.ndarray], sizes: np.ndarray) -> np.ndarray:
    """Whether each truth was found, at enough precision, at each threshold: [truths, K]."""
    found = np.zeros((len(results.truth.instances), len(results.tiou)), dtype=bool)
    for rows, size in zip(rankings, sizes):
        for column in range(len(results.tiou)):
            match = results.matches[rows, column]
            counted = (match >= 0) | ~results.ambiguous[rows]
            precise = _precision(match >= 0, counted, size, sizes.mean()) > LEAST_PRECISION
            found[match[(match >= 0) & precise], column] = True
    return found


def _of_parts(
    results: DetectionResults,
    rankings: list[np.ndarray],
    parts: list[np.ndarray],
    sizes: np.ndarray,
) -> np.ndarray:
    """mAP_N of each part of the truth, all detections of a label being judged: [parts, K]."""
    values, counts = np.zeros((len(parts), len(results.tiou))), np.zeros(len(parts))
    member = np.zeros((len(parts), len(results.truth.instances)), dtype=bool)
    for number, part in enumerate(parts):
        member[number, part] = True
    label_of = pd.Index(results.labels).get_indexer(pd.Index(results.truth.instances["label"]))
    for label, rows in enumerate(rankings):
        positives = member[:, label_of == label].sum(axis=1)
        counts += positives > 0
        for column in range(len(results.tiou)):
            match = results.matches[rows, column]
            hit = match >= 0
            false = np.cumsum(~hit & ~results.ambiguous[rows])[hit][None]
            values[:, column] += normalised_ap(
                member[:, match[hit]], false, positives, sizes.mean()
            )
    return np.asarray(values / np.maximum(counts, 1)[:, None])


def with_characteristics(results: DetectionResults) -> pd.DataFrame:
    """The instances with length (seconds), coverage (NaN without a duration) and instances."""
    table = results.truth.instances
    table = table[table["label"] != AMBIGUOUS].copy()
    table["length"] = table["end"] - table["start"]
    videos = results.truth.videos
    if "duration" in videos:
        duration = table["video"].map(videos.set_index("video")["duration"])
        table["coverage"] = (table["length"] / duration).clip(upper=1.0)
    else:
        table["coverage"] = np.nan
    table["instances"] = table.groupby(["video", "label"])["start"].transform("size")
    return table


def normalised_ap(
    kept: np.ndarray, false: np.ndarray, positives: np.ndarray, mean_size: float
) -> np.ndarray:
    """Interpolated AP with normalised precision, for R choices among the same ranking.

    Args:
        kept: [R, H] of the ranking's detections that found a truth: which take part.
        false: [R, H] or [1, H] false positives that take part, up to each of them.
        positives: [R] number of truths.
        mean_size: N, the mean number of instances of a label.

    Returns:
        [R]; 0 without truths.
    """
    # Precision only falls at a false positive, so that the others are all that matters.
    recall = np.cumsum(kept, axis=1) / np.maximum(positives, 1)[:, None]
    precision = mean_size * recall / np.maximum(mean_size * recall + false, 1e-300)
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    return np.asarray((best * kept).sum(axis=1) / np.maximum(positives, 1))


def _precision(hit: np.ndarray, counted: np.ndarray, positives: int, mean: float) -> np.ndarray:
    """Normalised precision after each detection of a ranking."""
    scaled = mean * np.cumsum(hit) / positives
    return np.asarray(scaled / np.maximum(scaled + np.cumsum(counted & ~hit), 1e-300))


def _closest(
    results: DetectionResults, instances: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row of the truth that each detection overlaps best, tIoU, whether the label is its own."""
    videos = pd.Index(instances["video"].unique())
    detections = results.detections
    labels = pd.Index(instances["label"].unique())
    label, truth_label = (labels.get_indexer(t["label"]) for t in (detections, instances))
    row = instances.index.to_numpy()
    closest = np.full(len(detections), -1, dtype=np.int64)
    best, same = np.zeros(len(detections)), np.zeros(len(detections), dtype=bool)
    for of, which, overlap in pairs_in_portions(
        videos.get_indexer(detections["video"]),
        detections[["start", "end"]].to_numpy(),
        videos.get_indexer(instances["video"]),
        instances[["start", "end"]].to_numpy(),
        minimum=LEAST_OVERLAP,
        undefined=UNDEFINED[results.protocol],
    ):
        own = label[of] == truth_label[which]
        order = np.lexsort((which, ~own, -overlap, of))
        first = order[np.diff(of[order], prepend=-1) > 0]
        closest[of[first]] = row[which[first]]
        best[of[first]], same[of[first]] = overlap[first], own[first]
    return closest, best, same


def _kinds(
    results: DetectionResults, group: np.ndarray, overlap: np.ndarray, same: np.ndarray
) -> np.ndarray:
    """[N, K] index into KINDS."""
    name = {kind: number for number, kind in enumerate(KINDS)}
    near = np.where(same, name["localization"], name["confusion"])
    near = np.where(overlap >= LEAST_OVERLAP, near, name["background"])
    full = np.where(same, name["double detection"], name["wrong label"])
    kind = np.empty(results.matches.shape, dtype=np.int8)
    for column, tiou in enumerate(results.tiou):
        enough = overlap > tiou if results.protocol == "thumos14" else overlap >= tiou
        kind[:, column] = np.where(enough, full, near)
    hit = results.matches >= 0
    kind[hit] = name[CORRECT]
    kind[~hit & results.ambiguous[:, None]] = NOT_JUDGED
    kind[group == 0] = NOT_JUDGED
    return kind


def _with_buckets(instances: pd.DataFrame, edges: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    unknown = set(edges) - set(CHARACTERISTICS)
    if unknown:
        raise ValueError(
            f"edges: {min(unknown)!r} is unknown; choose from {', '.join(CHARACTERISTICS)}"
        )
    for name in CHARACTERISTICS:
        values = instances[name]
        if values.isna().any():
            instances = instances.drop(columns=name)
            continue
        inner = edges.get(name)
        if inner is None:
            fifths = np.quantile(values, [0.2, 0.4, 0.6, 0.8], method="inverted_cdf")
            inner = sorted({float(f"{edge:.3g}") for edge in fifths if edge < values.max()})
        if any(low >= high for low, high in pairwise(inner)):
            raise ValueError(f"edges: those of {name} do not ascend: {list(inner)}")
        instances[f"{name} bucket"] = pd.cut(
            values, [-np.inf, *inner, np.inf], labels=_bucket_names(name, inner)
        )
    return instances


def _bucket_names(characteristic: str, inner: Sequence[float]) -> list[str]:
    """What lies between the edges, in words; a count above 1 is one of 2 or more."""
    if not len(inner):
        return ["any"]
    step = 1 if characteristic == "instances" else 0
    names = ["1" if step and inner[0] == 1 else f"≤ {inner[0]:g}"]
    for low, high in pairwise(inner):
        names.append(f"{high:g}" if step and low + 1 == high else f"{low + step:g} to {high:g}")
    return [*names, f"> {inner[-1]:g}"]


def _parts(instances: pd.DataFrame) -> list[tuple[str, str, np.ndarray]]:
    """Characteristic, bucket, and the rows of the instances in it; empty buckets are left out."""
    parts = [("all", "all", instances.index.to_numpy())]
    for name in CHARACTERISTICS:
        column = instances.get(f"{name} bucket")
        if column is None:
            continue
        for bucket in column.cat.categories:
            rows = instances.index[column == bucket].to_numpy()
            if len(rows):
                parts.append((name, str(bucket), rows))
    return parts
