"""Where a detector fails: false positives by kind, and instances missed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gtan.evaluation.diagnosis import CORRECT, ERRORS, KINDS, Diagnosis
from gtan_viz.figures.theme import Theme, colors, dress, note_in_panel
from gtan_viz.figures.thresholds import mean_over

# Hue and hatching of each kind: the bars can be told apart without colours.
LOOKS = {
    CORRECT: ("#009E73", ""),
    "double detection": ("#56B4E9", "/"),
    "wrong label": ("#CC79A7", "x"),
    "localization": ("#E69F00", ""),
    "confusion": ("#D55E00", "\\"),
    "background": ("#7d8590", "."),
}
TITLES = {
    "length": "length (seconds)",
    "coverage": "coverage (share of the recording)",
    "instances": "instances of the label in the recording",
}
SHORT = {"length": "length (s)", "coverage": "coverage", "instances": "instances"}


def diagnosis(
    diagnosis: Diagnosis, tiou: float | None = None, *, theme: Theme = "light"
) -> go.Figure:
    """Four panels: false positives by kind, gain without them, instances missed, sensitivity.

    Args:
        diagnosis: of `gtan.evaluation.diagnose`.
        tiou: one of its thresholds for the panels of false positives and of instances missed;
            None for the mean over all.
        theme: light or dark.

    Raises:
        KeyError: no such threshold.

    Example:
        >>> from gtan.evaluation import diagnose, evaluate_detections
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})
        >>> results = evaluate_detections(truth, truth.assign(score=0.8))
        >>> gtan_figure = diagnosis(diagnose(results))
    """
    c = colors(theme)
    missed = _missed_at(diagnosis, tiou)
    figure = make_subplots(
        rows=2, cols=2, column_widths=[0.62, 0.38], horizontal_spacing=0.09, vertical_spacing=0.2,
        subplot_titles=[
            "What the detections are, by rank", "mAP_N gained if an error vanished",
            f"Instances missed (false negatives): {_overall(missed, 'missed')} of all",
            f"Sensitivity: mAP_N of each part; {_overall(diagnosis.sensitivity, 'mAP_N')} of all",
        ],
    )  # fmt: skip
    _profile(figure, diagnosis, tiou)
    _gain(figure, diagnosis, tiou)
    _buckets(figure, missed, "missed", hue=c["mixed"], ink=c["ink"], row=2, col=1)
    highest = min(1.03, max(0.1, 1.2 * missed["missed"].max()))
    figure.update_yaxes(title_text="share missed", range=[0, highest], row=2, col=1)
    _buckets(figure, diagnosis.sensitivity, "mAP_N", hue=c["learned"], ink=c["ink"], row=2, col=2)
    figure.update_yaxes(title_text="mAP_N", rangemode="tozero", row=2, col=2)
    figure.update_annotations(font_size=13)
    results = diagnosis.results
    at = f"tIoU {tiou:g}" if tiou is not None else mean_over(results.tiou)
    detections, instances = len(results.detections), len(diagnosis.instances)
    return dress(
        figure,
        "Diagnosis",
        f"{detections} detections, {instances} instances; {at}; G: instances of a label",
        theme=theme,
        height=820,
        barmode="stack",
        bargap=0.12,
        margin={"l": 70, "r": 20, "t": 130, "b": 110},
        legend={
            "orientation": "h",
            "y": 1.07,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "normal",
        },
    )


def _profile(figure: go.Figure, diagnosis: Diagnosis, tiou: float | None) -> None:
    counts = diagnosis.profile(tiou)
    shares = counts.div(counts.sum(axis=1).clip(lower=1e-12), axis=0)
    for kind in KINDS:
        figure.add_bar(
            x=[f"{group}G" for group in counts.index], y=shares[kind].to_numpy(), name=kind,
            meta=kind, marker=_marker(kind), customdata=counts[kind].to_numpy(),
            hovertemplate="%{x}: %{customdata:.0f} detections, %{y:.1%}", row=1, col=1,
        )  # fmt: skip
    figure.update_yaxes(title_text="share of the detections", range=[0, 1], row=1, col=1)
    figure.update_xaxes(title_text="best G detections of each label, next G, ...", row=1, col=1)


def _gain(figure: go.Figure, diagnosis: Diagnosis, tiou: float | None) -> None:
    gain = diagnosis.gain if tiou is None else diagnosis.gain[[round(tiou, 10)]]
    for kind, value in zip(ERRORS, gain.mean(axis=1)):
        figure.add_bar(
            x=[kind.replace(" ", "<br>")], y=[value], meta=kind, marker=_marker(kind),
            showlegend=False, text=f"{value:.3f}", textposition="outside", cliponaxis=False,
            hovertemplate="without %{x}: mAP_N %{y:+.3f}<extra></extra>", row=1, col=2,
        )  # fmt: skip
    figure.update_yaxes(title_text="mAP_N gained", rangemode="tozero", row=1, col=2)


def _missed_at(diagnosis: Diagnosis, tiou: float | None) -> pd.DataFrame:
    """The table of false negatives, at one threshold or as it is."""
    table = diagnosis.false_negatives
    if tiou is None:
        return table
    found, missed = diagnosis.found[round(tiou, 10)], []
    for name, bucket in zip(table["characteristic"], table["bucket"]):
        here = found
        if name != "all":
            here = found[diagnosis.instances[f"{name} bucket"] == bucket]
        missed.append(1 - here.mean())
    return table.assign(missed=missed)


def _overall(table: pd.DataFrame, value: str) -> str:
    return f"{table.loc[table['characteristic'] == 'all', value].iloc[0]:.3f}"


def _buckets(
    figure: go.Figure, table: pd.DataFrame, value: str, *, hue: str, ink: str, row: int, col: int
) -> None:
    """A bar for each bucket, characteristic by characteristic; the line is that of all."""
    place = {"row": row, "col": col}
    parts = table[table["characteristic"] != "all"]
    if parts.empty:
        note_in_panel(figure, "the annotations give no characteristic", row, col)
        return
    for name, part in parts.groupby("characteristic", sort=False):
        figure.add_bar(
            x=[[SHORT[str(name)]] * len(part), part["bucket"].tolist()], y=part[value].to_numpy(),
            meta=f"missed, by {name}" if value == "missed" else None,
            marker_color=hue, showlegend=False, customdata=part["count"].to_numpy(),
            hovertemplate=f"{TITLES[str(name)]} %{{x}}<br>{value} %{{y:.3f}}"
            "<br>%{customdata} instances<extra></extra>", **place,
        )  # fmt: skip
    base = table.loc[table["characteristic"] == "all", value].iloc[0]
    figure.add_hline(y=base, line={"color": ink, "width": 1, "dash": "dash"}, **place)


def _marker(kind: str) -> dict[str, Any]:
    hue, pattern = LOOKS[kind]
    return {"color": hue, "pattern": {"shape": pattern, "size": 5, "fgcolor": "#000000",
                                      "fgopacity": 0.45}}  # fmt: skip
