"""Proposals labelled by a classifier of whole videos, as much work on ActivityNet has it.

Every proposal of a video takes the video's best labels, and its score is multiplied by theirs.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from gtan.data.annotations import DETECTION_COLUMNS, check_proposals
from gtan.data.class_scores import check_class_scores
from gtan.data.texts import listed, shown


def fuse_class_scores(
    detections: pd.DataFrame,
    class_scores: pd.DataFrame,
    top_k: int = 2,
    labels: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Label proposals by the best labels of their videos; score = proposal score x class score.

    The labels of the detections themselves are dropped: several of one interval are one proposal,
    with the best of their scores (R12). Names of videos are compared as they are, then with and
    without ActivityNet's prefix ``v_``.

    Source: BSN (Lin et al., ECCV 2018, Section 4.4: THUMOS14 with the top 2) and those who do it
    on ActivityNet, such as OpenTAD. ActionFormer takes the square root of the product, which ranks
    alike and so has the same mAP; BSN on ActivityNet takes the top 1, and leaves its score out.

    Args:
        detections: video, start, end (seconds), score from 0 on; a label, if any, is not looked at.
        class_scores: video, label, score (0 to 1); see `gtan.data.class_scores`.
        top_k: how many labels of a video, the best first; of equal scores the earlier row's.
        labels: all there are, as `run.classes`; None: whatever the classifier says.

    Returns:
        Detections: video, label, start, end, score; by video, the best first; at most `top_k`
        times as many as there are proposals.

    Raises:
        ValueError: a table that is none of its kind, a negative score, top_k below 1, videos
            without class scores, or a label that is not in `labels`.

    Example:
        >>> found = pd.DataFrame({"video": ["v"], "start": [1.0], "end": [4.0], "score": [0.5]})
        >>> rows = {"video": ["v"] * 3, "label": ["run", "jump", "sit"], "score": [0.75, 0.25, 0]}
        >>> fuse_class_scores(found, pd.DataFrame(rows)).values.tolist()
        [['v', 'run', 1.0, 4.0, 0.375], ['v', 'jump', 1.0, 4.0, 0.125]]
    """
    if isinstance(top_k, bool) or not isinstance(top_k, int) or top_k < 1:
        raise ValueError(f"top_k = {top_k!r}: how many labels of a video? A whole number from 1")
    proposals, known = check_proposals(detections), check_class_scores(class_scores)
    negative = proposals["score"] < 0
    if negative.any():
        row = int(negative.argmax())
        raise ValueError(
            f"detections: row {row}: score {proposals['score'][row]:g} is negative; a product "
            "would rank it by how unsure the classifier is"
        )
    if labels is not None:
        unknown = sorted(set(known["label"]) - set(labels))
        if unknown:
            raise ValueError(
                f"class scores: {len(unknown)} labels are none of the data set's: "
                f"{listed(map(shown, unknown))}. Rename them, or leave their rows out"
            )
    videos = pd.Index(proposals["video"].unique())
    names = _names(videos, known["video"].unique())
    best = known.sort_values("score", ascending=False, kind="stable").groupby("video").head(top_k)
    best = best.set_axis(["name", "label", "of_label"], axis=1)
    proposals = proposals.groupby(["video", "start", "end"], sort=False, as_index=False).max()
    fused = proposals.assign(name=proposals["video"].map(names)).merge(best, on="name")
    fused["score"] *= fused["of_label"]
    fused["at"] = videos.get_indexer(fused["video"])
    fused = fused.sort_values(["at", "score"], ascending=[True, False], kind="stable")
    return fused[list(DETECTION_COLUMNS)].reset_index(drop=True)


def _names(wanted: Iterable[str], there: Iterable[str]) -> dict[str, str]:
    """What the videos of the detections are called among the class scores."""
    known = set(there)
    found, missing = {}, []
    for video in wanted:
        spellings = (video, f"v_{video}", video.removeprefix("v_"))
        name = next((one for one in spellings if one in known), None)
        if name is None:
            missing.append(video)
        else:
            found[video] = name
    if missing:
        raise ValueError(
            f"{len(missing)} videos have detections and no class scores: "
            f"{listed(map(shown, missing))}; the class scores are of "
            f"{listed(map(shown, sorted(known)[:3])) or 'none'}, ..."
        )
    return found
