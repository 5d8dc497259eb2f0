"""What a reader should know of a result: what is not scored, points in time, names misspelt."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import pandas as pd

from gtan.data.annotations import AMBIGUOUS, Annotations
from gtan.data.names import look_alikes

SHOWN = 5  # names in a remark


def outside_the_truth(truth: Annotations, found: pd.DataFrame) -> list[str]:
    """Detections of labels and in recordings that the truth does not know."""
    labels = set(_counted(truth)["label"])
    unscored = found["label"][~found["label"].isin(labels)]
    unlisted = found["video"][~found["video"].isin(truth.videos["video"])]
    remarks = []
    if len(unscored):
        remarks.append(
            f"not scored: {len(unscored)} detections with labels that the truth has not "
            f"({_some(sorted(set(unscored)))})"
        )
    if len(unlisted):
        remarks.append(
            f"counted as false positives: {len(unlisted)} detections in "
            f"{unlisted.nunique()} recordings unknown to the truth"
        )
    return remarks


def without_length(truth: Annotations, found: pd.DataFrame, match: bool) -> list[str]:
    """How many intervals have no length; `match`: whether two such intervals can match."""
    instances = _counted(truth)
    numbers = [int((table["start"] == table["end"]).sum()) for table in (instances, found)]
    if not any(numbers):
        return []
    rule = (
        "by ActivityNet's tool such a detection matches any such instance of its recording and "
        "label, wherever both lie"
    )
    return [
        f"without length: {numbers[0]} instances, {numbers[1]} detections; "
        + (rule if match else "nothing matches them")
    ]


def points_only(truth: Annotations, match: bool) -> list[str]:
    """Labels of point events, whose AP is 0 if nothing `match`es them."""
    instances = _counted(truth)
    only = (instances["start"] == instances["end"]).groupby(instances["label"]).all()
    names = only.index[only].tolist()
    but = ", except by detections without length" if match else ""
    return [f"AP 0{but}: labels whose instances all have no length ({_some(names)})"] * any(names)


def look_alike(truth: Annotations, found: pd.DataFrame) -> list[str]:
    """Names that look alike, if one of the two is the truth's.

    Two labels that look alike are two classes; two recordings that do share no detection.
    """
    labels = {*truth.instances["label"], AMBIGUOUS}
    return [
        *_pairs("labels", labels, found.get("label", ())),
        *_pairs("recordings", truth.videos["video"], found["video"]),
    ]


def _counted(truth: Annotations) -> pd.DataFrame:
    return truth.instances[truth.instances["label"] != AMBIGUOUS]


def _pairs(what: str, truth: Iterable[str], found: Iterable[str]) -> list[str]:
    known = set(truth)
    pairs = [_spelt(*pair) for pair in look_alikes({*known, *found}) if known & set(pair)]
    differ = "that differ only in spaces, letter case or Unicode form"
    return [f"{what} {differ}: {_some(pairs)}"] if pairs else []


def _spelt(one: str, two: str) -> str:
    """Both names, in ASCII where the eye could not tell them apart."""
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", two)
    return f"{one!a} and {two!a}" if same else f"{one!r} and {two!r}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
