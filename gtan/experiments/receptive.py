"""What a cell of an anchor layer sees, measured by gradient (Table 1, R16).

The receptive field of a cell is every clip that can change its feature. Convolutions of stride 2
with padding on both sides move its centre: it lies left of the cell's own middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gtan.cells import layer_cells
from gtan.settings import Settings


@dataclass(frozen=True)
class ReceptiveField:
    """Of a cell of one anchor layer, far from the window's edges.

    Attributes:
        layer: from 1, as in the paper.
        clips: that the cell itself stands for.
        first: first clip that it sees, counted from the cell's own first clip.
        weights: share of the gradient that reaches each clip from there on; they sum to 1.
    """

    layer: int
    clips: int
    first: int
    weights: NDArray[np.float64]

    @property
    def left(self) -> float:
        """Cells by which the receptive field's centre lies left of the cell's middle."""
        return 0.5 - (self.first + len(self.weights) / 2) / self.clips


def receptive_fields(settings: Settings, inputs: int = 4, seed: int = 0) -> list[ReceptiveField]:
    """The receptive fields of every anchor layer, by gradient, of an untrained network.

    Max pooling and ReLU pass a gradient here and not there, and each feature has its own: what is
    returned is the mean size of the gradient over random inputs and random sums of features.

    Args:
        settings: whose network and number of layers count.
        inputs: how many random inputs.
        seed: of weights and inputs.

    Example:
        >>> settings = Settings.preset("world")
        >>> field = receptive_fields(settings)[0]
        >>> len(field.weights), field.clips, field.left
        (11, 4, 0.375)
    """
    import torch  # pictures and what they read do without it

    from gtan.network import GTAN

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = GTAN(settings).eval()
        length = 2 ** (settings.layers + 4)  # the last layer has 8 cells: the middle one is inside
        features = torch.randn(inputs, settings.network.feature_dim, length, requires_grad=True)
        valid = torch.ones(inputs, length, dtype=torch.bool)
        x, valid = model.base(features, valid)
        found = []
        for layer, (anchor, cells) in enumerate(
            zip(model.layers, layer_cells(length, settings.layers), strict=True), 1
        ):
            valid = valid[..., ::2]
            x = anchor.conv(x, valid)
            cell = x[..., cells // 2]
            chosen = (cell * torch.randn_like(cell)).sum()
            (gradient,) = torch.autograd.grad(chosen, features, retain_graph=True)
            size = gradient.abs().sum(1).mean(0).double().numpy()
            reached = np.flatnonzero(size)
            first, last = int(reached[0]), int(reached[-1])
            weights = size[first : last + 1] / size.sum()
            clips = length // cells
            found.append(ReceptiveField(layer, clips, first - cells // 2 * clips, weights))
    return found
