"""Operating points: by hand, and against the slow way, which evaluates at every score anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.evaluation import evaluate_detections, operating_point
from gtan.evaluation import operating as module
from gtan.evaluation.operating import OperatingPoint, given_score, read_at

COLUMNS = ["video", "label", "start", "end"]


def truth_of(**actions: int) -> pd.DataFrame:
    """So many actions of each label, 10 seconds apart, 4 long, in recording v."""
    rows = [("v", label, 10.0 * n, 10.0 * n + 4) for label, count in actions.items()
            for n in range(count)]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def found(*rows: tuple[str, int | None, float]) -> pd.DataFrame:
    """Detections (label, which action or None for a false one, score)."""
    table = [
        ("v", label, *((10.0 * n, 10.0 * n + 4) if n is not None else (5.0, 6.0)), score)
        for label, n, score in rows
    ]
    return pd.DataFrame(table, columns=[*COLUMNS, "score"])


def choose(truth: Any, detections: pd.DataFrame, at: str, protocol: str = "activitynet") -> Any:
    return operating_point(evaluate_detections(truth, detections, protocol, [0.5]), at)


FOUR = (("run", 0, 0.9), ("run", None, 0.8), ("run", 1, 0.7), ("run", None, 0.6), ("run", 2, 0.5),
        ("run", None, 0.4))  # fmt: skip


# After each detection: precision 1, 1/2, 2/3, 1/2, 3/5, 1/2; recall 1/4, 1/4, 2/4, 2/4, 3/4, 3/4;
# f1 2/5, 2/6, 4/7, 4/8, 6/9, 6/10.
@pytest.mark.parametrize(
    ("at", "score", "precision", "recall"),
    [
        ("f1", 0.5, 3 / 5, 3 / 4),
        ("precision=0.9", 0.9, 1, 1 / 4),
        ("precision=0.66", 0.7, 2 / 3, 2 / 4),
        ("precision=0.5", 0.5, 3 / 5, 3 / 4),  # 0.4 recalls no more, and less of it is right
        ("recall=0.2", 0.9, 1, 1 / 4),
        ("recall=0.3", 0.7, 2 / 3, 2 / 4),
        ("recall=0.75", 0.5, 3 / 5, 3 / 4),
        ("recall=0.8", 0.5, 3 / 5, 3 / 4),  # out of reach: the best there is
    ],
)
def test_by_hand(
    at: str, score: float, precision: float, recall: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = choose(truth_of(run=4), found(*FOUR), at)
    assert (point.common, point.precision, point.recall) == (score, precision, recall)
    assert point.table.loc["run", ["score", "own", "actions"]].tolist() == [score, False, 4]
    assert len(point.kept(found(*FOUR))) == round((1 - score) * 10)
    assert ("out of reach" in str(point)) == (at == "recall=0.8")
    monkeypatch.setattr(module, "ENOUGH", 4)
    alone = choose(truth_of(run=4), found(*FOUR), at)
    assert alone.table.loc["run", ["score", "own"]].tolist() == [score, True]


def test_labels_with_enough_actions_have_a_score_of_their_own() -> None:
    """run's scores are low and right; jump has two actions, and shares what all have."""
    truth = truth_of(run=10, jump=2, lie=10)
    detections = found(
        *(("run", n, 0.3) for n in range(10)), ("run", None, 0.2),
        ("jump", 0, 0.8), ("jump", None, 0.6), ("sit", None, 0.7), ("lie", None, 0.95),
    )  # fmt: skip
    point = choose(truth, detections, "precision=0.75")
    # Of all: 0.95 wrong; 0.8 right 1/2; 0.7 wrong 1/3; 0.6 wrong 1/4; 0.3 right 11/14; 0.2 11/15.
    assert point.common == 0.3
    assert point.table["own"].to_dict() == {"jump": False, "lie": False, "run": True}
    assert point.table["score"].tolist() == [0.3, 0.3, 0.3]
    assert point.table["precision"].tolist() == [0.5, 0.0, 1.0]
    assert point.kept(detections)["label"].value_counts().to_dict() == {
        "run": 10, "jump": 2, "sit": 1, "lie": 1,
    }  # fmt: skip
    assert point.precision == 11 / 14 and point.recall == 11 / 22
    strict = choose(truth, detections, "precision=0.99")
    assert strict.table.loc["run", "score"] == 0.3 and strict.table.loc["run", "reached"] == 1
    assert "out of reach; the best there is: 0.79 for all labels together" in str(strict)
    assert "1 labels have their own, 0.3 for the others" in str(strict)


