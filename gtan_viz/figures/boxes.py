"""Boxes along time, class by class: truth, default boundaries, proposals, detections, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from gtan.evaluation.matching import Intervals, match_detections
from gtan_viz.figures.theme import ClassStyle, note_in_panel

KINDS = {
    "truth": "truth",
    "default": "default boundary",
    "proposals": "proposal",
    "detections": "detection",
}
CLASS_HEIGHT = 0.86  # of the row of a class, which is 1 high


class Panel(NamedTuple):
    """A panel of a figure: one row for each class, in it one lane for each kind of box.

    Attributes:
        row: of the figure's subplots.
        kinds: of `KINDS`, from above.
        labels: from above.
        styles: of every label.
        colors: of the theme.
        in_legend: whether this panel's kinds get an entry in the legend.
    """

    figure: go.Figure
    row: int
    kinds: Sequence[str]
    labels: Sequence[str]
    styles: Mapping[str, ClassStyle]
    colors: Mapping[str, str]
    in_legend: bool

    @property
    def lane_height(self) -> float:
        """Of one kind's boxes, without a gap between the lanes."""
        return CLASS_HEIGHT / max(1, len(self.kinds))

    def heights(self, kind: str, labels: Sequence[str]) -> NDArray[np.float32]:
        """Where boxes of a kind and of these labels lie: [N] -> [N]."""
        place = {label: len(self.labels) - 1 - n for n, label in enumerate(self.labels)}
        middle = CLASS_HEIGHT / 2 - (self.kinds.index(kind) + 0.5) * self.lane_height
        return np.array([place[label] + middle for label in labels], np.float32)


def draw_boxes(panel: Panel, kind: str, table: pd.DataFrame) -> None:
    """Boxes of one kind, as one trace: outlines for default boundaries, the others filled.

    Args:
        table: columns label, start, end (seconds); perhaps score, by which a box is more or less
            opaque; perhaps layer and row, of the kernel behind it.
    """
    styles = [panel.styles[label] for label in table["label"]]
    hues = [style.color for style in styles]
    scores = table["score"].to_numpy(float) if "score" in table else np.ones(len(table))
    scores = np.nan_to_num(scores)
    top = max(1e-9, scores.max(initial=0.0))
    outline = kind == "default"
    boxes = go.Bar(
        orientation="h",
        base=table["start"].to_numpy(np.float32),
        x=(table["end"] - table["start"]).to_numpy(np.float32),
        y=panel.heights(kind, table["label"].tolist()),
        width=panel.lane_height * 0.84,
        legendgroup=kind,
        showlegend=False,
        hovertext=_hover_texts(kind, table, styles),
        hoverinfo="text",
        marker={
            "color": ["rgba(0,0,0,0)"] * len(hues) if outline else hues,
            "opacity": (0.25 + 0.75 * (scores / top).clip(0.0)).astype(np.float32),
            "line": {
                "color": hues if outline else panel.colors["paper"],
                "width": 1.5 if outline else 0.5,
            },
            "pattern": {
                "shape": [style.pattern for style in styles],
                "fgcolor": "#000000", "fgopacity": 0.6, "size": 5,
            },
        },
    )  # fmt: skip
    panel.figure.add_trace(boxes, row=panel.row, col=1)
    panel.figure.add_scatter(
        x=[None], y=[None], mode="markers", name=KINDS[kind], legendgroup=kind,
        showlegend=panel.in_legend, marker=_legend_marker(kind, panel.colors["muted"]),
        row=panel.row, col=1,
    )  # fmt: skip


def _hover_texts(kind: str, table: pd.DataFrame, styles: list[ClassStyle]) -> list[str]:
    """What each box says under the pointer."""
    texts = []
    for style, box in zip(styles, table.to_dict("records"), strict=True):
        start, end = box["start"], box["end"]
        text = f"{KINDS[kind]}: {style.text}<br>{start:.2f} to {end:.2f} s ({end - start:.2f} s)"
        if "score" in box:
            text += f"<br>score {np.nan_to_num(box['score']):.3f}"
        if "layer" in box:
            text += f", layer {box['layer']}, kernel row {box['row']}"
        texts.append(text)
    return texts


