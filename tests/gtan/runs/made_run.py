"""A run on made data, so small that a test can train it, and one that an earlier version left.

The fixture `place` (conftest.py) is a folder that holds both.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gtan
from gtan.settings import Settings

VERSION_1 = Path(__file__).parents[2] / "fixtures" / "runs" / "version_1"
STEPS: dict[str, Any] = {
    "training.iterations": 6,
    "training.checkpoint_every": 3,
    "training.validate_every": 6,
    "training.log_every": 1,
    "training.trace_every": 3,
    "training.trace_recordings": 1,
    "training.explanations": 1,
    "training.schedule": "step",
}


class Stop(Exception):
    """What a test stops a training with."""


def stop_at(step: int) -> Any:
    def on_step(row: dict[str, float]) -> None:
        if row["step"] == step:
            raise Stop

    return on_step


def made(**overrides: Any) -> Settings:
    return Settings.preset("features").override(
        {"data.annotations": "annotations.json", "data.features": "{video}.npy",
         "data.test_subset": "testing", "data.clip_length": 10, "data.clip_stride": 5,
         "data.window": 64, "network.base_channels": (4, 4), "network.anchor_channels": (4, 4),
         "kernels.derivatives": 0, "loss.background_sigma": 0.0,  # as version 1 was
         "training.batch_size": 2, "training.threads": 1, "training.device": "cpu"}
        | STEPS | overrides
    )  # fmt: skip


def train(folder: str = "run", *, stop: int = 0, changed_data: bool = False, **more: Any) -> Any:
    on_step = stop_at(stop) if stop else None
    return gtan.train(
        made(**more), folder, progress=False, on_step=on_step, changed_data=changed_data
    )


def files(folder: str | Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(Path(folder).rglob("*")) if p.is_file()}
