"""Decoding: every frame comes, upright, at the time at which its file shows it, whatever the file.

Frames say their own number (`tests/videos.py`), so that each is known from its pixels.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gtan.video import Frame, VideoError, read_frames
from tests.videos import picture

TICK = Fraction(1, 1000)
FAST = {"libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"}, "mpeg4": {"bf": "2"}}
KINDS = [
    ("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.ts", "libx264"), ("a.avi", "libx264"),
    ("a.flv", "libx264"), ("a.mp4", "mpeg4"), ("a.avi", "mpeg4"), ("a.webm", "libvpx-vp9"),
    ("a.mp4", "libvpx-vp9"), ("a.mov", "mjpeg"), ("a.mp4", "libx265"), ("a.mkv", "libvpx"),
]  # fmt: skip
CONSTANT = {("a.avi", "libx264"), ("a.avi", "mpeg4"), ("a.mp4", "mpeg4"), ("a.mov", "mjpeg")}
VARIABLE = [0, 40, 80, 200, 233, 267, 300, 1300, 1310, 1320, 1400, 5000, 5033, 5066, 5100, 9000]


def write(
    path: Path,
    codec: str = "libx264",
    ticks: Sequence[int] = range(0, 1200, 40),
    tick: Fraction = TICK,
    size: tuple[int, int] = (96, 96),
    sound: float = 0,
    **options: str,
) -> Path:
    """A video of frames that say their number, shown at so many ticks; beside `sound` seconds."""
    with av.open(path, "w", options=options) as out:
        stream = out.add_stream(codec, rate=25, options=FAST.get(codec, {}))
        stream.height, stream.width = size
        stream.pix_fmt = {"mjpeg": "yuvj420p"}.get(codec, "yuv420p")
        if codec == "libx264" and size[0] % 2:
            stream.pix_fmt = "yuv444p"
        stream.gop_size, stream.time_base = 10, tick
        stream.codec_context.time_base = tick
        heard = out.add_stream("aac", rate=8000) if sound else None
        for number, when in enumerate(ticks):
            pixels = np.ascontiguousarray(np.resize(picture(number % 256), (96, 96, 3)))
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame = frame.reformat(size[1], size[0], stream.pix_fmt, threads=1)
            frame.pts, frame.time_base = when, tick
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if heard:
            for block in range(round(sound * 8000 / 1024)):
                silence = av.AudioFrame.from_ndarray(
                    np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
                )
                silence.rate, silence.pts, silence.time_base = 8000, block * 1024, Fraction(1, 8000)
                out.mux(heard.encode(silence))
            out.mux(heard.encode())
    return path


def number(pixels: np.ndarray) -> int:
    """What a frame says."""
    height, width = pixels.shape[:2]
    rows = pixels[height // 4 :: height // 2, :, 1][:2]
    bits = (rows[:, width // 8 :: width // 4][:, :4] > 128).ravel()
    return int(sum(int(bit) << place for place, bit in enumerate(bits)))


def numbers(frames: list[Frame]) -> list[int]:
    return [number(frame.pixels) for frame in frames]


def times(frames: list[Frame]) -> list[float]:
    return [frame.time for frame in frames]


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# --- which frame, and when


@pytest.mark.parametrize(("name", "codec"), KINDS)
@pytest.mark.parametrize("threads", [1, 3])
def test_every_frame_comes_at_its_time(tmp_path: Path, name: str, codec: str, threads: int) -> None:
    tick = Fraction(1, 25)
    frames = list(read_frames(write(tmp_path / name, codec, range(48), tick), threads=threads))
    assert numbers(frames) == list(range(48))
    np.testing.assert_allclose(times(frames), np.arange(48) / 25, atol=1e-3)
    assert all(f.pixels.shape == (96, 96, 3) and f.pixels.dtype == np.uint8 for f in frames)


@pytest.mark.parametrize(("name", "codec"), [kind for kind in KINDS if kind not in CONSTANT])
def test_variable_rates_are_the_files_own(tmp_path: Path, name: str, codec: str) -> None:
    frames = list(read_frames(write(tmp_path / name, codec, VARIABLE)))
    assert numbers(frames) == list(range(len(VARIABLE)))
    np.testing.assert_allclose(times(frames), np.array(VARIABLE) / 1000, atol=1e-3)


def test_rates_that_are_no_round_number(tmp_path: Path) -> None:
    tick = Fraction(1001, 30000)
    frames = list(read_frames(write(tmp_path / "a.mp4", ticks=range(300), tick=tick)))
    assert numbers(frames) == [n % 256 for n in range(300)]
    np.testing.assert_allclose(times(frames), np.arange(300) * float(tick), atol=1e-6)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_second_0_is_where_the_file_begins(tmp_path: Path, name: str) -> None:
    later = range(7000, 8200, 40)
    frames = list(read_frames(write(tmp_path / name, ticks=later)))
    np.testing.assert_allclose(times(frames), np.arange(30) / 25, atol=1e-3)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_where_sound_begins_first_pictures_come_later(tmp_path: Path, name: str) -> None:
    frames = list(read_frames(write(tmp_path / name, ticks=range(7000, 8200, 40), sound=8)))
    np.testing.assert_allclose(times(frames), 7 + np.arange(30) / 25, atol=1e-3)
    assert numbers(frames) == list(range(30))


def test_sound_that_goes_on_is_no_damage(tmp_path: Path) -> None:
    assert len(list(read_frames(write(tmp_path / "a.mp4", sound=5)))) == 30


def test_one_frame_is_a_video(tmp_path: Path) -> None:
    assert times(list(read_frames(write(tmp_path / "a.mp4", ticks=[0])))) == [0]


# --- how it stands, and how large


def turn(path: Path, *matrix: int) -> Path:
    """Write a, b, c, d of the display matrix into an mp4: (x, y) goes to (ax + cy, bx + dy)."""
    content = bytearray(path.read_bytes())
    a, b, c, d = (value << 16 for value in matrix)
    at = content.index(b"tkhd") + 4 + 4 + 20 + 16  # after flags, five numbers, and four
    content[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("matrix", "as_shown"),
    [
        ((1, 0, 0, 1), lambda x: x),
        ((0, 1, -1, 0), lambda x: np.rot90(x, -1)),  # a telephone held upright
        ((-1, 0, 0, -1), lambda x: np.rot90(x, 2)),
        ((0, -1, 1, 0), np.rot90),
        ((-1, 0, 0, 1), np.fliplr),
        ((1, 0, 0, -1), np.flipud),
        ((0, 1, 1, 0), lambda x: x.transpose(1, 0, 2)),
    ],
)
def test_frames_stand_upright(tmp_path: Path, matrix: tuple[int, ...], as_shown: Any) -> None:
    path = write(tmp_path / "a.mp4", size=(48, 96))
    stored = [frame.pixels for frame in read_frames(path)]
    turned = [frame.pixels for frame in read_frames(turn(path, *matrix))]
    assert len(turned) == 30 and all(pixels.flags.c_contiguous for pixels in turned)
    for a, b in zip(turned, stored, strict=True):
        np.testing.assert_array_equal(a, as_shown(b))
    small = next(read_frames(path, size=24)).pixels.shape
    assert small == ((24, 48, 3) if abs(matrix[0]) else (48, 24, 3))
    assert next(read_frames(path, size=(30, 20))).pixels.shape == (30, 20, 3)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.webm", "libvpx-vp9"), ("a.mp4", "libx264"), ("a.mov", "mjpeg")]
)
def test_odd_sizes(tmp_path: Path, name: str, codec: str) -> None:
    path = write(tmp_path / name, codec, size=(97, 131))
    frames = list(read_frames(path))
    assert numbers(frames) == list(range(30))
    assert {frame.pixels.shape for frame in frames} == {(97, 131, 3)}
    small = list(read_frames(path, size=48))
    assert {frame.pixels.shape for frame in small} == {(48, 65, 3)}
    assert numbers(small) == list(range(30))


@pytest.mark.parametrize("size", [0, (0, 10), -3])
def test_a_size_has_pixels(tmp_path: Path, size: Any) -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        next(read_frames(write(tmp_path / "a.mp4"), size=size))


def test_sizes_that_change_midway_become_the_first(tmp_path: Path) -> None:
    write(tmp_path / "a.ts", size=(96, 96))
    write(tmp_path / "b.ts", ticks=range(2000, 3200, 40), size=(64, 128))
    both = (tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes()
    (tmp_path / "c.ts").write_bytes(both)
    with pytest.warns(UserWarning, match="damaged"):  # packets are counted from 0 again
        frames = list(read_frames(tmp_path / "c.ts"))
    assert {frame.pixels.shape for frame in frames} == {(96, 96, 3)}
    assert numbers(frames) == [*range(30), *range(30)]


# --- what cannot be read


def test_what_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with pytest.raises(FileNotFoundError, match="no such video"):
        next(read_frames(path))
    for content in (b"", b"no video at all", bytes(5000)):
        path.write_bytes(content)
        with pytest.raises(VideoError, match=r"a\.mp4.*cannot be opened as a video"):
            next(read_frames(path))
    (tmp_path / "notes.txt").write_text("cut the onions\n" * 50)
    with pytest.raises(VideoError, match=r"notes\.txt"):
        next(read_frames(tmp_path / "notes.txt"))
    with pytest.raises(VideoError, match="cannot be opened as a video"):
        next(read_frames(tmp_path))


def test_without_a_video_stream(tmp_path: Path) -> None:
    with av.open(tmp_path / "a.m4a", "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.rate = 8000
        out.mux(stream.encode(sound))
        out.mux(stream.encode())
    with pytest.raises(VideoError, match="has no video stream; it holds audio"):
        next(read_frames(tmp_path / "a.m4a"))


def test_a_bare_stream_has_no_times(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="does not say when its frames are shown"):
        next(read_frames(write(tmp_path / "a.h264")))


def test_a_playlist_opens_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.m3u8").write_text("#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n")
    with pytest.raises(VideoError):
        next(read_frames(tmp_path / "a.m3u8"))


def test_any_name_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.mp4").rename(tmp_path / "http:b #1?%20ü.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(list(read_frames("http:b #1?%20ü.mp4"))) == 30


def test_without_pyav_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'gtan\[video\]'"):
        next(read_frames("a.mp4"))


# --- what can be read in part


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mkv", "libx264"), ("a.webm", "libvpx-vp9"), ("a.mp4", "libx264"), ("a.flv", "libx264")],
)
def test_cut_off_files_give_what_is_there(tmp_path: Path, name: str, codec: str) -> None:
    options = {"movflags": "faststart"} if name == "a.mp4" else {}
    path = write(tmp_path / name, codec, range(0, 8000, 40), **options)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    with pytest.warns(UserWarning, match=r"frames were read, up to .* says that it lasts (8|7\.9)"):
        frames = list(read_frames(path))
    assert 60 <= len(frames) <= 160
    np.testing.assert_allclose(times(frames)[:50], np.arange(50) / 25, atol=1e-3)
    assert numbers(frames)[:-3] == [round(frame.time * 25) for frame in frames][:-3]


def test_a_lost_index_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(VideoError, match="its index is lost"):
        next(read_frames(path))


@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
def test_after_damage_frames_keep_their_times(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, ticks=range(0, 8000, 40))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 900] = np.random.default_rng(0).bytes(900)
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="damaged"):
        frames = list(read_frames(path))
    assert 130 <= len(frames) < 200
    assert times(frames) == sorted(times(frames))
    for part in (frames[:60], frames[-30:]):
        assert numbers(part) == [round(frame.time * 25) for frame in part]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.ts"])
def test_no_damage_is_worse_than_a_warning_or_an_error(
    tmp_path: Path, name: str, seed: int
) -> None:
    content = bytearray(write(tmp_path / name).read_bytes())
    random = np.random.default_rng(seed)
    for place in random.integers(0, len(content), 12):
        content[place] = random.integers(256)
    (tmp_path / name).write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            frames = list(read_frames(tmp_path / name))
        except VideoError:
            return
    assert all(np.diff(times(frames)) > 0)


# --- hours


MEASURE = """
import sys
from pathlib import Path
from gtan.video import read_frames
sizes = []
for count, _ in enumerate(read_frames(sys.argv[1]), 1):
    if count % 500 == 0:
        sizes.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
print(count, sizes[0], max(sizes))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_hours_take_constant_memory(tmp_path: Path) -> None:
    """Two hours of 2 frames a second; all frames at once would take 400 MB."""
    path = write(tmp_path / "a.mkv", ticks=range(0, 7_200_000, 500))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    count, early, most = map(int, done.stdout.split())
    assert count == 14_400 and most - early < 20e6
