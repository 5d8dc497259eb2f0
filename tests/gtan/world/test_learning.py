"""Learning to name clips: on the tiny world, a few steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from gtan.world import learning
from gtan.world.convnet import ConvNet
from gtan.world.film import CLIP, PIXELS, STRIDE, read_film
from gtan.world.learning import CLIPS, NOTHING, STRETCH, accuracy, train_convnet
from gtan.world.library import films, render, truth
from gtan.world.script import FPS


@pytest.fixture(scope="module")
def film() -> tuple[dict[str, Any], pd.DataFrame]:
    """Frames and truth of the tiny world's training film."""
    cast = films("tiny-world")[:1]
    (path,) = render(cast, "tiny-world", progress=False)
    return {cast[0].name: read_film(path, PIXELS)}, truth(cast)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def learn(film: Any, classes: Any = None, **more: Any) -> tuple[ConvNet, list[float]]:
    frames, actions = film
    losses: list[float] = []
    settings = {"steps": 12, "batch_size": 4, "learning_rate": 2e-3} | more
    net = train_convnet(
        frames, actions, classes or sorted(set(actions["label"])),
        on_step=lambda _, loss: losses.append(loss), progress=False, **settings,
    )  # fmt: skip
    return net, losses


def test_a_few_steps_lower_the_loss(film: Any) -> None:
    net, losses = learn(film)
    assert len(losses) == 12 and np.isfinite(losses).all()
    assert np.mean(losses[-3:]) < 0.85 * np.mean(losses[:3])
    assert not net.training


def test_the_same_seed_gives_the_same_weights(film: Any) -> None:
    (one, _), (same, _), (other, _) = (learn(film, steps=2, seed=seed) for seed in (3, 3, 4))
    for name, value in one.state_dict().items():
        assert torch.equal(value, same.state_dict()[name]), name
    assert not torch.equal(one.fc7.weight, other.fc7.weight)


def test_labels_that_no_film_has_are_not_drawn(film: Any) -> None:
    _, losses = learn(film, ["a rare one", *sorted(set(film[1]["label"]))], steps=3)
    assert np.isfinite(losses).all()


def test_clips_are_labelled_by_what_their_middle_shows() -> None:
    frames = {"v": np.arange(300)[:, None, None, None]}
    by_class: list[list[tuple[str, int, float, float]]] = [[], [("v", 1, 100.0, 112.0)]]
    rng = np.random.default_rng(0)
    for _ in range(20):
        stretch, labels = learning._stretch(by_class[1:], frames, rng)  # type: ignore[arg-type]
        assert len(stretch) == STRETCH and len(labels) == CLIPS
        middles = stretch[0, 0, 0, 0] + CLIP / 2 + STRIDE * np.arange(CLIPS)
        assert (labels == np.where((middles >= 100) & (middles <= 112), 1, NOTHING)).all()
        assert (labels == 1).any()


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (290.0, 300.0)])
def test_a_stretch_lies_within_the_film(start: float, end: float) -> None:
    frames = {"v": np.arange(300)[:, None, None, None]}
    rng = np.random.default_rng(0)
    stretch, _ = learning._stretch([[("v", 0, start, end)]], frames, rng)  # type: ignore[arg-type]
    assert len(stretch) == STRETCH


def test_varied_is_one_way_for_a_whole_stretch() -> None:
    images = torch.rand(6, 3, 4, 8, 8) * 0.5  # gains of up to 1.3 clip nothing
    images[:] = images[:, :, :1]  # the same in every frame
    varied = learning._varied(images, np.random.default_rng(0))
    assert torch.equal(varied, varied[:, :, :1].expand_as(varied))
    for one, other in zip(images, varied):
        ratios = [other / image for image in (one, one.flip(-1))]
        assert any((r.amax((1, 2, 3)) - r.amin((1, 2, 3))).max() < 1e-4 for r in ratios)


class Oracle(ConvNet):
    """Names every clip the same."""

    def __init__(self, classes: int, says: int) -> None:
        super().__init__(classes)
        self.says = says

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        scores = torch.zeros(1, CLIPS, self.fc7.out_features)
        scores[..., self.says] = 1
        return scores


def test_accuracy_counts_every_instance_alike() -> None:
    frames = {"v": np.zeros((500, PIXELS, PIXELS, 3), np.uint8)}
    rows = [("v", "long", 2.0, 20.0), ("v", "short", 24.0, 24.6), ("v", "short", 30.0, 31.0)]
    actions = pd.DataFrame(rows, columns=["video", "label", "start", "end"])
    found = [accuracy(Oracle(2, says), frames, actions, ["long", "short"]) for says in (0, 1)]
    assert found == pytest.approx([1 / 3, 2 / 3])
    assert 500 / FPS > 31
