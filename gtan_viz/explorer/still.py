"""A still picture that stands for the explorer where nothing can run: truth and detections.

In a notebook that was executed without its widgets' state, in HTML made of it, on a page that shows
notebooks. One small SVG within an <img>: nothing in it runs, and hosts that clean HTML keep it.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from gtan.runs.explanation import Explanation
from gtan_viz.figures.palette import COLORS, class_styles, plain

WIDTH, LEFT, ROW, TOP = 1000, 130, 26, 40  # pixels
MOST_BARS = 60  # of the best detections
MOST_ROWS = 20
# Hosts that put each output into a frame of its own, where no style sheet hides it.
FRAMED = ("VSCODE_PID", "VSCODE_CWD", "COLAB_NOTEBOOK_ID", "COLAB_RELEASE_TAG")


def can_stand_beside() -> bool:
    """Whether a picture may be an output of its own, which the live explorer hides."""
    return not any(os.environ.get(name) for name in FRAMED)


def show(widget: Any, picture: str) -> None:
    """Display the picture, which the live explorer hides, and the explorer.

    In an output of its own it stays where JupyterLab finds no widget any more.
    """
    from IPython.display import display

    if widget.comm is None:
        display({"text/plain": f"{widget!r} is closed: its cell ran again"}, raw=True)
        return
    if picture and can_stand_beside():
        display({"text/html": picture, "text/plain": repr(widget)}, raw=True)
        picture = ""
    data, metadata = widget._repr_mimebundle_()
    display({**data, "text/html": picture}, metadata=metadata, raw=True)


def still(explanation: Explanation, run: str) -> str:
    """HTML: the picture, and what to do to explore.

    Args:
        explanation: what the explorer shows.
        run: its name.

    Example:
        >>> import gtan
        >>> run = gtan.open_run()
        >>> html = still(gtan.explain(run, next(iter(run.explanations()))[0]), run.path.name)
        >>> html.startswith('<figure class="gtan-still">') and len(html) < 40_000
        True
    """
    header = explanation.header
    truth, found = explanation.truth(), explanation.detections()
    name = f"{plain(run)}: {plain(header['recording'])}, training step {header['step']}"
    svg = _svg(explanation, name)
    data = base64.b64encode(svg.encode()).decode()
    alt = f"{name}; {len(truth)} actions, {len(found)} detections".replace('"', "&quot;")
    return (
        f'<figure class="gtan-still"><img alt="{alt}" style="max-width:100%" '
        f'src="data:image/svg+xml;base64,{data}">'
        "<figcaption>A picture of the GTAN explorer: truth (frames) above detections. Run the cell "
        "to explore.</figcaption></figure>"
    )


def _svg(explanation: Explanation, title: str) -> str:
    truth = explanation.truth()
    found = explanation.detections().head(MOST_BARS)
    styles = class_styles(explanation.header["classes"])
    there = sorted({*truth["label"], *found["label"]})[:MOST_ROWS]
    duration = max(1e-9, float(explanation.header["duration"]))
    scale = (WIDTH - LEFT - 12) / duration
    height = TOP + ROW * max(1, len(there)) + 24
    c = COLORS["light"]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="100%" height="100%" fill="{c["paper"]}"/>',
        f'<text x="8" y="22" font-size="14" fill="{c["ink"]}">{title}</text>',
    ]
    top = float(np.nan_to_num(found["score"]).max(initial=1e-9))
    for place, label in enumerate(there):
        y, hue = TOP + ROW * place, styles[label].color
        parts.append(
            f'<path d="M0 {y}H{WIDTH}" stroke="{c["grid"]}"/>'
            f'<text x="8" y="{y + 17}" fill="{c["ink"]}">{plain(label, 18)}</text>'
        )
        for start, end in truth.loc[truth["label"] == label, ["start", "end"]].to_numpy(float):
            parts.append(
                _bar(start, end, scale, y + 3, f'fill="{hue}" stroke="{c["truth"]}" height="8"')
            )
        mine = found[found["label"] == label].iloc[::-1]
        for start, end, score in mine[["start", "end", "score"]].to_numpy(float):
            opacity = 0.2 + 0.8 * max(0.0, np.nan_to_num(score)) / top
            parts.append(
                _bar(start, end, scale, y + 14, f'fill="{hue}" opacity="{opacity:.2f}" height="9"')
            )
    if not there:
        parts.append(f'<text x="{LEFT}" y="{TOP + 17}">no truth, no detections</text>')
    bottom = height - 8
    parts += [
        f'<text x="{LEFT + at * scale:.0f}" y="{bottom}" fill="{c["muted"]}">{at:g} s</text>'
        for at in _ticks(duration)
    ]
    return "".join([*parts, "</svg>"])


def _bar(start: float, end: float, scale: float, y: float, more: str) -> str:
    """A rectangle between two times, at least a pixel wide."""
    x, width = LEFT + start * scale, max(1.0, (end - start) * scale)
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" {more}/>'


def _ticks(duration: float) -> Iterator[float]:
    """Seconds of about eight marks, a round number apart."""
    rough = duration / 8
    power = 10.0 ** np.floor(np.log10(rough))
    step = float(next(m * power for m in (1, 2, 5, 10) if m * power >= rough))
    return (float(f"{at:.6g}") for at in np.arange(0, 0.96 * duration, step))
