"""The groups of the example run, as its Explanations and its report have them."""

import json

import pytest

import gtan
from gtan.files import read_json
from gtan_viz.lessons.meaningless import groups_of


def test_the_groups_of_the_example_run() -> None:
    run = gtan.open_run()
    data = groups_of(run)
    assert json.loads(json.dumps(data)) == data  # plain numbers
    assert [one["step"] for one in data["steps"]] == [400, 1200, 2000]
    assert all(action["start"] < data["span"][1] for action in data["truth"])
    assert data["span"][1] - data["span"][0] == pytest.approx(512 * 0.16)
    assert data["returns"] is (run.settings.loss.background_sigma > 0)
    thresholds = (data["background"], data["foreground"])
    assert thresholds == (0.3, 0.6)
    for step in data["steps"]:
        for layer in step["layers"]:
            for group in layer["groups"]:
                best = max(group["iou"])
                assert (group["state"] == -1) == (best < thresholds[0])
                assert (group["state"] == 1) == (best > thresholds[1])
                assert len(group["members"]) >= 2
                assert group["start"] < group["end"]
    stored = read_json(run.path / "grouping.json", dict)
    assert sum(row["mixed"] for row in data["report"]) == stored["mixed_kernels"] > 0


def test_an_iou_is_that_of_the_interval_and_an_action() -> None:
    data = groups_of(gtan.open_run())
    group = data["steps"][0]["layers"][0]["groups"][1]
    best = 0.0
    for action in data["truth"]:
        start, end = max(group["start"], action["start"]), min(group["end"], action["end"])
        whole = max(group["end"], action["end"]) - min(group["start"], action["start"])
        best = max(best, (end - start) / whole)
    assert group["iou"][0] == pytest.approx(best, abs=0.002)
