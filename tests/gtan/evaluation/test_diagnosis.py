"""Diagnosis: worked by hand, and against a slow reference that reads like the definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtan.data.annotations import Annotations, read_detections, read_truth
from gtan.evaluation import DetectionResults, evaluate_detections
from gtan.evaluation.diagnosis import DETAD_EDGES, ERRORS, KINDS, NOT_JUDGED, diagnose
from tests.published import published_data

AUTOLOC = "oracles/activitynet12_autoloc"


def truth_of(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["video", "label", "start", "end"])


def found(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["video", "label", "start", "end", "score"])


# By hand.


def test_one_of_each_kind() -> None:
    truth = truth_of(("v", "run", 0, 10), ("v", "jump", 20, 30), ("v", "jump", 40, 50))
    detections = found(
        ("v", "run", 0, 10, 0.9),  # true positive
        ("v", "run", 1, 10, 0.8),  # double detection
        ("v", "run", 20, 30, 0.7),  # wrong label
        ("v", "run", 7, 12, 0.6),  # localization: 3 / 12
        ("v", "run", 27, 32, 0.5),  # confusion: 3 / 12
        ("v", "run", 60, 70, 0.4),  # background
        ("v", "run", 9.5, 12, 0.3),  # background: 0.5 / 12 is below 0.1
        ("w", "run", 0, 10, 0.2),  # background: nothing happens in w
        ("v", "walk", 0, 10, 0.9),  # a label without truth is not judged
    )
    diagnosis = diagnose(evaluate_detections(truth, detections, tiou=[0.5]))
    assert [KINDS[k] if k >= 0 else "" for k in diagnosis.kind[:, 0]] == [
        "true positive", "double detection", "wrong label", "localization", "confusion",
        "background", "background", "background", "",
    ]  # fmt: skip
    assert diagnosis.group.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 0]  # G is 1 for runs
    table = diagnosis.profile(0.5)
    assert table["background"].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 0, 0]
    assert table.to_numpy().sum() == 8
    # The truth of runs is found at once: nothing below it can matter.
    assert (diagnosis.gain.to_numpy() == 0).all()


def test_gain_and_mAP_N_by_hand() -> None:
    # Two labels with 1 and 3 instances: N = 2. The run comes second, behind a misplaced one:
    # normalised precision 2 * 1 / (2 * 1 + 1) = 2/3. No jump is found.
    truth = truth_of(
        ("v", "run", 0, 10), ("v", "jump", 0, 2), ("v", "jump", 4, 6), ("w", "jump", 0, 1)
    )
    detections = found(("v", "run", 8, 14, 0.9), ("v", "run", 0, 10, 0.8))
    diagnosis = diagnose(evaluate_detections(truth, detections, tiou=[0.5]))
    assert diagnosis.mAP_N[0.5] == pytest.approx((2 / 3 + 0) / 2)
    assert diagnosis.gain.loc["localization", 0.5] == pytest.approx((1 - 2 / 3) / 2)
    assert diagnosis.gain.drop(index="localization").to_numpy().max() == pytest.approx(0)
    assert diagnosis.instances["instances"].tolist() == [1, 2, 2, 1]
    everything = diagnosis.false_negatives.iloc[0]
    assert (everything["bucket"], everything["count"], everything["missed"]) == ("all", 4, 0.75)


def test_eleventh_group_is_not_judged() -> None:
    truth = truth_of(("v", "run", 0, 10))
    detections = found(*[("v", "run", 20, 30, 1 - n / 100) for n in range(12)])
    diagnosis = diagnose(evaluate_detections(truth, detections, tiou=[0.5]))
    assert diagnosis.group.tolist() == [*range(1, 11), 0, 0]
    assert diagnosis.kind[10:, 0].tolist() == [NOT_JUDGED] * 2


def test_what_is_found_among_too_much_noise_is_missed() -> None:
    truth = truth_of(("v", "run", 0, 10))
    for noise, missed in ((18, 0), (19, 1)):  # 1 / 19 is above 0.05, 1 / 20 is not
        boxes = [("v", "run", 20, 30, 0.9)] * noise + [("v", "run", 0, 10, 0.1)]
        diagnosis = diagnose(evaluate_detections(truth, found(*boxes), tiou=[0.5]))
        assert diagnosis.false_negatives["missed"][0] == missed


@pytest.mark.parametrize(
    ("protocol", "kinds"),
    [
        ("activitynet", ["true positive", "double detection", "wrong label"]),
        ("thumos14", ["background"] * 3),
    ],
)
def test_without_length_is_judged_as_it_is_matched(protocol: str, kinds: list[str]) -> None:
    truth = truth_of(("v", "run", 50, 50), ("w", "run", 9, 9), ("w", "jump", 0, 4))
    detections = found(("v", "run", 3, 3, 0.9), ("v", "run", 50, 50, 0.8), ("w", "jump", 4, 4, 0.7))
    diagnosis = diagnose(evaluate_detections(truth, detections, protocol, [0.3]))
    assert [KINDS[kind] for kind in diagnosis.kind[:, 0]] == kinds


def test_of_truths_overlapped_equally_the_own_label_counts() -> None:
    truth = truth_of(("v", "jump", 0, 10), ("v", "run", 0, 10))
    detections = found(("v", "run", 0, 10, 0.9), ("v", "run", 0, 10, 0.8))
    diagnosis = diagnose(evaluate_detections(truth, detections, tiou=[0.5]))
    assert KINDS[diagnosis.kind[1, 0]] == "double detection"


def test_what_thumos14_ignores_is_no_error() -> None:
    truth = truth_of(("v", "run", 0, 10), ("v", "Ambiguous", 20, 30))
    detections = found(
        ("v", "run", 20, 30, 0.9), ("v", "run", 0, 10, 0.8), ("v", "run", 5, 10, 0.7)
    )
    diagnosis = diagnose(evaluate_detections(truth, detections, "thumos14", [0.5]))
    assert diagnosis.kind[0, 0] == NOT_JUDGED
    assert KINDS[diagnosis.kind[2, 0]] == "localization"  # 0.5 is not above 0.5
    assert diagnosis.mAP_N[0.5] == 1
    assert diagnosis.instances["label"].tolist() == ["run"]


def test_buckets() -> None:
    instances = truth_of(*[("v", "run", 10 * n, 10 * n + n + 1) for n in range(5)])
    videos = pd.DataFrame({"video": ["v"], "duration": [50.0]})
    results = evaluate_detections(
        Annotations(instances, videos), found(("v", "run", 40, 45, 1.0)), tiou=[0.5]
    )
    diagnosis = diagnose(results, {"length": [2, 4], "coverage": [0.05]})
    assert diagnosis.instances["length bucket"].tolist() == [
        "≤ 2", "≤ 2", "2 to 4", "2 to 4", "> 4"
    ]  # fmt: skip
    np.testing.assert_allclose(diagnosis.instances["coverage"], [0.02, 0.04, 0.06, 0.08, 0.1])
    assert diagnosis.instances["coverage bucket"].tolist() == ["≤ 0.05"] * 2 + ["> 0.05"] * 3
    assert diagnosis.instances["instances bucket"].tolist() == ["any"] * 5  # all have 5
    table = diagnosis.false_negatives.set_index(["characteristic", "bucket"])
    assert table.loc[("length", "> 4"), "missed"] == 0
    assert table.loc[("length", "≤ 2"), "missed"] == 1
    assert diagnosis.missed("length", "2 to 4").index.tolist() == [2, 3]


def test_fifths_of_the_data_by_default() -> None:
    rows = truth_of(*[("v", "run", 100 * n, 100 * n + n + 1) for n in range(20)])
    diagnosis = diagnose(evaluate_detections(rows, rows.assign(score=1.0), tiou=[0.5]))
    table = diagnosis.false_negatives
    assert table[table["characteristic"] == "length"]["count"].tolist() == [4] * 5
    assert "coverage" not in set(table["characteristic"])  # no duration, no coverage
    with pytest.raises(KeyError, match="not among length, instances"):
        diagnosis.missed("coverage", "≤ 1")


def test_bars_lead_to_their_rows() -> None:
    truth = truth_of(("v", "run", 0, 10), ("w", "run", 0, 10))
    detections = found(
        ("v", "run", 8, 14, 0.5), ("w", "run", 5, 12, 0.9), ("w", "run", 80, 90, 0.8)
    )
    diagnosis = diagnose(evaluate_detections(truth, detections, tiou=[0.5, 0.9]))
    rows = diagnosis.detections_of("localization")
    assert rows.index.tolist() == [1, 0] and rows["truth_end"].tolist() == [10, 10]
    assert diagnosis.detections_of("localization", group=2).index.tolist() == [0]
    background = diagnosis.detections_of("background", tiou=0.9)
    assert background["video"].tolist() == ["w"] and background["truth_label"].isna().all()
    with pytest.raises(KeyError, match="choose from true positive"):
        diagnosis.detections_of("noise")
    with pytest.raises(KeyError, match=r"0\.7 is not among"):
        diagnosis.profile(0.7)
    with pytest.raises(KeyError, match="no bucket"):
        diagnosis.missed("length", "> 9")


@pytest.mark.parametrize(
    ("edges", "message"),
    [({"size": [1]}, "'size' is unknown"), ({"length": [2, 1]}, "do not ascend")],
)
def test_bad_edges(edges: dict[str, Any], message: str) -> None:
    truth = truth_of(("v", "run", 0, 10))
    with pytest.raises(ValueError, match=message):
        diagnose(evaluate_detections(truth, truth.assign(score=1.0)), edges)


def test_no_detection_and_no_luck() -> None:
    truth = truth_of(("v", "run", 0, 10))
    empty = diagnose(evaluate_detections(truth, found(), tiou=[0.5]))
    assert empty.profile().to_numpy().sum() == 0 and empty.mAP_N[0.5] == 0
    assert empty.false_negatives["missed"].tolist() == [1] * 3
    assert "mAP_N 0.0000" in empty.summary()


# Against the definitions, one detection at a time.


def tiou_of(a: Any, b: Any) -> float:
    both = min(a["end"], b["end"]) - max(a["start"], b["start"])
    if both <= 0:
        return 0.0
    return float(both / (a["end"] - a["start"] + b["end"] - b["start"] - both))


def reference_kind(results: DetectionResults, row: int, column: int) -> str:
    detection = results.detections.iloc[row]
    if results.matches[row, column] >= 0:
        return "true positive"
    best, label = 0.0, None
    for _, truth in results.truth.instances.iterrows():
        if truth["video"] != detection["video"] or truth["label"] == "Ambiguous":
            continue
        overlap = tiou_of(detection, truth)
        if overlap > best or (overlap == best > 0 and truth["label"] == detection["label"]):
            best, label = overlap, truth["label"]
    tiou = results.tiou[column]
    at = best > tiou if results.protocol == "thumos14" else best >= tiou
    if at:
        return "double detection" if label == detection["label"] else "wrong label"
    if best >= 0.1:
        return "localization" if label == detection["label"] else "confusion"
    return "background"


def reference_ap(
    results: DetectionResults, rows: list[int], column: int, truths: set[int]
) -> float:
    """Interpolated AP with normalised precision of a ranking that is to find some truths."""
    counted = results.truth.instances["label"] != "Ambiguous"
    mean = counted.sum() / results.truth.instances["label"][counted].nunique()
    points, hits, misses = [], 0, 0
    for row in rows:
        match = results.matches[row, column]
        if match >= 0 and match not in truths:
            continue
        if match < 0 and results.ambiguous[row]:
            continue
        hits, misses = hits + (match >= 0), misses + (match < 0)
        recall = hits / len(truths)
        points.append((recall, mean * recall / max(mean * recall + misses, 1e-300), match >= 0))
    return sum(
        max(p for r, p, _ in points[at:]) / len(truths)
        for at, (_, _, hit) in enumerate(points)
        if hit
    )


def reference_found(results: DetectionResults, column: int) -> set[int]:
    """Instances found while normalised precision is above 0.05."""
    instances = results.truth.instances
    counted = instances["label"] != "Ambiguous"
    mean = counted.sum() / instances["label"][counted].nunique()
    found = set()
    for label in results.labels:
        hits, misses, size = 0, 0, (instances["label"] == label).sum()
        for row in results.ranking:
            if results.detections["label"][row] != label:
                continue
            match = results.matches[row, column]
            if match < 0 and results.ambiguous[row]:
                continue
            hits, misses = hits + (match >= 0), misses + (match < 0)
            scaled = mean * hits / size
            if match >= 0 and scaled / (scaled + misses) > 0.05:
                found.add(int(match))
    return found


def reference(results: DetectionResults) -> dict[str, Any]:
    instances = results.truth.instances
    mean_AP = np.zeros(len(results.tiou))
    gains = {error: np.zeros(len(results.tiou)) for error in ERRORS}
    kinds: dict[tuple[int, int], str] = {}
    everything: dict[tuple[str, int], float] = {}
    for label in results.labels:
        truths = set(np.flatnonzero(instances["label"] == label))
        rows = [r for r in results.ranking if results.detections["label"][r] == label]
        judged = rows[: 10 * len(truths)]
        for column in range(len(results.tiou)):
            ignored = {r for r in rows if results.ambiguous[r] and results.matches[r, column] < 0}
            kinds |= {
                (r, column): reference_kind(results, r, column) for r in judged if r not in ignored
            }
            value = reference_ap(results, judged, column, truths)
            mean_AP[column] += value / len(results.labels)
            everything[label, column] = reference_ap(results, rows, column, truths)
            for error in ERRORS:
                left = [r for r in judged if kinds.get((r, column)) != error]
                without = reference_ap(results, left, column, truths)
                gains[error][column] += (without - value) / len(results.labels)
    return {"kinds": kinds, "mAP_N": mean_AP, "gain": gains}


moments = st.integers(0, 12)


@st.composite
def tables(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    def intervals(count: int, labels: list[str]) -> list[Any]:
        rows = []
        for _ in range(count):
            start = draw(moments)
            row = (draw(st.sampled_from("vw")), draw(st.sampled_from(labels)), start)
            rows.append((*row, start + draw(st.integers(1, 8))))
        return rows

    truth = truth_of(*intervals(draw(st.integers(1, 5)), ["run", "jump", "Ambiguous"]))
    rows = intervals(draw(st.integers(0, 14)), ["run", "jump"])
    detections = found(*[(*row, draw(st.integers(0, 9)) / 10) for row in rows])
    return truth, detections


@settings(max_examples=60)
@given(tables(), st.sampled_from(["activitynet", "thumos14"]))
def test_against_the_slow_reference(both: tuple[pd.DataFrame, pd.DataFrame], protocol: str) -> None:
    truth, detections = both
    if not (truth["label"] != "Ambiguous").any():
        return
    results = evaluate_detections(truth, detections, protocol, [0.3, 0.5])
    diagnosis, expected = diagnose(results), reference(results)
    got = {
        (int(row), int(column)): KINDS[diagnosis.kind[row, column]]
        for row, column in zip(*np.nonzero(diagnosis.kind != NOT_JUDGED))
    }
    assert got == expected["kinds"]
    np.testing.assert_allclose(diagnosis.mAP_N, expected["mAP_N"], atol=1e-12)
    for error in ERRORS:
        np.testing.assert_allclose(diagnosis.gain.loc[error], expected["gain"][error], atol=1e-12)
    for column, tiou in enumerate(results.tiou):
        there = diagnosis.found.index[diagnosis.found[tiou]]
        assert set(there) == reference_found(results, column)
    for _, part in diagnosis.sensitivity.iterrows():
        inside = diagnosis.instances
        if part["characteristic"] != "all":
            inside = inside[inside[f"{part['characteristic']} bucket"] == part["bucket"]]
        values = []
        for column in range(2):
            by_label = [
                reference_ap(
                    results,
                    [r for r in results.ranking if detections["label"][r] == label],
                    column,
                    set(mine.index),
                )
                for label, mine in inside.groupby("label")
            ]
            values.append(np.mean(by_label))
        assert part["mAP_N"] == pytest.approx(np.mean(values), abs=1e-12)


# On published detections.


def test_published_detections_add_up() -> None:
    truth = read_truth(published_data(f"{AUTOLOC}/ground_truth.json.gz"), "validation")
    detections = read_detections(published_data(f"{AUTOLOC}/detections.json.gz"))
    results = evaluate_detections(truth, detections)
    diagnosis = diagnose(results, DETAD_EDGES["activitynet"])
    for tiou in results.tiou:
        table = diagnosis.profile(tiou)
        assert table.to_numpy().sum() == (diagnosis.group > 0).sum()
    # Stricter thresholds turn true positives into misplaced ones, never into background.
    assert diagnosis.profile(0.5)["background"].sum() == diagnosis.profile(0.95)["background"].sum()
    assert (diagnosis.gain.to_numpy() >= -1e-12).all()
    table = diagnosis.false_negatives
    for name in ("length", "coverage", "instances"):
        part = table[table["characteristic"] == name]
        assert part["count"].sum() == len(diagnosis.instances)
        weighted = (part["missed"] * part["count"]).sum() / part["count"].sum()
        assert weighted == pytest.approx(table["missed"].iloc[0])
    assert table["bucket"].tolist()[1:6] == ["≤ 30", "30 to 60", "60 to 120", "120 to 180", "> 180"]
