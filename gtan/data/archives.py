"""Files of a zip or tar archive, or of a folder: read into memory, never unpacked to disk."""

from __future__ import annotations

import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from lzma import LZMAError
from pathlib import Path, PurePosixPath

LARGEST = 64_000_000  # bytes of one file that is read
LARGEST_ALL = 2_000_000_000  # bytes that an archive may say it holds
DEPTH = 3  # folders below the one named
AGAIN = "get it again"
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, LZMAError, OSError)


def is_archive(path: Path) -> bool:
    """Whether a path is named like a zip or tar archive."""
    return path.name.lower().endswith((".zip", ".tar", ".tar.gz", ".tar.xz", ".tar.bz2", ".tgz"))


def read_members(source: Path, wanted: re.Pattern[str]) -> dict[str, bytes]:
    """The files whose path, or the end of it, is `wanted`; keys are that end.

    Args:
        source: a zip or tar archive, or a folder, of which `DEPTH` levels are looked through.
        wanted: a pattern from the first part that counts: ``RawData/.*[.]txt``.

    Raises:
        ValueError: naming the source: damaged, encrypted, larger than `LARGEST`, with a file twice
            or with names that lead out of it.
    """
    found: dict[str, bytes] = {}
    ending = re.compile(rf"(?:.*/)?({wanted.pattern})")
    if source.is_dir():
        members = _of_folder(source, ending)
    elif zipfile.is_zipfile(source):
        members = _of_zip(source, ending)
    else:
        members = _of_tar(source, ending)
    try:
        for name, content in members:
            if name in found:
                raise ValueError(f"{source}: {name} is there twice; keep one of them")
            found[name] = content
    except (RuntimeError, NotImplementedError) as error:  # encrypted; packed in an unknown way
        raise ValueError(f"{source}: cannot be unpacked: {error}") from None
    except _DAMAGED as error:
        if isinstance(error, OSError) and error.errno is not None and source.is_dir():
            raise
        reason = (str(error).splitlines() or ["it ends too early"])[0].rstrip(":")
        raise ValueError(f"{source}: damaged archive ({reason}); {AGAIN}") from None
    return found


def _of_folder(source: Path, ending: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    for path in sorted(p for depth in range(DEPTH + 1) for p in source.glob("*/" * depth + "*")):
        match = ending.fullmatch(path.relative_to(source).as_posix())
        if match and path.is_file():
            _check_size(source, match[1], path.stat().st_size)
            yield match[1], path.read_bytes()


def _of_zip(source: Path, ending: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(source) as archive:
        whole = 0
        for info in archive.infolist():
            whole = _check_name(source, info.filename, whole + info.file_size)
            match = ending.fullmatch(info.filename)
            if match and not info.is_dir():
                _check_size(source, match[1], info.file_size)
                with archive.open(info) as file:  # checks the sum of what it reads
                    content = file.read(info.file_size + 1)
                yield match[1], content


def _of_tar(source: Path, ending: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(source) as archive:
        whole = 0
        for info in archive:
            whole = _check_name(source, info.name, whole + info.size)
            match = ending.fullmatch(info.name)
            if match and info.isfile():
                _check_size(source, match[1], info.size)
                file = archive.extractfile(info)
                assert file is not None
                with closing(file):
                    yield match[1], file.read()


def _check_name(source: Path, name: str, whole: int) -> int:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{source}: {name!r} leads out of the archive; {AGAIN} from its publisher")
    if whole > LARGEST_ALL:
        raise ValueError(
            f"{source}: holds more than {LARGEST_ALL / 1e9:g} GB; is it the right one?"
        )
    return whole


def _check_size(source: Path, name: str, size: int) -> None:
    if size > LARGEST:
        raise ValueError(f"{source}: {name} is larger than {LARGEST / 1e6:g} MB")
