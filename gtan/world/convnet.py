"""A small 3D ConvNet of C3D's shape (Tran et al., ICCV 2015): from 16 frames to one vector.

Convolutions are 3 x 3 x 3 and pooling makes space smaller, as in C3D. Time is not padded, so that a
clip's vector does not depend on where it was cut; and only one pooling makes time smaller, by 2.
So a whole video can go through at once, which gives the clips that begin at frame 0, 2, 4, ...,
each as if it had gone alone, for a sixth of the work.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor, nn

from gtan.files import write_bytes
from gtan.weights import check_fit, read_finite
from gtan.world.film import CLIP, STRIDE, WIDTH

AT_ONCE = 128  # clips; with 64 or 256 each takes longer


class ConvNet(nn.Module):
    """The network; `forward` gives class scores, `features` the vectors before them.

    Example:
        >>> net = ConvNet(classes=11)
        >>> net(torch.zeros(2, 3, 30, 48, 48)).shape  # 30 frames hold 8 clips
        torch.Size([2, 8, 11])
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            *_convolution(3, 16, 3),
            nn.MaxPool3d((1, 2, 2)),
            *_convolution(16, 32, 3),
            nn.MaxPool3d((2, 2, 2)),  # the one that makes time smaller
            *_convolution(32, 64, 3),
            *_convolution(64, 64, 3),
            nn.MaxPool3d((1, 2, 2)),
            *_convolution(64, 96, 2),
            nn.MaxPool3d((1, 2, 2)),
        )
        self.fc6 = nn.Linear(96 * 3 * 3, WIDTH)
        self.fc7 = nn.Linear(WIDTH, classes)
        self.dropout = nn.Dropout(0.3)

    def features(self, frames: Tensor) -> Tensor:
        """[B, 3, N, 48, 48] in 0 to 1 -> [B, (N - 16) / 2 + 1, WIDTH], fc6 after ReLU."""
        maps = self.trunk(frames - 0.5)  # [B, 96, clips, 3, 3]
        return torch.relu(self.fc6(maps.transpose(1, 2).flatten(2)))

    def forward(self, frames: Tensor) -> Tensor:
        """[B, 3, N, 48, 48] in 0 to 1 -> [B, clips, classes]."""
        return self.fc7(self.dropout(self.features(frames)))


def _convolution(channels: int, out: int, time: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv3d(channels, out, (time, 3, 3), padding=(0, 1, 1), bias=False)
    return convolution, nn.BatchNorm3d(out), nn.ReLU()


def load_convnet(path: Path) -> ConvNet:
    """A network from its weights, float16 in a safetensors file; ready to use.

    Raises:
        ValueError: naming the file, if it is damaged, of another network, or holds NaN.
    """
    there = read_finite(path)
    net = ConvNet(classes=len(there.get("fc7.bias", ())))
    needed = net.state_dict()
    there |= {name: value for name, value in needed.items() if not value.is_floating_point()}
    check_fit(path, there, needed)  # but for the counts of batches, which only training needs
    net.load_state_dict(there)
    return net.eval()


def save_convnet(net: ConvNet, path: Path) -> None:
    """Write its weights as float16."""
    weights = {
        name: value.half() for name, value in net.state_dict().items() if value.is_floating_point()
    }
    write_bytes(path, save(weights))


@torch.inference_mode()
def extract(net: ConvNet, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The vector of every clip of a video.

    Args:
        net: in evaluation mode.
        frames: [N, 48, 48, 3]; fewer than one clip's are refused.

    Returns:
        [(N - 16) // 2 + 1, WIDTH]; clip i sees frames 2 i to 2 i + 15.

    Raises:
        ValueError: there are fewer frames than one clip has.
    """
    if len(frames) < CLIP:
        raise ValueError(f"a clip has {CLIP} frames, and there are {len(frames)}")
    clips = (len(frames) - CLIP) // STRIDE + 1
    device = next(net.parameters()).device
    parts = []
    for first in range(0, clips, AT_ONCE):
        last = min(clips, first + AT_ONCE) - 1
        part = frames[first * STRIDE : last * STRIDE + CLIP]
        parts.append(net.features(as_input(part[None]).to(device))[0].cpu().numpy())
    return np.concatenate(parts)


def as_input(frames: NDArray[np.uint8]) -> Tensor:
    """[B, N, 48, 48, 3] bytes -> [B, 3, N, 48, 48] in 0 to 1."""
    return torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 4, 1, 2, 3).float() / 255
