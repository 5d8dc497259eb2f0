"""Gaussian Kernel Grouping (Section 3.3): which kernels merged, into what, and how nearly."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from gtan.intervals import interval_iou
from gtan.runs.explanation import Explanation
from gtan_viz.figures.sources import as_explanation, check_place
from gtan_viz.figures.theme import Theme, colors, dress, note_in_panel, plain

POINTS = np.linspace(-3.0, 3.0, 31)  # of a curve, in sigmas
ARC = np.linspace(0.0, np.pi, 15)
SHOWN = 24  # cells that are in view at first, or
ROOM = 1.5  # times the widest kernel there


class Kernels(NamedTuple):
    """The kernels of one layer and window, in seconds of the recording.

    Attributes:
        center, sigma, width: [K] seconds; the width is the default boundary's at ratio 1.
        cells: how many of them, the first ones, are learned; the others are mixed.
        drawn: [K] bool; false for padding.
        members: per mixed kernel the cells that went into it.
    """

    center: NDArray[np.float64]
    sigma: NDArray[np.float64]
    width: NDArray[np.float64]
    cells: int
    drawn: NDArray[np.bool_]
    members: list[NDArray[np.int32]]


class KindOfKernel(NamedTuple):
    """Kernels that look alike: what they are, which of `Kernels`, and Plotly's line."""

    name: str
    rows: NDArray[np.int64]
    line: dict[str, Any]


class Merge(NamedTuple):
    """One merge of Algorithm 1: a cell joined the group that began at cell `first` (seconds)."""

    first: int
    cell: int
    iou: float
    base: float  # centre of the group before
    center: float  # and after
    width: float


def window_kernels(explanation: Explanation, layer: int, window: int) -> Kernels:
    """The kernels of one layer (from 1) and window (from 0)."""
    a, p = explanation.arrays, f"layer{layer}."
    start, end = a[p + "kernel_offsets"][window : window + 2]
    cells = explanation.header["layers"][layer - 1]["cells"]
    span = explanation.grid.span(explanation.header["window"])
    exists = a[p + "exists"][start:end].astype(bool)
    valid = a[p + "valid"][window].astype(bool)
    bounds = a[p + "member_offsets"][start : end + 1]
    return Kernels(
        center=np.asarray(explanation.seconds(window, a[p + "centers"][start:end].astype(float))),
        sigma=span * a[p + "sigmas"][start:end].astype(float),
        width=span * a[p + "widths"][start:end].astype(float),
        cells=cells,
        drawn=np.concatenate([valid, exists[cells:]]),
        members=[a[p + "members"][i:j] for i, j in zip(bounds[cells:-1], bounds[cells + 1 :])],
    )


def merges(explanation: Explanation, layer: int, window: int) -> list[Merge]:
    """Every merge in a layer (from 1) of a window (from 0), in the order of the algorithm."""
    a, p = explanation.arrays, f"layer{layer}."
    learned = window_kernels(explanation, layer, window).center
    span = explanation.grid.span(explanation.header["window"])
    found: list[Merge] = []
    mine = a[p + "merges"][:, 0] == window
    for (_, first, cell), (iou, center, width) in zip(
        a[p + "merges"][mine].tolist(), a[p + "merge_values"][mine].tolist()
    ):
        goes_on = bool(found) and found[-1].first == first
        base = found[-1].center if goes_on else float(learned[first])
        after = float(explanation.seconds(window, center))
        found.append(Merge(first, cell, iou, base, after, span * width))
    return found


