"""The clip grid, worked by hand; the helper that says whether a stride can be true; the page."""

from __future__ import annotations

import doctest
import importlib.util
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gtan
from gtan.data.stride import check_stride
from gtan.grid import ClipGrid

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clip-grid.md").read_text()


def test_by_hand() -> None:
    """I3D: clip 100 covers frames 400 to 416, so that its middle is frame 408."""
    grid = ClipGrid(4 / 30, 16 / 30)
    assert grid.to_seconds(100.5) == pytest.approx(408 / 30)
    assert grid.from_seconds(408 / 30) == pytest.approx(100.5)
    assert grid.clips(240.0) == (7200 - 16) // 4 + 1 == 1797
    assert grid.clips(16 / 30) == 1 and grid.clips(20 / 30) == 2 and grid.clips(0.1) == 1


@given(
    st.floats(1e-3, 10), st.floats(1e-3, 10), st.floats(-10, 10), st.floats(-1e4, 1e4)
)  # fmt: skip
def test_there_and_back(stride: float, length: float, offset: float, seconds: float) -> None:
    grid = ClipGrid(stride, length, offset)
    assert grid.to_seconds(grid.from_seconds(seconds)) == pytest.approx(seconds, abs=1e-8)
    assert grid.to_seconds(7.5) == pytest.approx(offset + 7 * stride + length / 2, abs=1e-9)


@pytest.mark.parametrize("stride", [0.0, -1.0])
def test_strides_are_positive(stride: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        ClipGrid(stride, 1.0)


@pytest.mark.parametrize(
    "module",
    ["grid", "data.features", "data.annotated", "data.annotations", "data.windows", "data.stride"],
)
def test_the_examples_of_the_docstrings(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"gtan.{module}"))
    assert tried and not failed


def rows() -> list[list[str]]:
    table = PAGE.split("## Worked numbers")[1].split("By hand")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0].split()[0])
def test_the_worked_numbers_of_the_page(row: list[str]) -> None:
    fps, length, stride, offset = (float(cell) for cell in row[1:5])
    grid = ClipGrid(stride / fps, length / fps, offset / fps)
    assert row[5:7] == [f"{grid.to_seconds(clip + 0.5):.3f} s" for clip in (0, 100)]
    clips = 240 * 50 / 10 if row[0].startswith("SBHAR") else grid.clips(240.0)
    assert float(row[7]) == clips
    assert row[8] == f"{grid.span(512):.1f} s"


def test_the_page_covers_what_it_should() -> None:
    assert [row[0].split(",")[0].split()[0] for row in rows()] == ["I3D", "P3D", "C3D", "SBHAR"]


def test_the_examples_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands there is what is printed."""
    monkeypatch.chdir(tmp_path)
    Path("features").mkdir()
    np.save("features/video_test_0000004.npy", np.zeros((250, 8), np.float32))
    calls = re.findall(
        r"print\(gtan\.check_stride\((.*?)\)\)\n    (the stride[^\n]*)",
        PAGE.replace("\n    ...", ""),
        re.DOTALL,
    )
    assert len(calls) == 2
    for arguments, printed in calls:
        check = eval(f"gtan.check_stride({arguments})", {"gtan": gtan})
        assert str(check) == printed


def test_the_drawing_is_current() -> None:
    path = ROOT / "scripts" / "draw_clip_grid.py"
    spec = importlib.util.spec_from_file_location("draw_clip_grid", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.draw() == (ROOT / "docs" / "images" / "clip-grid.svg").read_text(), (
        "run scripts/draw_clip_grid.py"
    )


FRAMES = {"stride": 8, "length": 16, "fps": 30}


@pytest.mark.parametrize("clips", [897, 899, 900, 902, 940])
def test_strides_that_can_be_true(clips: int) -> None:
    check = check_stride(clips, 240.0, **FRAMES)
    assert check.possible and check.expected == (899, 900) and not check.advice
    assert str(check).startswith(f"the stride can be true: {clips} clips, 899 to 900 expected")


@pytest.mark.parametrize(
    ("features", "advice"),
    [
        (450, r"off by a factor of 2: is the stride 16 frames, or fps 15\?"),
        (1800, r"off by a factor of 0\.5: is the stride 4 frames, or fps 60\?"),
        (100, "round number.*data.spacing='even'"),
        (np.zeros((2048, 900)), "other axis fits.*data.feature_layout"),
    ],
)
def test_strides_that_cannot(features: Any, advice: str) -> None:
    check = check_stride(features, 240.0, **FRAMES)
    assert not check.possible and re.search(advice, str(check))


def test_short_recordings_and_offsets() -> None:
    assert check_stride(1, 0.2, **FRAMES).possible
    assert check_stride(1, 1.0, **FRAMES).possible  # 2 to 4 expected
    assert not check_stride(9, 1.0, **FRAMES).possible
    sbhar = {"stride": 10, "length": 50, "fps": 50, "offset": -20}
    assert check_stride(1200, 240.0, **sbhar, tolerance=0.0).possible


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    np.save(path, np.zeros((899, 4), np.float32))
    assert check_stride(path, 240.0, **FRAMES) == check_stride(899, 240.0, **FRAMES)
    assert check_stride(np.int64(899), 240.0, **FRAMES).possible
    with pytest.raises(FileNotFoundError):
        check_stride(tmp_path / "w.npy", 240.0, **FRAMES)
    with pytest.raises(ValueError, match=r"shape \(2, 3, 4\)"):
        check_stride(np.zeros((2, 3, 4)), 240.0, **FRAMES)
    with pytest.raises(ValueError, match="duration and fps must be positive"):
        check_stride(9, 0.0, **FRAMES)
