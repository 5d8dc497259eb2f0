from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from gtan.detection import decode
from gtan_viz.figures.boxes import found_truths
from gtan_viz.figures.theme import class_styles
from gtan_viz.figures.timeline import owned_proposals, timeline


def boxes(figure: go.Figure, kind: str) -> Any:
    return next(t for t in figure.data if t.type == "bar" and t.legendgroup == kind)


def table(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["label", "start", "end", "score"])


@pytest.mark.parametrize(
    ("found", "tiou", "expected"),
    [
        ([("a", 0, 4, 0.9)], 0.5, [0]),
        ([("a", 0, 2, 0.9)], 0.5, [0]),  # at the threshold
        ([("a", 0, 2, 0.9)], 0.51, [-1]),
        ([("b", 0, 4, 0.9)], 0.5, [-1]),  # the other class has its truth elsewhere
        ([("a", 0, 3, 0.5), ("a", 0, 4, 0.9)], 0.5, [-1, 0]),  # the better score chooses first
        ([("a", 9, 12, 0.9), ("a", 0, 4, 0.8)], 0.5, [1, 0]),
        ([], 0.5, []),
    ],
)
def test_hits_by_hand(found: Any, tiou: float, expected: list[int]) -> None:
    truth = table(("a", 0, 4, 1), ("a", 9, 12, 1), ("b", 20, 30, 1))
    assert found_truths(truth, table(*found), tiou).tolist() == expected
    assert found_truths(truth.iloc[:0], table(*found), tiou).tolist() == [-1] * len(found)


def test_a_detection_without_length_is_no_hit() -> None:
    truth = table(("a", 3, 3, 1), ("a", 0, 4, 1))
    assert found_truths(truth, table(("a", 3, 3, 0.9)), 0.5).tolist() == [-1]
    assert found_truths(truth, table(("a", 0, 4, 0.9)), 0.5).tolist() == [1]


def test_proposals_by_hand(explanation: Any) -> None:
    found = owned_proposals(explanation)
    assert found["score"].is_monotonic_decreasing
    a = explanation.arrays
    top = found.iloc[0]
    layer, row, ratio = int(top["layer"]), int(top["row"]), int(top["ratio"])
    p = f"layer{layer}."
    factor = explanation.header["layers"][layer - 1]["ratios"][ratio]
    width = a[p + "widths"][row] * factor
    center, refined = decode(
        a[p + "centers"][row], np.array(width), a[p + "offsets"][row, ratio],
        explanation.settings.detection,
    )  # fmt: skip
    window = int(np.searchsorted(a[p + "kernel_offsets"], row, side="right")) - 1
    begin = explanation.seconds(window, center - refined / 2).clip(0, 20)
    end = explanation.seconds(window, center + refined / 2).clip(0, 20)
    assert top["start"] == pytest.approx(begin)
    assert top["end"] == pytest.approx(end)
    default = explanation.seconds(window, a[p + "centers"][row] - width / 2)
    assert top["default_start"] == pytest.approx(max(0, default))
    logits = a[p + "logits"][row, ratio].astype(float)
    share = np.exp(logits) / np.exp(logits).sum()
    assert top["score"] == pytest.approx(share[1:].max() * a[p + "overlap"][row, ratio])
    assert top["label"] == explanation.header["classes"][int(share[1:].argmax())]


def test_no_proposal_is_owned_by_two_windows(explanation: Any) -> None:
    found = owned_proposals(explanation)
    a = explanation.arrays
    for _, one in found.iterrows():
        offsets = a[f"layer{one['layer']}.kernel_offsets"]
        window = int(np.searchsorted(offsets, one["row"], side="right")) - 1
        assert a[f"layer{one['layer']}.exists"][one["row"]]
        assert 0 <= window < 2
    assert len(found) < sum(len(a[f"layer{j}.centers"]) * 3 for j in (1, 2))


def test_truth_and_detections_are_where_they_are(explanation: Any) -> None:
    figure = timeline(explanation, min_score=0.1)
    truth, found = boxes(figure, "truth"), boxes(figure, "detections")
    assert truth.base.tolist() == [1.0, 8.0]
    assert truth.x.tolist() == [5.0, 6.0]
    assert found.base.tolist() == [8.0, 1.0, 1.5]  # the best is on top; the fourth scores 0.05
    styles = class_styles(explanation.header["classes"])
    assert list(found.marker.color) == [styles[n].color for n in ("SIT", "WALK", "WALK")]
    assert found.marker.opacity.tolist() == sorted(found.marker.opacity)
    assert found.marker.opacity[-1] == 1


