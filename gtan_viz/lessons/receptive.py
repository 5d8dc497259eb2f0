"""Lesson 5, second part: what a cell sees, by gradient (R16)."""

from __future__ import annotations

from typing import Any

from gtan.runs.run import open_run
from gtan.settings import Settings
from gtan_viz.lessons.part import Part

LAYERS = 8  # of Table 1
CLIP = 0.16  # seconds from one clip of the world to the next


def part() -> Part:
    """Of an untrained network with the example run's settings and eight anchor layers."""
    return Part(lesson="network", part="receptive", data=fields(open_run().settings))


def fields(settings: Settings) -> dict[str, Any]:
    """The receptive field of a cell of each of eight layers, measured by gradient.

    Returns:
        `window` (clips), `seconds` from clip to clip, and `layers`: `cells` of the window's map,
        `clips` of a cell, `first` clip that it sees, counted from its own first one, `weights`
        (share of the gradient, in millionths) of the clips from there on.
    """
    from gtan.experiments.receptive import receptive_fields

    channels = settings.network.anchor_channels[-1]
    deep = settings.override({"network.anchor_channels": (channels,) * LAYERS})
    window = settings.data.window
    layers = [
        {
            "cells": window // one.clips,
            "clips": one.clips,
            "first": one.first,
            "weights": [round(1e6 * float(weight)) for weight in one.weights],
        }
        for one in receptive_fields(deep, inputs=8)
    ]
    return {"window": window, "seconds": CLIP, "layers": layers}
