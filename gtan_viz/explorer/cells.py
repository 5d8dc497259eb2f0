"""Explorers by the notebook cell that made them.

A cell that runs again makes another explorer. The one before, which nobody sees any more, would
keep its recordings and videos, in the kernel and in the browser, for as long as the kernel lives:
ipywidgets holds every widget until it is closed.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any, Protocol


class Closes(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Let go of everything."""


# By cell: which run of it, and what it made.
_made: dict[str, tuple[str, list[weakref.ref[Closes]]]] = {}


def take_over(new: Closes) -> None:
    """Close what the cell that is running made when it ran before, and what deleted cells made.

    Without a notebook that names its cells nothing is closed.
    """
    cell, run, deleted = running_cell()
    for name in deleted:
        _close(_made.pop(name, ("", []))[1])
    if not cell:
        return
    before, widgets = _made.get(cell, (run, []))
    if before != run:
        _close(widgets)
        widgets = []
    _made[cell] = run, [*widgets, weakref.ref(new)]


def running_cell() -> tuple[str, str, list[str]]:
    """The cell that is running, which run of it this is, and the cells deleted since; "": none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    try:
        parent: dict[str, Any] = shell.kernel.get_parent("shell")  # type: ignore[union-attr]
        about = parent["metadata"]
        run = str(parent["header"]["msg_id"])
        return str(about.get("cellId") or ""), run, list(about.get("deletedCells") or [])
    except (AttributeError, KeyError, TypeError):  # no kernel, or one that speaks otherwise
        return "", "", []


def _close(widgets: list[weakref.ref[Closes]]) -> None:
    for each in widgets:
        alive = each()
        if alive is not None:
            alive.close()
