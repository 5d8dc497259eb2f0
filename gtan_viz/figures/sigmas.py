"""How every sigma moved while training, animated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

from gtan.runs.run import Run
from gtan.runs.trace import Trace
from gtan_viz.figures.log_scale import log_axes, short
from gtan_viz.figures.theme import Theme, colors, dress, note_in_panel, plain
from gtan_viz.figures.traced import (
    STATES,
    Cells,
    Traced,
    draw_truth,
    layer_panels,
    nothing_traced,
    stitched_cells,
)

BUTTONS = 190  # pixels that play and pause take, however narrow the figure is
MOST_VALUES = 250_000  # numbers in the frames of an animation; keeps it below 2 MB
THICKNESS = {"foreground": 5.0, "ignored": 2.5, "background": 1.0}  # of a bar, by its state


def sigmas(
    source: Trace | Run | str | Path,
    *,
    recording: str | None = None,
    layers: Sequence[int] | None = None,
    frames: int = 100,
    theme: Theme = "light",
) -> go.Figure:
    """Default boundaries of every cell, moving while the network trains.

    One panel per anchor layer, on one time axis. A bar is the default boundary at scale ratio 1,
    centre +- sigma, at the height of its sigma (cells, log scale): as a kernel widens, its bar
    grows and climbs. Truth stands behind in the colours of the classes. The figure opens at the
    last step; press play (25 frames a second) or drag the slider. HTML that plotly writes plays it
    once on opening, unless told `write_html(path, auto_play=False)`. After Figures 1 and 2.

    Args:
        source: a Trace, or a run (or the path of its folder).
        recording: one of the probe recordings; the first by default.
        layers: anchor layers, from 1; all by default.
        frames: at most so many training steps, evenly chosen; fewer for a very long recording.
        theme: light or dark.

    Raises:
        ValueError: if the recording or a layer is not in the trace, naming those that are.

    Example:
        >>> import gtan, gtan_viz
        >>> gtan_viz.sigmas(gtan.open_run()).show()  # doctest: +SKIP
    """
    traced = Traced.of(source, recording, layers)
    trace, name, chosen = traced
    c = colors(theme)
    if traced.empty:
        return nothing_traced(trace, "Sigmas while training", theme)
    cells = [stitched_cells(trace, name, layer) for layer in chosen]
    steps = _animated_steps(trace, cells, frames)
    figure = layer_panels(chosen)
    draw_truth(figure, trace, name)
    for state in reversed(STATES):  # a layer without such a cell would have no entry in the legend
        figure.add_trace(_legend_entry(state, c), row=2, col=1)
    unmoved = len(figure.data)
    for row, each in enumerate(cells, 2):
        _draw_layer(figure, row, each, steps[-1], c)
    figure.frames = [
        {
            "name": str(trace.steps[step]),
            # the truth does not change, but what no frame mentions is wiped out without redraw
            "traces": list(range(len(figure.data))),
            "data": [{"type": "scatter"}] * unmoved
            + [
                {"type": "scatter", **_moving_part(each, step, state)}
                for each in cells
                for state in STATES
            ],
        }
        for step in steps
    ]
    log_axes(figure, [each.sigmas for each in cells], 3)
    figure.update_yaxes(
        type="linear", range=[0, 1], tickvals=[0.5], ticktext=["truth"], showgrid=False, row=1
    )
    figure.update_xaxes(range=[0, trace.probe(name)["duration"]], showgrid=False)
    figure.update_xaxes(title_text="time in the recording (seconds)", row=len(chosen) + 1)
    some = len(steps) < len(trace.steps)
    shown = f"{len(steps)} of {len(trace.steps)} recorded steps; " if some else ""
    dress(
        figure,
        f"Default boundaries while training: {plain(name)}",
        f"bar: centre ± sigma of a cell; height: sigma in cells, log scale; {shown}"
        f"opens at step {trace.steps[-1]}",
        theme=theme,
        height=180 + 40 + 78 * len(chosen) + 120,
        margin={"l": 70, "r": 56, "t": 66, "b": 220},
        legend={"orientation": "h", "yref": "container", "y": 0.005, "yanchor": "bottom"},
        hovermode="closest",
    )
    return _add_player(figure, [str(trace.steps[step]) for step in steps])


def _animated_steps(trace: Trace, cells: Sequence[Cells], most: int) -> list[int]:
    """At most `most` of the recorded steps, evenly, and no more than a page can bear."""
    per_frame = sum(2 * len(each.center) + 6 * (each.state >= 0).sum(1).mean() for each in cells)
    most = max(2, min(most, int(MOST_VALUES / max(1, per_frame))))
    count = len(trace.steps)
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist()


def _draw_layer(figure: go.Figure, row: int, cells: Cells, step: int, c: Mapping[str, str]) -> None:
    """The bars of one layer at one step, and how long its cells are."""
    for state in STATES:
        figure.add_trace(_bars_of_state(cells, step, state, c), row=row, col=1)
    figure.add_annotation(
        text=f"cell<br>{short(cells.length)} s", x=1.01, y=0.5, xref="x domain",
        yref="y domain", xanchor="left", showarrow=False,
        font={"size": 10, "color": c["muted"]}, row=row, col=1,
    )  # fmt: skip
    if not len(cells.center):
        note_in_panel(figure, "no cell lies within the recording", row)


def _legend_entry(state: str, c: Mapping[str, str]) -> go.Scatter:
    """How a state's bars look."""
    return go.Scatter(
        x=[None], y=[None], name=f"{state} cell", legendgroup=state, mode="lines", showlegend=True,
        line={"color": c[state], "width": THICKNESS[state]},
    )  # fmt: skip


