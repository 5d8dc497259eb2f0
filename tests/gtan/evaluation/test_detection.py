import json
import math
import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.data.annotations import Annotations, read_detections, read_truth
from gtan.evaluation import evaluate_detections
from gtan.evaluation.matching import pick_in_turn
from gtan.evaluation.overlap import overlapping_pairs
from tests.published import load, published_data

SCNN, AUTOLOC = "oracles/thumos14_scnn_c3d", "oracles/activitynet12_autoloc"
PROTOCOLS = ["activitynet", "thumos14"]


def truth_of(*rows):
    return pd.DataFrame(rows, columns=["video", "label", "start", "end"])


def found(*rows):
    return pd.DataFrame(rows, columns=["video", "label", "start", "end", "score"])


# The official tools' numbers.


@pytest.mark.parametrize("threshold", ["0.1", "0.2", "0.3", "0.4", "0.5"])
def test_official_matlab_kit_on_scnn(threshold):
    expected = load(f"{SCNN}/expected.json")[threshold]
    truth = read_truth(published_data(f"{SCNN}/ground_truth.csv"))
    detections = read_detections(published_data(f"{SCNN}/detections_iou{threshold}.csv.gz"))
    results = evaluate_detections(truth, detections, "thumos14", [float(threshold)])
    assert results.labels == sorted(expected["AP"])
    for label, value in expected["AP"].items():
        assert results.AP.loc[label].item() == pytest.approx(value, abs=1e-9, rel=0)
    assert results.mAP.item() == pytest.approx(expected["mAP"], abs=1e-9, rel=0)


def test_official_python_toolkit_on_autoloc():
    expected = load(f"{AUTOLOC}/expected.json")
    truth = read_truth(published_data(f"{AUTOLOC}/ground_truth.json.gz"), "validation")
    detections = read_detections(published_data(f"{AUTOLOC}/detections.json.gz"))
    results = evaluate_detections(truth, detections)
    assert list(results.tiou) == expected["tiou"]
    assert results.labels == sorted(expected["AP"])
    for label, values in expected["AP"].items():
        np.testing.assert_allclose(results.AP.loc[label], values, atol=1e-9, rtol=0)
    np.testing.assert_allclose(results.mAP, expected["mAP"], atol=1e-9, rtol=0)
    assert results.average_mAP == pytest.approx(expected["average_mAP"], abs=1e-9, rel=0)


# Worked by hand.


def test_at_the_threshold_activitynet_counts_and_thumos14_does_not():
    truth, detections = truth_of(("v", "run", 0, 4)), found(("v", "run", 0, 2, 0.9))
    assert evaluate_detections(truth, detections, "activitynet", [0.5]).average_mAP == 1
    assert evaluate_detections(truth, detections, "thumos14", [0.5]).average_mAP == 0


def test_detections_choose_in_one_protocol_and_truths_in_the_other():
    # The stronger detection overlaps both truths, the second one better (3/4 and 3/5); the weaker
    # overlaps the second only.
    truth = truth_of(("v", "run", 0, 4), ("v", "run", 2, 6))
    detections = found(("v", "run", 1, 5, 0.9), ("v", "run", 3, 6, 0.8))
    one = evaluate_detections(truth, detections, "activitynet", [0.5])
    two = evaluate_detections(truth, detections, "thumos14", [0.5])
    assert one.matches[:, 0].tolist() == [0, 1]  # 3/5 twice: the earlier truth
    assert two.matches[:, 0].tolist() == [0, 1]
    shifted = detections.assign(start=[1.5, 3], end=[5.5, 6])
    one = evaluate_detections(truth, shifted, "activitynet", [0.4])
    two = evaluate_detections(truth, shifted, "thumos14", [0.4])
    assert one.matches[:, 0].tolist() == [1, -1]  # 3.5/4.5 rather than 2.5/5.5
    assert two.matches[:, 0].tolist() == [0, 1]  # the first truth comes first


def test_interpolation_is_activitynets():
    truth = truth_of(("v", "run", 0, 1), ("v", "run", 2, 3), ("v", "run", 4, 5))
    detections = found(("v", "run", 8, 9, 0.9), ("v", "run", 0, 1, 0.8), ("v", "run", 2, 3, 0.7))
    one = evaluate_detections(truth, detections, "activitynet", [0.5])
    two = evaluate_detections(truth, detections, "thumos14", [0.5])
    assert one.average_mAP == pytest.approx((2 / 3 + 2 / 3) / 3)
    assert two.average_mAP == pytest.approx((1 / 2 + 2 / 3) / 3)


