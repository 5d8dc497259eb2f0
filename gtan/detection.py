"""From predictions to detections: Eq. 5, Eq. 10, Eq. 11, windows into one recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.grid import ClipGrid
from gtan.settings import DetectionSettings
from gtan.softnms import soft_nms

__all__ = ["decode", "detect_recording", "soft_nms"]


def decode(centers: Any, widths: Any, offsets: Any, settings: DetectionSettings) -> tuple[Any, Any]:
    """Refined centre and width (Eq. 5), of numpy arrays or torch tensors.

    Args:
        centers, widths: [...] default boundaries a_c, a_w.
        offsets: [..., 2] predicted (delta_c, delta_w). delta_w is held below 5 in size, so that an
            untrained network cannot overflow.

    Returns:
        phi_c and phi_w, [...] each.
    """
    center = centers + settings.alpha1 * widths * offsets[..., 0]
    width = widths * exp(settings.alpha2 * offsets[..., 1].clip(-5.0, 5.0))
    return center, width


def exp(values: Any) -> Any:
    """Elementwise exponential of a numpy array or torch tensor."""
    return np.exp(values) if isinstance(values, np.ndarray | np.generic) else values.exp()


@dataclass(frozen=True)
class Predictions:
    """What the network says of the W windows of one recording, as numpy arrays.

    Positions and widths are fractions of a window. N proposals a window.
    """

    centers: NDArray[Any]  # [W, N]
    widths: NDArray[Any]  # [W, N]
    mask: NDArray[Any]  # [W, N] bool
    logits: NDArray[Any]  # [W, N, C+1] background first
    offsets: NDArray[Any]  # [W, N, 2]
    overlap: NDArray[Any]  # [W, N]


def class_scores(logits: NDArray[Any]) -> NDArray[Any]:
    """Softmax over the last axis: [..., C+1] -> [..., C+1] (y^a of Section 3.5)."""
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


@dataclass(frozen=True)
class Candidates:
    """What soft-NMS chooses from, [M] each: proposals with a class, a position and a score."""

    centers: NDArray[Any]  # clips
    widths: NDArray[Any]  # clips
    labels: NDArray[Any]  # number of the class
    ranking: NDArray[Any]  # Eq. 10
    window: NDArray[Any]
    proposal: NDArray[Any]  # of the window's

    def best(self, count: int) -> Candidates:
        """Those with the highest ranking, in the order in which they are."""
        if len(self.ranking) <= count:
            return self
        rows = np.sort(np.argsort(-self.ranking, kind="stable")[:count])
        return Candidates(*(getattr(self, field.name)[rows] for field in fields(self)))

    @staticmethod
    def joined(parts: Sequence[Candidates]) -> Candidates:
        """One behind the other."""
        names = [field.name for field in fields(Candidates)]
        return Candidates(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def detect_recording(
    predictions: Predictions,
    starts: NDArray[Any],
    owned: NDArray[Any],
    window: int,
    grid: ClipGrid,
    duration: float,
    settings: DetectionSettings,
) -> pd.DataFrame:
    """Detections of one recording: decoded, scored, stitched, suppressed, best first.

    Args:
        predictions: of all windows.
        starts: [W] first clip of each window.
        owned: [W, 2] where a detection's centre must lie to belong to a window, in clips.
        window: clips of a window.
        grid: clip grid of the recording.
        duration: seconds; detections are cut to the recording.

    Returns:
        Columns start, end (seconds), label (number of the class), score (after Eq. 11),
        ranking (Eq. 10, before it), window and proposal (indices into `predictions`).
    """
    found = find_candidates(predictions, starts, owned, window, settings)
    return pick_detections(found, grid, duration, settings)


def find_candidates(
    predictions: Predictions,
    starts: NDArray[Any],
    owned: NDArray[Any],
    window: int,
    settings: DetectionSettings,
    first: int = 0,
) -> Candidates:
    """What soft-NMS chooses from in some windows; `first` is the number of the first one."""
    p = predictions
    center, width = decode(p.centers, p.widths, p.offsets, settings)  # [W, N]
    center = starts[:, None] + window * center
    width = window * width
    scores = class_scores(p.logits.astype(np.float64))[..., 1:]
    if settings.labels == "one":
        best = scores.max(-1, keepdims=True)  # R12: over the action classes
        scores = np.where(scores == best, scores, 0.0)
    ranking = scores * p.overlap[..., None]  # Eq. 10
    own = (center >= owned[:, :1]) & (center < owned[:, 1:]) & p.mask
    kept = (ranking >= settings.min_score) & own[..., None]
    at, proposal, label = np.nonzero(kept)
    ranking = ranking[kept]
    return Candidates(
        center[at, proposal], width[at, proposal], label, ranking, first + at, proposal
    ).best(settings.candidates)


def pick_detections(
    found: Candidates, grid: ClipGrid, duration: float, settings: DetectionSettings
) -> pd.DataFrame:
    """Soft-NMS over a recording's candidates; see `detect_recording`."""
    order = np.argsort(-found.ranking, kind="stable")[: settings.candidates]
    at, proposal, label, ranking, center, width = (
        values[order]
        for values in (
            found.window, found.proposal, found.labels, found.ranking, found.centers, found.widths,
        )
    )  # fmt: skip
    segments = grid.to_seconds(np.stack([center - width / 2, center + width / 2], -1))
    segments = segments.clip(0.0, duration)
    real = segments[:, 1] > segments[:, 0]
    at, proposal, label, ranking, segments = (
        values[real] for values in (at, proposal, label, ranking, segments)
    )
    index, score = soft_nms(
        segments,
        ranking,
        label,
        settings.rho,
        settings.xi,
        settings.top_k,
        min_score=settings.min_score,
    )
    return pd.DataFrame(
        {
            "start": segments[index, 0],
            "end": segments[index, 1],
            "label": label[index],
            "score": score,
            "ranking": ranking[index],
            "window": at[index],
            "proposal": proposal[index],
        }
    )
