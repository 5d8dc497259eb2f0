"""Lesson 3, pooling: what each cell brings to a detection, under a movable kernel (Eq. 4)."""

from __future__ import annotations

from gtan_viz.lessons.evidence import evidence
from gtan_viz.lessons.part import Part


def part() -> Part:
    """The best "turn" of the example run; centre and sigma of its kernel are the reader's."""
    return Part(lesson="pooling", part="pooling", data=evidence("turn", 8))
