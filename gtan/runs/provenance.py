"""Where a run came from: code, packages, data and machine, each time somebody trained it.

`provenance.json` is a list of sessions, oldest first. A session is written when a training starts,
with every checkpoint, and when it ends, so that one that was killed is there as well:

    started, ended   UTC; ended is null in a session that was killed
    steps            first one, and last one that is kept (in a checkpoint, or null)
    seconds          spent on steps, validation, recording, checkpoints
    git              commit, and whether the checkout was changed; null outside git
    code             SHA-256 of the package's Python files
    python, packages, platform, device, processor, threads, processes, seed
    data             name, SHA-256 of truth and first clips, and of clips from all along

Nothing but training writes here.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
import time
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gtan.files import AGAIN, read_json, write_json
from gtan.settings import Settings

if TYPE_CHECKING:
    import torch

    from gtan.data.dataset import Dataset

PACKAGES = ("gtan", "torch", "numpy", "pandas", "pydantic", "safetensors", "accelerate")
Session = dict[str, Any]


def read_sessions(folder: Path) -> list[Session]:
    """The sessions of a run, oldest first; none before its first training.

    Files of before December 2026 held the last session's origin and all sessions' times.

    Raises:
        ValueError: naming the file, if it is damaged.
    """
    path = folder / "provenance.json"
    if not path.exists():
        return []
    content = read_json(path)
    if isinstance(content, dict) and isinstance(content.get("sessions"), list):
        origin = {name: value for name, value in content.items() if name != "sessions"}
        content = [{**origin, **session} for session in content["sessions"] or [{}]]
    if not isinstance(content, list) or not all(map(_is_session, content)):
        raise ValueError(f"{path} is no list of sessions; {AGAIN}")
    return content


def _is_session(one: Any) -> bool:
    """Whether what is read of a session has the types that it is written with."""
    if not isinstance(one, dict):
        return False
    steps, seconds = one.get("steps", [None, None]), one.get("seconds", {})
    parts = [one.get(name) or {} for name in ("git", "packages", "data")]
    return (
        isinstance(steps, list)
        and len(steps) == 2
        and all(step is None or (type(step) is int and step >= 0) for step in steps)
        and isinstance(seconds, dict)
        and all(type(spent) in (int, float) for spent in seconds.values())
        and all(isinstance(part, dict) for part in parts)
        and all(v is None or isinstance(v, str | bool) for part in parts for v in part.values())
    )


def origin(
    settings: Settings, dataset: Dataset, device: torch.device, processes: int = 1
) -> Session:
    """What a session of so many processes is made of, as of now."""
    import torch

    return {
        "git": git_state(Path(__file__).parent),
        "code": code_hash(),
        "python": platform.python_version(),
        "packages": {name: package_version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "device": str(device),
        "processor": processor(device),
        "threads": torch.get_num_threads(),
        "processes": processes,
        "seed": settings.training.seed,
        "data": {
            "name": dataset.name,
            "sha256": data_hash(dataset),
            "throughout": throughout_hash(dataset),
        },
    }


def processor(device: torch.device) -> str:
    """A GPU's name, or the vector instructions that torch uses of a CPU: last bits hang on it."""
    import torch

    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return str(torch.backends.cpu.get_cpu_capability()) if device.type == "cpu" else device.type


def begin_session(folder: Path, made_of: Session, first: int) -> None:
    """Add a session that starts with step `first`."""
    session = {"started": _now(), "ended": None, "steps": [first, None], "seconds": {}, **made_of}
    write_json(folder / "provenance.json", [*read_sessions(folder), session])


def note_session(folder: Path, last: int, seconds: Mapping[str, float], ended: bool) -> None:
    """Write down how far the newest session came."""
    *before, session = read_sessions(folder)
    session["steps"][1] = last
    session["seconds"] = {part: round(spent, 3) for part, spent in seconds.items()}
    session["ended"] = _now() if ended else None
    write_json(folder / "provenance.json", [*before, session])


def changes(before: Session, now: Session) -> list[str]:
    """What of code and versions is another now, in words; the data are not looked at.

    Example:
        >>> changes({"python": "3.11.7"}, {"python": "3.12.1"})
        ['python 3.11.7 -> 3.12.1']
    """
    said = [
        f"{name} {before[name]} -> {now.get(name)}"
        for name in ("python",)
        if name in before and before[name] != now.get(name)
    ]
    old, new = before.get("packages") or {}, now.get("packages") or {}
    said += [f"{name} {old[name]} -> {new.get(name)}" for name in old if old[name] != new.get(name)]
    one, other = ((part.get("git") or {}).get("commit") for part in (before, now))
    if one != other and one and other:
        said.append(f"commit {one[:10]} -> {other[:10]}")
    if before.get("code") and before["code"] != now.get("code"):
        said.append("gtan's own code")
    return said


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


@cache
def code_hash() -> str:
    """SHA-256 over the package's Python files, which tells what a dirty checkout was."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def data_hash(dataset: Dataset) -> str:
    """SHA-256 over truth, subsets and the first clips of (evenly chosen, about 100) recordings."""
    digest = hashlib.sha256(dataset.truth.to_csv(index=False).encode())
    digest.update(repr(sorted(dataset.subsets.items())).encode())
    names = sorted(dataset.recordings)
    for name in names[:: max(1, len(names) // 100)]:
        recording = dataset.recordings[name]
        digest.update(name.encode())
        if hasattr(recording, "fingerprint"):  # made by us, from what it says
            digest.update(recording.fingerprint.encode())
            continue
        features = recording.features(0.0, min(64, recording.clips))
        digest.update(np.ascontiguousarray(features).tobytes())
    return digest.hexdigest()


def throughout_hash(dataset: Dataset) -> str:
    """SHA-256 over durations, clips and grids of all recordings, and clips all along some 100."""
    digest = hashlib.sha256()
    names = sorted(dataset.recordings)
    for name in names:
        recording = dataset.recordings[name]
        grid = recording.grid
        known = (name, recording.duration, recording.clips, grid.stride, grid.length, grid.offset)
        digest.update(repr(known).encode())
    for name in names[:: max(1, len(names) // 100)]:
        recording = dataset.recordings[name]
        if hasattr(recording, "fingerprint"):
            continue
        for clip in np.unique(np.linspace(0, recording.clips - 1, 16).astype(int)).tolist():
            digest.update(np.ascontiguousarray(recording.features(float(clip), 1)).tobytes())
    return digest.hexdigest()


@cache
def package_version(package: str) -> str | None:
    """Version of an installed package; None if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
