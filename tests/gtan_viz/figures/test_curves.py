from typing import Any

import numpy as np
import pandas as pd
import pytest

from gtan_viz.figures.curves import curves, running_median

ROW = {
    "loss": 3.0, "classification": 1.0, "localization": 0.5, "overlap": 0.1,
    "unmatched_truths": 2, "stray_members": 1, "mixed_1": 4, "mixed_2": 0, "mixed_10": 1,
}  # fmt: skip


def rows(count: int, **more: float) -> list[dict[str, float]]:
    return [{"step": step, **ROW, **more} for step in range(1, count + 1)]


def test_parts_of_the_loss_add_up(run_folder: Any) -> None:
    figure = curves(run_folder(rows(3)))  # beta 2, gamma 10
    value = {t.name: t.y[0] for t in figure.data if t.name}
    assert value["L, all of it"] == 3
    assert value["L_cls"] + value["β L_loc"] + value["γ L_ov"] == pytest.approx(3)


def test_the_title_says_over_which_thresholds_map_is_averaged(run_folder: Any, notes: Any) -> None:
    assert "mAP on the validation recordings, mean over tIoU 0.3:0.1:0.7" in notes(
        curves(run_folder(rows(3)))
    )


def test_map_only_where_it_was_measured(run_folder: Any) -> None:
    measured = rows(4)
    measured[1]["mAP"], measured[3]["mAP"] = 0.25, 0.5
    line = next(t for t in curves(run_folder(measured)).data if t.name == "mAP")
    assert line.x.tolist() == [2, 4]
    assert line.y.tolist() == [0.25, 0.5]


def test_a_line_for_each_layer_in_their_order(run_folder: Any) -> None:
    figure = curves(run_folder(rows(3)))
    lines = [t.name for t in figure.data if t.name and t.name.startswith("layer")]
    assert lines == ["layer 1", "layer 2", "layer 10"]


@pytest.mark.parametrize("layers", range(1, 9))
def test_any_number_of_layers_in_the_dark(run_folder: Any, layers: int) -> None:
    """0.2 + 0.8 * 3 / 3 is more than 1, and so was no colour."""
    mixed = {f"mixed_{layer}": 1 for layer in range(1, layers + 1)}
    figure = curves(run_folder([{"step": 1, "loss": 3.0, **mixed}]), theme="dark")
    assert sum(t.name.startswith("layer") for t in figure.data if t.name) == layers


def test_running_median() -> None:
    median = running_median(pd.Series([1.0, 9.0, 2.0, 3.0, 4.0]), 3)
    assert median.tolist() == [5.0, 2.0, 3.0, 3.0, 3.5]


def test_what_is_missing_is_said(run_folder: Any, notes: Any) -> None:
    said = notes(curves(run_folder(rows(2, mixed_1=0, mixed_10=0, unmatched_truths=0,
                                        stray_members=0))))  # fmt: skip
    for message in ("mAP was not measured", "no kernels have merged", "nothing was missed"):
        assert message in said


def test_a_run_without_metrics(run_folder: Any, notes: Any) -> None:
    figure = curves(run_folder([]))
    assert "no loss is recorded yet" in notes(figure)
    assert "no step yet" in figure.layout.title.subtitle.text


def test_only_some_columns_and_nan(run_folder: Any) -> None:
    curves(run_folder([{"step": 1, "loss": np.nan}, {"step": 2, "loss": 1.0}])).to_json()


def test_wrong_arguments(run_folder: Any, tmp_path: Any) -> None:
    with pytest.raises(FileNotFoundError, match="is not a run"):
        curves(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="at least 1"):
        curves(run_folder(rows(1)), smooth=0)
