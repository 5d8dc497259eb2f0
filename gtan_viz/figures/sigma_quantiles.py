"""How sigmas moved while training, as quantiles: foreground cells against background cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from gtan.runs.run import Run
from gtan.runs.trace import Trace
from gtan_viz.figures.log_scale import log_axes
from gtan_viz.figures.theme import Theme, colors, dress, plain
from gtan_viz.figures.traced import (
    STATES,
    Traced,
    nothing_traced,
    probed_recordings,
    stitched_cells,
)


def sigma_quantiles(
    source: Trace | Run | str | Path,
    *,
    recording: str | None = None,
    layers: Sequence[int] | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Median and quartiles of sigma while training, foreground cells against background cells.

    Most cells are background, and nothing holds their sigma up; hence the two are told apart.

    Args:
        source: a Trace, or a run (or the path of its folder).
        recording: one of the probe recordings; all of them together by default.
        layers: anchor layers, from 1; all by default.
        theme: light or dark.

    Raises:
        ValueError: if the recording or a layer is not in the trace, naming those that are.

    Example:
        >>> import gtan, gtan_viz
        >>> gtan_viz.sigma_quantiles("runs/mine", layers=[1, 2, 3])  # doctest: +SKIP
    """
    traced = Traced.of(source, recording, layers)
    trace, _, chosen = traced
    if traced.empty:
        return nothing_traced(trace, "Sigmas while training", theme)
    names = probed_recordings(trace) if recording is None else [recording]
    c = colors(theme)
    cols = min(4, len(chosen))
    rows = math.ceil(len(chosen) / cols)
    figure = make_subplots(
        rows=rows, cols=cols, shared_xaxes="all", shared_yaxes="all",
        subplot_titles=[f"layer {layer}" for layer in chosen],
        horizontal_spacing=0.02, vertical_spacing=0.12,
    )  # fmt: skip
    looks = {"background": (c["learned"], "dash"), "foreground": (c["mixed"], "solid")}
    drawn: list[NDArray[Any]] = []
    for number, layer in enumerate(chosen):
        place: dict[str, Any] = {"row": number // cols + 1, "col": number % cols + 1}
        each = [stitched_cells(trace, name, layer) for name in names]
        sigma = np.concatenate([one.sigmas for one in each], 1)
        state = np.concatenate([one.state for one in each], 1)
        for kind, (color, dash) in looks.items():
            mine = state == STATES[kind]
            found = quartiles(sigma, mine)
            drawn += [found[0], found[2]]
            _draw_quartiles(
                figure,
                trace.steps,
                found,
                mine.sum(1),
                line={"color": color, "dash": dash},
                name=f"{kind} cells",
                legendrank=-STATES[kind],
                showlegend=number == 0,
                legendgroup=kind,
                **place,
            )
        if not (state == STATES["foreground"]).any():
            _note_in_corner(figure, "never foreground", c["muted"], **place)
    log_axes(figure, drawn, 6)
    figure.update_yaxes(title_text="sigma (cells, log scale)", col=1)
    figure.update_annotations(font_size=12, selector={"yref": "paper"})
    figure.update_xaxes(title_text="training step", row=rows)
    where = (
        plain(recording) if recording else f"{len(names)} probe recording{'s' * (len(names) > 1)}"
    )
    return dress(
        figure,
        f"Sigma while training: {where}",
        "median and quartiles of the cells that are foreground, or background, at that step",
        theme=theme,
        height=150 + 220 * rows,
        legend={"orientation": "h", "yref": "container", "y": 0.005, "yanchor": "bottom"},
        margin={"l": 70, "r": 20, "t": 90, "b": 96},
    )


def quartiles(values: NDArray[Any], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """First quartile, median and third quartile of each row's chosen, finite values: [3, S]."""
    rows = [row[mine & np.isfinite(row)] for row, mine in zip(values, chosen)]
    nothing = np.full(3, np.nan)
    return np.array(
        [np.quantile(row, (0.25, 0.5, 0.75)) if len(row) else nothing for row in rows]
    ).T


def _draw_quartiles(
    figure: go.Figure,
    steps: NDArray[Any],
    found: NDArray[np.float64],
    count: NDArray[Any],
    *,
    line: dict[str, Any],
    name: str,
    legendrank: int,
    showlegend: bool,
    **place: Any,
) -> None:
    """A pale band between the quartiles [3, S], and the median as a line."""
    low, median, high = found
    edge = {"mode": "lines", "line_width": 0, "hoverinfo": "skip", "showlegend": False}
    figure.add_scatter(x=steps, y=high, **edge, **place)
    figure.add_scatter(
        x=steps, y=low, fill="tonexty", fillcolor=_faint(line["color"]), **edge, **place
    )
    figure.add_scatter(
        x=steps, y=median, mode="lines", line=line, name=name,
        showlegend=showlegend, legendrank=legendrank,
        customdata=np.stack([low, high, count], -1),
        hovertemplate="step %{x}: median sigma %{y:.2f} cells<br>quartiles %{customdata[0]"
        ":.2f} to %{customdata[1]:.2f}, %{customdata[2]:.0f} cells", **place,
    )  # fmt: skip


def _note_in_corner(figure: go.Figure, text: str, color: str, *, row: int, col: int) -> None:
    """A small note in the upper right corner of a panel."""
    figure.add_annotation(
        text=text, x=1, y=1, xref="x domain", yref="y domain", xanchor="right", yanchor="top",
        showarrow=False, font={"size": 10, "color": color}, row=row, col=col,
    )  # fmt: skip


def _faint(color: str) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"
