"""A video as batches of clips: frames at a constant rate, scaled, cropped, and stacked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gtan.extraction.recipe import Recipe
from gtan.video import Video

Clips = NDArray[np.uint8]


def clip_batches(
    video: Video, recipe: Recipe, fps: float, size: int, first: int = 0
) -> Iterator[Clips]:
    """Clips, so many at a time, the last batch may have fewer.

    Clip i holds frames i * stride to i * stride + frames - 1. What is left at the end and is no
    whole clip is left out; a video shorter than a clip is one clip, whose last frame repeats.

    Args:
        video: newly opened, with `recipe.scale`.
        recipe: says how.
        fps: frames a second to take.
        size: clips in a batch.
        first: clip to begin with; those before are not cut.

    Yields:
        [B, frames, crop, crop, 3] uint8, in the recipe's order of channels.
    """
    batch: list[Clips] = []
    for clip in _clips(video, recipe, fps, first):
        batch.append(clip)
        if len(batch) == size:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)


def _clips(video: Video, recipe: Recipe, fps: float, first: int) -> Iterator[Clips]:
    recent: deque[Clips] = deque(maxlen=recipe.frames)
    start = first * recipe.stride
    count = -1
    for count, frame in enumerate(video.samples(fps, start)):
        recent.append(cropped(frame, recipe))
        if count >= recipe.frames - 1 and (count - recipe.frames + 1) % recipe.stride == 0:
            yield np.stack(recent)
    if first == 0 and 0 <= count < recipe.frames - 1:
        yield np.stack([*recent, *[recent[-1]] * (recipe.frames - len(recent))])


def cropped(frame: Clips, recipe: Recipe) -> Clips:
    """The middle [crop, crop, 3] of a frame, in the recipe's order of channels.

    A frame that is smaller, since it was scaled to a height and width, is an error.
    """
    height, width = frame.shape[:2]
    if min(height, width) < recipe.crop:
        raise ValueError(
            f"a square of {recipe.crop} pixels (crop) cannot be cut from frames of {height} x "
            f"{width} (scale)"
        )
    top, left = (height - recipe.crop) // 2, (width - recipe.crop) // 2
    square = frame[top : top + recipe.crop, left : left + recipe.crop]
    return square[:, :, ::-1] if recipe.channels == "BGR" else square