def grouping(
    explanation: Explanation | str | Path,
    layer: int | None = None,
    window: int | None = None,
    *,
    at: float | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Which kernels of a layer merged, into what, and how close the others came.

    Above: learned kernels as Gaussian curves, the mixed ones over them (Figure 3, and the lower
    half of Figure 6). Middle: their default boundaries as bars, and for every merge an arc from
    the group so far to the kernel that joined it. Below: IoU of every merge, and of every pair of
    neighbours, against epsilon. The figure opens on some 24 cells; a double click shows the whole
    window, a drag moves along it.

    Args:
        explanation: an Explanation or its file.
        layer: anchor layer, from 1; by default the one where most kernels merged, or came
            closest to it.
        window: of the recording, from 0; likewise, of those that hold `at`.
        at: seconds of the recording to look at; by default where most kernels merged.
        theme: light or dark.

    Raises:
        ValueError: if there is no such layer or window, naming those that are there, or `at` lies
            outside the window.

    Example:
        >>> import gtan, gtan_viz
        >>> explanation = gtan.explain(gtan.open_run(), "person21_film2")  # doctest: +SKIP
        >>> gtan_viz.grouping(explanation, layer=4, window=2, at=80.0)  # doctest: +SKIP
    """
    explanation = as_explanation(explanation)
    layer, window = _most_merged(explanation, layer, window, at)
    check_place(explanation, layer, window)
    k = window_kernels(explanation, layer, window)
    merged = merges(explanation, layer, window)
    settings = explanation.settings.kernels
    c = colors(theme)
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, row_heights=[0.4, 0.36, 0.24], vertical_spacing=0.04
    )
    kinds = kinds_of_kernels(k, c)
    for kind in kinds:
        _gaussian_curves(figure, k, kind)
        _default_boundaries(figure, k, kind, c["paper"])
    _merge_arcs(figure, k, merged, c)
    _overlaps(figure, k, merged, settings.epsilon, c)
    if not merged:
        off = "grouping is off in this run"
        none = f"no two neighbours overlap by more than epsilon = {settings.epsilon:g} here"
        _note_without_merges(figure, off if settings.grouping == "off" else none)
    if not k.drawn.any():
        note_in_panel(figure, "no cell of this window lies within the recording", 1)

    span = _within(explanation, window)
    figure.update_xaxes(
        range=_stretch(k, merged, span, at), autorangeoptions={"include": span}, showgrid=False
    )
    figure.update_xaxes(title_text="time in the recording (seconds)", row=3)
    figure.update_yaxes(title_text="kernel (peak 1)", range=[0, 1.15], row=1)
    figure.update_yaxes(showticklabels=False, title_text="default boundaries", row=2)
    figure.update_yaxes(title_text="IoU (H / L)", range=[0, 1.05], row=3)
    return dress(
        figure,
        f"Kernel grouping: {plain(explanation.header['recording'])}, layer {layer}, "
        f"window {window}",
        f"{int(k.drawn[: k.cells].sum())} learned kernels, {len(merged)} merges into "
        f"{len(kinds[-1].rows)} mixed kernels; epsilon {settings.epsilon:g}, "
        f"reading '{settings.merge}'; step {explanation.header['step']}; double click: all",
        theme=theme,
        height=720,
        legend={"orientation": "h", "yref": "container", "y": 0.005, "yanchor": "bottom"},
        margin={"l": 70, "r": 20, "t": 70, "b": 116},
    )


def _within(explanation: Explanation, window: int) -> list[float]:
    """Seconds of the recording that a window covers."""
    begin, end = (float(explanation.seconds(window, share)) for share in (0.0, 1.0))
    return [max(0.0, begin), min(float(explanation.header["duration"]), end)]


def _stretch(k: Kernels, merged: list[Merge], span: list[float], at: float | None) -> list[float]:
    """Seconds to look at: about `at`, else about the merges that lie closest together."""
    shown = np.flatnonzero(k.drawn[: k.cells])
    if not len(shown):
        return span
    cell = (span[1] - span[0]) / len(shown)
    if at is None and merged:
        places = np.array([m.center for m in merged])
        near = np.abs(places[:, None] - places) < SHOWN * cell / 2
        at = float(places[near[near.sum(1).argmax()]].mean())
    elif at is None:
        closest = np.nan_to_num(neighbour_ious(k)).argmax() if len(shown) > 1 else 0
        at = float(k.center[shown[closest]])
    there = k.drawn & (np.abs(k.center - at) < SHOWN * cell / 2)
    wide = max(SHOWN * cell, ROOM * float(np.nan_to_num(k.width[there]).max(initial=0.0)))
    wide = min(wide, span[1] - span[0])
    begin = min(max(at - wide / 2, span[0]), span[1] - wide)
    return [begin, begin + wide]


def _most_merged(
    explanation: Explanation, layer: int | None, window: int | None, at: float | None
) -> tuple[int, int]:
    """The layer and window with the most merges, or nearest to one, unless they were asked for."""
    layers = [layer] if layer else range(1, len(explanation.header["layers"]) + 1)
    windows = list(range(len(explanation.arrays["windows.start"])) if window is None else [window])
    check_place(explanation, layers[0], windows[0])
    if at is not None:
        spans = {w: _within(explanation, w) for w in windows}
        windows = [w for w, (begin, end) in spans.items() if begin <= at <= end]
        if not windows:
            begin, end = (
                min(begin for begin, _ in spans.values()),
                max(e for _, e in spans.values()),
            )
            where = f"window {window}" if window is not None else "the recording"
            raise ValueError(f"{at:g} s lies outside {where}: {begin:.1f} to {end:.1f} s")

    def merged(at: tuple[int, int]) -> tuple[int, float]:
        k = window_kernels(explanation, *at)
        closest = np.nan_to_num(neighbour_ious(k)).max(initial=0.0)
        return int((explanation.arrays[f"layer{at[0]}.merges"][:, 0] == at[1]).sum()), closest

    return max(((j, w) for j in layers for w in windows), key=merged)


def neighbour_ious(k: Kernels) -> NDArray[np.float64]:
    """IoU of the default boundaries of each learned kernel, padding left out, and the next."""
    cells = np.flatnonzero(k.drawn[: k.cells])
    start, end = (k.center[cells] + sign * k.width[cells] / 2 for sign in (-1, 1))
    return np.asarray(interval_iou(start[:-1], end[:-1], start[1:], end[1:]))


def kinds_of_kernels(k: Kernels, c: dict[str, str]) -> list[KindOfKernel]:
    """On their own, members of a group, and mixed."""
    learned = np.arange(len(k.center)) < k.cells
    inside = np.zeros(len(k.center), bool)
    for cells in k.members:
        inside[cells] = True
    looks = {
        "learned, on its own": (learned & ~inside, c["ignored"], 1.0, "solid"),
        "learned, member of a group": (learned & inside, c["learned"], 1.6, "solid"),
        "mixed": (~learned, c["mixed"], 3.0, "dash"),
    }
    return [
        KindOfKernel(
            name,
            np.flatnonzero(chosen & k.drawn),
            {"color": color, "width": thickness, "dash": dash},
        )
        for name, (chosen, color, thickness, dash) in looks.items()
    ]


def _gaussian_curves(figure: go.Figure, k: Kernels, kind: KindOfKernel) -> None:
    """Gaussian curves of kernels, all in one trace with gaps."""
    rows, name = kind.rows, f"{kind.name} ({len(kind.rows)})"
    gap = np.full((len(rows), 1), np.nan)
    x = np.hstack([k.center[rows, None] + k.sigma[rows, None] * POINTS, gap])
    y = np.hstack([np.broadcast_to(np.exp(-(POINTS**2) / 2), (len(rows), len(POINTS))), gap])
    figure.add_scatter(
        x=x.ravel().astype(np.float32) if len(rows) else [None],
        y=y.ravel().astype(np.float32) if len(rows) else [None],
        mode="lines", name=name, line=kind.line, hoverinfo="skip", legendgroup=name, row=1, col=1,
    )  # fmt: skip


def _default_boundaries(figure: go.Figure, k: Kernels, kind: KindOfKernel, edge: str) -> None:
    """Default boundaries: learned ones in four lanes, mixed ones in two lanes below them."""
    rows = kind.rows
    mixed_lanes, learned_lanes = -0.72 - 0.14 * (np.arange(len(rows)) % 2), -0.1 - 0.14 * (rows % 4)
    lane = mixed_lanes if kind.name == "mixed" else learned_lanes
    figure.add_bar(
        orientation="h",
        base=(k.center[rows] - k.width[rows] / 2).astype(np.float32),
        x=k.width[rows].astype(np.float32),
        y=lane,
        width=0.1,
        marker={
            "color": kind.line["color"],
            "opacity": 0.75,
            "line": {"width": 0.5, "color": edge},
        },
        hovertext=[_kernel_text(k, row) for row in rows.tolist()],
        hoverinfo="text",
        showlegend=False,
        row=2,
        col=1,
    )
    figure.update_layout(barmode="overlay")


def _kernel_text(k: Kernels, row: int) -> str:
    numbers = (
        f"<br>centre {k.center[row]:.2f} s, sigma {k.sigma[row]:.2f} s, width {k.width[row]:.2f} s"
    )
    if row < k.cells:
        return f"learned kernel of cell {row}{numbers}"
    cells = k.members[row - k.cells].tolist()
    return f"mixed kernel of {len(cells)} cells, {cells[0]} to {cells[-1]}{numbers}"


def _merge_arcs(figure: go.Figure, k: Kernels, merged: list[Merge], c: dict[str, str]) -> None:
    """For every merge an arc from the group so far to the kernel that joined it."""
    x: list[float] = []
    y: list[float] = []
    spans = [abs(float(k.center[m.cell]) - m.base) for m in merged]
    longest = max(spans, default=1.0) or 1.0
    tops = [0.25 + 0.65 * span / longest for span in spans]
    for m, top in zip(merged, tops):
        middle, half = (m.base + k.center[m.cell]) / 2, (k.center[m.cell] - m.base) / 2
        x += [*(middle - half * np.cos(ARC)), np.nan]
        y += [*(top * np.sin(ARC)), np.nan]
    figure.add_scatter(
        x=np.array(x, np.float32), y=np.array(y, np.float32), mode="lines", hoverinfo="skip",
        line={"color": c["mixed"], "width": 1.2}, showlegend=False, row=2, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=[(m.base + k.center[m.cell]) / 2 for m in merged], y=tops, mode="markers",
        marker={"color": c["mixed"], "size": 5}, name="who merged with whom",
        hovertext=[_merge_text(number, m) for number, m in enumerate(merged, 1)], hoverinfo="text",
        row=2, col=1,
    )  # fmt: skip
    figure.update_yaxes(range=[-0.95, 1.0], showgrid=False, row=2, col=1)


def _merge_text(number: int, m: Merge) -> str:
    return (
        f"merge {number}: the kernel of cell {m.cell} joins the group begun at cell {m.first}"
        f"<br>IoU {m.iou:.3f}; after it the centre is {m.center:.2f} s, the width {m.width:.2f} s"
    )


def _overlaps(
    figure: go.Figure, k: Kernels, merged: list[Merge], epsilon: float, c: dict[str, str]
) -> None:
    """IoU of merges and of all neighbours, against epsilon."""
    cells = np.flatnonzero(k.drawn[: k.cells])
    overlap = neighbour_ious(k)
    figure.add_scatter(
        x=(k.center[cells][:-1] + k.center[cells][1:]) / 2, y=overlap, mode="lines+markers",
        line={"color": c["ignored"], "width": 1}, marker={"size": 4, "symbol": "line-ns-open"},
        name="IoU of neighbours", row=3, col=1,
        hovertext=[f"cells {i} and {j}: IoU {o:.3f}" for i, j, o in
                   zip(cells[:-1].tolist(), cells[1:].tolist(), overlap)], hoverinfo="text",
    )  # fmt: skip
    figure.add_scatter(
        x=[m.center for m in merged], y=[m.iou for m in merged], mode="markers",
        marker={"color": c["mixed"], "symbol": "diamond", "size": 8}, name="IoU of a merge",
        hovertext=[_merge_text(number, m) for number, m in enumerate(merged, 1)], hoverinfo="text",
        row=3, col=1,
    )  # fmt: skip
    figure.add_hline(
        y=epsilon, line={"color": c["ink"], "dash": "dash", "width": 1}, row=3, col=1,
        annotation={"text": f"epsilon = {epsilon:g}", "xanchor": "right", "yanchor": "bottom"},
    )  # fmt: skip


def _note_without_merges(figure: go.Figure, message: str) -> None:
    figure.add_annotation(
        text=message, x=0.5, y=0.75, xref="x2 domain", yref="y2 domain", showarrow=False
    )