def test_ambiguous_forgives_a_false_positive_and_is_no_label():
    truth = truth_of(("v", "run", 0, 4), ("v", "Ambiguous", 6, 8), ("v", "Ambiguous", 10, 12))
    detections = found(
        ("v", "run", 7.9, 9, 0.9),  # touches: forgiven
        ("v", "run", 8, 9, 0.8),  # only meets its end: a false positive
        ("w", "run", 6, 8, 0.7),  # another recording: a false positive
        ("v", "run", 0, 4, 0.6),
    )
    results = evaluate_detections(truth, detections, "thumos14", [0.5])
    assert results.labels == ["run"]
    assert results.ambiguous.tolist() == [True, False, False, False]
    assert results.average_mAP == pytest.approx(1 / 3)
    assert results.precision_recall("run", 0.5)["score"].tolist() == [0.8, 0.7, 0.6]
    results = evaluate_detections(truth, detections, "activitynet", [0.5])
    assert results.labels == ["run"]
    assert results.average_mAP == pytest.approx(1 / 4)


def test_ambiguous_does_not_take_away_a_true_positive():
    truth = truth_of(("v", "run", 0, 4), ("v", "Ambiguous", 0, 4))
    results = evaluate_detections(truth, found(("v", "run", 0, 4, 1)), "thumos14", [0.5])
    assert results.average_mAP == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_recordings_without_action_or_unknown_count_and_unknown_labels_do_not(protocol):
    truth = Annotations(truth_of(("v", "run", 0, 4)), pd.DataFrame({"video": ["v", "idle"]}))
    right = ("v", "run", 0, 4, 0.5)
    for extra, value in [
        (("idle", "run", 0, 4, 0.9), 1 / 2),
        (("nowhere", "run", 0, 4, 0.9), 1 / 2),
        (("v", "jump", 0, 4, 0.9), 1),
    ]:
        results = evaluate_detections(truth, found(extra, right), protocol, [0.5])
        assert results.average_mAP == value
    remarks = evaluate_detections(
        truth, found(right, ("nowhere", "run", 0, 4, 0.9), ("v", "jump", 0, 1, 1)), protocol
    ).summary()
    assert "1 detections in 1 recordings unknown to the truth" in remarks
    assert "1 detections with labels that the truth has not (jump)" in remarks


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_label_without_detection_has_ap_zero(protocol):
    truth = truth_of(("v", "run", 0, 4), ("v", "jump", 0, 4))
    results = evaluate_detections(truth, found(("v", "run", 0, 4, 1)), protocol, [0.5])
    assert results.AP[0.5].to_dict() == {"jump": 0, "run": 1}
    assert evaluate_detections(truth, found()[:0], protocol).average_mAP == 0


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        ("activitynet", [[0, 1, -1, -1], [0, 1, -1, -1]]),
        ("thumos14", [[-1, 1, -1, -1], [-1, -1, -1, -1]]),  # 1 is not above 1
    ],
)
def test_without_length_activitynet_matches_anywhere_and_thumos14_nowhere(protocol, expected):
    truth = truth_of(("v", "run", 50, 50), ("v", "run", 3, 4), ("v", "jump", 2, 2))
    detections = found(
        ("v", "run", 2, 2, 0.9),
        ("v", "run", 3, 4, 0.8),
        ("v", "run", 50, 50, 0.7),  # the only such run is taken
        ("w", "run", 50, 50, 0.6),  # another recording
    )
    results = evaluate_detections(truth, detections, protocol, [0.1, 1.0])
    assert results.matches.T.tolist() == expected


def test_however_short_has_a_length():
    truth, detections = truth_of(("v", "run", 0, 1e-13)), found(("v", "run", 0, 1e-13, 0.9))
    for protocol in PROTOCOLS:
        results = evaluate_detections(truth, detections, protocol, [0.9])
        assert results.average_mAP == 1
        assert results.remarks == []


