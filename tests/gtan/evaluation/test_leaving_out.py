"""Average precision without each recording: against leaving it out, and how the work grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.evaluation import leaving_out
from gtan.evaluation.leaving_out import without_each
from gtan.evaluation.precision import average_precision


def left_out(
    hit: Any, counts: Any, video: Any, positives: Any, interpolate: bool
) -> list[float]:  # the slow and obvious way
    found = []
    for number, left in enumerate(positives):
        kept = counts & (video != number)
        value = average_precision(
            hit[kept], np.ones((1, kept.sum()), int), np.array([left]), interpolate
        )
        found.append(value[0])
    return found


detection = st.tuples(st.sampled_from(["hit", "hit", "false", "ignored"]), st.integers(0, 5))


# Where many recordings share few pairs they are worked out together, else one by one.
@given(st.lists(detection, max_size=40), st.sampled_from([6, 2_000]), st.booleans())
def test_as_if_the_recording_had_never_been(
    ranking: list[Any], videos: int, interpolate: bool
) -> None:
    hit = np.array([kind == "hit" for kind, _ in ranking], bool)
    counts = np.array([kind != "ignored" for kind, _ in ranking], bool)
    video = np.array([number for _, number in ranking], np.int64)
    own = np.bincount(video[hit], minlength=videos)
    positives = hit.sum() - own + np.arange(videos) % 2
    found = without_each(hit, counts, video, positives, interpolate)
    expected = left_out(hit, counts, video, positives[:7], interpolate)
    np.testing.assert_allclose(found[:7], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("interpolate", [True, False])
def test_twice_the_recordings_are_twice_the_work(
    monkeypatch: pytest.MonkeyPatch, interpolate: bool
) -> None:
    numbers: list[int] = []
    precision = leaving_out._precision

    def counted(*arguments: Any) -> Any:
        rows = precision(*arguments)
        numbers.append(rows.size)
        return rows

    monkeypatch.setattr(leaving_out, "_precision", counted)
    work = []
    for videos in (1_000, 2_000, 4_000):
        rng = np.random.default_rng(0)
        video = rng.permutation(np.repeat(np.arange(videos), 4))
        hit = np.arange(4 * videos) % 4 == 0
        numbers.clear()
        without_each(hit, np.ones(len(hit), bool), video, np.full(videos, videos), interpolate)
        work.append(sum(numbers))
    assert work[2] <= 2.2 * work[1] <= 2.2**2 * work[0]


@pytest.mark.parametrize("interpolate", [True, False])
def test_long_rankings_to_the_last_digits(interpolate: bool) -> None:
    rng = np.random.default_rng(1)
    video = rng.integers(0, 500, 4_000)
    hit = rng.random(4_000) < np.linspace(0.9, 0.1, 4_000)
    counts = hit | (rng.random(4_000) < 0.9)
    positives = np.full(500, 3_000)
    found = without_each(hit, counts, video, positives, interpolate)
    expected = left_out(hit, counts, video, positives[:40], interpolate)
    np.testing.assert_allclose(found[:40], expected, rtol=1e-13)
