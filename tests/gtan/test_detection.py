"""Eq. 5, Eq. 10, stitching, seconds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from gtan.data.windows import tile
from gtan.detection import Predictions, class_scores, decode, detect_recording
from gtan.grid import ClipGrid
from gtan.settings import DetectionSettings

GRID = ClipGrid(stride=0.5, length=0.5)


def test_eq_5_by_hand() -> None:
    settings = DetectionSettings(alpha1=1.0, alpha2=1.0)
    center, width = decode(0.5, 0.2, np.array([0.25, math.log(2)]), settings)
    assert (center, width) == (pytest.approx(0.55), pytest.approx(0.4))
    half = DetectionSettings(alpha1=0.5, alpha2=2.0)
    center, width = decode(0.5, 0.2, np.array([0.25, math.log(2)]), half)
    assert (center, width) == (pytest.approx(0.525), pytest.approx(0.8))


def test_numpy_and_torch_agree() -> None:
    offsets = np.array([[0.1, 0.2], [-0.3, 9.0]])
    a = decode(np.array([0.4, 0.6]), np.array([0.1, 0.2]), offsets, DetectionSettings())
    b = decode(
        torch.tensor([0.4, 0.6]).double(), torch.tensor([0.1, 0.2]).double(),
        torch.from_numpy(offsets), DetectionSettings(),
    )  # fmt: skip
    for one, other in zip(a, b, strict=True):
        assert other.tolist() == pytest.approx(one.tolist())
    assert np.isfinite(a[1]).all()  # a wild offset does not overflow


def predictions(
    centers: list[list[float]], widths: list[list[float]], scores: list[list[float]]
) -> Predictions:
    """Class 1 of two (after background) with probability `scores`; overlap 1; no offsets."""
    p = np.array(scores)
    logits = np.log(np.stack([(1 - p) / 2, (1 - p) / 2, p], -1))
    return Predictions(
        np.array(centers), np.array(widths), np.ones_like(p, bool), logits,
        np.zeros((*p.shape, 2)), np.ones_like(p),
    )  # fmt: skip


def detect(p: Predictions, starts: Any, owned: Any, **settings: Any) -> Any:
    defaults: dict[str, Any] = {"min_score": 0.5, "rho": 0.2, "xi": 0.8}
    return detect_recording(
        p, np.array(starts), np.array(owned), 100, GRID, 75.0,
        DetectionSettings(**(defaults | settings)),
    )  # fmt: skip


def test_one_window_by_hand() -> None:
    p = predictions([[0.25, 0.75]], [[0.1, 0.2]], [[0.6, 0.9]])
    found = detect(p, [0], [[-np.inf, np.inf]])
    # Clips 65 .. 85 and 20 .. 30 of half a second each.
    assert found[["start", "end"]].to_numpy().tolist() == [[32.5, 42.5], [10.0, 15.0]]
    assert found["score"].tolist() == pytest.approx([0.9, 0.6])
    assert found["label"].tolist() == [1, 1]
    assert found["proposal"].tolist() == [1, 0]


def test_each_window_reports_what_lies_in_its_middle() -> None:
    # The same action at clips 60 .. 70, seen by both windows; and one only the second owns.
    p = predictions([[0.65, 0.9], [0.15, 0.4]], [[0.1, 0.1], [0.1, 0.1]], [[0.9, 0.8], [0.7, 0.95]])
    found = detect(p, [0, 50], [[-np.inf, 75], [75, np.inf]])
    assert found[["start", "end"]].to_numpy().tolist() == [[42.5, 47.5], [30.0, 35.0]]
    assert found["window"].tolist() == [1, 0]


def test_detections_are_cut_to_the_recording() -> None:
    p = predictions([[0.0, 0.98]], [[0.2, 0.2]], [[0.9, 0.8]])
    found = detect(p, [50], [[-np.inf, np.inf]])
    assert found["end"].max() == 75.0
    early = detect(predictions([[0.0]], [[0.2]], [[0.9]]), [0], [[-np.inf, np.inf]])
    assert early["start"].tolist() == [0.0]


def test_padding_and_weak_proposals_are_left_out() -> None:
    p = predictions([[0.25, 0.75]], [[0.1, 0.2]], [[0.4, 0.9]])
    p.mask[0, 1] = False
    assert detect(p, [0], [[-np.inf, np.inf]]).empty


def test_only_the_best_candidates_enter() -> None:
    p = predictions([[0.15, 0.45, 0.75]], [[0.1, 0.1, 0.1]], [[0.6, 0.9, 0.8]])
    found = detect(p, [0], [[-np.inf, np.inf]], candidates=2)
    assert found["proposal"].tolist() == [1, 2]


def test_what_has_no_length_is_no_detection() -> None:
    """Wholly beyond the recording's end, so cut to nothing; and a width of zero."""
    p = predictions([[0.5, 0.98, 0.3]], [[0.1, 0.02, 0.0]], [[0.6, 0.9, 0.8]])
    found = detect(p, [60], [[-np.inf, np.inf]])
    assert found["proposal"].tolist() == [0]
    assert (found["end"] > found["start"]).all()


