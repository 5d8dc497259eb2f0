from .c3d import C3D
from .loading import CheckpointError, load_checkpoint
from .p3d import P3D199
from .torchvision_models import torchvision_backbone

__all__ = [
    "C3D",
    "P3D199",
    "CheckpointError",
    "load_checkpoint",
    "torchvision_backbone",
]
