"""What a trace holds of one recording, and the panels that its pictures share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from gtan.data.windows import tile
from gtan.runs.run import Run
from gtan.runs.trace import Trace
from gtan_viz.figures.sources import as_trace
from gtan_viz.figures.theme import Theme, class_styles, dress, note_in_panel

STATES = {"background": -1, "ignored": 0, "foreground": 1}  # drawn in this order, as a Trace holds


class Traced(NamedTuple):
    """A trace, and what of it is to be drawn.

    Attributes:
        recording: "" if none was probed.
        layers: from 1.
    """

    trace: Trace
    recording: str
    layers: list[int]

    @classmethod
    def of(
        cls,
        source: Trace | Run | str | Path,
        recording: str | None,
        layers: Sequence[int] | None,
    ) -> Traced:
        """The first recording and all layers, where none are asked for.

        Raises:
            ValueError: if the recording or a layer is not in the trace, naming those that are.
        """
        trace = as_trace(source)
        there = list(range(1, len(trace.index["layers"]) + 1))
        for layer in layers or ():
            if layer not in there:
                raise ValueError(
                    f"there is no layer {layer}; this trace has layers 1 to {len(there)}"
                )
        probed = probed_recordings(trace)
        if recording is not None and recording not in probed:
            listed = ", ".join(probed) or "none"
            raise ValueError(f"{recording!r} was not probed while training; these were: {listed}")
        return cls(trace, recording or next(iter(probed), ""), list(layers or there))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.recording or not len(self.trace.steps)


def probed_recordings(trace: Trace) -> list[str]:
    """The recordings that were probed while training."""
    return [probe["recording"] for probe in trace.index["probes"]]


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


def stitched_cells(trace: Trace, recording: str, layer: int) -> Cells:
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


def recorded_sigmas(trace: Trace, recording: str) -> list[NDArray[np.float32]]:
    """Per layer every sigma of a recording, in cells, of all steps and windows, without padding."""
    rows = np.flatnonzero([name == recording for name in trace.windows["recording"]])
    return [
        sigmas[:, rows][state[:, rows] != -2]
        for sigmas, state in zip(trace.sigmas, trace.state, strict=True)
    ]


def layer_panels(layers: Sequence[int]) -> go.Figure:
    """A strip for the truth, and a panel for every layer below it, on one axis of time."""
    figure = make_subplots(
        rows=len(layers) + 1, cols=1, shared_xaxes=True, vertical_spacing=0.012,
        row_heights=[0.4] + [1.0] * len(layers),
    )  # fmt: skip
    for row, layer in enumerate(layers, 2):
        figure.update_yaxes(title_text=f"layer {layer}", row=row, col=1)
    return figure


def draw_truth(figure: go.Figure, trace: Trace, recording: str, *, behind: bool = True) -> None:
    """A strip of the truth in row 1, and bands behind all panels."""
    styles = class_styles(trace.index["classes"])
    truth = trace.probe(recording)["truth"]
    if not truth:
        note_in_panel(figure, "this recording has no truth", 1)
    for label in sorted({row["label"] for row in truth}):
        style = styles.get(label) or class_styles([label])[label]
        mine = [row for row in truth if row["label"] == label]
        outline = [(r["start"], r["start"], r["end"], r["end"], r["start"], None) for r in mine]
        figure.add_scatter(
            x=[x for corners in outline for x in corners],
            y=[0.05, 0.95, 0.95, 0.05, 0.05, None] * len(mine),
            mode="lines", line={"width": 0, "color": style.color}, fill="toself",
            fillcolor=style.color, fillpattern={
                "shape": style.pattern, "bgcolor": style.color, "fgcolor": "#000000",
                "fgopacity": 0.6, "size": 5,
            },
            name=style.text, text=style.text, hoveron="fills", hoverinfo="text", row=1, col=1,
        )  # fmt: skip
        if behind:
            for row in mine:
                figure.add_shape(
                    type="rect", x0=row["start"], x1=row["end"], y0=0, y1=1, xref="x",
                    yref="paper", layer="below", line_width=0, fillcolor=style.color, opacity=0.22,
                )  # fmt: skip


def nothing_traced(trace: Trace, title: str, theme: Theme) -> go.Figure:
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