def test_a_detection_on_the_seam_is_reported_once() -> None:
    """Clip 75 belongs to the window that begins to own there."""
    p = predictions([[0.75], [0.25]], [[0.1], [0.1]], [[0.9], [0.8]])
    found = detect(p, [0, 50], [[-np.inf, 75], [75, np.inf]])
    assert found["window"].tolist() == [1]


def test_scores_at_the_least_are_kept_and_the_best_are() -> None:
    p = predictions([[0.15, 0.45, 0.75]], [[0.1, 0.1, 0.1]], [[0.5, 0.9, 0.7]])
    assert detect(p, [0], [[-np.inf, np.inf]], min_score=0.5)["proposal"].tolist() == [1, 2, 0]
    assert detect(p, [0], [[-np.inf, np.inf]], top_k=2)["proposal"].tolist() == [1, 2]


def test_what_overlaps_the_best_fades() -> None:  # Eq. 11
    """The second overlaps the first by 3/5 of their union: times exp(-0.36 / xi)."""
    p = predictions([[0.20, 0.22]], [[0.08, 0.08]], [[0.9, 0.8]])
    faded = 0.8 * math.exp(-(0.6**2) / 0.5)
    found = detect(p, [0], [[-np.inf, np.inf]], rho=0.6, xi=0.5, min_score=0.1)
    assert found["score"].tolist() == pytest.approx([0.9, faded])
    assert found["ranking"].tolist() == pytest.approx([0.9, 0.8])
    assert detect(p, [0], [[-np.inf, np.inf]], rho=0.6, xi=0.5, min_score=0.5).shape[0] == 1
    apart = detect(p, [0], [[-np.inf, np.inf]], rho=0.61, xi=0.5, min_score=0.1)
    assert apart["score"].tolist() == pytest.approx([0.9, 0.8])


def test_a_wild_offset_is_held() -> None:
    _, width = decode(
        0.5, 0.2, np.array([[0.0, -9.0], [0.0, 9.0], [0.0, 4.9]]), DetectionSettings()
    )
    assert width.tolist() == pytest.approx([0.2 * math.exp(x) for x in (-5, 5, 4.9)])


def test_one_label_or_all() -> None:  # R21
    logits = np.log(np.array([[[0.1, 0.5, 0.4]]]))
    p = Predictions(
        np.array([[0.5]]), np.array([[0.1]]), np.array([[True]]), logits,
        np.zeros((1, 1, 2)), np.array([[0.5]]),
    )  # fmt: skip
    one = detect(p, [0], [[-np.inf, np.inf]], min_score=0.01, labels="one")
    assert one["label"].tolist() == [0] and one["score"].tolist() == pytest.approx([0.25])
    both = detect(p, [0], [[-np.inf, np.inf]], min_score=0.01, labels="all")
    assert both["label"].tolist() == [0, 1]
    assert both["score"].tolist() == pytest.approx([0.25, 0.2])


def test_class_scores_do_not_overflow() -> None:
    assert class_scores(np.array([1000.0, 1000.0])).tolist() == [0.5, 0.5]
    rows = class_scores(np.array([[1000.0, 1000.0], [-1000.0, -1000.0]]))
    assert rows.tolist() == [[0.5, 0.5], [0.5, 0.5]]


@pytest.mark.parametrize("clips", [1, 100, 101, 150, 1000, 1843])
def test_tiling_covers_a_recording_once(clips: int) -> None:
    starts, owned = tile(clips, 100)
    assert starts[0] == 0 and starts[-1] == max(0, clips - 100)
    assert owned[0, 0] == -np.inf and owned[-1, 1] == np.inf
    assert (owned[1:, 0] == owned[:-1, 1]).all()
    # Whatever is up to half a window long and owned lies wholly inside its window.
    for (left, right), start in zip(owned, starts, strict=True):
        assert left == -np.inf or left - start >= 25
        assert right == np.inf or start + 100 - right >= 25


def test_grid_by_hand() -> None:
    grid = ClipGrid(stride=0.2, length=1.0)  # clip i covers 0.2 i .. 0.2 i + 1
    assert grid.to_seconds(0.5) == pytest.approx(0.5)
    assert grid.to_seconds(10.5) == pytest.approx(2.5)
    assert grid.from_seconds(2.5) == pytest.approx(10.5)
    assert grid.clips(2.0) == 6
    with pytest.raises(ValueError, match="positive"):
        ClipGrid(0.0, 1.0)
