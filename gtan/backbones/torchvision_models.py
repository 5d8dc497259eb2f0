"""The video models of torchvision, where it is installed, as backbones."""

from __future__ import annotations

from os import PathLike

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
        frames, how large, and how normalised, is the checkpoint's (`weights.transforms()`).

    Raises:
        ModuleNotFoundError: torchvision is not installed.
        ValueError: it has no such video model.
        CheckpointError: see `load_checkpoint`.
    """
    try:
        from torchvision import models
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "this backbone is torchvision's: pip install torchvision", name="torchvision"
        ) from None
    known = models.list_models(module=models.video)
    if name not in known:
        raise ValueError(f"torchvision's video models are {', '.join(known)}; not {name!r}")
    net: nn.Module = models.get_model(name, weights=None, num_classes=classes)
    load_checkpoint(net, path)
    head = next(head for head in HEADS if hasattr(net, head))
    setattr(net, head, nn.Identity())
    return net
