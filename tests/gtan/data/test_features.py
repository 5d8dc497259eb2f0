"""Feature files: every format reads alike, and what is broken says so."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.data.features import FeatureError, FeatureFile
from gtan.data.stride import check_stride

FEATURES = np.random.default_rng(0).standard_normal((9, 4), dtype=np.float32)


def store(path: Path, array: Any, key: str = "features") -> Path:
    """An array in the format that the name asks for."""
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez_compressed(path, **{key: array})
    elif path.suffix == ".csv":
        header = ",".join(f"f{number}" for number in range(array.shape[1]))
        np.savetxt(path, array, "%.9g", ",", header=header, comments="")
    else:
        with h5py.File(path, "w") as file:
            file[key] = array
    return path


FORMATS = ["v.npy", "v.npz", "v.h5", "v.hdf5", "v.csv"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_reads_alike(tmp_path: Path, name: str) -> None:
    file = FeatureFile(store(tmp_path / name, FEATURES))
    assert file.shape == (9, 4)
    np.testing.assert_array_equal(file.read(0, 9), FEATURES)
    np.testing.assert_array_equal(file.read(2, 5), FEATURES[2:5])
    assert file.read(2, 5).dtype == np.float32
    turned = FeatureFile(store(tmp_path / name, FEATURES.T), clips_last=True)
    assert turned.shape == (9, 4)
    np.testing.assert_array_equal(turned.read(2, 5), FEATURES[2:5])


@pytest.mark.parametrize("dtype", ["f2", "f8", ">f4", "i2", "u1"])
def test_any_type_of_number(tmp_path: Path, dtype: str) -> None:
    values = (FEATURES * 10).clip(0).astype(dtype)
    for name in ("v.npy", "v.npz", "v.h5"):
        read = FeatureFile(store(tmp_path / name, values)).read(0, 9)
        np.testing.assert_array_equal(read, values.astype("f4"))


def test_fortran_order_and_three_header_versions(tmp_path: Path) -> None:
    for version in ((1, 0), (2, 0), (3, 0)):
        with (tmp_path / "v.npy").open("wb") as stream:
            np.lib.format.write_array(stream, np.asfortranarray(FEATURES), version)
        np.testing.assert_array_equal(FeatureFile(tmp_path / "v.npy").read(1, 4), FEATURES[1:4])


BODY = "1,2,3,4.5\n5,6,7,8\n\n"


@pytest.mark.parametrize(
    "header", ["", "a,b,c,d\n", "\n x , 0,1 ,2\n", "# f,1,2,3\n", '"a,b",c,d,e\n']
)
def test_csv_with_and_without_a_header_line(tmp_path: Path, header: str) -> None:
    path = tmp_path / "v.csv"
    path.write_text(header + BODY)
    assert FeatureFile(path).shape == (2, 4) and FeatureFile(path).width == 4
    assert FeatureFile(path, clips_last=True).width == 2
    assert FeatureFile(path).read(0, 2).tolist() == [[1, 2, 3, 4.5], [5, 6, 7, 8]]


@pytest.mark.parametrize(
    "line",
    ["0,1,2,3", ' 0,"1",2,3', "a,2.5,3,4", "x,5,6,7", ",1.5,2.5,3", "0.5,,2,3", "NA,1.5,1,2"],
)
def test_a_first_line_that_may_be_a_header_or_a_clip(tmp_path: Path, line: str) -> None:
    path = tmp_path / "v.csv"
    path.write_text(f"{line}\n{BODY}")
    fails(path, r"the first line, .*, can be a header or the first clip; .*data\.csv_header")
    for skip in (0, None):
        file = FeatureFile(path, csv_header="names", csv_skip_columns=skip)
        if skip == 0 or line[0] != ",":
            assert file.read(0, 2).tolist() == [[1, 2, 3, 4.5], [5, 6, 7, 8]]
    if line.startswith("0,1"):
        assert FeatureFile(path, csv_header="none").read(0, 1).tolist() == [[0, 1, 2, 3]]


@pytest.mark.parametrize("line", ["0.0,1.0", "0,1.0", "1,0", "0,2", "5,6"])
def test_a_first_clip_is_no_header(tmp_path: Path, line: str) -> None:
    path = tmp_path / "v.csv"
    path.write_text(f"{line}\n7,2\n3,4\n")
    assert FeatureFile(path).shape == (3, 2)
    assert FeatureFile(path).read(0, 1).tolist() == [[float(cell) for cell in line.split(",")]]


INDEX = pd.RangeIndex(9)


@pytest.mark.parametrize(
    ("index", "writing", "aside"),
    [
        (INDEX, {}, 1),  # what pandas writes by default
        (INDEX, {"index_label": "frame"}, 1),
        (INDEX + 1, {"index_label": "frame"}, 1),
        (INDEX * 16 / 25, {"index_label": "seconds", "float_format": "%.3f"}, 1),
        (INDEX, {"header": False}, 1),
        (pd.Index([7, 3, 4, 5, 9, 1, 2, 0, 8]), {}, 1),  # no name: an index in any order
        (pd.Index(list("abcdefghi")), {}, 1),
        (pd.MultiIndex.from_arrays([INDEX, INDEX * 0.64]), {"index_label": ["n", "s"]}, 2),
    ],
)
def test_an_index_column_is_no_feature_without_a_word(
    tmp_path: Path, index: pd.Index, writing: dict[str, Any], aside: int
) -> None:
    path = tmp_path / "v.csv"
    pd.DataFrame(FEATURES, index=index, columns=list("abcd")).to_csv(path, **writing)
    message = r"can be an index \(or time\) or features; .*data\.csv_skip_columns: " + str(aside)
    fails(path, message)
    with pytest.raises(FeatureError, match=message):
        check_stride(path, 5.76, stride=16, length=16, fps=25)
    file = FeatureFile(path, csv_skip_columns=aside)
    assert file.shape == (9, 4) and file.width == 4
    np.testing.assert_allclose(file.read(2, 5), FEATURES[2:5], atol=1e-3)
    assert check_stride(file, 5.76, stride=16, length=16, fps=25).possible
    if pd.api.types.is_numeric_dtype(index):
        kept = FeatureFile(path, csv_skip_columns=0)
        assert kept.shape == (9, 5)
        np.testing.assert_allclose(kept.read(0, 9)[:, 0], index.to_numpy(float), atol=1e-3)
    elif aside == 1:
        fails(path, "not a table of numbers: its first clip holds 'a'", csv_skip_columns=0)
    fails(path, "leaves out 9", csv_skip_columns=9)


def test_two_clips_with_an_index_and_unnamed_columns(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    pd.DataFrame([[0.5, 0.2], [0.25, 0.75]]).to_csv(path)  # ",0,1"
    fails(path, "the first column can be an index")
    assert FeatureFile(path, csv_skip_columns=1).read(0, 2).tolist() == [
        [0.5, np.float32(0.2)],
        [0.25, 0.75],
    ]


def test_times_that_do_not_run_evenly_are_no_feature_either(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(0.02, 0.06, 12))
    path = store(tmp_path / "v.csv", np.c_[times, rng.standard_normal((12, 2))])
    fails(path, "the first column can be an index")
    path = store(path, np.c_[rng.standard_normal(12), times])  # not in front: a feature
    assert FeatureFile(path).width == 2


def test_the_same_the_other_way_round(tmp_path: Path) -> None:
    """[D, T]: the first line can be times, the first column the numbers of dimensions."""
    path = tmp_path / "v.csv"
    times = pd.DataFrame(FEATURES.T, columns=np.arange(9) * 0.64)
    times.to_csv(path, index=False)
    fails(path, "a header or the first dimension", clips_last=True)
    np.testing.assert_array_equal(FeatureFile(path, "", True, "names").read(2, 5), FEATURES[2:5])
    times.columns = [f"t{n}" for n in range(9)]
    times.to_csv(path)
    fails(path, "an index .or time. or the first clips", clips_last=True)
    file = FeatureFile(path, clips_last=True, csv_skip_columns=1)
    assert file.shape == (9, 4)
    np.testing.assert_array_equal(file.read(2, 5), FEATURES[2:5])


def test_npy_is_mapped_and_hdf5_sliced(tmp_path: Path) -> None:
    """A few clips of a large file cost a few clips of memory."""
    import tracemalloc

    large = np.zeros((40_000, 256), np.float32)
    for name in ("v.npy", "v.h5"):
        file = FeatureFile(store(tmp_path / name, large))
        file.read(0, 1)  # h5py is imported
        tracemalloc.start()
        assert file.shape == (40_000, 256) and file.read(30_000, 30_010).shape == (10, 256)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2_000_000, name


def fails(path: Path, message: str, **where: Any) -> None:
    """Whatever is asked first, the error names the file."""
    for ask in (lambda f: f.shape, lambda f: f.read(0, 1)):
        with pytest.raises(FeatureError, match=message) as caught:
            ask(FeatureFile(path, **where))
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", FORMATS)
def test_empty_or_not_what_its_name_says(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"")
    fails(path, "empty|cannot be read")
    if not name.endswith("csv"):
        path.write_bytes(b"<html>404 Not Found</html>" * 9)
        fails(path, "cannot be read")


@pytest.mark.parametrize("name", ["v.npy", "v.npz", "v.h5"])
@pytest.mark.parametrize("shape", [(0, 4), (9, 0)])
def test_no_clips(tmp_path: Path, name: str, shape: tuple[int, int]) -> None:
    fails(store(tmp_path / name, np.zeros(shape, "f4")), "is empty, shape")


@pytest.mark.parametrize("name", ["v.npy", "v.npz", "v.h5"])
def test_truncated(tmp_path: Path, name: str) -> None:
    path = store(tmp_path / name, np.random.default_rng(0).standard_normal((500, 40)))
    content = path.read_bytes()
    for share in (0.02, 0.5, 0.99):
        path.write_bytes(content[: int(len(content) * share)])
        fails(path, "truncated")


def test_headers_that_lie(tmp_path: Path) -> None:
    """More or fewer clips than there are bytes, however absurd; nothing is allocated for them."""
    path = tmp_path / "v.npy"
    good = store(path, FEATURES).read_bytes()
    for shape in (b"(8, 4)", b"(99999, 4)", b"(99999999999, 99999999)", b"(-9, 4)", b"(9, 4"):
        # The header is padded with blanks: the shape may grow into them.
        start, end = good.index(b"(9, 4)"), good.index(b"\n")
        line = good[:start] + shape + good[start + 6 : end]
        header = line[:end].rstrip().ljust(end) if len(line) > end else line.ljust(end)
        path.write_bytes(header + good[end:])
        fails(path, "header says|cannot be read")
        with zipfile.ZipFile(tmp_path / "v.npz", "w") as archive:
            archive.writestr("features.npy", path.read_bytes())
        fails(tmp_path / "v.npz", "header says|cannot be read")
    path.write_bytes(good + b"more")
    fails(path, "148 bytes follow")


@pytest.mark.parametrize("name", ["v.npy", "v.npz"])
def test_pickles_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.array([{"a": 1}, None], dtype=object))
    if name == "v.npy":
        path.write_bytes(stream.getvalue())
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("features.npy", stream.getvalue())
    fails(path, "Python objects .* never loaded")


def test_wrong_shape_or_type(tmp_path: Path) -> None:
    for name in ("v.npy", "v.npz", "v.h5"):
        fails(store(tmp_path / name, FEATURES[None, None]), r"shape \(1, 1, 9, 4\)")
        fails(store(tmp_path / name, FEATURES.astype("c8")), "complex64, not numbers")
    fails(store(tmp_path / "v.npy", FEATURES.astype("U")), "not numbers")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_nan_and_infinity_are_found_where_they_are(tmp_path: Path, name: str, value: float) -> None:
    features = FEATURES.astype("f8")
    features[6, 2] = value
    path = store(tmp_path / name, features)
    file = FeatureFile(path)
    if not name.endswith("csv"):
        assert file.read(0, 6).shape == (6, 4)  # only what is used is looked at
    with pytest.raises(FeatureError, match=f"{re.escape(str(path))}: clip 6, dimension 2 is NaN"):
        file.read(5, 8)


def test_broken_csv(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    for text, message in (
        ("f0,f1\n", "header line and no clip"),
        ("1,2\n3\n", "not a table of numbers: line 2 has 1 cell, the first one 2; correct"),
        ("1,2\n3,\n", "clip 1, dimension 1 is NaN"),
        ("1,2\n3,4,5\n", "not a table of numbers: line 2 has 3 cells, the first one 2"),
        ("1,2\n3,x\n", "not a table of numbers: line 2, column 2 holds 'x'; correct"),
        ("a,b\n\n1,2\n1_0,3\n", "not a table of numbers: line 4, column 1 holds '1_0'"),
        ("1;2\n3,5;4\n2.5;1\n", "decimal comma, '3,5' in line 2, and point, '2.5' in line 3"),
        ("1 2\n3 4\n5 6\n", "first clip is one field, '3 4'; columns are separated by comma, tab"),
        ("1|2\n3|4\n5|6\n", "first clip is one field"),
        ("a,b\n1_0,2\n", "not a table of numbers: its first clip holds '1_0'"),
        ("a,b\nTrue,2\n", "not a table of numbers: its first clip holds 'True'"),
        ("a,b\n1,2,3\n", "3 cells follow a first line of 2"),
    ):
        path.write_text(text)
        with pytest.raises(FeatureError, match=message) as caught:
            FeatureFile(path).read(0, FeatureFile(path).shape[0])
        assert str(path) in str(caught.value)


@given(
    st.sampled_from(["v.npy", "v.npz", "v.csv"]),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), max_size=3),
    st.floats(0, 1),
)
def test_damage_is_an_error_or_other_numbers(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    damage: list[tuple[float, bytes]],
    kept: float,
) -> None:
    """Whatever bytes are overwritten or cut off: no other error, and no array of another size."""
    path = store(tmp_path_factory.mktemp("damaged") / name, FEATURES)
    content = bytearray(path.read_bytes())
    for where, what in damage:
        at = int(where * len(content))
        content[at : at + len(what)] = what
    path.write_bytes(content[: int(len(content) * max(kept, 0.5) + 0.5)])
    message = str(path)
    try:
        clips, width = FeatureFile(path).shape
        assert FeatureFile(path).read(0, clips).shape == (clips, width)
    except FeatureError as error:
        message = str(error)
    assert str(path) in message


def test_arrays_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", rgb=FEATURES, flow=-FEATURES)
    np.testing.assert_array_equal(FeatureFile(tmp_path / "v.npz", "flow").read(0, 9), -FEATURES)
    fails(tmp_path / "v.npz", r"2 arrays \(rgb, flow\)")
    fails(tmp_path / "v.npz", "no array 'depth'.*rgb, flow", key="depth")
    with h5py.File(tmp_path / "all.h5", "w") as file:
        file["v_1/c3d_features"] = FEATURES
        file["v_2/c3d_features"] = -FEATURES
    found = FeatureFile(tmp_path / "all.h5", "v_2/c3d_features").read(0, 9)
    np.testing.assert_array_equal(found, -FEATURES)
    fails(tmp_path / "all.h5", "2 entries")
    fails(tmp_path / "all.h5", "a group that holds c3d_features", key="v_1")
    fails(tmp_path / "all.h5", "no entry 'v_3'", key="v_3")
    store(tmp_path / "bad.h5", FEATURES * np.nan, "v_1/x")
    with pytest.raises(FeatureError, match=r"bad\.h5\['v_1/x'\]: clip 0, dimension 0 is NaN"):
        FeatureFile(tmp_path / "bad.h5", "v_1/x").read(0, 9)
