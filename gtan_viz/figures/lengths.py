"""How long the actions of a data set are, label by label."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from gtan_viz.figures.log_scale import decimal_ticks
from gtan_viz.figures.theme import Theme, colors, dress, plain


def lengths(truth: pd.DataFrame, *, theme: Theme = "light") -> go.Figure:
    """Length of every action in seconds, by label, the shortest labels on top.

    Args:
        truth: columns label, start and end (seconds), such as `dataset.truth`.
        theme: light or dark.

    Raises:
        ValueError: there are no actions.

    Example:
        >>> import gtan.world
        >>> figure = lengths(gtan.world.truth(gtan.world.films("tiny-world")))
    """
    if truth.empty:
        raise ValueError("there are no actions to draw")
    c = colors(theme)
    seconds = (truth["end"] - truth["start"]).rename("seconds")
    by_label = seconds.groupby(truth["label"])
    order = by_label.median().sort_values(ascending=False).index
    figure = go.Figure()
    for label in order:
        mine = by_label.get_group(label)
        figure.add_box(
            x=mine, name=f"{plain(label)} ({len(mine)})", boxpoints="all", jitter=0.6, pointpos=0,
            fillcolor="rgba(0,0,0,0)", line={"color": c["ink"], "width": 1},
            marker={"color": c["learned"], "size": 4, "opacity": 0.5},
            hovertemplate="%{x:.3g} s", showlegend=False,
        )  # fmt: skip
    figure.update_xaxes(**decimal_ticks(seconds), title_text="length of the action (seconds)")
    return dress(
        figure,
        "Lengths of actions",
        f"{len(truth)} actions of {len(order)} labels; from {seconds.min():.2g} to "
        f"{seconds.max():.3g} s; shortest labels first. Boxes: median and quartiles",
        theme=theme,
        height=140 + 34 * len(order),
    )
