"""Gaussian Temporal Awareness Networks for action localization (Long et al., CVPR 2019).

Importing the package, its evaluation or its runs does not import torch; the network does.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gtan.check import check
    from gtan.explanation import Explanation, explain
    from gtan.grid import check_stride
    from gtan.inference import detect
    from gtan.network import GTAN
    from gtan.pack import pack
    from gtan.reach import reach
    from gtan.runs import Run, open_run
    from gtan.settings import Settings, SettingsError
    from gtan.sweep import sweep
    from gtan.training import train

__version__ = "0.1.0"

_PUBLIC = {
    "Settings": "gtan.settings",
    "SettingsError": "gtan.settings",
    "GTAN": "gtan.network",
    "train": "gtan.training",
    "Run": "gtan.runs",
    "open_run": "gtan.runs",
    "Explanation": "gtan.explanation",
    "explain": "gtan.explanation",
    "detect": "gtan.inference",
    "reach": "gtan.reach",
    "check": "gtan.check",
    "check_stride": "gtan.grid",
    "pack": "gtan.pack",
    "sweep": "gtan.sweep",
}

__all__ = [
    "GTAN",
    "Explanation",
    "Run",
    "Settings",
    "SettingsError",
    "check",
    "check_stride",
    "detect",
    "explain",
    "open_run",
    "pack",
    "reach",
    "sweep",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'gtan' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])


class _Package(ModuleType):
    """Keeps `gtan.reach` the function, not the file of that name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
