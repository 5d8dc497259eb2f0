"""tIoU, of whatever holds numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from gtan.intervals import interval_iou, pairwise_iou

STARTS, ENDS = [0.0, 0.0, 2.0], [3.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "kind",
    [
        list, tuple, np.array, torch.tensor, pd.Series,
        lambda values: pd.Series(values, index=[7, 3, 5]),
        lambda values: pd.Series(values, dtype="Float64"),
    ],
)  # fmt: skip
def test_by_hand_of_any_kind(kind: Any) -> None:
    found = interval_iou(kind(STARTS), kind(ENDS), 1.0, 4.0)
    assert np.asarray(found, float).tolist() == pytest.approx([0.5, 0.0, 0.0])
    assert isinstance(found, torch.Tensor if kind is torch.tensor else np.ndarray)


def test_series_go_by_position_not_by_index() -> None:
    one = pd.DataFrame({"start": [0.0, 10.0], "end": [4.0, 14.0]}, index=[0, 1])
    two = one.iloc[::-1].set_axis([1, 0])
    assert interval_iou(one["start"], one["end"], two["start"], two["end"]).tolist() == [0.0, 0.0]
    pairs = pairwise_iou(one, two)
    assert pairs.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_plain_numbers_and_tensors_with_numbers() -> None:
    assert interval_iou(0, 4, 2, 4) == 0.5
    assert interval_iou(0, 4, torch.tensor([2.0]), torch.tensor([4.0])).tolist() == [0.5]
    assert interval_iou(1, 1, 1, 1) == 0.0
    small = [np.array([value], np.uint8) for value in (5, 7, 1, 3)]
    assert interval_iou(*small).tolist() == [0.0]
