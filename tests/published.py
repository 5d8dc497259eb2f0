"""Data of other people, for tests: found by GTAN_DATA, skipped where they are not."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from gtan.data.store import how_to_add, missing_files
from gtan.places import data_folder

ORACLES = "oracles"


def published_data(path: str) -> Path:
    """A file or folder of the data folder; without it the test is skipped, or fails if required."""
    found = data_folder() / path
    name = path.partition("/")[0]
    if name != ORACLES and missing_files(name):
        missing(how_to_add(name))
    return found if found.exists() else missing(f"{found} is not here (GTAN_DATA)")


def missing(why: str) -> NoReturn:
    """Skip the test, or let it fail if GTAN_REQUIRE_DATA=1."""
    if os.environ.get("GTAN_REQUIRE_DATA") == "1":
        pytest.fail(f"{why}, and GTAN_REQUIRE_DATA=1 asks for it", pytrace=False)
    pytest.skip(why)


def load(path: str) -> Any:
    """A JSON file, plain or compressed, as `published_data`."""
    found = published_data(path)
    data = found.read_bytes()
    return json.loads(gzip.decompress(data) if found.suffix == ".gz" else data)
