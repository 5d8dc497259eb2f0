"""A run is repeated from its folder, and what is another is said: before the work, and after it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import gtan
from gtan.cli import main
from gtan.experiments import notebooks
from gtan.files import read_json, write_json
from gtan.runs import reproduction
from gtan.runs.pack import pack
from gtan.runs.reproduction import differences_of, reproduce
from gtan.runs.writable import RunError
from tests.gtan.runs.made_run import Stop, files, train


@pytest.fixture
def mine(place: Path) -> gtan.Run:
    """A run that was killed on the way, and evaluated at its end."""
    with pytest.raises(Stop):
        train("mine", stop=4)
    run = train("mine")
    notebooks.evaluate_run(run)
    return run


def test_a_run_that_was_killed_once_is_repeated_to_the_last_bit(
    mine: gtan.Run, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files("mine")
    assert main(["reproduce", "mine"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "mine: preset features, seed 0, 6 steps"
    assert said[1] == "versions, data, device and threads are those of the run"
    assert said[2:4] == ["metrics: identical", "detections: identical"]
    assert files("mine") == before
    report = read_json(Path("mine-again/reproduction.json"))
    assert report["identical"] is True and report["differences"] == []
    assert gtan.open_run("mine-again").step == 6
    assert main(["reproduce", "mine"]) == 2
    assert "holds a finished repetition" in capsys.readouterr().err


def test_other_data_are_said_before_the_work(mine: gtan.Run, capsys: Any) -> None:
    annotations = json.loads(Path("annotations.json").read_text())
    for name, label in (("v0", "b"), ("v1", "a")):
        annotations["database"][name]["annotations"][0]["label"] = label
    Path("annotations.json").write_text(json.dumps(annotations))
    assert main(["reproduce", "mine", "--out", "other"]) == 1
    said = capsys.readouterr().out
    assert 0 < said.index("data: SHA-256 of truth") < said.index("metrics: not identical")
    assert "  loss: from step " in said and said.endswith("other: not identical\n")
    assert "detections: not identical\n  " in said


def test_other_versions_device_and_threads_are_said(
    mine: gtan.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = mine.provenance()
    sessions[-1] |= {"threads": 2, "device": "cuda:0", "processor": "H100", "python": "3.9.0"}
    sessions[-1]["packages"]["torch"] = "2.0"
    write_json(mine.path / "provenance.json", sessions)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    said: list[str] = []
    found = reproduce(mine, "again", progress=False, tell=said.append)
    text = "\n".join(found.differences)
    for part in ("python 3.9.0 -> ", "torch 2.0 -> ", "device: cuda:0 -> cpu", "processor: H100"):
        assert part in text, part
    assert "the run's own steps 1 to 3 had another python, packages, device" in text
    assert said[1:] == list(found.differences)
    settings = gtan.open_run("again").settings.training
    assert (settings.threads, settings.device) == (2, "cpu")  # its threads, and what is here


def test_stopped_it_goes_on(mine: gtan.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(notebooks, "evaluate_run", stopped)
        assert main(["reproduce", "mine"]) == 130
    begun = gtan.open_run("mine-again").provenance()
    assert main(["reproduce", "mine"]) == 0
    assert gtan.open_run("mine-again").provenance() == begun  # what was trained is not trained anew


@pytest.mark.filterwarnings("ignore:.*goes on with other code")
def test_a_packed_run_and_one_of_an_earlier_version(mine: gtan.Run, capsys: Any) -> None:
    pack(mine, "given", weights=False)
    assert main(["reproduce", "given"]) == 0
    old = read_json(Path("old/provenance.json"))
    assert main(["reproduce", "old", "--out", "newer"]) in (0, 1)
    said = capsys.readouterr().out
    assert f"commit {old['git']['commit'][:10]} -> " in said or not gtan_is_in_git()
    del old["data"]
    write_json(Path("old/provenance.json"), old)
    assert main(["reproduce", "old", "--out", "newest"]) in (0, 1)
    assert "not written down in the run: data\n" in capsys.readouterr().out
    Path("old/provenance.json").unlink()
    assert main(["reproduce", "old", "--out", "last"]) in (0, 1)
    assert "has no provenance.json" in capsys.readouterr().out


def gtan_is_in_git() -> bool:
    from gtan.runs.provenance import git_state

    return git_state(Path(reproduction.__file__).parent)["commit"] is not None


def test_without_an_evaluation_the_metrics_alone(mine: gtan.Run, capsys: Any) -> None:
    (mine.path / "detections.json").unlink()
    assert main(["reproduce", "mine"]) == 0
    assert "metrics: identical\ndetections: not compared" in capsys.readouterr().out


def break_metrics() -> None:
    shutil.rmtree("mine/metrics")


def break_evaluation() -> None:
    found = read_json(Path("mine/evaluation.json"))
    write_json(Path("mine/evaluation.json"), found | {"step": 3})


def move_data() -> None:
    Path("annotations.json").rename("elsewhere.json")


@pytest.mark.parametrize(
    ("breaking", "out", "message"),
    [
        (break_metrics, "new", "mine holds no metrics"),
        (break_evaluation, "new", "was evaluated at step 3, and trained to step 6"),
        (move_data, "new", r"no annotations\.json.*looked for from .*put its data there"),
        (lambda: None, "mine/new", "lies in the run's folder"),
        (lambda: None, "old", "old is there already, and no repetition of mine"),
        (lambda: None, " ", "names no folder"),
    ],
)
def test_what_is_needed_and_not_there(
    mine: gtan.Run, breaking: Any, out: str, message: str
) -> None:
    breaking()
    before = files(".")
    with pytest.raises(ValueError, match=message):
        reproduce("mine", out, progress=False)
    assert files(".") == before


def test_a_run_that_was_stopped_has_no_end_to_compare(place: Path) -> None:
    with pytest.raises(Stop):
        train("half", stop=4)
    with pytest.raises(RunError, match="half was stopped at step 3 of 6: train it to its end"):
        reproduce("half", "new", progress=False)
    assert not Path("new").exists()


def test_a_run_that_began_with_another(mine: gtan.Run) -> None:
    train("next", **{"training.start_from": "mine"})
    assert reproduce("next", "again", progress=False).identical
    mine.path.rename("moved")
    with pytest.raises(RunError, match=r"cannot be repeated without.*mine is not a run"):
        reproduce("next", "anew", progress=False)


def test_sessions_of_other_sums() -> None:
    now = {"data": {"name": "a", "sha256": "1" * 64, "throughout": "2" * 64}}
    assert [*differences_of([], now)] == [
        "the run has no provenance.json: which versions, data and device it had is not known"
    ]
    old = {"python": "3", "packages": {"a": "1"}, "device": "cpu", "threads": 1}
    was = old | {"data": {"name": "b", "sha256": "3" * 64}}
    assert [*differences_of([was], now | old)] == [
        "data: b -> a",
        "data: SHA-256 of truth and first clips 33333333 -> 11111111: numbers will not be the same",
    ]
