"""Frames to H.264 video and back, by PyAV; and how the ConvNet cuts them into clips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gtan.video.decoding import pyav
from gtan.video.encoding import write_mp4
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
    options = {"preset": "veryfast", "crf": "24", "threads": "1"}
    return write_mp4(path, frames, FPS, options, KEY_EVERY)


def read_film(path: Path, size: int) -> Frames:
    """All frames of a film, [N, size, size, 3] RGB, shrunk by averaging."""
    av = pyav()

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
