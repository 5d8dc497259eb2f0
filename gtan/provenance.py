"""Where a run came from: code, packages, data, machine."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gtan.files import read_json, write_json
from gtan.settings import Settings

if TYPE_CHECKING:
    import torch

    from gtan.data.dataset import Dataset

PACKAGES = ("gtan", "torch", "numpy", "pandas", "pydantic", "safetensors", "accelerate")


def record_provenance(
    folder: Path, settings: Settings, dataset: Dataset, device: torch.device
) -> None:
    """Write `provenance.json`; a resumed run keeps its list of sessions."""
    import torch

    path = folder / "provenance.json"
    sessions = read_json(path)["sessions"] if path.exists() else []
    write_json(
        path,
        {
            "git": git_state(Path(__file__).parent),
            "python": platform.python_version(),
            "packages": {name: package_version(name) for name in PACKAGES},
            "platform": platform.platform(),
            "device": str(device),
            "threads": torch.get_num_threads(),
            "seed": settings.training.seed,
            "data": {"name": dataset.name, "sha256": data_hash(dataset)},
            "sessions": sessions,
        },
    )


def record_session(folder: Path, first: int, last: int, seconds: dict[str, float]) -> None:
    """Add to `provenance.json` when steps `first` to `last` ended, and what they spent on what."""
    path = folder / "provenance.json"
    provenance = read_json(path)
    provenance["sessions"].append(
        {
            "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "steps": [first, last],
            "seconds": {part: round(spent, 3) for part, spent in seconds.items()},
        }
    )
    write_json(path, provenance)


def git_state(folder: Path) -> dict[str, Any]:
    """Commit of the checkout around `folder`, and whether it was changed; None outside git."""

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    status = git("status", "--porcelain")
    return {"commit": git("rev-parse", "HEAD"), "dirty": None if status is None else bool(status)}


def data_hash(dataset: Dataset) -> str:
    """SHA-256 over truth, subsets and the first clips of (evenly chosen, about 100) recordings."""
    digest = hashlib.sha256(dataset.truth.to_csv(index=False).encode())
    digest.update(repr(sorted(dataset.subsets.items())).encode())
    names = sorted(dataset.recordings)
    for name in names[:: max(1, len(names) // 100)]:
        recording = dataset.recordings[name]
        digest.update(name.encode())
        features = recording.features(0.0, min(64, recording.clips))
        digest.update(np.ascontiguousarray(features).tobytes())
    return digest.hexdigest()


def package_version(package: str) -> str | None:
    """Version of an installed package; None if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
