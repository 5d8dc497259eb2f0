"""A scheduler, a shared folder or a run's disk goes away for a while: nothing is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import gtan
from gtan import workers
from gtan.experiments import notebooks
from gtan.experiments import sweep as sweeping
from gtan.extraction.many import extract
from gtan.extraction.recipe import Recipe
from gtan.files import read_json, write_json
from gtan.runs.writable import RunError
from gtan.workers import AwayError, carry_out, where_they_are
from tests.gtan.runs.made_run import files, made, train
from tests.videos import write_video


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LOOK", 0.02)


def away(folder: Path, seconds: float) -> threading.Thread:
    """Take a folder away now, and put it back in a while, as one finds it where it is mounted."""
    folder.rename(folder.with_name("aside"))

    def back() -> None:
        time.sleep(seconds)
        assert not folder.exists(), f"written where no folder was: {sorted(folder.rglob('*'))}"
        folder.with_name("aside").rename(folder)

    thread = threading.Thread(target=back)
    thread.start()
    return thread


def test_what_fails_while_a_folder_is_away_is_done_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, calls = tmp_path / "shared", []
    folder.mkdir()
    (folder / "a").touch()

    def work() -> int:
        calls.append(len(calls))
        if len(calls) == 1:
            away(folder, 0.2)
        return (folder / "a").stat().st_size

    assert where_they_are(work, folder / "a") == 0 and len(calls) == 2
    assert f"{folder / 'a'} is away; waiting" in capsys.readouterr().err


def test_other_errors_are_not_tried_again(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        where_they_are(lambda: (tmp_path / "missing").stat(), tmp_path)


def test_patience_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 0.1)
    with pytest.raises(AwayError, match=r"gone has been away .* it goes on where it stopped"):
        where_they_are(lambda: 0, tmp_path / "gone")
    with pytest.raises(AwayError, match="scheduler tcp://127"):
        workers._await_scheduler(f"tcp://127.0.0.1:{free_port()}")


@pytest.mark.parametrize("how", ["papermill fails", "the cell fails"])
def test_a_run_of_a_sweep_waits_for_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    from papermill import PapermillExecutionError

    folder, calls = tmp_path / "runs" / "one", []
    write_json(folder / "sweep.json", {"notebook": "a", "parameters": {}})

    def run_notebook(_: str, output: Path, *__: Any, **___: Any) -> None:
        calls.append(output)
        if len(calls) == 1:
            away(tmp_path / "runs", 0.3)
            if how == "papermill fails":
                raise FileNotFoundError(output)
            raise PapermillExecutionError(0, 1, "", "FileNotFoundError", "gone", [])
        output.touch()

    monkeypatch.setattr(sweeping, "run_notebook", run_notebook)
    monkeypatch.setattr(sweeping, "notebook_parameters", lambda _: {})
    monkeypatch.setattr(sweeping, "WAIT", 0)
    sweeping.run_one("a.ipynb", str(folder), {})
    done = read_json(folder / "done.json")
    assert len(calls) == 2 and done["attempts"] == 2 and not (folder / "failed.json").exists()


class Departing(nn.Module):
    """Numbers of clips, and at the third batch the folder is gone."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.calls = folder, 0

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        if self.calls == 3:
            away(self.folder, 0.3)
        return clips.mean((2, 3, 4))


def test_an_extraction_waits_for_its_folder(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    write_video(shared / "a.mp4", 4)
    recipe = Recipe(backbone="mean", scale=16, crop=16, frames=4, stride=4)
    there, elsewhere = (
        Departing(shared), Departing(tmp_path / "nowhere")
    )  # fmt: skip
    table = extract(shared, there, shared / "out", recipe=recipe, batch_size=2, progress=False)
    assert table["error"].tolist() == [""] and (shared / "out" / "a.safetensors").exists()
    elsewhere.calls = 3
    extract(shared, elsewhere, tmp_path / "calm", recipe=recipe, batch_size=2, progress=False)
    name = "a.safetensors"
    assert (shared / "out" / name).read_bytes() == (tmp_path / "calm" / name).read_bytes()
    assert there.calls == elsewhere.calls - 3 + 1  # the batch that found no folder, once more


def test_a_training_writes_nothing_beside_its_run(place: Path) -> None:
    """Metrics that went to the empty place of a mount would be missing for ever."""
    train("calm")

    def leave(row: dict[str, float]) -> None:
        if row["step"] == 4:
            Path("run").rename("aside")

    with pytest.raises(RunError, match=r"run went away.*goes on from its last checkpoint"):
        gtan.train(made(), "run", progress=False, on_step=leave)
    assert not Path("run").exists()
    Path("aside").rename("run")
    train("run")
    recorded = {name: content for name, content in files("run").items() if "metrics" in name}
    calm = {name: content for name, content in files("calm").items() if "metrics" in name}
    assert list(recorded.values()) == list(calm.values()) and len(recorded) == 2


@pytest.mark.parametrize("evaluating", [notebooks.evaluate_run, notebooks.report_grouping])
def test_an_evaluation_writes_nothing_beside_its_run(
    place: Path, monkeypatch: pytest.MonkeyPatch, evaluating: Callable[..., Any]
) -> None:
    run = gtan.open_run("old")

    def leave(*_: Any, **__: Any) -> Any:
        detections = run.detections()
        Path("old").rename("aside")
        return detections

    monkeypatch.setattr("gtan.inference.detect", leave)
    monkeypatch.setattr("gtan.experiments.grouping_report.grouping_report", leave)
    with pytest.raises(RunError, match="old went away"):
        evaluating(run)
    assert not Path("old").exists()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def job(path: str) -> str:
    """Half a second, once: what is done is found."""
    place = Path(path)
    if place.exists():
        return "found"
    time.sleep(0.5)
    place.write_text(place.name)
    return "made"


@pytest.mark.slow
def test_a_scheduler_that_is_restarted_loses_no_job(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    code = (
        "import sys, time; from distributed import LocalCluster\n"
        f"sys.path.append({str(Path(__file__).parents[3])!r})\n"
        "if __name__ == '__main__':\n"
        "    LocalCluster(n_workers=1, threads_per_worker=1, host='127.0.0.1',"
        f" scheduler_port={port}, dashboard_address='127.0.0.1:0')\n"
        "    print('up', flush=True)\n    time.sleep(300)\n"
    )
    (tmp_path / "cluster.py").write_text(code)

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, str(tmp_path / "cluster.py")]
        started = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert started.stdout is not None and started.stdout.readline() == "up\n"
        return started

    clusters = [start()]
    try:
        jobs = {tmp_path / f"job{n}": (str(tmp_path / f"job{n}"),) for n in range(6)}
        results: dict[Path, Any] = {}
        for path, result in carry_out(job, jobs, f"tcp://127.0.0.1:{port}", 1):
            results[path] = result
            if len(results) == 2 and len(clusters) == 1:
                os.killpg(clusters[0].pid, signal.SIGKILL)
                clusters[0].wait()
                threading.Thread(target=lambda: clusters.append(start())).start()
    finally:
        for cluster in clusters:
            with suppress(ProcessLookupError):
                os.killpg(cluster.pid, signal.SIGKILL)
            cluster.wait()
    assert set(results) == set(jobs) and set(results.values()) <= {"made", "found"}
    assert all(path.read_text() == path.name for path in jobs)
    assert "jobs go to the next one there" in capsys.readouterr().err
