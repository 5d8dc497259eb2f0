"""Figures that still stand in a notebook's HTML, with no network and no variable to set."""

from __future__ import annotations

import os
from typing import Any

import plotly.io as pio
from plotly.io.base_renderers import MimetypeRenderer
from plotly.offline import get_plotlyjs

# Where Plotly finds a Jupyter kernel it writes what JupyterLab reads, which nbconvert leaves out.
JUPYTERS_OWN = ("plotly_mimetype", "plotly_mimetype+notebook")


class StaticHtml(MimetypeRenderer):
    """A figure as HTML that needs plotly.js on its page; it moves only when told to."""

    def to_mimebundle(self, fig_dict: dict[str, Any]) -> dict[str, str]:
        """The bundle of one figure."""
        html = pio.to_html(
            fig_dict, include_plotlyjs=False, full_html=False, auto_play=False, validate=False
        )
        return {"text/html": html}


def is_exported() -> bool:
    """Whether figures are also written for exports."""
    return "gtan_html" in str(pio.renderers.default)


def show_in_exports() -> None:
    """From here on figures also stand in what `jupyter nbconvert --to html` makes of the notebook.

    Call it in a cell before the first figure: its output holds plotly.js (5 MB), once. JupyterLab
    goes on showing the figures itself. Nothing is changed outside Jupyter, where somebody has set
    ``PLOTLY_RENDERER``, or where Plotly knows the host (VS Code, Colab, Kaggle).

    Example:
        >>> import gtan_viz
        >>> gtan_viz.show_in_exports()
    """
    if os.environ.get("PLOTLY_RENDERER") or pio.renderers.default not in JUPYTERS_OWN:
        return
    from IPython import get_ipython
    from IPython.display import HTML, display

    if get_ipython() is None:  # Plotly before 6.4 takes an installed IPython for a running one
        return
    pio.renderers["gtan_html"] = StaticHtml()
    pio.renderers.default = "plotly_mimetype+gtan_html"
    display(HTML(f"<script>{get_plotlyjs()}</script>"))
