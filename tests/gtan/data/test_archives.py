"""Archives of others: read into memory by name, and refused in one line where they are wrong."""

from __future__ import annotations

import re
import tarfile
import zipfile
from pathlib import Path

import pytest

from gtan.data import archives
from gtan.data.archives import read_members
from tests.made_up import write_folder, write_tar, write_zip

WANTED = re.compile(r"RawData/[a-z]+\.txt")
TEXTS = {"deep/RawData/a.txt": "one", "deep/RawData/b.txt": "two", "deep/other.txt": "no"}


def test_one_content_in_any_wrapping(tmp_path: Path) -> None:
    expected = {"RawData/a.txt": b"one", "RawData/b.txt": b"two"}
    assert read_members(write_zip(tmp_path / "x.zip", TEXTS), WANTED) == expected
    assert read_members(write_tar(tmp_path / "x.tar.xz", TEXTS), WANTED) == expected
    assert read_members(write_folder(tmp_path / "x", TEXTS), WANTED) == expected


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_cut_off_and_damaged(tmp_path: Path, write) -> None:
    path = write(tmp_path / "x.bin", {f"RawData/{c}.txt": c * 5000 for c in "abc"})
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"<html>not found</html>"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"x\.bin: damaged archive .*; get it again"):
            read_members(path, WANTED)


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("RawData/a.txt", "x" * 1000)
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged archive \(Bad CRC-32"):
        read_members(path, WANTED)


@pytest.mark.parametrize("name", ["../RawData/a.txt", "/RawData/a.txt", "a\\..\\..\\RawData/a.txt"])
@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_names_that_lead_out(tmp_path: Path, write, name: str) -> None:
    with pytest.raises(ValueError, match="leads out of the archive"):
        read_members(write(tmp_path / "x", {name: "bad"}), WANTED)


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_too_much(tmp_path: Path, write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x", {"RawData/a.txt": "0" * 10_000, "b.txt": "0" * 10_000})
    monkeypatch.setattr(archives, "LARGEST", 5_000)
    with pytest.raises(ValueError, match=r"RawData/a.txt is larger than 0.005 MB"):
        read_members(path, WANTED)
    monkeypatch.setattr(archives, "LARGEST_ALL", 5_000)
    with pytest.raises(ValueError, match="holds more than 5e-06 GB"):
        read_members(path, WANTED)


def test_a_zip_that_lies_about_its_sizes_gives_no_more_than_it_says(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"RawData/a.txt": "0" * 100_000})
    content = path.read_bytes()
    size = (100_000).to_bytes(4, "little")
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(ValueError, match="damaged archive"):
        read_members(path, WANTED)


def test_twice_linked_and_encrypted(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "x.tar", {"a/RawData/a.txt": "1", "b/RawData/a.txt": "2"})
    with pytest.raises(ValueError, match=r"RawData/a.txt is there twice"):
        read_members(path, WANTED)
    with tarfile.open(tmp_path / "y.tar", "w") as archive:
        link = tarfile.TarInfo("RawData/a.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert read_members(tmp_path / "y.tar", WANTED) == {}
    path = write_zip(tmp_path / "z.zip", {"RawData/a.txt": "1"})
    content = bytearray(path.read_bytes())
    for start in (content.index(b"PK\3\4") + 6, content.index(b"PK\1\2") + 8):
        content[start] |= 1  # encrypted
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"cannot be unpacked: .*encrypted"):
        read_members(path, WANTED)
