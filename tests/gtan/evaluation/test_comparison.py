"""Comparison of results: contributions against leaving out, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gtan
from gtan.data.annotations import Annotations, read_truth, write_detections
from gtan.evaluation import compare, evaluate_detections, load_results, load_truth
from gtan.evaluation.comparison import contributions
from gtan.experiments.notebooks import run_notebook
from gtan.runs.run import EXAMPLE
from tests.published import published_data

ROOT = Path(__file__).parents[3]
SCNN = "oracles/thumos14_scnn_c3d"
TRUTH = pd.DataFrame(
    {"video": ["v", "v", "w"], "label": ["run", "jump", "run"], "start": 0.0, "end": [4.0, 9, 6]}
)


def without(truth: Annotations, found: pd.DataFrame, video: str) -> Any:
    instances = truth.instances[truth.instances["video"] != video].reset_index(drop=True)
    videos = truth.videos[truth.videos["video"] != video].reset_index(drop=True)
    return Annotations(instances, videos), found[found["video"] != video].reset_index(drop=True)


moment, seconds = st.integers(0, 6), st.sampled_from([0, 3])
names = st.sampled_from(["u", "v", "w"])
labels = st.sampled_from(["run", "jump"])


@settings(max_examples=50)
@given(
    st.lists(st.tuples(names, labels, moment, seconds), min_size=1, max_size=6),
    st.lists(st.tuples(names, labels, moment, seconds, st.integers(0, 5)), max_size=8),
    st.sampled_from(["activitynet", "thumos14"]),
)
def test_contribution_is_what_is_missing_without(
    instances: list[Any], boxes: list[Any], protocol: str
) -> None:
    truth_table = pd.DataFrame(
        [(v, label, s, s + length) for v, label, s, length in instances],
        columns=["video", "label", "start", "end"],
    )
    found = pd.DataFrame(
        [(v, label, s, s + length, score / 5) for v, label, s, length, score in boxes],
        columns=["video", "label", "start", "end", "score"],
    )
    videos = pd.DataFrame({"video": ["u", "v", "w"]})
    truth = Annotations(truth_table, videos)
    results = evaluate_detections(truth, found, protocol, [0.3, 0.6])
    table = contributions(results)
    for video in table.index:
        others, theirs = without(truth, found, video)
        if others.instances.empty:
            assert table.loc[video].isna().all()
            continue
        rest = evaluate_detections(others, theirs, protocol, [0.3, 0.6])
        expected = results.mAP.to_numpy() - rest.mAP.to_numpy()
        np.testing.assert_allclose(table.loc[video, [0.3, 0.6]], expected, atol=1e-12)
        assert table.loc[video, "average"] == pytest.approx(expected.mean(), abs=1e-12)


def test_both_protocols_by_hand() -> None:
    half = TRUTH.assign(end=TRUTH["end"] / 2, score=0.5)  # tIoU is 0.5 exactly
    comparison = compare(TRUTH, {"all": TRUTH.assign(score=1.0), "half": half}, [0.5])
    assert comparison.names == ["all", "half"]
    table = comparison.mAP()["0.5"]
    assert table["activitynet"].tolist() == [1, 1] and table["thumos14"].tolist() == [1, 0]
    assert comparison.labels("thumos14")["spread"].tolist() == [1, 1]
    assert comparison.recordings("activitynet")["spread"].tolist() == [0, 0]
    difference = comparison.differences("thumos14", resamples=20).iloc[0]
    assert (difference["first"], difference["second"]) == ("all", "half")
    assert difference["difference"] == 1 and difference["first won"] == 1


def test_the_recording_that_makes_the_difference_comes_first() -> None:
    comparison = compare(
        TRUTH, {"both": TRUTH.assign(score=1.0), "one": TRUTH[:2].assign(score=1.0)}, [0.5]
    )
    table = comparison.recordings()
    # Without w, both results are perfect; the second loses half of its runs to w.
    assert table.loc["w", "one"] == pytest.approx(0.75 - 1) and table.loc["w", "both"] == 0
    assert comparison.labels().index[0] == "run"


def test_one_result_has_nothing_to_differ_from() -> None:
    comparison = compare(TRUTH, {"only": TRUTH.assign(score=1.0)})
    assert comparison.differences().empty
    assert comparison.labels()["spread"].tolist() == [0, 0]
    assert comparison.mAP().columns.tolist()[:2] == ["0.1", "0.2"]
    for table in (comparison.labels, comparison.recordings, comparison.differences):
        with pytest.raises(KeyError, match="'thumos' is not among activitynet, thumos14"):
            table("thumos")


def test_what_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="no result"):
        compare(TRUTH, {})
    foreign = TRUTH.assign(video="x", score=1.0)
    with pytest.raises(ValueError, match=r"theirs: none of its recordings \('x', ...\) is in"):
        compare(TRUTH, {"theirs": foreign})


@pytest.mark.parametrize("source", ["", " ", "name=", "name= ", "=runs/a", 3])
def test_a_result_without_name_or_path(source: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"results: {source!r}"):
        load_results([source])


def test_results_have_names(tmp_path: Path) -> None:
    for name in ("a", "b=c"):
        write_detections(TRUTH.assign(score=1.0), tmp_path / f"{name}.json")
    sources = [f"{tmp_path}/a.json", f"mine={tmp_path}/a.json", f"{tmp_path}/b=c.json"]
    assert list(load_results(sources)) == ["a", "mine", "b=c"]
    assert list(load_results([])) == ["example"]
    assert list(load_results([str(EXAMPLE)])) == ["example_run"]
    with pytest.raises(ValueError, match="two results have the name 'a'"):
        load_results([f"{tmp_path}/a.json"] * 2)
    with pytest.raises(FileNotFoundError, match="no run and no result file"):
        load_results([f"{tmp_path}/none.json"])
    (tmp_path / "run").mkdir()
    with pytest.raises(FileNotFoundError, match=r"evaluate\.ipynb"):
        load_results([str(tmp_path / "run")])


def test_truth_of_a_file_or_of_a_run(tmp_path: Path) -> None:
    TRUTH.to_csv(tmp_path / "truth.csv", index=False)
    assert len(load_truth(str(tmp_path / "truth.csv"), "", []).instances) == 3
    truth = load_truth("", "", [f"ours={EXAMPLE}"])
    dataset = gtan.open_run().dataset()
    durations = {name: dataset.recordings[name].duration for name in dataset.subsets["test"]}
    assert dict(zip(truth.videos["video"], truth.videos["duration"])) == pytest.approx(durations)
    with pytest.raises(ValueError, match="there are train, validation, test"):
        load_truth("", "nobody", [])
    with pytest.raises(ValueError, match="the truth must be named"):
        load_truth("", "", [str(tmp_path / "truth.csv")])


@pytest.mark.slow
def test_published_detections_compared_by_the_notebook(tmp_path: Path) -> None:
    sources = [f"nms{x}={published_data(SCNN)}/detections_iou0.{x}.csv.gz" for x in (3, 5)]
    run_notebook(
        ROOT / "notebooks" / "pipelines" / "compare.ipynb",
        tmp_path / "out.ipynb",
        {
            "results": sources,
            "truth": str(published_data(f"{SCNN}/ground_truth.csv")),
            "protocol": "thumos14",
            "tiou": [0.3, 0.5],
            "recordings": 1,
            "resamples": 20,
        },
        progress=False,
    )
    cells = nbformat.read(tmp_path / "out.ipynb", 4).cells
    outputs = json.dumps([cell.get("outputs", []) for cell in cells])
    assert outputs.count("application/vnd.plotly.v1+json") == 8
    assert "yes (THUMOS14, test set)" in outputs
    # S-CNN prints 0.190 at 0.5 and 0.363 at 0.3: so do we, with the boxes meant for each.
    truth = read_truth(published_data(f"{SCNN}/ground_truth.csv"))
    table = compare(truth, load_results(sources), [0.3, 0.5]).beside_published("thumos14").round(3)
    assert table.loc["nms5", "0.5"].item() == table.loc["S-CNN", "0.5"].item() == 0.190
    assert table.loc["nms3", "0.3"].item() == table.loc["S-CNN", "0.3"].item() == 0.363


@pytest.mark.slow
def test_the_notebook_compares_runs_by_default(tmp_path: Path) -> None:
    run_notebook(
        ROOT / "notebooks" / "pipelines" / "compare.ipynb", tmp_path / "out.ipynb",
        {"resamples": 5, "recordings": 1}, progress=False,
    )  # fmt: skip
    text = json.dumps(nbformat.read(tmp_path / "out.ipynb", 4))
    dataset = gtan.open_run().dataset()
    tested = dataset.subsets["test"]
    actions = len(dataset.truth_of(tested))
    assert f"{len(tested)} recordings, {actions} annotated instances" in text
    assert "no (the paper has no number for this data set)" in text
