"""Lesson 4, second part: 128 equal kernels in a row, grouped in two ways (R5)."""

from __future__ import annotations

from gtan_viz.lessons.part import Part


def part() -> Part:
    """Their width (cells), the threshold and the reading of Eq. 3 are the reader's."""
    return Part(lesson="grouping", part="chain")
