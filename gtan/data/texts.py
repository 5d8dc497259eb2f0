"""Text from a file, never more of it than its size can mean, and text in a message, never too much.

A small file must not become a large one in memory: what a packed file holds is bounded by its size
(`most_bytes`). Names of recordings and labels are bounded too, and whatever of a file goes into a
message is cut.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gtan.files import once
from gtan.files import whole_number as whole_number

LONGEST_NAME = 1000  # characters of a label or of a recording's name
LARGEST_TEXT = 1_000_000_000  # bytes of an unpacked text
PACKED_FREELY = 50_000_000  # bytes that any packed file may become
PACKED_TIMES = 100  # beyond, as many times its size: ActivityNet's annotations pack 10 : 1
SHOWN = 20  # names that a message lists
ROOM = 3000  # characters that they may take


def most_bytes(packed: int) -> int:
    """How many bytes may come out of `packed` bytes of a packed file.

    Example:
        >>> most_bytes(1_000), most_bytes(2_000_000)
        (50000000, 200000000)
    """
    return max(PACKED_FREELY, PACKED_TIMES * packed)


def limit_words(packed: int) -> str:
    """What `most_bytes` forbids, in words for a message."""
    return (
        f"more than {most_bytes(packed) / 1e6:,.0f} MB from {packed / 1e6:,.3f} MB (the limit is "
        f"{PACKED_TIMES} times as much, or {PACKED_FREELY / 1e6:g} MB)"
    )


def read_text(path: Path) -> str:
    """UTF-8 text of a file, which is unpacked if its name ends in .gz.

    Raises:
        ValueError: naming the file: empty, not UTF-8, broken, or packed beyond `most_bytes` or
            `LARGEST_TEXT`.
        OSError: the file cannot be opened.
    """
    try:
        data = _unpacked(path) if path.suffix.lower() == ".gz" else path.read_bytes()
        text = data.decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: broken gzip file: {error}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text: {error}") from None
    if not text.strip():
        raise ValueError(f"{path}: the file is empty")
    return text


def read_json_text(path: Path, parse_int: Callable[[str], float] = float) -> Any:
    """JSON of a file as `read_text` reads it; all numbers are floats.

    Args:
        path: of the file.
        parse_int: for files whose whole numbers mean something as such: `whole_number`.

    Raises:
        ValueError: naming the file: as `read_text`, not JSON, or an object has a key twice.
        OSError: the file cannot be opened.
    """
    try:
        return json.loads(read_text(path), object_pairs_hook=once(path), parse_int=parse_int)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: not JSON: {error}") from None
    except RecursionError:
        raise ValueError(f"{path}: JSON nested too deeply") from None


def _unpacked(path: Path) -> bytes:
    packed = path.stat().st_size
    most = min(most_bytes(packed), LARGEST_TEXT)
    with gzip.open(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"{path}: unpacks to {limit_words(packed)}; unpack it if it is meant to")
    return data


def shown(value: Any, most: int = 80) -> str:
    """A value for a message: its repr, cut.

    Example:
        >>> shown("run"), shown("x" * 99, 8)
        ("'run'", "'xxxxxxxx'... (99 characters)")
    """
    if isinstance(value, str):
        more = f"... ({len(value):,} characters)" if len(value) > most else ""
        return repr(value[:most]) + more
    try:
        text = repr(value)
    except RecursionError:
        return "a deeply nested value"
    return text if len(text) <= most else f"{text[:most]}..."


def cut(text: str, most: int = 200) -> str:
    """The first line of a text, and no more of it than `most` characters."""
    line = next(iter(text.strip()[: most + 1].splitlines()), "")
    return line if len(line) <= most else f"{line[:most]}..."


def reason(error: Exception) -> str:
    """What a library says of a file, short, and never its advice to load it unsafely."""
    said = str(error)
    if any(word in said for word in ("allow_pickle", "weights_only", "max_header_size")):
        return "it holds more than plain arrays"
    return cut(said) or type(error).__name__


def listed(items: Iterable[str], between: str = ", ", most: int = 120) -> str:
    """The first items for a message, each cut to `most` characters, and how many follow.

    Example:
        >>> listed(str(n) for n in range(24))[-17:]
        '18, 19 and 4 more'
    """
    items = list(items)
    text = ""
    for number, item in enumerate(items):
        added = between * (number > 0) + (item if len(item) <= most else f"{item[:most]}...")
        if number == SHOWN or (number and len(text) + len(added) > ROOM):
            return f"{text}{between.rstrip(', ') or ' '}and {len(items) - number:,} more"
        text += added
    return text


def name_fault(value: Any) -> str:
    """Why a value cannot be the name of a label or recording; "" if it can.

    Example:
        >>> name_fault("run"), name_fault(""), name_fault(chr(0xD800))[:20]
        ('', 'not a name', 'not whole characters')
    """
    if not isinstance(value, str) or not value:
        return "not a name"
    if len(value) > LONGEST_NAME:
        return f"longer than {LONGEST_NAME:,} characters, which no name is"
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return (
                "not whole characters: half of a surrogate pair (\\ud800 to \\udfff) stands alone"
            )
    return ""
