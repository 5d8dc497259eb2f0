from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan_viz.figures.grouping import grouping, merges, window_kernels


def by_name(figure: Any, name: str) -> Any:
    return next(t for t in figure.data if t.name and t.name.startswith(name))


def test_kernels_in_seconds(explanation: Any) -> None:
    k = window_kernels(explanation, 1, 0)  # 8 cells of 2 seconds, 4 cells wide
    np.testing.assert_allclose(k.center[:8], np.arange(8) * 2 + 1, rtol=1e-6)
    np.testing.assert_allclose(k.width[:8], 8.0)
    np.testing.assert_allclose(k.sigma[:8], 4.0)
    assert k.cells == 8
    np.testing.assert_allclose(window_kernels(explanation, 1, 1).center[0], 5.0)  # from clip 8


def test_kernels_agree_with_the_tables(explanation: Any) -> None:
    for layer in (1, 2):
        table = explanation.kernels(layer)
        for window in (0, 1):
            k, mine = window_kernels(explanation, layer, window), table[table["window"] == window]
            np.testing.assert_allclose(k.center[k.drawn], mine["center"], rtol=1e-6)
            np.testing.assert_allclose(k.sigma[k.drawn], mine["sigma"], rtol=1e-6)
            mixed = mine[mine["mixed"]]["members"]
            assert [m.tolist() for m in k.members] == [m.tolist() for m in mixed]


def test_merges_by_hand(explanations: Any) -> None:
    first, second = merges(explanations(width=6.0), 1, 0)[:2]  # 12 s wide, 2 s apart
    assert (first.first, first.cell) == (0, 1)
    assert first.iou == pytest.approx(10 / 14)  # [-5, 7] and [-3, 9]
    assert (first.base, first.center, first.width) == pytest.approx((1.0, 2.0, 14.0))
    assert (second.first, second.cell) == (0, 2)
    assert second.base == first.center  # the group goes on from where it is
    assert second.iou == pytest.approx(10 / 16)  # [-5, 9] and [-1, 11]
    assert (second.center, second.width) == pytest.approx((3.5, 16.0))


def test_curves_are_gaussians_of_the_kernels(explanation: Any) -> None:
    figure = grouping(explanation, 1, 0)
    curve = by_name(figure, "mixed")
    k = window_kernels(explanation, 1, 0)
    x, y = curve.x[:31], curve.y[:31]  # the first of them
    center, sigma = k.center[8], k.sigma[8]
    np.testing.assert_allclose(y, np.exp(-((x - center) ** 2) / (2 * sigma**2)), atol=1e-6)
    assert np.isnan(curve.x[31])
    assert curve.name == f"mixed ({len(k.center) - 8})"


def test_every_merge_has_an_arc_and_an_iou_above_epsilon(explanation: Any) -> None:
    figure = grouping(explanation, 1, 0)
    merged = merges(explanation, 1, 0)
    assert len(by_name(figure, "who merged").x) == len(merged) > 0
    iou = by_name(figure, "IoU of a merge")
    np.testing.assert_allclose(iou.y, [m.iou for m in merged])
    assert min(iou.y) > 0.5
    neighbours = by_name(figure, "IoU of neighbours")
    np.testing.assert_allclose(neighbours.y, 0.6)
    assert "cell 1 joins the group begun at cell 0" in by_name(figure, "who").hovertext[0]
    assert any(a.text == "epsilon = 0.5" for a in figure.layout.annotations)


def test_it_opens_where_most_merged(explanations: Any) -> None:
    made = explanations(clips=32)
    counts = [len(merges(made, layer, 0)) for layer in (1, 2)]
    assert f"layer {1 + int(np.argmax(counts))}, window 0" in grouping(made).layout.title.text
    assert "layer 2" in grouping(made, 2).layout.title.text


def test_wrong_places_are_answered_with_those_that_exist(explanation: Any) -> None:
    with pytest.raises(ValueError, match="layers 1 to 2"):
        grouping(explanation, 3)
    with pytest.raises(ValueError, match="windows 0 to 1"):
        grouping(explanation, 1, 2)
    with pytest.raises(ValueError, match="layers 1 to 2"):
        grouping(explanation, -1, 0)


def test_no_merges_and_no_grouping_are_said(explanations: Any, notes: Any) -> None:
    assert "no two neighbours overlap by more than epsilon = 0.5" in notes(
        grouping(explanations(width=1.0))
    )
    assert "grouping is off" in notes(grouping(explanations(width=1.0, grouping="off")))


@pytest.mark.parametrize("cells", [(1,), (8,), (2, 1)])
def test_one_cell_one_layer(cells: Any, explanations: Any) -> None:
    made = explanations(cells=cells, clips=20)
    for layer in range(1, len(cells) + 1):
        grouping(made, layer).to_json()


def test_nan_kernels(explanations: Any) -> None:
    made = explanations()
    made.arrays["layer1.sigmas"][:3] = np.nan
    made.arrays["layer1.widths"][:3] = np.nan
    grouping(made, 1, 0).to_json()


def test_a_path_will_do(explanation: Any, tmp_path: Path) -> None:
    explanation.save(tmp_path / "e.safetensors")
    assert grouping(tmp_path / "e.safetensors").to_json() == grouping(explanation).to_json()


def test_hostile_names(hostile: str, explanations: Any, assert_tame: Any) -> None:
    assert_tame(grouping(explanations(recording=hostile), theme="dark"))


def test_it_zooms_to_what_is_asked_about(explanations: Any) -> None:
    made = explanations(clips=32, cells=(128,), width=1.0)
    first, second = np.flatnonzero(made.arrays["layer1.valid"][0])[[40, 41]]
    begin, end = grouping(made, 1, 0, at=8.0).layout.xaxis.range
    assert end - begin == pytest.approx(24 * 16 / 128)  # 24 of 128 cells
    assert (begin + end) / 2 == pytest.approx(8.0)
    made.arrays["layer1.widths"][[first, second]] *= 3  # nearest to a merge
    begin, end = grouping(made, 1, 0).layout.xaxis.range
    assert begin < 16 * 41 / 128 < end
    assert end - begin < 4
    assert grouping(made, 1, 0).layout.xaxis.autorangeoptions.include == (0.0, 16.0)
    edge = grouping(made, 1, 0, at=16.0).layout.xaxis.range
    assert edge[1] == pytest.approx(16.0)
    with pytest.raises(ValueError, match=r"17 s lies outside window 0: 0\.0 to 16\.0 s"):
        grouping(made, 1, 0, at=17.0)


def test_a_time_chooses_among_the_windows_that_hold_it(explanation: Any) -> None:
    assert "window 1" in grouping(explanation, 1, at=18.0).layout.title.text
