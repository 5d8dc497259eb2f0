"""Sweeps on a real local dask cluster: nothing lost, nothing twice, not even when a worker dies."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import pytest

import gtan
from gtan.cli import main
from gtan.experiments.notebooks import ParameterError
from gtan.experiments.sweep import plan, sweep, sweep_table
from gtan.files import read_json, write_json

PIPELINES = Path(__file__).parents[3] / "notebooks" / "pipelines"

# Every execution leaves a line behind, so that a repeated one would show.
BODY = """
import os, pathlib, time
folder = pathlib.Path(run_folder)
with open(folder / "executions", "a") as file:
    file.write(f"{os.getppid()}\\n")
if fails:
    raise RuntimeError(f"seed {seed} was asked to fail")
time.sleep(seconds)
(folder / "result").write_text(str(seed))
"""


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    cells = [
        nbformat.v4.new_code_cell(
            'run_folder: str = ""\nseed: int = 0\nfails: bool = False\nseconds: float = 0.0',
            metadata={"tags": ["parameters"]},
        ),
        nbformat.v4.new_code_cell(BODY),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(made, tmp_path / "toy.ipynb")
    return tmp_path / "toy.ipynb"


def executions(folder: Path, run: str) -> int:
    path = folder / run / "executions"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_plan() -> None:
    grid = plan("a.ipynb", {"seed": [0, 1], "rate": [0.5]})
    assert list(grid.values()) == [{"seed": 0, "rate": 0.5}, {"seed": 1, "rate": 0.5}]
    both = plan("b/a.ipynb", [{"rate": 0.5, "seed": 0}, {"seed": 0, "rate": 0.5}, {"seed": 2}])
    assert len(both) == 2 and next(iter(both)) == next(iter(grid))  # order of names, folder: equal
    assert not set(plan("c.ipynb", {"seed": [0]})) & set(plan("a.ipynb", {"seed": [0]}))
    assert list(plan("a.ipynb", [{}]).values()) == [{}]  # one run, all defaults


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"seed": 3}, "list of values for 'seed'"),
        ({"seed": "012"}, "list of values for 'seed'"),
        ({"rate": [1], "seed": []}, "'seed' has no value"),
        ({}, "nothing to run"),
        ([], "nothing to run"),
        (3, "must be a grid .* not '3'"),
        ("seed", "must be a grid"),
        (None, "must be a grid"),
        ([{"seed": 0}, 3], r"parameters\[1\] must be .*, not 3"),
        ([["seed", 0]], r"parameters\[0\] must be"),
    ],
)
def test_what_is_no_plan(parameters: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plan("a.ipynb", parameters)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"workers": 0}, "workers = 0"),
        ({"workers": -1}, "workers = -1"),
        ({"workers": 2, "scheduler": "tcp://h:1"}, "workers = 2: a scheduler has its own"),
        ({"scheduler": ""}, "scheduler = '' is no address"),
        ({"folder": " "}, "folder = ' ' names no folder"),
    ],
)
def test_what_cannot_take_effect_is_refused(
    tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    all_given: Any = {"folder": tmp_path / "runs", "progress": False} | given
    with pytest.raises(ValueError, match=message):
        sweep(PIPELINES / "measure.ipynb", {"seed": [0]}, **all_given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("-p seed 0 -p seed 1", "-p seed is given twice"),
        ("-p seed", "'seed' has no value"),
        ("-p seed 1_0", "seed = '1_0' must be of type int"),
        ("-p run_folder a", "run_folder is set by the sweep"),
        ("-p subset tset", "subset = 'tset': choose from train, validation, test"),
        ('-p overrides {"a":1,"a":2}', "-p overrides: 'a' appears twice"),
        ("-p seed 0 --workers 0", "workers = 0"),
        ("-p seed 0 --workers 2 --scheduler tcp://h:1", "a scheduler has its own"),
        ("-p seed 0 --scheduler tcp://h:1 --scheduler tcp://i:1", "--scheduler: given twice"),
        ("-p seed 0 --workers 1_0", "'1_0' is not a whole number"),
        ("--parameters grid.json", "'seed' appears twice"),
        ("--parameters three.json", "must be a grid"),
        ("", "either -p"),
    ],
)
def test_command_refuses_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    options: str, message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("grid.json").write_text('{"seed": [0], "seed": [1]}')
    Path("three.json").write_text("3")
    command = ["sweep", str(PIPELINES / "measure.ipynb"), "--folder", "runs", *options.split()]
    try:
        code: object = main(command)
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2 and message in capsys.readouterr().err
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ([{"seed": 0}, {"sed": 1}], ParameterError, "'sed' does not exist"),
        ([{"seed": 0}, {"seed": "1"}], ParameterError, "seed = '1' must be of type int"),
        ([{"run_folder": "x"}], ParameterError, "run_folder is set by the sweep"),
        ([{"subset": "tset"}], ParameterError, "subset = 'tset': choose from train"),
        ([{"baseline": "best"}], gtan.SettingsError, "baseline 'best' is unknown"),
        (
            {"overrides": [{}, {"kernels.epsilon": 2.0}]},
            gtan.SettingsError,
            r"kernels\.epsilon",
        ),
        ([{"sed": 1}, {"sed": 2}, {"seed": "1"}], ParameterError, r"'sed'[^\n]*\n[^\n]*'1'[^\n]*$"),
    ],
)
def test_nothing_starts_with_a_wrong_parameter(
    tmp_path: Path, parameters: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        sweep(PIPELINES / "measure.ipynb", parameters, tmp_path / "runs", progress=False)
    assert not (tmp_path / "runs").exists()


def test_what_is_finished_is_neither_checked_nor_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finish(seeds: range) -> dict[str, list[int]]:
        grid = {"seed": list(seeds)}
        for name, values in plan("measure.ipynb", grid).items():
            write_json(tmp_path / name / "sweep.json", {"notebook": "", "parameters": values})
            write_json(tmp_path / name / "done.json", {"seconds": 2.0})
        return grid

    read: list[Path] = []

    def counted(path: Path, *kinds: type) -> Any:
        read.append(path)
        return read_json(path, *kinds)

    grid = finish(range(50))
    module = import_module("gtan.experiments.sweep")
    monkeypatch.setattr(module, "read_json", counted)
    monkeypatch.setattr(module, "write_json", lambda *_: pytest.fail("written again"))
    monkeypatch.setattr(module, "run_settings", lambda **_: pytest.fail("checked again"))
    table = sweep(PIPELINES / "measure.ipynb", grid, tmp_path, progress=False)
    assert table["seed"].tolist() == list(range(50)) and (table["status"] == "done").all()
    assert len(read) == 50  # a file a run
    assert len(sweep_table(tmp_path)) == 50


@pytest.mark.slow
def test_failures_are_shown_and_only_they_are_repeated(tmp_path: Path, notebook: Path) -> None:
    folder = tmp_path / "runs"
    wanted = [{"seed": 0}, {"seed": 1, "fails": True}, {"seed": 2}, {"seed": 0}]
    table = sweep(notebook, wanted, folder, progress=False).set_index("seed")
    assert table["status"].to_dict() == {0: "done", 1: "failed", 2: "done"}
    assert table.error[1] == "RuntimeError: seed 1 was asked to fail"
    again = sweep(notebook, wanted, folder, progress=False).set_index("seed")
    assert again["status"].equals(table["status"])
    counts = {seed: executions(folder, run) for seed, run in again["run"].items()}
    assert counts == {0: 1, 1: 2, 2: 1}
    done = json.loads((folder / again.run[0] / "done.json").read_text())
    assert done["seconds"] > 0 and done["packages"]["gtan"] and "commit" in done["git"]
    assert len(sweep_table(folder)) == 3


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(tmp_path: Path, notebook: Path) -> None:
    folder = tmp_path / "runs"
    wanted = [{"seed": seed, "seconds": 2.0} for seed in range(6)]
    victim: list[int] = []

    def kill() -> None:
        """The first worker that is seen at work."""
        while not victim:
            time.sleep(0.05)
            for path in folder.glob("*/executions"):
                if path.read_text().strip():
                    victim.append(int((path.parent / "attempts").read_text().split()[1]))
                    os.kill(victim[0], signal.SIGKILL)
                    return

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    table = sweep(notebook, wanted, folder, workers=3, progress=False)
    killer.join(1)
    assert victim, "nobody was killed"
    assert table["error"].dropna().tolist() == []
    assert (table["status"] == "done").all() and len(table) == 6
    for run, seed in zip(table["run"], table["seed"], strict=True):
        assert (folder / run / "result").read_text() == str(seed)
    counts = sorted(executions(folder, run) for run in table["run"])
    assert counts == [1, 1, 1, 1, 1, 2]  # the one that lost its worker, once more


@pytest.mark.slow
def test_a_killed_kernel_starts_again(tmp_path: Path, notebook: Path) -> None:
    made = nbformat.read(notebook, 4)
    made.cells[1].source += """
import signal
if seed == 1 and len((folder / "executions").read_text().splitlines()) == 1:
    os.kill(os.getpid(), signal.SIGKILL)
"""
    nbformat.write(made, notebook)
    table = sweep(notebook, {"seed": [0, 1]}, tmp_path / "runs", progress=False).set_index("seed")
    assert (table["status"] == "done").all()
    done = {
        seed: json.loads((Path(f) / "done.json").read_text()) for seed, f in table.folder.items()
    }
    assert done[0]["attempts"] == 1 and done[1]["attempts"] == 2


@pytest.mark.slow
def test_command_with_a_scheduler_that_runs_already(
    tmp_path: Path, notebook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as cluster:
        command = ["sweep", str(notebook), "--folder", str(tmp_path / "runs")]
        command += ["--scheduler", cluster.scheduler_address]
        code = main([*command, "-p", "seed", "3", "4", "-p", "fails", "false"])
        assert (
            code == 0 and capsys.readouterr().out.count(" done ") == 4
        )  # a line each, and the table
        assert main([*command, "-p", "seed", "3", "-p", "fails", "true"]) == 1
    assert main([*command, "-p", "sed", "3"]) == 2
