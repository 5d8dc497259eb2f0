"""Small networks with random weights."""

from __future__ import annotations

import torch

from gtan.network import GTAN
from gtan.settings import Settings


def unlike(settings: Settings, std: float) -> GTAN:
    """A network whose sigmas differ from cell to cell, so that kernels merge.

    Args:
        std: of the weights that sigmas come of; the first ones of a training are nearly 0.
    """
    torch.manual_seed(0)
    model = GTAN(settings).eval()
    for layer in model.layers:
        if layer.sigma is not None:
            torch.nn.init.normal_(layer.sigma.weight, std=std)
    return model
