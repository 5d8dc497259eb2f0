"""docs/video.md, step by step, as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

import gtan
from gtan.cli import main
from gtan.world import films
from tests.gtan.test_from_videos import SMALL, settings_of, videos  # noqa: F401  (a fixture)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, videos: Path) -> Path:  # noqa: F811
    """Videos, what happens in them, and a run that has learned from them as runs/mine."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(videos / "videos", "videos")
    shutil.copy(videos / "actions.json", "actions.json")
    shutil.copy(tmp_path / "videos" / f"{films('tiny-world')[2].name}.mp4", "holiday.mp4")
    gtan.train(settings_of(videos), "runs/mine", progress=False)
    return tmp_path


def test_the_page(there: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    page = (ROOT / "docs" / "video.md").read_text()
    blocks = dict(re.findall(r"<!-- ([\w.]+) -->\n```\w+\n(.*?)```", page, re.DOTALL))
    assert list(blocks) == ["detect", "detect.py", "extract", "recipe.py", "own.py", "train.py"]
    override = gtan.Settings.override  # a training of the page's settings, but a short one
    short = {name: value for name, value in SMALL.items() if name != "data.test_subset"}
    monkeypatch.setattr(
        gtan.Settings, "override", lambda self, changes: override(self, {**changes, **short})
    )
    for name, text in blocks.items():
        if name.endswith(".py"):
            exec(text, {"__name__": "page"})
            continue
        program, *arguments = shlex.split(text)
        assert program == "gtan" and main(arguments) == 0
    assert Path("holiday.vtt").read_text().startswith("WEBVTT")
    assert "media-src data: blob:" in Path("holiday.html").read_text()
    assert len(os.listdir("features")) == len(os.listdir("videos")) == 3
    name = f"{films('tiny-world')[0].name}.safetensors"
    every2, every4 = (load_file(f"{f}/{name}")["features"] for f in ("features", "every4"))
    assert every2[::4].shape == every4[::2].shape
    assert load_file(f"colours/{name}")["features"].shape[1] == 3
    assert "world, 16 frames every 2 at 12.5" in capsys.readouterr().out
