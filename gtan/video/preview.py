"""A small copy of a video for a page, of any video that can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tqdm.auto import tqdm

from gtan.video.decoding import Pixels, Timing, measure, open_video
from gtan.video.encoding import write_mp4

LIMIT = 8_000_000  # bytes, since it becomes part of a page
PLAYED = {"h264", "vp8", "vp9", "av1"}  # what browsers decode
# The longer a video is, the fewer bits a second it may have: pixels of the short side and frames a
# second that these are enough for.
SIZES = ((150_000, 240, 25.0), (40_000, 144, 12.5), (0, 96, 5.0))


def is_played(path: Path) -> bool:
    """Whether browsers play a video as it is: H.264 in MP4, VP8, VP9 or AV1 in WebM or MP4.

    Raises:
        FileNotFoundError, VideoError: as `measure`.
    """
    with open_video(path) as video:
        container, codec = video.kinds()
    is_webm = path.suffix.lower() == ".webm" and "webm" in container and codec != "h264"
    is_mp4 = path.suffix.lower() in (".mp4", ".m4v") and "mp4" in container
    return codec in PLAYED and (is_mp4 or is_webm)


def write_preview(path: Path, out: Path, progress: bool = False) -> Path:
    """Write a small MP4 that shows the same at the same time; there is no sound.

    Args:
        path: of the video.
        out: of the copy; a file that is there is taken for it.
        progress: show a bar.

    Raises:
        VideoError: nothing can be read of the video.
    """
    if out.exists():
        return out
    timing = measure(path)
    bits = min(600_000, 8 * LIMIT / timing.duration)
    side, fastest = next((side, fps) for least, side, fps in SIZES if bits >= least)
    fps = min(fastest, timing.rate)
    rate = {"preset": "veryfast", "crf": "28"}
    rate |= {"maxrate": f"{bits:.0f}", "bufsize": f"{2 * bits:.0f}"}
    frames = _frames(path, side, fps, timing, progress)
    write_mp4(out, frames, fps, rate, key_every=max(1, round(2 * fps)))
    return out


def _frames(path: Path, side: int, fps: float, timing: Timing, progress: bool) -> Iterator[Pixels]:
    with open_video(path, side, threads=2) as video:
        total = round(timing.duration * fps)
        for frame in tqdm(video.samples(fps), "video", total, unit="frame", disable=not progress):
            height, width = frame.shape[:2]
            yield frame[: height // 2 * 2, : width // 2 * 2]  # H.264 halves the colours
