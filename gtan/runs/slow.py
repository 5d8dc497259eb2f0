"""A disk that is slow to answer is named, so that nobody waits without knowing for what."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

AFTER = 3.0  # seconds of silence


@contextmanager
def told_if_slow(path: str | Path) -> Iterator[None]:
    """Say what is being read, if it takes long; also while a single read does not come back.

    Example:
        >>> with told_if_slow("runs/mine"):
        ...     pass
    """

    def tell() -> None:
        print(f"still reading {path}: its disk answers slowly", file=sys.stderr, flush=True)

    timer = Timer(AFTER, tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
