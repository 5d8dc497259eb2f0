"""Gaussian pooling (Section 3.4): what a kernel gathers, beside what an average would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from gtan.runs.explanation import Explanation
from gtan_viz.figures.grouping import check, opened
from gtan_viz.figures.theme import Theme, colors, dress, plain, say


def gaussian_weights(
    centers: NDArray[Any], sigmas: NDArray[Any], length: int, valid: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Eq. 1 in numpy, as `gtan.kernels.kernel_weights`: [K], [K], T, [T] -> [K, T].

    Example:
        >>> weights = gaussian_weights(np.array([0.5]), np.array([0.1]), 5, np.ones(5, bool))
        >>> int(weights.argmax()), round(float(weights.sum()), 6)
        (2, 1.0)
    """
    positions = (np.arange(length) + 0.5) / length
    exponent = -((positions - centers[:, None]) ** 2) / (2 * sigmas[:, None].astype(float) ** 2)
    exponent = np.where(valid, exponent, -np.inf)
    powers = np.exp(exponent - np.maximum(exponent.max(-1, keepdims=True), -1e300))
    return powers / np.maximum(powers.sum(-1, keepdims=True), 1e-300)


def average_weights(
    centers: NDArray[Any], widths: NDArray[Any], length: int, valid: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Figure 4, left, as `gtan.kernels.average_weights`: the boundary extended by half its width.

    [K], [K], T, [T] -> [K, T].
    """
    edges = np.arange(length + 1) / length
    start, end = (centers + sign * widths for sign in (-1, 1))
    inside = np.minimum(edges[1:], end[:, None]) - np.maximum(edges[:-1], start[:, None])
    inside = inside.clip(0) * valid
    return inside / np.maximum(inside.sum(-1, keepdims=True), 1e-12)


def pooling(
    explanation: Explanation | str | Path,
    layer: int | None = None,
    row: int | None = None,
    *,
    channels: int = 32,
    theme: Theme = "light",
) -> go.Figure:
    """What one kernel gathers from its feature map, and what the others of its window do.

    Above: the weights of all kernels of the window (Eq. 1), kernels by cells, mixed kernels on top.
    Middle: the weights of the chosen kernel, beside Figure 4's manual extension plus average.
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
        >>> explanation = gtan.explain(gtan.open_run(), "exp09_user05")  # doctest: +SKIP
        >>> best = explanation.detections().iloc[0]  # doctest: +SKIP
        >>> gtan_viz.pooling(explanation, best["layer"], best["row"])  # doctest: +SKIP
    """
    explanation = opened(explanation)
    layer, row = _chosen(explanation, layer, row)
    a, p = explanation.arrays, f"layer{layer}."
    offsets = a[p + "kernel_offsets"]
    window = int(np.searchsorted(offsets, row, side="right")) - 1
    first = int(offsets[window])
    rows = np.arange(first, int(offsets[window + 1]))
    rows = rows[a[p + "exists"][rows].astype(bool) | (rows == row)]
    cells = explanation.header["layers"][layer - 1]["cells"]
    valid = a[p + "valid"][window].astype(bool)
    weights = gaussian_weights(a[p + "centers"][rows], a[p + "sigmas"][rows], cells, valid)
    average = average_weights(a[p + "centers"][[row]], a[p + "widths"][[row]], cells, valid)[0]
    mine = weights[np.flatnonzero(rows == row)[0]]
    seconds = np.asarray(explanation.seconds(window, (np.arange(cells) + 0.5) / cells))
    seconds = seconds.astype(np.float32)
    cell_span = explanation.header["window"] * explanation.grid.stride / cells
    mixed = row - first >= cells
    c = colors(theme)

    figure = make_subplots(
        rows=3, cols=2, column_widths=[0.8, 0.2], row_heights=[0.36, 0.22, 0.42],
        specs=[[{}, None], [{}, None], [{}, {}]], shared_xaxes="columns",
        vertical_spacing=0.07, horizontal_spacing=0.03,
        subplot_titles=["Weights of every kernel of the window", "Weights of the chosen kernel",
                        f"Feature map: the {channels} channels that vary most",
                        "the cell, pooled"],
    )  # fmt: skip
    _matrix(figure, rows - first, weights, seconds, row - first, cells, c)
    center = float(explanation.seconds(window, float(a[p + "centers"][row])))
    cell = int(np.abs(seconds - center).argmin())
    begin, end = seconds[0] - cell_span / 2, seconds[-1] + cell_span / 2
    at = np.linspace(begin, end, 401, dtype=np.float32)
    sigma = float(a[p + "sigmas"][row]) * cells  # in cells
    curve = np.exp(-(((at - center) / (sigma * cell_span)) ** 2) / 2)
    nearest = np.exp(-(((seconds[cell] - center) / (sigma * cell_span)) ** 2) / 2)
    scale = mine[cell] / nearest if nearest > 0 else 0.0  # 1 / Z: through the weights of the cells
    hue = c["mixed" if mixed else "learned"]
    weight = "<br>%{x:.1f} s: weight %{y:.3f}<extra></extra>"
    figure.add_scatter(
        x=at, y=(curve * scale).astype(np.float32), mode="lines", line_color=hue,
        showlegend=False, hoverinfo="skip", row=2, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=seconds, y=mine.astype(np.float32), mode="markers", name="Gaussian weights (Eq. 1)",
        marker={"color": hue, "size": 7 if cells < 40 else 4},
        hovertemplate=f"Gaussian{weight}", row=2, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=np.linspace(begin, end, cells + 1, dtype=np.float32),
        y=np.append(average, average[-1]).astype(np.float32),
        mode="lines", line={"color": c["average"], "dash": "dash", "shape": "hv"},
        name="manual extension plus average (Figure 4)", hovertemplate=f"average{weight}",
        row=2, col=1,
    )  # fmt: skip
    if explanation.interactive:
        features = a[p + "features"][window].astype(np.float32)
        drawn = _features(figure, features, valid, seconds, cell, mine, average, channels)
        figure.add_scatter(
            x=at, y=(curve * (drawn - 1)).astype(np.float32), mode="lines", showlegend=False,
            line={"color": "#ffffff", "width": 2}, hoverinfo="skip", row=3, col=1,
        )  # fmt: skip
    else:
        say(figure, "no feature maps are stored: this network is too large for it", 3)
    figure.update_xaxes(range=[max(0.0, begin), end], showgrid=False, col=1)
    figure.update_xaxes(title_text="time in the recording (seconds)", row=3, col=1)
    figure.update_yaxes(title_text="kernel", row=1, col=1)
    figure.update_yaxes(title_text="weight", rangemode="tozero", row=2, col=1)
    figure.update_annotations(font_size=12)
    used = explanation.settings.kernels.pooling
    return dress(
        figure,
        f"Gaussian pooling: {plain(explanation.header['recording'])}, layer {layer}",
        f"{'mixed' if mixed else 'learned'} kernel, row {row} (window {window}), centre "
        f"{center:.1f} s, sigma {sigma:.2f} cells of {cell_span:.3g} s"
        + ("" if used == "gaussian" else f"; this run itself pools by '{used}'"),
        theme=theme,
        height=820,
        legend={"orientation": "h", "yref": "container", "y": 0.005, "yanchor": "bottom"},
        margin={"l": 70, "r": 90, "t": 92, "b": 96},
    )


def _chosen(explanation: Explanation, layer: int | None, row: int | None) -> tuple[int, int]:
    """The kernel asked for; what was not asked for is the best detection's."""
    if layer is not None:
        check(explanation, layer)
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


def _matrix(
    figure: go.Figure,
    numbers: NDArray[Any],
    weights: NDArray[Any],
    seconds: NDArray[Any],
    chosen: int,
    cells: int,
    c: dict[str, str],
) -> None:
    """Kernels by cells. Every row sums to 1, so colour is relative to the row's largest weight."""
    at = np.arange(len(numbers))
    relative = weights / np.maximum(weights.max(-1, keepdims=True), 1e-300)
    names = [f"cell {n}" if n < cells else f"mixed {n - cells + 1}" for n in numbers.tolist()]
    figure.add_heatmap(
        x=seconds, y=at, z=relative.astype(np.float32), coloraxis="coloraxis",
        customdata=weights.astype(np.float32), text=[[name] * cells for name in names],
        hovertemplate="kernel: %{text}<br>%{x:.1f} s: weight %{customdata:.3f}<extra></extra>",
        row=1, col=1,
    )  # fmt: skip
    ticks = np.unique(np.linspace(0, len(at) - 1, min(len(at), 6)).round().astype(int))
    figure.update_yaxes(tickvals=ticks, ticktext=[names[tick] for tick in ticks], row=1, col=1)
    here = int(np.flatnonzero(numbers == chosen)[0])
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


def _features(
    figure: go.Figure,
    features: NDArray[Any],
    valid: NDArray[np.bool_],
    seconds: NDArray[Any],
    cell: int,
    gaussian: NDArray[Any],
    average: NDArray[Any],
    channels: int,
) -> int:
    """The feature map [D, T], and one cell before and after pooling; returns channels drawn."""
    pooled = np.stack([features[:, cell], features @ gaussian, features @ average], -1)
    most = np.argsort(-features[:, valid].std(-1), kind="stable")[:channels]
    most = most[np.argsort(pooled[most, 1], kind="stable")]
    shared = {"y": np.arange(len(most)), "coloraxis": "coloraxis2"}

    def of_channel(columns: int) -> list[list[int]]:
        return [[channel] * columns for channel in most.tolist()]

    figure.add_heatmap(
        x=seconds, z=features[most], text=of_channel(len(seconds)),
        hovertemplate="channel %{text}<br>%{x:.1f} s: %{z:.2f}<extra></extra>",
        row=3, col=1, **shared,
    )  # fmt: skip
    figure.add_heatmap(
        x=["alone", "Gauss", "average"], z=pooled[most].astype(np.float32), text=of_channel(3),
        hovertemplate="channel %{text}<br>%{x}: %{z:.2f}<extra></extra>", row=3, col=2, **shared,
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
    return len(most)
