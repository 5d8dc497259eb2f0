"""The ConvNet: a clip's vector is the clip's own, however many go through at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from gtan.world.convnet import AT_ONCE, ConvNet, as_input, extract, load_convnet, save_convnet
from gtan.world.dataset import WEIGHTS
from gtan.world.film import CLIP, PIXELS, STRIDE, WIDTH
from gtan.world.motions import ACTIONS


@pytest.fixture(scope="module")
def net() -> ConvNet:
    return load_convnet(WEIGHTS)


def noise(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (frames, PIXELS, PIXELS, 3), dtype=np.uint8)


@pytest.mark.parametrize("frames", [16, 17, 45, CLIP + STRIDE * AT_ONCE])
def test_the_vectors_of_a_video_are_those_of_each_clip_alone(net: ConvNet, frames: int) -> None:
    video = noise(frames)
    whole = extract(net, video)
    assert whole.shape == ((frames - CLIP) // STRIDE + 1, WIDTH) and whole.dtype == np.float32
    numbers = range(len(whole)) if frames < 50 else (0, 30, len(whole) - 2, len(whole) - 1)
    for number in numbers:
        (alone,) = extract(net, video[STRIDE * number : STRIDE * number + CLIP])
        np.testing.assert_allclose(whole[number], alone, atol=1e-5)
    assert np.ptp(whole, axis=0).max() > 1e-3 or len(whole) == 1


def test_a_clip_sees_its_sixteen_frames_and_no_other(net: ConvNet) -> None:
    frames, clip = 30, 3
    images = as_input(noise(frames)[None]).requires_grad_()
    net.features(images)[0, clip].sum().backward()
    assert images.grad is not None
    seen = images.grad.abs().sum((0, 1, 3, 4)).nonzero()[:, 0].tolist()
    assert seen == list(range(STRIDE * clip, STRIDE * clip + CLIP))


def test_a_changed_frame_changes_the_clips_that_hold_it_and_no_other(net: ConvNet) -> None:
    video = noise(60)
    changed = video.copy()
    changed[20] = 255 - changed[20]
    moved = np.abs(extract(net, changed) - extract(net, video)).max(1) > 1e-6
    held = [STRIDE * k <= 20 < STRIDE * k + CLIP for k in range(len(moved))]
    assert moved.tolist() == held


@pytest.mark.parametrize("frames", [0, 1, CLIP - 1])
def test_less_than_a_clip_is_refused(net: ConvNet, frames: int) -> None:
    with pytest.raises(ValueError, match=f"16 frames, and there are {frames}"):
        extract(net, noise(frames))


def test_input_is_bytes_as_shares_channels_first() -> None:
    video = noise(3)
    images = as_input(video[None])
    assert images.shape == (1, 3, 3, PIXELS, PIXELS)
    assert images[0, 2, 1, 5, 7].item() == pytest.approx(video[1, 5, 7, 2] / 255)


def test_the_weights_that_ship_are_of_this_network(net: ConvNet) -> None:
    assert not net.training and net.fc7.out_features == len(ACTIONS)
    own = {name for name in net.state_dict() if not name.endswith("num_batches_tracked")}
    from safetensors.torch import load_file

    stored = load_file(WEIGHTS)
    assert own == {name for name in stored if not name.endswith("num_batches_tracked")}
    assert all(value.isfinite().all() for value in stored.values())


def test_scores_are_of_the_vectors(net: ConvNet) -> None:
    images = as_input(noise(20)[None])
    with torch.no_grad():
        expected = net.features(images) @ net.fc7.weight.T + net.fc7.bias
        torch.testing.assert_close(net(images), expected)


def test_weights_of_another_network_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    net = ConvNet(classes=11)
    save_convnet(net, path)
    assert load_convnet(path).fc7.out_features == 11
    del net.fc6
    save_convnet(net, path)
    with pytest.raises(ValueError, match=r"net\.safetensors .*fc6\.weight is missing"):
        load_convnet(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        load_convnet(path)