def test_remarks_on_what_has_no_length():
    truth = truth_of(("v", "run", 2, 2), ("v", "jump", 3, 4), ("v", "jump", 5, 5))
    detections = found(("v", "jump", 9, 9, 0.9))
    official, thumos = (evaluate_detections(truth, detections, name) for name in PROTOCOLS)
    assert official.AP.loc["run"].eq(0).all() and thumos.AP.loc["run"].eq(0).all()
    first, second = official.remarks
    assert first.startswith("without length: 2 instances, 1 detections; by ActivityNet's tool")
    assert second.startswith("AP 0, except by detections without length") and "(run)" in second
    first, second = thumos.remarks
    assert first == "without length: 2 instances, 1 detections; nothing matches them"
    assert second == "AP 0: labels whose instances all have no length (run)"
    assert second in thumos.summary() and list(thumos.to_json()) == ["mAP", "average_mAP", "AP"]
    grey = truth_of(("v", "run", 2, 4), ("v", "Ambiguous", 3, 3))
    assert evaluate_detections(grey, detections[:0], "thumos14").remarks == []


@pytest.mark.parametrize(
    ("truth", "detections", "remark"),
    [
        (["run ", "run"], ["run"], "labels that differ only in .*: 'run' and 'run '$"),
        (["Run"], ["run"], "'Run' and 'run'$"),
        (["caf\xe9"], ["cafe\u0301"], r"'cafe\\u0301' and 'caf\\xe9'$"),
        (["run", "ambiguous"], [], "'Ambiguous' and 'ambiguous'$"),
        (["run"], ["jump", "jump "], None),  # the detections' own affair
    ],
)
def test_remarks_on_names_that_look_alike(truth, detections, remark):
    truth = truth_of(*(("v", label, 0, 4) for label in truth))
    detections = found(*(("v", label, 0, 4, 0.5) for label in detections))
    said = [line for line in evaluate_detections(truth, detections).remarks if "differ" in line]
    assert len(said) == (remark is not None)
    assert remark is None or re.search(remark, said[0])
    swapped = {"video": "label", "label": "video"}  # the same for recordings
    said = evaluate_detections(
        truth.rename(columns=swapped), detections.rename(columns=swapped)
    ).remarks
    if remark and "ambiguous" not in remark:
        assert any(line.startswith("recordings that differ only in") for line in said)


def test_results_hand_out_numbers_curves_and_a_table():
    truth = truth_of(("v", "run", 0, 4), ("w", "jump", 0, 4), ("w", "run", 0, 4))
    detections = found(("v", "run", 0, 3, 0.2), ("w", "jump", 9, 10, 0.9), ("w", "run", 0, 4, 0.8))
    results = evaluate_detections(truth, detections, "activitynet", [0.5, 0.9])
    assert json.loads(json.dumps(results.to_json())) == {
        "mAP": {"0.5": 0.5, "0.9": 0.25},
        "average_mAP": 0.375,
        "AP": {"jump": {"0.5": 0.0, "0.9": 0.0}, "run": {"0.5": 1.0, "0.9": 0.5}},
    }
    curve = results.precision_recall("run", 0.9)
    assert curve.to_dict("list") == {
        "recall": [0.5, 0.5],
        "precision": [1.0, 0.5],
        "score": [0.8, 0.2],
    }
    assert results.matches.tolist() == [[0, -1], [-1, -1], [2, 2]]
    assert results.mAP[0.9] == 0.25
    for text in ("activitynet", "average mAP 0.3750", "jump", "0.9", "0.2500"):
        assert text in results.summary()
    with pytest.raises(KeyError, match="swim"):
        results.precision_recall("swim", 0.5)
    with pytest.raises(KeyError):
        results.precision_recall("run", 0.7)


def test_default_thresholds_can_be_named_as_they_are_written():
    truth, detections = truth_of(("v", "run", 0, 4)), found(("v", "run", 0, 4, 1))
    results = evaluate_detections(truth, detections)
    assert results.tiou == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
    assert len(results.precision_recall("run", 0.9)) == 1
    assert list(results.to_json()["mAP"])[:2] == ["0.5", "0.55"]


