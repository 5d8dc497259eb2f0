"""Whether mixed kernels matter: where they stand, what they find, and why they merged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gtan.experiments.grouping_report import HIT, GroupingReport
from gtan.runs.run import Run, open_run
from gtan_viz.figures.theme import Theme, colors, dress, note_in_panel, plain
from gtan_viz.figures.thresholds import mean_over

STANDS = {  # column of the report, role of the hue, pattern
    "foreground": ("mixed kernels on actions (foreground)", "foreground", ""),
    "ignored": ("partly on an action (ignored)", "ignored", "/"),
    "background": ("on background", "background", "."),
}
FINDS = {  # by a mixed kernel or not: name, role of the hue, pattern
    False: ("hits from learned kernels", "learned", ""),
    True: ("hits from mixed kernels", "mixed", "x"),
}


def grouping_report(
    report: GroupingReport | Run | str | Path, *, theme: Theme = "light"
) -> go.Figure:
    """Mixed kernels and hits by layer, IoUs of merges, hits by length of the action.

    Args:
        report: of `run.grouping_report()`; or a run, whose test recordings are then looked at,
            which takes its network (and torch).
        theme: light or dark.

    Example:
        >>> import gtan, gtan_viz
        >>> report = gtan.open_run().grouping_report(progress=False)  # doctest: +SKIP
        >>> gtan_viz.grouping_report(report)  # doctest: +SKIP
    """
    if not isinstance(report, GroupingReport):
        report = open_run(report).grouping_report()
    c = colors(theme)
    figure = make_subplots(
        rows=2, cols=2, horizontal_spacing=0.11, vertical_spacing=0.2,
        subplot_titles=["Where mixed kernels stand", "Which kernels find actions",
                        "At which IoU kernels merged", "Hits by length of the action"],
    )  # fmt: skip
    _kernels_by_layer(figure, report, c)
    _hits_by_layer(figure, report, c)
    _merge_ious(figure, report, c)
    _hits_by_length(figure, report, c)
    figure.update_layout(barmode="stack", bargap=0.25)
    figure.update_annotations(font_size=13)
    figures = report.figures()
    low, high = report.difference().loc["average"]
    without = figures["average mAP without mixed kernels"]
    return dress(
        figure,
        f"Does grouping matter? {plain(report.name)}, {report.subset} recordings",
        f"mAP, {mean_over(report.results.tiou)}: {figures['average mAP']:.3f}, without mixed "
        f"kernels at detection {without:.3f} (difference, 95 %: {low:+.3f} to {high:+.3f})<br>"
        f"{_share(figures['sigmas at the floor'])} of sigmas at the floor, "
        f"{_share(figures['sigmas at the ceiling'])} at the ceiling",
        theme=theme,
        height=680,
        legend={"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0},
        margin={"l": 70, "r": 20, "t": 110, "b": 120},
    )


def _bars(
    figure: go.Figure, x: list[str], y: pd.Series, look: tuple[str, str, str], c: dict[str, str],
    *, row: int, col: int, legend: bool,
) -> None:  # fmt: skip
    name, role, pattern = look
    figure.add_bar(
        x=x, y=y, name=name, legendgroup=name, showlegend=legend,
        marker={"color": c[role], "pattern": {"shape": pattern}},
        hovertemplate=f"%{{x}}: %{{y:,}} {name}<extra></extra>", row=row, col=col,
    )  # fmt: skip


def _kernels_by_layer(figure: go.Figure, report: GroupingReport, c: dict[str, str]) -> None:
    layers = _layer_names(report)
    for column, look in STANDS.items():
        _bars(figure, layers, report.layers[column], look, c, row=1, col=1, legend=True)
    if not report.layers["mixed"].sum():
        note_in_panel(figure, "no kernels merged", 1)
    figure.update_xaxes(title_text="anchor layer, and its cells", row=1, col=1)
    figure.update_yaxes(title_text="mixed kernels of all windows", row=1, col=1)


def _hits_by_layer(figure: go.Figure, report: GroupingReport, c: dict[str, str]) -> None:
    table, layers = report.by_layer(), _layer_names(report)
    for mixed, look in FINDS.items():
        counts = table["hits_mixed"] if mixed else table["hits"] - table["hits_mixed"]
        _bars(figure, layers, counts, look, c, row=1, col=2, legend=True)
    figure.update_xaxes(title_text="anchor layer, and its cells", row=1, col=2)
    figure.update_yaxes(title_text=f"hits at tIoU {HIT:g}", row=1, col=2)


def _merge_ious(figure: go.Figure, report: GroupingReport, c: dict[str, str]) -> None:
    edges = np.linspace(0, 1, 51)
    counts, _ = np.histogram(report.merges["iou"], edges)
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2, y=counts, width=0.02, marker_color=c["mixed"],
        name="merges", showlegend=False, row=2, col=1,
        hovertemplate="IoU about %{x:.2f}: %{y:,} merges<extra></extra>",
    )  # fmt: skip
    lines = [(report.epsilon, "epsilon", "dash")]
    saturation = report.layers["saturation"].dropna()
    if len(saturation) and saturation.nunique() == 1 and saturation.iloc[0] < 0.97:
        lines.append((float(saturation.iloc[0]), "neighbours at the ceiling", "dot"))
    for height, (value, name, dash) in zip((1.0, 0.86), lines):
        figure.add_vline(x=value, line={"color": c["ink"], "dash": dash}, row=2, col=1)
        figure.add_annotation(
            x=value, y=height, yref="y3 domain", xref="x3", text=f" {name} {value:.2g} ",
            showarrow=False, xanchor="right" if name == "epsilon" else "left", font_size=11,
        )  # fmt: skip
    figure.update_xaxes(title_text="IoU of the two that merged", range=[0, 1], row=2, col=1)
    figure.update_yaxes(title_text="merges", row=2, col=1)


def _hits_by_length(figure: go.Figure, report: GroupingReport, c: dict[str, str]) -> None:
    table = report.by_length()
    names = [
        f"{low:g} to {high:g}" if np.isfinite(high) else f"above {low:g}"
        for low, high in zip(table["low"], table["high"])
    ]
    for mixed, look in FINDS.items():
        counts = table["hits_mixed"] if mixed else table["hits"] - table["hits_mixed"]
        _bars(figure, names, counts, look, c, row=2, col=2, legend=False)
    figure.update_xaxes(title_text="length of the action (seconds)", row=2, col=2)
    figure.update_yaxes(title_text=f"hits at tIoU {HIT:g}", row=2, col=2)


def _share(value: float) -> str:
    return f"{value:.0%}" if np.isfinite(value) else "none"


def _layer_names(report: GroupingReport) -> list[str]:
    return [f"{layer}<br>{cells}" for layer, cells in report.layers["cells"].items()]
