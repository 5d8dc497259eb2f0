"""Which frames a clip holds, whatever the file's rate, and at which seconds it lies."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.extraction import Recipe
from gtan.extraction.clips import clip_batches, cropped
from gtan.video import measure, open_video
from tests.gtan.extraction.nets import SEES
from tests.gtan.video.test_decoding import KINDS, VARIABLE, number, write


def clips_of(path: Path, recipe: Recipe, fps: float, size: int = 8, first: int = 0) -> np.ndarray:
    """The numbers of the frames of every clip, [T, frames]."""
    with open_video(path, recipe.scale) as video:
        batches = list(clip_batches(video, recipe, fps, size, first))
    assert all(len(batch) == size for batch in batches[:-1])
    return np.array([[number(frame) for frame in clip] for batch in batches for clip in batch])


def by_hand(count: int, frames: int, stride: int) -> list[list[int]]:
    """Slow and obvious."""
    if count < frames:
        return [[min(frame, count - 1) for frame in range(frames)]]
    return [list(range(first, first + frames)) for first in range(0, count - frames + 1, stride)]


@pytest.mark.parametrize(("name", "codec"), KINDS)
def test_at_a_files_own_rate_every_frame_comes_once(tmp_path: Path, name: str, codec: str) -> None:
    path = write(tmp_path / name, codec, range(48), Fraction(1, 25))
    fps = measure(path).rate
    assert fps == pytest.approx(25, rel=1e-3)
    assert clips_of(path, SEES, fps).tolist() == by_hand(48, 16, 8)


@pytest.mark.parametrize("tick", [Fraction(1001, 30000), Fraction(1001, 24000), Fraction(1, 50)])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_rates_that_are_no_round_number(tmp_path: Path, name: str, tick: Fraction) -> None:
    path = write(tmp_path / name, ticks=range(250), tick=tick)
    timing = measure(path)
    assert timing.pictures == 250
    assert timing.rate == pytest.approx(float(1 / tick), rel=1e-4)
    assert timing.duration == pytest.approx(float(250 * tick), abs=2e-3)
    assert clips_of(path, SEES, timing.rate).tolist() == by_hand(250, 16, 8)


@given(
    count=st.integers(1, 60), frames=st.integers(1, 20), stride=st.integers(1, 30),
    size=st.integers(1, 5), data=st.data(),
)  # fmt: skip
def test_any_clips_and_from_any_one_on(
    tmp_path_factory: pytest.TempPathFactory,
    count: int,
    frames: int,
    stride: int,
    size: int,
    data: st.DataObject,
) -> None:
    path = tmp_path_factory.getbasetemp() / f"{count}.mp4"
    if not path.exists():
        write(path, ticks=range(count), tick=Fraction(1, 25))
    recipe = SEES.with_(frames=frames, stride=stride)
    expected = by_hand(count, frames, stride)
    assert clips_of(path, recipe, 25, size).tolist() == expected
    first = data.draw(st.integers(0, len(expected)))
    assert clips_of(path, recipe, 25, size, first).tolist() == expected[first:]


@pytest.mark.parametrize("fps", [10.0, 25.0, 60.0])
def test_of_a_variable_rate_comes_what_is_on_show(tmp_path: Path, fps: float) -> None:
    path = write(tmp_path / "a.mp4", ticks=VARIABLE)
    shown = np.array(VARIABLE) / 1000
    end = measure(path).duration
    with open_video(path) as video:
        found = [number(frame) for frame in video.samples(fps)]
        end = video.end
    middles = (np.arange(1000) + 0.5) / fps
    expected = np.searchsorted(shown, middles[middles < end], side="right") - 1
    assert found == expected.tolist()


def test_before_the_first_picture_it_is_on_show(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", ticks=range(500, 1500, 40), sound=2)
    with open_video(path) as video:
        found = [number(frame) for frame in video.samples(25)]
    assert found[:14] == [0] * 13 + [1] and len(found) == 12 + 25


def test_a_clip_lies_where_its_frames_do() -> None:
    grid = SEES.grid(25)
    assert grid.stride == 8 / 25 and grid.length == 16 / 25
    assert grid.to_seconds(0.5) == pytest.approx(8 / 25)  # the middle of frames 0 to 15
    assert grid.clips(48 / 25) == len(by_hand(48, 16, 8))


def test_the_middle_is_cut_out_and_channels_turned() -> None:
    frame = np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)
    recipe = Recipe(backbone="mine", scale=8, crop=8).model_copy(update={"crop": 4})
    np.testing.assert_array_equal(cropped(frame, recipe), frame[1:5, 2:6])
    turned = recipe.model_copy(update={"channels": "BGR"})
    np.testing.assert_array_equal(cropped(frame, turned), frame[1:5, 2:6, ::-1])
    with pytest.raises(ValueError, match=r"a square of 7 pixels .* cannot be cut from .* 6 x 9"):
        cropped(frame, recipe.model_copy(update={"crop": 7}))


def test_frames_that_are_not_asked_for_are_not_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.mp4", ticks=range(100), tick=Fraction(1, 50))
    with open_video(path) as video:
        pixels, asked = video.pixels, []
        monkeypatch.setattr(video, "pixels", lambda picture: asked.append(1) or pixels(picture))
        assert len(list(video.samples(10, first=5))) == 15
    assert len(asked) == 15