def test_bad_requests():
    truth, detections = truth_of(("v", "run", 0, 4)), found(("v", "run", 0, 4, 1))
    with pytest.raises(ValueError, match="'coco' is unknown; choose from activitynet, thumos14"):
        evaluate_detections(truth, detections, "coco")
    for tiou, message in [
        ([], "at least one"),
        ([0.0], "0 is not above 0"),
        ([1.5], "1.5 is not"),
        ([float("nan")], "nan is not"),
        ([0.5, 0.5], "twice"),
        (["0.5"], "'0.5' is not a number"),
        ([True], "True is not a number"),
    ]:
        with pytest.raises(ValueError, match=message):
            evaluate_detections(truth, detections, tiou=tiou)
    with pytest.raises(ValueError, match="no instance"):
        evaluate_detections(truth[:0], detections)
    with pytest.raises(ValueError, match="no instance"):
        evaluate_detections(truth.assign(label="Ambiguous"), detections, "thumos14")
    with pytest.raises(ValueError, match="score is missing"):
        evaluate_detections(truth, truth)


# Against a slow and obvious reference. Few different numbers, so that ties abound.

videos, labels = st.sampled_from(["u", "v", "w"]), st.sampled_from(["run", "jump", "Ambiguous"])
spans = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted).map(tuple)
truth_rows = st.lists(st.tuples(videos, labels, spans), min_size=1, max_size=12)
scores = st.sampled_from([0.1, 0.5, 0.9])
detection_rows = st.lists(st.tuples(videos, labels, spans, scores), max_size=15)


def tiou_of(one, two, undefined=0):
    shared = max(0, min(one[1], two[1]) - max(one[0], two[0]))
    union = (one[1] - one[0]) + (two[1] - two[0]) - shared
    return shared / union if union else undefined


def reference_ap(truths, detections, label, threshold, protocol):
    """AP of one label, and which truth each detection found."""
    goal = [number for number, row in enumerate(truths) if row[1] == label]
    ranked = [number for number, row in enumerate(detections) if row[1] == label]
    ranked.sort(key=lambda number: (-detections[number][3], detections[number][0], number))
    match = {}
    if protocol == "activitynet":
        for d in ranked:
            best, best_tiou = None, threshold
            for t in goal:
                value = tiou_of(detections[d][2], truths[t][2], math.inf)
                free = t not in match.values() and truths[t][0] == detections[d][0]
                if free and (value > best_tiou or (best is None and value == best_tiou)):
                    best, best_tiou = t, value
            if best is not None:
                match[d] = best
    else:
        for t in goal:
            best, best_tiou = None, threshold
            for d in ranked:
                value = tiou_of(detections[d][2], truths[t][2])
                if d not in match and truths[t][0] == detections[d][0] and value > best_tiou:
                    best, best_tiou = d, value
            if best is not None:
                match[best] = t
        grey = [row for row in truths if row[1] == "Ambiguous"]
        ranked = [
            d
            for d in ranked
            if d in match
            or not any(
                row[0] == detections[d][0] and tiou_of(row[2], detections[d][2]) > 0 for row in grey
            )
        ]
    points = [(0.0, 0.0)]  # recall, precision
    right = 0
    total = 0.0
    for seen, d in enumerate(ranked, start=1):
        right += d in match
        points.append((right / len(goal), right / seen))
        if d in match:
            total += right / seen / len(goal)
    if protocol == "activitynet":
        total = 0.0
        for number, (before, after) in enumerate(pairwise(points), start=1):
            total += (after[0] - before[0]) * max(precision for _, precision in points[number:])
    return total, match


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(truths=truth_rows, detections=detection_rows)
def test_reference(protocol, truths, detections):
    classes = sorted({row[1] for row in truths} - {"Ambiguous"})
    truth = truth_of(*((video, label, *span) for video, label, span in truths))
    table = found(*((video, label, *span, score) for video, label, span, score in detections))
    if not classes:
        with pytest.raises(ValueError, match="no instance"):
            evaluate_detections(truth, table, protocol)
        return
    # 1/2 and 1/3 occur exactly among the tIoUs.
    thresholds = [0.2, 1 / 3, 0.5, 1.0]
    results = evaluate_detections(truth, table, protocol, thresholds)
    assert results.labels == classes
    for column, threshold in enumerate(thresholds):
        matches = {}
        for label in classes:
            value, match = reference_ap(truths, detections, label, threshold, protocol)
            assert results.AP.loc[label].iloc[column] == pytest.approx(value, abs=1e-12)
            matches |= match
            curve = results.precision_recall(label, results.tiou[column])
            assert (np.diff(curve["recall"]) >= 0).all()
        expected = [matches.get(number, -1) for number in range(len(detections))]
        assert results.matches[:, column].tolist() == expected


