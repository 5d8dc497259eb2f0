"""How every sigma moved while training: animated, as heat maps, and as quantiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from gtan.data.windows import tile
from gtan.runs.run import Run, open_run
from gtan.runs.trace import Trace
from gtan_viz.figures.theme import Theme, class_styles, colors, dress, note_in_panel, plain

STATES = {"background": -1, "ignored": 0, "foreground": 1}  # drawn in this order, as a Trace holds
MOST_VALUES = 250_000  # numbers in the frames of an animation; keeps it below 2 MB


class Cells(NamedTuple):
    """The cells of one layer over one recording: of overlapping windows, each centre's owner.

    Attributes:
        center: [N] seconds, ascending.
        length: seconds of one cell.
        sigmas: [S, N] cells.
        state: [S, N] 1 foreground, 0 ignored, -1 background.
    """

    center: NDArray[np.float64]
    length: float
    sigmas: NDArray[np.float32]
    state: NDArray[np.int8]


def stitched(trace: Trace, recording: str, layer: int) -> Cells:
    """The cells of anchor layer `layer` (from 1) in the order of time; padding is left out."""
    grid, window = trace.grid(recording), trace.index["window"]
    rows = np.flatnonzero([name == recording for name in trace.windows["recording"]])
    starts = trace.windows["start"].to_numpy()[rows]
    owned = tile(int(starts[-1]) + window, window)[1]
    sigmas, state = trace.sigmas[layer - 1][:, rows], trace.state[layer - 1][:, rows]
    cells = sigmas.shape[-1]
    clip = starts[:, None] + window * (np.arange(cells) + 0.5) / cells  # [W, T]
    own = (clip >= owned[:, :1]) & (clip < owned[:, 1:]) & (state != -2).all(0)
    length = grid.span(window / cells)
    return Cells(grid.to_seconds(clip[own]), length, sigmas[:, own], state[:, own])


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
    trace = _trace(source)
    chosen = _layers(trace, layers)
    name = _recording(trace, recording)
    c = colors(theme)
    if name is None or not len(trace.steps):
        return _nothing(trace, "Sigmas while training", theme)
    cells = [stitched(trace, name, layer) for layer in chosen]
    per_frame = sum(2 * len(each.center) + 6 * (each.state >= 0).sum(1).mean() for each in cells)
    at = _spread(len(trace.steps), max(2, min(frames, int(MOST_VALUES / max(1, per_frame)))))

    figure = make_subplots(
        rows=len(chosen) + 1, cols=1, shared_xaxes=True, vertical_spacing=0.012,
        row_heights=[0.4] + [1.0] * len(chosen),
    )  # fmt: skip
    _truth(figure, trace, name)
    for state in STATES:  # a layer without such a cell would have no entry in the legend
        figure.add_trace(_drawn(None, 0, state, c), row=2, col=1)
    first = len(figure.data)
    for row, (layer, each) in enumerate(zip(chosen, cells), 2):
        for state in STATES:
            figure.add_trace(_drawn(each, at[-1], state, c), row=row, col=1)
        figure.update_yaxes(title_text=f"layer {layer}", row=row, col=1)
        figure.add_annotation(
            text=f"cell<br>{_short(each.length)} s", x=1.01, y=0.5, xref="x domain",
            yref="y domain", xanchor="left", showarrow=False,
            font={"size": 10, "color": c["muted"]}, row=row, col=1,
        )  # fmt: skip
        if not len(each.center):
            note_in_panel(figure, "no cell lies within the recording", row)

    figure.frames = [
        {
            "name": str(trace.steps[step]),
            # the truth does not change, but what no frame mentions is wiped out without redraw
            "traces": list(range(len(figure.data))),
            "data": [{"type": "scatter"}] * first
            + [
                {"type": "scatter", **_bars(each, step, state)}
                for each in cells
                for state in STATES
            ],
        }
        for step in at
    ]
    low, high = _log_range([each.sigmas for each in cells])
    _log_axes(figure, low, high, 3)
    figure.update_yaxes(
        type="linear", range=[0, 1], tickvals=[0.5], ticktext=["truth"], showgrid=False, row=1
    )
    figure.update_xaxes(range=[0, trace.probe(name)["duration"]], showgrid=False)
    figure.update_xaxes(title_text="time in the recording (seconds)", row=len(chosen) + 1)
    shown = (
        f"{len(at)} of {len(trace.steps)} recorded steps; " if len(at) < len(trace.steps) else ""
    )
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
    return _player(figure, [str(trace.steps[step]) for step in at])


def sigma_map(
    source: Trace | Run | str | Path,
    *,
    recording: str | None = None,
    layers: Sequence[int] | None = None,
    unit: Literal["cells", "seconds"] = "cells",
    theme: Theme = "light",
) -> go.Figure:
    """The same as `sigmas` at one glance: a heat map of cell by training step for every layer.

    Colour is sigma in cells, or the width (2 sigma) in seconds, on a log scale. Cells are pale
    while they are not foreground.

    Args:
        source: a Trace, or a run (or the path of its folder).
        recording: one of the probe recordings; the first by default.
        layers: anchor layers, from 1; all by default.
        unit: `cells` for sigma in cells, `seconds` for the width in seconds.
        theme: light or dark.

    Raises:
        ValueError: if the recording, a layer or the unit does not exist, naming those that do.

    Example:
        >>> import gtan, gtan_viz
        >>> gtan_viz.sigma_map(gtan.open_run(), layers=[3, 4], unit="seconds")  # doctest: +SKIP
    """
    if unit not in ("cells", "seconds"):
        raise ValueError(f"unit {unit!r} is unknown; choose cells or seconds")
    trace = _trace(source)
    chosen = _layers(trace, layers)
    name = _recording(trace, recording)
    if name is None or not len(trace.steps):
        return _nothing(trace, "Sigmas while training", theme)
    duration = trace.probe(name)["duration"]
    figure = make_subplots(
        rows=len(chosen) + 1, cols=1, shared_xaxes=True, vertical_spacing=0.012,
        row_heights=[0.4] + [1.0] * len(chosen),
    )  # fmt: skip
    _truth(figure, trace, name, behind=False)
    what = "sigma (cells)" if unit == "cells" else "width (seconds)"
    shown: list[NDArray[Any]] = []
    for row, layer in enumerate(chosen, 2):
        each = stitched(trace, name, layer)
        value = each.sigmas if unit == "cells" else 2 * each.length * each.sigmas
        with np.errstate(divide="ignore", invalid="ignore"):
            log = np.log10(value).astype(np.float32)
        shown.append(value)
        marks = trace.steps[[len(trace.steps) // 4, 3 * len(trace.steps) // 4]]
        figure.update_yaxes(
            title_text=f"layer {layer}", tickvals=marks, showgrid=False, row=row, col=1
        )
        if not len(each.center):
            note_in_panel(figure, "no cell lies within the recording", row)
            continue
        place = {"x": _edges(each.center, duration), "y": trace.steps, "coloraxis": "coloraxis"}
        figure.add_heatmap(
            **place, z=log, opacity=0.4, customdata=value.astype(np.float32),
            hovertemplate=f"{what} %{{customdata:.2f}}<br>at %{{x:.1f}} s, step %{{y}}"
            "<extra></extra>",
            row=row, col=1,
        )  # fmt: skip
        foreground = np.where(each.state == 1, log, np.float32(np.nan))
        figure.add_heatmap(**place, z=foreground, hoverinfo="skip", row=row, col=1)
    low, high = _log_range(shown)
    ticks = _log_ticks(low, high, 6)
    figure.update_yaxes(showticklabels=False, range=[0, 1], showgrid=False, row=1)
    figure.update_xaxes(range=[0, duration], showgrid=False)
    figure.update_xaxes(title_text="time in the recording (seconds)", row=len(chosen) + 1)
    bar = {
        "title": {"text": what, "side": "right"},
        "tickvals": np.log10(ticks),
        "ticktext": [_short(tick) for tick in ticks],
        "thickness": 14,
    }
    return dress(
        figure,
        f"{what.split()[0].capitalize()} of every cell while training: {plain(name)}",
        "training step upwards; pale: the cell is not foreground at that step",
        theme=theme,
        height=170 + 72 * len(chosen) + 70,
        coloraxis={"colorscale": "Viridis", "cmin": low, "cmax": high, "colorbar": bar},
        margin={"l": 70, "r": 20, "t": 66, "b": 130},
        legend={"orientation": "h", "yref": "container", "y": 0.005, "yanchor": "bottom"},
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
    trace = _trace(source)
    chosen = _layers(trace, layers)
    c = colors(theme)
    if _recording(trace, recording) is None or not len(trace.steps):
        return _nothing(trace, "Sigmas while training", theme)
    probes = [probe["recording"] for probe in trace.index["probes"]]
    names = probes if recording is None else [recording]
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
        row, col = number // cols + 1, number % cols + 1
        each = [stitched(trace, name, layer) for name in names]
        value = np.concatenate([one.sigmas for one in each], 1)
        state = np.concatenate([one.state for one in each], 1)
        for kind, (color, dash) in looks.items():
            low, median, high = quartiles(value, state == STATES[kind])
            drawn += [low, high]
            look = {"legendgroup": kind, "row": row, "col": col}
            figure.add_scatter(
                x=trace.steps, y=high, mode="lines", line_width=0, hoverinfo="skip",
                showlegend=False, **look,
            )  # fmt: skip
            figure.add_scatter(
                x=trace.steps, y=low, mode="lines", line_width=0, fill="tonexty",
                fillcolor=_faint(color), hoverinfo="skip", showlegend=False, **look,
            )  # fmt: skip
            figure.add_scatter(
                x=trace.steps, y=median, mode="lines", line={"color": color, "dash": dash},
                name=f"{kind} cells", showlegend=number == 0,
                customdata=np.stack([low, high, (state == STATES[kind]).sum(1)], -1),
                hovertemplate="step %{x}: median sigma %{y:.2f} cells<br>quartiles %{customdata[0]"
                ":.2f} to %{customdata[1]:.2f}, %{customdata[2]:.0f} cells", **look,
            )  # fmt: skip
        if not (state == 1).any():
            _corner(figure, "never foreground", row, c["muted"], col)
    _log_axes(figure, *_log_range(drawn), 6)
    figure.update_yaxes(title_text="sigma (cells, log scale)", col=1)
    figure.update_annotations(font_size=12, selector={"yref": "paper"})
    figure.update_xaxes(title_text="training step", row=rows)
    where = plain(recording) if recording else f"{len(names)} probe recordings"
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


def _bars(cells: Cells, step: int, state: str) -> dict[str, Any]:
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


def _drawn(cells: Cells | None, step: int, state: str, c: dict[str, str]) -> go.Scatter:
    """The bars of one state, which thickness tells apart too. Without cells: for the legend."""
    thickness = {"foreground": 5.0, "ignored": 2.5, "background": 1.0}[state]
    trace = go.Scatter(
        name=f"{state} cell", legendgroup=state, mode="lines", showlegend=cells is None,
        line={"color": c[state], "width": thickness},
    )  # fmt: skip
    if cells is None:
        return trace.update(x=[None], y=[None])
    trace.update(_bars(cells, step, state))
    trace.hovertemplate = (
        f"{state} cell, sigma %{{y:.2f}} cells of {_short(cells.length)} s<br>"
        + ("centre %{x:.1f} s" if state == "background" else "boundary at %{x:.1f} s")
    )
    if state == "background":
        trace.update(x=cells.center.astype(np.float32), mode="none")
        trace.error_x.update(color=c[state], thickness=thickness, width=0)
    return trace


def _truth(figure: go.Figure, trace: Trace, recording: str, *, behind: bool = True) -> None:
    """A strip of the truth in row 1, and bands behind all panels."""
    styles = class_styles(trace.index["classes"])
    truth = trace.probe(recording)["truth"]
    if not truth:
        note_in_panel(figure, "this recording has no truth", 1)
    for label in dict.fromkeys(row["label"] for row in truth):
        style = styles.get(label) or class_styles([label])[label]
        mine = [row for row in truth if row["label"] == label]
        outline = [(r["start"], r["start"], r["end"], r["end"], r["start"], None) for r in mine]
        figure.add_scatter(
            x=[x for corners in outline for x in corners],
            y=[0.05, 0.95, 0.95, 0.05, 0.05, None] * len(mine),
            mode="lines", line={"width": 0, "color": style.color}, fill="toself",
            fillcolor=style.color, fillpattern=_pattern(style.pattern, style.color),
            name=style.text, text=style.text, hoveron="fills", hoverinfo="text", row=1, col=1,
        )  # fmt: skip
        if behind:
            for row in mine:
                figure.add_shape(
                    type="rect", x0=row["start"], x1=row["end"], y0=0, y1=1, xref="x",
                    yref="paper", layer="below", line_width=0, fillcolor=style.color, opacity=0.22,
                )  # fmt: skip


def _player(figure: go.Figure, names: list[str]) -> go.Figure:
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
             "x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "pad": {"t": 62}},
        ],
        sliders=[
            {"steps": steps, "active": len(names) - 1, "x": 0.22, "len": 0.78, "y": 0,
             "yanchor": "top", "pad": {"t": 44}, "currentvalue": {"prefix": "training step "},
             "transition": {"duration": 0}, "font": {"size": 10}},
        ],
    )  # fmt: skip
    return figure


def _trace(source: Trace | Run | str | Path) -> Trace:
    if isinstance(source, Trace):
        return source
    if isinstance(source, Run):
        return source.trace()
    path = Path(source)
    return Trace.load(path) if (path / "index.json").exists() else open_run(path).trace()


def _layers(trace: Trace, layers: Sequence[int] | None) -> list[int]:
    there = list(range(1, len(trace.index["layers"]) + 1))
    for layer in layers or ():
        if layer not in there:
            raise ValueError(f"there is no layer {layer}; this trace has layers 1 to {len(there)}")
    return list(layers or there)


def _recording(trace: Trace, recording: str | None) -> str | None:
    there = [probe["recording"] for probe in trace.index["probes"]]
    if recording is not None and recording not in there:
        listed = ", ".join(there) or "none"
        raise ValueError(f"{recording!r} was not probed while training; these were: {listed}")
    return recording or next(iter(there), None)


def _nothing(trace: Trace, title: str, theme: Theme) -> go.Figure:
    """An empty figure that says why."""
    figure = go.Figure()
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    note_in_panel(
        figure,
        "No training step is recorded yet: come back when training has run for a while"
        if trace.index["probes"]
        else "No recording was probed while training (training.trace_recordings was 0)",
    )
    return dress(figure, title, theme=theme, height=300)


def _spread(count: int, most: int) -> list[int]:
    """At most `most` of 0 .. count - 1, evenly, first and last included."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist()


