"""Lesson 8's second part: one seed, two, three, and what each lets one say."""

from __future__ import annotations

from gtan_viz.lessons.helps import numbers
from gtan_viz.lessons.part import Part


def part() -> Part:
    """Training with and without grouping, on four groups of people; the reader adds seeds."""
    return Part(lesson="helps", part="seeds", data=numbers()["seeds"])
