"""Headers of .npy files: read as numpy reads them, and nothing else is read to load a data set."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.data import npy
from gtan.data.npy import Header, MappedArray
from gtan.data.shapes import FeatureError
from tests.gtan.bench import Bench

NUMBERS = ["<f2", "<f4", "<f8", ">f4", "|i1", "|u1", "<i2", "<i8", "<u4"]


@given(
    st.sampled_from(NUMBERS),
    st.lists(st.integers(1, 300), min_size=2, max_size=2),
    st.booleans(),
    st.sampled_from([(1, 0), (2, 0)]),
)
def test_a_header_is_read_as_numpy_reads_it(
    dtype: str, shape: list[int], turned: bool, version: tuple[int, int]
) -> None:
    array = np.zeros(shape, dtype)
    file = io.BytesIO()
    np.lib.format.write_array(file, array.T if turned else array, version)
    size = file.tell()
    file.seek(0)
    header = Header(file)
    file.seek(0)
    known = np.lib.format.read_array(file)
    assert (header.shape, header.dtype) == (known.shape, known.dtype)
    file.seek(0)
    Header(file).check_bytes(size - file.tell())  # it stands where the numbers begin


@pytest.mark.parametrize("name", ["<f1", "<f9", "<i3"])
def test_a_type_that_is_none(tmp_path: Path, name: str) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 2), "<f4"))
    content = (tmp_path / "a.npy").read_bytes().replace(b"<f4", name.encode())
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises((FeatureError, TypeError, ValueError)):
        MappedArray(tmp_path / "a.npy")


def test_a_slice_is_a_slice(tmp_path: Path) -> None:
    array = np.arange(12.0).reshape(3, 4)
    for name, one in (("a", array), ("b", np.asfortranarray(array))):
        np.save(tmp_path / f"{name}.npy", one)
        np.testing.assert_array_equal(MappedArray(tmp_path / f"{name}.npy")[1:3, :2], one[1:3, :2])


def test_loading_maps_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    headers: list[Any] = []

    class Counted(Header):
        def __init__(self, file: Any) -> None:
            headers.append(file)
            super().__init__(file)

    def load(*_: Any, **__: Any) -> Any:
        raise AssertionError("numbers were read")

    bench = Bench(tmp_path)
    monkeypatch.setattr(npy, "Header", Counted)
    monkeypatch.setattr(np, "load", load)
    dataset = bench.load(validation_subset="validation", test_subset="testing")
    assert len(headers) == len(dataset.recordings) == 4
