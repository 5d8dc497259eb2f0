"""Weights of a network, from a safetensors file: names, shapes and values are checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from gtan.files import AGAIN
from gtan.network import GTAN
from gtan.settings import Settings


def load_network(settings: Settings, path: Path) -> GTAN:
    """The network that settings describe, with the weights of a file.

    Raises:
        ValueError: naming the file, if it is damaged, of another network, or holds NaN.
    """
    there = read_tensors(path)
    with torch.device("meta"):  # before memory is taken for a network
        check_fit(path, there, GTAN(settings).state_dict())
    _check_finite(path, there)
    model = GTAN(settings)
    model.load_state_dict(there)
    return model


def load_weights(model: nn.Module, path: Path) -> None:
    """Load the weights of a network that is there.

    Raises:
        ValueError: naming the file, if it is damaged, of another network, or holds NaN.
    """
    there = read_tensors(path)
    check_fit(path, there, model.state_dict())
    _check_finite(path, there)
    model.load_state_dict(there)


def check_fit(path: Path, there: Mapping[str, Tensor], needed: Mapping[str, Tensor]) -> None:
    """Refuse weights whose names or shapes are not those of a network.

    Raises:
        ValueError: naming the file and the first five faults.
    """
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


def read_finite(path: Path) -> dict[str, Tensor]:
    """Tensors of a safetensors file, whole and finite.

    Raises:
        ValueError: naming the file, if it is missing, damaged, or holds NaN.
    """
    there = read_tensors(path)
    _check_finite(path, there)
    return there


def _check_finite(path: Path, there: Mapping[str, Tensor]) -> None:
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
