"""The paper's numbers stand beside ours only where data set and protocol are the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import gtan
from gtan.data.annotations import Annotations, read_detections, read_truth
from gtan.evaluation import (
    THUMOS14_TIOU,
    comparable,
    evaluate_detections,
    evaluate_proposals,
    published_beside,
    published_beside_proposals,
)
from gtan.evaluation.published import published
from tests.published import published_data

SCNN, AUTOLOC = "oracles/thumos14_scnn_c3d", "oracles/activitynet12_autoloc"
NOTHING = pd.DataFrame(columns=["video", "label", "start", "end", "score"])


@pytest.fixture(scope="module")
def thumos14() -> Annotations:
    return read_truth(published_data(f"{SCNN}/ground_truth.csv"))


def activitynet(videos: int, labels: int = 200) -> Annotations:
    names = [f"v_{number:011d}" for number in range(videos)]
    rows = pd.DataFrame({"video": names, "start": 0.0, "end": 9.0})
    rows.insert(1, "label", [f"label {number % labels}" for number in range(videos)])
    return Annotations(rows, pd.DataFrame({"video": names}))


def test_as_printed() -> None:
    table = published()
    assert table.groupby("table").size().to_dict() == {2: 12, 5: 78, 6: 41}
    assert not table.isna().any().any()
    assert not table.duplicated(["table", "subset", "metric", "tiou", "approach", "dataset"]).any()
    gtan_6 = table[(table["approach"] == "GTAN") & (table["table"] == 6)]
    assert gtan_6["percent"].tolist() == [52.61, 34.14, 8.91, 34.31, 35.54]
    assert table["percent"].between(0, 100).all()


def test_where_both_are_the_same(thumos14: Annotations) -> None:
    results = evaluate_detections(thumos14, NOTHING, "thumos14", [0.3, 0.5, 0.7])
    table = published_beside(results)
    assert table.columns.tolist() == ["0.3", "0.5"]  # the paper has no 0.7
    assert len(table) == 20 and table.loc["GTAN"].to_numpy().tolist() == [[0.578, 0.388]]
    validation = evaluate_detections(activitynet(4920), NOTHING)
    table = published_beside(validation)
    assert table.columns.tolist() == ["0.5", "0.75", "0.95", "average"]
    assert table.loc["GTAN", "average"].item() == pytest.approx(0.3431)  # not the test server's
    assert "SSN" not in table.index  # printed for the test server only
    single = evaluate_detections(activitynet(4920), NOTHING, tiou=[0.5])
    assert published_beside(single).columns.tolist() == ["0.5"]


def test_another_protocol(thumos14: Annotations) -> None:
    assert published_beside(evaluate_detections(thumos14, NOTHING, "activitynet")).empty
    assert published_beside(evaluate_detections(activitynet(4920), NOTHING, "thumos14")).empty
    assert "by the protocol thumos14" in comparable(thumos14, "activitynet")[1]


def test_another_data_set(thumos14: Annotations) -> None:
    instances, videos = thumos14.instances, thumos14.videos
    mild = Annotations(instances[instances["label"] != "Ambiguous"], videos)
    few = Annotations(instances[instances["video"].isin(videos["video"][:50])], videos[:50])
    ours = gtan.open_run().dataset().truth
    twelve = read_truth(published_data(f"{AUTOLOC}/ground_truth.json.gz"))
    for truth, reason in (
        (mild, "without Ambiguous"),
        (few, "no number for this data set|50 of THUMOS14"),
        (ours, "no number"),
        (twelve, "no number"),
        (activitynet(4728), "4728 recordings where ActivityNet v1.3's validation set has 4926"),
        (activitynet(10024), "10024 recordings"),
        (activitynet(4920, labels=100), "no number"),
    ):
        for protocol in ("activitynet", "thumos14"):
            dataset, said = comparable(truth, protocol)
            assert dataset == "" and any(part in said for part in reason.split("|"))
            assert published_beside(evaluate_detections(truth, NOTHING, protocol)).empty


def test_proposals(thumos14: Annotations) -> None:
    found = read_detections(published_data(f"{SCNN}/detections_iou0.5.csv.gz"))
    table = published_beside_proposals(evaluate_proposals(thumos14, found, THUMOS14_TIOU), thumos14)
    assert table.columns.tolist() == ["AR"] and table.loc["GTAN", "AR"].item() == 0.543
    # By ActivityNet's thresholds, or on another truth, it is another number.
    assert published_beside_proposals(evaluate_proposals(thumos14, found), thumos14).empty
    truth = activitynet(4920)
    hundred = evaluate_proposals(truth, truth.instances.assign(score=1.0), average_number=100)
    table = published_beside_proposals(hundred, truth)
    np.testing.assert_allclose(table.loc["GTAN", ["AR", "AUC"]].to_numpy(), [[0.748, 0.671]])
    ten = evaluate_proposals(truth, truth.instances.assign(score=1.0), average_number=10)
    assert published_beside_proposals(ten, truth).columns.tolist() == ["AR"]
    assert published_beside_proposals(hundred, gtan.open_run().dataset().truth).empty
