"""How every sigma moved while training, at one glance: heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from gtan.runs.run import Run
from gtan.runs.trace import Trace
from gtan_viz.figures.log_scale import log_range, log_ticks, short
from gtan_viz.figures.theme import Theme, dress, note_in_panel, plain, sigma_ramp
from gtan_viz.figures.traced import (
    STATES,
    Traced,
    draw_truth,
    layer_panels,
    nothing_traced,
    recorded_sigmas,
    stitched_cells,
)


def sigma_map(
    source: Trace | Run | str | Path,
    *,
    recording: str | None = None,
    layers: Sequence[int] | None = None,
    unit: Literal["cells", "seconds"] = "cells",
    theme: Theme = "light",
) -> go.Figure:
    """The same as `sigmas` at one glance: a heat map of cell by training step for every layer.

    Colour is sigma in cells, or the width (2 sigma) in seconds, on a log scale: one scale for all
    layers of the recording, whichever are drawn. Training steps run downwards. Cells are pale while
    they are not foreground. Scale, colours and direction are those of the explorer's heat map.

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
    traced = Traced.of(source, recording, layers)
    trace, name, chosen = traced
    if traced.empty:
        return nothing_traced(trace, "Sigmas while training", theme)
    duration = trace.probe(name)["duration"]
    what = "sigma (cells)" if unit == "cells" else "width (seconds)"
    figure = layer_panels(chosen)
    draw_truth(figure, trace, name, behind=False)
    for row, layer in enumerate(chosen, 2):
        cells = stitched_cells(trace, name, layer)
        value = cells.sigmas if unit == "cells" else 2 * cells.length * cells.sigmas
        if len(cells.center):
            axes = {"x": _borders(cells.center, duration), "y": trace.steps}
            for heat_map in _heat_maps(value, cells.state == STATES["foreground"], what):
                figure.add_trace(heat_map.update(**axes, coloraxis="coloraxis"), row=row, col=1)
        else:
            note_in_panel(figure, "no cell lies within the recording", row)
    quarters = trace.steps[[len(trace.steps) // 4, 3 * len(trace.steps) // 4]]
    figure.update_yaxes(tickvals=quarters, showgrid=False, autorange="reversed")
    figure.update_yaxes(
        showticklabels=False, range=[0, 1], autorange=None, tickvals=None, showgrid=False, row=1
    )
    figure.update_xaxes(range=[0, duration], showgrid=False)
    figure.update_xaxes(title_text="time in the recording (seconds)", row=len(chosen) + 1)
    return dress(
        figure,
        f"{what.split()[0].capitalize()} of every cell while training: {plain(name)}",
        "training step downwards; pale: the cell is not foreground at that step",
        theme=theme,
        height=170 + 72 * len(chosen) + 70,
        coloraxis=_log_colors(_recorded(trace, name, unit), what, theme),
        margin={"l": 70, "r": 20, "t": 66, "b": 130},
        legend={"orientation": "h", "yref": "container", "y": 0.005, "yanchor": "bottom"},
    )


def _heat_maps(
    value: NDArray[Any], foreground: NDArray[np.bool_], what: str
) -> tuple[go.Heatmap, go.Heatmap]:
    """All cells pale, and those that are foreground over them in full colour: [S, N] each."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log10(value).astype(np.float32)
    pale = go.Heatmap(
        z=log, opacity=0.5, customdata=value.astype(np.float32),
        hovertemplate=f"{what} %{{customdata:.2f}}<br>at %{{x:.1f}} s, step %{{y}}"
        "<extra></extra>",
    )  # fmt: skip
    return pale, go.Heatmap(z=np.where(foreground, log, np.float32(np.nan)), hoverinfo="skip")


def _recorded(trace: Trace, name: str, unit: str) -> list[NDArray[np.float32]]:
    """Per layer every value that the colours may stand for."""
    every = recorded_sigmas(trace, name)
    if unit == "cells":
        return every
    window, grid = trace.index["window"], trace.grid(name)
    cells = [entry["cells"] for entry in trace.index["layers"]]
    return [2 * grid.span(window / count) * one for count, one in zip(cells, every, strict=True)]


def _log_colors(values: list[NDArray[np.float32]], what: str, theme: Theme) -> dict[str, Any]:
    """A colour axis for the logarithms of these values, with their ticks."""
    low, high = log_range(values)
    ticks = log_ticks(low, high, 6)
    bar = {
        "title": {"text": what, "side": "right"},
        "tickvals": np.log10(ticks),
        "ticktext": [short(tick) for tick in ticks],
        "thickness": 14,
    }
    return {"colorscale": sigma_ramp(theme), "cmin": low, "cmax": high, "colorbar": bar}


def _borders(center: NDArray[Any], duration: float) -> NDArray[np.float32]:
    """Borders of cells half way between their centres: [N] -> [N + 1], within the recording."""
    middle = (center[:-1] + center[1:]) / 2
    return np.concatenate([[0.0], middle, [duration]]).astype(np.float32)
