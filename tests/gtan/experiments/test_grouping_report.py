"""The grouping report against plain recounts, and against the same network without grouping."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gtan
from gtan.evaluation import evaluate_detections
from gtan.experiments.grouping_report import HIT, GroupingReport, grouping_report
from gtan.inference import detect_dataset
from tests.gtan.runs.made_run import train

MERGING = {"kernels.initial_width": 4.0, "kernels.sigma_ceiling": 8.0, "kernels.epsilon": 0.4}


@pytest.fixture
def merging(place: Path, request: pytest.FixtureRequest) -> gtan.Run:
    """A run whose kernels all merge with their neighbours."""
    run: gtan.Run = train("merging", **MERGING, **getattr(request, "param", {}))
    return run


@pytest.mark.parametrize(
    "merging", [{"kernels.grouping": "join"}, {"kernels.grouping": "replace"}], indirect=True
)
def test_without_mixed_kernels_is_the_network_without_grouping(merging: gtan.Run) -> None:
    report = merging.grouping_report(progress=False)
    assert report.layers["mixed"].sum() > 0
    model = merging.model()
    off = merging.settings.override({"kernels.grouping": "off"})
    model.settings = off
    for layer in model.layers:
        layer.kernels = off.kernels
    dataset = merging.dataset()
    alone = detect_dataset(model, dataset, dataset.subsets["test"], off)
    columns = ["video", "label", "start", "end", "score"]
    found = report.without.detections[columns]
    pd.testing.assert_frame_equal(found, alone[columns], check_dtype=False)


def test_counts_by_plain_loops(merging: gtan.Run) -> None:
    report = grouping_report(merging, "test", progress=False)
    counts: dict[tuple[int, str], int] = dict.fromkeys(
        ((layer, name) for layer in (1, 2) for name in ("learned", "mixed", "foreground")), 0
    )
    merges = 0
    for name in merging.dataset().subsets["test"]:
        explanation = gtan.explain(merging, name)
        for layer in (1, 2):
            counts[layer, "learned"] += int(explanation.arrays[f"layer{layer}.valid"].sum())
            for kernel in explanation.kernels(layer).itertuples():
                counts[layer, "mixed"] += kernel.mixed
                counts[layer, "foreground"] += bool(kernel.mixed and kernel.state == 1)
            merges += len(explanation.arrays[f"layer{layer}.merges"])
    for (layer, name), count in counts.items():
        assert report.layers.loc[layer, name] == count, (layer, name)
    assert len(report.merges) == merges and (report.merges["iou"] > 0.4).all()
    states = report.layers[["foreground", "ignored", "background"]].sum(axis=1)
    assert (states == report.layers["mixed"]).all()
    assert report.layers["saturation"].tolist() == [15 / 17, 15 / 17]  # 16 cells wide
    whole = gtan.explain(merging, str(report.hits["video"].iloc[0]))
    for hit in report.hits[report.hits["video"] == whole.header["recording"]].itertuples():
        found = whole.detections()
        both = np.minimum(found["end"], hit.end) - np.maximum(found["start"], hit.start)
        either = np.maximum(found["end"], hit.end) - np.minimum(found["start"], hit.start)
        fits = found[(both / either >= HIT - 1e-6) & (found["label"] == hit.label)]
        mixed = whole.places(hit.layer)[1][fits["row"][fits["layer"] == hit.layer]]
        assert hit.mixed in mixed.tolist()
    assert report.by_layer()["hits"].sum() == len(report.hits) == report.by_length()["hits"].sum()


def made(by_mixed: list[bool], ious: list[float], **layer: Any) -> GroupingReport:
    """Two actions, found by two detections of which some are of mixed kernels."""
    truth = pd.DataFrame({"video": "v", "label": "run", "start": [0.0, 10.0], "end": [3.0, 20.0]})
    found = truth.assign(score=[0.9, 0.8])
    columns = {"cells": 8, "learned": 8, "floor": 1, "ceiling": 2, "mixed": 4, "foreground": 1,
               "ignored": 0, "background": 3, "saturation": 0.5} | layer  # fmt: skip
    learned = found[~np.array(by_mixed)]
    without = evaluate_detections(truth, learned if len(learned) else found.iloc[:0], tiou=[0.5])
    return GroupingReport(
        name="made",
        subset="test",
        epsilon=0.4,
        layers=pd.DataFrame([columns], index=pd.Index([1], name="layer")),
        merges=pd.DataFrame({"layer": 1, "iou": ious}),
        hits=truth.assign(layer=1, mixed=by_mixed),
        results=evaluate_detections(truth, found, tiou=[0.5]),
        without=without,
    )


def test_figures_by_hand() -> None:
    report = made([False, True], [0.495, 0.45, 0.505, 0.42])
    figures = report.figures()
    assert figures["of these foreground"] == 0.25 and figures["of these background"] == 0.75
    assert figures["merges on the saturation line"] == 0.5
    assert figures["of these from mixed kernels"] == 0.5
    assert (figures["sigmas at the floor"], figures["sigmas at the ceiling"]) == (1 / 8, 1 / 4)
    assert figures["average mAP"] == 1.0 and figures["average mAP without mixed kernels"] == 0.5
    lengths = report.by_length()
    assert lengths[["low", "hits", "hits_mixed"]].to_numpy().tolist() == [
        [0, 0, 0], [2, 1, 0], [4, 0, 0], [8, 1, 1], [16, 0, 0], [32, 0, 0]
    ]  # fmt: skip
    assert report.sentence() == (
        "Of 4 mixed kernels on the test recordings 25% stand on actions; 1 of 2 hits (tIoU 0.7) "
        "come from them; leaving them out of detection changes average mAP by -0.500."
    )
    told = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert told["tiou_of_a_hit"] == HIT and told["layers"][0]["hits_mixed"] == 1
    assert told["of_these_foreground"] == 0.25
    assert "25% stand on actions" in report.summary()
    assert len(repr(report)) < 200 and len(report._repr_html_()) < 3000


def test_a_run_in_which_nothing_merges() -> None:
    report = made([False, False], [], mixed=0, foreground=0, background=0, saturation=np.nan)
    assert "No kernels merge" in report.sentence()
    assert np.isnan(report.figures()["of these foreground"])
    json.dumps(report.to_json(), allow_nan=False)
    assert "0.0" in report.summary()
    no_hits = replace(report, hits=report.hits.iloc[:0])
    assert np.isnan(no_hits.figures()["of these from mixed kernels"])


def test_a_subset_that_is_not_there(merging: gtan.Run) -> None:
    with pytest.raises(ValueError, match="'tests' does not exist; there are train, validation"):
        merging.grouping_report("tests")


@pytest.mark.parametrize("grouping", ["join", "replace"])
def test_sigmas_at_the_ceiling_are_those_of_all_cells(place: Path, grouping: str) -> None:
    """Also of those that merged because they are there, and that their group replaced."""
    run = train(
        "run",
        **{"kernels.grouping": grouping, "kernels.initial_width": 2.98, "kernels.epsilon": 0.3,
           "kernels.sigma_ceiling": 1.5, "training.iterations": 1, "training.checkpoint_every": 1},
    )  # fmt: skip
    report = run.grouping_report(progress=False)
    assert report.figures()["sigmas at the ceiling"] == 1.0
    assert (report.layers["ceiling"] == report.layers["learned"]).all()


@pytest.mark.parametrize(("unit", "line"), [("bounded", 0.5), ("map", 31 / 33), ("literal", 1 / 3)])
def test_the_saturation_line_by_unit(place: Path, unit: str, line: float) -> None:
    """Two neighbours at the ceiling: 3 cells wide, the whole map and half beside it, 2 cells."""
    start = {"kernels.sigma_unit": unit, "kernels.initial_width": 1.0, "training.iterations": 1}
    report = train("run", **start).grouping_report(progress=False)
    assert report.layers["saturation"].iloc[0] == pytest.approx(line)
