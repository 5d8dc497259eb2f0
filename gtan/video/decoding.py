"""Frames of a video file and their times, one after the other, in constant memory, by PyAV.

Times are the file's own, so those of a variable rate come out as they are; no nominal rate is asked
for. Second 0 is where the file begins, as players count: many files count from elsewhere, and where
sound begins first, the first frame comes later than 0. Frames are turned and mirrored as the file
asks, and all get the first one's size; pixels that are not square are not stretched.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Size = int | tuple[int, int]  # of the short side, or height and width
NO_TIMES = 0x80  # AVFMT_NOTIMESTAMPS of a format: bare streams, to which FFmpeg gives 25 frames/s
COLOURS = "frames of colours that cannot be converted"
SHORT = 0.5  # seconds by which pictures may end before the file says that it does


class VideoError(ValueError):
    """Nothing can be read of a file; the message names it and says why."""


@dataclass(frozen=True)
class Frame:
    """One frame, upright."""

    time: float  # seconds from where the file begins to when the frame is shown
    pixels: Pixels  # [H, W, 3] RGB


@dataclass(frozen=True)
class Timing:
    """How a video's pictures lie in time, by its own times."""

    pictures: int
    rate: float  # a second, on average from the first to the last
    duration: float  # seconds from where the file begins to where the last one ends


def read_frames(
    path: str | PathLike[str], size: Size | None = None, threads: int = 1
) -> Iterator[Frame]:
    """The frames of a video, in the order and at the times at which they are shown.

    Of a damaged file come all that can be read, and at the end a warning that says what is wrong.

    Args:
        path: a file; PyAV finds out its container and codec.
        size: to scale to: pixels of the short side, or (height, width), as the frame stands.
        threads: that decode.

    Raises:
        FileNotFoundError: there is no such file.
        VideoError: it is no video, has no picture or no times, or no frame can be decoded.
        ValueError: the size is not positive.
        ModuleNotFoundError: PyAV is not installed.
        They come when the first frame is asked for.

    Example:
        >>> for frame in read_frames("holiday.mp4", size=128):  # doctest: +SKIP
        ...     print(f"{frame.time:.3f} s: {frame.pixels.shape}")
    """
    with open_video(path, size, threads) as video:
        for time, picture in video.pictures():
            pixels = video.pixels(picture)
            if pixels is not None:
                yield Frame(time, pixels)
        if video.damage:
            warnings.warn(f"{path}: {video.damage}", stacklevel=2)


@contextmanager
def open_video(
    path: str | PathLike[str], size: Size | None = None, threads: int = 1
) -> Iterator[Video]:
    """A file opened for one reading, from its beginning; arguments and errors as `read_frames`."""
    av = pyav()
    path = Path(path)
    with _opened(av, path) as file:
        stream = _picture_stream(av, path, file)
        stream.thread_count, stream.thread_type = threads, "AUTO"
        yield Video(av, path, file, stream, size)