# Against ActivityNet's rule as its toolkit carries it out: numpy's 0/0, an ascending sort turned
# round, a stop at the first truth below the threshold, a lock on what is taken.


def official_rule(truth, found, threshold):
    """Row of the truth that each detection takes, -1 for none."""
    lock, match = set(), [-1] * len(found)
    for d in np.argsort(-found["score"].to_numpy()):
        one = found.iloc[d]
        own = (truth["video"] == one["video"]) & (truth["label"] == one["label"])
        rows = np.flatnonzero(own)[::-1]  # so that the earlier of two equals ends up first
        start, end = truth["start"].to_numpy(float)[rows], truth["end"].to_numpy(float)[rows]
        shared = (np.minimum(end, one["end"]) - np.maximum(start, one["start"])).clip(0)
        with np.errstate(invalid="ignore"):
            tiou = shared / ((end - start) + (one["end"] - one["start"]) - shared)
        for place in np.argsort(tiou, kind="stable")[::-1]:
            if tiou[place] < threshold:
                break
            if rows[place] not in lock:
                lock.add(rows[place])
                match[d] = rows[place]
                break
    return match


points = st.integers(0, 6).map(lambda moment: (moment, moment))
few = st.sampled_from(["v", "w"])


@given(
    st.lists(st.tuples(few, few, st.one_of(spans, points)), min_size=1, max_size=10),
    st.lists(st.tuples(few, few, st.one_of(spans, points)), max_size=12),
    st.randoms(use_true_random=False),
)
def test_official_rule_with_and_without_length(truths, boxes, random):
    truth = truth_of(*((video, label, *span) for video, label, span in truths))
    order = random.sample(range(len(boxes)), len(boxes))  # scores all different
    detections = found(*((v, label, *span, score) for (v, label, span), score in zip(boxes, order)))
    thresholds = [0.2, 0.5, 1.0]
    results = evaluate_detections(truth, detections, "activitynet", thresholds)
    for column, threshold in enumerate(thresholds):
        assert results.matches[:, column].tolist() == official_rule(truth, detections, threshold)


pairs = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from([0.5, 0.6, 0.7])),
    unique_by=lambda pair: pair[:2],
)


@given(pairs)
def test_asking_in_rounds_is_taking_turns(pairs):
    taken, expected = set(), []
    for turn in range(6):
        own = [pair for pair in pairs if pair[0] == turn and pair[1] not in taken]
        if own:
            best = min(own, key=lambda pair: (-pair[2], pair[1]))
            taken.add(best[1])
            expected.append(best)
    columns = [np.array(column) for column in zip(*pairs)] or [np.zeros(0, int)] * 3
    assert [pairs[index] for index in pick_in_turn(*columns)] == expected


@pytest.mark.parametrize("at_once", [1, 2, 7, 1_000_000])
def test_overlapping_pairs_do_not_depend_on_the_portion(at_once):
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 30), rng.integers(0, 6, 20)
    x, y = (np.sort(rng.uniform(0, 5, (len(group), 2)), axis=1) for group in (a, b))
    one, two, tiou = overlapping_pairs(a, x, b, y, 0.3, at_once=at_once)
    expected = {
        (i, j): tiou_of(x[i], y[j])
        for i in range(30)
        for j in range(20)
        if a[i] == b[j] and tiou_of(x[i], y[j]) >= 0.3
    }
    assert dict(zip(zip(one.tolist(), two.tolist()), tiou)) == pytest.approx(expected)
    assert (np.diff(one) >= 0).all()
    empty = overlapping_pairs(a[:0], x[:0], b, y, 0.3)
    assert [len(part) for part in empty] == [0, 0, 0]


def test_result_does_not_depend_on_row_order_without_ties():
    rng = np.random.default_rng(0)
    truth = read_truth(published_data(f"{SCNN}/ground_truth.csv"))
    detections = read_detections(published_data(f"{SCNN}/detections_iou0.5.csv.gz"))
    detections["score"] = rng.permutation(len(detections)) / len(detections)
    shuffled = detections.sample(frac=1, random_state=0)
    for protocol in PROTOCOLS:
        one = evaluate_detections(truth, detections, protocol)
        two = evaluate_detections(truth, shuffled, protocol)
        pd.testing.assert_frame_equal(one.AP, two.AP)
