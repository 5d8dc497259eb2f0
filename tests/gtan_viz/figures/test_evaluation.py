from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from gtan.evaluation import evaluate_detections, evaluate_proposals
from gtan_viz.figures.evaluation import ar_an, mean_ap, precision_recall, recall_tiou, reliability

TRUTH = pd.DataFrame(
    {
        "video": ["v", "v", "w", "w"],
        "label": ["run", "jump", "run", "run"],
        "start": [0.0, 5.0, 0.0, 10.0],
        "end": [4.0, 9.0, 6.0, 20.0],
    }
)
FOUND = pd.DataFrame(
    {
        "video": ["v", "v", "w", "w"],
        "label": ["run", "jump", "run", "run"],
        "start": [0.0, 20.0, 0.0, 30.0],
        "end": [4.0, 29.0, 5.0, 40.0],
        "score": [0.9, 0.8, 0.5, 0.7],
    }
)


@pytest.fixture(params=["activitynet", "thumos14"])
def results(request: pytest.FixtureRequest) -> Any:
    return evaluate_detections(TRUTH, FOUND, request.param, [0.5, 0.9])


def curve(figure: go.Figure, name: str) -> Any:
    return next(trace for trace in figure.data if trace.name.startswith(name))


def test_precision_recall_by_hand(results: Any) -> None:
    figure = precision_recall(results, 0.5)
    # By descending score, the runs are found, not found, found, of three; the jump is missed.
    run = curve(figure, "run")
    np.testing.assert_allclose(run.x, [1 / 3, 1 / 3, 2 / 3], rtol=1e-6)
    np.testing.assert_allclose(run.y, [1, 1 / 2, 2 / 3], rtol=1e-6)
    assert curve(figure, "jump").name == "jump: AP 0.000"
    mean = curve(figure, "mean")
    assert mean.name == f"mean: mAP {results.mAP[0.5]:.3f}"
    assert mean.y[0] == 0.5 and mean.y[50] == pytest.approx(1 / 3) and mean.y[-1] == 0.0
    assert results.protocol.upper()[:6] in figure.layout.title.subtitle.text.upper()


def test_one_label_and_several_results(results: Any) -> None:
    figure = precision_recall({"a": results, "b": results}, 0.5, "run")
    assert [trace.name[:1] for trace in figure.data] == ["a", "b"]
    assert figure.data[0].line.color != figure.data[1].line.color
    assert figure.data[0].line.dash != figure.data[1].line.dash


def test_what_does_not_belong_together_is_refused(results: Any) -> None:
    other = evaluate_detections(
        TRUTH, FOUND, {"activitynet": "thumos14"}.get(results.protocol, "activitynet"), [0.5]
    )
    with pytest.raises(ValueError, match="two protocols"):
        precision_recall({"a": results, "b": other})
    with pytest.raises(ValueError, match="no result"):
        mean_ap({})
    with pytest.raises(ValueError, match="detections and proposals"):
        recall_tiou({"a": results, "b": evaluate_proposals(TRUTH, FOUND)})
    with pytest.raises(KeyError, match=r"0\.7 is not among the thresholds"):
        precision_recall(results, 0.7)
    with pytest.raises(KeyError, match="walk"):
        precision_recall(results, 0.5, "walk")


def test_map_and_recall_against_tiou(results: Any) -> None:
    assert mean_ap(results).data[0].y.tolist() == results.mAP.tolist()
    drawn = recall_tiou(results).data[0]
    assert drawn.x.tolist() == [0.5, 0.9] and drawn.y.tolist() == [0.5, 0.25]


def test_proposals_are_drawn_as_evaluated() -> None:
    results = evaluate_proposals(TRUTH, FOUND, [0.5, 0.9])
    assert recall_tiou(results).data[0].y.tolist() == results.recall_by_tiou.tolist()
    drawn = ar_an(results).data[0]
    assert drawn.x.tolist() == results.proposals_per_video.tolist()
    assert drawn.y.tolist() == results.average_recall.tolist()
    assert f"{results.AUC:.3f}" in drawn.name


def test_hundreds_of_labels_leave_the_legend_readable() -> None:
    many = pd.concat([TRUTH.assign(label=f"label {n}") for n in range(40)], ignore_index=True)
    figure = precision_recall(evaluate_detections(many, many.assign(score=1.0), tiou=[0.5]))
    assert sum(trace.showlegend is not False for trace in figure.data) == 1


def test_reliability(explanation: Any, assert_tame: Any) -> None:
    figure = reliability(explanation, "proposals", bins=5)
    assert_tame(figure)
    bars = next(trace for trace in figure.data if trace.type == "bar")
    exists = sum(
        int(explanation.arrays[f"layer{j}.exists"].sum())
        for j in range(1, len(explanation.header["layers"]) + 1)
    )
    assert sum(bars.y) == exists * 3
    assert "default boundary" in figure.layout.title.subtitle.text


def test_reliability_without_a_detection_says_so(explanations: Any, notes: Any) -> None:
    assert "there are no detections" in notes(reliability(explanations(detections=())))


def test_text_stays_text(hostile: str, assert_tame: Any) -> None:
    truth, found = TRUTH.assign(label=hostile), FOUND.assign(label=hostile)
    results = evaluate_detections(truth, found, tiou=[0.5])
    for figure in (
        precision_recall(results),
        precision_recall({hostile: results, "b": results}, 0.5, hostile),
        mean_ap({hostile: results, "b": results}),
        recall_tiou({hostile: results, "b": results}, theme="dark"),
        ar_an({hostile: evaluate_proposals(truth, found), "b": evaluate_proposals(truth, found)}),
    ):
        assert_tame(figure)


def test_reliability_reads_files(explanation: Any, tmp_path: Any) -> None:
    explanation.save(tmp_path / "e.safetensors")
    one = reliability([tmp_path / "e.safetensors", explanation])
    two = reliability([explanation, replace(explanation)])
    assert one.to_json() == two.to_json()
