"""The commands of docs/evaluation.md and docs/diagnosis.md, as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PAGES = ("evaluation", "diagnosis")


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_python(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    namespace: dict[str, Any] = {}
    for block in blocks(page, "python"):
        exec(compile(block, page, "exec"), namespace)
    if page == "diagnosis":  # what the page says of reach is what its code finds
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


def test_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    lines = [line for block in blocks("evaluation", "sh") for line in block.strip().split("\n")]
    said = []
    for line in lines:
        program, *arguments = shlex.split(line)
        if program == "gtan":  # papermill's has a test of its own
            command = [sys.executable, "-m", "gtan.cli", *arguments]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            said.append(done.stdout)
    assert "average mAP 0.1604" in said[0] and "average mAP 0.1897" in said[1]
    assert (tmp_path / "out.json").exists()
