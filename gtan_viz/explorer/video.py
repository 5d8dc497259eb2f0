"""The video above the timeline: where it comes from, and whether a browser could play it."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeGuard

from gtan.runs.run import Run

Given = str | Path | bytes | Literal[False] | None  # what `explore` and `page` are told

PAGE_LIMIT = 10_000_000  # bytes of one video in a page, which is one file that is passed on
WIDGET_LIMIT = 100_000_000  # and to a notebook, where each passes through its kernel
URLS = (
    "http://",
    "https://",
    "/files/",
)  # the last one: Jupyter's address of a file under its root


@dataclass(frozen=True)
class Video:
    """A video as it travels: its bytes, or the address at which the browser finds it."""

    data: bytes = b""
    url: str = ""


def video_of(run: Run, recording: str, given: Given, limit: int) -> Video | None:
    """What was given, or the run's own video of a recording; None if there is none.

    One that was given and has more than `limit` bytes is taken with a warning; of the run's own,
    which nobody asked for, it is left out with one.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is neither MP4 nor WebM.
    """
    if given is False:
        return None
    if isinstance(given, bytes):
        video = Video(data=checked(given, "video"))
    elif given is None:
        own = run.video(recording)
        if own is None:
            return None
        if (size := own.stat().st_size) > limit:
            _warn(f"{own} ({size / 1e6:.0f} MB) is left out; with video= it is taken all the same")
            return None
        return Video(data=read(own))
    elif is_url(given):
        return Video(url=given)
    else:
        video = Video(data=read(Path(given)))
    if (size := len(video.data)) > limit:
        _warn(
            f"the video has {size / 1e6:.0f} MB, more than {limit / 1e6:.0f} MB: slow to open; "
            "make it smaller (ffmpeg -i in.mp4 -vf scale=-2:240 out.mp4), or, in a notebook, "
            "give its address"
        )
    return video


def is_url(given: Given) -> TypeGuard[str]:
    """Whether it is an address for the browser, not a path."""
    return isinstance(given, str) and given.lower().startswith(URLS) and not os.path.exists(given)


def read(path: Path) -> bytes:
    """The bytes of a video file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is neither MP4 nor WebM.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"video: there is no file {path}; give the path of an .mp4, .m4v or .webm, its bytes, "
            "or False for no video"
        )
    return checked(path.read_bytes(), str(path))


def checked(data: bytes, name: str) -> bytes:
    """The bytes, if their container is one that browsers play.

    Raises:
        ValueError: naming it.
    """
    if data[4:8] == b"ftyp" or data.startswith(b"\x1a\x45\xdf\xa3"):
        return data
    raise ValueError(
        f"{name} is neither MP4 nor WebM, which is what browsers play; convert it: "
        "ffmpeg -i VIDEO -c:v libx264 -pix_fmt yuv420p out.mp4"
    )


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=4)
