"""The diagnosis in a notebook, with a way from each bar to its recordings."""

from __future__ import annotations

from typing import Any

from gtan.evaluation.diagnosis import Diagnosis
from gtan_viz.figures.diagnosis import diagnosis as picture
from gtan_viz.figures.theme import Theme


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
        A `DiagnosisBrowser` (an ipywidgets box), or a plotly figure.
    """
    figure = picture(diagnosis, tiou, theme=theme)
    try:
        import anywidget  # noqa: F401
        import ipywidgets  # noqa: F401
    except ImportError:
        return figure
    from gtan_viz.figures.diagnosis_browser import DiagnosisBrowser

    return DiagnosisBrowser(diagnosis, tiou, theme, figure)
