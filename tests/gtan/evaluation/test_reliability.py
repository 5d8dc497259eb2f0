import numpy as np
import pytest

import gtan
from gtan.evaluation.reliability import calibration_error, overlap_scores, reliability


def test_by_hand() -> None:
    predicted = np.array([0.05, 0.15, 0.95, 1.0, 0.5])
    achieved = np.array([0.0, 0.2, 0.9, 0.8, 0.5])
    table = reliability(predicted, achieved, bins=2)
    assert table["count"].tolist() == [2, 3]  # 0.5 belongs to the upper half, 1.0 to the last
    assert table["low"].tolist() == [0, 0.5] and table["high"].tolist() == [0.5, 1]
    np.testing.assert_allclose(table["predicted"], [0.1, 2.45 / 3])
    np.testing.assert_allclose(table["achieved"], [0.1, 2.2 / 3])
    assert calibration_error(table) == pytest.approx(0.25 / 5)


def test_empty_bins_are_left_out_and_nothing_is_legal() -> None:
    assert len(reliability(np.array([0.1]), np.array([0.3]))) == 1
    table = reliability(np.zeros(0), np.zeros(0))
    assert table.empty and calibration_error(table) == 0


@pytest.mark.parametrize(
    ("predicted", "achieved", "bins", "message"),
    [
        ([0.1], [0.1], 0, "below 1"),
        ([0.1], [], 5, "1 predictions but 0"),
        ([1.1], [0.1], 5, "between 0 and 1"),
        ([np.nan], [0.1], 5, "between 0 and 1"),
    ],
)
def test_bad_input(predicted: list, achieved: list, bins: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reliability(np.array(predicted), np.array(achieved), bins)


def test_the_example_run_agrees_with_what_it_stored() -> None:
    """tIoU of the default boundary was stored, too, when the Explanation was made."""
    explanation = gtan.Explanation.load(list(gtan.open_run().explanations().values())[-1])
    scores = overlap_scores([explanation], "proposals")
    stored, spans = [], []
    for layer in range(1, len(explanation.header["layers"]) + 1):
        exists = explanation.arrays[f"layer{layer}.exists"].astype(bool)
        stored.append(explanation.arrays[f"layer{layer}.iou"][exists].ravel())
        spans.append(explanation.arrays[f"layer{layer}.overlap"][exists].ravel())
    np.testing.assert_array_equal(scores["predicted"], np.concatenate(spans).astype(float))
    # Stored ones cut the truth at the window's edge, these the boundary at the recording's.
    proposals, grid = explanation.proposals(), gtan.grid.ClipGrid(**explanation.header["grid"])
    edges = explanation.arrays["windows.start"][:, None] + [0, explanation.header["window"]]
    start, end = grid.to_seconds(edges)[proposals["window"]].T
    box = proposals[["default_start", "default_end"]].to_numpy()
    whole = (box[:, 0] >= max(0.0, start.min())) & (box[:, 1] <= explanation.header["duration"])
    for first, last in explanation.arrays["truth.segments"]:
        is_cut = ((first < start) & (last > start)) | ((first < end) & (last > end))
        whole &= ~(is_cut & (box[:, 0] < last) & (box[:, 1] > first))
    assert whole.mean() > 0.5
    default, kept = scores["default"].to_numpy(), np.concatenate(stored)
    np.testing.assert_allclose(default[whole], kept[whole], atol=2e-3)

    found = overlap_scores([explanation])
    assert len(found) == len(explanation.detections())
    assert found["refined"].head(20).mean() > found["default"].head(20).mean()


def test_other_boxes_and_no_explanation() -> None:
    with pytest.raises(ValueError, match="choose detections or proposals"):
        overlap_scores([], "kernels")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one"):
        overlap_scores([])
