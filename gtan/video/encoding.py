"""Frames to H.264 in MP4, which browsers play, by PyAV."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from gtan.files import aside_of, put
from gtan.video.decoding import Pixels, pyav


def write_mp4(
    path: Path, frames: Iterable[Pixels], fps: float, options: dict[str, str], key_every: int
) -> int:
    """Write frames [H, W, 3], whole from when the file has its name; both sides even.

    Args:
        path: ends in .mp4.
        frames: all of one size.
        fps: frames a second.
        options: of the encoder, libx264.
        key_every: frames from one that stands alone to the next; a seek is never far.

    Returns:
        How many frames there were.

    Raises:
        ValueError: there were none.
    """
    av = pyav()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = aside_of(path)
    count = 0
    try:
        with av.open(aside, "w", format="mp4", options={"movflags": "faststart"}) as file:
            rate = Fraction(fps).limit_denominator(10_000)
            stream = file.add_stream("libx264", rate=rate, options=options)
            stream.pix_fmt, stream.gop_size = "yuv420p", key_every
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
        put(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return count
