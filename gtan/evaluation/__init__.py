"""Scoring detections and proposals by the official protocols. Needs numpy and pandas only."""

from gtan.evaluation.detection import DetectionResults, evaluate_detections
from gtan.evaluation.proposals import THUMOS14_TIOU, ProposalResults, evaluate_proposals
from gtan.evaluation.uncertainty import (
    Resampled,
    bootstrap,
    paired_difference,
    spread_over_seeds,
)

__all__ = [
    "THUMOS14_TIOU",
    "DetectionResults",
    "ProposalResults",
    "Resampled",
    "bootstrap",
    "evaluate_detections",
    "evaluate_proposals",
    "paired_difference",
    "spread_over_seeds",
]
