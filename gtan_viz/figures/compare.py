"""Several results beside each other: label by label, and recording by recording."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from gtan.evaluation.comparison import Comparison
from gtan_viz.figures.evaluation import HUES, PROTOCOLS
from gtan_viz.figures.theme import Theme, colors, dress, note_in_panel, plain

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "triangle-down", "cross")


def compare_labels(
    comparison: Comparison,
    protocol: str = "activitynet",
    tiou: float | None = None,
    *,
    most: int = 30,
    theme: Theme = "light",
) -> go.Figure:
    """AP of each label for every result, the labels first on which they differ most.

    Args:
        comparison: of `gtan.evaluation.compare`.
        protocol: ``activitynet`` or ``thumos14``.
        tiou: a threshold; None for the mean over all.
        most: so many labels.
        theme: light or dark.

    Raises:
        KeyError: no such protocol or threshold.
    """
    table = comparison.labels(protocol, tiou)
    at = "mean over the tIoU thresholds" if tiou is None else f"tIoU {tiou:g}"
    figure = _dots(table.head(most), theme, "%{x:.3f}")
    figure.update_xaxes(title_text="average precision", range=[-0.02, 1.02])
    more = f"; {most} of {len(table)} labels" if len(table) > most else ""
    return dress(
        figure, "Labels on which the results differ most", f"{PROTOCOLS[protocol]}, {at}{more}",
        theme=theme, height=190 + 22 * max(4, min(most, len(table))),
        margin={"l": 190, "r": 20, "t": 84, "b": 56},
    )  # fmt: skip


def compare_recordings(
    comparison: Comparison,
    protocol: str = "activitynet",
    *,
    most: int = 20,
    theme: Theme = "light",
) -> go.Figure:
    """What each recording contributes to the average mAP of every result.

    Right of zero, mAP would be lower without the recording; the recordings come first on which the
    results differ most.

    Args:
        comparison: of `gtan.evaluation.compare`.
        protocol: ``activitynet`` or ``thumos14``.
        most: so many recordings.
        theme: light or dark.

    Raises:
        KeyError: no such protocol.
    """
    table = comparison.recordings(protocol)
    figure = _dots(table.head(most), theme, "%{x:+.4f}")
    figure.add_vline(x=0, line={"color": colors(theme)["ink"], "width": 1})
    figure.update_xaxes(title_text="contribution to the average mAP (with it minus without it)")
    more = f"; {most} of {len(table)} recordings" if len(table) > most else ""
    return dress(
        figure, "Recordings on which the results differ most", f"{PROTOCOLS[protocol]}{more}",
        theme=theme, height=190 + 22 * max(4, min(most, len(table))),
        margin={"l": 190, "r": 20, "t": 84, "b": 56},
    )  # fmt: skip


def _dots(table: pd.DataFrame, theme: Theme, number: str) -> go.Figure:
    """One row per index, one dot per result, a line from the least to the greatest."""
    c = colors(theme)
    results = [column for column in table if column != "spread"]
    rows = [plain(name, 28) for name in table.index]
    places = list(range(len(rows)))
    figure = go.Figure()
    low, high = table[results].min(axis=1), table[results].max(axis=1)
    x, y = [], []
    for place, start, end in zip(places, low, high):
        x += [start, end, None]
        y += [place, place, None]
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": c["background"], "width": 3}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    for number_of, result in enumerate(results):
        figure.add_scatter(
            x=table[result], y=places, mode="markers", name=plain(result), hovertext=rows,
            hovertemplate="%{hovertext}: " + number,
            marker={
                "symbol": SYMBOLS[number_of % len(SYMBOLS)], "size": 10,
                "color": HUES[number_of % len(HUES)], "line": {"color": c["paper"], "width": 1},
            },
        )  # fmt: skip
    figure.update_yaxes(
        tickvals=places, ticktext=rows, range=[len(rows) - 0.5, -0.5], showgrid=True
    )
    figure.update_layout(showlegend=True)
    if not rows:
        note_in_panel(figure, "there is nothing to compare")
    return figure
