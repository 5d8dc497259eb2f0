"""The explorer's Python half: its traits, what they refuse, and what they give back."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import traitlets

import gtan
import gtan_viz
from gtan.files import write_bytes
from gtan.runs.run import explanation_path
from gtan.settings import Settings
from gtan_viz.explorer.widget import SCREEN, Explorer, ExplorerPair, newest_run
from tests.gtan_viz.conftest import make_explanation

STEPS = (30, 60)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recordings, one of them at two steps, and no checkpoint."""
    folder = tmp_path_factory.mktemp("runs") / "made-up"
    write_bytes(folder / "settings.json", Settings().to_json().encode())
    for recording, step in (("made", 30), ("made", 60), ("other", 60)):
        one = make_explanation(recording=recording)
        one.header["step"] = step
        one.save(explanation_path(folder, recording, step))
    return folder


@pytest.fixture
def explorer(run: Path) -> Explorer:
    return gtan_viz.explore(run)


def test_it_starts_as_learned_at_the_end_of_training(explorer: Explorer, run: Path) -> None:
    assert (explorer.recording, explorer.step, explorer.layer) == ("made", 60, 1)
    assert explorer.selection == explorer.settings == {}
    assert [(e["recording"], e["steps"]) for e in explorer.catalogue] == [
        ("made", [30, 60]),
        ("other", [60]),
    ]
    assert explorer.run == str(run)
    assert explorer.trace == b""
    assert explorer.problem == ""
    stored = explanation_path(run, "made", 60).read_bytes()
    assert bytes(explorer.explanation) == stored


def test_it_starts_where_one_asks(run: Path) -> None:
    settings = {"epsilon": 0.5, "kernels": {"1/0/3": {"sigma": 2.0}}}
    explorer = gtan_viz.explore(run, recording="made", step=30, layer=2, settings=settings)
    assert (explorer.recording, explorer.step, explorer.layer) == ("made", 30, 2)
    assert explorer.settings == settings
    assert bytes(explorer.explanation) == explanation_path(run, "made", 30).read_bytes()


def test_traits_are_set_and_observed(explorer: Explorer) -> None:
    seen = []
    explorer.observe(lambda change: seen.append(change["new"]), "layer")
    explorer.layer = 3
    explorer.selection = {"kind": "kernel", "window": 0, "layer": 2, "cell": np.int64(3)}
    explorer.settings = {"sigma_factor": 2.0, "rho": 0}
    assert seen == [3]
    assert explorer.selection["cell"] == 3
    assert type(explorer.selection["cell"]) is int
    assert explorer.settings == {"sigma_factor": 2.0, "rho": 0}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("recording", "nobody", "made, other"),
        ("step", 31, "30, 60"),
        ("step", "60", "step"),
        ("layer", 0, "1 to 8"),
        ("layer", 9, "1 to 8"),
        ("selection", [], "selection"),
        ("selection", {"kind": "cloud"}, "cloud"),
        ("selection", {"kind": "kernel", "window": 0, "layer": 1}, "cell"),
        ("selection", {"kind": "kernel", "window": 0, "layer": 1, "cell": 1.5}, "whole number"),
        ("selection", {"kind": "kernel", "color": 1}, "color"),
        ("settings", {"sigma": 1}, "sigma_factor"),
        ("settings", {"sigma_factor": 0}, "above 0"),
        ("settings", {"xi": float("nan")}, "finite"),
        ("settings", {"rho": "0.5"}, "finite number, not '0.5'"),
        ("settings", {"merge": "max"}, "paper, union"),
        ("settings", {"kernels": [1]}, "kernels must be a dict"),
        ("settings", {"epsilon": 1.5}, "0 to 1"),
        ("settings", {"kernels": {"1/0/0": {"width": 1}}}, "width"),
        ("settings", {"kernels": {"1/0/0": {"sigma": -1}}}, "above 0"),
    ],
)
def test_bad_values_are_refused_in_words(
    explorer: Explorer, name: str, value: object, said: str
) -> None:
    before = getattr(explorer, name)
    with pytest.raises(traitlets.TraitError, match=said):
        setattr(explorer, name, value)
    assert getattr(explorer, name) == before


def test_bad_values_are_refused_at_the_start(run: Path) -> None:
    with pytest.raises(TypeError, match=r"'colour'.*recording, step, layer"):
        gtan_viz.explore(run, colour="red")
    with pytest.raises(traitlets.TraitError, match="'nobody' is not at hand; there are made"):
        gtan_viz.explore(run, recording="nobody")
    with pytest.raises(traitlets.TraitError, match="step 7"):
        gtan_viz.explore(run, step=7)
    with pytest.raises(FileNotFoundError):
        gtan_viz.explore(run / "nothing")


def test_detections_are_the_stored_ones(explorer: Explorer, run: Path) -> None:
    for step in STEPS:
        explorer.step = step
        frame = explorer.detections
        assert tuple(frame.columns) == SCREEN
        assert not frame["what_if"].any()
        stored = gtan.explain(run, "made", step).detections()
        pd.testing.assert_frame_equal(frame.drop(columns="what_if"), stored)