def test_hits_and_false_positives_have_symbols_and_words(explanation: Any) -> None:
    figure = timeline(explanation, tiou=0.5)
    dots = [t for t in figure.data if t.type == "scatter" and t.hovertext]
    marks = {t.name.partition(" at")[0]: t for t in dots}
    hit, other = marks["hit"], marks["false positive"]
    assert hit.name == "hit at tIoU ≥ 0.5" and hit.legendrank < other.legendrank
    assert hit.x.tolist() == [6.0]  # 4.5 / 5; the second is a double
    assert other.x.tolist() == [10.0, 6.0]  # 2 / 6 of SIT
    assert hit.marker.symbol != other.marker.symbol
    said = figure.layout.title.subtitle.text
    assert "hits: 1, false positives: 2 at tIoU ≥ 0.5; truths found: 1 of 2" in said
    assert "the best 3 of 4 detections" in said
    assert "hits: 2" in timeline(explanation, tiou=0.3).layout.title.subtitle.text


def test_classes_are_listed_by_name_as_in_every_figure(explanation: Any) -> None:
    assert explanation.header["classes"] == ["WALK", "SIT", "LIE"]
    axis = timeline(explanation, signal=False, min_score=0.0).layout.yaxis
    assert list(axis.ticktext) == ["LIE", "SIT", "WALK"]  # from above


def test_boxes_are_limited_and_that_is_said(explanation: Any) -> None:
    figure = timeline(explanation, max_boxes=2, min_score=0.0)
    for kind in ("default", "proposals", "detections"):
        assert len(boxes(figure, kind).base) == 2
    assert "the best 2 of 4 detections" in figure.layout.title.subtitle.text
    assert "at most 2 each" in figure.layout.title.subtitle.text


def test_rows_can_be_chosen(explanation: Any) -> None:
    figure = timeline(explanation, rows=["truth"], signal=False)
    assert {t.legendgroup for t in figure.data} == {"truth"}
    with pytest.raises(ValueError, match="truth, default, proposals, detections"):
        timeline(explanation, rows=["truths"])


def test_signal_in_seconds(explanation: Any) -> None:
    figure = timeline(explanation)
    assert figure.data[0].x[:3].tolist() == pytest.approx([0, 0.2, 0.4])  # 5 samples a second
    assert [t.name for t in figure.data[:2]] == ["x (g)", "&lt;b&gt;y"]


def test_a_long_signal_is_thinned(explanation: Any) -> None:
    names = explanation.header["signal"]["names"]
    arrays = {**explanation.arrays, "signal": np.zeros((100_000, len(names)), np.float16)}
    figure = timeline(replace(explanation, arrays=arrays))
    assert len(figure.data[0].x) <= 4000


def test_two_explanations_stand_one_above_the_other(explanation: Any, explanations: Any) -> None:
    figure = timeline(explanation, explanations(width=1.0), names=["learned", "<b>fixed"])
    said = [a.text for a in figure.layout.annotations]
    assert "learned" in said
    assert "&lt;b&gt;fixed" in said
    assert len([t for t in figure.data if t.type == "bar"]) == 8
    with pytest.raises(ValueError, match="made, other"):
        timeline(explanation, explanations(recording="other"))
    with pytest.raises(ValueError, match="1 for 2 Explanations"):
        timeline(explanation, explanation, names=["one"])


def test_a_path_will_do(explanation: Any, tmp_path: Path) -> None:
    explanation.save(tmp_path / "e.safetensors")
    assert timeline(tmp_path / "e.safetensors").to_json() == timeline(explanation).to_json()


def test_what_is_missing_is_said(explanations: Any, notes: Any) -> None:
    bare = explanations(truth=(), detections=(), signal=False)
    figure = timeline(bare, rows=("truth", "detections"))
    assert "this recording has no truth; no detection of this score" in notes(figure)
    assert "no signal is stored" in notes(figure)
    assert "no truth" in timeline(explanations(truth=())).layout.title.subtitle.text
    assert "no detection" in timeline(explanations(detections=())).layout.title.subtitle.text


@pytest.mark.parametrize("cells", [(1,), (8,)])
def test_one_cell_one_layer(cells: Any, explanations: Any) -> None:
    timeline(explanations(cells=cells, clips=20, detections=())).to_json()


def test_nan_scores(explanations: Any) -> None:
    made = explanations()
    made.arrays["layer1.logits"][:] = np.nan
    made.arrays["detections.scores"][0] = np.nan
    figure = timeline(made)
    assert len(boxes(figure, "detections").base) == 2
    assert np.isfinite(boxes(figure, "proposals").marker.opacity).all()


def test_hostile_names(hostile: str, explanations: Any, assert_tame: Any) -> None:
    made = explanations(classes=(hostile, "SIT", "LIE"), recording=hostile)
    assert_tame(timeline(made))
    assert_tame(timeline(made, made, names=(hostile, hostile)))
