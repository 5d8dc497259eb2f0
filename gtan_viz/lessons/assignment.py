"""Lesson 6's first part: which kernels are foreground, by thresholds of the reader's own."""

from __future__ import annotations

from gtan_viz.lessons.learning import recorded
from gtan_viz.lessons.part import Part

RATIOS = [2 ** (i / 3) for i in range(3)]


def part() -> Part:
    """The film of lesson 6 before training begins: its actions, and every cell's three widths."""
    found = recorded()
    data = {name: found[name] for name in ("truth", "from", "to", "cells")}
    return Part(lesson="learning", part="assignment", data=data | {"ratios": RATIOS})
