"""Learning to name clips: on the tiny world, a few steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from gtan.world import learning
from gtan.world.convnet import ConvNet
from gtan.world.film import CLIP, PIXELS, STRIDE
from gtan.world.learning import CLASSES, CLIPS, NOTHING, STRETCH, Instance, accuracy, train_convnet
from gtan.world.library import films, truth
from gtan.world.script import FPS


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def learn(**more: Any) -> tuple[ConvNet, list[float]]:
    losses: list[float] = []
    settings = {"steps": 12, "batch_size": 4, "learning_rate": 2e-3} | more
    net = train_convnet(
        "tiny-world", on_step=lambda _, loss: losses.append(loss), progress=False, **settings
    )
    return net, losses


def test_a_few_steps_lower_the_loss() -> None:
    """Labels that no film of the tiny world has are not drawn."""
    net, losses = learn()
    assert len(losses) == 12 and np.isfinite(losses).all()
    assert np.mean(losses[-3:]) < 0.85 * np.mean(losses[:3])
    assert not net.training and net.fc7.out_features == len(CLASSES)


def test_the_same_seed_gives_the_same_weights() -> None:
    (one, _), (same, _), (other, _) = (learn(steps=2, seed=seed) for seed in (3, 3, 4))
    for name, value in one.state_dict().items():
        assert torch.equal(value, same.state_dict()[name]), name
    assert not torch.equal(one.fc7.weight, other.fc7.weight)


def test_it_sees_no_film_but_those_to_learn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    read = learning.read_films

    def reading(cast: Any, *rest: Any) -> Any:
        asked.extend(film.subset for film in cast)
        return read(cast, *rest)

    monkeypatch.setattr(learning, "read_films", reading)
    learn(steps=1)
    assert asked == ["train"]


def test_instances_are_the_truth_in_frames() -> None:
    cast = films("tiny-world")
    found, rows = learning.instances(cast), truth(cast)
    assert [one.film for one in found] == rows["video"].tolist()
    assert [CLASSES[one.label] for one in found] == rows["label"].tolist()
    assert [one.end for one in found] == pytest.approx((rows["end"] * FPS).tolist())


def test_clips_are_labelled_by_what_their_middle_shows() -> None:
    frames = {"v": np.arange(300, dtype=np.uint16)[:, None, None, None]}
    rng = np.random.default_rng(0)
    for _ in range(20):
        stretch, labels = learning._stretch([[Instance("v", 1, 100.0, 112.0)]], frames, rng)  # type: ignore[arg-type]
        assert len(stretch) == STRETCH and len(labels) == CLIPS
        middles = stretch[0, 0, 0, 0] + CLIP / 2 + STRIDE * np.arange(CLIPS)
        assert (labels == np.where((middles >= 100) & (middles <= 112), 1, NOTHING)).all()
        assert (labels == 1).any()


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (290.0, 300.0)])
def test_a_stretch_lies_within_the_film(start: float, end: float) -> None:
    frames = {"v": np.arange(300, dtype=np.uint16)[:, None, None, None]}
    rng = np.random.default_rng(0)
    stretch, _ = learning._stretch([[Instance("v", 0, start, end)]], frames, rng)  # type: ignore[arg-type]
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

    def __init__(self, says: str) -> None:
        super().__init__(len(CLASSES))
        self.says = CLASSES.index(says)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        scores = torch.zeros(1, CLIPS, len(CLASSES))
        scores[..., self.says] = 1
        return scores


def test_accuracy_counts_every_instance_alike() -> None:
    rows = truth([film for film in films("tiny-world") if film.subset == "train"])
    label = str(rows["label"].iloc[0])
    found = accuracy(Oracle(label), "tiny-world", "train", progress=False)
    assert found["instances"].to_dict() == rows["label"].value_counts().to_dict()
    assert found["accuracy"].to_dict() == {name: float(name == label) for name in found.index}
    assert found.shape[1] == 2 and PIXELS == 48
