"""docs/formats.md: its Python runs, and prints what it says."""

import re
from pathlib import Path

import pytest

from gtan.data.annotations import read_truth

PAGE = (Path(__file__).parents[3] / "docs" / "formats.md").read_text()


def test_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = dict(re.findall(r"<!-- (\S+\.py) -->\n```python\n(.*?)```", PAGE, re.DOTALL))
    assert list(blocks) == ["read.py", "convert.py", "write.py"]
    for name, body in blocks.items():
        exec(compile(body, name, "exec"), {})
    printed = capsys.readouterr().out
    for line in printed.splitlines()[:5]:
        assert f"    {line}\n" in PAGE, "docs/formats.md shows something else"
    assert read_truth("annotations.json").videos["duration"].tolist() == [60.0]
    assert "0.91" in printed
