"""Scoring detections and proposals by the official protocols. Needs numpy and pandas only."""

from gtan.evaluation.class_scores import fuse_class_scores
from gtan.evaluation.comparison import Comparison, compare, load_results, load_truth, shown_tiou
from gtan.evaluation.detection import DetectionResults, evaluate_detections
from gtan.evaluation.diagnosis import DETAD_EDGES, Diagnosis, diagnose
from gtan.evaluation.operating import OperatingPoint, operating_point
from gtan.evaluation.proposals import THUMOS14_TIOU, ProposalResults, evaluate_proposals
from gtan.evaluation.published import comparable, published_beside, published_beside_proposals
from gtan.evaluation.uncertainty import (
    Resampled,
    bootstrap,
    holm,
    paired_difference,
    resample,
    spread_over_seeds,
)

__all__ = [
    "DETAD_EDGES",
    "THUMOS14_TIOU",
    "Comparison",
    "DetectionResults",
    "Diagnosis",
    "OperatingPoint",
    "ProposalResults",
    "Resampled",
    "bootstrap",
    "comparable",
    "compare",
    "diagnose",
    "evaluate_detections",
    "evaluate_proposals",
    "fuse_class_scores",
    "holm",
    "load_results",
    "load_truth",
    "operating_point",
    "paired_difference",
    "published_beside",
    "published_beside_proposals",
    "resample",
    "shown_tiou",
    "spread_over_seeds",
]
