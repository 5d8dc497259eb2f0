"""Checkpoints: safetensors and JSON, each folder whole from the moment it has its name.

checkpoints/000250/   model.safetensors      the weights that detect: the moving average if any
                      trained.safetensors    the weights that are trained, beside an average
                      optimizer.safetensors  its state
                      state.json             step, loss scaler, class labels
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from gtan.files import AGAIN, put, read_json, step_of, write_bytes, write_json
from gtan.runs.run import Run
from gtan.training.learner import Learner
from gtan.weights import check_fit, load_weights, read_finite

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
    try:
        write_bytes(aside / "optimizer.safetensors", save(tensors))
        write_bytes(aside / "model.safetensors", save(_weights(learner.detector)))
        if learner.average is not None:
            write_bytes(aside / "trained.safetensors", save(_weights(learner.model)))
        scaler = learner.scaler.state_dict() if learner.scaler.is_enabled() else None
        state = {"step": step, "scaler": scaler, "classes": list(classes)}
        write_json(aside / "state.json", state)
        put(aside, final)
    except BaseException:
        remove_checkpoint(aside)  # a full disk is not to stay full
        raise
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
    path = checkpoint / "optimizer.safetensors"
    state = read_finite(path)
    check_fit(path, state, _optimizer_state(learner, state))
    for name, value in state.items():
        index, _, key = name.partition(".")
        optimizer["state"].setdefault(int(index), {})[key] = value
    learner.optimizer.load_state_dict(optimizer)
    scaler = read_state(checkpoint).get("scaler")
    if scaler and learner.scaler.is_enabled():
        learner.scaler.load_state_dict(scaler)
    return max(found)


def _optimizer_state(learner: Learner, there: Iterable[str]) -> dict[str, Tensor]:
    """What the optimiser keeps of each parameter of which it has kept anything."""
    groups = learner.optimizer.param_groups
    parameters = [parameter for group in groups for parameter in group["params"]]
    seen = {name.partition(".")[0] for name in there}
    sgd = learner.settings.training.optimizer == "sgd"
    keys = ("momentum_buffer",) if sgd else ("step", "exp_avg", "exp_avg_sq")
    return {
        f"{index}.{key}": torch.zeros(()) if key == "step" else parameter
        for index, parameter in enumerate(parameters)
        for key in keys
        if str(index) in seen
    }


def read_state(checkpoint: Path) -> dict[str, Any]:
    """Contents of `state.json`.

    Raises:
        ValueError: naming the file, if it is damaged.
    """
    state: dict[str, Any] = read_json(checkpoint / "state.json", dict)
    if type(state.get("step")) is not int or not isinstance(state.get("scaler") or {}, dict):
        raise ValueError(f"{checkpoint / 'state.json'} is no state of a training; {AGAIN}")
    return state


def _weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
