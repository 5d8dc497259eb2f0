"""What tests of runs share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.gtan.runs.made_run import VERSION_1


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with annotations and features, and the run of version 1 beside."""
    shutil.copytree(VERSION_1, tmp_path, dirs_exist_ok=True)
    (tmp_path / "run").rename(tmp_path / "old")
    monkeypatch.chdir(tmp_path)
    return tmp_path
