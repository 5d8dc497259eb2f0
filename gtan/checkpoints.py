"""Checkpoints: safetensors and JSON, each folder whole from the moment it has its name.

checkpoints/000250/   model.safetensors      the weights that detect: the moving average if any
                      trained.safetensors    the weights that are trained, beside an average
                      optimizer.safetensors  its state
                      state.json             step, loss scaler, class labels
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from gtan.files import AGAIN, read_json, step_of, write_bytes, write_json
from gtan.learner import Learner
from gtan.network import GTAN
from gtan.runs import Run
from gtan.settings import Settings

FILES = ("model.safetensors", "trained.safetensors", "optimizer.safetensors", "state.json")


def save_checkpoint(folder: Path, learner: Learner, step: int, classes: tuple[str, ...]) -> None:
    """Write `checkpoints/<step>` of a run aside, rename it, then remove those before."""
    final = folder / "checkpoints" / f"{step:06d}"
    aside = final.with_name(f".{final.name}")
    remove_checkpoint(aside)
    remove_checkpoint(final)
    tensors = {
        f"{index}.{name}": value if torch.is_tensor(value) else torch.tensor(value)
        for index, entry in learner.optimizer.state_dict()["state"].items()
        for name, value in entry.items()
        if value is not None
    }
    write_bytes(aside / "optimizer.safetensors", save(tensors), durable=True)
    write_bytes(aside / "model.safetensors", save(_weights(learner.detector)), durable=True)
    if learner.average is not None:
        write_bytes(aside / "trained.safetensors", save(_weights(learner.model)), durable=True)
    scaler = learner.scaler.state_dict() if learner.scaler.is_enabled() else None
    state = {"step": step, "scaler": scaler, "classes": list(classes)}
    write_json(aside / "state.json", state)
    _to_disk(aside)
    aside.rename(final)
    _to_disk(final.parent)
    for other in final.parent.iterdir():
        if other != final and step_of(other.name) is not None:
            remove_checkpoint(other)


def remove_checkpoint(folder: Path) -> None:
    """Remove a checkpoint's own files, and the folder if it held nothing else."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def load_checkpoint(folder: Path, learner: Learner) -> int:
    """Load the newest checkpoint of a run; returns its step, 0 if there is none.

    Raises:
        ValueError: naming the file that is damaged, missing, or of another network.
    """
    found = Run(folder).checkpoints() if (folder / "settings.json").exists() else {}
    if not found:
        return 0
    checkpoint = found[max(found)]
    if learner.average is None:
        load_weights(learner.model, checkpoint / "model.safetensors")
    else:
        load_weights(learner.average, checkpoint / "model.safetensors")
        load_weights(learner.model, checkpoint / "trained.safetensors")
    optimizer = learner.optimizer.state_dict()
    optimizer["state"] = {}
    state = read_tensors(checkpoint / "optimizer.safetensors")
    _finite(checkpoint / "optimizer.safetensors", state)
    for name, value in state.items():
        index, _, key = name.partition(".")
        optimizer["state"].setdefault(int(index), {})[key] = value
    learner.optimizer.load_state_dict(optimizer)
    scaler = read_state(checkpoint).get("scaler")
    if scaler and learner.scaler.is_enabled():
        learner.scaler.load_state_dict(scaler)
    return max(found)


def read_state(checkpoint: Path) -> dict[str, Any]:
    """Contents of `state.json`.

    Raises:
        ValueError: naming the file, if it is damaged.
    """
    state: dict[str, Any] = read_json(checkpoint / "state.json", dict)
    if type(state.get("step")) is not int or not isinstance(state.get("scaler") or {}, dict):
        raise ValueError(f"{checkpoint / 'state.json'} is no state of a training; {AGAIN}")
    return state


def check_weights(settings: Settings, path: Path) -> None:
    """Whether a file holds the weights of the network that settings describe.

    Raises:
        ValueError: naming the file, if it is damaged or of another network.
    """
    with torch.device("meta"):
        needed = GTAN(settings).state_dict()
    _fit(path, read_tensors(path), needed)


def load_weights(model: nn.Module, path: Path) -> None:
    """Load a network's weights; names, shapes and values are checked.

    Raises:
        ValueError: naming the file, if it is damaged, of another network, or holds NaN.
    """
    there = read_tensors(path)
    _fit(path, there, model.state_dict())
    _finite(path, there)
    model.load_state_dict(there)


def _fit(path: Path, there: Mapping[str, Tensor], needed: Mapping[str, Tensor]) -> None:
    wrong = [
        f"{name} is {'missing' if name not in there else list(there[name].shape)}, not "
        f"{list(value.shape)}"
        for name, value in needed.items()
        if name not in there or there[name].shape != value.shape
    ] + [f"{name} is unknown" for name in there if name not in needed]
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise ValueError(
            f"{path} holds the weights of another network: {'; '.join(wrong[:5])}{more}. Its "
            "settings.json is another run's, or the file is"
        )


def check_finite(path: Path) -> None:
    """Whether a file of tensors is whole and finite.

    Raises:
        ValueError: naming it.
    """
    _finite(path, read_tensors(path))


def _finite(path: Path, there: Mapping[str, Tensor]) -> None:
    broken = [name for name, value in there.items() if not torch.isfinite(value).all()]
    if broken:
        raise ValueError(f"{path}: numbers are NaN or infinite ({', '.join(broken[:5])}); {AGAIN}")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Tensors of a safetensors file.

    Raises:
        ValueError: naming the file, if it is missing or damaged.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a file of weights; {AGAIN}")
    if not path.exists():
        without = (
            "it can neither detect nor be trained. Copy the whole checkpoint again"
            if path.name == "model.safetensors"
            else "training cannot go on from it. Begin another run with training.start_from"
        )
        raise ValueError(
            f"{path} is missing: this checkpoint was stripped (gtan pack) or copied in part, and "
            f"{without}"
        )
    try:
        return load(path.read_bytes())
    except (SafetensorError, ValueError, KeyError) as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}; {AGAIN}") from None


def _weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}


def _to_disk(folder: Path) -> None:
    """A folder's entries, for which not every system has a way."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
