"""Power cuts at every moment of a training, an extraction and a write, on a disk that keeps no more
than it promised: contents of files, and names in folders, that were synced.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gtan
from gtan import files as disk_files
from gtan.extraction.feature_file import PartialFile, partial_path
from gtan.files import MACHINE, remove_asides, write_bytes
from gtan.runs.check import check_files
from tests.gtan.faults.results import results
from tests.gtan.runs.made_run import train


class PowerCut(BaseException):
    """The lights go out."""


class Disk:
    """What a folder would hold after a power cut at the n-th wait for the disk.

    Args:
        root: the folder.
        eager: names reach the disk at once, contents only when synced: then files are empty that
            were not. Otherwise a name that was not synced, in its folder, is gone as well.
    """

    def __init__(self, root: Path, eager: bool) -> None:
        self.root, self.eager = root, eager
        self.contents: dict[int, bytes] = {}  # of synced files, by inode
        self.names: dict[int, dict[str, int]] = {}  # of synced folders, by inode
        self.left = -1

    def fsync(self, handle: int) -> None:
        """Instead of `os.fsync`."""
        if self.left == 0:
            raise PowerCut
        self.left -= 1
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        if path.is_dir():
            self.names[path.stat().st_ino] = {
                each.name: each.stat().st_ino for each in path.iterdir()
            }
        else:
            self.contents[path.stat().st_ino] = path.read_bytes()

    def after_the_cut(self, into: Path) -> None:
        """Write what would be found."""
        self._copy(self.root, into)

    def _copy(self, folder: Path, into: Path) -> None:
        into.mkdir()
        kept = self.names.get(folder.stat().st_ino, {})
        for each in folder.iterdir():
            if not self.eager and kept.get(each.name) != each.stat().st_ino:
                continue
            if each.is_dir():
                self._copy(each, into / each.name)
            else:
                (into / each.name).write_bytes(self.contents.get(each.stat().st_ino, b""))


@pytest.fixture(params=["names at once", "names when synced"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    root = tmp_path / "disk"
    root.mkdir()
    made = Disk(root, request.param == "names at once")
    monkeypatch.setattr(os, "fsync", made.fsync)
    return made


def test_a_training_survives_every_moment(
    place: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened after the cut it shows what it has; gone on with, it ends as if nothing had been."""
    whole = train("whole")
    expected = results(whole.path)
    for moment in range(1, 60, 4):
        for folder in (disk.root / "run", Path("found")):
            shutil.rmtree(folder, ignore_errors=True)
        disk.contents.clear()
        disk.names.clear()
        disk.left = moment
        try:
            train(str(disk.root / "run"))
            cut = False
        except PowerCut:
            cut = True
        disk.left = -1
        if not cut:
            assert moment > 20
            return
        if not (disk.root / "run").exists():
            continue
        disk_files.to_disk(disk.root)  # the run's own name
        Path("found").mkdir()
        disk.after_the_cut(Path("found") / "disk")
        found = Path("found") / "disk" / "run"
        if (found / "settings.json").exists():
            opened = gtan.open_run(found)
            assert check_files(opened) == []
            opened.metrics()
        train(str(found))
        after = results(found)
        assert after.keys() == expected.keys(), moment
        assert not [name for name in after if after[name] != expected[name]], moment
    pytest.fail("there was no end")


def test_zeros_where_rows_were_are_extracted_again(tmp_path: Path) -> None:
    path, about = tmp_path / "v.safetensors", {"recipe": 1}
    rows = np.arange(40, dtype=np.float32).reshape(8, 5)
    partial = PartialFile(path, about, batch=2)
    for at in range(0, 8, 2):
        partial.append(rows[at : at + 2])
    content = bytearray(partial_path(path).read_bytes())
    content[50:70] = bytes(20)  # in the second batch: pages reach a disk in any order
    partial_path(path).write_bytes(bytes(content))
    again = PartialFile(path, about, batch=2)
    assert again.rows == 2
    again.append(rows[2:])
    again.finish({})
    assert not list(tmp_path.glob(".*"))


def test_rows_that_went_away_are_not_written_around(tmp_path: Path) -> None:
    """The empty place of a mount takes a new file; it would hold the last rows only."""
    partial = PartialFile(tmp_path / "v.safetensors", {}, batch=1)
    partial.append(np.ones((2, 3), np.float32))
    partial_path(partial.path).rename(tmp_path / "aside")
    with pytest.raises(OSError, match="part"):
        partial.append(np.ones((2, 3), np.float32))
    assert not partial_path(partial.path).exists()


def test_a_write_waits_for_the_disk_before_it_gives_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        done.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        sync(handle)

    def renamed(one: Any, other: Any) -> None:
        done.append("renamed")
        replace(one, other)

    monkeypatch.setattr(disk_files.os, "fsync", synced)
    monkeypatch.setattr(disk_files.os, "replace", renamed)
    write_bytes(tmp_path / "new" / "a.json", b"{}")
    name = f".a.json.{MACHINE}.{os.getpid()}"
    assert done == [tmp_path.name, name, "renamed", "new"]


def test_what_another_machine_writes_is_left_alone(tmp_path: Path) -> None:
    """Its process has a number that says nothing here."""
    other, mine = tmp_path / ".a.json.0123abcd.1", tmp_path / f".a.json.{MACHINE}.999999999"
    running = tmp_path / f".b.json.{MACHINE}.{os.getpid()}"
    older = tmp_path / ".c.json.999999999"
    for path in (other, mine, running, older):
        path.touch()
    remove_asides(tmp_path)
    assert other.exists() and running.exists() and not mine.exists() and not older.exists()
    remove_asides(tmp_path, alone=True)
    assert not other.exists() and running.exists()