def _legend_marker(kind: str, color: str) -> dict[str, Any]:
    """How a kind of box looks in the legend, without the hue of a class."""
    symbol = "square-open" if kind == "default" else "square"
    opacity = {"proposals": 0.45}.get(kind, 1.0)
    size = {"truth": 14}.get(kind, 10)
    return {"symbol": symbol, "color": color, "opacity": opacity, "size": size}


def draw_verdicts(panel: Panel, truth: pd.DataFrame, detections: pd.DataFrame, tiou: float) -> str:
    """Mark hits and false positives at the end of their boxes; returns their numbers in words."""
    hit = found_truths(truth, detections, tiou) >= 0
    ends = detections["end"].to_numpy(np.float32)
    heights = panel.heights("detections", detections["label"].tolist())
    kinds = (("false positive", "miss", ~hit, "x-thin"), ("hit", "hit", hit, "circle"))
    for rank, (name, role, these, symbol) in enumerate(kinds):
        edge = panel.colors["paper" if name == "hit" else role]
        panel.figure.add_scatter(
            x=ends[these],
            y=heights[these],
            mode="markers",
            name=f"{name} at tIoU ≥ {tiou:g}",
            legendgroup=name,
            legendrank=1002 - rank,
            showlegend=panel.in_legend,
            hovertext=[f"{name} at tIoU ≥ {tiou:g}"] * int(these.sum()),
            hoverinfo="text",
            marker={
                "symbol": symbol, "size": 7, "color": panel.colors[role],
                "line": {"width": 1.0 if name == "hit" else 1.5, "color": edge},
            },
            row=panel.row, col=1,
        )  # fmt: skip
    count = int(hit.sum())
    return (
        f"hits: {count}, false positives: {len(hit) - count} at tIoU ≥ {tiou:g}; "
        f"truths found: {count} of {len(truth)}"
    )


def found_truths(truth: pd.DataFrame, detections: pd.DataFrame, tiou: float) -> NDArray[np.int64]:
    """Which row of `truth` each detection finds, as in ActivityNet's protocol; -1: none.

    By descending score, a detection takes the free truth of its class with the best tIoU, if that
    is at least `tiou`. Unlike there, a detection without length finds nothing: ActivityNet's tool
    lets it take any truth without length, wherever both lie, and a picture that called this a hit
    would mislead.

    Args:
        truth: columns label, start, end (seconds).
        detections: the same, and score.

    Example:
        >>> truth = pd.DataFrame({"label": ["a"], "start": [0.0], "end": [4.0]})
        >>> found = pd.DataFrame({"label": ["a", "a"], "start": [0, 0], "end": [3.0, 4.0],
        ...                       "score": [0.9, 0.5]})
        >>> found_truths(truth, found, 0.5).tolist()
        [0, -1]
    """
    ranking = np.argsort(-detections["score"].to_numpy(), kind="stable")
    classes = pd.Index(pd.unique(pd.concat([truth["label"], detections["label"]])))
    truths, ranked = (
        Intervals(classes.get_indexer(table["label"]), table[["start", "end"]].to_numpy(np.float64))
        for table in (truth, detections.iloc[ranking])
    )
    found = np.full(len(detections), -1, np.int64)
    found[ranking] = match_detections(ranked, truths, [tiou], undefined=0.0)[:, 0]
    return found


def name_classes(panel: Panel) -> None:
    """The names of the classes at the axis, and a line between any two."""
    count = len(panel.labels)
    panel.figure.update_yaxes(
        tickvals=list(range(count))[::-1],
        ticktext=[panel.styles[label].text for label in panel.labels],
        range=[-0.5, max(1, count) - 0.5], showgrid=False, row=panel.row, col=1,
    )  # fmt: skip
    for edge in range(1, count):
        panel.figure.add_hline(
            y=edge - 0.5, line={"color": panel.colors["grid"], "width": 1}, row=panel.row, col=1
        )


def what_is_missing(panel: Panel, boxes: Mapping[str, pd.DataFrame]) -> list[str]:
    """What is not there though it was asked for; an empty panel says so itself."""
    texts = {"truth": "this recording has no truth", "detections": "no detection of this score"}
    missing = [text for kind, text in texts.items() if kind in panel.kinds and not len(boxes[kind])]
    if not panel.labels:
        note_in_panel(panel.figure, "; ".join(missing) or "nothing to draw", panel.row)
    return missing
