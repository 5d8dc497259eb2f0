"""Lesson 9, your own: a signal drawn or brought, and a tiny GTAN that runs in the browser."""

from __future__ import annotations

from pathlib import Path

from gtan.files import read_json
from gtan_viz.lessons.part import Part

WEIGHTS = Path(__file__).with_name("own.json")  # scripts/make_own_lesson.py writes it


def part() -> Part:
    """A signal of 128 samples, 0 to 1, over 32 s; it is the reader's."""
    return Part(lesson="own", part="own", data=read_json(WEIGHTS, dict))