def test_equal_scores_are_kept_or_left_together() -> None:
    detections = found(("run", 0, 0.5), ("run", None, 0.5), ("run", 1, 0.5))
    point = choose(truth_of(run=2), detections, "precision=0.9")
    assert (point.common, point.precision, point.recall) == (0.5, 2 / 3, 1)


def test_nothing_detected_nothing_right() -> None:
    nothing = choose(truth_of(run=20), found(), "f1")
    assert nothing.common == 0 and np.isnan(nothing.precision) and nothing.recall == 0
    wrong = choose(truth_of(run=20), found(("run", None, 0.5), ("run", None, 0.4)), "f1")
    assert (wrong.common, wrong.precision, wrong.recall) == (0.5, 0, 0)
    assert str(nothing) and str(wrong)


def test_ambiguous_intervals_count_neither_way() -> None:
    truth = pd.concat([truth_of(run=1), pd.DataFrame([("v", "Ambiguous", 4, 7)], columns=COLUMNS)])
    detections = found(("run", None, 0.9), ("run", 0, 0.5))
    assert choose(truth, detections, "f1", "thumos14").precision == 1
    assert choose(truth, detections, "f1").precision == 0.5


def test_what_can_be_written() -> None:
    assert read_at("score=0") == ("score", 0.0) and read_at("precision=1") == ("precision", 1.0)
    detections = found(*FOUR)
    given = given_score("score=0.6")
    assert isinstance(given, OperatingPoint) and len(given.kept(detections)) == 4
    assert str(given) == "score at or above 0.6" and given_score("recall=0.5") is None
    whole = given_score("all")
    assert whole is not None and whole.kept(detections).equals(detections)
    assert str(whole) == "all detections"
    assert repr(given) and given._repr_html_() and given.least == 0.6
    for wrong in ("", "best", "precision", "precision=", "precision=1_0", "precision=0", "f1=0.5",
                  "recall=1.5", "score=-1", "precision=nan", 0.5):  # fmt: skip
        with pytest.raises(ValueError, match="operating point"):
            read_at(wrong)  # type: ignore[arg-type]


labels = st.sampled_from(["run", "jump"])
places = st.integers(0, 6)
detected = st.tuples(labels, st.one_of(st.none(), places), st.integers(1, 9).map(lambda n: n / 10))


@given(
    st.dictionaries(labels, st.integers(1, 6), min_size=1),
    st.lists(detected, max_size=14),
    st.sampled_from(["f1", "precision=0.5", "precision=0.8", "recall=0.4", "recall=1"]),
    st.sampled_from([1, 4, 99]),
)
def test_as_the_slow_way(actions: dict[str, int], rows: list[Any], at: str, enough: int) -> None:
    truth, detections = truth_of(**actions), found(*rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ENOUGH", enough)
        point = choose(truth, detections, at)
    # What it says of itself is what an evaluation of what is kept finds.
    precision, recall = figures(truth, point.kept(detections))
    np.testing.assert_allclose([point.precision, point.recall], [precision, recall])
    measure, target = read_at(at)
    for label, row in point.table.iterrows():
        mine = detections["label"] == label
        of_it = truth[truth["label"] == label]
        kept = detections[mine & (detections["score"] >= row["score"])]
        np.testing.assert_allclose([row["precision"], row["recall"]], figures(of_it, kept))
        scope = (of_it, detections[mine]) if row["own"] else (truth, detections)
        assert row["own"] <= (len(of_it) >= enough)
        if not scope[1].empty:
            slow = [(*measured(*scope, score, measure), score) for score in set(scope[1]["score"])]
            most = max(value for value, _, _ in slow)
            good = [one for one in slow if one[0] >= min(target, most)]
            value, _, score = max(good, key=lambda one: (one[1], one[0], one[2]))
            assert (row["reached"], row["score"]) == (pytest.approx(value), score)


def figures(truth: pd.DataFrame, kept: pd.DataFrame) -> tuple[float, float]:
    hits = int((evaluate_detections(truth, kept, tiou=[0.5]).matches >= 0).sum())
    return hits / len(kept) if len(kept) else np.nan, hits / len(truth)


def measured(
    truth: pd.DataFrame, detections: pd.DataFrame, score: float, measure: str
) -> tuple[float, float]:
    """What is asked for at or above a score, and what decides between equals."""
    kept = detections[detections["score"] >= score]
    precision, recall = figures(truth, kept)
    hits = recall * len(truth)
    f1 = 2 * hits / (len(kept) + len(truth))
    value = {"precision": precision, "recall": recall, "f1": f1}[measure]
    return round(value, 12), round(recall if measure == "precision" else precision, 12)
