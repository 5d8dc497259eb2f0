"""Who stops a command by a signal finds no process left at work, and goes on where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch

import gtan
from gtan.commands.options import told
from tests.gtan.extraction.nets import SEES, Numbers
from tests.gtan.runs.made_run import files
from tests.videos import write_video

BODY = """
import os, pathlib, time
folder = pathlib.Path(run_folder)
with open(folder / "begun", "a") as file:
    file.write(f"{os.getpid()}\\n")
while not (folder.parent / "go").exists():
    time.sleep(0.05)
(folder / "result").write_text(str(seed))
"""


@pytest.fixture
def heeded(number: int) -> Iterator[None]:
    """As in a terminal, also where the tests themselves run under nohup or in the background."""
    before = signal.getsignal(number)
    as_usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    signal.signal(number, as_usual)
    yield
    signal.signal(number, before)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
@pytest.mark.usefixtures("heeded")
def test_a_signal_is_told_and_what_was_begun_is_cleaned_up(
    number: int, code: int, capsys: Any
) -> None:
    before = signal.getsignal(number)
    cleaned: list[bool] = []

    def work() -> None:
        try:
            os.kill(os.getpid(), number)
            time.sleep(10)
        finally:
            cleaned.append(True)

    assert told("gtan sweep", work) == code and cleaned
    assert "stopped. Started again, it goes on" in capsys.readouterr().err
    assert signal.getsignal(number) == before


class Signalled(Numbers):
    """Sends its own process a signal at a call."""

    def __init__(self, number: int, at: int) -> None:
        super().__init__()
        self.number, self.at = number, at

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        if len(self.calls) == self.at:
            os.kill(os.getpid(), self.number)
        return super().forward(clips)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
@pytest.mark.usefixtures("heeded")
def test_a_stopped_extraction_says_what_is_kept_and_goes_on(
    number: int, code: int, tmp_path: Path, capsys: Any
) -> None:
    videos, out = tmp_path / "videos", tmp_path / "out"
    for name in "abc":
        write_video(videos / f"{name}.mp4", 8)  # 100 frames: 11 clips, 3 batches of 4

    def run(net: Numbers, to: Path) -> None:
        gtan.extract(videos, net, to, recipe=SEES, batch_size=4, progress=False)

    run(Numbers(), tmp_path / "calm")
    assert told("gtan extract", lambda: run(Signalled(number, at=4), out)) == code
    said = "gtan extract: stopped. 1 of 3 videos are done, and 4 clips of b are kept; started again"
    assert said in capsys.readouterr().err
    assert [path.name for path in out.glob("[!.]*")] == ["a.safetensors"]
    left = Numbers()
    assert told("gtan extract", lambda: run(left, out)) == 0
    assert sum(left.calls) == 2 * 11 - 4  # nothing is done twice
    assert files(out) == {
        name.replace("calm", "out"): content for name, content in files(tmp_path / "calm").items()
    }


def test_what_is_ignored_stays_ignored() -> None:
    """Under nohup a lost connection stops nothing."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert told("gtan sweep", lambda: os.kill(os.getpid(), signal.SIGHUP)) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.slow
def test_a_sweep_that_is_asked_to_end_leaves_no_kernel_and_goes_on(tmp_path: Path) -> None:
    head = nbformat.v4.new_code_cell(
        'run_folder: str = ""\nseed: int = 0', metadata={"tags": ["parameters"]}
    )
    made = nbformat.v4.new_notebook(
        cells=[head, nbformat.v4.new_code_cell(BODY)],
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    )
    nbformat.write(made, tmp_path / "toy.ipynb")
    folder = tmp_path / "runs"
    command = [sys.executable, "-m", "gtan.cli", "sweep", str(tmp_path / "toy.ipynb")]
    command += ["--folder", str(folder), "-p", "seed", "0", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    begun = wait(lambda: list(folder.glob("*/begun")) or process.poll() is not None)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143 and "stopped. Started again, it goes on" in said
    kernels = [int(line) for path in begun for line in path.read_text().split()]
    wait(lambda: not any(map(is_running, kernels)))
    (folder / "go").touch()
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert sorted(path.read_text() for path in folder.glob("*/result")) == ["0", "1"]
    assert len(list(folder.glob("*/done.json"))) == 2


def wait(found: Any) -> Any:
    for _ in range(4800):
        if result := found():
            return result
        time.sleep(0.05)
    raise TimeoutError


def is_running(process: int) -> bool:
    try:
        return "Z (zombie)" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
