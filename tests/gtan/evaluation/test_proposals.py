import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.data.annotations import read_proposals, read_truth
from gtan.evaluation import THUMOS14_TIOU, evaluate_proposals
from tests.published import load, published_data

AUTOLOC = "oracles/activitynet12_autoloc"


def truth_of(*rows):
    return pd.DataFrame(rows, columns=["video", "label", "start", "end"])


def found(*rows):
    return pd.DataFrame(rows, columns=["video", "start", "end", "score"])


@pytest.mark.parametrize("number", ["None", "2", "5"])
def test_official_python_toolkit_on_autoloc(number):
    content = load(f"{AUTOLOC}/expected_proposals.json")
    expected = content["runs"][number]
    truth = read_truth(published_data(f"{AUTOLOC}/ground_truth.json.gz"))
    proposals = read_proposals(published_data(f"{AUTOLOC}/detections.json.gz"))
    average_number = None if number == "None" else float(number)
    results = evaluate_proposals(truth, proposals, content["tiou"], average_number)
    for name, value in [
        ("proposals_per_video", results.proposals_per_video),
        ("average_recall", results.average_recall),
        ("recall_at_last", results.recall_by_tiou),
        ("AUC", results.AUC),
    ]:
        np.testing.assert_allclose(value, expected[name], atol=1e-9, rtol=0)
    default = evaluate_proposals(truth, proposals, average_number=average_number)
    assert default.AUC == results.AUC


def test_by_hand():
    # Two recordings with two proposals each: from AN 1 the best one of each counts (the share
    # of two proposals rounds down), at AN 2 both.
    truth = truth_of(("v", "run", 0, 4), ("v", "jump", 6, 8), ("w", "run", 0, 4))
    proposals = found(("v", 6, 8, 0.2), ("v", 0, 3, 0.9), ("w", 7, 8, 0.9), ("w", 0, 4, 0.1))
    results = evaluate_proposals(truth, proposals, [0.5, 0.8])
    assert results.proposals_per_video[[0, 49, 99]].tolist() == [0.02, 1.0, 2.0]
    assert results.recall[0, [0, 48, 49, 98, 99]] == pytest.approx([0, 0, 1 / 3, 1 / 3, 1])
    assert results.recall[1, [49, 99]] == pytest.approx([0, 2 / 3])
    assert results.average_recall[-1] == pytest.approx(5 / 6)
    assert results.recall_by_tiou.to_dict() == {0.5: 1.0, 0.8: pytest.approx(2 / 3)}
    assert results.average_recall_at(1) == pytest.approx(1 / 6)
    assert results.average_recall_at(1.5) == pytest.approx(1 / 6)
    # Trapezoids of width 0.02: a ramp up to AN 1, a plateau of 1/6, a ramp up at the end.
    area = 0.02 * ((1 / 6) / 2 + 49 / 6 + (1 / 6 + 5 / 6) / 2)
    assert pytest.approx(area / 2) == results.AUC
    assert json.loads(json.dumps(results.to_json()))["recall"]["0.5"] == 1
    assert "AUC" in results.summary()
    with pytest.raises(ValueError, match=r"runs from 0\.02 to 2 proposals, not to 3"):
        results.average_recall_at(3)


def test_one_proposal_may_recall_two_instances_and_labels_do_not_matter():
    truth = truth_of(("v", "run", 0, 4), ("v", "jump", 0, 5))
    assert evaluate_proposals(truth, found(("v", 0, 4, 1)), [0.5]).recall[0, -1] == 1


def test_recordings_without_instance_count_as_in_the_official_tool():
    # Three proposals for two recordings of which one has an instance: AN is 3, not 1.5.
    truth, proposals = truth_of(("v", "run", 0, 4)), found(*[("w", 0, 1, 1)] * 2, ("v", 0, 4, 1))
    results = evaluate_proposals(truth, proposals, [0.5])
    assert results.proposals_per_video[-1] == pytest.approx(3)
    assert results.recall[0, -1] == 1


def test_thumos14_thresholds_reach_a_perfect_overlap():
    truth = truth_of(("v", "run", 0, 4), ("v", "Ambiguous", 10, 12))
    results = evaluate_proposals(truth, found(("v", 0, 4, 1)), THUMOS14_TIOU)
    assert results.tiou == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)
    assert (results.recall[:, -1] == 1).all()


def test_what_has_no_length_is_never_recalled_and_said():
    truth = truth_of(("v", "run", 2, 2), ("v", "run", 4, 6))
    results = evaluate_proposals(truth, found(("v", 2, 2, 0.9), ("v", 4, 6, 0.8)), [0.5])
    assert results.recall[0, -1] == 0.5
    (remark,) = results.remarks
    assert remark.startswith("without length: 1 instances, 1 detections") and (
        remark in results.summary()
    )
    (remark,) = evaluate_proposals(truth_of(("v ", "run", 4, 6)), found(("v", 4, 6, 1))).remarks
    assert remark.endswith("'v' and 'v '")


def test_nothing_proposed_nothing_recalled():
    truth = truth_of(("v", "run", 0, 4))
    for proposals in (found(), found(("w", 0, 4, 1))):
        for number in (None, 3):
            results = evaluate_proposals(truth, proposals, average_number=number)
            assert not results.recall.any()
            assert results.AUC == 0


def test_bad_requests():
    truth, proposals = truth_of(("v", "run", 0, 4)), found(("v", 0, 4, 1))
    for number in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="average_number"):
            evaluate_proposals(truth, proposals, average_number=number)
    with pytest.raises(ValueError, match="nothing to recall"):
        evaluate_proposals(truth[:0], proposals)
    with pytest.raises(ValueError, match="proposals: column score"):
        evaluate_proposals(truth, proposals.drop(columns="score"))


# Against a slow and obvious reference.

spans = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted).map(tuple)
truth_rows = st.lists(st.tuples(st.sampled_from("uv"), spans), min_size=1, max_size=6)
proposal_rows = st.lists(
    st.tuples(st.sampled_from("uvw"), spans, st.sampled_from([0.1, 0.5, 0.9])), max_size=15
)


def tiou_of(one, two):
    shared = max(0, min(one[1], two[1]) - max(one[0], two[0]))
    union = (one[1] - one[0]) + (two[1] - two[0]) - shared
    return shared / union if union else 0


@given(truth_rows, proposal_rows, st.sampled_from([None, 0.5, 1, 3, 20]))
def test_reference(truths, proposals, number):
    truth = truth_of(*((video, "run", *span) for video, span in truths))
    table = found(*((video, *span, score) for video, span, score in proposals))
    results = evaluate_proposals(truth, table, [1 / 3, 0.5, 1], number)

    videos = list(dict.fromkeys(video for video, _ in truths))
    number = len(proposals) / len(videos) if number is None else number
    ratio = number * len(videos) / len(proposals) if proposals else 0
    best = {}
    for video in videos:
        own = sorted((row for row in proposals if row[0] == video), key=lambda row: -row[2])
        best[video] = own[: int(len(own) * ratio)]
    retrieved = sum(map(len, best.values()))
    if retrieved == 0:
        assert not results.recall.any()
        return
    for column in range(100):
        share = (column + 1) / 100 * (number * len(videos) / retrieved)
        assert results.proposals_per_video[column] == pytest.approx(share * retrieved / len(videos))
        for row, threshold in enumerate([1 / 3, 0.5, 1]):
            recalled = sum(
                any(
                    tiou_of(span, other[1]) >= threshold
                    for other in best[video][: int(len(best[video]) * share)]
                )
                for video, span in truths
            )
            assert results.recall[row, column] == pytest.approx(recalled / len(truths))
