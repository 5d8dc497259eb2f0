"""The tiny network of lesson 9: what ships is what the script's own code reads, and it works."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from gtan_viz.lessons import own

SCRIPT = Path(__file__).parents[3] / "scripts" / "make_own_lesson.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_own_lesson", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_weights_are_small_and_the_scripts(script: ModuleType) -> None:
    assert own.WEIGHTS.stat().st_size <= 100_000
    text = own.WEIGHTS.read_text(encoding="utf-8")
    data = own.part().data
    shipped = script.written(script.load(text))
    assert shipped == data


@pytest.mark.parametrize("length", [4, 6, 8, 10])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_it_finds_its_shapes(script: ModuleType, label: int, length: float) -> None:
    model = script.load(own.WEIGHTS.read_text(encoding="utf-8"))
    best = script.detections(model, script.shaped(label, length)).iloc[0]
    assert best["label"] == label
    assert best["score"] > 0.3
    start, end = 16 - length / 2, 16 + length / 2
    joint = min(best["end"], end) - max(best["start"], start)
    assert joint / (max(best["end"], end) - min(best["start"], start)) > 0.6


def test_nothing_is_found_in_nothing(script: ModuleType) -> None:
    model = script.load(own.WEIGHTS.read_text(encoding="utf-8"))
    found = script.detections(model, np.full(script.SAMPLES, 0.08))
    assert not (found["score"] >= 0.3).any()
