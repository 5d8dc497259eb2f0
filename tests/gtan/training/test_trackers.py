"""docs/trackers.md: its code, with trackers that only listen."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest

import gtan

PAGE = (Path(__file__).parents[3] / "docs" / "trackers.md").read_text()
BLOCKS = dict(re.findall(r"<!-- (\S+\.py) -->\n```python\n(.*?)```", PAGE, re.DOTALL))
ROW = {"step": 10, "loss": 1.5, "mAP": 0.25}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MagicMock:
    """What every tracker was told; a training is one row of metrics."""
    ears = MagicMock()
    assert gtan.train  # loaded before: accelerate looks for trackers, too
    board = ModuleType("torch.utils.tensorboard")
    board.SummaryWriter = ears  # type: ignore[attr-defined]
    for name, module in (("torch.utils.tensorboard", board), ("mlflow", ears), ("wandb", ears)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("gtan.train", lambda settings, folder, on_step: on_step(dict(ROW)))
    monkeypatch.chdir(tmp_path)
    return ears


@pytest.mark.parametrize("name", ["board.py", "flow.py", "bias.py"])
def test_a_tracker_is_told_every_number(name: str, heard: MagicMock) -> None:
    namespace: dict[str, Any] = {}
    exec(compile(BLOCKS[name], name, "exec"), namespace)
    told = str(heard.mock_calls)
    assert "0.25" in told and "mAP" in told and "10" in told


def test_no_tracker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    exec(BLOCKS["table.py"], {})
    assert Path("metrics.csv").read_text().startswith("step,")