class Video:
    """A file that is being read.

    Attributes:
        end: seconds, when the last of the pictures so far ends.
        damage: what was wrong, once all is read; "" if nothing was.
    """

    def __init__(self, av: Any, path: Path, file: Any, stream: Any, size: Size | None) -> None:
        self.end, self.damage = 0.0, ""
        self._av, self._path, self._file, self._stream = av, path, file, stream
        self._size = size
        self._shape: tuple[int, int] | None = None  # height and width of what comes out
        self._wrong: Counter[str] = Counter()
        self._convert = av.video.reformatter.VideoReformatter()  # one, since each makes threads

    def kinds(self) -> tuple[str, str]:
        """Names of container and codec, as FFmpeg has them."""
        return self._file.format.name, self._stream.codec_context.codec.canonical_name

    def stated(self) -> tuple[float, float]:
        """Seconds, and pictures a second, as the file states them, which may be wrong; 0: not."""
        rate = self._stream.average_rate
        return _length(self._av, self._file, self._stream), float(rate or 0)

    def pictures(self) -> Iterator[tuple[float, Any]]:
        """Each picture as PyAV has it, with the second at which it is shown."""
        av, file, stream = self._av, self._file, self._stream
        origin = max(0, file.start_time or 0) / av.time_base  # what lies before 0 is never shown
        length = _length(av, file, stream)
        now, count = float("-inf"), 0
        for ticks, picture in _decoded(av, file, stream, self._wrong):
            time = float(ticks * stream.time_base) - origin
            if time <= now:
                self._wrong["frames that come no later than the one before, and are left out"] += 1
                continue
            now, count = time, count + 1
            self.end = now + float(picture.duration * stream.time_base)
            yield now, picture
        said = [f"{what}: {times}" for what, times in self._wrong.items() if times]
        if not count or (self._wrong[COLOURS] and not self._shape):
            why = "; ".join(said) or "it holds none"
            raise VideoError(
                f"{self._path}: no frame can be decoded ({why}); fetch or copy it again"
            )
        # Some count the length from 0, not from where they begin.
        if origin + self.end < length - SHORT:
            said.append(f"the file says that it lasts {length:.2f} s")
        if said:
            self.damage = (
                f"damaged, or not whole: {count} frames were read, up to "
                f"{self.end:.2f} s; {'; '.join(said)}"
            )

    def pixels(self, picture: Any) -> Pixels | None:
        """[H, W, 3] RGB, upright and scaled; None if its colours cannot be converted."""
        turned, *flips = _orientation(picture)
        if self._shape is None:
            there = (picture.height, picture.width)
            shape = _shape(there[::-1] if turned else there, self._size)
        else:
            shape = self._shape
        height, width = shape[::-1] if turned else shape
        try:
            scaled = self._convert.reformat(
                picture, width, height, "rgb24", interpolation="AREA", threads=1
            )
        except self._av.error.FFmpegError:
            self._wrong[COLOURS] += 1
            return None
        self._shape = shape
        return _upright(scaled.to_ndarray(), turned, *flips)

    def samples(self, fps: float, first: int = 0) -> Iterator[Pixels]:
        """What is shown at a constant rate: sample k at second (k + 0.5) / fps, from `first` on.

        Of a file of that very rate, each of its frames once. Only what comes out is converted.

        Raises:
            VideoError: as `read_frames`.
        """
        due = 0
        for picture, until in self._shown(1 / fps):
            pixels = None
            while (due + 0.5) / fps < until:
                if due >= first:
                    pixels = self.pixels(picture) if pixels is None else pixels
                    if pixels is None:
                        break  # the next picture stands in for it
                    yield pixels
                due += 1

    def _shown(self, frame: float) -> Iterator[tuple[Any, float]]:
        """Each picture with the second at which it goes; one of unknown duration lasts a frame."""
        shown, since = None, 0.0
        for time, picture in self.pictures():
            if shown is not None:
                yield shown, time
            shown, since = picture, time
        yield shown, self.end if self.end > since else since + frame


def _opened(av: Any, path: Path) -> Any:
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such video")
    try:
        # "file:" and the list keep a name such as "a:b.mp4", or a playlist, from the network.
        # Metadata in an old encoding is no reason not to see the pictures.
        return av.open(
            f"file:{path}", options={"protocol_whitelist": "file"}, metadata_errors="replace"
        )
    except av.error.FFmpegError as error:
        raise VideoError(
            f"{path} cannot be opened as a video: it is something else, or its beginning or its "
            f"index is lost ({error.strerror})"
        ) from None


def _picture_stream(av: Any, path: Path, file: Any) -> Any:
    """The first stream of pictures that move: not a song's cover."""
    cover = av.stream.Disposition.attached_pic
    streams = [stream for stream in file.streams.video if not stream.disposition & cover]
    if not streams:
        kinds = ", ".join(stream.type for stream in file.streams) or "nothing"
        raise VideoError(f"{path} has no video stream; it holds {kinds}")
    if file.format.name == "tty":  # FFmpeg draws text
        raise VideoError(f"{path} is a text, not a video")
    if streams[0].codec_context is None:
        raise VideoError(f"{path}: PyAV has no decoder for its pictures")
    if file.format.flags & NO_TIMES:
        raise VideoError(
            f"{path} ({file.format.name}) does not say when its frames are shown. Put it into a "
            "container that does, with the frame rate you know: ffmpeg -framerate 25 -i ... x.mp4"
        )
    return streams[0]


def _length(av: Any, file: Any, stream: Any) -> float:
    """Seconds that the pictures last by what the file says, the least of it; 0 where it does not.

    Sound may last longer, and what an edit cut away may still be counted as the stream's.
    """
    said = [
        float(file.duration / av.time_base) if file.duration else None,
        float(stream.duration * stream.time_base) if stream.duration else None,
    ]
    return min((seconds for seconds in said if seconds), default=0.0)


