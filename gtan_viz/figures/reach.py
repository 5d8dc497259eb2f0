"""The paper's argument in one figure: which actions can fixed scales match?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gtan.experiments.reach import KINDS, Reach
from gtan_viz.figures.log_scale import decimal_ticks
from gtan_viz.figures.theme import Theme, colors, dress, plain

LOOKS = {  # name, role of the hue, dash, symbol
    "fixed": ("fixed scale (width 1/T)", "ignored", "dot", "square"),
    "ssad": ("SSAD's fixed scales", "average", "dashdot", "diamond"),
    "learned": ("learned Gaussian kernels", "learned", "solid", "circle"),
    "grouped": ("learned and grouped", "mixed", "dash", "circle-open"),
}


def reach(reached: Reach | Mapping[str, Reach], *, theme: Theme = "light") -> go.Figure:
    """Share of the actions within reach, by length (above) and by anchor layer (below).

    Within reach is an action that some default boundary overlaps by more than the foreground
    threshold, were its sigma chosen for that action. No training is behind this.

    Args:
        reached: of `gtan.reach`, or several by the name of their data set, side by side.
        theme: light or dark.

    Raises:
        ValueError: nothing to draw.

    Example:
        >>> import gtan, pandas as pd
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [3.0], "end": [9.3]})
        >>> figure = reach(gtan.reach(truth, gtan.Settings.preset("sbhar")))
    """
    several = dict(reached) if isinstance(reached, Mapping) else {"": reached}
    if not several:
        raise ValueError("there is nothing to draw")
    c = colors(theme)
    titles = []
    for name, one in several.items():
        shares = [f"{kind} {share:.0%}" for kind, share in one.share().items()]
        lines = (
            [", ".join(shares[:2]), ", ".join(shares[2:])]
            if len(several) > 1
            else [", ".join(shares)]
        )
        actions = f"{plain(name)}{': ' * bool(name)}{len(one.instances)} actions"
        titles.append("<br>".join([actions, *lines]))
    figure = make_subplots(
        rows=2, cols=len(several), vertical_spacing=0.17, horizontal_spacing=0.05,
        subplot_titles=titles, shared_yaxes=True,
    )  # fmt: skip
    for column, one in enumerate(several.values(), 1):
        lengths = one.by_length()
        middle = np.sqrt(lengths["low"].clip(lower=lengths["high"] / 10) * lengths["high"])
        layers = one.by_layer()
        for kind in KINDS:
            name, role, dash, symbol = LOOKS[kind]
            style = {
                "mode": "lines+markers", "line": {"color": c[role], "dash": dash, "width": 2},
                "marker": {"symbol": symbol, "size": 7}, "legendgroup": kind, "name": name,
            }  # fmt: skip
            figure.add_scatter(
                x=middle, y=lengths[kind], **style, showlegend=column == 1,
                customdata=np.stack([lengths["low"], lengths["high"], lengths["count"]], 1),
                hovertemplate="%{customdata[0]:.3g} to %{customdata[1]:.3g} s: %{y:.1%} of "
                "%{customdata[2]:.0f} actions", row=1, col=column,
            )  # fmt: skip
            figure.add_scatter(
                x=[f"{layer}<br>{cells}" for layer, cells in zip(layers.index, one.cells)],
                y=layers[kind], **style, showlegend=False,
                hovertemplate="%{y:.1%}", row=2, col=column,
            )  # fmt: skip
        figure.update_xaxes(
            **decimal_ticks(middle, most=9 if len(several) < 3 else 7),
            title_text="length of the action (seconds)", row=1, col=column,
        )  # fmt: skip
        figure.update_xaxes(title_text="anchor layer, and its cells", row=2, col=column)
    figure.update_yaxes(range=[-0.02, 1.04], tickformat=".0%")
    figure.update_yaxes(title_text="within reach of any layer", row=1, col=1)
    figure.update_yaxes(title_text="within reach of the layer", row=2, col=1)
    figure.update_annotations(font_size=13)
    thresholds = sorted({one.threshold for one in several.values()})
    above = " or ".join(f"{value:g}" for value in thresholds)
    return dress(
        figure,
        "Reach before training",
        f"share of the actions that a default boundary can overlap by more than {above}, at best",
        theme=theme,
        height=720,
        legend={"orientation": "h", "y": -0.16, "yanchor": "top", "x": 0},
        margin={"l": 70, "r": 20, "t": 120, "b": 110},
    )
