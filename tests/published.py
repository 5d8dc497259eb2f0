"""Published data for tests: where `GTAN_DATA` has them; else a test that needs them is skipped.

Many tests need recordings of any kind, and take SBHAR's. Where it is missing they get a made-up one
in its layout, so that nearly all of the code is tested anywhere.
"""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from gtan.places import data_folder
from tests.made_up import large_sbhar, sbhar_texts, write_zip

REQUIRED = os.environ.get("GTAN_REQUIRE_DATA") == "1"
FOLDER = data_folder()  # the user's, whatever tests make of GTAN_DATA


def published_data(path: str) -> Path:
    """A file or folder under `GTAN_DATA`; where it is not, skip, or fail if it is required."""
    found = FOLDER / path
    return found if found.exists() else missing(f"{path} is not in {FOLDER} (GTAN_DATA)")


def load(path: str) -> Any:
    """A JSON file, plain or compressed, as `published_data`."""
    found = published_data(path)
    data = found.read_bytes()
    return json.loads(gzip.decompress(data) if found.suffix == ".gz" else data)


def missing(reason: str) -> NoReturn:
    """Skip, or fail if GTAN_REQUIRE_DATA=1."""
    if REQUIRED:
        pytest.fail(f"{reason}, and GTAN_REQUIRE_DATA=1 asks for it", pytrace=False)
    pytest.skip(reason)


def with_made_up_sbhar(folder: Path) -> Path:
    """A data folder with all that is in the user's, and a made-up SBHAR."""
    folder.mkdir()
    for path in FOLDER.iterdir() if FOLDER.is_dir() else ():
        (folder / path.name).symlink_to(path)
    (folder / "sbhar").mkdir()
    write_zip(folder / "sbhar" / "made_up.zip", sbhar_texts(large_sbhar()))
    return folder
