from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan.runs.explanation import Explanation
from gtan_viz.figures.pooling import pooling
from gtan_viz.kernels import kernel_weights


def test_weights_of_the_chosen_kernel(explanation: Any) -> None:
    import torch

    from gtan.kernels import kernel_weights as kernel_weights_in_torch

    figure = pooling(explanation, 1, 2)
    curve = next(t for t in figure.data if t.name and t.name.startswith("Gaussian"))
    expected = kernel_weights_in_torch(torch.tensor([2.5 / 8]), torch.tensor([0.25]), 8)[0]
    np.testing.assert_allclose(curve.y, expected, atol=1e-6)
    np.testing.assert_allclose(curve.x, np.arange(8) * 2 + 1)
    matrix = next(t for t in figure.data if t.type == "heatmap")
    row = next(n for n, names in enumerate(matrix.text) if names[0] == "cell 2")
    np.testing.assert_allclose(matrix.customdata[row], expected, atol=1e-6)
    np.testing.assert_allclose(matrix.customdata.sum(1), 1, atol=1e-5)


def test_it_opens_around_the_kernel_and_its_neighbours(explanations: Any) -> None:
    made = explanations(cells=(32,), width=1.0, clips=32)
    figure = pooling(made, 1, 16)  # cells of 0.5 s; centre 8.25 s
    assert list(figure.layout.xaxis.range) == pytest.approx([6.0, 10.5])
    assert figure.layout.xaxis.range == figure.layout.xaxis3.range
    low, high = figure.layout.yaxis.range
    matrix = next(t for t in figure.data if t.type == "heatmap")
    assert len(matrix.z) == 32  # the others are a double click away
    named = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext))
    shown = {name for place, name in named.items() if low < place < high}
    assert shown == {f"cell {n}" for n in range(12, 21)}


def test_mixed_kernels_stand_among_the_others_in_the_order_of_time(explanation: Any) -> None:
    matrix = next(t for t in pooling(explanation, 1, 2).data if t.type == "heatmap")
    peaks = matrix.customdata.argmax(1)
    assert (np.diff(peaks) >= 0).all() and any(names[0] == "mixed 1" for names in matrix.text[:-1])


def test_the_cell_before_and_after_pooling(explanation: Any) -> None:
    figure = pooling(explanation, 1, 2)
    features = explanation.arrays["layer1.features"][0].astype(float)
    seen, pooled = [t for t in figure.data if t.type == "heatmap"][1:]
    channels = [row[0] for row in pooled.text]
    assert sorted(channels) == list(range(6))
    weights = kernel_weights(np.array([2.5 / 8]), np.array([0.25]), 8, np.ones(8, bool))[0]
    expected = np.stack([features[channels, 2], features[channels] @ weights], -1)
    np.testing.assert_allclose(pooled.z[:, :2], expected, atol=1e-5)
    np.testing.assert_allclose(seen.z, features[channels], atol=1e-6)
    assert len(next(t for t in pooling(explanation, 1, 2, channels=3).data[::-1]
                    if t.type == "heatmap").z) == 3  # fmt: skip


def test_a_mixed_kernel_in_the_second_window(explanation: Any) -> None:
    table = explanation.kernels(1)
    row = int(table[table["mixed"] & (table["window"] == 1)]["row"].iloc[0])
    figure = pooling(explanation, 1, row)
    assert f"mixed kernel, row {row} (window 1)" in figure.layout.title.subtitle.text


def test_it_opens_at_the_best_detection(explanation: Any, explanations: Any) -> None:
    assert "row 0 (window 0)" in pooling(explanation).layout.title.subtitle.text
    assert "layer 2" in pooling(explanation, 2).layout.title.text  # none of its own
    assert "layer 1" in pooling(explanations(detections=())).layout.title.text


def test_wrong_kernels_are_answered_with_those_that_exist(explanation: Any) -> None:
    rows = len(explanation.arrays["layer1.centers"])
    with pytest.raises(ValueError, match=f"rows are 0 to {rows - 1}"):
        pooling(explanation, 1, rows)
    with pytest.raises(ValueError, match="layers 1 to 2"):
        pooling(explanation, 0)
    with pytest.raises(ValueError, match="name the layer"):
        pooling(explanation, row=3)


def test_without_feature_maps_it_says_so(explanations: Any, notes: Any) -> None:
    assert "no feature maps are stored" in notes(pooling(explanations(features=False)))


@pytest.mark.parametrize("cells", [(1,), (8,), (2, 1)])
def test_one_cell_one_layer(cells: Any, explanations: Any) -> None:
    pooling(explanations(cells=cells, clips=20)).to_json()


def test_nan_features(explanations: Any) -> None:
    made = explanations()
    made.arrays["layer1.features"][:, 0] = np.nan
    made.arrays["layer1.sigmas"][0] = np.nan
    pooling(made, 1, 0).to_json()


def test_hostile_names(hostile: str, explanations: Any, assert_tame: Any) -> None:
    assert_tame(pooling(explanations(recording=hostile), theme="dark"))


def test_derivatives_have_curves_of_their_own() -> None:
    import torch

    from gtan.kernels import derivative_weights
    from gtan.kernels import kernel_weights as kernel_weights_in_torch

    tiny = Path(__file__).parents[2] / "fixtures" / "golden" / "derivatives.safetensors"
    explanation = Explanation.load(tiny)
    figure = pooling(explanation, 1, 3)
    first, second = (t for t in figure.data if t.name and "(E1)" in t.name)
    kernel = {
        name: torch.tensor(explanation.arrays[f"layer1.{name}"][[3]])
        for name in ("centers", "sigmas")
    }
    valid = torch.tensor(explanation.arrays["layer1.valid"][0] > 0)
    weights = kernel_weights_in_torch(kernel["centers"], kernel["sigmas"], len(valid), valid)
    orders = derivative_weights(weights, kernel["centers"], kernel["sigmas"], 2)
    np.testing.assert_allclose(first.y, orders[1, 0], atol=1e-6)
    np.testing.assert_allclose(second.y, orders[2, 0], atol=1e-6)
    assert "after minus before" in first.name and "outside minus inside" in second.name
