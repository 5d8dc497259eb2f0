"""How the ConvNet learns: to name the action of trimmed clips, from performers of "train" alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from tqdm.auto import tqdm

from gtan.world.convnet import ConvNet, as_input
from gtan.world.film import CLIP, PIXELS, STRIDE, read_film
from gtan.world.library import Film, World, films, render, truth
from gtan.world.motions import ACTIONS
from gtan.world.script import FPS

CLIPS = 8  # of one stretch, which share most of their work
STRETCH = CLIP + STRIDE * (CLIPS - 1)  # frames
CLASSES = tuple(sorted(ACTIONS))
NOTHING = -1  # the label of a clip whose middle lies in no action; it teaches nothing


def train_convnet(
    world: World = "world",
    steps: int = 400,
    batch_size: int = 24,
    learning_rate: float = 3e-3,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, float], None] | None = None,
) -> ConvNet:
    """A ConvNet that names what trimmed clips show.

    Args:
        world: whose training performers it sees; rendered first where that is to do.
        steps: of optimisation; each sees `batch_size` stretches of 8 clips.
        batch_size: stretches a step, of every class as many on average.
        learning_rate: at its highest; it rises for a tenth of the steps and then falls to zero.
        seed: of weights and of what is drawn.
        progress: show bars.
        on_step: called with step and loss.

    Returns:
        The network in evaluation mode.
    """
    cast = [film for film in films(world) if film.subset == "train"]
    frames, rows = read_films(cast, world, progress), instances(cast)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = ConvNet(len(CLASSES)).train()
    by_class = [[row for row in rows if row.label == place] for place in range(len(CLASSES))]
    by_class = [rows for rows in by_class if rows]  # the tiny world has not all
    optimizer = torch.optim.AdamW(net.parameters(), lr=learning_rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, steps, pct_start=0.1)
    with tqdm(total=steps, desc="training the ConvNet", unit="step", disable=not progress) as bar:
        for step in range(1, steps + 1):
            drawn = [_stretch(by_class, frames, rng) for _ in range(batch_size)]
            images = as_input(np.stack([stretch for stretch, _ in drawn]))
            labels = torch.from_numpy(np.stack([labels for _, labels in drawn]))
            scores = net(_varied(images, rng))
            loss = functional.cross_entropy(
                scores.flatten(0, 1), labels.flatten(), ignore_index=NOTHING, label_smoothing=0.05
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
            bar.update()
            if on_step is not None:
                on_step(step, loss.item())
    return net.eval()


class Instance(NamedTuple):
    """An action in a film: number of its label, and first and last moment in frames."""

    film: str
    label: int
    start: float
    end: float


def instances(cast: Sequence[Film]) -> list[Instance]:
    """Every action of some films."""
    return [
        Instance(str(video), CLASSES.index(label), start * FPS, end * FPS)
        for video, label, start, end in truth(cast).itertuples(index=False)
    ]


def read_films(
    cast: Sequence[Film], world: World = "world", progress: bool = True
) -> dict[str, NDArray[np.uint8]]:
    """Frames [N, 48, 48, 3] of films by name, as the ConvNet sees them."""
    paths = render(cast, world, progress)
    shown = tqdm(paths, desc="reading", unit="film", disable=not progress)
    return {film.name: read_film(path, PIXELS) for film, path in zip(cast, shown)}


def _stretch(
    by_class: Sequence[Sequence[Instance]],
    frames: Mapping[str, NDArray[np.uint8]],
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Frames [STRETCH, ...] about a moment of an action, and the labels [CLIPS] of its clips."""
    rows = by_class[int(rng.integers(len(by_class)))]
    chosen = rows[int(rng.integers(len(rows)))]
    return _cut(frames[chosen.film], chosen, rng.uniform(chosen.start, chosen.end))


def _cut(
    film: NDArray[np.uint8], instance: Instance, moment: float
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    first = min(max(round(moment - STRETCH / 2), 0), len(film) - STRETCH)
    middles = first + CLIP / 2 + STRIDE * np.arange(CLIPS)
    inside = (middles >= instance.start) & (middles <= instance.end)
    return film[first : first + STRETCH], np.where(inside, instance.label, NOTHING)


def _varied(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Mirrored, in another light and other colours, at random; one way for a whole stretch."""
    count = len(images)
    mirrored = torch.from_numpy(rng.random(count) < 0.5)
    images = torch.where(mirrored[:, None, None, None, None], images.flip(-1), images)
    gain = torch.from_numpy(rng.uniform(0.75, 1.3, (count, 3, 1, 1, 1)).astype(np.float32))
    return (images * gain).clamp(0, 1)


@torch.inference_mode()
def accuracy(
    net: ConvNet, world: World = "world", subset: str = "validation", progress: bool = True
) -> pd.DataFrame:
    """How many of the clips in the middle of an action the network names right.

    Args:
        net: in evaluation mode.
        world, subset: of whose films.
        progress: show bars.

    Returns:
        A row a label: instances, and the mean over them of the share of clips named right.
    """
    cast = [film for film in films(world) if film.subset == subset]
    frames, rows = read_films(cast, world, progress), []
    for one in instances(cast):
        stretch, labels = _cut(frames[one.film], one, (one.start + one.end) / 2)
        guesses = net(as_input(stretch[None]))[0].argmax(1).numpy()[labels != NOTHING]
        if len(guesses):  # a stroke at a film's very end may have no clip in its middle
            rows.append((CLASSES[one.label], float((guesses == one.label).mean())))
    table = pd.DataFrame(rows, columns=["label", "accuracy"]).groupby("label")["accuracy"]
    return pd.DataFrame({"instances": table.size(), "accuracy": table.mean()})
