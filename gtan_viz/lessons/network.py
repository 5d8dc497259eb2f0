"""Lesson 5, the whole network: Figure 2's layers, which can be opened (Table 1)."""

from __future__ import annotations

from typing import Any

from gtan.cells import layer_cells
from gtan.runs.run import open_run
from gtan.settings import Settings
from gtan_viz.lessons.part import Part
from gtan_viz.lessons.receptive import CLIP

KERNEL = 3  # of every convolution and of pool1


def part() -> Part:
    """The paper's network on THUMOS14, and the example run's."""
    paper = Settings.preset("paper-thumos14")
    networks = {
        "paper": stages(paper, seconds=paper.data.clip_stride / 30),
        "example": stages(open_run().settings, seconds=CLIP),
    }
    return Part(lesson="network", part="network", data={"networks": networks})


def stages(settings: Settings, seconds: float) -> dict[str, Any]:
    """Figure 2 from left to right.

    Args:
        settings: of the network.
        seconds: between one clip and the next.

    Returns:
        `window` (clips), `seconds`, and `stages`, each with `name`, `stride`, `channels`, `cells`
        of its map, `field`: clips that one of its cells can see, `weights`: how many numbers it
        learns; anchor layers have `heads` too: what each of the three predictions of a kernel
        gives, and `pooled`: how many numbers it is predicted from.
    """
    network, ratios = settings.network, len(settings.kernels.scale_ratios)
    first, second = network.base_channels
    shapes = [("conv1", 1, network.feature_dim, first), ("conv2", 1, first, second)]
    shapes.append(("pool1", 2, second, second))
    before = second
    for layer, channels in enumerate(network.anchor_channels, 1):
        shapes.append((f"conv_a{layer}", 2, before, channels))
        before = channels
    window = settings.data.window
    cells = [window, window, -(-window // 2), *layer_cells(window, settings.layers)]
    found, field, apart = [], 1, 1
    for (name, stride, inputs, channels), length in zip(shapes, cells, strict=True):
        field += (KERNEL - 1) * apart  # the neighbours on both sides, as far apart as cells below
        apart *= stride
        stage: dict[str, Any] = {"name": name, "stride": stride, "channels": channels}
        stage |= {"cells": length, "field": field}
        stage["weights"] = 0 if name == "pool1" else KERNEL * inputs * channels + channels
        if name.startswith("conv_a"):
            stage["pooled"] = channels * (settings.kernels.derivatives + 1)
            stage["heads"] = [ratios * (network.classes + 1), ratios * 2, ratios]
        found.append(stage)
    return {"window": window, "seconds": seconds, "stages": found}
