from typing import Any

import numpy as np
import pandas as pd
import pytest

from gtan.data.annotations import Annotations
from gtan.evaluation import evaluate_detections
from gtan_viz.figures.recording import recording

TRUTH = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})


def test_side_by_side() -> None:
    good = evaluate_detections(TRUTH, TRUTH.assign(score=3.0))
    bad = evaluate_detections(TRUTH, TRUTH.assign(start=3.0, end=9.0, score=-1.0))
    none = evaluate_detections(TRUTH, TRUTH[:0].assign(score=0.0))
    figure = recording({"good": good, "bad": bad, "none": none}, "v")
    said = figure.layout.title.subtitle.text
    assert "good: hits: 1, false positives: 0" in said
    assert "bad: hits: 0, false positives: 1" in said
    assert "none: no detection" in said
    bars = [t for t in figure.data if t.type == "bar" and t.legendgroup == "detections"]
    assert len(bars) == 3
    assert bars[0].hovertext[0].endswith("score 3.000")  # no kernel is claimed
    assert figure.layout.xaxis.range == (0, 9)


def test_a_class_that_only_one_result_knows_has_its_row_and_colour() -> None:
    good = evaluate_detections(TRUTH, TRUTH.assign(score=1.0))
    other = evaluate_detections(TRUTH, TRUTH.assign(label="jump", score=1.0))
    figure = recording({"good": good, "other": other}, "v")
    assert figure.layout.yaxis.ticktext == figure.layout.yaxis2.ticktext
    assert sorted(figure.layout.yaxis.ticktext) == ["jump", "run"]
    first, second, third, fourth = (t for t in figure.data if t.type == "bar")
    assert third.marker.color == first.marker.color  # the truth, in both panels
    assert np.isfinite(fourth.y).all() and fourth.marker.color != second.marker.color


def test_duration_of_the_truth_and_recordings_nobody_knows() -> None:
    videos = pd.DataFrame({"video": ["v", "w"], "duration": [60.0, 30.0]})
    results = evaluate_detections(Annotations(TRUTH, videos), TRUTH[:0].assign(score=0.0))
    assert recording(results, "v").layout.xaxis.range == (0, 60)
    assert "no truth" in recording(results, "w").layout.title.subtitle.text
    with pytest.raises(KeyError, match="'x' is in neither"):
        recording(results, "x")
    with pytest.raises(ValueError, match="no result"):
        recording({}, "v")


def test_columns_of_ones_own_claim_no_kernel() -> None:
    results = evaluate_detections(TRUTH, TRUTH.assign(score=1.0, layer=3))
    bars = [t for t in recording(results, "v").data if t.type == "bar"]
    assert "layer" not in bars[1].hovertext[0]


def test_ambiguous_intervals_are_shaded_and_not_counted() -> None:
    grey = pd.DataFrame({"video": "v", "label": "Ambiguous", "start": [6.0], "end": [8.0]})
    truth = pd.concat([TRUTH, grey], ignore_index=True)
    results = evaluate_detections(truth, TRUTH.assign(score=1.0), "thumos14", [0.5])
    figure = recording(results, "v")
    assert "truths found: 1 of 1" in figure.layout.title.subtitle.text
    assert [(s.x0, s.x1) for s in figure.layout.shapes if s.opacity == 0.18] == [(6, 8)]
    assert "Ambiguous" in [trace.name for trace in figure.data]


def test_text_stays_text(hostile: str, assert_tame: Any) -> None:
    truth = TRUTH.assign(video=hostile, label=hostile)
    results = evaluate_detections(truth, truth.assign(score=1.0))
    assert_tame(recording({hostile: results, "other": results}, hostile))
