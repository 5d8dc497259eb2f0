"""Lesson 7, from scores to detections: offsets dragged until the boundary fits (Eq. 5)."""

from __future__ import annotations

from gtan_viz.lessons.part import Part


def part() -> Part:
    """A default boundary and the two offsets that refine it; they are the reader's."""
    return Part(lesson="detections", part="detections")
