"""Runs tell the truth and survive their owner's mistakes. On made data, small and quick."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import gtan
from gtan.experiments.notebooks import evaluate_run
from gtan.files import read_json, write_json
from gtan.runs.writable import RunError
from gtan.settings import SettingsError
from tests.gtan.runs.made_run import Stop, files, made, train

# What earlier versions wrote.


def test_a_run_of_version_1_opens(place: Path) -> None:
    before = files("old")
    run = gtan.open_run("old")
    assert run.settings.difference(made()) == {
        "data.classes": (("a", "b"), ()), "network.classes": (2, 12),
        "network.feature_dim": (3, 300), "data.feature_layout": ("clips_first", "detect"),
        "loss.ties": ("first", "all"), "training.log_every": (10, 1),
    }  # fmt: skip
    assert run.step == 6 and run.classes == ("a", "b")
    assert run.metrics()["step"].tolist() == [1, 2, 3, 4, 5, 6]
    (session,) = run.provenance()
    assert session["steps"] == [1, 6] and session["data"]["name"] == "features"
    assert run.trace().steps.tolist() == [0, 3, 6]
    assert gtan.explain(run, "v4").header["version"] == 2
    found, there = gtan.detect(run), run.detections()
    assert len(found) == pytest.approx(len(there), abs=3)
    assert 0 <= run.evaluation()["average_mAP"] <= 1
    assert files("old") == before


def test_a_run_of_version_1_goes_on(place: Path) -> None:
    settings = gtan.open_run("old").settings.override({"training.iterations": 9})
    with pytest.warns(UserWarning, match="other code or versions"):
        run = gtan.train(settings, "old", progress=False)
    assert run.step == 9
    assert [session["steps"] for session in run.provenance()] == [[1, 6], [7, 9]]
    assert read_json(run.path / "settings.json")["version"] == 2


def test_a_newer_version_is_said_so(place: Path) -> None:
    settings = read_json(Path("old/settings.json"))
    write_json(Path("old/settings.json"), {"version": 99} | settings)
    with pytest.raises(SettingsError, match=r"old/settings\.json has version 99.*update gtan"):
        gtan.open_run("old")


# Provenance.


def test_reading_never_writes(place: Path) -> None:
    run = train()
    evaluate_run(run)
    before = files("run")
    gtan.open_run("run").metrics()
    gtan.explain(run, "v4")
    assert train().step == 6  # it is finished
    evaluate_run("run")
    assert files("run") == before


def test_every_training_is_written_down_a_killed_one_too(place: Path) -> None:
    script = textwrap.dedent(
        """
        import os, signal, sys
        sys.path.append({root!r})
        import gtan
        from tests.gtan.runs.made_run import made
        def die(row):
            if row["step"] == {step}:
                os.kill(os.getpid(), signal.SIGKILL)
        gtan.train(made(), "run", progress=False, on_step=die)
        """
    )
    for step in (2, 4):
        source = script.format(root=str(Path(__file__).parents[3]), step=step)
        subprocess.run([sys.executable, "-c", source], cwd=place, check=False)
    train()
    killed, again, last = gtan.open_run("run").provenance()
    assert (killed["steps"], killed["ended"]) == ([1, None], None)
    assert (again["steps"], again["ended"]) == ([1, 3], None)
    assert last["steps"] == [4, 6] and last["ended"] >= again["started"]
    for session in (killed, again, last):
        assert session["threads"] == 1 and session["device"] == "cpu"
        assert len(session["code"]) == 64 and set(session["git"]) == {"commit", "dirty"}


def test_changed_data_are_refused_unless_asked_for(place: Path) -> None:
    with pytest.raises(Stop):
        train(stop=4)
    annotations = json.loads(Path("annotations.json").read_text())
    annotations["database"]["v0"]["annotations"][0]["label"] = "b"
    annotations["database"]["v1"]["annotations"][0]["label"] = "a"
    Path("annotations.json").write_text(json.dumps(annotations))
    before = files("run")
    with pytest.raises(RunError, match=r"data are not those.*changed_data=True"):
        train()
    assert files("run") == before
    with pytest.warns(UserWarning, match="data are not those"):
        run = train(changed_data=True)
    one, other = run.provenance()
    assert one["data"]["sha256"] != other["data"]["sha256"] and other["steps"] == [4, 6]


def test_changed_versions_are_said(place: Path) -> None:
    with pytest.raises(Stop):
        train(stop=4)
    sessions = read_json(Path("run/provenance.json"))
    sessions[-1]["packages"]["numpy"] = "1.0"
    sessions[-1]["code"] = "another"
    write_json(Path("run/provenance.json"), sessions)
    with pytest.warns(UserWarning, match=r"numpy 1\.0 -> .*gtan's own code"):
        train()


# Nothing is lost silently.


def test_a_run_without_its_checkpoints_is_not_trained_over(place: Path) -> None:
    train()
    shutil.rmtree("run/checkpoints")
    before = files("run")
    with pytest.raises(RunError, match=r"checkpoint of step 6, and it has none.*start_from"):
        train()
    assert files("run") == before
    with pytest.raises(FileNotFoundError, match="no checkpoint, so that it cannot detect"):
        gtan.open_run("run").model()


@pytest.mark.parametrize("gone", ["settings.json", "provenance.json"])
def test_a_run_that_cannot_say_what_it_is_is_not_trained_over(place: Path, gone: str) -> None:
    train()
    (Path("run") / gone).unlink()
    before = files("run")
    with pytest.raises(
        RunError, match=rf"holds checkpoints, metrics, trace of a run, and no {gone}"
    ):
        train(**{"training.iterations": 7})
    assert files("run") == before


@pytest.mark.parametrize("changed", ["late features", "duration"])
def test_data_changed_anywhere_are_noticed(place: Path, changed: str) -> None:
    with pytest.raises(Stop):
        train(stop=4)
    if changed == "duration":
        annotations = json.loads(Path("annotations.json").read_text())
        annotations["database"]["v0"]["duration"] += 0.4
        Path("annotations.json").write_text(json.dumps(annotations))
    else:
        features = np.load("v0.npy")
        features[80:] = 7
        np.save("v0.npy", features)
    with pytest.raises(RunError, match="data are not those"):
        train()


def test_killed_before_the_first_checkpoint_it_begins_again(place: Path) -> None:
    with pytest.raises(Stop):
        train(stop=2)
    run = train()
    assert run.metrics()["step"].tolist() == [1, 2, 3, 4, 5, 6]


def test_two_trainings_in_one_folder(place: Path) -> None:
    def second(row: dict[str, float]) -> None:
        if row["step"] == 3:
            with pytest.raises(RunError, match="another process is training in run"):
                train()

    gtan.train(made(), "run", progress=False, on_step=second)
    assert gtan.open_run("run").step == 6


def test_what_killed_writers_left_is_swept(place: Path) -> None:
    with pytest.raises(Stop):
        train(stop=4)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    left = [
        Path(f"run/metrics/.000004.json.{process.pid}"),
        Path(f"run/.settings.json.{process.pid}"),
        Path("run/checkpoints/.000006/model.safetensors"),
    ]
    kept = [Path(f"run/metrics/.000005.json.{os.getpid()}"), Path("run/checkpoints/.mine/a")]
    for path in (*left, *kept):
        path.parent.mkdir(exist_ok=True)
        path.write_text("half")
    train()
    assert not any(path.exists() for path in (*left, left[-1].parent))
    assert all(path.exists() for path in kept)


def test_only_our_own_files_are_removed(place: Path) -> None:
    with pytest.raises(Stop):
        train(stop=4)
    theirs = [
        "run/metrics/000060 (1).json", "run/metrics/9e9.json", "run/metrics/20240101.txt",
        "run/checkpoints/9e9/state.json", "run/checkpoints/2019/draft.txt",
        "run/checkpoints/000003/notes.txt", "run/trace/000099.csv",
    ]  # fmt: skip
    for name in theirs:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("mine")
    run = train()
    assert [name for name in theirs if not Path(name).exists()] == []
    assert list(run.checkpoints()) == [6] and len(run.metrics()) == 6


@pytest.mark.parametrize("name", ["checkpoints", "metrics", "explanations/v3", "settings.json.d"])
def test_links_in_a_run_folder_are_refused(place: Path, name: str) -> None:
    """A stranger's folder with links removed files outside it."""
    with pytest.raises(Stop):
        train(stop=4)
    outside = place / "mine"
    (outside / "000001").mkdir(parents=True)
    for path in ("000001/state.json", "000009.json", "000009.safetensors"):
        (outside / path).write_text("mine")
    before = files(outside)
    shutil.rmtree(Path("run") / name, ignore_errors=True)
    (Path("run") / name).parent.mkdir(exist_ok=True)
    os.symlink(outside, Path("run") / name)
    with pytest.raises(RunError, match=rf"holds links \({name}\)"):
        train()
    assert files(outside) == before