def _decoded(av: Any, file: Any, stream: Any, damage: Counter[str]) -> Iterator[tuple[int, Any]]:
    """Frames as PyAV has them, each with its time in the stream's ticks; what fails is counted."""
    # AVI keeps times of decoding alone, and what FFmpeg makes of them is late and out of order
    # where frames refer to later ones. A frame is shown at the least time of those not yet shown.
    waiting: list[int] | None = [] if _is_avi(file) else None
    for packet in _packets(av, file, stream, damage):
        if waiting is not None and packet is not None and packet.dts is not None:
            heappush(waiting, packet.dts)
        try:
            pictures = stream.codec_context.decode(packet)
        except av.error.FFmpegError:
            damage["pieces that cannot be decoded"] += 1
            if waiting and packet is not None and packet.dts in waiting:
                waiting.remove(packet.dts)  # no frame will take its time
                heapify(waiting)
            continue
        for picture in pictures:
            if picture.is_corrupt:
                damage["frames that are damaged"] += 1
            ticks = heappop(waiting) if waiting else picture.pts
            if ticks is None:
                damage["frames without a time, which are left out"] += 1
            else:
                yield ticks, picture


def _is_avi(file: Any) -> bool:
    """Whether times of decoding are all that a file keeps."""
    return bool(file.format.name == "avi")


def _packets(av: Any, file: Any, stream: Any, damage: Counter[str]) -> Iterator[Any]:
    """What the decoder gets: all packets of a stream, and None to bring out what it holds back."""
    try:
        for packet in file.demux(stream):
            if packet.is_corrupt:
                damage["pieces that are damaged"] += 1
            if packet.size:  # an empty one would end the decoding: AVI's "as before", and the last
                yield packet
    except av.error.FFmpegError:
        damage["places where reading breaks off"] += 1
    except IndexError:
        pass  # all is read: so PyAV ends where a stream has begun midway, as some may in MPEG-TS
    yield None


def _orientation(picture: Any) -> tuple[bool, bool, bool]:
    """Whether a frame is to be transposed, then flipped upside down, then left to right."""
    found = picture.side_data.get("DISPLAYMATRIX")
    if found is None:
        return False, False, False
    a, b, _, c, d = np.frombuffer(bytes(found), np.int32)[:5]  # (x, y) to (a x + c y, b x + d y)
    return (True, b < 0, c < 0) if abs(b) > abs(a) else (False, d < 0, a < 0)


def _upright(pixels: Pixels, turned: bool, down: bool, left: bool) -> Pixels:
    """[H, W, 3] as stored -> [H, W, 3] or [W, H, 3] as shown."""
    pixels = pixels.transpose(1, 0, 2) if turned else pixels
    return np.ascontiguousarray(pixels[:: -1 if down else 1, :: -1 if left else 1])


def _shape(there: tuple[int, int], size: Size | None) -> tuple[int, int]:
    """Height and width that are asked for, of a frame that stands upright."""
    if size is None:
        return there
    if isinstance(size, tuple):
        height, width = size
    else:
        height, width = (round(side * size / min(there)) for side in there)
    if min(height, width) < 1:
        raise ValueError(f"a frame has at least one pixel each way, not size={size}")
    return height, width


def measure(path: str | PathLike[str]) -> Timing:
    """How many pictures a video has, and how they lie in time; nothing is decoded.

    What a file holds may be damaged, so that fewer can be read.

    Raises:
        FileNotFoundError, VideoError, ModuleNotFoundError: as `read_frames`.
    """
    av = pyav()
    path = Path(path)
    ticks = []
    with _opened(av, path) as file:
        stream = _picture_stream(av, path, file)
        origin = max(0, file.start_time or 0) / av.time_base
        for packet in _packets(av, file, stream, Counter()):
            if packet is not None:
                known = packet.dts if packet.pts is None or _is_avi(file) else packet.pts
                ticks += [] if known is None else [known]
        if not ticks:
            raise VideoError(f"{path}: no frame can be decoded (it holds none)")
        first, last = (float(when * stream.time_base) for when in (min(ticks), max(ticks)))
    rate = (len(ticks) - 1) / (last - first) if last > first else 1.0
    return Timing(len(ticks), rate, last - origin + 1 / rate)


def pyav() -> Any:
    """PyAV, which is not needed but for videos.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    try:
        import av
        import av.video.reformatter
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "videos are read by PyAV: pip install 'gtan[video]'", name="av"
        ) from None
    return av
