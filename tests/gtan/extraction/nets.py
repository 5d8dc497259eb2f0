"""Networks that say which frames they saw, as `tests.videos.picture` numbers them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gtan.extraction import Recipe

SEES = Recipe(backbone="numbers", scale=96, crop=96)


class Numbers(nn.Module):
    """[B, 3, frames, 96, 96] in 0 to 1 -> [B, frames], the number that each frame says.

    Attributes:
        calls: clips of each call.
        dies_at: call at which it fails, as if killed.
    """

    def __init__(self, dies_at: int = -1) -> None:
        super().__init__()
        self.calls: list[int] = []
        self.dies_at = dies_at

    def forward(self, clips: Tensor) -> Tensor:
        if len(self.calls) == self.dies_at:
            raise KeyboardInterrupt
        self.calls.append(len(clips))
        rows = clips[:, 1, :, [24, 72], :][..., [12, 36, 60, 84]]  # [B, frames, 2, 4]
        bits = (rows > 0.5).flatten(2).float()
        return bits @ 2.0 ** torch.arange(8)
