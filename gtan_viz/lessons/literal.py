"""Lesson 2, the paper's own contradiction: one sigma, read in four units (R1)."""

from __future__ import annotations

from gtan.settings import Settings
from gtan_viz.lessons.part import Part


def part() -> Part:
    """Two equal neighbours under Eq. 1 and Eq. 2; the unit of their sigma is the reader's."""
    kernels = Settings.preset("world").kernels
    data = {"floor": kernels.sigma_floor, "ceiling": kernels.sigma_ceiling}
    return Part(lesson="boundary", part="literal", data=data)
