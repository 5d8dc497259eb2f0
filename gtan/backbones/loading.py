"""Weights that people bring, into a network that is there: nothing but tensors is read.

Files are torch's (`torch.save` of a state dict, of any age) or safetensors. A state dict may lie
under "state_dict" or "model" beside other things, and its names may begin with the "module." of
`DataParallel`: so checkpoints are distributed, and both are undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

SHOWN = 12  # names of each kind that a message shows
WRAPPERS = ("state_dict", "model_state_dict", "model")
PARALLEL = "module."  # before every name that DataParallel has saved
COUNTER = "num_batches_tracked"  # of training alone; files older than torch 0.4.1 have none
Module = TypeVar("Module", bound=nn.Module)


class CheckpointError(ValueError):
    """A file cannot give a network its weights; the message says why, and what to do.

    Attributes:
        missing: names of the network that the file lacks.
        unexpected: names of the file that the network lacks.
        misshapen: names of both, whose shapes differ.
    """

    def __init__(
        self,
        message: str,
        missing: list[str] | None = None,
        unexpected: list[str] | None = None,
        misshapen: list[str] | None = None,
    ) -> None:
        super().__init__(message)
        self.missing, self.unexpected = missing or [], unexpected or []
        self.misshapen = misshapen or []


def load_checkpoint(net: Module, path: str | PathLike[str]) -> Module:
    """Give a network the weights of a file, all of them, and set it to evaluation.

    Values become what the network has them in, on its device; the network stays as it was if
    anything is wrong.

    Returns:
        The network itself.

    Raises:
        FileNotFoundError: there is no such file.
        CheckpointError: the file is damaged, holds other than tensors, holds NaN, or names or
            shapes are not the network's: all of them are in its attributes.

    Example:
        >>> from gtan.backbones import C3D, load_checkpoint
        >>> net = load_checkpoint(C3D("fc6"), "weights/c3d.pickle")  # doctest: +SKIP
    """
    path = Path(path)
    there = read_state(path)
    needed = net.state_dict()
    _check_fit(path, type(net).__name__, there, needed)
    broken = [name for name, value in there.items() if not torch.isfinite(value).all()]
    if broken:
        raise CheckpointError(f"{path}: weights are NaN or infinite: {_shown(broken)}")
    net.load_state_dict({**needed, **there})  # a counter that is missing stays
    return net.eval()


def read_state(path: Path) -> dict[str, Tensor]:
    """Names and tensors of a file, unwrapped.

    Raises:
        FileNotFoundError: there is no such file.
        CheckpointError: it is damaged, or holds other than tensors.
    """
    if path.is_dir():
        raise CheckpointError(f"{path} is a folder; name the file of weights in it")
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file of weights")
    try:
        if path.suffix == ".safetensors":
            found: Any = load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of many kinds: zip, pickle and storage each have their own
        raise CheckpointError(
            f"{path} cannot be read as weights alone. Either it is damaged or not a file of "
            "torch's: fetch it again; or it holds Python objects, which could run any code when "
            "read: where you trust it, load it with torch and write its state dict anew, "
            f"torch.save(net.state_dict(), ...). It said: {str(error).strip()[:200]}"
        ) from error
    found = _unwrapped(found)
    if not isinstance(found, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in found.items()
    ):
        holds = ", ".join(map(str, found)) if isinstance(found, Mapping) else type(found).__name__
        raise CheckpointError(
            f"{path} holds no state dict, names and tensors, alone or under "
            f"{' or '.join(map(repr, WRAPPERS))}: it holds {holds[:200]}"
        )
    parallel = found and all(name.startswith(PARALLEL) for name in found)
    return {name.removeprefix(PARALLEL) if parallel else name: v for name, v in found.items()}


def _unwrapped(found: Any) -> Any:
    if isinstance(found, Mapping):
        for key in WRAPPERS:
            if isinstance(found.get(key), Mapping):
                return found[key]
    return found


def _check_fit(
    path: Path, net: str, there: Mapping[str, Tensor], needed: Mapping[str, Tensor]
) -> None:
    common = [name for name in needed if name in there]
    missing = [name for name in needed if name not in there and not name.endswith(COUNTER)]
    unexpected = [name for name in there if name not in needed]
    misshapen = [name for name in common if there[name].shape != needed[name].shape]
    shapes = [
        f"{name} is {list(there[name].shape)}, not {list(needed[name].shape)}" for name in misshapen
    ]
    wrong = {"missing": missing, "unexpected": unexpected, "of other shapes": shapes}
    if not any(wrong.values()):
        return
    said = "; ".join(f"{what}: {_shown(names)}" for what, names in wrong.items() if names)
    if not common:
        advice = f"no name is {net}'s: the file is of another network"
    elif missing or unexpected:
        advice = (
            "rename what has another name and leave out what is not needed, then write the state "
            "dict again"
        )
    else:
        advice = (
            "if only the last layer differs, make the network with the file's number of classes"
        )
    raise CheckpointError(
        f"{path} does not fit {net}: {said}. What to do: {advice}", missing, unexpected, misshapen
    )


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
