"""The browser's arithmetic gives gtan's numbers: the golden files are current, and node agrees."""

import json
import runpy
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan.runs.explanation import Explanation
from gtan_viz import what_if

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "fixtures" / "golden"
JS = ROOT / "gtan_viz" / "js"
MAKE = ROOT / "scripts" / "make_golden.py"


@cache
def script() -> dict[str, Any]:
    return runpy.run_path(str(MAKE), run_name="make_golden")


@pytest.mark.parametrize(
    "name", ["weights", "group", "predict", "detection", "soft_nms", "results"]
)
def test_golden_file_is_current(name: str) -> None:
    fresh = json.loads(json.dumps(golden()[name]))
    agree(json.loads((GOLDEN / f"{name}.json").read_text()), fresh, 1e-13, name)


@cache
def golden() -> dict[str, Any]:
    found: dict[str, Any] = script()["golden"]()
    return found


TINY = [("explanation", "whatif", 0), ("derivatives", "whatif_derivatives", 2)]


@pytest.mark.parametrize(("file", "cases", "derivatives"), TINY)
def test_golden_what_ifs_are_current(file: str, cases: str, derivatives: int) -> None:
    explanation, what_ifs = script()["tiny"](derivatives)
    # float32 sums differ a little from machine to machine, and the order of near-equal scores.
    stored = json.loads((GOLDEN / f"{cases}.json").read_text())
    assert len(stored) == len(what_ifs)
    for old, new in zip(stored, what_ifs, strict=True):
        assert (old["changes"], old["kernels"], old["mixed"]) == (
            new["changes"], new["kernels"], new["mixed"]
        ), f"run {MAKE}"  # fmt: skip
        scores = [sorted(each["detections"]["score"]) for each in (old, new)]
        np.testing.assert_allclose(*scores, atol=1e-4)
    was = Explanation.load(GOLDEN / f"{file}.safetensors")
    now = json.loads(json.dumps(explanation.header))
    # Of the settings the browser reads two sections; the others may grow.
    for header in (was.header, now):
        header["settings"] = {name: header["settings"][name] for name in ("kernels", "detection")}
    agree(was.header, now, 0, "header")
    assert was.arrays.keys() == explanation.arrays.keys()
    for name, array in was.arrays.items():
        assert array.dtype == explanation.arrays[name].dtype, name
        if not name.startswith("detections."):
            np.testing.assert_allclose(array, explanation.arrays[name], 2e-3, 2e-3, err_msg=name)


def test_the_golden_grouping_report_is_current() -> None:
    # Of the stored Explanation: how a sigma near a bound rounds may differ between machines.
    stored = Explanation.load(GOLDEN / "explanation.safetensors")
    fresh = json.loads(json.dumps(script()["grouping"](stored)))
    agree(json.loads((GOLDEN / "grouping.json").read_text()), fresh, 0, "grouping")


@pytest.mark.parametrize(("file", "cases", "derivatives"), TINY)
def test_the_what_if_gives_the_same_numbers(file: str, cases: str, derivatives: int) -> None:
    explanation = Explanation.load(GOLDEN / f"{file}.safetensors")
    words = {"sigmaFactor": "sigma_factor"}
    for case in json.loads((GOLDEN / f"{cases}.json").read_text())[:7]:
        changes = {words.get(name, name): value for name, value in case["changes"].items()}
        found = what_if(explanation, changes)
        scores = [sorted(each) for each in (case["detections"]["score"], found["score"])]
        np.testing.assert_allclose(*scores, atol=2e-3, err_msg=str(changes))  # stored in float16


def agree(old: Any, new: Any, tolerance: float, where: str) -> None:
    """The same structure, and numbers equal to within a tolerance relative to 1 or more."""
    if isinstance(old, dict):
        assert old.keys() == new.keys(), f"{where}: run {MAKE}"
        for name in old:
            agree(old[name], new[name], tolerance, f"{where}.{name}")
    elif isinstance(old, list):
        assert len(old) == len(new), f"{where}: run {MAKE}"
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            agree(one, other, tolerance, f"{where}[{index}]")
    elif isinstance(old, float) and isinstance(new, float):
        assert abs(old - new) <= tolerance * max(1, abs(old)), f"{where}: run {MAKE}"
    else:
        assert old == new, f"{where}: run {MAKE}"


@pytest.mark.usefixtures("node_packages")
def test_the_browser_gives_the_same_numbers(node: str) -> None:
    done = subprocess.run(
        [node, "--test", "--test-reporter=spec"], cwd=JS, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "pass 0" not in done.stdout
