"""docs/detect.md, step by step, and the README's lines, as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gtan
from gtan.cli import main
from gtan.data.annotations import read_detections

ROOT = Path(__file__).parents[2]


@pytest.fixture
def there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example_few: gtan.Run, example_recording: str
) -> Path:
    """A folder with the example run as runs/mine, and what it explains as new/monday.npy."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mine").symlink_to(example_few.path)
    (tmp_path / "new").mkdir()
    film = example_few.dataset().recordings[example_recording]
    np.save("new/monday.npy", film.features(0, film.clips))
    return tmp_path


def test_the_page(
    there: Path, capsys: Any, example: gtan.Run, example_few: gtan.Run, example_recording: str
) -> None:
    page = (ROOT / "docs" / "detect.md").read_text()
    (named,) = set(re.findall(r"person\d+_film\d+", page))
    assert named in example.dataset().subsets["test"]
    page = page.replace(named, example_recording)  # whose film is there already
    first, new, point = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (shell,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(first + new, namespace)
    by_name = gtan.detect("runs/mine", example_recording, at="f1").assign(video="monday")
    pd.testing.assert_frame_equal(
        read_detections("new/detections.json"), by_name.astype({"video": "str"})
    )
    exec(point, namespace)
    assert len(namespace["monday"])
    dataset = example_few.dataset()
    chosen_on = dataset.subsets["validation"]
    said = f"on {len(chosen_on)} validation recordings with {len(dataset.truth_of(chosen_on))} act"
    assert capsys.readouterr().out.count(said) == 2
    Path("new/detections.json").unlink()
    for line in shell.strip().split("\n"):
        program, *arguments = shlex.split(line)
        assert program == "gtan" and main(arguments) == 0
    pd.testing.assert_frame_equal(
        read_detections("new/detections.json"), by_name.astype({"video": "str"})
    )
    assert set(read_detections("new/test.csv")["video"]) == set(dataset.subsets["test"])


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
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("monday: ")
    assert set(read_detections("monday.csv")["video"]) == {"monday"}