def test_a_read_only_run_is_refused_before_the_work(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    monkeypatch.setattr(gtan.Run, "model", None)
    with pytest.raises(RunError, match=r"old cannot be written to; copy it"):
        evaluate_run("old")


# What a run is.


def test_it_goes_on_elsewhere_and_records_otherwise(place: Path) -> None:
    with pytest.raises(Stop):
        train(stop=4)
    run = train(**{"training.threads": 2, "training.checkpoint_every": 1,
                   "training.validate_every": 2, "training.explanations": 0})  # fmt: skip
    assert run.step == 6 and run.settings.training.threads == 2
    assert [session["threads"] for session in run.provenance()] == [1, 2]
    assert run.metrics()["mAP"].notna().tolist() == [False] * 3 + [True, False, True]
    with pytest.raises(SettingsError, match=r"kernels\.epsilon: 0\.4 there, 0\.6 asked for"):
        train(**{"kernels.epsilon": 0.6})


def test_longer_than_planned_where_the_schedule_allows_it(place: Path) -> None:
    train()
    longer = train(**{"training.iterations": 9})
    at_once = train("other", **{"training.iterations": 9})
    assert longer.metrics()["loss"].tolist() == at_once.metrics()["loss"].tolist()
    with pytest.raises(SettingsError, match="9 there, 4 asked for\n9 are done"):
        train(**{"training.iterations": 4})
    train("cosine", **{"training.schedule": "cosine"})
    with pytest.raises(SettingsError, match=r"laid out for.*start_from='cosine'"):
        train("cosine", **{"training.schedule": "cosine", "training.iterations": 9})


def test_it_starts_from_another_runs_weights(place: Path) -> None:
    first = train()
    second = train("second", **{"training.start_from": "run", "training.learning_rate": 1e-9})
    for name, value in first.model().state_dict().items():
        np.testing.assert_allclose(second.model().state_dict()[name], value, atol=1e-6)
    with pytest.raises(ValueError, match=r"another network: .*anchors\.0.*\[4, 4, 3\], not \[8, 4"):
        train("third", **{"training.start_from": "run", "network.anchor_channels": (8, 4)})
    with pytest.raises(SettingsError, match=r"start_from: nowhere is not a run"):
        train("third", **{"training.start_from": "nowhere"})
    with pytest.raises(SettingsError, match=r"other labels.*'c' here"):
        train("third", **{"training.start_from": "run", "data.classes": ("a", "b", "c")})
    assert not Path("third/settings.json").exists()  # so that it may be tried again


# Damaged files.


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("settings.json", b"", "settings.json is not a whole JSON file"),
        ("settings.json", b"[]", "settings.json holds no JSON object"),
        ("settings.json", b'{"training": {"iterations": 0}}', "settings.json: setting training.it"),
        ("provenance.json", b'[{"steps', "provenance.json is not a whole JSON file"),
        ("provenance.json", b'["x"]', "provenance.json is no list of sessions"),
        ("provenance.json", b'[{"steps": -1}]', "provenance.json is no list of sessions"),
        ("provenance.json", b'[{"git": "x"}]', "provenance.json is no list of sessions"),
        ("provenance.json", b'[{"seconds": {"a": "b"}}]', "provenance.json is no list of sessions"),
        ("metrics/000003.json", b'[{"step": [1]}]', "metrics/000003.json holds no rows"),
        ("evaluation.json", b'{"average_mAP": 1}', "evaluation.json holds no figures"),
        (
            "evaluation.json",
            b'{"average_mAP": 1, "mAP": {"0.5": "x"}, "interval": {"average_mAP": [0, 1]}}',
            "evaluation.json holds no figures",
        ),
        (
            "checkpoints/000006/state.json",
            b'{"classes": [{}]}',
            "state.json holds no list of labels",
        ),
        ("metrics/000003.json", b"\xff\xfe", "metrics/000003.json is not a whole JSON file"),
        ("metrics/000003.json", b"[1]", "metrics/000003.json holds no rows"),
        ("checkpoints/000006/state.json", b"{", "state.json is not a whole JSON file"),
        ("checkpoints/000006/model.safetensors", b"half", "model.safetensors is not a whole"),
        ("checkpoints/000006/model.safetensors", None, "model.safetensors is missing"),
        ("evaluation.json", b"{", "evaluation.json is not a whole JSON file"),
        ("evaluation.json", b'{"x": ' + b"9" * 5000 + b"}", "evaluation.json holds no figures"),
        ("evaluation.json", b'{"x": 1, "x": 2}', "evaluation.json: 'x' appears twice"),
        ("evaluation.json", b"[" * 100_000, "evaluation.json is not a whole JSON file"),
    ],
)
def test_a_damaged_file_is_named(place: Path, name: str, content: bytes | None, said: str) -> None:
    if content is None:
        (Path("old") / name).unlink()
    else:
        (Path("old") / name).write_bytes(content)
    with pytest.raises(ValueError, match=said):  # noqa: PT012 (whichever reads it)
        run = gtan.open_run("old")
        run.provenance(), run.metrics(), run.model(), run.classes, run.evaluation()


