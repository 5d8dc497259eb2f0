from .explorer.links import link
from .explorer.page import page
from .explorer.what_if import what_if
from .explorer.widget import explore
from .figures.browse_diagnosis import browse_diagnosis
from .figures.compare import compare_labels, compare_recordings
from .figures.curves import curves
from .figures.diagnosis import diagnosis
from .figures.evaluation import ar_an, mean_ap, precision_recall, recall_tiou, reliability
from .figures.exports import show_in_exports
from .figures.grouping import grouping
from .figures.grouping_report import grouping_report
from .figures.lengths import lengths
from .figures.pooling import pooling
from .figures.reach import reach
from .figures.recording import recording
from .figures.sigma_map import sigma_map
from .figures.sigma_quantiles import sigma_quantiles
from .figures.sigmas import sigmas
from .figures.study import study, study_layers
from .figures.timeline import timeline

__all__ = [
    "ar_an",
    "browse_diagnosis",
    "compare_labels",
    "compare_recordings",
    "curves",
    "diagnosis",
    "explore",
    "grouping",
    "grouping_report",
    "lengths",
    "link",
    "mean_ap",
    "page",
    "pooling",
    "precision_recall",
    "reach",
    "recall_tiou",
    "recording",
    "reliability",
    "show_in_exports",
    "sigma_map",
    "sigma_quantiles",
    "sigmas",
    "study",
    "study_layers",
    "timeline",
    "what_if",
]
