"""Small files do not become large in memory, names have an end, and so have messages."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gtan.data.annotations import check_detections, read_detections, read_truth
from gtan.data.features import FeatureError, FeatureFile
from gtan.data.stride import check_stride
from gtan.data.texts import LONGEST_NAME, ROOM
from tests.gtan.bench import VIDEOS, Bench, database, entry, features


def peak(read: Callable[[], Any], error: type[Exception], message: str) -> float:
    """MB that an attempt takes."""
    tracemalloc.start()
    with pytest.raises(error, match=message):
        read()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


@pytest.mark.parametrize("name", ["t.json.gz", "t.csv.gz", "t.tsv.gz"])
def test_a_bomb_of_gzip(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with gzip.open(path, "wb", 9) as file:
        file.write(b'{"database": {"v": "')
        for _ in range(300):
            file.write(b" " * 1_000_000)
    message = re.escape(str(path)) + r": unpacks to more than 50 MB from 0\.\d+ MB \(the limit is"
    assert path.stat().st_size < 400_000
    assert peak(lambda: read_truth(path), ValueError, message) < 130


def test_a_well_packed_file_is_read(tmp_path: Path) -> None:
    line = "v,run,1,2,0.5\n"
    with gzip.open(tmp_path / "d.csv.gz", "wt") as file:
        file.write("video,label,start,end,score\n" + line * 100_000)
    assert (tmp_path / "d.csv.gz").stat().st_size < 10_000
    assert len(read_detections(tmp_path / "d.csv.gz")) == 100_000


def test_a_bomb_of_npz(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    header = io.BytesIO()
    shape = (1_000_000, 100)
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": shape}
    )
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w", force_zip64=True) as file,
    ):
        file.write(header.getvalue())
        for _ in range(400):
            file.write(b"\0" * 1_000_000)
    message = re.escape(str(path)) + ": would unpack to more than 50 MB from .*the limit is"
    assert path.stat().st_size < 500_000
    for ask in (lambda f: f.shape, lambda f: f.read(0, 1)):
        assert peak(lambda ask=ask: ask(FeatureFile(path)), FeatureError, message) < 20


def test_a_directory_that_lies(tmp_path: Path) -> None:
    """It says 160 bytes and there are more, or more bytes than there are."""
    np.savez_compressed(tmp_path / "v.npz", x=np.zeros((2_000_000, 4), np.float32))
    content = (tmp_path / "v.npz").read_bytes()
    directory = content.rindex(b"PK\x01\x02")
    for size in (128 + 16, 40_000_000, 2**32 - 2):
        lie = bytearray(content)
        lie[directory + 24 : directory + 28] = size.to_bytes(4, "little")
        (tmp_path / "v.npz").write_bytes(lie)
        file = FeatureFile(tmp_path / "v.npz")
        assert (
            peak(lambda file=file: file.read(0, 1), FeatureError, "header says|would unpack|read")
            < 60
        )


def test_packed_by_other_means(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        buffer = io.BytesIO()
        np.save(buffer, features())
        with zipfile.ZipFile(tmp_path / "v.npz", "w", method) as archive:
            archive.writestr("x.npy", buffer.getvalue())
        with pytest.raises(FeatureError, match="packed otherwise than numpy packs"):
            FeatureFile(tmp_path / "v.npz").read(0, 1)
    (tmp_path / "t.json.gz").write_bytes(bz2.compress(b"{}"))
    with pytest.raises(ValueError, match="broken gzip"):
        read_truth(tmp_path / "t.json.gz")


LONG = "x" * (LONGEST_NAME + 1)
HALF = "a\ud800b"


@pytest.mark.parametrize(
    ("name", "message"),
    [(LONG, r"'xxx.*'... \(1,001 characters\).*longer than 1,000"), (HALF, r"'a\\ud800b'.*half")],
)
def test_names_that_are_none(tmp_path: Path, name: str, message: str) -> None:
    record = {"segment": [1, 2], "label": "run", "score": 1}
    good = {"annotations": [record]}
    trees: list[tuple[Callable[[Path], Any], Any]] = [
        (read_truth, {"database": {name: good}}),
        (read_truth, {"database": {"v": {"annotations": [record | {"label": name}]}}}),
        (read_truth, {"database": {"v": good | {"subset": name}}}),
        (read_detections, {"results": {name: [record]}}),
        (read_detections, {"results": {name: []}}),
        (read_detections, {"results": {"v": [record | {"label": name}]}}),
    ]
    path = tmp_path / "t.json"
    for read, tree in trees:
        path.write_text(json.dumps(tree))
        with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message) as caught:
            read(path)
        str(caught.value).encode()
    for column in ("video", "label"):
        row = {"video": "v", "label": "run", "start": 0.0, "end": 1.0, "score": 1.0}
        with pytest.raises(ValueError, match=f"row 0: {column} is .*" + message):
            check_detections(pd.DataFrame([row | {column: name}]))
    if name == LONG:
        (tmp_path / "t.csv").write_text(f"video,label,start,end\n{name},run,1,2\n")
        with pytest.raises(ValueError, match="line 2: video is .*" + message):
            read_truth(tmp_path / "t.csv")


def test_the_longest_name_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"video,label,start,end\nv,{LONG[1:]},1,2\n")
    assert read_truth(path).instances["label"].tolist() == [LONG[1:]]


SHORT = ROOM + 1500  # what a message may have, with folders in it


def test_messages_are_short_whatever_the_input(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    names = {f"{'n' * 900}{number}": entry() for number in range(500)}
    bench.annotate(database() | names)
    message = bench.fails(FileNotFoundError, "500 of 504 .*and 48. more")
    assert len(message) < SHORT and "The first is looked for at" in message
    for number, faulty in enumerate(
        (
            {f"{'n' * 900}/{number}": entry() for number in range(500)},
            {f"{number}{'n' * 900}": entry((70, 80, "l" * 900)) for number in range(500)},
            {f"{number}{'n' * 900}": entry(duration="d" * 10_000) for number in range(500)},
            {f"{number}{'n' * 900}": entry((1, 2, f"{number}{'l' * 900}")) for number in range(99)},
            {f"n{' ' * number}": entry() for number in range(1, 100)},
            {"b": entry((1, 2, "l" * 100_000))},
            {"b": {"subset": "training", "annotations": [{"label": "l" * 100_000}]}},
            {"b": entry(("s" * 100_000, 2, "run"))},  # type: ignore[arg-type]
        )
    ):
        bench.annotate(database() | faulty)
        with pytest.raises((ValueError, FileNotFoundError)) as caught:
            bench.load(classes=("run", "jump") if number == 3 else ())
        assert len(str(caught.value)) < SHORT, number


def test_messages_about_files_are_short(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    names = {f"{'n' * 200}{number}": entry() for number in range(60)}
    bench.annotate(database() | names)
    for name in names:
        np.save(tmp_path / f"{name}.npy", features(7))
    message = bench.fails(FeatureError, "60 of 64 feature files")
    assert len(message) < SHORT
    np.savez(tmp_path / "v.npz", **{"k" * 100 + str(n): features() for n in range(200)})
    (tmp_path / "v.csv").write_text("x" * 100_000 + ",1\n2,y\n")
    for name in ("v.npz", "v.csv"):
        with pytest.raises(FeatureError) as caught:
            _ = FeatureFile(tmp_path / name).shape
        assert len(str(caught.value)) < SHORT


def test_no_advice_to_load_unsafely(tmp_path: Path) -> None:
    """numpy's and torch's own words end in how to load a pickle."""
    path = tmp_path / "v.npy"
    npz = tmp_path / "v.npz"
    for array in (
        np.array([{}], object),
        np.zeros((2, 2), [("x" * 9_000, "f4"), ("y" * 9_000, "f4")]),
    ):
        np.save(path, array)
        np.savez(npz, x=array)
        for file in (path, npz):
            with pytest.raises(FeatureError) as caught:
                FeatureFile(file).read(0, 1)
            said = str(caught.value).removeprefix(str(file))
            assert not re.search("allow_pickle|unsafe|trust|max_header", said)
    # A zip file that numpy takes for a pickle, since something stands in front of it.
    np.savez(npz, x=features())
    npz.write_bytes(b"'" + npz.read_bytes())
    np.testing.assert_array_equal(FeatureFile(npz).read(0, 2), features()[:2])


def test_values_nested_too_deeply_to_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    for depth in range(900, 1000, 3):
        deep = "[" * depth + "]" * depth
        for record in (deep, f'{{"segment": [{deep}, 1], "label": "run"}}', f'{{"label": {deep}}}'):
            path.write_text(f'{{"database": {{"v": {{"annotations": [{record}]}}}}}}')
            with pytest.raises(ValueError, match=re.escape(str(path))):
                read_truth(path)


@pytest.mark.parametrize("value", [1e300, 2e9])
def test_a_duration_beyond_all_sense(tmp_path: Path, value: float) -> None:
    bench = Bench(tmp_path)
    bench.annotate(database(b=entry(duration=value)))
    bench.fails(ValueError, r"database\['b'\]\['duration'\] is .*, not a positive number up to")


SHAPES = [(1, 39, 6), (39, 1, 6), (39, 6, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("suffix", ["npy", "npz", "h5"])
@pytest.mark.parametrize("last", [False, True])
def test_a_third_axis_of_length_1_is_dropped(
    tmp_path: Path, shape: tuple[int, ...], suffix: str, last: bool
) -> None:
    import h5py

    bench = Bench(tmp_path)
    for seed, name in enumerate(VIDEOS):
        array = features(seed=seed).reshape(shape)
        array = np.ascontiguousarray(array.T) if last else array
        path = tmp_path / f"{name}.{suffix}"
        if suffix == "npy":
            np.save(path, array)
        elif suffix == "npz":
            np.savez_compressed(path, x=array)
        else:
            with h5py.File(path, "w") as file:
                file["x"] = array
    layout = "clips_last" if last else "detect"
    dataset = bench.load(features=str(tmp_path / ("{video}." + suffix)), feature_layout=layout)
    np.testing.assert_array_equal(dataset.recordings["b"].features(3.0, 5), features(seed=1)[3:8])
    assert check_stride(np.zeros(shape), 40, stride=8, length=16, fps=8).possible


@pytest.mark.parametrize("shape", [(1, 1, 6), (1, 39, 1), (39, 1, 1)])
def test_two_axes_of_length_1_can_be_read_in_two_ways(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    long = max(shape)
    message = re.escape(f"this can be {long} clips or {long} dimensions: save two axes")
    np.save(tmp_path / "v.npy", np.zeros(shape, "f4"))
    with pytest.raises(FeatureError, match=message):
        _ = FeatureFile(tmp_path / "v.npy").shape
    with pytest.raises(ValueError, match=message):
        check_stride(np.zeros(shape), 40, stride=8, length=16, fps=8)


def test_a_third_axis_leaves_the_file_mapped(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.zeros((40_000, 1, 256), np.float32))
    file = FeatureFile(tmp_path / "v.npy")
    tracemalloc.start()
    assert file.shape == (40_000, 256) and file.read(30_000, 30_010).shape == (10, 256)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2_000_000


def test_upper_case_suffixes(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", features())
    os.rename(tmp_path / "v.npy", tmp_path / "v.NPY")
    assert FeatureFile(tmp_path / "v.NPY").shape == (39, 6)
