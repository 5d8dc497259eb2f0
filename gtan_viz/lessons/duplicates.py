"""Lesson 7, its second part: a pile of duplicates, and soft-NMS pick by pick (Eq. 11)."""

from __future__ import annotations

from gtan_viz.lessons.part import Part


def part() -> Part:
    """Five detections of one label; xi, rho and the start of one of them are the reader's."""
    return Part(lesson="detections", part="duplicates")
