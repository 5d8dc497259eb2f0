"""What a training looked like: losses, mAP, mixed kernels, truths without foreground."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots

from gtan.data.scoring import scoring
from gtan.runs.run import Run, open_run
from gtan_viz.figures.log_scale import decimal_ticks
from gtan_viz.figures.theme import Theme, colors, dress, note_in_panel
from gtan_viz.figures.thresholds import mean_over

PARTS = {  # column -> name, hue, dash
    "loss": ("L, all of it", "ink", "solid"),
    "classification": ("L_cls", "learned", "solid"),
    "localization": ("β L_loc", "mixed", "dash"),
    "overlap": ("γ L_ov", "average", "dot"),
}


class Panel(NamedTuple):
    """One of the four panels, and what is drawn into each in the same way."""

    figure: go.Figure
    row: int
    legend: str
    smooth: int
    colors: dict[str, str]

    def line(self, steps: Any, values: Any, name: str, color: str, dash: str = "solid") -> None:
        """A running median."""
        self.figure.add_scatter(
            x=steps, y=running_median(values, self.smooth), mode="lines", name=name,
            line={"color": color, "dash": dash, "width": 1.8}, legend=self.legend,
            hovertemplate=f"{name}: %{{y:.4g}}<extra></extra>", row=self.row, col=1,
        )  # fmt: skip

    def axis(self, title: str, **more: Any) -> None:
        """The title and range of the y axis."""
        self.figure.update_yaxes(title_text=title, row=self.row, col=1, **more)


def curves(run: Run | str | Path, *, smooth: int = 25, theme: Theme = "light") -> go.Figure:
    """Training curves of a run: four panels over the training step.

    The parts of the loss as they add up in Eq. 6 (weighted by beta and gamma; pale: each step,
    strong: running median); validation mAP; mixed kernels of a batch for each anchor layer; truths
    of a batch without any foreground, and members that lie outside their mixed kernel (R8, R5).

    Args:
        run: a run, or the path of its folder.
        smooth: steps of the running median.
        theme: light or dark.

    Raises:
        FileNotFoundError: if there is no run.
        ValueError: if `smooth` is below 1.

    Example:
        >>> import gtan, gtan_viz
        >>> gtan_viz.curves(gtan.open_run()).show()  # doctest: +SKIP
    """
    if smooth < 1:
        raise ValueError(f"smooth must be at least 1 step, not {smooth}")
    run = open_run(run)
    table = run.metrics()
    tiou = scoring(run.settings.data.dataset)[1]
    weights = {"localization": run.settings.loss.beta, "overlap": run.settings.loss.gamma}
    figure = make_subplots(
        rows=4, cols=1, shared_xaxes=True, vertical_spacing=0.06,
        subplot_titles=[
            "Loss, as its parts add up", f"mAP on the validation recordings, {mean_over(tiou)}",
            "Mixed kernels in a batch", "What training misses",
        ],
    )  # fmt: skip
    panels = [
        Panel(figure, row, f"legend{row}" if row > 1 else "legend", smooth, colors(theme))
        for row in range(1, 5)
    ]
    messages = (
        _loss(panels[0], table, weights),
        _map(panels[1], table),
        _mixed(panels[2], table),
        _missed(panels[3], table),
    )
    for panel, message in zip(panels, messages):
        if message:
            note_in_panel(figure, message, panel.row)
        top = figure.get_subplot(panel.row, 1).yaxis.domain[1]
        figure.update_layout({panel.legend: {"x": 1.01, "y": top, "yanchor": "top"}})
    figure.update_xaxes(title_text="training step", row=4)
    figure.update_annotations(font_size=13)
    reached = f"up to step {table['step'].iloc[-1]}" if len(table) else "no step yet"
    return dress(
        figure,
        "Training curves",
        f"{reached}; strong lines: running median of {smooth} steps",
        theme=theme,
        height=900,
        margin={"l": 70, "r": 190, "t": 90, "b": 56},
        hovermode="x",
    )


def running_median(values: pd.Series[float], smooth: int) -> pd.Series[float]:
    """Median of the `smooth` values around every step."""
    return values.rolling(smooth, min_periods=1, center=True).median()


def _loss(panel: Panel, table: pd.DataFrame, weights: dict[str, float]) -> str:
    drawn = []
    for column, (name, hue, dash) in PARTS.items():
        if column not in table:
            continue
        value = table[column] * weights.get(column, 1.0)
        panel.figure.add_scatter(
            x=table["step"], y=value, mode="lines", opacity=0.25, showlegend=False,
            line={"color": panel.colors[hue], "width": 1}, hoverinfo="skip",
            row=panel.row, col=1,
        )  # fmt: skip
        panel.line(table["step"], value, name, panel.colors[hue], dash)
        drawn.append(value)
    panel.axis("loss (log scale)", **decimal_ticks(np.concatenate([*drawn, []]), most=9))
    return "" if "loss" in table else "no loss is recorded yet"


def _map(panel: Panel, table: pd.DataFrame) -> str:
    panel.axis("mAP", range=[0, 1])
    measured = table.dropna(subset="mAP") if "mAP" in table else table.iloc[:0]
    if not len(measured):
        return "mAP was not measured yet"
    step, value = measured["step"], measured["mAP"]
    place = {"row": panel.row, "col": 1}
    panel.figure.add_scatter(
        x=step, y=value, mode="lines+markers", name="mAP", showlegend=False,
        line_color=panel.colors["learned"], hovertemplate="mAP %{y:.3f}<extra></extra>", **place,
    )  # fmt: skip
    panel.figure.add_annotation(
        x=step.iloc[-1], y=value.iloc[-1], yshift=14, xanchor="right", showarrow=False,
        text=f"{value.iloc[-1]:.3f}", **place,
    )  # fmt: skip
    return ""


def _mixed(panel: Panel, table: pd.DataFrame) -> str:
    layers = sorted(int(name[6:]) for name in map(str, table) if name.startswith("mixed_"))
    low = 0.0 if panel.colors["paper"] == colors("light")["paper"] else 0.2  # what can be seen
    shades = [low + 0.8 * (number / max(1, len(layers) - 1)) for number in range(len(layers))]
    for number, hue in enumerate(sample_colorscale("Viridis", shades) if layers else []):
        dash = ("solid", "dash", "dot", "dashdot")[number % 4]
        column = table[f"mixed_{layers[number]}"]
        panel.line(table["step"], column, f"layer {layers[number]}", hue, dash)
    panel.axis("mixed kernels (count)", rangemode="tozero")
    if not layers:
        return "no mixed kernels are recorded"
    counts = table[[f"mixed_{layer}" for layer in layers]]
    return "" if counts.to_numpy().any() else "no kernels have merged"


def _missed(panel: Panel, table: pd.DataFrame) -> str:
    kinds = {
        "unmatched_truths": ("truths without<br>foreground", "mixed", "solid"),
        "stray_members": ("members outside<br>their mixed kernel", "learned", "dash"),
    }
    there = [column for column in kinds if column in table]
    for column in there:
        name, hue, dash = kinds[column]
        panel.line(table["step"], table[column], name, panel.colors[hue], dash)
    panel.axis("in a batch (count)", rangemode="tozero")
    if not there:
        return "not recorded"
    return "" if table[there].to_numpy().any() else "nothing was missed"
