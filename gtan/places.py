"""Where data lie that are not ours, and where we keep what can be made again."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path


def data_folder() -> Path:
    """Other people's data, as published: `GTAN_DATA`, or the user's data folder.

    Only `gtan data add` and `gtan data remove` write there.
    """
    named = os.environ.get("GTAN_DATA")
    return Path(named).expanduser() if named else user_data_path("gtan")


def cache_folder() -> Path:
    """What is made from data and can be made again: `GTAN_CACHE`, or the user's cache."""
    named = os.environ.get("GTAN_CACHE")
    return Path(named).expanduser() if named else user_cache_path("gtan")
