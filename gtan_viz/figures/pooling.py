"""Gaussian pooling (Section 3.4): what a kernel gathers, beside what an average would."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from gtan.runs.explanation import Explanation
from gtan_viz.figures.sources import as_explanation, check_place
from gtan_viz.figures.theme import Theme, colors, dress, note_in_panel, plain
from gtan_viz.kernels import average_weights, derivative_weights, kernel_weights

# What the derivatives of a kernel compare (E1), and how they are told apart without colour.
DERIVATIVES = (
    "order 1: after minus before (E1)",
    "order 2: outside minus inside (E1)",
    "order 3 (E1)",
    "order 4 (E1)",
)
DASHES = ("dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("diamond", "square", "cross", "x")
MOST_NAMES = 12  # of kernels, one above the other


class PooledKernel(NamedTuple):
    """One kernel, and the map of T cells that it pools; K kernels of its window stand beside it.

    Attributes:
        layer, window, row: where it stands in the Explanation.
        number: its place among the kernels of its window; those of cells come before mixed ones.
        centers: [K] seconds, of the kernels that exist, ascending.
        center: seconds.
        sigma: cells.
        cell_length: seconds.
        seconds: [T] centres of the cells.
        valid: [T] bool, cells within the recording.
        numbers: [K] theirs, as `number`.
        weights: [K, T] theirs (Eq. 1).
        average: [T] its weights by Figure 4's manual extension plus average.
        derivatives: [N, T] its weights of the orders 1 to N that the run pools too (E1).
    """

    layer: int
    window: int
    row: int
    number: int
    center: float
    sigma: float
    cell_length: float
    centers: NDArray[np.float64]
    seconds: NDArray[np.float32]
    valid: NDArray[np.bool_]
    numbers: NDArray[np.int64]
    weights: NDArray[np.float64]
    average: NDArray[np.float64]
    derivatives: NDArray[np.float64]

    @property
    def mixed(self) -> bool:
        """Whether it came out of grouping."""
        return self.number >= len(self.seconds)

    @property
    def own_weights(self) -> NDArray[np.float64]:
        """[T] of this kernel (Eq. 1)."""
        return self.weights[np.flatnonzero(self.numbers == self.number)[0]]

    @property
    def nearest_cell(self) -> int:
        """The cell it stands on."""
        return int(np.abs(self.seconds - self.center).argmin())

    @property
    def span(self) -> tuple[float, float]:
        """Seconds where the map begins and ends."""
        half = self.cell_length / 2
        return self.seconds[0] - half, self.seconds[-1] + half

    @property
    def view(self) -> tuple[float, float]:
        """Seconds around the kernel beyond which its weights are nothing: 4 sigma, 4 cells."""
        begin, end = self.span
        begin = max(0.0, begin)
        if not np.isfinite(self.sigma):
            return begin, end
        reach = self.cell_length * (0.5 + max(4.0, 4 * self.sigma))
        return max(begin, self.center - reach), min(end, self.center + reach)

    def curve(self, seconds: Any) -> Any:
        """The Gaussian at these times, 1 at its centre."""
        return np.exp(-(((seconds - self.center) / (self.sigma * self.cell_length)) ** 2) / 2)


def pooling(
    explanation: Explanation | str | Path,
    layer: int | None = None,
    row: int | None = None,
    *,
    channels: int = 32,
    theme: Theme = "light",
) -> go.Figure:
    """What one kernel gathers from its feature map, and what the others of its window do.

    The figure opens around the kernel; a double click shows the whole window.

    Above: the weights of the kernels of the window (Eq. 1), kernels by cells, in the order of time.
    Middle: the weights of the chosen kernel, beside Figure 4's manual extension plus average, and
    those of its derivatives where the run pools under them too (E1).
    Below: the feature map, and at its right the same channels of the chosen kernel's cell alone,
    pooled under the Gaussian (Eq. 4), and pooled by the average.

    Args:
        explanation: an Explanation or its file.
        layer: anchor layer, from 1; by default that of the best detection.
        row: of the kernel, as in `explanation.kernels(layer)` and `explanation.detections()`; by
            default that of the best detection (of the layer).
        channels: how many channels of the feature map to show: those that vary most.
        theme: light or dark.

    Raises:
        ValueError: if there is no such layer or kernel, naming those that are there.

    Example:
        >>> import gtan, gtan_viz
        >>> explanation = gtan.explain(gtan.open_run(), "person21_film2")  # doctest: +SKIP
        >>> best = explanation.detections().iloc[0]  # doctest: +SKIP
        >>> gtan_viz.pooling(explanation, best["layer"], best["row"])  # doctest: +SKIP
    """
    explanation = as_explanation(explanation)
    layer, row = _chosen(explanation, layer, row)
    k = pooled_kernel(explanation, layer, row)
    c = colors(theme)
    figure = make_subplots(
        rows=3, cols=2, column_widths=[0.8, 0.2], row_heights=[0.36, 0.22, 0.42],
        specs=[[{}, None], [{}, None], [{}, {}]], shared_xaxes="columns",
        vertical_spacing=0.07, horizontal_spacing=0.03,
        subplot_titles=["Weights of the kernels around it", "Weights of the chosen kernel",
                        f"Feature map: the {channels} channels that vary most",
                        "the cell, pooled"],
    )  # fmt: skip
    _weights_of_all(figure, k, c)
    _weights_of_one(figure, k, c)
    if explanation.interactive:
        features = explanation.arrays[f"layer{layer}.features"][k.window].astype(np.float32)
        _feature_map(figure, k, features, channels)
    else:
        note_in_panel(figure, "no feature maps are stored: this network is too large for it", 3)
    figure.update_xaxes(range=k.view, showgrid=False, col=1)
    figure.update_xaxes(title_text="time in the recording (seconds)", row=3, col=1)
    figure.update_yaxes(title_text="kernel", row=1, col=1)
    figure.update_yaxes(title_text="weight", row=2, col=1)
    if not len(k.derivatives):
        figure.update_yaxes(rangemode="tozero", row=2, col=1)
    figure.update_annotations(font_size=12)
    used = explanation.settings.kernels.pooling
    return dress(
        figure,
        f"Gaussian pooling: {plain(explanation.header['recording'])}, layer {layer}",
        f"{'mixed' if k.mixed else 'learned'} kernel, row {row} (window {k.window}), centre "
        f"{k.center:.1f} s, sigma {k.sigma:.2f} cells of {k.cell_length:.3g} s"
        + ("" if used == "gaussian" else f"; this run itself pools by '{used}'")
        + "; a double click shows the whole window",
        theme=theme,
        height=820,
        legend={"orientation": "h", "yref": "container", "y": 0.005, "yanchor": "bottom"},
        margin={"l": 70, "r": 90, "t": 92, "b": 96},
    )


def pooled_kernel(explanation: Explanation, layer: int, row: int) -> PooledKernel:
    """A kernel of a layer (from 1), by its row in the layer's arrays."""
    a = {
        name: explanation.arrays[f"layer{layer}.{name}"]
        for name in ("kernel_offsets", "exists", "valid", "centers", "sigmas", "widths")
    }
    window = int(np.searchsorted(a["kernel_offsets"], row, side="right")) - 1
    first, end = a["kernel_offsets"][window : window + 2].tolist()
    rows = np.arange(first, end)
    rows = rows[a["exists"][rows].astype(bool) | (rows == row)]
    rows = rows[np.argsort(a["centers"][rows], kind="stable")]
    cells = explanation.header["layers"][layer - 1]["cells"]
    valid = a["valid"][window].astype(bool)
    seconds = np.asarray(explanation.seconds(window, (np.arange(cells) + 0.5) / cells))
    weights = kernel_weights(a["centers"][rows], a["sigmas"][rows], cells, valid)
    own = weights[np.flatnonzero(rows == row)]
    orders = derivative_weights(
        own, a["centers"][[row]], a["sigmas"][[row]], explanation.settings.kernels.derivatives
    )
    return PooledKernel(
        layer=layer,
        window=window,
        row=row,
        number=row - first,
        center=float(explanation.seconds(window, float(a["centers"][row]))),
        sigma=float(a["sigmas"][row]) * cells,
        cell_length=explanation.grid.span(explanation.header["window"]) / cells,
        centers=np.asarray(explanation.seconds(window, a["centers"][rows].astype(float))),
        seconds=seconds.astype(np.float32),
        valid=valid,
        numbers=rows - first,
        weights=weights,
        average=average_weights(a["centers"][[row]], a["widths"][[row]], cells, valid)[0],
        derivatives=orders[1:, 0],
    )


