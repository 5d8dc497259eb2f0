"""A disk that is full at some write of a training: the run can be read, and goes on with room."""

from __future__ import annotations

import errno
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import gtan
from gtan.runs.check import check_files
from gtan.runs.writable import RunError
from tests.gtan.faults.results import results
from tests.gtan.runs.made_run import files, train


@pytest.mark.parametrize("write", [2, 5, 9, 13, 16])
def test_what_is_there_can_be_read_and_gone_on_with(
    place: Path, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    expected, count = results(train("whole").path), 0
    whole_write = Path.write_bytes

    def full(path: Path, content: Any) -> int:
        nonlocal count
        count += 1
        if count < write:
            return whole_write(path, content)
        whole_write(path, bytes(content)[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(RunError, match=r"disk of run is full.*goes on from its last"):
            train()
    left = [name for name in files("run") if "/." in name]
    assert not left, "what is of no use takes room"
    if Path("run/settings.json").exists():
        assert check_files(gtan.open_run("run")) == []
    found = results(train().path)
    assert found.keys() == expected.keys()
    assert not [name for name in found if found[name] != expected[name]]


def test_another_fault_of_a_disk_is_told_as_it_is(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, content: Any) -> int:
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(Path, "write_bytes", broken)
    with pytest.raises(OSError, match="Input/output error"):
        train()


def test_on_a_slow_disk_nobody_reads_half_a_file(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The explorer looks in while a training writes."""
    pytest.importorskip("torch")  # here, not in the thread
    whole_write = Path.write_bytes

    def slow(path: Path, content: Any) -> int:
        half = len(content) // 2
        whole_write(path, bytes(content)[:half])
        time.sleep(0.1)
        return whole_write(path, content)

    monkeypatch.setattr(Path, "write_bytes", slow)
    training = threading.Thread(target=train)
    training.start()
    looks = 0
    while training.is_alive():
        if Path("run/settings.json").exists():
            run = gtan.open_run("run")
            run.provenance(), run.metrics()
            if Path("run/trace/index.json").exists():
                run.trace()
            for path in run.explanations().values():
                gtan.Explanation.load(path)
            looks += 1
        time.sleep(0.02)
    training.join()
    assert looks > 5 and gtan.open_run("run").step == 6
