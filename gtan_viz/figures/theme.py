"""One theme for every picture: colours that mean the same everywhere, and text that stays text."""

from __future__ import annotations

from typing import Any, Literal

import plotly.graph_objects as go
import plotly.io as pio

from gtan_viz.figures.palette import CLASS_HUES as CLASS_HUES
from gtan_viz.figures.palette import CLASS_PATTERNS as CLASS_PATTERNS
from gtan_viz.figures.palette import COLORS as COLORS
from gtan_viz.figures.palette import SIGMA_RAMP
from gtan_viz.figures.palette import ClassStyle as ClassStyle
from gtan_viz.figures.palette import class_styles as class_styles
from gtan_viz.figures.palette import plain as plain

Theme = Literal["light", "dark"]


def sigma_ramp(theme: Theme) -> list[str]:
    """Colours from the least sigma to the greatest, for a heat map."""
    return list(SIGMA_RAMP if theme == "dark" else SIGMA_RAMP[::-1])


def template(theme: Theme = "light") -> go.layout.Template:
    """Plotly's white or dark template in our colours.

    Raises:
        ValueError: for a theme other than light and dark.
    """
    c = colors(theme)
    base = pio.templates["plotly_dark" if theme == "dark" else "plotly_white"]
    axis = {
        "gridcolor": c["grid"],
        "linecolor": c["grid"],
        "zeroline": False,
        "tickfont": {"size": 11},
        "title": {"font": {"size": 12}, "standoff": 6},
    }
    ours = {
        "paper_bgcolor": c["paper"],
        "plot_bgcolor": c["panel"],
        "font": {"color": c["ink"], "size": 12},
        "title": {"x": 0.0, "xref": "container", "font": {"size": 16}},
        "colorway": list(CLASS_HUES),
        "hoverlabel": {"align": "left"},
        "xaxis": axis,
        "yaxis": axis,
    }
    return go.layout.Template(base).update(layout=ours)


def colors(theme: Theme) -> dict[str, str]:
    """The colours of a theme, by what they mean.

    Raises:
        ValueError: for a theme other than light and dark.
    """
    if theme not in COLORS:
        raise ValueError(f"theme {theme!r} is unknown; choose one of {', '.join(COLORS)}")
    return COLORS[theme]


def dress(
    figure: go.Figure, title: str, subtitle: str = "", *, theme: Theme, height: int, **layout: Any
) -> go.Figure:
    """Give a finished figure its theme, title and height (pixels); returns the same figure."""
    muted = colors(theme)["muted"]
    small = {"text": subtitle, "font": {"size": 12, "color": muted}}
    figure.update_layout(
        template=template(theme),
        title={"text": title, "subtitle": small, "y": 1, "yref": "container", "yanchor": "top",
               "pad": {"t": 14, "l": 20}},
        height=height,
        **{"margin": {"l": 70, "r": 20, "t": 84, "b": 56}, **layout},
    )  # fmt: skip
    return figure


def note_in_panel(
    figure: go.Figure, message: str, row: int | None = None, col: int | None = None
) -> None:
    """Write into a panel (or the whole figure) what is missing there and why."""
    where = {"xref": "paper", "yref": "paper"}
    if row is not None:
        panel = figure.get_subplot(row, col or 1)
        for axis, name in (("xref", panel.xaxis.plotly_name), ("yref", panel.yaxis.plotly_name)):
            where[axis] = f"{name.replace('axis', '')} domain"
    figure.add_annotation(text=message, x=0.5, y=0.5, showarrow=False, font={"size": 13}, **where)
