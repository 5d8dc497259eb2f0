"""C3D (Tran et al., "Learning Spatiotemporal Features with 3D Convolutional Networks", ICCV 2015).

Eight convolutions of 3 x 3 x 3, five max poolings, and three fully connected layers. Names and
shapes are those of the Sports-1M checkpoint in circulation for PyTorch, so that it loads as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from torch import Tensor, nn

FRAMES, SIZE = 16, 112  # of a clip: how many, and how high and wide (Section 3.1)
Output = Literal["pool5", "fc6", "fc7", "fc8"]
POOLS = {"1": (1, 2, 2), "2": (2, 2, 2), "3b": (2, 2, 2), "4b": (2, 2, 2), "5b": (2, 2, 2)}


class C3D(nn.Module):
    """From clips [B, 3, 16, 112, 112] to the vectors of one of its layers.

    Args:
        output: what comes out: "pool5" [B, 8192], "fc6" or "fc7" after ReLU [B, 4096], or "fc8",
            class scores before the softmax [B, classes]. Layers behind it are not computed.
        classes: of fc8; 487 in Sports-1M.

    Raises:
        ValueError: there is no such output; or, of a call, clips have another shape.

    Example:
        >>> net = load_checkpoint(C3D("fc6"), "c3d.pickle")  # doctest: +SKIP
        >>> net(torch.zeros(2, 3, 16, 112, 112)).shape  # doctest: +SKIP
        torch.Size([2, 4096])
    """

    def __init__(self, output: Output = "fc6", classes: int = 487) -> None:
        super().__init__()
        if output not in get_args(Output):
            raise ValueError(f"C3D gives {', '.join(get_args(Output))}, not {output!r}")
        self.output = output
        self.conv1 = _convolution(3, 64)
        self.conv2 = _convolution(64, 128)
        self.conv3a = _convolution(128, 256)
        self.conv3b = _convolution(256, 256)
        self.conv4a = _convolution(256, 512)
        self.conv4b = _convolution(512, 512)
        self.conv5a = _convolution(512, 512)
        self.conv5b = _convolution(512, 512)
        self.fc6 = nn.Linear(512 * 4 * 4, 4096)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, classes)
        self.dropout = nn.Dropout(0.5)

    def forward(self, clips: Tensor) -> Tensor:
        """[B, 3, 16, 112, 112] -> [B, D], the vectors of `output`."""
        return next(vectors for name, vectors in self.layers(clips) if name == self.output)

    def layers(self, clips: Tensor) -> Iterator[tuple[Output, Tensor]]:
        """Every possible output, one after the other, each computed when it is asked for."""
        x = clips  # [B, 3, 16, 112, 112]
        if x.ndim != 5 or x.shape[1:] != (3, FRAMES, SIZE, SIZE):
            raise ValueError(f"C3D sees clips [B, 3, 16, 112, 112], not {list(x.shape)}")
        for layer in ("1", "2", "3a", "3b", "4a", "4b", "5a", "5b"):
            x = self.get_submodule(f"conv{layer}")(x).relu()
            if layer in POOLS:
                # 7 cells are 3 and a half pools: one row of padding keeps the last ones.
                padding = (0, 1, 1) if layer == "5b" else 0
                x = nn.functional.max_pool3d(x, POOLS[layer], padding=padding)
        x = x.flatten(1)  # [B, 512 * 1 * 4 * 4]
        yield "pool5", x
        x = self.fc6(x).relu()
        yield "fc6", x
        x = self.fc7(self.dropout(x)).relu()
        yield "fc7", x
        yield "fc8", self.fc8(self.dropout(x))


def _convolution(channels: int, out: int) -> nn.Conv3d:
    return nn.Conv3d(channels, out, 3, padding=1)
