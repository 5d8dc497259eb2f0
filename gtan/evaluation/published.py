"""Numbers that the paper prints (Tables 2, 5 and 6), for a place beside ours.

`published.csv` holds them as printed, in percent, with the approach and the reference that the
paper names for it. They stand beside our numbers only where data set and protocol are the same:
`comparable` decides that from the truth itself, not from what somebody calls it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from gtan.data.annotations import AMBIGUOUS, Annotations, as_annotations
from gtan.evaluation.detection import TIOU, DetectionResults
from gtan.evaluation.proposals import THUMOS14_TIOU, ProposalResults

SOURCE = "Long et al., CVPR 2019"
TEST_VIDEO = re.compile(r"video_test_\d{7}")
YOUTUBE = re.compile(r"(v_)?[\w-]{11}")


@cache
def published() -> pd.DataFrame:
    """Every number, one row each.

    Columns: table (of the paper), dataset, subset, protocol, task (``detections`` or
    ``proposals``), metric, tiou, approach, reference, percent.

    Example:
        >>> table = published()
        >>> ours = table[(table["approach"] == "GTAN") & (table["table"] == 5)]
        >>> ours["percent"].tolist()
        [69.1, 63.7, 57.8, 47.2, 38.8]
    """
    return pd.read_csv(Path(__file__).with_name("published.csv"), dtype={"tiou": str})


def comparable(truth: Annotations | pd.DataFrame, protocol: str) -> tuple[str, str]:
    """Whether the paper's numbers may stand beside those on this truth.

    Args:
        truth: as it was evaluated.
        protocol: ``activitynet`` or ``thumos14``.

    Returns:
        The data set as `published` names it, "" if none; and the reason in words.

    Example:
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0], "end": [4]})
        >>> comparable(truth, "activitynet")
        ('', 'the paper has no number for this data set')
    """
    truth = as_annotations(truth)
    videos = truth.videos["video"].tolist()
    labels = set(truth.instances["label"])
    dataset, reason = "", "the paper has no number for this data set"
    if all(TEST_VIDEO.fullmatch(video) for video in videos) and len(labels - {AMBIGUOUS}) == 20:
        if len(videos) < 210:
            reason = f"{len(videos)} of THUMOS14's 210 to 213 annotated test recordings"
        elif AMBIGUOUS not in labels:
            reason = f"THUMOS14's truth without {AMBIGUOUS}: the official kit scores with it"
        else:
            dataset, reason = "thumos14", "THUMOS14, test set"
    elif all(YOUTUBE.fullmatch(video) for video in videos) and len(labels) == 200:
        if 4900 <= len(videos) <= 4926:
            dataset, reason = "activitynet-1.3", "ActivityNet v1.3, validation set"
        else:
            reason = f"{len(videos)} recordings where ActivityNet v1.3's validation set has 4926"
    of = {"thumos14": "thumos14", "activitynet-1.3": "activitynet"}
    if dataset and of[dataset] != protocol:
        return "", f"{reason}, but the paper's numbers are by the protocol {of[dataset]}"
    return dataset, reason


def published_beside(results: DetectionResults) -> pd.DataFrame:
    """The paper's numbers that may stand beside a result: approaches by tIoU threshold, 0 to 1.

    Empty where data set or protocol differ (`comparable` says why). ``average`` is there only if
    the result's thresholds are ActivityNet's ten.
    """
    dataset, _ = comparable(results.truth, results.protocol)
    columns = {f"{tiou:g}": f"{tiou:g}" for tiou in results.tiou}
    official = TIOU["activitynet"]
    if len(results.tiou) == len(official) and np.allclose(results.tiou, official):
        columns["average"] = "average"
    return _select(dataset, "detections", "tiou", columns)


def published_beside_proposals(
    results: ProposalResults, truth: Annotations | pd.DataFrame
) -> pd.DataFrame:
    """The same for proposals: approaches by AR and AUC, 0 to 1.

    The tIoU thresholds have to be the data set's. The paper does not print at how many proposals
    its AR was taken; AUC, as on ActivityNet's server, runs to an average of 100.
    """
    thumos, _ = comparable(truth, "thumos14")
    activitynet, _ = comparable(truth, "activitynet")
    official = THUMOS14_TIOU if thumos else TIOU["activitynet"]
    same = len(results.tiou) == len(official) and np.allclose(results.tiou, official)
    metrics = {"AR": "AR"}
    if np.isclose(results.proposals_per_video[-1], 100):
        metrics["AUC"] = "AUC"
    return _select((thumos or activitynet) if same else "", "proposals", "metric", metrics)


def _select(dataset: str, task: str, column: str, wanted: dict[str, str]) -> pd.DataFrame:
    table = published()
    rows = table[
        (table["dataset"] == dataset)
        & (table["subset"] != "testing")
        & (table["task"] == task)
        & table[column].isin(list(wanted))
    ]
    wide = rows.pivot_table(
        index=["approach", "reference"], columns=column, values="percent", sort=False
    )
    return (wide / 100).round(6).rename_axis(columns=None)
