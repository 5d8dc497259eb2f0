"""What lesson 7 ranks comes from the example run as it is."""

import gtan
from gtan_viz.lessons.precision import ranking


def test_a_ranking_is_the_runs_own_best_first() -> None:
    data = ranking(count=5)
    scores = [one["score"] for one in data["detections"]]
    assert scores == sorted(scores, reverse=True) and len(scores) == 5
    found = gtan.open_run().detections()
    mine = found[(found["video"] == data["recording"]) & (found["label"] == data["label"])]
    assert scores == sorted(mine["score"], reverse=True)[:5]
    truth = gtan.open_run().dataset().truth.query("video == @data['recording']")
    assert data["truth"] == truth.query("label == @data['label']")[["start", "end"]].to_dict(
        "records"
    )
