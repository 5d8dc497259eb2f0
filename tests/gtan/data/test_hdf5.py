"""An HDF5 file of a stranger is read, and no other file of this computer with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from gtan.data.features import FeatureError, FeatureFile
from gtan.data.hdf5 import nearest
from tests.gtan.bench import VIDEOS, Bench, features

SECRET = np.arange(234, dtype=np.float32).reshape(39, 6)


def external_link(file: Any, secret: Path) -> None:
    file["a"] = h5py.ExternalLink(str(secret), "/x")


def external_group(file: Any, secret: Path) -> None:
    file["g"] = h5py.ExternalLink(str(secret), "/")
    file["a"] = h5py.SoftLink("/g/x")


def soft_then_external(file: Any, secret: Path) -> None:
    file["deep/down/b"] = h5py.ExternalLink(str(secret), "/x")
    file["deep/c"] = h5py.SoftLink("down/b")
    file["a"] = h5py.SoftLink("deep/./c")


def to_itself(file: Any, secret: Path) -> None:
    file["real"] = SECRET
    file["a"] = h5py.ExternalLink(file.filename, "/real")


def virtual(file: Any, secret: Path) -> None:
    layout = h5py.VirtualLayout((39, 6), "f4")
    layout[:] = h5py.VirtualSource(str(secret), "x", (39, 6))
    file.create_virtual_dataset("a", layout)


def raw(file: Any, secret: Path) -> None:
    file.create_dataset("a", (39, 6), "f4", external=[(str(secret), 0, 39 * 6 * 4)])


def linked_raw(file: Any, secret: Path) -> None:
    file.create_dataset("b", (39, 6), "f4", external=[(str(secret), 0, 39 * 6 * 4)])
    file["a"] = h5py.SoftLink("b")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (external_link, "an external link"),
        (external_group, "an external link"),
        (soft_then_external, "an external link"),
        (to_itself, "an external link"),
        (virtual, "a virtual data set"),
        (raw, "raw storage outside the file"),
        (linked_raw, "raw storage outside the file"),
    ],
)
@pytest.mark.parametrize("all_in_one", [False, True])
def test_what_lies_in_another_file_is_refused(
    tmp_path: Path, make: Callable[[Any, Path], None], words: str, all_in_one: bool
) -> None:
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["x"] = SECRET
    bench = Bench(tmp_path)
    path = tmp_path / "all.h5" if all_in_one else tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        make(file, secret)
        for name in VIDEOS:
            if name not in file:
                file[name] = features()
    said = f"is {words}, which would read another file of this computer.*old.name."
    for ask in (lambda f: f.shape, lambda f: f.width, lambda f: f.read(0, 1)):
        with pytest.raises(FeatureError, match=said) as caught:
            ask(FeatureFile(path, "a"))
        assert f"{path}['a']" in str(caught.value)
    for skip in ("error", "skip") if all_in_one else ():  # it is no missing recording either
        bench.fails(FeatureError, said, features=str(path), missing_features=skip)


def test_the_other_file_is_not_even_opened(tmp_path: Path) -> None:
    """A pipe that nobody writes to: to open it is to wait forever."""
    import os

    os.mkfifo(tmp_path / "pipe")
    for make in (external_link, external_group, virtual, raw):
        path = tmp_path / f"{make.__name__}.h5"
        with h5py.File(path, "w") as file:
            make(file, tmp_path / "pipe")
        with pytest.raises(FeatureError, match="another file of this computer"):
            FeatureFile(path, "a").read(0, 1)


def test_the_only_entry_may_be_a_link_too(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["x"] = h5py.ExternalLink("/etc/passwd", "/x")
    with pytest.raises(FeatureError, match="is an external link"):
        _ = FeatureFile(tmp_path / "v.h5").shape


def test_links_within_the_file_are_followed(tmp_path: Path) -> None:
    path = tmp_path / "v.h5"
    with h5py.File(path, "w") as file:
        file["set/v/rgb"] = SECRET
        file["set/v/same"] = h5py.SoftLink("rgb")  # from where it stands
        file["set/absolute"] = h5py.SoftLink("/set/v/same")
        file["group"] = h5py.SoftLink("/set")
        file["hard"] = file["set/v/rgb"]
        file["gone"] = h5py.SoftLink("/nowhere")
        file["round"] = h5py.SoftLink("/round")
        file["one"] = h5py.SoftLink("two/x")
        file["two"] = h5py.SoftLink("one")
    for key in ("set/v/same", "set/absolute", "group/v/rgb", "/group/./absolute", "hard"):
        np.testing.assert_array_equal(FeatureFile(path, key).read(0, 39), SECRET)
    for key, said in (
        ("gone", "no entry 'gone'"),
        ("round", "from link to link"),
        ("one", "from link to link"),
        ("hard/x", "no entry"),
        ("group", "is a group that holds absolute, v"),
    ):
        with pytest.raises(FeatureError, match=said):
            _ = FeatureFile(path, key).shape


def test_small_files_that_would_be_large(tmp_path: Path) -> None:
    """Never written, one huge chunk, or packed: none is allocated."""
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("empty", (10**9, 400), "f4", chunks=(64, 400))
        file.create_dataset("never", (10**6, 400), "f4")
        chunked = file.create_dataset(
            "chunk", (10, 400), "f4", chunks=(10**6, 400), maxshape=(None, 400), compression=9
        )
        chunked.id.write_direct_chunk((0, 0), b"x\x9c" + b"\0" * 100)
        file.create_dataset("null", data=h5py.Empty("f4"))
        file["text"] = ["a", "b"]
    for key in ("empty", "never", "chunk"):
        with pytest.raises(FeatureError, match=r"MB from .*the limit is 100 times"):
            FeatureFile(tmp_path / "v.h5", key).read(0, 1)
    for key, said in (("null", r"has shape \(\)"), ("text", "Python objects .*or text")):
        with pytest.raises(FeatureError, match=said):
            _ = FeatureFile(tmp_path / "v.h5", key).shape


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("none/v/rgb", "it holds away, gone, set"),
        ("/set/w/rgb", "its group 'set' holds v"),
        ("set/v/flow", "its group 'set/v' holds none, rgb"),
        ("set/v/none/x", "its group 'set/v/none' holds nothing"),
        ("set/v/rgb/x", "'set/v/rgb' is an array itself"),
        ("away/x", "'away' cannot be read"),
        ("gone/x", "it holds away, gone, set"),
    ],
)
def test_the_nearest_group_is_said(tmp_path: Path, key: str, said: str) -> None:
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["set/v/rgb"] = SECRET
        file.create_group("set/v/none")
        file["away"] = h5py.ExternalLink("/etc/passwd", "/x")
        file["gone"] = h5py.SoftLink("/nowhere")
        assert nearest(file, key) == said
    with pytest.raises(FeatureError) as caught:
        _ = FeatureFile(tmp_path / "v.h5", key).shape
    message = str(caught.value)
    assert (
        message.endswith(f"has no entry {key!r} (data.feature_key); {said}")
        or "never followed" in message
    )
