"""What the network found along a recording, beside what is there: truth, boxes, hits or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gtan.runs.explanation import Explanation
from gtan_viz.figures.boxes import (
    KINDS,
    Panel,
    draw_boxes,
    draw_verdicts,
    name_classes,
    what_is_missing,
)
from gtan_viz.figures.sources import as_explanation
from gtan_viz.figures.theme import Theme, class_styles, colors, dress, note_in_panel, plain

CHANNEL_HUES = ("#5b7fa6", "#a67f5b", "#7fa65b", "#a65b7f", "#4f9f95", "#7f5ba6")  # no class's
MOST_SAMPLES = 4000  # of a channel of the signal; more than any screen has pixels
SIGNAL_HEIGHT = 110  # pixels


class Findings(NamedTuple):
    """What is there along one recording, and what was found: one panel of the timeline.

    Attributes:
        title: of the panel, shown where there are several.
        recording: its name.
        duration: seconds.
        classes: labels, in any order; they are drawn by name, as in every picture.
        truth: columns label, start, end (seconds).
        detections: the same and score; with layer and row where kernels are known.
        proposals: as `Explanation.proposals`, those that their window owns, with the ranking as
            score, best first; None where there are no kernels.
    """

    title: str
    recording: str
    duration: float
    classes: Sequence[str]
    truth: pd.DataFrame
    detections: pd.DataFrame
    proposals: pd.DataFrame | None = None


class Shown(NamedTuple):
    """Which boxes are drawn, and what is called a hit; as the arguments of `timeline`."""

    rows: Sequence[str]
    tiou: float
    min_score: float
    max_boxes: int


def timeline(
    explanation: Explanation | str | Path,
    *others: Explanation | str | Path,
    rows: Sequence[str] = ("truth", "default", "proposals", "detections"),
    names: Sequence[str] | None = None,
    tiou: float = 0.5,
    min_score: float = 0.2,
    max_boxes: int = 200,
    signal: bool = True,
    theme: Theme = "light",
) -> go.Figure:
    """Truth, default boundaries, proposals and detections along a recording, class by class.

    The signal stands above. Within the row of a class, from above: truth, default boundaries, the
    proposals they were refined to, detections; the stronger a box, the higher its score. A hit is
    a detection that takes the best truth of its class that is still free, by descending score, at
    a tIoU of at least `tiou`. With several Explanations of one recording, one stands above the
    other: a fixed-scale run above a learned one is the paper's Figure 1.

    Args:
        explanation: an Explanation or its file.
        others: more of them, of the same recording.
        rows: what to draw, of `truth`, `default`, `proposals`, `detections`.
        names: titles of the panels when there are several.
        tiou: from which overlap a detection is a hit.
        min_score: boxes below are left out (detections: the score after soft-NMS; default
            boundaries and proposals: Eq. 10).
        max_boxes: at most so many of the best default boundaries, proposals and detections each.
        signal: whether to draw the signal.
        theme: light or dark.

    Raises:
        ValueError: if a row is unknown, the Explanations are of different recordings, or there are
            more or fewer names than Explanations.

    Example:
        >>> import gtan, gtan_viz
        >>> explanation = gtan.explain(gtan.open_run(), "person21_film2")  # doctest: +SKIP
        >>> gtan_viz.timeline(explanation, tiou=0.7).show()  # doctest: +SKIP
    """
    unknown = [row for row in rows if row not in KINDS]
    if unknown:
        raise ValueError(f"rows {unknown} are unknown; choose from {', '.join(KINDS)}")
    explained = [as_explanation(each) for each in (explanation, *others)]
    titles = names or [f"step {each.header['step']}" for each in explained]
    if len(titles) != len(explained):
        raise ValueError(f"names: {len(titles)} for {len(explained)} Explanations; give one each")
    with_proposals = bool({"default", "proposals"} & set(rows))
    return draw_timeline(
        [findings(each, title, with_proposals) for each, title in zip(explained, titles)],
        Shown(rows, tiou, min_score, max_boxes),
        signal_of=explained[0] if signal else None,
        theme=theme,
    )


def findings(explanation: Explanation, title: str, with_proposals: bool = True) -> Findings:
    """What an Explanation holds of its recording."""
    header = explanation.header
    return Findings(
        title,
        header["recording"],
        header["duration"],
        header["classes"],
        explanation.truth(),
        explanation.detections(),
        owned_proposals(explanation) if with_proposals else None,
    )


def owned_proposals(explanation: Explanation) -> pd.DataFrame:
    """`Explanation.proposals` that their window owns, best first; the ranking is named score."""
    table = explanation.proposals().rename(columns={"ranking": "score"})
    table = table[table["owned"] & np.isfinite(table["score"])]
    return table.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def draw_timeline(
    panels: Sequence[Findings],
    shown: Shown,
    *,
    signal_of: Explanation | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """One panel above the other, on one axis of time, with the signal above them if asked.

    Raises:
        ValueError: if the panels are of different recordings.
    """
    recordings = {each.recording for each in panels}
    if len(recordings) > 1:
        listed = ", ".join(sorted(recordings))
        raise ValueError(f"the Explanations are of different recordings: {listed}")
    boxes = [boxes_of(each, shown) for each in panels]
    classes = sorted({label for each in panels for label in each.classes})
    there = {label for found in boxes for table in found.values() for label in table["label"]}
    labels = [label for label in classes if label in there]
    tall = max(3, len(labels)) * max(34, 13 * len(shown.rows))
    heights = [SIGNAL_HEIGHT] * (signal_of is not None) + [tall] * len(panels)
    titles = [plain(each.title) for each in panels] if len(panels) > 1 else [""]
    figure = make_subplots(
        rows=len(heights), cols=1, shared_xaxes=True, row_heights=heights,
        vertical_spacing=26 / (sum(heights) + 26),
        subplot_titles=[""] * (signal_of is not None) + titles,
    )  # fmt: skip
    if signal_of is not None:
        _signal(figure, signal_of)
    first = len(heights) - len(panels) + 1
    notes = []
    for row, (each, found) in enumerate(zip(panels, boxes), first):
        panel = Panel(
            figure, row, shown.rows, labels, class_styles(classes), colors(theme), row == first
        )
        lines = [draw_panel(panel, each, found, shown.tiou), left_out(each, found, shown)]
        notes.append("<br>".join(filter(None, lines)))
    if len(notes) > 1:
        notes = [f"{title}: {note}" for title, note in zip(titles, notes)]
    figure.update_xaxes(range=[0, panels[0].duration], showgrid=False)
    figure.update_xaxes(title_text="time in the recording (seconds)", row=len(heights))
    count = sum(note.count("<br>") + 1 for note in notes)
    dress(
        figure,
        f"Timeline of {plain(panels[0].recording)}",
        "<br>".join(notes),
        theme=theme,
        height=sum(heights) + 206 + 16 * count,
        barmode="overlay",
        margin={"l": 170, "r": 20, "t": 66 + 16 * count, "b": 120},
        legend={"orientation": "h", "yref": "container", "y": 0.005, "yanchor": "bottom"},
    )
    figure.update_annotations(font_size=13)
    return figure


def boxes_of(found: Findings, shown: Shown) -> dict[str, pd.DataFrame]:
    """The boxes of each kind that are to be drawn, the strongest last."""
    boxes = {}
    for kind in shown.rows:
        table = _table(found, kind)
        if kind != "truth":
            table = table[table["score"] >= shown.min_score].nlargest(shown.max_boxes, "score")
            table = table.iloc[::-1].reset_index(drop=True)
        if kind == "default":
            table = table.assign(start=table["default_start"], end=table["default_end"])
        boxes[kind] = table
    return boxes


def left_out(found: Findings, boxes: dict[str, pd.DataFrame], shown: Shown) -> str:
    """A note on the boxes that are not drawn, and why."""
    counts = [
        f"the best {len(boxes[kind])} of {len(_table(found, kind))} {kind}"
        for kind in shown.rows
        if kind in ("proposals", "detections") and len(boxes[kind]) < len(_table(found, kind))
    ]
    if not counts:
        return ""
    least = f"score from {shown.min_score:g}, " if np.isfinite(shown.min_score) else ""
    return f"shown: {', '.join(counts)}; {least}at most {shown.max_boxes} each"


def _table(found: Findings, kind: str) -> pd.DataFrame:
    """All boxes of a kind; of default boundaries the proposals that they were refined to."""
    table = {"truth": found.truth, "detections": found.detections}.get(kind, found.proposals)
    assert table is not None, f"these findings have no kernels, hence no {kind}"
    return table


def draw_panel(panel: Panel, found: Findings, boxes: dict[str, pd.DataFrame], tiou: float) -> str:
    """Draw one panel's boxes; returns what to say about hits, and about what is missing."""
    said = []
    for kind in panel.kinds:
        draw_boxes(panel, kind, boxes[kind])
        if kind == "detections" and len(boxes[kind]):
            said.append(draw_verdicts(panel, found.truth, boxes[kind], tiou))
    name_classes(panel)
    return "; ".join([*said, *what_is_missing(panel, boxes)])


def _signal(figure: go.Figure, explanation: Explanation) -> None:
    """The recording's signal in row 1, channel over channel, thinned to what one can see."""
    samples, about = explanation.arrays["signal"], explanation.header["signal"]
    if not samples.size:
        note_in_panel(figure, "no signal is stored with this recording", 1)
        return
    thin = max(1, -(-len(samples) // MOST_SAMPLES))
    seconds = (np.arange(0, len(samples), thin) / about["rate"]).astype(np.float32)
    for number, channel in enumerate(about["names"]):
        figure.add_scatter(
            x=seconds, y=samples[::thin, number].astype(np.float32), mode="lines",
            name=plain(channel), hoverinfo="skip",
            line={"width": 1, "color": CHANNEL_HUES[number % len(CHANNEL_HUES)]}, opacity=0.8,
            row=1, col=1,
        )  # fmt: skip
    figure.update_yaxes(title_text="signal", row=1, col=1)
