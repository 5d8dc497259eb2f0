"""Backbones: networks that turn a clip into one vector, and the weights people bring for them.

A backbone is any `torch.nn.Module` from clips [B, 3, frames, height, width] to vectors [B, D].
`c3d.py` and `p3d.py` are the two of the paper's experiments, `torchvision_models.py` takes those
that torchvision has, and `loading.py` reads weights for any of them.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
