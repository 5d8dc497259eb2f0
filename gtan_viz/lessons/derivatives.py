"""Lesson 3, derivative pooling: what the mean under a curve cannot see (extension E1)."""

from __future__ import annotations

from gtan_viz.lessons.evidence import evidence
from gtan_viz.lessons.part import Part


def part() -> Part:
    """The best "sit down" of the example run, forwards and backwards, and drawn actions."""
    return Part(lesson="pooling", part="derivatives", data=evidence("sit down", 6))
