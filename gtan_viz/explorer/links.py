"""Links that act: a click sets what they name in an explorer, and leaves the rest as it is."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

# As gtan_viz/js/state/exercise.js names them; a test compares.
PANELS = (
    "overview", "video", "zoom", "timeline", "signal", "kernels", "training", "algorithms",
    "grouping", "nms", "whatif", "results", "why", "kernel", "evidence", "scores", "boundary",
    "fading", "truth",
)  # fmt: skip
# As gtan_viz/js/view/address.js reads them.
NAMES = (
    "recording", "step", "layer", "selection", "settings", "view", "window", "tiou", "score", "tab",
    "compare", "theme", "foregroundOnly", "rowHeights", "chosenTruth", "explained", "lit",
    "groupWish", "nmsWish", "unfolded", "hide", "show", "tour", "time",
)  # fmt: skip


def link(**state: Any) -> str:
    """The address of a link that sets the state of the explorer above it in the notebook.

    Put it into the text of a Markdown cell, or after the name of a page's file.

    Args:
        state: `recording`, `step`, `layer`, `selection` and `settings` as the widget's traits;
            `view`, (start, end) in seconds; `time` of the video in seconds; `tiou` and `score`;
            `tab`, "grouping" or "nms"; `chosenTruth`, the number of a true action; `unfolded`,
            blocks of the "why" column; `hide` and `show`, panels (`PANELS`); `tour`, a stop from 1.

    Raises:
        ValueError: for another name, or a value that is no JSON.

    Example:
        >>> text = f"Make every sigma [twice as wide]({link(settings={'sigma_factor': 2})})."
        >>> link(tiou=0.7, hide=["why", "truth"])
        '#gtan:tiou=0.7&hide=%5B%22why%22%2C%22truth%22%5D'
    """
    for name in state:
        if name not in NAMES:
            raise ValueError(f"a link has no {name!r}; there are {', '.join(NAMES)}")
    for name in ("hide", "show", "unfolded"):
        check_panels(name, state.get(name, ()))
    parts = []
    for name, value in state.items():
        try:
            text = json.dumps(value, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} = {value!r} cannot be written into a link: {error}") from None
        parts.append(f"{name}={quote(text, safe='')}")
    return "#gtan:" + "&".join(parts)


def check_panels(name: str, panels: Any) -> None:
    """Raise ValueError for what is no list of panels."""
    if isinstance(panels, str):
        raise ValueError(f"{name} is a list of panels, as [{panels!r}]")
    for panel in panels:
        if panel not in PANELS:
            raise ValueError(f"{name}: there is no panel {panel!r}; there are {', '.join(PANELS)}")
