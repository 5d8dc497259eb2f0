"""The widgets of `browse_diagnosis`; needs ipywidgets and anywidget."""

from __future__ import annotations

import json
from typing import Any

import ipywidgets as w
import plotly.graph_objects as go

from gtan.evaluation.diagnosis import KINDS, Diagnosis
from gtan_viz.figures.behind_diagnosis import behind, behind_in_timeline, choices
from gtan_viz.figures.exports import StaticHtml, is_exported
from gtan_viz.figures.theme import Theme

WIDE = {"description_width": "initial"}


class DiagnosisBrowser(w.VBox):
    """Bars, two lists, the recordings of the chosen bar, and the timeline of the chosen one.

    Where no kernel answers, the static figure takes its place.
    """

    def __init__(
        self, diagnosis: Diagnosis, tiou: float | None, theme: Theme, figure: go.Figure
    ) -> None:
        self._diagnosis, self._tiou, self._theme, self._figure = diagnosis, tiou, theme, figure
        self._choices = choices(diagnosis)
        self._what = w.Dropdown(
            options=list(self._choices), value="localization", description="show", style=WIDE
        )
        self._part = w.Dropdown(
            options=self._choices[self._what.value], description="of", style=WIDE
        )
        self._videos = w.Select(
            options=[], description="recordings", rows=6, style=WIDE, layout={"width": "100%"}
        )
        self._count = w.HTML()
        self._timeline = w.Output()
        self._bars = _as_widget(figure)
        lists = w.HBox([self._what, self._part])
        super().__init__([self._bars, lists, self._count, self._videos, self._timeline])
        self._what.observe(self._list_parts, "value")
        self._part.observe(self._list_videos, "value")
        self._videos.observe(self._show_video, "value")
        for trace in self._bars.data:
            if trace.meta:
                trace.on_click(self._choose_bar)
        self._list_videos()

    def _list_parts(self, *_: Any) -> None:
        self._part.options = self._choices[self._what.value]
        self._list_videos()

    def _list_videos(self, *_: Any) -> None:
        """Recordings of the chosen bar: by the best detection, or by the most instances."""
        rows = behind(self._diagnosis, self._what.value, self._part.value, self._tiou)
        counts = rows["video"].value_counts(sort=False)
        if "score" in rows:
            order = list(dict.fromkeys(rows["video"]))
        else:
            order = list(counts.sort_values(ascending=False, kind="stable").index)
        self._videos.options = [(f"{video} ({counts[video]})", video) for video in order]
        noun = "instances" if self._what.value.startswith("missed") else "detections"
        self._count.value = f"{len(rows)} {noun} in {len(order)} recordings"
        self._videos.value = order[0] if order else None
        if not order:
            self._timeline.outputs = ()

    def _show_video(self, *_: Any) -> None:
        if self._videos.value is None:
            return
        figure = behind_in_timeline(
            self._diagnosis,
            self._what.value,
            self._part.value,
            self._videos.value,
            self._tiou,
            theme=self._theme,
        )
        output = {"output_type": "display_data", "metadata": {}, "data": _mimebundle(figure)}
        self._timeline.outputs = (output,)

    def _choose_bar(self, trace: Any, points: Any, _: Any) -> None:
        if not points.point_inds:
            return
        self._what.value = trace.meta
        parts = self._choices[trace.meta]
        at = points.point_inds[0]
        if trace.meta in KINDS:  # bars of groups stand after "all"; the gain has one bar
            self._part.value = parts[at + 1] if len(trace.x) > 1 else "all"
        else:
            self._part.value = parts[at]

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        return {**_mimebundle(self._figure), **(data or {})}


def _as_widget(figure: go.Figure) -> go.FigureWidget:
    """The figure with bars that can be clicked.

    It is laid out before it is seen: it gets no width from its cell, and a subtitle would lie on
    the title.
    """
    bars = go.FigureWidget(figure)
    title = f"{figure.layout.title.text}: {figure.layout.title.subtitle.text}"
    bars.update_layout(width=1000, title={"text": title, "font_size": 13, "subtitle_text": ""})
    return bars


def _mimebundle(figure: go.Figure) -> dict[str, Any]:
    """A plain figure as JupyterLab reads it, and after `show_in_exports` nbconvert too."""
    fields = json.loads(figure.to_json())
    bundle = {"application/vnd.plotly.v1+json": fields | {"config": {}}}
    return bundle | (StaticHtml().to_mimebundle(fields) if is_exported() else {})
