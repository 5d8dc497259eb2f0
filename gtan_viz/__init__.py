"""See it: pictures and widgets of Gaussian kernels that move, merge, pool and become detections.

Everything here reads an Explanation, a Trace or a run folder; torch is never imported.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gtan_viz.compare import compare_labels, compare_recordings
    from gtan_viz.curves import curves
    from gtan_viz.diagnosis import browse_diagnosis, diagnosis
    from gtan_viz.evaluation import ar_an, mean_ap, precision_recall, recall_tiou, reliability
    from gtan_viz.explorer import explore
    from gtan_viz.grouping import grouping
    from gtan_viz.page import page
    from gtan_viz.pooling import pooling
    from gtan_viz.reach import reach
    from gtan_viz.recording import recording
    from gtan_viz.sigmas import sigma_map, sigma_quantiles, sigmas
    from gtan_viz.study import study, study_layers
    from gtan_viz.timeline import timeline
    from gtan_viz.what_if import what_if

_PUBLIC = {
    "sigmas": "gtan_viz.sigmas",
    "sigma_map": "gtan_viz.sigmas",
    "sigma_quantiles": "gtan_viz.sigmas",
    "grouping": "gtan_viz.grouping",
    "pooling": "gtan_viz.pooling",
    "timeline": "gtan_viz.timeline",
    "what_if": "gtan_viz.what_if",
    "curves": "gtan_viz.curves",
    "explore": "gtan_viz.explorer",
    "page": "gtan_viz.page",
    "precision_recall": "gtan_viz.evaluation",
    "mean_ap": "gtan_viz.evaluation",
    "recall_tiou": "gtan_viz.evaluation",
    "ar_an": "gtan_viz.evaluation",
    "reliability": "gtan_viz.evaluation",
    "diagnosis": "gtan_viz.diagnosis",
    "browse_diagnosis": "gtan_viz.diagnosis",
    "recording": "gtan_viz.recording",
    "reach": "gtan_viz.reach",
    "study": "gtan_viz.study",
    "study_layers": "gtan_viz.study",
    "compare_labels": "gtan_viz.compare",
    "compare_recordings": "gtan_viz.compare",
}

__all__ = [
    "ar_an",
    "browse_diagnosis",
    "compare_labels",
    "compare_recordings",
    "curves",
    "diagnosis",
    "explore",
    "grouping",
    "mean_ap",
    "page",
    "pooling",
    "precision_recall",
    "reach",
    "recall_tiou",
    "recording",
    "reliability",
    "sigma_map",
    "sigma_quantiles",
    "sigmas",
    "study",
    "study_layers",
    "timeline",
    "what_if",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'gtan_viz' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])


class _Package(ModuleType):
    """Keeps `gtan_viz.timeline` the picture, not the file of that name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
