"""Where a detector fails: false positives by kind, instances missed, and the recordings behind."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gtan.evaluation.diagnosis import CORRECT, ERRORS, KINDS, Diagnosis
from gtan_viz.figures.recording import recording
from gtan_viz.figures.theme import Theme, colors, dress, note_in_panel, plain

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
MOST_MARKED = 10


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
    _buckets(figure, missed, "missed", c["mixed"], c, row=2, col=1)
    highest = min(1.03, max(0.1, 1.2 * missed["missed"].max()))
    figure.update_yaxes(title_text="share missed", range=[0, highest], row=2, col=1)
    _buckets(figure, diagnosis.sensitivity, "mAP_N", c["learned"], c, row=2, col=2)
    figure.update_yaxes(title_text="mAP_N", rangemode="tozero", row=2, col=2)
    figure.update_annotations(font_size=13)
    results = diagnosis.results
    at = f"tIoU {tiou:g}" if tiou is not None else _range(results.tiou)
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


def browse_diagnosis(
    diagnosis: Diagnosis, tiou: float | None = None, *, theme: Theme = "light"
) -> Any:
    """The diagnosis in a notebook, with a way from each bar to its recordings.

    Click a bar, or choose it from the two lists (which can be reached by keyboard): its recordings
    are listed, and the chosen one opens in the timeline, with the detections or instances in
    question marked. Without a kernel, as in an exported notebook, the static figure remains;
    without ipywidgets and anywidget it is all that is returned.

    Args and errors as `gtan_viz.diagnosis`.

    Returns:
        A `Browser` (an ipywidgets box), or a plotly figure.
    """
    figure = _module_diagnosis(diagnosis, tiou, theme=theme)
    try:
        import anywidget  # noqa: F401
        import ipywidgets  # noqa: F401
    except ImportError:
        return figure
    return _browser(diagnosis, tiou, theme, figure)


_module_diagnosis = diagnosis  # the argument of the same name hides it


def choices(diagnosis: Diagnosis) -> dict[str, list[str]]:
    """What can be chosen: a kind of detection with its groups, a characteristic with its buckets.

    Example:
        >>> from gtan.evaluation import diagnose, evaluate_detections
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})
        >>> found = choices(diagnose(evaluate_detections(truth, truth.assign(score=0.8))))
        >>> found["background"][:3]
        ['all', '1G', '2G']
    """
    groups = ["all", *(f"{number}G" for number in range(1, 11))]
    found = {kind: list(groups) for kind in KINDS}
    for name, table in diagnosis.false_negatives.groupby("characteristic", sort=False):
        if name != "all":
            found[f"missed, by {name}"] = table["bucket"].tolist()
    return found


def behind(diagnosis: Diagnosis, what: str, part: str, tiou: float | None = None) -> pd.DataFrame:
    """The intervals behind a choice of `choices`: detections, best first, or missed instances.

    Raises:
        KeyError: no such choice or threshold.
    """
    if what.startswith("missed, by "):
        return diagnosis.missed(what.removeprefix("missed, by "), part, tiou)
    group = None if part == "all" else int(part.removesuffix("G"))
    return diagnosis.detections_of(what, group, tiou)


def behind_in_timeline(
    diagnosis: Diagnosis,
    what: str,
    part: str,
    video: str,
    tiou: float | None = None,
    *,
    theme: Theme = "light",
) -> go.Figure:
    """A recording in the timeline, with the intervals behind a choice marked.

    Raises:
        KeyError: no such choice, threshold or recording.
    """
    rows = behind(diagnosis, what, part, tiou)
    rows = rows[rows["video"] == video]
    at = diagnosis.results.tiou[0] if tiou is None else tiou
    figure = recording(diagnosis.results, video, tiou=at, theme=theme)
    c = colors(theme)
    for number, (start, end) in enumerate(zip(rows["start"][:MOST_MARKED], rows["end"])):
        figure.add_vrect(
            x0=start, x1=end, line={"color": c["miss"], "width": 1.5, "dash": "dot"},
            fillcolor=c["miss"], opacity=0.12, layer="below",
        )  # fmt: skip
        if not number:
            figure.add_annotation(
                x=(start + end) / 2, y=1, yref="paper", yanchor="bottom", showarrow=False,
                text=plain(what), font={"size": 12, "color": c["miss"]},
            )  # fmt: skip
    return figure


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
    figure: go.Figure, table: pd.DataFrame, value: str, hue: str, c: dict[str, str],
    row: int, col: int,
) -> None:  # fmt: skip
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
    figure.add_hline(y=base, line={"color": c["ink"], "width": 1, "dash": "dash"}, **place)


def _marker(kind: str) -> dict[str, Any]:
    hue, pattern = LOOKS[kind]
    return {"color": hue, "pattern": {"shape": pattern, "size": 5, "fgcolor": "#000000",
                                      "fgopacity": 0.45}}  # fmt: skip


def _range(tiou: tuple[float, ...]) -> str:
    if len(tiou) == 1:
        return f"tIoU {tiou[0]:g}"
    return f"mean over {len(tiou)} tIoU thresholds, {tiou[0]:g} to {tiou[-1]:g}"


def _browser(diagnosis: Diagnosis, tiou: float | None, theme: Theme, figure: go.Figure) -> Any:
    """Bars, two lists, the recordings of the chosen bar, and the timeline of the chosen one."""
    import ipywidgets as w

    found = choices(diagnosis)
    bars = go.FigureWidget(figure)
    # It is laid out before it is seen: it gets no width from its cell, and a subtitle would lie on
    # the title.
    title = f"{figure.layout.title.text}: {figure.layout.title.subtitle.text}"
    bars.update_layout(width=1000, title={"text": title, "font_size": 13, "subtitle_text": ""})
    wide = {"description_width": "initial"}
    what = w.Dropdown(options=list(found), value="localization", description="show", style=wide)
    part = w.Dropdown(options=found[what.value], description="of", style=wide)
    videos = w.Select(options=[], description="recordings", rows=6, style=wide,
                      layout={"width": "100%"})  # fmt: skip
    said = w.HTML()
    shown = w.Output()

    def listed(*_: Any) -> None:
        rows = behind(diagnosis, what.value, part.value, tiou)
        counts = rows["video"].value_counts(sort=False)
        order = list(dict.fromkeys(rows["video"])) if "score" in rows else list(
            counts.sort_values(ascending=False, kind="stable").index
        )  # fmt: skip
        videos.options = [(f"{video} ({counts[video]})", video) for video in order]
        noun = "instances" if what.value.startswith("missed") else "detections"
        said.value = f"{len(rows)} {noun} in {len(order)} recordings"
        videos.value = order[0] if order else None
        if not order:
            shown.outputs = ()

    def opened(*_: Any) -> None:
        if videos.value is None:
            return
        picture = behind_in_timeline(
            diagnosis, what.value, part.value, videos.value, tiou, theme=theme
        )
        shown.outputs = ({"output_type": "display_data", "metadata": {},
                          "data": _mimebundle(picture)},)  # fmt: skip

    def chosen(*_: Any) -> None:
        part.options = found[what.value]
        listed()

    def clicked(trace: Any, points: Any, _: Any) -> None:
        if not points.point_inds:
            return
        what.value = trace.meta
        parts = found[trace.meta]
        at = points.point_inds[0]
        if trace.meta in KINDS:  # bars of groups stand after "all"; the gain has one bar
            part.value = parts[at + 1] if len(trace.x) > 1 else "all"
        else:
            part.value = parts[at]

    what.observe(chosen, "value")
    part.observe(listed, "value")
    videos.observe(opened, "value")
    for trace in bars.data:
        if trace.meta:
            trace.on_click(clicked)
    listed()

    class Browser(w.VBox):
        """The box; where no kernel answers, the static figure takes its place."""

        def _repr_mimebundle_(self, **kwargs: Any) -> Any:
            bundle = super()._repr_mimebundle_(**kwargs)
            data = bundle[0] if isinstance(bundle, tuple) else bundle
            return {**_mimebundle(figure), **(data or {})}

    return Browser([bars, w.HBox([what, part]), said, videos, shown])


def _mimebundle(figure: go.Figure) -> dict[str, Any]:
    """A plain figure as JupyterLab's plotly renderer and nbconvert read it."""
    return {"application/vnd.plotly.v1+json": json.loads(figure.to_json()) | {"config": {}}}
