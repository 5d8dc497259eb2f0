"""Download of a published file: cut off, it goes on where it was; only whole and right has a name.

What has come lies in ``.NAME.part`` beside it. pooch gives the name, and checks the whole hash
where it is known.
"""

from __future__ import annotations

import errno
import logging
from pathlib import Path
from typing import Any

import pooch
import requests
from tqdm.auto import tqdm

from gtan.data.published import Remote

TIMEOUT = 30.0  # seconds without an answer or a byte
BLOCK = 1 << 14  # bytes; as many are lost at most where a connection is cut
LATER = "started again, it goes on where it was"


class DownloadError(OSError):
    """A file could not be downloaded; the message says why, and what to do."""


def download(remote: Remote, folder: Path, progress: bool = True) -> Path:
    """Download a file into a folder, unless it is there.

    Raises:
        DownloadError: no connection, an error of the server, a cut or a full disk (what has come
            is kept); or what came is another file than the one known (nothing is kept).
    """
    path = folder / remote.name
    if path.exists():
        return path
    part = folder / f".{remote.name}.part"

    def fetch(address: str, output: str | Path, _: Any) -> None:
        _fetch(remote, part, progress)
        fault = _fault(remote, part)
        if fault:
            part.unlink()
            raise DownloadError(f"{address}: {fault}; {remote.name} was not kept")
        part.replace(output)

    pooch.get_logger().setLevel(logging.WARNING)
    whole = remote.sha256 if len(remote.sha256) == 64 else None
    try:
        pooch.retrieve(remote.address, whole, remote.name, folder, downloader=fetch)
    except requests.RequestException as error:
        raise DownloadError(_in_words(remote, error)) from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise DownloadError(
            f"the disk of {folder} is full: {remote.name} takes {remote.size / 1e6:,.1f} MB; make "
            f"room: {LATER}"
        ) from None
    return path


def _fetch(remote: Remote, part: Path, progress: bool) -> None:
    """Bring `part` to the file's size; servers that cannot go on in the middle begin anew."""
    there = part.stat().st_size if part.exists() else 0
    if there == remote.size:
        return
    if there > remote.size:
        there = 0
    headers = {"Accept-Encoding": "identity"}  # sizes are of the file, not of what is sent
    if there:
        headers["Range"] = f"bytes={there}-"
    with requests.get(remote.address, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        answer.raise_for_status()
        goes_on = answer.headers.get("Content-Range", "").startswith(f"bytes {there}-")
        if answer.status_code != 206 or not goes_on:
            there = 0
        with (
            open(part, "r+b" if there else "wb") as file,
            tqdm(
                total=remote.size, initial=there, desc=remote.name, unit="B", unit_scale=True,
                disable=not progress,
            ) as bar,
        ):  # fmt: skip
            file.seek(there)
            for block in answer.iter_content(BLOCK):
                there += len(block)
                if there > remote.size:
                    break  # another file; its size says so
                file.write(block)
                bar.update(len(block))
            file.truncate()
    if there < remote.size:
        raise requests.ConnectionError(f"cut off after {there:,} of {remote.size:,} bytes")


def _fault(remote: Remote, part: Path) -> str:
    size = part.stat().st_size
    if size != remote.size:
        return f"{size:,} bytes came, not {remote.size:,}: not the file that is known"
    found = pooch.file_hash(part)
    if not found.startswith(remote.sha256):
        return (
            f"its SHA-256 is {found[:16]}..., not {remote.sha256[:16]}: not the file that is known"
        )
    return ""


def _in_words(remote: Remote, error: requests.RequestException) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = f"{error.response.status_code} {error.response.reason}"
        return f"{remote.address}: the server says {status}"
    if isinstance(error, requests.Timeout):
        return f"{remote.address}: no answer for {TIMEOUT:g} s; {LATER}"
    if "cut off" in str(error):
        return f"{remote.address}: {error}; {LATER}"
    unreached = ("NewConnectionError", "NameResolution", "ProxyError")
    if any(word in str(error) for word in unreached):
        return f"{remote.address}: cannot be reached from here (no network?)"
    return f"{remote.address}: the connection was cut; {LATER}"