def _bars_of_state(cells: Cells, step: int, state: str, c: Mapping[str, str]) -> go.Scatter:
    """The bars of one state, which thickness tells apart too."""
    bars = _legend_entry(state, c).update(showlegend=False, **_moving_part(cells, step, state))
    bars.hovertemplate = f"{state} cell, sigma %{{y:.2f}} cells of {short(cells.length)} s<br>" + (
        "centre %{x:.1f} s" if state == "background" else "boundary at %{x:.1f} s"
    )
    if state == "background":
        bars.update(x=cells.center.astype(np.float32), mode="none")
        bars.error_x.update(color=c[state], thickness=THICKNESS[state], width=0)
    return bars


def _moving_part(cells: Cells, step: int, state: str) -> dict[str, Any]:
    """What changes from frame to frame: height and ends of the bars of one state.

    Background: error bars of all cells, two numbers a cell; they lie below the others. Plotly fades
    in error bars that are added and loses them if the next frame comes too soon, so none ever is.
    Foreground and ignored cells: one path with gaps, six numbers a cell.
    """
    sigma = cells.sigmas[step].astype(np.float32)
    if state == "background":
        return {"y": sigma, "error_x": {"array": sigma * np.float32(cells.length)}}
    mine = cells.state[step] == STATES[state]
    sigma, center = sigma[mine], cells.center[mine]
    gap = np.full_like(sigma, np.nan)
    half = sigma * cells.length
    x = np.stack([center - half, center + half, gap], -1)
    y = np.stack([sigma, sigma, gap], -1)
    return {"x": x.ravel().astype(np.float32), "y": y.ravel()}


def _add_player(figure: go.Figure, names: list[str]) -> go.Figure:
    """Play, pause and a slider below the figure; it opens at the last of the frames `names`."""

    def go_to(frame: Any, milliseconds: int, **more: Any) -> list[Any]:
        timing = {"frame": {"duration": milliseconds, "redraw": False}}
        return [frame, {**timing, "transition": {"duration": 0}, "mode": "immediate", **more}]

    buttons = [
        {"label": "▶ play", "method": "animate", "args": go_to(None, 40, fromcurrent=True)},
        {"label": "❚❚ pause", "method": "animate", "args": go_to([None], 0)},
    ]
    steps = [{"label": n, "method": "animate", "args": go_to([n], 0)} for n in names]
    figure.update_layout(
        updatemenus=[
            {"type": "buttons", "direction": "left", "buttons": buttons, "showactive": False,
             "x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "pad": {"t": 58}},
        ],
        sliders=[
            {"steps": steps, "active": len(names) - 1, "x": 0, "len": 1, "y": 0,
             "yanchor": "top", "pad": {"t": 44, "l": BUTTONS},
             "currentvalue": {"prefix": "training step "},
             "transition": {"duration": 0}, "font": {"size": 10}},
        ],
    )  # fmt: skip
    return figure
