"""The commands of docs/evaluation.md and docs/diagnosis.md, as they stand there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import gtan
from tests.published import published_data

ROOT = Path(__file__).parents[3]
PAGES = ("evaluation", "diagnosis")


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example_few: gtan.Run) -> Path:
    """A folder in which the pages' commands run; the example run has few recordings."""
    (tmp_path / "gtan").symlink_to(Path(gtan.__file__).parent)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gtan.open_run", lambda run=None: example_few)
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_python(page: str, place: Path) -> None:
    namespace: dict[str, Any] = {}
    for block in blocks(page, "python"):
        if "annotation_file" not in block:  # that one needs data of other people
            exec(compile(block, page, "exec"), namespace)


def test_reach(place: Path) -> None:
    """What the page says of reach is what its code finds."""
    for name in ("sbhar", "thumos14", "activitynet"):
        published_data(name)
    namespace: dict[str, Any] = {}
    *_, last = blocks("diagnosis", "python")
    exec(compile(f"import gtan, gtan_viz\n{last}", "diagnosis", "exec"), namespace)
    text = (ROOT / "docs" / "diagnosis.md").read_text(encoding="utf-8")
    for row, found in zip(("THUMOS14", "ActivityNet v1.3", "SBHAR"), reached(namespace)):
        shares = " | ".join(f"{share:.3f}" for share in found.share())
        assert f"| {row}, {len(found.instances):,} actions | {shares} |" in text
    layers = found.by_layer()
    for layer, words in ((1, "from 0.28 to 0.41"), (2, "from 0.42 to 0.79")):
        first, second = layers.loc[layer, ["learned", "grouped"]]
        assert words == f"from {first:.2f} to {second:.2f}" and words in text


def reached(namespace: dict[str, Any]) -> list[Any]:
    return list(namespace["reached"].values())


def said(block: str, place: Path) -> list[str]:
    """What the commands of a block print; papermill's has a test of its own."""
    told = []
    for line in os.path.expandvars(block).strip().split("\n"):
        program, *arguments = shlex.split(line)
        if program == "gtan":
            command = [sys.executable, "-m", "gtan.cli", *arguments]
            done = subprocess.run(command, cwd=place, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            told.append(done.stdout)
    return told


def test_shell(place: Path) -> None:
    first, _, comparing = blocks("evaluation", "sh")
    exec(blocks("evaluation", "python")[0], {})
    assert all("average mAP" in text for text in said(first, place))
    assert (place / "out.json").exists() and not said(comparing, place)


def test_the_official_tools_numbers(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTAN_DATA", str(published_data("oracles").parent))
    one, other = said(blocks("evaluation", "sh")[1], place)
    assert "average mAP 0.1604" in one and "average mAP 0.1897" in other
