"""Figures and words in Markdown tables."""

from __future__ import annotations

import pandas as pd


def number(value: float | None, sign: bool = False) -> str:
    """Three decimals; "" for what is not known."""
    if value is None or pd.isna(value):
        return ""
    return f"{value:+.3f}" if sign else f"{value:.3f}"


def interval(low: float | None, high: float | None, sign: bool = False) -> str:
    """An interval in words."""
    return f"{number(low, sign)} to {number(high, sign)}" if number(low) else ""


def cell(text: object, limit: int = 200) -> str:
    """Text for a cell of a Markdown table: one line, no bars, no tags."""
    line = " ".join(str(text).split())[:limit]
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;")):
        line = line.replace(character, entity)
    return line
