"""What stands behind a bar of the diagnosis: detections or instances, and their recordings."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from gtan.evaluation.diagnosis import KINDS, Diagnosis
from gtan_viz.figures.recording import recording
from gtan_viz.figures.theme import Theme, colors, plain

MOST_MARKED = 10


def choices(diagnosis: Diagnosis) -> dict[str, list[str]]:
    """What can be chosen: a kind of detection with its groups, a characteristic with its buckets.

    Example:
        >>> from gtan.evaluation import diagnose, evaluate_detections
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})
        >>> found = choices(diagnose(evaluate_detections(truth, truth.assign(score=0.8))))
        >>> found["background"][:3]
        ['all', '1G', '2G']
    """
    groups = ["all", *(f"{number}G" for number in range(1, 11))]
    found = {kind: list(groups) for kind in KINDS}
    for name, table in diagnosis.false_negatives.groupby("characteristic", sort=False):
        if name != "all":
            found[f"missed, by {name}"] = table["bucket"].tolist()
    return found


def behind(diagnosis: Diagnosis, what: str, part: str, tiou: float | None = None) -> pd.DataFrame:
    """The intervals behind a choice of `choices`: detections, best first, or missed instances.

    Raises:
        KeyError: no such choice or threshold.
    """
    if what.startswith("missed, by "):
        return diagnosis.missed(what.removeprefix("missed, by "), part, tiou)
    group = None if part == "all" else int(part.removesuffix("G"))
    return diagnosis.detections_of(what, group, tiou)


def behind_in_timeline(
    diagnosis: Diagnosis,
    what: str,
    part: str,
    video: str,
    tiou: float | None = None,
    *,
    theme: Theme = "light",
) -> go.Figure:
    """A recording in the timeline, with the intervals behind a choice marked.

    Raises:
        KeyError: no such choice, threshold or recording.
    """
    rows = behind(diagnosis, what, part, tiou)
    rows = rows[rows["video"] == video]
    at = diagnosis.results.tiou[0] if tiou is None else tiou
    figure = recording(diagnosis.results, video, tiou=at, theme=theme)
    c = colors(theme)
    for number, (start, end) in enumerate(zip(rows["start"][:MOST_MARKED], rows["end"])):
        figure.add_vrect(
            x0=start, x1=end, line={"color": c["miss"], "width": 1.5, "dash": "dot"},
            fillcolor=c["miss"], opacity=0.12, layer="below",
        )  # fmt: skip
        if not number:
            figure.add_annotation(
                x=(start + end) / 2, y=1, yref="paper", yanchor="bottom", showarrow=False,
                text=plain(what), font={"size": 12, "color": c["miss"]},
            )  # fmt: skip
    return figure
