"""`gtan detect`: what it prints, what it writes, what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gtan
from gtan.cli import main
from gtan.data.annotations import read_detections
from gtan.evaluation.operating import OperatingPoint
from gtan.inference import operating_point
from tests.gtan.runs.made_run import train


def detect(capsys: Any, *arguments: str, code: int = 0) -> tuple[str, str]:
    """What ``gtan detect`` prints to stdout and stderr."""
    assert main(["detect", *arguments]) == code
    printed = capsys.readouterr()
    return printed.out, printed.err


@pytest.mark.parametrize("ending", ["json", "json.gz", "csv"])
def test_a_new_recording_to_a_file(place: Path, capsys: Any, ending: str) -> None:
    np.save("monday.npy", np.load("v4.npy"))
    shown, said = detect(
        capsys, "monday.npy", "--run", "old", "--fps", "10", "--out", f"new/out.{ending}"
    )
    wanted = gtan.detect("old", "monday.npy", fps=10, at="f1")
    pd.testing.assert_frame_equal(read_detections(f"new/out.{ending}"), wanted)
    everything = gtan.detect("old", "monday.npy", fps=10)
    left = len(everything) - len(wanted)
    assert shown.startswith(f"monday: {len(wanted)} detections ({left} below the operating point)")
    best = wanted.iloc[0]
    assert f"{best['start']:.2f}" in shown and f"{best['score']:.3f}" in shown
    assert said.startswith("operating point: f1, chosen on 1 validation recordings with ")
    assert "precision" in said and "recall" in said and "learned" not in said


def test_names_subsets_and_points(place: Path, capsys: Any) -> None:
    shown, said = detect(capsys, "v3", "test", "--run", "old", "--at", "all")
    assert said == "operating point: all detections\n"
    assert shown.startswith("v3: ") and "\nv4: " in shown and "below" not in shown
    assert " more with lower scores (--out FILE writes all)" in shown
    shown, said = detect(capsys, "v4", "--run", "old", "--at", "score=0.99")
    assert said == "operating point: score at or above 0.99\n"
    count = len(gtan.detect("old", "v4"))
    assert shown == f"v4: 0 detections ({count} below the operating point)\n\n"
    _, said = detect(capsys, "v4", "--run", "old", "--at", "precision=1", "--tiou", "0.9")
    assert "tIoU 0.9" in said and "is out of reach; the best there is: " in said
    point = operating_point("old", "precision=1", 0.9)
    assert isinstance(point, OperatingPoint) and str(point) in said


def test_without_the_runs_data_all_are_shown(place: Path, capsys: Any) -> None:
    from tests.gtan.runs.made_run import train

    train("run")
    Path("v4.npy").rename("monday.npy")
    Path("annotations.json").unlink()
    _, said = detect(capsys, "monday.npy", "--run", "run", "--fps", "10")
    assert said.startswith("operating point: all detections, since none can be chosen: there is no")
    _, said = detect(
        capsys, "monday.npy", "--run", "run", "--fps", "10", "--at", "f1", code=2
    )  # fmt: skip
    assert said.startswith("gtan detect: error: there is no annotations.json")


@pytest.mark.parametrize("train_on", ["train", "train+validation"])
def test_it_says_whether_the_run_has_learned_from_its_validation_recordings(
    place: Path, capsys: Any, train_on: str
) -> None:
    settings = Path("old/settings.json")
    changed = gtan.Settings.load(settings).override({"data.train_on": train_on})
    settings.write_text(changed.to_json())
    dataset = gtan.open_run("old").dataset()
    chosen_on = dataset.subsets["validation"]
    shown, said = detect(capsys, "v4", "--run", "old", "--at", "precision=0.9")
    actions = len(dataset.truth_of(chosen_on))
    assert (
        f"chosen on {len(chosen_on)} validation recording" in said and f"{actions} action" in said
    )
    learned = "The run has learned from th" in said
    assert learned == (train_on == "train+validation")
    assert shown.startswith("v4: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.npy"], "there is no file nowhere.npy"),
        (["v4.mp4"], "how those were made is not known of old"),
        (["v9"], "features has no recording 'v9'"),
        (["tests"], "did you mean 'test'?"),
        (["./v4.npy"], "how many frames a second had it?"),
        (["v4", "--fps", "25"], "fps is for new recordings"),
        (["./v4.npy", "./v3.npy", "--duration", "9"], "--duration is of one recording"),
        (["./v4.npy", "--fps", "10", "--duration", "900"], "cannot be true"),
        (["v4", "--at", "best"], "write 'f1', 'precision=0.9'"),
        (["v4", "--at", "precision=2"], "2 is not above 0"),
        (["v4", "--tiou", "0"], "tiou: 0 is not above 0"),
        (["v4", "--out", "out.txt"], "must end in .json, .json.gz, .csv, .vtt, .srt"),
        (["table.csv", "--out", "./table.csv"], "is what is detected in"),
        (["v4", "--run", "nowhere"], "nowhere is not a run"),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    place: Path, capsys: Any, arguments: list[str], message: str
) -> None:
    (place / "v4.mp4").write_bytes(b"")
    run = [] if "--run" in arguments else ["--run", "old"]
    shown, said = detect(capsys, *arguments, *run, code=2)
    assert shown == "" and said.startswith("gtan detect: error: ") and said.count("\n") == 1
    assert message in said


def test_out_writes_over_nothing_that_is_read_or_the_runs(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train("run")
    (place / "fold").mkdir()
    shutil.copy(place / "v3.npy", place / "fold" / "a.npy")
    np.savetxt(place / "fold" / "b.csv", np.load(place / "v3.npy"), delimiter=",")
    before = (place / "fold" / "b.csv").read_bytes()
    settings = run.settings.to_json()
    for out, words in (
        ("fold/b.csv", "is what is detected in"),
        ("run/detections.json", "lies in the run's folder"),
        ("run/settings.json", "lies in the run's folder"),
    ):
        assert main(["detect", "fold", "--run", "run", "--fps", "10", "--at", "all", "--out", out])
        assert words in capsys.readouterr().err
    assert (place / "fold" / "b.csv").read_bytes() == before
    assert gtan.open_run("run").settings.to_json() == settings
    assert main(["detect", "fold", "--run", "run", "--duration", "30", "--at", "all"]) != 0
    assert "of one recording" in capsys.readouterr().err
    assert main(["detect", "", "--run", "run"]) != 0
    assert "an empty text names no" in capsys.readouterr().err