def _chosen(explanation: Explanation, layer: int | None, row: int | None) -> tuple[int, int]:
    """The kernel asked for; what was not asked for is the best detection's."""
    if layer is not None:
        check_place(explanation, layer)
    elif row is not None:
        raise ValueError("a row belongs to a layer: name the layer too")
    source = explanation.arrays["detections.source"]
    best = source if layer is None else source[source[:, 1] == layer]
    layer = layer or (int(best[0, 1]) if len(best) else 1)
    kernels = explanation.kernels(layer)["row"].to_numpy()
    if row is None:
        row = int(best[0, 2]) if len(best) else int(kernels[0]) if len(kernels) else 0
    there = len(explanation.arrays[f"layer{layer}.centers"])
    if not 0 <= row < there:
        raise ValueError(f"layer {layer} has no kernel {row}; its rows are 0 to {there - 1}")
    return int(layer), int(row)


def _weights_of_all(figure: go.Figure, k: PooledKernel, c: dict[str, str]) -> None:
    """Kernels by cells, those in view, each with its name where there is room.

    Every row sums to 1, so colour is relative to the row's largest weight.
    """
    cells, at = len(k.seconds), np.arange(len(k.numbers))
    relative = k.weights / np.maximum(k.weights.max(-1, keepdims=True), 1e-300)
    names = [f"cell {n}" if n < cells else f"mixed {n - cells + 1}" for n in k.numbers.tolist()]
    figure.add_heatmap(
        x=k.seconds, y=at, z=relative.astype(np.float32), coloraxis="coloraxis",
        customdata=k.weights.astype(np.float32), text=[[name] * cells for name in names],
        hovertemplate="kernel: %{text}<br>%{x:.1f} s: weight %{customdata:.3f}<extra></extra>",
        row=1, col=1,
    )  # fmt: skip
    here = int(np.flatnonzero(k.numbers == k.number)[0])
    begin, end = k.view
    near = np.flatnonzero((k.centers >= begin) & (k.centers <= end) | (at == here))
    ticks = at[here % (every := -(-len(near) // MOST_NAMES)) :: every]
    figure.update_yaxes(
        range=[near[0] - 0.5, near[-1] + 0.5], showgrid=False,
        tickvals=ticks, ticktext=[names[tick] for tick in ticks], row=1, col=1,
    )  # fmt: skip
    figure.add_annotation(
        text="◀ chosen", x=1, xref="x domain", y=here, showarrow=False, xanchor="left",
        font={"size": 11, "color": c["ink"]}, row=1, col=1,
    )  # fmt: skip
    figure.update_layout(
        coloraxis={
            "colorscale": "Viridis",
            "colorbar": {"title": {"text": "share of the<br>row's largest", "font": {"size": 10}},
                         "len": 0.3, "y": 1.0, "yanchor": "top", "thickness": 12, "x": 0.86},
        }
    )  # fmt: skip


def _weights_of_one(figure: go.Figure, k: PooledKernel, c: dict[str, str]) -> None:
    """The chosen kernel's weights, on its curve, beside those of the average."""
    hue = c["mixed" if k.mixed else "learned"]
    weight = "<br>%{x:.1f} s: weight %{y:.3f}<extra></extra>"
    nearest = k.nearest_cell
    height = k.curve(k.seconds[nearest])
    scale = k.own_weights[nearest] / height if height > 0 else 0.0  # 1 / Z, through the weights
    at = _fine_times(k)
    figure.add_scatter(
        x=at, y=(k.curve(at) * scale).astype(np.float32), mode="lines", line_color=hue,
        showlegend=False, hoverinfo="skip", row=2, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=k.seconds, y=k.own_weights.astype(np.float32), mode="markers",
        name="Gaussian weights (Eq. 1)",
        marker={"color": hue, "size": 7 if len(k.seconds) < 40 else 4},
        hovertemplate=f"Gaussian{weight}", row=2, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=np.linspace(*k.span, len(k.seconds) + 1, dtype=np.float32),
        y=np.append(k.average, k.average[-1]).astype(np.float32),
        mode="lines", line={"color": c["average"], "dash": "dash", "shape": "hv"},
        name="manual extension plus average (Figure 4)", hovertemplate=f"average{weight}",
        row=2, col=1,
    )  # fmt: skip
    for order, weights in enumerate(k.derivatives, 1):
        figure.add_scatter(
            x=k.seconds, y=weights.astype(np.float32), mode="lines+markers",
            name=DERIVATIVES[order - 1], marker={"size": 4, "symbol": SYMBOLS[order - 1]},
            line={"color": hue, "width": 1, "dash": DASHES[order - 1]},
            hovertemplate=f"order {order}{weight}", row=2, col=1,
        )  # fmt: skip


def _fine_times(k: PooledKernel) -> NDArray[np.float32]:
    """Times along the map, close enough for a smooth curve."""
    return np.linspace(*k.span, 401, dtype=np.float32)


def _feature_map(
    figure: go.Figure, k: PooledKernel, features: NDArray[np.float32], channels: int
) -> None:
    """The feature map [D, T] under the kernel's curve; its cell before and after pooling."""
    pooled = np.stack(
        [features[:, k.nearest_cell], features @ k.own_weights, features @ k.average], -1
    )
    most = np.argsort(-features[:, k.valid].std(-1), kind="stable")[:channels]
    most = most[np.argsort(pooled[most, 1], kind="stable")]
    shared = {"y": np.arange(len(most)), "coloraxis": "coloraxis2"}

    def of_channel(columns: int) -> list[list[int]]:
        return [[channel] * columns for channel in most.tolist()]

    figure.add_heatmap(
        x=k.seconds, z=features[most], text=of_channel(len(k.seconds)),
        hovertemplate="channel %{text}<br>%{x:.1f} s: %{z:.2f}<extra></extra>",
        row=3, col=1, **shared,
    )  # fmt: skip
    figure.add_heatmap(
        x=["alone", "Gauss", "average"], z=pooled[most].astype(np.float32), text=of_channel(3),
        hovertemplate="channel %{text}<br>%{x}: %{z:.2f}<extra></extra>", row=3, col=2, **shared,
    )  # fmt: skip
    at = _fine_times(k)
    figure.add_scatter(
        x=at, y=(k.curve(at) * (len(most) - 1)).astype(np.float32), mode="lines", showlegend=False,
        line={"color": "#ffffff", "width": 2}, hoverinfo="skip", row=3, col=1,
    )  # fmt: skip
    figure.update_yaxes(range=[-0.5, len(most) - 0.5], showticklabels=False, row=3)
    figure.update_xaxes(tickangle=0, tickfont={"size": 10}, row=3, col=2)
    figure.update_yaxes(title_text="channel", row=3, col=1)
    figure.update_layout(
        coloraxis2={
            "colorscale": "Cividis",
            "colorbar": {"title": {"text": "activation", "font": {"size": 10}},
                         "len": 0.4, "y": 0.0, "yanchor": "bottom", "thickness": 12},
        }
    )  # fmt: skip
