"""Segmental F1, edit and frame accuracy, against hand-worked examples and an obvious reference."""

from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.evaluation.segmentation import evaluate_segmentation, frame_labels

LABELS = ["background", "a", "b", "c"]
sequences = st.lists(st.sampled_from(LABELS), min_size=1, max_size=25)


def test_by_hand():
    truth = ["background"] * 2 + ["a"] * 4 + ["b"] * 4
    found = ["a"] * 2 + ["b"] * 2 + ["a"] * 2 + ["b"] * 4
    # Segments found: a (0-2), b (2-4), a (4-6), b (6-10). True: a (2-6), b (6-10). The first a
    # meets no true a; the second covers half of it; the first b meets none, the last is exact.
    made = evaluate_segmentation({"v": truth}, {"v": found}, (0.1, 0.5, 0.6))
    assert made.f1[0.1] == made.f1[0.5] == pytest.approx(100 * 2 * 2 / (4 + 2))
    assert made.f1[0.6] == pytest.approx(100 * 2 * 1 / (4 + 2))
    assert made.edit == pytest.approx(100 * (1 - 2 / 4))  # a b from a b a b: two deletions
    assert made.accuracy == pytest.approx(60.0)


def test_a_true_segment_is_found_once():
    made = evaluate_segmentation({"v": ["a"] * 6}, {"v": [*"aabaaa"]}, (0.1,))
    assert made.f1[0.1] == pytest.approx(100 * 2 * 1 / (3 + 1))  # hits 1, of 3 found and 1 true


def test_counts_of_all_recordings_are_added_but_edit_is_their_mean():
    truth = {"v": ["a", "a"], "w": ["a", "b", "c", "a"]}
    found = {"v": ["a", "a"], "w": ["b", "b", "b", "b"]}
    made = evaluate_segmentation(truth, found, (0.25,))
    assert made.f1[0.25] == pytest.approx(100 * 2 * 2 / (2 + 5))
    assert made.edit == pytest.approx((100 + 25) / 2)


@given(st.data(), sequences)
def test_edit_is_the_levenshtein_distance(data, truth):
    found = data.draw(st.lists(st.sampled_from(LABELS), min_size=len(truth), max_size=len(truth)))

    def segments(labels):
        kept = [label for at, label in enumerate(labels) if at == 0 or labels[at - 1] != label]
        return [label for label in kept if label != "background"]

    one, two = segments(truth), segments(found)

    @cache
    def distance(i, j):
        if 0 in (i, j):
            return i + j
        swap = distance(i - 1, j - 1) + (one[i - 1] != two[j - 1])
        return min(swap, distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    longer = max(len(one), len(two))
    expected = 100 * (1 - distance(len(one), len(two)) / longer) if longer else 100
    made = evaluate_segmentation({"v": truth}, {"v": found})
    assert made.edit == pytest.approx(expected)
    assert made.f1[0.1] >= made.f1[0.25] >= made.f1[0.5]


@given(sequences)
def test_the_truth_itself_is_perfect(labels):
    made = evaluate_segmentation({"v": labels}, {"v": labels})
    assert set(made.f1.values()) == {100.0} and made.edit == made.accuracy == 100


def test_frames_take_the_best_detection_over_their_middle():
    found = pd.DataFrame(
        [("a", 0.0, 1.6, 0.5), ("b", 1.0, 3.0, 0.9), ("c", 2.0, 9.0, 0.1)],
        columns=["label", "start", "end", "score"],
    )
    # At 2 frames a second the middles are 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.25.
    assert frame_labels(found, 7, 2) == [*"aabbbbc"]
    assert frame_labels(found, 7, 2, least=0.4) == [*"aabbbb", "background"]
    assert frame_labels(found.iloc[:0], 2, 2, background="SIL") == ["SIL", "SIL"]


def test_truth_as_detections_gives_the_truth_back():
    rng = np.random.default_rng(0)
    labels = [str(label) for label in np.repeat(rng.choice(LABELS, 40), rng.integers(1, 9, 40))]
    edges = [0, *(np.flatnonzero(np.array(labels[1:]) != labels[:-1]) + 1), len(labels)]
    rows = [(labels[a], a / 3, b / 3, 0.5) for a, b in pairwise(edges)]
    found = pd.DataFrame(rows, columns=["label", "start", "end", "score"])
    assert frame_labels(found, len(labels), 3) == labels


def test_faults_are_named():
    with pytest.raises(ValueError, match="'w' is not in found"):
        evaluate_segmentation({"v": ["a"], "w": ["a"]}, {"v": ["a"]})
    with pytest.raises(ValueError, match="'w' is not in truth"):
        evaluate_segmentation({"v": ["a"]}, {"v": ["a"], "w": ["a"]})
    with pytest.raises(ValueError, match="'v': 2 frames found, 1 in the truth"):
        evaluate_segmentation({"v": ["a"]}, {"v": ["a", "a"]})
    with pytest.raises(ValueError, match="no recording"):
        evaluate_segmentation({}, {})
