"""P3D-199 (Qiu et al., ICCV 2017, "Pseudo-3D Residual Networks"): ResNet-152 gone 3D, cheaply.

Its 3 x 3 convolutions become one over space, 1 x 3 x 3, and one over time, 3 x 1 x 1. The two
stand in three ways (Section 3.2): one after the other (A), side by side (B), or one after the
other with a way past the second (C). Blocks take turns, A, B, C, from res2 to res4; time has been
pooled away by res5, whose blocks are ResNet's own. Names and shapes are those of the Kinetics
checkpoint in circulation for PyTorch, so that it loads as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Literal, get_args

from torch import Tensor, nn

FRAMES, SIZE = 16, 160  # of a clip: how many, and how high and wide (Section 4.1)
WIDTH = 2048  # of pool5
Output = Literal["pool5", "fc"]
Kind = Literal["A", "B", "C"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class P3D199(nn.Module):
    """From clips [B, 3, 16, height, width] to vectors.

    Args:
        output: "pool5", the mean over space of what res5 says, [B, 2048]; or "fc", class scores
            before the softmax, [B, classes].
        classes: of fc; 400 in Kinetics.

    Raises:
        ValueError: there is no such output; or, of a call, clips have another shape.

    Example:
        >>> import torch
        >>> P3D199()(torch.zeros(2, 3, 16, 160, 160)).shape
        torch.Size([2, 2048])
    """

    def __init__(self, output: Output = "pool5", classes: int = 400) -> None:
        super().__init__()
        if output not in get_args(Output):
            raise ValueError(f"P3D-199 gives {', '.join(get_args(Output))}, not {output!r}")
        self.output = output
        kinds = cycle(KINDS)
        self.conv1_custom = nn.Conv3d(3, 64, (1, 7, 7), (1, 2, 2), (0, 3, 3), bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        self.pool1 = nn.MaxPool3d((2, 3, 3), 2, (0, 1, 1))
        self.layer1 = nn.Sequential(*_stage(64, 64, 3, 1, kinds))  # res2
        self.layer2 = nn.Sequential(*_stage(256, 128, 8, 2, kinds))  # res3
        self.layer3 = nn.Sequential(*_stage(512, 256, 36, 2, kinds))  # res4
        self.layer4 = nn.Sequential(  # res5
            Block2D(1024, 512, 2), Block2D(2048, 512), Block2D(2048, 512)
        )
        self.halve_time = nn.MaxPool3d((2, 1, 1))
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(WIDTH, classes)

    def forward(self, clips: Tensor) -> Tensor:
        """[B, 3, 16, height, width] -> [B, D], the vectors of `output`."""
        return next(vectors for name, vectors in self.layers(clips) if name == self.output)

    def layers(self, clips: Tensor) -> Iterator[tuple[Output, Tensor]]:
        """Both possible outputs, one after the other, each computed when it is asked for."""
        x = clips  # [B, 3, 16, 160, 160]
        if x.ndim != 5 or x.shape[1:3] != (3, FRAMES):
            raise ValueError(
                f"P3D-199 sees clips [B, 3, 16, height, width], 160 pixels, not {list(x.shape)}"
            )
        x = self.pool1(self.bn1(self.conv1_custom(x)).relu())  # [B, 64, 8, 40, 40]
        x = self.halve_time(self.layer1(x))  # [B, 256, 4, 40, 40]
        x = self.halve_time(self.layer2(x))  # [B, 512, 2, 20, 20]
        x = self.halve_time(self.layer3(x))  # [B, 1024, 1, 10, 10]
        x = self.layer4(x.squeeze(2))  # [B, 2048, 5, 5]
        x = x.mean((2, 3))
        yield "pool5", x
        yield "fc", self.fc(self.dropout(x))


class PseudoBlock(nn.Module):
    """A bottleneck with S, a convolution over space, and T, one over time (Figure 2, Section 3.2).

    [B, channels, T, H, W] -> [B, 4 width, T, H / stride, W / stride].
    """

    def __init__(self, channels: int, width: int, stride: int, kind: Kind) -> None:
        super().__init__()
        self.kind = kind
        step = (1, stride, stride)
        self.conv1 = nn.Conv3d(channels, width, 1, step, bias=False)
        self.bn1 = nn.BatchNorm3d(width)
        self.conv2 = nn.Conv3d(width, width, (1, 3, 3), padding=(0, 1, 1), bias=False)  # S
        self.bn2 = nn.BatchNorm3d(width)
        self.conv3 = nn.Conv3d(width, width, (3, 1, 1), padding=(1, 0, 0), bias=False)  # T
        self.bn3 = nn.BatchNorm3d(width)
        self.conv4 = nn.Conv3d(width, 4 * width, 1, bias=False)
        self.bn4 = nn.BatchNorm3d(4 * width)
        self.downsample: nn.Module = nn.Identity()
        if channels != 4 * width:
            shortcut = nn.Conv3d(channels, 4 * width, 1, step, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm3d(4 * width))

    def forward(self, x: Tensor) -> Tensor:
        inner = self.bn1(self.conv1(x)).relu()
        space = self.bn2(self.conv2(inner)).relu()
        time = self.bn3(self.conv3(inner if self.kind == "B" else space)).relu()
        both = time if self.kind == "A" else space + time
        return (self.bn4(self.conv4(both)) + self.downsample(x)).relu()


class Block2D(nn.Module):
    """ResNet's bottleneck: [B, channels, H, W] -> [B, 4 width, H / stride, W / stride]."""

    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, stride, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv_normal = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn_normal = nn.BatchNorm2d(width)
        self.conv4 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn4 = nn.BatchNorm2d(4 * width)
        self.downsample: nn.Module = nn.Identity()
        if channels != 4 * width:
            shortcut = nn.Conv2d(channels, 4 * width, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(4 * width))

    def forward(self, x: Tensor) -> Tensor:
        inner = self.bn1(self.conv1(x)).relu()
        inner = self.bn_normal(self.conv_normal(inner)).relu()
        return (self.bn4(self.conv4(inner)) + self.downsample(x)).relu()


def _stage(
    channels: int, width: int, blocks: int, stride: int, kinds: Iterator[Kind]
) -> Iterator[PseudoBlock]:
    """Blocks of one width; the first takes the stride, and `kinds` goes on from stage to stage."""
    for block in range(blocks):
        first = block == 0
        yield PseudoBlock(
            channels if first else 4 * width, width, stride if first else 1, next(kinds)
        )
