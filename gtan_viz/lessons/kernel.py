"""Lesson 1, one kernel: a Gaussian over nine cells, dragged (Eq. 1)."""

from __future__ import annotations

from gtan_viz.lessons.part import Part


def part() -> Part:
    """A kernel over nine cells; its centre and sigma (cells) are the reader's."""
    return Part(lesson="kernel", part="kernel")
