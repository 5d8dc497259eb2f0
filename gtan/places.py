"""Where data lie: what other people published, and what is made from it and may go at any time."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path, user_data_path

from gtan.files import write_bytes


def data_folder() -> Path:
    """Where published data lie: `GTAN_DATA`, or the user's data folder.

    It may be read-only: only `gtan.data.store.add` and `remove` write there.
    """
    named = os.environ.get("GTAN_DATA")
    return Path(named).expanduser() if named else user_data_path("gtan")


def cache_folder() -> Path:
    """Where rendered films and all that is derived lie: `GTAN_CACHE`, or the user's cache."""
    named = os.environ.get("GTAN_CACHE")
    return Path(named).expanduser() if named else user_cache_path("gtan")


def derived(name: str, make: Callable[[], bytes]) -> Path:
    """A file of the cache folder, made at its first use; one process makes it, others wait.

    Args:
        name: of the file, with a hash of all that it is made from: another source, another name.
        make: its content.
    """
    path = cache_folder() / "data" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{name}.lock")):
            if not path.exists():
                write_bytes(path, make())
    return path
