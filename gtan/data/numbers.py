"""What text is a number or a time in a table: the same wherever a table is read."""

from __future__ import annotations

import re

# Python's float() also takes "1_0" and digits of other scripts, which are typing errors here.
_NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity|nan)", re.IGNORECASE
)
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:e[+-]?[0-9]+)?", re.IGNORECASE)
# 12:30 is mm:ss, 1:02:03.5 is hh:mm:ss; whoever writes 3:75 meant something else.
_CLOCK = re.compile(r"(?:([0-9]{1,4}):([0-5][0-9])|([0-9]{1,5})):([0-5][0-9](?:[.,][0-9]+)?)")


def read_number(text: str, comma: bool = False) -> float | None:
    """The number that a text stands for; None if it stands for none.

    Args:
        text: ASCII decimal notation (sign, digits, point, exponent), "inf" or "nan"; spaces and
            tabs around it do not count.
        comma: a decimal comma will do as well, as in "1,5".

    Example:
        >>> [read_number(text) for text in (" -1.5e3", ".5", "1_0", "0x10", "1,5", "")]
        [-1500.0, 0.5, None, None, None, None]
        >>> [read_number(text, comma=True) for text in ("1,5", "1.5", "1,000,000", "1,")]
        [1.5, 1.5, None, None]
    """
    text = text.strip(" \t")
    if comma and _COMMA.fullmatch(text):
        text = text.replace(",", ".")
    return float(text) if _NUMBER.fullmatch(text) else None


def read_time(text: str, comma: bool = False) -> float | None:
    """The seconds that a text stands for: a number, mm:ss or hh:mm:ss; None if for none.

    Example:
        >>> [read_time(text) for text in ("75.5", "1:15.5", "01:01:15.5", "3:75", "1:2:3", "-1:00")]
        [75.5, 75.5, 3675.5, None, None, None]
    """
    clock = _CLOCK.fullmatch(text.strip(" \t"))
    if clock is None:
        return read_number(text, comma)
    hours, minutes, alone, rest = clock.groups()
    seconds = read_number(rest, comma)
    return (
        None if seconds is None else 3600 * int(hours or 0) + 60 * int(minutes or alone) + seconds
    )
