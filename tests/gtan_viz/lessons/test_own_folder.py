"""Lesson 9's way from a folder of features to a run and the explorer, as its text says it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan_viz.explorer.widget import Explorer
from gtan_viz.lessons.catalogue import notebook_of

SUBSETS = {"a": "training", "b": "training", "c": "validation", "d": "testing"}


def code() -> str:
    cells = json.loads(notebook_of("own").read_text())["cells"]
    text = "".join(cells[2]["source"])
    (found,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return str(found)


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Features in which one dimension says when somebody runs, and annotations."""
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    database: dict[str, Any] = {}
    folder = tmp_path / "mine" / "features"
    folder.mkdir(parents=True)
    for name, subset in SUBSETS.items():
        features = draw.normal(size=(120, 8)).astype(np.float32)
        features[40:60, 0] += 4
        np.save(folder / f"{name}.npy", features)
        # Clip t begins at frame 8 t, of 25 a second.
        run = {"segment": [40 * 8 / 25, 60 * 8 / 25], "label": "run"}
        database[name] = {"subset": subset, "duration": 38.72, "annotations": [run]}
    (tmp_path / "mine" / "annotations.json").write_text(json.dumps({"database": database}))
    return tmp_path / "mine"


@pytest.mark.slow
@pytest.mark.usefixtures("mine")
def test_from_a_folder_to_the_explorer() -> None:
    lines = code().replace('"training.iterations": 500', '"training.iterations": 3')
    *before, last = lines.strip().splitlines()
    names: dict[str, Any] = {}
    exec("\n".join(before), names)
    explorer = eval(last, names)
    assert isinstance(explorer, Explorer)
    assert explorer.recording == "c"  # from which nothing was learned
    explorer.close()


def test_what_does_not_fit_is_said_before_it_begins(mine: Path) -> None:
    (mine / "features" / "b.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"have no features at .*: b\."):
        exec(code(), {})
    assert not (mine.parent / "runs").exists()
