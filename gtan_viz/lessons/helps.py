"""Lesson 8, does it help? The study's tables with their intervals, and what more seeds add."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gtan.files import read_json
from gtan_viz.lessons.part import Part

# From docs/, by scripts/lesson_numbers.py.
NUMBERS = Path(__file__).with_name("helps.json")


def part() -> Part:
    """Tables 3 and 4 and Figure 7 with intervals, on SBHAR and on the small world."""
    return Part(lesson="helps", part="helps", data={"tables": numbers()["tables"]})


def numbers() -> dict[str, Any]:
    """`tables`, and `seeds`: average mAP by variant, seed and fold, on held-out people."""
    found: dict[str, Any] = read_json(NUMBERS, dict)
    return found
