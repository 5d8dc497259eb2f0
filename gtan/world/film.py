"""Frames to H.264 video and back, by PyAV; and how the ConvNet cuts them into clips."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtan.world.script import FPS

Frames = NDArray[np.uint8]
PIXELS = 48  # of a frame's width and height that the ConvNet sees
CLIP = 16  # frames that one vector describes
STRIDE = 2  # frames from clip to clip
WIDTH = 64  # of a clip's vector
KEY_EVERY = 25  # frames from one that stands alone to the next: a seek is never far


def write_film(path: Path, frames: Iterable[Frames]) -> int:
    """Write frames [H, W, 3] as an mp4 that browsers play, whole from when it has its name.

    Returns:
        How many frames there were.

    Raises:
        ValueError: there were none.
    """
    av = _av()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")  # another process has its own
    count = 0
    options = {"preset": "veryfast", "crf": "24", "threads": "1"}
    try:
        with av.open(aside, "w", format="mp4", options={"movflags": "faststart"}) as file:
            stream = file.add_stream("libx264", rate=Fraction(FPS), options=options)
            stream.pix_fmt, stream.gop_size = "yuv420p", KEY_EVERY
            convert = av.video.reformatter.VideoReformatter()  # one, since each makes threads
            for count, frame in enumerate(frames, 1):
                if count == 1:
                    stream.height, stream.width = frame.shape[:2]
                picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
                picture = convert.reformat(picture, format="yuv420p", threads=1)
                picture.pts = count - 1
                file.mux(stream.encode(picture))
            if not count:
                raise ValueError(f"{path.name}: a film has at least one frame")
            file.mux(stream.encode())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return count


def read_film(path: Path, size: int) -> Frames:
    """All frames of a film, [N, size, size, 3] RGB, shrunk by averaging."""
    av = _av()

    def shrunk() -> Iterator[Frames]:
        convert = av.video.reformatter.VideoReformatter()  # one, since each makes threads
        with av.open(path) as file:
            stream = file.streams.video[0]
            stream.thread_count = 1
            for frame in file.decode(stream):
                small = convert.reformat(
                    frame, size, size, "rgb24", interpolation="AREA", threads=1
                )
                yield np.asarray(small.to_ndarray(), np.uint8)

    return np.stack(list(shrunk()))


def _av() -> Any:
    try:
        import av
        import av.video.reformatter
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "the world's films are written and read by PyAV: pip install 'gtan[video]'", name="av"
        ) from None
    return av
