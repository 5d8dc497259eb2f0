"""Checkpoints: safetensors and JSON, each folder whole from the moment it has its name."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from gtan.files import read_json, write_bytes, write_json
from gtan.learner import Learner
from gtan.runs import Run


def save_checkpoint(folder: Path, learner: Learner, step: int) -> None:
    """Write `checkpoints/<step>` of a run aside, rename it, then remove those before."""
    final = folder / "checkpoints" / f"{step:06d}"
    aside = final.with_name(f".{final.name}")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.rmtree(final, ignore_errors=True)
    tensors = {
        f"{index}.{name}": value if torch.is_tensor(value) else torch.tensor(value)
        for index, entry in learner.optimizer.state_dict()["state"].items()
        for name, value in entry.items()
        if value is not None
    }
    write_bytes(aside / "optimizer.safetensors", save(tensors))
    write_bytes(aside / "model.safetensors", save(_weights(learner.detector)))
    if learner.average is not None:
        write_bytes(aside / "trained.safetensors", save(_weights(learner.model)))
    scaler = learner.accelerator.scaler
    write_json(
        aside / "state.json",
        {"step": step, "scaler": scaler.state_dict() if scaler is not None else None},
    )
    aside.rename(final)
    for other in final.parent.glob("[0-9]*"):
        if other != final:
            shutil.rmtree(other)


def load_checkpoint(folder: Path, learner: Learner) -> int:
    """Load the newest checkpoint of a run; returns its step, 0 if there is none."""
    found = Run(folder).checkpoints()
    if not found:
        return 0
    checkpoint = found[max(found)]
    weights = load_file(checkpoint / "model.safetensors")
    if learner.average is not None:
        learner.average.load_state_dict(weights)
        weights = load_file(checkpoint / "trained.safetensors")
    learner.model.load_state_dict(weights)
    optimizer = learner.optimizer.state_dict()
    optimizer["state"] = {}
    for name, value in load_file(checkpoint / "optimizer.safetensors").items():
        index, key = name.split(".", 1)
        optimizer["state"].setdefault(int(index), {})[key] = value
    learner.optimizer.load_state_dict(optimizer)
    saved = read_json(checkpoint / "state.json")
    if saved["scaler"] and learner.accelerator.scaler is not None:
        learner.accelerator.scaler.load_state_dict(saved["scaler"])
    return max(found)


def _weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
