"""Lesson 5, second part: what a cell sees, by gradient (R16)."""

from __future__ import annotations

from typing import Any

from gtan.runs.explanation import Explanation
from gtan.runs.run import Run, open_run
from gtan.settings import Settings
from gtan_viz.lessons.asked import RECORDING, film
from gtan_viz.lessons.part import Part

LAYERS = 8  # of Table 1
CLIP = 0.16  # seconds from one clip of the world to the next


def part() -> Part:
    """Of an untrained network with the example run's settings and eight anchor layers."""
    run = open_run()
    return Part(lesson="network", part="receptive", data=fields(run.settings) | window_of(run))


def window_of(run: Run) -> dict[str, Any]:
    """The film's first window: `video` (H.264, base64), its `start` and `end` in seconds.

    Raises:
        FileNotFoundError: the run has no video of its recording.
    """
    path = next(file for (name, _), file in run.explanations().items() if name == RECORDING)
    found = Explanation.load(path)
    first = float(found.arrays["windows.start"][0])
    start, end = (float(found.grid.to_seconds(first + at)) for at in (0, found.header["window"]))
    return {"video": film(run), "start": start, "end": end}


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
