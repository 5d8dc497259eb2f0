"""What text is a number in a table: plain decimal notation, the same wherever a table is read."""

from __future__ import annotations

import re

# Python's float() also takes "1_0" and digits of other scripts, which are typing errors here.
_NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity|nan)", re.IGNORECASE
)


def read_number(text: str) -> float | None:
    """The number that a text stands for; None if it stands for none.

    Args:
        text: ASCII decimal notation (sign, digits, point, exponent), "inf" or "nan"; spaces and
            tabs around it do not count.

    Example:
        >>> [read_number(text) for text in (" -1.5e3", ".5", "1_0", "0x10", "1,5", "")]
        [-1500.0, 0.5, None, None, None, None]
    """
    text = text.strip(" \t")
    return float(text) if _NUMBER.fullmatch(text) else None
