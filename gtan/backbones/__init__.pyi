from .c3d import C3D
from .known import load_backbone, recipe_of
from .loading import CheckpointError, load_checkpoint
from .p3d import P3D199
from .torchvision_models import torchvision_backbone

__all__ = [
    "C3D",
    "P3D199",
    "CheckpointError",
    "load_backbone",
    "load_checkpoint",
    "recipe_of",
    "torchvision_backbone",
]