def _log_range(values: list[NDArray[Any]]) -> tuple[float, float]:
    """Log10 of the least and greatest positive value, with room; at least a factor of two apart."""
    flat = np.concatenate([value.ravel() for value in values])
    flat = flat[np.isfinite(flat) & (flat > 0)]
    if not len(flat):
        return -1.0, 1.0
    low, high = math.log10(flat.min()), math.log10(flat.max())
    room = max(0.05, (math.log10(2) - (high - low)) / 2)
    return low - room, high + room


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` powers of two, or where there are not two of them, evenly spread values."""
    powers = range(math.ceil(low / math.log10(2)), math.floor(high / math.log10(2)) + 1)
    if len(powers) < 2:
        return [float(f"{10**at:.2g}") for at in np.linspace(low, high, most + 2)[1:-1]]
    return [2.0**power for power in powers][:: math.ceil(len(powers) / most)]


def _log_axes(figure: go.Figure, low: float, high: float, most: int) -> None:
    """One log scale for all panels' sigmas."""
    ticks = _log_ticks(low, high, most)
    figure.update_yaxes(
        type="log", range=[low, high], tickvals=ticks, ticktext=[_short(tick) for tick in ticks]
    )


def _edges(center: NDArray[Any], duration: float) -> NDArray[np.float32]:
    """Borders of cells half way between their centres: [N] -> [N + 1], within the recording."""
    middle = (center[:-1] + center[1:]) / 2
    return np.concatenate([[0.0], middle, [duration]]).astype(np.float32)


def _pattern(shape: str, color: str) -> dict[str, Any]:
    return {"shape": shape, "bgcolor": color, "fgcolor": "#000000", "fgopacity": 0.6, "size": 5}


def _corner(figure: go.Figure, text: str, row: int, color: str, col: int = 1) -> None:
    """A small note in the upper right corner of a panel."""
    figure.add_annotation(
        text=text, x=1, y=1, xref="x domain", yref="y domain", xanchor="right", yanchor="top",
        showarrow=False, font={"size": 10, "color": color}, row=row, col=col,
    )  # fmt: skip


def _faint(color: str) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"


def _short(value: float) -> str:
    return f"{value:.3g}"
