"""One video through a network: which clips, in what precision, and after a kill the same file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch import nn

from gtan.extraction import Recipe, read_extracted
from gtan.extraction.extracting import as_input, extract_video, vectors_of
from gtan.extraction.feature_file import rows_so_far
from gtan.video import VideoError
from tests.gtan.extraction.nets import SEES, Numbers
from tests.gtan.extraction.test_clips import by_hand
from tests.gtan.video.test_decoding import write

TICK = Fraction(1, 25)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write(tmp_path / "holiday.mp4", ticks=range(120), tick=TICK)


def test_every_clip_has_its_vector(tmp_path: Path, video: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = tmp_path / "f" / "holiday.safetensors"
    net = Numbers()
    found = extract_video(video, path, net, SEES, 4, told=lambda *how: seen.append(how))
    np.testing.assert_array_equal(load_file(path)["features"], by_hand(120, 16, 8))
    assert found == read_extracted(path)
    assert found.duration == pytest.approx(4.8)
    assert found.grid.stride == pytest.approx(0.32) and found.grid.length == pytest.approx(0.64)
    assert found.video["name"] == "holiday.mp4" and not found.notes
    assert net.calls == [4, 4, 4, 2]
    assert [file.name for file in path.parent.iterdir()] == [path.name]  # nothing is left over
    assert seen == [(0, 14), (4, 14), (8, 14), (12, 14), (14, 14)]


def test_asked_again_nothing_is_done(tmp_path: Path, video: Path) -> None:
    path = tmp_path / "holiday.safetensors"
    first = extract_video(video, path, Numbers(), SEES)
    again = Numbers()
    assert extract_video(video, path, again, SEES) == first and not again.calls


def test_what_is_there_is_never_taken_for_something_else(tmp_path: Path, video: Path) -> None:
    path = tmp_path / "holiday.safetensors"
    extract_video(video, path, Numbers(), SEES)
    with pytest.raises(ValueError, match=r"made otherwise .stride 8, there 4.*another folder"):
        extract_video(video, path, Numbers(), SEES.with_(stride=4))
    other = write(tmp_path / "other.mp4", ticks=range(50), tick=TICK)
    with pytest.raises(ValueError, match=r"the video holiday.mp4, which is another one"):
        extract_video(other, path, Numbers(), SEES)


def test_of_a_damaged_video_all_that_can_be_read(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.mkv", ticks=range(400), tick=TICK)
    video = tmp_path / "cut.mkv"
    video.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    path = tmp_path / "cut.safetensors"
    found = extract_video(video, path, Numbers(), SEES)
    rows = load_file(path)["features"]
    assert 5 < len(rows) < 48
    np.testing.assert_array_equal(rows, np.array(by_hand(400, 16, 8))[: len(rows)] % 256)
    assert len(found.notes) == 1 and "damaged, or not whole" in found.notes[0]
    assert str(tmp_path) not in found.notes[0]  # where it lies is nobody's business


def test_of_what_is_no_video_nothing_is_left(tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    video.write_bytes(b"no video")
    with pytest.raises(VideoError, match=r"a.mp4 cannot be opened"):
        extract_video(video, tmp_path / "f" / "a.safetensors", Numbers(), SEES)
    left = [file.name for file in (tmp_path / "f").iterdir() if not file.name.endswith(".lock")]
    assert not left


@pytest.mark.parametrize("dies_at", [0, 1, 2, 3])
def test_stopped_and_begun_again_it_writes_the_same(
    tmp_path: Path, video: Path, dies_at: int
) -> None:
    whole, path = tmp_path / "whole.safetensors", tmp_path / "holiday.safetensors"
    extract_video(video, whole, Numbers(), SEES, 4)
    with pytest.raises(KeyboardInterrupt):
        extract_video(video, path, Numbers(dies_at), SEES, 4)
    assert rows_so_far(path) == 4 * dies_at
    net = Numbers()
    extract_video(video, path, net, SEES, 4)
    assert sum(net.calls) == 14 - 4 * dies_at  # nothing is done twice
    assert path.read_bytes() == whole.read_bytes()


@pytest.mark.slow
def test_killed_at_any_moment_it_writes_the_same(tmp_path: Path) -> None:
    video = write(tmp_path / "holiday.mp4", ticks=range(900), tick=TICK, size=(48, 48))
    command = [
        sys.executable, "-m", "gtan.cli", "extract", str(video), "--backbone", "world",
        "--batch-size", "4", "--out",
    ]  # fmt: skip
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([*command, str(tmp_path / "whole")], check=True, env=env)
    path, kills = tmp_path / "f" / "holiday.safetensors", 0
    while not path.exists():
        before = rows_so_far(path)
        process = subprocess.Popen([*command, str(path.parent)], env=env)
        while process.poll() is None and rows_so_far(path) < before + 40:
            time.sleep(0.002)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        assert process.wait() in (0, -signal.SIGKILL)
    assert kills >= 2
    assert path.read_bytes() == (tmp_path / "whole" / path.name).read_bytes()


# --- numbers


def test_pixels_are_prepared_as_the_recipe_says() -> None:
    clips = torch.arange(2 * 3 * 4 * 4 * 3, dtype=torch.uint8).reshape(2, 3, 4, 4, 3)
    recipe = Recipe(
        backbone="mine", scale=8, crop=8, mean=(90.25, 97.66, 101.41), deviation=(1, 2, 4)
    )
    found = as_input(clips, recipe)
    assert found.shape == (2, 3, 3, 4, 4) and found.is_contiguous()
    for channel, (mean, deviation) in enumerate(zip(recipe.mean, recipe.deviation)):
        expected = (clips[..., channel].float() - mean) / deviation
        torch.testing.assert_close(found[:, channel], expected)


class Linear(nn.Module):
    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.linear = nn.Linear(3, width)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.linear(clips.mean((2, 3, 4)))
        return vectors


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_near(precision: str) -> None:
    torch.manual_seed(0)
    net, cpu = Linear().eval(), torch.device("cpu")
    clips = np.random.default_rng(0).integers(0, 256, (4, 16, 8, 8, 3), np.uint8)
    exact = vectors_of(net, clips, SEES, cpu)
    half = vectors_of(net, clips, SEES.with_(precision=precision), cpu)
    assert half.dtype == np.float32 and not np.array_equal(half, exact)
    np.testing.assert_allclose(half, exact, atol=0.02)


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (lambda clips: clips, r"gives \[2, 3, 16, 8, 8\] for 2 clips, not vectors"),
        (lambda clips: [1], "gives list for 2 clips, not vectors"),
        (lambda clips: clips.new_zeros(1, 4), r"gives \[1, 4\] for 2 clips"),
        (lambda clips: clips.new_full((2, 4), torch.nan), "numbers gives NaN"),
    ],
)
def test_a_network_gives_vectors(net: nn.Module, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        vectors_of(net, np.zeros((2, 16, 8, 8, 3), np.uint8), SEES, torch.device("cpu"))


@pytest.mark.gpu
def test_a_gpu_gives_the_same(tmp_path: Path, video: Path) -> None:
    torch.manual_seed(0)
    net = Linear(16).eval()
    for device in ("cpu", "cuda"):
        extract_video(video, tmp_path / f"{device}.safetensors", net.to(device), SEES)
    found = [
        load_file(tmp_path / f"{device}.safetensors")["features"] for device in ("cpu", "cuda")
    ]
    np.testing.assert_allclose(*found, atol=1e-4)
