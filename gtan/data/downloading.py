"""A download that goes on where it broke off; pooch checks what has come."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pooch
import requests
from tqdm.auto import tqdm

from gtan.data.published import File

PIECE = 1 << 18  # bytes
PATIENCE = 30  # seconds without a byte


class DownloadError(OSError):
    """Nothing came, or not all of it, or something else; the message says what to do."""


def download(file: File, folder: Path, progress: bool = True) -> Path:
    """Fetch a file, whole from when it has its name.

    What had come when a download broke off lies beside as `.NAME.part`, and is gone on with.

    Args:
        file: with an address.
        folder: to put it in.
        progress: show a bar.

    Raises:
        DownloadError: naming the address, and the reason.
    """
    pooch.get_logger().setLevel("WARNING")
    known = f"sha256:{file.sha256}" if file.sha256 else None
    try:
        path = pooch.retrieve(
            file.url, known, fname=file.name, path=folder, downloader=_Resuming(file, progress)
        )
    except requests.RequestException as error:
        raise DownloadError(
            f"{file.url} does not answer ({_reason(error)}); try again, it goes on where it "
            "broke off"
        ) from None
    except ValueError as error:
        if "hash" not in str(error):
            raise
        raise DownloadError(
            f"{file.url} gave another file (its SHA-256 is not {file.sha256[:12]}...); nothing was "
            "kept. Try again; if it stays so, it was changed there"
        ) from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise DownloadError(
            f"the disk of {folder} is full: {file.name} has {file.size / 1e6:.0f} MB; make room, "
            "or name another folder (GTAN_DATA)"
        ) from None
    return Path(path)


class _Resuming:
    """What pooch calls to fetch a file."""

    def __init__(self, file: File, progress: bool) -> None:
        self._file, self._progress = file, progress

    def __call__(self, url: str, output_file: Any, _: Any) -> None:
        target = Path(output_file)
        part = target.parent / f".{self._file.name}.part"
        there = part.stat().st_size if part.is_file() else 0
        if not (there and there == self._file.size):
            self._fetch(url, part, there)
        os.replace(part, target)

    def _fetch(self, url: str, part: Path, there: int) -> None:
        asked = {"Range": f"bytes={there}-"} if there else {}
        with requests.get(url, headers=asked, stream=True, timeout=PATIENCE) as answer:
            if answer.status_code == 416:  # there is no more than we have, or less
                part.unlink()
                return self._fetch(url, part, 0)
            answer.raise_for_status()
            goes_on = answer.status_code == 206
            start = there if goes_on else 0
            coming = int(answer.headers.get("Content-Length", 0))
            self._check_size(url, start + coming if coming else 0)
            bar = tqdm(
                desc=self._file.name, unit="B", unit_scale=True, disable=not self._progress,
                initial=start, total=start + coming or None,
            )  # fmt: skip
            with bar, part.open("ab" if goes_on else "wb") as out:
                for piece in answer.iter_content(PIECE):
                    out.write(piece)
                    bar.update(len(piece))
        self._check_whole(url, part, start + coming)
        return None

    def _check_size(self, url: str, announced: int) -> None:
        wanted = self._file.size
        if wanted and announced and announced != wanted:
            raise DownloadError(
                f"{url} has {announced:,} bytes, not {wanted:,}: it is another file than it was; "
                "nothing was fetched"
            )

    def _check_whole(self, url: str, part: Path, announced: int) -> None:
        wanted = self._file.size or announced
        if wanted and part.stat().st_size < wanted:
            raise DownloadError(
                f"{url} broke off after {part.stat().st_size:,} of {wanted:,} bytes; try again, "
                "it goes on there"
            )


def _reason(error: requests.RequestException) -> str:
    answer = getattr(error, "response", None)
    return f"HTTP {answer.status_code}" if answer is not None else type(error).__name__
