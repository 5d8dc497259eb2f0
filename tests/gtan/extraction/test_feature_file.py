"""Feature files: what they hold, and what is left of a writer that was killed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from gtan.data.features import FeatureError, FeatureFile
from gtan.extraction import read_extracted
from gtan.extraction.feature_file import PartialFile, document_of, rows_so_far
from gtan.files import KEY
from gtan.grid import ClipGrid
from tests.gtan.extraction.nets import SEES

ABOUT = {"video": {"name": "v.mp4"}}
ROWS = np.arange(35, dtype=np.float32).reshape(7, 5)
VIDEO = {"name": "v.mp4", "bytes": 3, "sha256": "00"}


def written(path: Path, **changes: Any) -> Path:
    partial = PartialFile(path, ABOUT, batch=2)
    partial.append(ROWS)
    document = document_of(SEES, ClipGrid(0.32, 0.64), 2.4, VIDEO, ["cut off"])
    partial.finish(document | changes)
    return path


def test_the_library_reads_what_we_write(tmp_path: Path) -> None:
    path = written(tmp_path / "f" / "v.safetensors")
    np.testing.assert_array_equal(load_file(path)["features"], ROWS)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    found = read_extracted(path)
    assert found is not None
    assert (found.duration, found.grid, found.recipe) == (2.4, ClipGrid(0.32, 0.64), SEES)
    assert (found.video, found.notes) == (VIDEO, ("cut off",))


def test_it_is_a_feature_file_as_others(tmp_path: Path) -> None:
    file = FeatureFile(written(tmp_path / "v.safetensors"))
    assert file.shape == (7, 5) and file.width == 5
    np.testing.assert_array_equal(file.read(2, 4), ROWS[2:4])
    np.testing.assert_array_equal(np.concatenate([rows for _, rows in file.stretches()]), ROWS)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int32])
@pytest.mark.parametrize("last", [False, True])
def test_somebodys_own_safetensors(tmp_path: Path, dtype: type, last: bool) -> None:
    values = ROWS.T if last else ROWS
    path = tmp_path / "v.safetensors"
    save_file({"x": np.ascontiguousarray(values.astype(dtype))}, path)
    assert read_extracted(path) is None
    file = FeatureFile(path, clips_last=last)
    np.testing.assert_array_equal(file.read(0, 7), ROWS)


def test_two_arrays_need_a_name(tmp_path: Path) -> None:
    path = tmp_path / "v.safetensors"
    save_file({"a": ROWS, "b": ROWS + 1}, path)
    with pytest.raises(FeatureError, match=r"holds 2 arrays .a, b.; name one by data.feature_key"):
        _ = FeatureFile(path).shape
    np.testing.assert_array_equal(FeatureFile(path, "b").read(0, 1), ROWS[:1] + 1)


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 60, -1])
def test_cut_off_files_are_named(tmp_path: Path, keep: int) -> None:
    path = written(tmp_path / "v.safetensors")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"v.safetensors"):
        read_extracted(path)
    with pytest.raises(FeatureError, match=r"v.safetensors"):
        _ = FeatureFile(path).shape


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "is of version 2"),
        ({"grid": {"stride": 0.0, "length": 1, "offset": 0}}, "does not say where its clips lie"),
        ({"grid": {"stride": 1}}, "does not say where its clips lie"),
        ({"grid": None}, "does not say where its clips lie"),
        ({"duration": float("inf")}, "does not say where its clips lie"),
        ({"duration": -1}, "does not say where its clips lie"),
        ({"duration": "long"}, "does not say where its clips lie"),
        ({"video": None}, "does not say where its clips lie"),
        ({"recipe": {"backbone": "mine"}}, "recipe: scale"),
        ({"notes": 3}, "does not say where its clips lie"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, changes: Any, message: str) -> None:
    path = written(tmp_path / "v.safetensors", **changes)
    with pytest.raises(ValueError, match=message) as error:
        read_extracted(path)
    assert str(path) in str(error.value)


def test_a_document_of_another_kind_is_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "v.safetensors"
    save_file({"x": ROWS}, path, {KEY: json.dumps({"format": "gtan-explanation"})})
    assert read_extracted(path) is None


# --- killed and begun again


def test_whole_batches_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "v.safetensors"
    PartialFile(path, ABOUT, batch=2).append(ROWS[:5])
    assert rows_so_far(path) == 5
    again = PartialFile(path, ABOUT, batch=2)
    assert again.rows == 4
    again.append(ROWS[4:])
    again.finish(document_of(SEES, ClipGrid(1, 1), 2.4, VIDEO, []))
    np.testing.assert_array_equal(load_file(path)["features"], ROWS)
    assert rows_so_far(path) == 0


@pytest.mark.parametrize("torn", [1, 3, 19, 21])
def test_a_torn_row_is_thrown_away(tmp_path: Path, torn: int) -> None:
    path = tmp_path / "v.safetensors"
    PartialFile(path, ABOUT, batch=1).append(ROWS[:3])
    part = tmp_path / ".v.safetensors.part"
    part.write_bytes(part.read_bytes()[:-torn])
    again = PartialFile(path, ABOUT, batch=1)
    assert again.rows == (2 if torn < 20 else 1)
    again.append(ROWS[again.rows :])
    again.finish(document_of(SEES, ClipGrid(1, 1), 2.4, VIDEO, []))
    np.testing.assert_array_equal(load_file(path)["features"], ROWS)


@pytest.mark.parametrize("other", [{"video": {"name": "w.mp4"}}, {}, {**ABOUT, "more": 1}])
def test_what_was_begun_otherwise_is_begun_again(tmp_path: Path, other: dict[str, Any]) -> None:
    path = tmp_path / "v.safetensors"
    PartialFile(path, other, batch=2).append(ROWS[:4])
    assert PartialFile(path, ABOUT, batch=2).rows == 0
    PartialFile(path, ABOUT, batch=2).append(ROWS[:4])
    assert PartialFile(path, ABOUT, batch=4).rows == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"width": "5"}', '{"width": -1}'])
def test_a_damaged_note_begins_again(tmp_path: Path, text: str) -> None:
    path = tmp_path / "v.safetensors"
    PartialFile(path, ABOUT, batch=2).append(ROWS[:4])
    (tmp_path / ".v.safetensors.part.json").write_text(text)
    assert PartialFile(path, ABOUT, batch=2).rows == 0
