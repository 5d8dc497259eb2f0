"""Which truths a window shows, and what of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.data.windows import cut_truths

EDGE = st.integers(0, 20).map(float)


@given(st.lists(st.tuples(EDGE, st.integers(1, 9)), max_size=6), EDGE, st.integers(1, 12))
def test_against_one_truth_at_a_time(spans: list[tuple[float, int]], start: float, length: int):
    end = start + length
    segments = np.array([(begin, begin + width) for begin, width in spans], float).reshape(-1, 2)
    expected = []
    for row, (begin, finish) in enumerate(segments):
        low, high = max(begin, start), min(finish, end)
        if low < high:
            expected.append((row, low, high, (high - low) / (finish - begin)))
    rows, cut, shares = cut_truths(segments, start, end)
    assert list(zip(rows, *cut.T, shares)) == expected


def test_a_truth_that_only_touches_is_not_shown() -> None:
    rows, segments, shares = cut_truths(np.array([[0.0, 4.0], [9.0, 12.0], [3.0, 10.0]]), 4, 9)
    assert rows.tolist() == [2]
    assert segments.tolist() == [[4.0, 9.0]]
    assert shares.tolist() == pytest.approx([5 / 7])