@pytest.mark.parametrize("name", ["optimizer", "model", "trained"])
def test_training_does_not_go_on_from_damaged_weights(place: Path, name: str) -> None:
    with pytest.raises(Stop):
        train(stop=4)
    path = Path(f"run/checkpoints/000003/{name}.safetensors")
    content = path.read_bytes()
    path.write_bytes(content[:-10])
    with pytest.raises(ValueError, match=rf"{name}\.safetensors is not a whole safetensors file"):
        train()
    path.unlink()
    with pytest.raises(ValueError, match=rf"{name}\.safetensors is missing.*stripped"):
        train()


def test_a_network_is_not_built_for_weights_that_do_not_fit(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings of 2 kB may ask for 8 GB."""
    import gtan.network

    settings = read_json(Path("old/settings.json"))
    settings["network"]["anchor_channels"] = [4096, 4096]
    write_json(Path("old/settings.json"), settings)
    monkeypatch.setattr(gtan.network.GTAN, "to", None)
    with pytest.raises(ValueError, match=r"another network: anchors\.0"):
        gtan.open_run("old").model()


def test_features_of_another_width_are_said_so(place: Path) -> None:
    for path in Path().glob("v*.npy"):
        np.save(path, np.zeros((99, 6), np.float32))
    with pytest.raises(
        ValueError, match="the features have 6 dimensions, and old was trained on 3"
    ):
        gtan.detect("old")
    (fault,) = gtan.check("old", progress=False)
    assert "6 dimensions" in fault


def test_a_damaged_optimizer_is_told_before_it_does_harm(place: Path) -> None:
    from safetensors.numpy import load_file, save_file

    with pytest.raises(Stop):
        train(stop=4)
    path = Path("run/checkpoints/000003/optimizer.safetensors")
    state = load_file(path)
    name = next(name for name in state if name.endswith("exp_avg"))
    state[name].flat[0] = np.nan
    save_file(state, path)
    assert any("optimizer.safetensors: numbers are NaN" in f for f in gtan.check("run"))
    with pytest.raises(ValueError, match=r"optimizer\.safetensors: numbers are NaN"):
        train()


def test_weights_that_are_nan_are_not_loaded(place: Path) -> None:
    from safetensors.numpy import load_file, save_file

    path = Path("old/checkpoints/000006/model.safetensors")
    weights = load_file(path)
    weights["anchors.0.scores.bias"][0] = np.nan
    save_file(weights, path)
    with pytest.raises(ValueError, match=r"model\.safetensors: numbers are NaN.*scores\.bias"):
        gtan.open_run("old").model()
