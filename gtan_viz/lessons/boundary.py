"""Lesson 2, the boundary of a kernel: two neighbours and their width (Eq. 2)."""

from __future__ import annotations

from gtan.settings import Settings
from gtan_viz.lessons.part import Part


def part() -> Part:
    """Two equal neighbours; their sigma (cells) and the threshold of grouping are the reader's."""
    kernels = Settings.preset("world").kernels
    data = {"epsilon": kernels.epsilon, "ceiling": kernels.sigma_ceiling}
    return Part(lesson="boundary", part="boundary", data=data)
