"""One recording in the timeline by results alone: no run, no Explanation, anybody's detections."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gtan.data.annotations import AMBIGUOUS
from gtan.evaluation import DetectionResults
from gtan_viz.figures.theme import Theme, colors
from gtan_viz.figures.timeline import Findings, Shown, draw_timeline


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
    figure = draw_timeline(
        [findings_of_results(one, video, name, end) for name, one in several.items()],
        Shown(("truth", "detections"), tiou, -np.inf, max_boxes),
        theme=theme,
    )
    _shade_ambiguous(figure, next(iter(several.values())), video, colors(theme)["muted"])
    return figure


def findings_of_results(
    results: DetectionResults, video: str, title: str, duration: float
) -> Findings:
    """Truth, without ``Ambiguous``, and detections of one recording."""
    truth, found = (
        table[table["video"] == video] for table in (results.truth.instances, results.detections)
    )
    truth = truth.loc[truth["label"] != AMBIGUOUS, ["label", "start", "end"]]
    found = found[["label", "start", "end", "score"]]  # a table's own `layer` is no kernel's
    classes = list({*results.labels, *truth["label"], *found["label"]})
    return Findings(title, video, duration, classes, truth, found)


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
