"""Colours that mean the same everywhere, and text that stays text; plain data, without Plotly."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

# Okabe and Ito's seven hues, then five that keep the smallest distance between any two of them
# (CIE76, also as seen with protanopia and deuteranopia: at least 17). Twelve are enough for the
# small world's and SBHAR's classes.
CLASS_HUES = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
    "#882255", "#8B5A2B", "#B2DF8A", "#8E44EC", "#FF3B6B",
)  # fmt: skip
# The thirteenth class takes the first hue again, hatched.
CLASS_PATTERNS = ("", "/", "x", ".", "-", "+", "|", "\\")

# Sigma on a heat map, from the page's colour to what stands out from it: monotone in lightness, as
# gtan_viz/js/state/colors.js has it. In the dark theme from dark to light, else from light to dark.
SIGMA_RAMP = (
    "#440154", "#472C7A", "#3B518B", "#2C718E", "#21908D", "#27AD81", "#5CC863", "#AADC32",
    "#FDE725",
)  # fmt: skip

COLORS: dict[str, dict[str, str]] = {
    "light": {
        "paper": "#ffffff",
        "panel": "#fafafa",
        "ink": "#1b1f24",
        "muted": "#57606a",
        "grid": "#e4e7eb",
        "foreground": "#1b1f24",
        "ignored": "#7d8590",
        "background": "#b4bac2",
        "learned": "#0072B2",
        "mixed": "#D55E00",
        "truth": "#1b1f24",
        "average": "#009E73",
        "hit": "#006d4f",
        "miss": "#b3004b",
    },
    "dark": {
        "paper": "#14171c",
        "panel": "#1a1e24",
        "ink": "#eceff3",
        "muted": "#a3abb5",
        "grid": "#30363e",
        "foreground": "#ffffff",
        "ignored": "#8f98a3",
        "background": "#565e68",
        "learned": "#56B4E9",
        "mixed": "#E69F00",
        "truth": "#eceff3",
        "average": "#3fd0a4",
        "hit": "#3fd0a4",
        "miss": "#ff6b9d",
    },
}


class ClassStyle(NamedTuple):
    """How a class looks in every picture: hue, hatching beyond twelve, name safe to show."""

    color: str
    pattern: str
    text: str


def class_styles(classes: Sequence[str]) -> dict[str, ClassStyle]:
    """The style of each class, by label; a class keeps it wherever its run is drawn.

    Args:
        classes: labels, in any order: a run lists them as its data set does, an evaluation by name.
            Styles go by name.

    Example:
        >>> class_styles(["WALKING", "SIT<b>"])["SIT<b>"]
        ClassStyle(color='#E69F00', pattern='', text='SIT&lt;b&gt;')
    """
    count = len(CLASS_HUES)
    places = {label: place for place, label in enumerate(sorted(classes))}
    return {
        label: ClassStyle(
            CLASS_HUES[places[label] % count],
            CLASS_PATTERNS[places[label] // count % len(CLASS_PATTERNS)],
            plain(label),
        )
        for label in classes
    }


def plain(value: object, limit: int = 40) -> str:
    """Text from a file, shown by Plotly as it is: no tags, no formulas, one line, not too long.

    Plotly reads pseudo-HTML, entities and $formulas$ in any text. Never put such text into a
    hovertemplate, where %{...} has a meaning too; put it into `hovertext` or `customdata`.

    Example:
        >>> plain("<img src=x onerror=alert(1)>")
        '&lt;img src=x onerror=alert(1)&gt;'
    """
    text = "".join(" " if _unprintable(character) else character for character in str(value))
    text = " ".join(text.split())
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(character, entity)
    return text


def _unprintable(character: str) -> bool:
    """Control characters, lone surrogates, and what turns the writing direction around."""
    direction = "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
    return direction or unicodedata.category(character) in ("Cc", "Cs")
