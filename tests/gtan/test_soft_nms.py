import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.softnms import soft_nms


def tiou_of(one, two):
    shared = max(0.0, min(one[1], two[1]) - max(one[0], two[0]))
    union = (one[1] - one[0]) + (two[1] - two[0]) - shared
    return shared / union if union else 0.0


def reference(segments, scores, labels, threshold, decay, top_k, min_score):
    """Equation 11 to the letter."""
    scores, left, kept = list(scores), list(range(len(scores))), []
    while left and (top_k is None or len(kept) < top_k):
        best = max(left, key=lambda index: (scores[index], -index))
        if scores[best] < min_score:
            break
        kept.append((best, scores[best]))
        left.remove(best)
        for index in left:
            tiou = tiou_of(segments[index], segments[best])
            if labels[index] == labels[best] and tiou >= threshold:
                scores[index] *= np.exp(-(tiou**2) / decay)
    return kept


# Few different numbers, so that ties abound.
spans = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(sorted)
items = st.lists(
    st.tuples(spans, st.sampled_from([0.1, 0.5, 0.9, 1.0]), st.integers(-1, 2)), max_size=20
)


@given(
    items,
    st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
    st.sampled_from([1e-4, 0.3, 0.8]),
    st.sampled_from([None, 0, 1, 5, 100]),
    st.sampled_from([0.0, 0.2]),
)
def test_reference(items, threshold, decay, top_k, min_score):
    segments, scores, labels = ([item[part] for item in items] for part in range(3))
    kept, faded = soft_nms(
        np.array(segments, float).reshape(-1, 2),
        np.array(scores, float),
        np.array(labels, int),
        threshold,
        decay,
        top_k,
        min_score=min_score,
    )
    expected = reference(segments, scores, labels, threshold, decay, top_k, min_score)
    assert kept.tolist() == [index for index, _ in expected]
    assert faded.tolist() == pytest.approx([score for _, score in expected], rel=1e-12)
    assert kept.dtype == np.int64
    assert faded.dtype == np.float64
    assert (np.diff(faded) <= 0).all()


def test_by_hand():
    segments = np.array([[0, 4], [0, 3], [2, 4], [0, 4]])
    scores, labels = np.array([0.9, 0.8, 0.7, 0.6]), np.array([5, 5, 5, 7])
    kept, faded = soft_nms(segments, scores, labels, threshold=0.75, decay=0.8, top_k=None)
    # Only the second reaches 0.75 with the first; the third (1/2) and the other class stay.
    assert kept.tolist() == [0, 2, 3, 1]
    assert faded.tolist() == pytest.approx([0.9, 0.7, 0.6, 0.8 * np.exp(-(0.75**2) / 0.8)])


def test_inputs_are_left_alone_and_float32_is_computed_in_double():
    segments = np.array([[0, 4], [0, 3]], dtype=np.float32)
    scores, labels = np.array([0.9, 0.8], dtype=np.float32), np.array([0, 0])
    before = scores.copy()
    _, faded = soft_nms(segments, scores, labels, 0.5, 0.8, None)
    assert (scores == before).all()
    assert faded[1] == np.float64(scores[1]) * np.exp(-(0.75**2) / 0.8)


def test_nothing_in_nothing_out():
    kept, faded = soft_nms(np.zeros((0, 2)), np.zeros(0), np.zeros(0, int), 0.5, 0.8, 100)
    assert kept.shape == faded.shape == (0,)


def test_hostile_input():
    segments, scores, labels = np.array([[0.0, 1.0]] * 3), np.ones(3), np.zeros(3, int)
    with pytest.raises(ValueError, match="2 of 3 scores are NaN"):
        soft_nms(segments, np.array([np.nan, 1, np.inf]), labels, 0.5, 0.8, 1)
    with pytest.raises(ValueError, match="1 of 3 segments are NaN"):
        soft_nms(np.array([[0, np.nan], [0, 1], [0, 1]]), scores, labels, 0.5, 0.8, 1)
    with pytest.raises(ValueError, match="1 of 3 segments end before"):
        soft_nms(np.array([[2, 1], [0, 1], [0, 1]]), scores, labels, 0.5, 0.8, 1)
    with pytest.raises(ValueError, match="shapes do not fit"):
        soft_nms(segments, scores[:2], labels, 0.5, 0.8, 1)
    with pytest.raises(ValueError, match="threshold"):
        soft_nms(segments, scores, labels, 1.5, 0.8, 1)
    with pytest.raises(ValueError, match="decay"):
        soft_nms(segments, scores, labels, 0.5, 0.0, 1)
    with pytest.raises(ValueError, match="top_k"):
        soft_nms(segments, scores, labels, 0.5, 0.8, -1)


def test_a_pick_touches_only_what_it_can_overlap(monkeypatch):
    """Twice the segments, in twice the time, are twice the work."""
    touched = []
    minimum = np.minimum

    def counted(one, two):
        touched.append(len(one))
        return minimum(one, two)

    work = []
    for count in (400, 800, 1600):
        start = np.random.default_rng(0).uniform(0, count, count)
        segments = np.stack([start, start + 3], 1)
        scores = np.linspace(1, 0.5, count)
        with monkeypatch.context() as patch:
            patch.setattr(np, "minimum", counted)
            touched.clear()
            soft_nms(segments, scores, np.zeros(count, int), 0.2, 0.8, None)
        work.append(sum(touched))
    assert work[2] <= 2.2 * work[1] <= 2.2**2 * work[0]
