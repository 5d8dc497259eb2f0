"""Lesson 4, kernels that merge: Algorithm 1 line by line (Eq. 3)."""

from __future__ import annotations

from gtan_viz.lessons.part import Part


def part() -> Part:
    """Six kernels; their widths (cells), the threshold and the next line are the reader's."""
    return Part(lesson="grouping", part="grouping")
