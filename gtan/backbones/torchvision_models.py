"""The video models of torchvision, where it is installed, as backbones."""

from __future__ import annotations

from os import PathLike
from typing import Any

from torch import nn

from gtan.backbones.loading import load_checkpoint

HEADS = ("fc", "classifier", "head")  # what each of them calls its last layer


def torchvision_backbone(name: str, path: str | PathLike[str], classes: int = 400) -> nn.Module:
    """A video model of torchvision with the weights of a file, without the layer of its classes.

    Args:
        name: as torchvision has it: "r3d_18", "r2plus1d_18", "s3d", "mvit_v2_s", "swin3d_t", ...
        path: its checkpoint; nothing is downloaded.
        classes: that the checkpoint was trained for; 400 in Kinetics.

    Returns:
        From clips [B, 3, frames, height, width] to vectors [B, D]; in evaluation mode. How many
        frames, how large, and how normalised, is the checkpoint's (`torchvision_views`).

    Raises:
        ModuleNotFoundError: torchvision is not installed.
        ValueError: it has no such video model.
        CheckpointError: see `load_checkpoint`.
    """
    models = _models(name)
    net: nn.Module = models.get_model(name, weights=None, num_classes=classes)
    load_checkpoint(net, path)
    head = next(head for head in HEADS if hasattr(net, head))
    setattr(net, head, nn.Identity())
    return net


def torchvision_views(name: str) -> dict[str, Any]:
    """How frames were prepared for the weights that torchvision names first, as a recipe has it.

    Raises:
        ModuleNotFoundError, ValueError: as `torchvision_backbone`.
    """
    views = _models(name).get_model_weights(name).DEFAULT.transforms()
    sides = [int(side) for side in views.resize_size]
    return {
        "scale": sides[0] if len(sides) == 1 else tuple(sides),
        "crop": int(views.crop_size[0]),
        "mean": tuple(255 * value for value in views.mean),
        "deviation": tuple(255 * value for value in views.std),
    }


def _models(name: str) -> Any:
    """Torchvision's models, if that one is among them."""
    ours = f"backbone {name!r} is not one of ours (c3d, p3d199, world)"
    try:
        from torchvision import models
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"{ours}; for torchvision's video models: pip install torchvision", name="torchvision"
        ) from None
    known = models.list_models(module=models.video)
    if name not in known:
        raise ValueError(f"{ours}, nor of torchvision's: {', '.join(known)}")
    return models
