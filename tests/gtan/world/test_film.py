"""Films as files: what comes back, when each frame is shown, and a file is whole or not there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from gtan.world.film import KEY_EVERY, Frames, read_film, write_film
from gtan.world.library import films
from gtan.world.script import FPS


def shades(count: int = 30) -> list[Frames]:
    """Frames of one colour each, growing brighter, with a left half of another colour."""
    frames = []
    for number in range(count):
        frame = np.full((96, 96, 3), (40 + 4 * number, 100, 180 - 4 * number), np.uint8)
        frame[:, :48] = (200, 60, 60)
        frames.append(frame)
    return frames


def test_frames_come_back_in_order(tmp_path: Path) -> None:
    frames = shades()
    assert write_film(tmp_path / "a.mp4", frames) == 30
    back = read_film(tmp_path / "a.mp4", 48)
    assert back.shape == (30, 48, 48, 3) and back.dtype == np.uint8
    inside = np.stack(frames)[:, 8:-8:2, 60:-8:2]
    lost = np.abs(back[:, 4:-4, 30:-4].astype(int) - inside).max()
    assert lost <= 12  # colours are kept at half the size, and quantised
    assert np.abs(back[:, 4:-4, 4:18].astype(int) - (200, 60, 60)).max() <= 12


def test_a_rendered_film_looks_like_its_frames(tmp_path: Path) -> None:
    frames = np.stack([frame for frame, _ in zip(films()[0].frames(), range(40))])
    write_film(tmp_path / "a.mp4", frames)
    shrunk = frames.reshape(40, 48, 2, 48, 2, 3).mean((2, 4))
    assert np.abs(read_film(tmp_path / "a.mp4", 48) - shrunk).mean() < 4


def test_each_frame_has_its_time_and_every_second_one_a_seek_may_go_to(tmp_path: Path) -> None:
    write_film(tmp_path / "a.mp4", shades(60))
    with av.open(tmp_path / "a.mp4") as file:
        stream = file.streams.video[0]
        decoded = list(file.decode(video=0))
        assert stream.average_rate == FPS and stream.codec_context.pix_fmt == "yuv420p"
        assert float(file.duration / av.time_base) == pytest.approx(60 / FPS, abs=0.01)
    np.testing.assert_allclose([frame.time for frame in decoded], np.arange(60) / FPS, atol=1e-6)
    keys = [number for number, frame in enumerate(decoded) if frame.key_frame]
    assert keys[0] == 0 and max(np.diff([*keys, 60])) <= KEY_EVERY


def test_a_browser_may_begin_to_play_before_it_has_all(tmp_path: Path) -> None:
    write_film(tmp_path / "a.mp4", shades())
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def broken(frames: list[Frames]) -> Iterator[Frames]:
    yield from frames
    raise RuntimeError("the light went out")


@pytest.mark.parametrize("before", [0, 20])
def test_what_breaks_midway_leaves_nothing(tmp_path: Path, before: int) -> None:
    with pytest.raises(RuntimeError, match="light"):
        write_film(tmp_path / "a.mp4", broken(shades()[:before]))
    assert list(tmp_path.iterdir()) == []


def test_what_breaks_midway_leaves_the_film_that_was_there(tmp_path: Path) -> None:
    write_film(tmp_path / "a.mp4", shades())
    content = (tmp_path / "a.mp4").read_bytes()
    with pytest.raises(RuntimeError, match="light"):
        write_film(tmp_path / "a.mp4", broken(shades()[:5]))
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == content


def test_no_frames_are_no_film(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        write_film(tmp_path / "a.mp4", [])
    assert list(tmp_path.iterdir()) == []


def test_without_pyav_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    for call in (lambda: write_film(tmp_path / "a.mp4", []), lambda: read_film(tmp_path / "a", 48)):
        with pytest.raises(ModuleNotFoundError, match=r"pip install 'gtan\[video\]'"):
            call()
