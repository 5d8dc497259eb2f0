"""`gtan check` lists all faults at once; what is wrong is told in a line, Ctrl-C too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gtan
from gtan.cli import main
from gtan.commands.options import told
from tests.gtan.runs.made_run import made

GIVEN = ["-s", "data.annotations=annotations.json", "-s", "data.features={video}.npy",
         "-s", "data.clip_length=10", "-s", "data.clip_stride=5", "-s", "data.window=64",
         "-s", "data.test_subset=testing"]  # fmt: skip


def test_a_sound_run_and_a_sound_data_set(place: Path, capsys: Any) -> None:
    assert gtan.check("old", progress=False) == []
    assert main(["check", "old"]) == 0
    assert main(["check", *GIVEN]) == 0
    assert capsys.readouterr().out == "no fault\nno fault\n"


def test_all_faults_are_listed(place: Path, capsys: Any) -> None:
    """A NaN in a test recording was found only after the training."""
    for name, clip in (("v1", 7), ("v4", 90)):
        features = np.load(f"{name}.npy")
        features[clip] = np.nan
        np.save(f"{name}.npy", features)
    Path("old/metrics/000003.json").write_text("[")
    Path("old/explanations/v3/000006.safetensors").write_bytes(b"half")
    assert gtan.check("old", headers_only=True, progress=False)[2:] == []
    faults = gtan.check("old", progress=False)
    assert len(faults) == 4
    for part in ("000003.json is not a whole", "000006.safetensors", "v1.npy", "v4.npy"):
        assert sum(part in fault for fault in faults) == 1, part
    assert main(["check", "old"]) == 1
    assert capsys.readouterr().out.endswith("4 faults\n")


def test_what_does_not_load_is_a_fault(place: Path) -> None:
    annotations = json.loads(Path("annotations.json").read_text())
    del annotations["database"]["v1"]["duration"]
    Path("annotations.json").write_text(json.dumps(annotations))
    (fault,) = gtan.check(made(), progress=False)
    assert "'duration' is missing in v1" in fault


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "old", "-s", "data.fps=3"], "give a run, or --preset and -s"),
        (["check", "-s", "data.fps"], "write NAME=VALUE"),
        (["check", "-s", "data.fps=3", "-s", "data.fps=4"], "data.fps: given twice"),
        (["check", "-s", "data.fbs=3"], "setting 'data.fbs' does not exist"),
        (["check", "nowhere"], "nowhere is not a run"),
        (["pack", "nowhere", "out"], "nowhere is not a run"),
        (["sweep", "broken.ipynb", "--folder", "f", "-p", "seed", "0"], "broken.ipynb"),
    ],
)
def test_bad_input_is_told_in_a_line(
    place: Path, capsys: Any, arguments: list[str], said: str
) -> None:
    Path("broken.ipynb").write_text("{")
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and "Traceback" not in error


def test_ctrl_c_says_how_to_go_on(capsys: Any) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    assert told("gtan sweep", stop) == 130
    assert (
        capsys.readouterr().err == "gtan sweep: stopped. Started again, it goes on where it can\n"
    )
