"""A run on a disk that reads slowly, or in small pieces: the explorer says so, and shows all."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import gtan
import gtan_viz
from gtan.files import write_bytes
from gtan.runs import slow
from gtan.runs.run import EXAMPLE
from gtan.runs.trace import Trace

SAID = f"still reading {EXAMPLE}: its disk answers slowly"


class Pieces(io.FileIO):
    """A read gives a few thousand bytes at most, as a network's disk may."""

    def readinto(self, buffer: Any) -> int:
        some = self.read(min(len(buffer), 4096))
        buffer[: len(some)] = some
        return len(some)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Files of the run take a while to open and come in pieces; how many do so at once."""
    at_it, most = 0, [0]
    lock, usual = threading.Lock(), Path.open

    def slowly(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        nonlocal at_it
        if EXAMPLE not in path.parents or mode != "rb":
            return usual(path, mode, *more, **named)
        with lock:
            at_it += 1
            most[0] = max(most[0], at_it)
        time.sleep(0.02)
        with lock:
            at_it -= 1
        return io.BufferedReader(Pieces(path, "rb"))

    monkeypatch.setattr(Path, "open", slowly)
    monkeypatch.setattr(slow, "AFTER", 0.05)
    return most


def test_the_explorer_says_what_it_waits_for_and_opens_whole(
    reads: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    explorer = gtan_viz.explore()
    assert SAID in capsys.readouterr().err
    assert reads[0] > 4  # a hundred files of a trace do not wait for one another
    step = explorer._steps[explorer.recording][0]
    explorer.request = {"recording": explorer.recording, "step": step}
    there = EXAMPLE / "explanations" / explorer.recording / f"{step:06d}.safetensors"
    assert explorer.explanation == there.read_bytes() and not explorer.problem


def test_a_page_says_what_it_waits_for_and_holds_the_same(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = next(name for name, _ in gtan.open_run().explanations())
    quick = gtan_viz.page(None, tmp_path / "quick.html", recordings=[recording])
    assert "still reading" not in capsys.readouterr().err
    request.getfixturevalue("reads")
    slowly = gtan_viz.page(None, tmp_path / "slowly.html", recordings=[recording])
    assert SAID in capsys.readouterr().err
    assert slowly.read_bytes() == quick.read_bytes()


def test_a_read_that_does_not_come_back_is_told_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(slow, "AFTER", 0.01)
    with slow.told_if_slow("runs/far"):
        time.sleep(0.2)  # one read
    assert capsys.readouterr().err == "still reading runs/far: its disk answers slowly\n"


def test_a_trace_that_grows_while_it_is_read_slowly_is_whole(
    tmp_path: Path, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that get their names meanwhile are left for the next look."""
    for name in ("index.json", "000000.safetensors", "000020.safetensors"):
        write_bytes(tmp_path / name, (EXAMPLE / "trace" / name).read_bytes())
    later, usual = (EXAMPLE / "trace" / "000040.safetensors").read_bytes(), Path.open

    def growing(path: Path, *more: Any, **named: Any) -> Any:
        if path.name == "000000.safetensors":
            monkeypatch.setattr(Path, "open", usual)
            write_bytes(tmp_path / "000040.safetensors", later)
        return usual(path, *more, **named)

    monkeypatch.setattr(Path, "open", growing)
    assert Trace.load(tmp_path).steps.tolist() == [0, 20]
    assert Trace.load(tmp_path).steps.tolist() == [0, 20, 40]
