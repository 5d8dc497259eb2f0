"""One recording in the timeline by results alone: no run, no Explanation, anybody's detections."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gtan.data.annotations import AMBIGUOUS
from gtan.evaluation import DetectionResults
from gtan.runs.explanation import FORMAT, VERSION, Explanation
from gtan_viz.figures.theme import Theme, colors
from gtan_viz.figures.timeline import timeline


def recording(
    results: DetectionResults | Mapping[str, DetectionResults],
    video: str,
    *,
    tiou: float = 0.5,
    max_boxes: int = 50,
    theme: Theme = "light",
) -> go.Figure:
    """Truth and detections of one recording, result by result one above the other.

    Hits are the timeline's, by descending score, whichever the protocol. THUMOS14's ``Ambiguous``
    intervals are shaded: what overlaps them does not count there.

    Args:
        results: of `gtan.evaluation.evaluate_detections`, or several by name, of one truth.
        video: the recording.
        tiou: from which overlap a detection is a hit.
        max_boxes: at most so many of the best detections of each result.
        theme: light or dark.

    Raises:
        KeyError: if neither truth nor detections know the recording.
        ValueError: no result.

    Example:
        >>> from gtan.evaluation import evaluate_detections
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})
        >>> results = evaluate_detections(truth, truth.assign(score=0.8))
        >>> "truths found: 1 of 1" in recording(results, "v").layout.title.subtitle.text
        True
    """
    several = dict(results) if isinstance(results, Mapping) else {"detections": results}
    if not several:
        raise ValueError("there is no result to draw")
    known = [
        video in set(one.truth.videos["video"]) | set(one.detections["video"])
        for one in several.values()
    ]
    if not any(known):
        raise KeyError(f"recording {video!r} is in neither truth nor detections")
    end = max(_duration(one, video) for one in several.values())
    figure = timeline(
        *(bare_explanation(one, video, end) for one in several.values()),
        rows=("truth", "detections"),
        names=list(several),
        tiou=tiou,
        min_score=-np.inf,
        max_boxes=max_boxes,
        signal=False,
        theme=theme,
    )
    _shade_ambiguous(figure, next(iter(several.values())), video, colors(theme)["muted"])
    return figure


def bare_explanation(results: DetectionResults, video: str, duration: float) -> Explanation:
    """An Explanation of nothing but the truth (no ``Ambiguous``) and the detections."""
    truth = results.truth.instances
    truth = truth[(truth["video"] == video) & (truth["label"] != AMBIGUOUS)]
    found = results.detections
    found = found[found["video"] == video].sort_values("score", ascending=False, kind="stable")
    classes = sorted({*results.labels, *truth["label"], *found["label"]})
    number = {label: index for index, label in enumerate(classes)}
    scores = found["score"].to_numpy(np.float32)
    arrays = {
        "detections.scores": scores,
        "detections.ranking": scores,
        "detections.source": np.full((len(found), 4), -1, np.int32),
        "signal": np.zeros((0, 0), np.float16),
    }
    for name, table in (("truth", truth), ("detections", found)):
        arrays[f"{name}.segments"] = table[["start", "end"]].to_numpy(np.float32)
        arrays[f"{name}.labels"] = table["label"].map(number).to_numpy(np.int32)
    header = {
        "format": FORMAT,
        "version": VERSION,
        "recording": video,
        "duration": duration,
        "step": 0,
        "classes": classes,
        "layers": [],
        "signal": {"rate": 1.0, "names": []},
    }
    return Explanation(header, arrays)


def _shade_ambiguous(figure: go.Figure, results: DetectionResults, video: str, color: str) -> None:
    truth = results.truth.instances
    grey = truth[(truth["video"] == video) & (truth["label"] == AMBIGUOUS)]
    for start, end in zip(grey["start"], grey["end"]):
        figure.add_vrect(
            x0=start, x1=end, fillcolor=color, opacity=0.18, line_width=0, layer="below"
        )
    if len(grey):
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=AMBIGUOUS, opacity=0.4,
            marker={"symbol": "square", "size": 12, "color": color},
        )  # fmt: skip


def _duration(results: DetectionResults, video: str) -> float:
    """Seconds: what the truth says, else where the last interval ends."""
    videos = results.truth.videos
    if "duration" in videos:
        given = videos.loc[videos["video"] == video, "duration"]
        if given.notna().any():
            return float(given.iloc[0])
    tables = (results.truth.instances, results.detections)
    ends = pd.concat([table.loc[table["video"] == video, "end"] for table in tables])
    return float(ends.max()) if len(ends) else 1.0
