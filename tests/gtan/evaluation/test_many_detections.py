"""Many detections: in portions as at once, names looked at once, and never all pairs held."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gtan.data import interval_tables
from gtan.evaluation import detection, diagnose, diagnosis, evaluate_detections, matching, overlap

PROTOCOLS = ("activitynet", "thumos14")


def tables(categorical: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)

    def rows(count: int) -> pd.DataFrame:
        start = rng.integers(0, 20, count)
        frame = pd.DataFrame(
            {
                "video": rng.choice(["u", "v", "w"], count),
                "label": rng.choice(["run", "jump", "Ambiguous"], count, p=[0.5, 0.4, 0.1]),
                "start": start.astype(float),
                "end": start + rng.integers(0, 9, count).astype(float),
            }
        )
        return frame.astype({"video": "category", "label": "category"}) if categorical else frame

    return rows(60), rows(300).assign(score=rng.integers(0, 40, 300) / 40)


@pytest.mark.parametrize("at_once", [1, 7, 50])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_portions_do_not_change_the_result(
    monkeypatch: pytest.MonkeyPatch, protocol: str, at_once: int
) -> None:
    truth, found = tables()
    whole = evaluate_detections(truth, found, protocol, [0.1, 0.5, 0.7])
    judged = diagnose(whole)
    few = partial(overlap.pairs_in_portions, at_once=at_once)
    monkeypatch.setattr(overlap, "AT_ONCE", at_once)
    for module in (matching, detection, diagnosis):
        monkeypatch.setattr(module, "pairs_in_portions", few)
    parts = evaluate_detections(truth, found, protocol, [0.1, 0.5, 0.7])
    for name in ("ranking", "matches", "ambiguous"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    again = diagnose(parts)
    np.testing.assert_array_equal(again.closest, judged.closest)
    np.testing.assert_array_equal(again.kind, judged.kind)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_categories_are_names(protocol: str) -> None:
    one, other = (evaluate_detections(*tables(c), protocol) for c in (False, True))
    pd.testing.assert_frame_equal(one.AP, other.AP)
    np.testing.assert_array_equal(one.matches, other.matches)
    pd.testing.assert_frame_equal(one.detections, other.detections)


def test_each_name_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []

    def fault(name: Any) -> str:
        looked.append(name)
        return ""

    monkeypatch.setattr(interval_tables, "name_fault", fault)
    evaluate_detections(*tables())
    assert len(looked) == 2 * (3 + 3)  # names of recordings and labels, in two tables


@pytest.mark.parametrize("name", [None, float("nan"), 3, ["a"], ""])
def test_a_row_whose_name_is_none_is_named(name: Any) -> None:
    truth, found = tables()
    found["label"] = [*found["label"][:7], name, *found["label"][8:]]
    with pytest.raises(ValueError, match="detections: row 7: label is"):
        evaluate_detections(truth, found)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_of_equal_detections_never_all_pairs_are_held(
    monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    held: list[int] = []

    def seen(*given: Any, **options: Any) -> Any:
        for portion in overlap.pairs_in_portions(*given, **options, at_once=1_000):
            held.append(len(portion[0]))
            yield portion

    monkeypatch.setattr(matching, "pairs_in_portions", seen)
    truth = pd.DataFrame({"video": ["v"] * 20, "label": "run", "start": 0.0, "end": 10.0})
    found = pd.DataFrame({"video": ["v"] * 900, "label": "run", "start": 0.0, "end": 9.0})
    results = evaluate_detections(truth, found.assign(score=0.5), protocol, [0.5])
    assert (results.matches >= 0).sum() == 20
    assert sum(held) == 20 * 900 and max(held) <= 1_000
