"""Several results beside each other, or one alone: label by label, and recording by recording."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from gtan.evaluation.comparison import Comparison
from gtan_viz.figures.evaluation import HUES, PROTOCOLS, averaged
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

    Of a single result: the labels with the lowest AP first.

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
    at = averaged(comparison.results[protocol]) if tiou is None else f"tIoU {tiou:g}"
    figure = _dots(table.head(most), theme, ".3f")
    figure.update_xaxes(title_text="average precision", range=[-0.02, 1.06])
    titles = ("AP of each label", "Labels on which the results differ most")
    order = "lowest AP first" if len(comparison.names) == 1 else "largest difference first"
    about = f"{PROTOCOLS[protocol]}, {at}; {order}"
    return _dressed(figure, comparison, titles, about, table, most, theme, "labels")


def compare_recordings(
    comparison: Comparison,
    protocol: str = "activitynet",
    *,
    most: int = 20,
    theme: Theme = "light",
) -> go.Figure:
    """What each recording contributes to the average mAP of every result.

    Right of zero, mAP would be lower without the recording; the recordings come first on which the
    results differ most; of a single result those that matter most.

    Args:
        comparison: of `gtan.evaluation.compare`.
        protocol: ``activitynet`` or ``thumos14``.
        most: so many recordings.
        theme: light or dark.

    Raises:
        KeyError: no such protocol.
    """
    table = comparison.recordings(protocol)
    figure = _dots(table.head(most), theme, "+.4f")
    figure.add_vline(x=0, line={"color": colors(theme)["ink"], "width": 1})
    figure.update_xaxes(title_text="contribution to the mAP (with it minus without it)")
    titles = ("What each recording contributes", "Recordings on which the results differ most")
    order = "largest first" if len(comparison.names) == 1 else "largest difference first"
    about = f"{PROTOCOLS[protocol]}, mAP: {averaged(comparison.results[protocol])}; {order}"
    return _dressed(figure, comparison, titles, about, table, most, theme, "recordings")


def _dressed(
    figure: go.Figure,
    comparison: Comparison,
    titles: tuple[str, str],
    about: str,
    table: pd.DataFrame,
    most: int,
    theme: Theme,
    rows: str,
) -> go.Figure:
    """With the title for one result, which then needs no legend, or the one for several."""
    alone = len(comparison.names) == 1
    title = f"{titles[0]}: {plain(comparison.names[0])}" if alone else titles[1]
    more = f"; {most} of {len(table)} {rows}" if len(table) > most else ""
    return dress(
        figure, title, about + more, theme=theme, showlegend=not alone,
        height=190 + 22 * max(4, min(most, len(table))),
        margin={"l": 190, "r": 20, "t": 84, "b": 56},
    )  # fmt: skip


def _dots(table: pd.DataFrame, theme: Theme, number: str) -> go.Figure:
    """One row per index, one dot per result, a line from the least to the greatest.

    Of a single result the line begins at zero, and the number stands beside the dot.
    """
    c = colors(theme)
    results = [column for column in table if column != "spread"]
    alone = len(results) == 1
    rows = [plain(name, 28) for name in table.index]
    places = list(range(len(rows)))
    figure = go.Figure()
    low, high = table[results].min(axis=1), table[results].max(axis=1)
    x, y = [], []
    for place, start, end in zip(places, low * (not alone), high):
        x += [start, end, None]
        y += [place, place, None]
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": c["background"], "width": 3}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    for place, result in enumerate(results):
        hue = c["learned"] if alone else HUES[place % len(HUES)]
        value = table[result]
        beside = {
            "text": [f"{each:{number}}" for each in value],
            "textposition": ["middle left" if each < 0 else "middle right" for each in value],
            "textfont": {"size": 11, "color": c["muted"]},
            "cliponaxis": False,
        }
        figure.add_scatter(
            x=value, y=places, mode="markers+text" if alone else "markers", name=plain(result),
            hovertext=rows, hovertemplate=f"%{{hovertext}}: %{{x:{number}}}",
            marker={
                "symbol": SYMBOLS[place % len(SYMBOLS)], "size": 10, "color": hue,
                "line": {"color": c["paper"], "width": 1},
            },
            **(beside if alone else {}),
        )  # fmt: skip
    figure.update_yaxes(
        tickvals=places, ticktext=rows, range=[len(rows) - 0.5, -0.5], showgrid=True
    )
    if alone and len(rows):  # room for the numbers
        room = 0.12 * max(1e-9, float(high.max() - low.min()))
        figure.update_xaxes(range=[min(0.0, low.min()) - room, max(0.0, high.max()) + room])
    if not rows:
        note_in_panel(figure, "there is nothing to compare")
    return figure
