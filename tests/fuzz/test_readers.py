"""Every reader takes good files and refuses damaged ones in words; `make fuzz` tries more."""

from __future__ import annotations

import ast
import sys
import warnings
from collections import Counter
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.fuzz.fuzzer import damaged_set, put, readings, verdict
from tests.fuzz.readers import READERS

ROOT = Path(__file__).parents[2]
FILES = 40  # of each reader: some seconds together
# What is called like a reader, and why no reader calls it.
OTHERS = {
    "load_backbone": "a name; its files are read by load_checkpoint and load_convnet",
    "load_results": "names of files for read_detections",
    "load_sbhar": "read_members and parse, which are tried, and a cache of our own",
    "load_study": "sweep_table and open_run, which are tried",
    "load_truth": "names of files for read_truth",
    "load_world": "films that we render",
    "read_at": "a text that is typed",
    "read_film": "a film that we rendered",
    "read_films": "films that we rendered",
    "read_sbhar": "as load_sbhar",
    "read_stated": "what read_database has read, for a message",
}


@pytest.mark.parametrize("name", READERS)
def test_good_files_are_taken(name: str, tmp_path: Path) -> None:
    for number, files in enumerate(READERS[name].goods()):
        put(tmp_path / str(number), files)
        assert verdict(name, tmp_path / str(number)) == ("accepted", "")


@pytest.mark.parametrize("name", READERS)
def test_any_damage_is_refused_in_words_or_taken(name: str, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    for number, _, (said, words) in islice(readings(name, 0, tmp_path), FILES):
        assert said != "error", f"file {number}: {words}"
        counts[said] += 1
    assert counts["refused"] > FILES / 5


def test_equal_seeds_give_equal_files() -> None:
    for name in ("settings", "features, .npz"):
        one, other = (damaged_set(f"3 {name} 7", READERS[name].goods(), ()) for _ in range(2))
        assert one == other


def test_every_reader_is_tried(tmp_path: Path) -> None:
    """Whatever is called read_... or load_... in the packages is called by one of `READERS`.

    Explanations and traces are in tests/gtan/runs/test_fuzz.py besides.
    """
    there = {
        node.name
        for package in ("gtan", "gtan_viz")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith(("read_", "load_"))
    }
    called: set[str] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            called.add(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for reader in READERS:
            for number, files in enumerate(READERS[reader].goods()):
                folder = tmp_path / str(list(READERS).index(reader)) / str(number)
                put(folder, files)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    READERS[reader].read(folder)
    finally:
        sys.setprofile(before)
    wrong = (there - called) ^ set(OTHERS)
    assert not wrong, sorted(wrong)
