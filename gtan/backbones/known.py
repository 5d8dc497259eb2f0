"""Backbones by name: the network, and how its makers cut and prepare what it sees.

c3d, c3d:fc7, c3d:pool5    C3D: fc6 (or another layer), 4096-d (pool5: 8192-d)
p3d199                     P3D-199: pool5, 2048-d
world                      the small world's ConvNet, 64-d, whose weights ship with the package
r3d_18, mvit_v2_s, ...     torchvision's, where it is installed
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from gtan.backbones.c3d import C3D
from gtan.backbones.loading import load_checkpoint
from gtan.backbones.p3d import P3D199
from gtan.backbones.torchvision_models import torchvision_backbone, torchvision_views
from gtan.extraction.recipe import Recipe, hash_of

# C3D's frames come from OpenCV, in BGR; the mean is Sports-1M's, of its published mean cube by
# channel. P3D's PyTorch port prepares frames as ImageNet's.
VIEWS: dict[str, dict[str, Any]] = {
    "c3d": {
        "scale": (128, 171),
        "crop": 112,
        "channels": "BGR",
        "mean": (90.25, 97.66, 101.41),
        "deviation": (1, 1, 1),
    },
    "p3d199": {
        "scale": (182, 242),
        "crop": 160,
        "mean": (123.675, 116.28, 103.53),
        "deviation": (58.395, 57.12, 57.375),
    },
}


def recipe_of(name: str, weights: Path | None = None) -> Recipe:
    """How a backbone of that name is used, with the weights of a file.

    Raises:
        ValueError: there is no such backbone; or weights are needed, or not taken.
        FileNotFoundError: there is no such file.
        ModuleNotFoundError: it is torchvision's, which is not installed.
    """
    if name == "world":
        from gtan.world.dataset import world_recipe

        return world_recipe(weights)
    if weights is None:
        raise ValueError(f"backbone {name!r} needs its weights; give their file (--weights FILE)")
    if not weights.is_file():
        raise FileNotFoundError(f"there is no file {weights}, seen from {Path.cwd()}")
    views = VIEWS.get(name.partition(":")[0]) or torchvision_views(name)
    place = str(weights.absolute())  # so that a run finds them again
    return Recipe(backbone=name, weights=place, weights_sha256=hash_of(weights), **views)


def load_backbone(name: str, weights: Path | None = None) -> nn.Module:
    """A backbone with its weights, from clips [B, 3, frames, H, W] to vectors [B, D].

    Raises:
        ValueError: there is no such backbone, or it has no such layer.
        CheckpointError: the file is no good for it; see `load_checkpoint`.
    """
    kind, _, layer = name.partition(":")
    if name == "world":
        from gtan.world.convnet import load_convnet
        from gtan.world.dataset import WEIGHTS

        return _OneByOne(load_convnet(weights or WEIGHTS))
    if weights is None:
        raise ValueError(f"backbone {name!r} needs its weights; give their file (--weights FILE)")
    if kind == "c3d":
        return load_checkpoint(C3D(layer or "fc6"), weights)  # type: ignore[arg-type]
    if kind == "p3d199":
        return load_checkpoint(P3D199(layer or "pool5"), weights)  # type: ignore[arg-type]
    return torchvision_backbone(name, weights)


class _OneByOne(nn.Module):
    """The world's ConvNet, which can see a whole film, on clips."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net

    def forward(self, clips: Tensor) -> Tensor:
        """[B, 3, 16, 48, 48] in 0 to 1 -> [B, 64]."""
        vectors: Tensor = self.net.features(clips)[:, 0]
        return vectors
