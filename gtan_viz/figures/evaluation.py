"""Curves of an evaluation: precision and recall, recall against tIoU, AR-AN, reliability.

Each takes one results object of `gtan.evaluation`, by either protocol, or several by their names,
which are then drawn into one figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gtan.evaluation import DetectionResults, ProposalResults
from gtan.evaluation.reliability import Boxes, calibration_error, overlap_scores
from gtan.evaluation.reliability import reliability as reliability_table
from gtan.runs.explanation import Explanation
from gtan_viz.figures.sources import as_explanation
from gtan_viz.figures.theme import (
    CLASS_HUES,
    Theme,
    class_styles,
    colors,
    dress,
    note_in_panel,
    plain,
)
from gtan_viz.figures.thresholds import mean_over

Result = TypeVar("Result", DetectionResults, ProposalResults)

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MOST_LABELS = 20  # curves of single labels that can still be told apart
PROTOCOLS = {"activitynet": "ActivityNet's protocol", "thumos14": "THUMOS14's protocol"}


def precision_recall(
    results: DetectionResults | Mapping[str, DetectionResults],
    tiou: float = 0.5,
    label: str | None = None,
    *,
    theme: Theme = "light",
) -> go.Figure:
    """Precision against recall: the mean over the labels, or the curve of one.

    A single result also shows the curves of its labels (up to 20 with a legend entry each; of more,
    the pale lines name themselves under the pointer).

    Args:
        results: of `gtan.evaluation.evaluate_detections`, or several by name.
        tiou: one of their thresholds.
        label: only this label.
        theme: light or dark.

    Raises:
        KeyError: no such threshold or label.
        ValueError: no result.

    Example:
        >>> import pandas as pd
        >>> from gtan.evaluation import evaluate_detections
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})
        >>> results = evaluate_detections(truth, truth.assign(score=0.8), tiou=[0.5])
        >>> precision_recall(results).data[-1].y.min()
        np.float64(1.0)
    """
    several = named(results)
    c = colors(theme)
    figure = go.Figure()
    for number, (name, one) in enumerate(several.items()):
        if round(tiou, 10) not in one.AP.columns:
            raise KeyError(f"tiou {tiou:g} is not among the thresholds {list(one.tiou)}")
        if len(several) == 1 and label is None:
            _single_labels(figure, one, tiou, c)
        if label is None:
            curve, area = one.mean_precision_recall(tiou), one.mAP[round(tiou, 10)]
        else:
            curve = one.precision_recall(label, tiou)
            area = one.AP[round(tiou, 10)][label]
        what = "mAP" if label is None else "AP"
        text = plain(name) if len(several) > 1 else ("mean" if label is None else plain(label))
        figure.add_scatter(
            x=curve["recall"], y=curve["precision"], mode="lines",
            name=f"{text}: {what} {area:.3f}", line=line(number, len(several), c), legendrank=1,
            hovertemplate="recall %{x:.3f}<br>precision %{y:.3f}",
        )  # fmt: skip
    figure.update_xaxes(title_text="recall (share of the instances)", range=[0, 1.005])
    figure.update_yaxes(title_text="precision (share of the detections)", range=[0, 1.02])
    shown = sum(trace.showlegend is not False for trace in figure.data)
    title = "Precision and recall" + ("" if label is None else f" of {plain(label)}")
    return dress(
        figure,
        title,
        f"{protocol_of(several)}, tIoU {tiou:g}",
        theme=theme,
        height=max(480, 170 + 19 * shown),
    )


def mean_ap(
    results: DetectionResults | Mapping[str, DetectionResults], *, theme: Theme = "light"
) -> go.Figure:
    """MAP against the tIoU threshold; arguments and errors as `precision_recall`."""
    several = named(results)
    c = colors(theme)
    figure = go.Figure()
    for number, (name, one) in enumerate(several.items()):
        figure.add_scatter(
            x=list(one.tiou), y=one.mAP.to_numpy(), mode="lines+markers",
            name=entry(name, several, f"average {one.average_mAP:.3f}"),
            line=line(number, len(several), c), hovertemplate="tIoU %{x:g}<br>mAP %{y:.3f}",
        )  # fmt: skip
    figure.update_xaxes(title_text="tIoU threshold")
    figure.update_yaxes(title_text="mAP", rangemode="tozero")
    return dress(
        figure,
        "mAP against tIoU",
        f"{protocol_of(several)}; average: {averaged(several)}",
        theme=theme,
        height=420,
        showlegend=True,
    )


def recall_tiou(
    results: DetectionResults | ProposalResults | Mapping[str, Any], *, theme: Theme = "light"
) -> go.Figure:
    """Recall against tIoU: of proposals whatever their label, or of detections with the right one.

    Args:
        results: of `evaluate_proposals` or `evaluate_detections`, or several by name.
        theme: light or dark.

    Raises:
        ValueError: no result.
    """
    several = named(results)
    c = colors(theme)
    figure = go.Figure()
    for number, (name, one) in enumerate(several.items()):
        recall = one.recall_by_tiou
        figure.add_scatter(
            x=recall.index.to_numpy(float), y=recall.to_numpy(), mode="lines+markers",
            name=entry(name, several, f"average {recall.mean():.3f}"),
            line=line(number, len(several), c), hovertemplate="tIoU %{x:g}<br>recall %{y:.3f}",
        )  # fmt: skip
    figure.update_xaxes(title_text="tIoU threshold")
    figure.update_yaxes(title_text="recall (share of the instances)", range=[0, 1.02])
    first = next(iter(several.values()))
    if isinstance(first, DetectionResults):
        about = (
            f"{protocol_of(several)}; found by a detection of the same label; "
            f"average: {averaged(several)}"
        )
    else:
        number_of = ", ".join(f"{one.proposals_per_video[-1]:.4g}" for one in several.values())
        about = (
            f"labels ignored; proposals per recording: {number_of}; average: {averaged(several)}"
        )
    return dress(figure, "Recall against tIoU", about, theme=theme, height=420, showlegend=True)


def ar_an(
    results: ProposalResults | Mapping[str, ProposalResults], *, theme: Theme = "light"
) -> go.Figure:
    """Average recall against the average number of proposals per recording, with its area (AUC).

    Args:
        results: of `gtan.evaluation.evaluate_proposals`, or several by name.
        theme: light or dark.

    Raises:
        ValueError: no result.
    """
    several = named(results)
    c = colors(theme)
    figure = go.Figure()
    for number, (name, one) in enumerate(several.items()):
        figure.add_scatter(
            x=one.proposals_per_video, y=one.average_recall, mode="lines",
            name=entry(name, several, f"AUC {one.AUC:.3f}"), line=line(number, len(several), c),
            hovertemplate="%{x:.1f} proposals<br>average recall %{y:.3f}",
        )  # fmt: skip
    figure.update_xaxes(
        title_text="average number of proposals per recording (AN)", rangemode="tozero"
    )
    figure.update_yaxes(title_text="average recall (AR)", range=[0, 1.02])
    return dress(
        figure, "AR-AN", f"recall: {averaged(several)}", theme=theme, height=420, showlegend=True
    )


def reliability(
    explanations: Explanation | str | Path | Sequence[Explanation | str | Path],
    boxes: Boxes = "detections",
    bins: int = 10,
    *,
    theme: Theme = "light",
) -> go.Figure:
    """Overlap score y_ov against the tIoU achieved, by the default and by the refined boundary.

    A line on the diagonal keeps its word; above it the score is too modest, below too bold. The
    bars say how many boxes stand behind each point (R10).

    Args:
        explanations: of one or more recordings of a run, or their files.
        boxes: ``detections`` or ``proposals``, see `gtan.evaluation.reliability.overlap_scores`.
        bins: equal bins of y_ov.
        theme: light or dark.

    Raises:
        ValueError: for other boxes, bins below 1, or without an Explanation.

    Example:
        >>> import gtan
        >>> figure = reliability(list(gtan.open_run().explanations().values())[-1])
    """
    given = [explanations] if isinstance(explanations, Explanation | str | Path) else explanations
    explained = [as_explanation(each) for each in given]
    scores = overlap_scores(explained, boxes)
    c = colors(theme)
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.05
    )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="reliable", hoverinfo="skip",
        line={"color": c["muted"], "width": 1, "dash": "dot"}, row=1, col=1,
    )  # fmt: skip
    for name, hue, symbol in (("default", "learned", "square"), ("refined", "mixed", "circle")):
        table = reliability_table(
            scores["predicted"].to_numpy(float), scores[name].to_numpy(float), bins
        )
        _quartiles(figure, table, c[hue])
        figure.add_scatter(
            x=table["predicted"], y=table["achieved"], mode="lines+markers",
            name=f"{name} boundary: off by {calibration_error(table):.3f}",
            line={"color": c[hue], "dash": "solid" if name == "refined" else "dash"},
            marker={"symbol": symbol, "size": 8}, customdata=table["count"],
            hovertemplate="y_ov %{x:.2f}: tIoU %{y:.2f} on average"
            "<br>%{customdata} boxes<extra></extra>", row=1, col=1,
        )  # fmt: skip
    figure.add_bar(
        x=(table["low"] + table["high"]) / 2, y=table["count"], width=0.96 / bins,
        marker_color=c["background"], showlegend=False,
        hovertemplate="%{y} boxes<extra></extra>", row=2, col=1,
    )  # fmt: skip
    if not len(scores):
        note_in_panel(figure, f"there are no {boxes}", 1)
    figure.update_yaxes(title_text="tIoU achieved (mean)", range=[0, 1.02], row=1, col=1)
    figure.update_yaxes(title_text=f"{boxes}", rangemode="tozero", row=2, col=1)
    figure.update_xaxes(title_text="overlap score y_ov", range=[0, 1], row=2, col=1)
    figure.update_xaxes(range=[0, 1], row=1, col=1)
    target = explained[0].settings.loss.overlap_target
    about = (
        f"{len(scores)} {boxes} of {len(explained)} recording{'s' * (len(explained) > 1)}; "
        f"y_ov was taught the tIoU of the {target} boundary; bands: middle half"
    )
    return dress(figure, "Reliability of the overlap score", about, theme=theme, height=560)


def named(results: Any) -> dict[str, Any]:
    """Results by name; a single one has the name "all recordings".

    Raises:
        ValueError: if there is none, or they are of different kinds.
    """
    several = dict(results) if isinstance(results, Mapping) else {"all recordings": results}
    if not several:
        raise ValueError("there is no result to draw")
    if len({type(one) for one in several.values()}) > 1:
        raise ValueError("detections and proposals cannot stand in one figure")
    return several


def protocol_of(results: Mapping[str, DetectionResults]) -> str:
    """The protocol of all results, in words.

    Raises:
        ValueError: if there are two: their numbers cannot be compared.
    """
    found = {one.protocol for one in results.values()}
    if len(found) > 1:
        raise ValueError("results by two protocols cannot stand in one figure")
    return PROTOCOLS[found.pop()]


def averaged(results: Mapping[str, Any]) -> str:
    """The thresholds that averages are over; of every result where they differ."""
    found = dict.fromkeys(tuple(one.tiou) for one in results.values())
    return " or ".join(mean_over(tiou) for tiou in found)


HUES = tuple(hue for hue in CLASS_HUES if hue != "#F0E442")  # yellow is lost on white


def line(number: int, count: int, c: dict[str, str]) -> dict[str, Any]:
    """Line of one of several results: told apart by hue and dash."""
    if count == 1:
        return {"color": c["ink"], "width": 2.5}
    hue = HUES[number % len(HUES)]
    return {"color": hue, "width": 2.2, "dash": DASHES[number % len(DASHES)]}


def entry(name: str, results: Mapping[str, Any], figures: str) -> str:
    """Legend entry: the name, where there are several, and its figures."""
    return f"{plain(name)}: {figures}" if len(results) > 1 else figures


def _single_labels(
    figure: go.Figure, one: DetectionResults, tiou: float, c: dict[str, str]
) -> None:
    few = len(one.labels) <= MOST_LABELS
    styles = class_styles(one.labels)
    for number, label in enumerate(one.labels):
        curve, area = one.precision_recall(label, tiou), one.AP[round(tiou, 10)][label]
        text = f"{styles[label].text}: AP {area:.3f}"
        figure.add_scatter(
            x=curve["recall"].to_numpy(np.float32), y=curve["precision"].to_numpy(np.float32),
            mode="lines", name=text, showlegend=few, hovertext=text, hoverinfo="text+x+y",
            opacity=0.85 if few else 0.35,
            line={
                "color": styles[label].color if few else c["background"], "width": 1.2,
                "dash": DASHES[number // len(CLASS_HUES) % len(DASHES)],
            },
        )  # fmt: skip


def _quartiles(figure: go.Figure, table: pd.DataFrame, hue: str) -> None:
    """A pale band from the lower to the upper quartile."""
    x = table["predicted"].to_numpy(float)
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([table["q25"].to_numpy(float), table["q75"].to_numpy(float)[::-1]]),
        mode="lines", fill="toself", fillcolor=hue, opacity=0.15, line={"width": 0},
        showlegend=False, hoverinfo="skip", row=1, col=1,
    )  # fmt: skip