def test_detections_follow_the_screen(explorer: Explorer) -> None:
    row = [1, 2, 0.5, 7.25, 0.75, 0.8, 0, 1, 4, 2]  # as the browser reports it
    table = memoryview(np.array([[0, *row[1:]], row], np.float64).tobytes())
    explorer.set_state({"screen_of": {"recording": "made", "step": 60}, "screen": table})
    frame = explorer.detections
    assert tuple(frame.columns) == SCREEN
    assert frame["what_if"].tolist() == [False, True]
    assert frame["label"].tolist() == ["LIE", "LIE"]
    assert frame.iloc[1][["start", "end", "score", "ranking"]].tolist() == row[2:6]
    assert frame.iloc[1][["window", "layer", "row", "ratio"]].tolist() == row[6:]
    explorer.recording = "other"  # the screen is of another recording
    assert len(explorer.detections) == 4


def test_requests_are_answered_and_problems_told(explorer: Explorer, run: Path) -> None:
    explorer.request = {"recording": "other", "step": 60}
    assert bytes(explorer.explanation) == explanation_path(run, "other", 60).read_bytes()
    assert explorer.problem == ""
    explorer.request = {"recording": "nobody", "step": 60}
    assert "nobody" in explorer.problem
    explorer.request = {"recording": "made", "step": 30}
    assert explorer.problem == ""


def test_nothing_to_explore_is_said(tmp_path: Path) -> None:
    write_bytes(tmp_path / "settings.json", Settings().to_json().encode())
    with pytest.raises(ValueError, match="nothing to explore"):
        gtan_viz.explore(tmp_path)


def test_the_newest_run_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notebooks" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notebooks" / "deep")
    assert newest_run("some") is None
    for age, name in ((10, "older"), (5, "newer"), (0, "unfinished")):
        folder = tmp_path / "some" / name
        write_bytes(folder / "settings.json", Settings().to_json().encode())
        if name != "unfinished":
            file = explanation_path(folder, "made", 60)
            make_explanation().save(file)
            os.utime(file, (time.time() - age, time.time() - age))
    for place in (tmp_path, tmp_path / "notebooks", tmp_path / "notebooks" / "deep"):
        monkeypatch.chdir(place)
        assert newest_run("some") == tmp_path / "some" / "newer"


def test_large_feature_maps_come_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gtan.explaining.FEATURE_LIMIT", 0)
    run = gtan.open_run()
    name = run.dataset().subsets["test"][0]
    computed = next(n for n in run.dataset().recordings if (n, run.step) not in run.explanations())
    explorer = gtan_viz.explore(run, recording=name)
    for recording, features in ((computed, False), (computed, True)):
        explorer.request = {"recording": recording, "step": run.step, "features": features}
        assert explorer.problem == ""
        assert (b"layer1.features" in bytes(explorer.explanation)[:100_000]) == features


def test_feature_maps_of_a_step_without_network_are_refused(explorer: Explorer, run: Path) -> None:
    one = make_explanation(recording="made", features=False)
    one.header["step"] = 30
    file = explanation_path(run, "made", 30)
    before = file.read_bytes()
    one.save(file)
    explorer.request = {"recording": "made", "step": 30, "features": True}
    file.write_bytes(before)
    assert "stored without feature maps" in explorer.problem


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another run: one recording of the first, and one of its own."""
    folder = tmp_path_factory.mktemp("others") / "second"
    write_bytes(folder / "settings.json", Settings().to_json().encode())
    for recording in ("other", "elsewhere"):
        one = make_explanation(recording=recording)
        one.header["step"] = 90
        one.save(explanation_path(folder, recording, 90))
    return folder


def test_two_runs_offer_what_both_have(run: Path, second: Path) -> None:
    pair = gtan_viz.explore([run, second])
    assert isinstance(pair, ExplorerPair)
    upper, lower = pair.explorers
    assert [e.run for e in pair.explorers] == [str(run), str(second)]
    for one in pair.explorers:
        assert one.recording == "other"
        assert [entry["recording"] for entry in one.catalogue] == ["other"]
    assert (upper.step, lower.step) == (60, 90)
    lower.settings = {"xi": 0.5}
    assert upper.settings == {}
    assert len(lower.detections) > 0
    hidden = gtan_viz.explore([run, second], hide=["whatif"])
    assert [one.hide for one in hidden.explorers] == [["whatif"]] * 2
    names = pair.get_state()["explorers"]
    assert names == [f"IPY_MODEL_{one.model_id}" for one in pair.explorers]
    assert gtan_viz.explore((run, second), recording="other").explorers[0].recording == "other"


def test_two_runs_that_do_not_go_together(run: Path, second: Path, tmp_path: Path) -> None:
    with pytest.raises(traitlets.TraitError, match="'made' is not at hand; there are other"):
        gtan_viz.explore([run, second], recording="made")
    with pytest.raises(TypeError, match="two runs got the keyword 'settings'"):
        gtan_viz.explore([run, second], settings={})
    with pytest.raises(ValueError, match="holds two, not 1"):
        gtan_viz.explore([run])
    alone = tmp_path / "alone"
    write_bytes(alone / "settings.json", Settings().to_json().encode())
    make_explanation(recording="alone").save(explanation_path(alone, "alone", 60))
    with pytest.raises(
        ValueError, match="no recording in common: made-up has made, other and alone has alone"
    ):
        gtan_viz.explore([run, alone])


def test_two_runs_are_closed_together(run: Path, second: Path) -> None:
    pair = gtan_viz.explore([run, second])
    assert repr(pair).startswith("ExplorerPair(Explorer(made-up, other, step 60), Explorer(second")
    pair.close()
    assert [one.comm for one in (pair, *pair.explorers)] == [None] * 3
    assert [bytes(one.explanation) for one in pair.explorers] == [b"", b""]
