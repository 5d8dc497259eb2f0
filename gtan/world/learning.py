"""How the ConvNet learns: to name the action of trimmed clips, from performers of "train" alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from tqdm.auto import tqdm

from gtan.world.convnet import ConvNet, as_input
from gtan.world.films import CLIP, STRIDE
from gtan.world.script import FPS

CLIPS = 8  # of one stretch, which share most of their work
STRETCH = CLIP + STRIDE * (CLIPS - 1)  # frames
NOTHING = -1  # the label of a clip whose middle lies in no action; it teaches nothing


def train_convnet(
    frames: Mapping[str, NDArray[np.uint8]],
    truth: pd.DataFrame,
    classes: Sequence[str],
    steps: int = 600,
    batch_size: int = 24,
    learning_rate: float = 3e-3,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, float], None] | None = None,
) -> ConvNet:
    """A ConvNet that names what trimmed clips show.

    Args:
        frames: [N, 48, 48, 3] of every film to learn from, by name.
        truth: columns video, label, start, end (seconds), of these films.
        classes: labels in order.
        steps: of optimisation; each sees `batch_size` stretches of 8 clips.
        learning_rate: at its highest; a cosine brings it down to zero.
        seed: of weights and of what is drawn.
        progress: show a bar.
        on_step: called with step and loss.

    Returns:
        The network in evaluation mode.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = ConvNet(len(classes)).train()
    number = {label: place for place, label in enumerate(classes)}
    rows = [
        (str(video), number[label], start * FPS, end * FPS)
        for video, label, start, end in truth.itertuples(index=False)
    ]
    by_class = [[row for row in rows if row[1] == place] for place in range(len(classes))]
    by_class = [of_class for of_class in by_class if of_class]  # few films lack some label
    optimizer = torch.optim.AdamW(net.parameters(), lr=learning_rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, steps, pct_start=0.1)
    bar = tqdm(range(1, steps + 1), desc="training the ConvNet", disable=not progress)
    for step in bar:
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
        if step % 10 == 0:
            bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
        if on_step is not None:
            on_step(step, loss.item())
    return net.eval()


def _stretch(
    by_class: Sequence[Sequence[tuple[str, int, float, float]]],
    frames: Mapping[str, NDArray[np.uint8]],
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Frames [STRETCH, ...] about a moment of an action, and the labels [CLIPS] of its clips."""
    rows = by_class[int(rng.integers(len(by_class)))]
    video, label, start, end = rows[int(rng.integers(len(rows)))]
    film = frames[video]
    first = round(rng.uniform(start, end) - STRETCH / 2)
    first = min(max(first, 0), len(film) - STRETCH)
    middles = first + CLIP / 2 + STRIDE * np.arange(CLIPS)
    inside = (middles >= start) & (middles <= end)
    return film[first : first + STRETCH], np.where(inside, label, NOTHING)


def _varied(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Mirrored, in another light and other colours, at random; one way for a whole stretch."""
    count = len(images)
    mirrored = torch.from_numpy(rng.random(count) < 0.5)
    images = torch.where(mirrored[:, None, None, None, None], images.flip(-1), images)
    gain = torch.from_numpy(rng.uniform(0.75, 1.3, (count, 3, 1, 1, 1)).astype(np.float32))
    return (images * gain).clamp(0, 1)


@torch.inference_mode()
def accuracy(
    net: ConvNet,
    frames: Mapping[str, NDArray[np.uint8]],
    truth: pd.DataFrame,
    classes: Sequence[str],
) -> float:
    """Share of clips, their middle within an action, that the network names right.

    Every instance counts alike, however long it is.
    """
    right = []
    for video, label, start, end in truth.itertuples(index=False):
        film = frames[video]
        first = round(max(0, (start + end) * FPS / 2 - STRETCH / 2))
        first = min(first, len(film) - STRETCH)
        scores = net(as_input(film[None, first : first + STRETCH]))[0]
        middles = first + CLIP / 2 + STRIDE * np.arange(CLIPS)
        inside = (middles >= start * FPS) & (middles <= end * FPS)
        if inside.any():
            guess = scores.argmax(1).numpy()[inside]
            right.append((guess == list(classes).index(label)).mean())
    return float(np.mean(right))
