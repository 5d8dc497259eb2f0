"""docs/detect.md, step by step, and the README's lines, as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gtan
from gtan.cli import main
from gtan.data.annotations import read_detections

ROOT = Path(__file__).parents[2]


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the example run as runs/mine, and a recording of SBHAR as new/monday.npy."""
    monkeypatch.chdir(tmp_path)
    run = gtan.open_run()
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mine").symlink_to(run.path)
    (tmp_path / "new").mkdir()
    np.save("new/monday.npy", run.dataset().recordings["exp07_user04"].signal()[0])
    return tmp_path


def test_the_page(there: Path, capsys: Any) -> None:
    page = (ROOT / "docs" / "detect.md").read_text()
    first, new, point = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (shell,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(first + new, namespace)
    by_name = gtan.detect("runs/mine", "exp07_user04", at="f1").assign(video="monday")
    assert read_detections("new/detections.json").equals(by_name.astype({"video": "str"}))
    exec(point, namespace)
    assert len(namespace["monday"])
    assert capsys.readouterr().out.count("chosen on 10 validation recordings with 201 actions") == 2
    Path("new/detections.json").unlink()
    for line in shell.strip().split("\n"):
        program, *arguments = shlex.split(line)
        assert program == "gtan" and main(arguments) == 0
    assert read_detections("new/detections.json").equals(by_name.astype({"video": "str"}))
    assert read_detections("new/test.csv")["video"].nunique() == 19


def test_the_readme(there: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    section = readme.partition("## Detect\n")[2].partition("\n## ")[0]
    python, shell = re.findall(r"(?m)(?:^    .*\n)+", section)
    lines = re.sub("(?m)^    ", "", python)
    assert lines.count("\n") == 3
    found: dict[str, Any] = {}
    exec(lines, found)
    assert set(found["detections"]["video"]) == {"monday"}
    program, *arguments = shlex.split(shell)
    assert program == "gtan"
    done = subprocess.run(
        [sys.executable, "-m", "gtan.cli", *arguments],
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("monday: ")
    assert set(read_detections("monday.csv")["video"]) == {"monday"}
