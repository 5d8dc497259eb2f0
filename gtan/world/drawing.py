"""From poses to pixels: the figure as anti-aliased limbs before a scene, by numpy alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gtan.world.figure import AT, JOINTS, LIMBS, Floats, joints
from gtan.world.script import FPS, Performer

SIZE = 96  # pixels, width and height of a frame
GROUND = 84.0  # row on which the figure stands
SCALE = 62.0  # pixels of one body height
MARGIN = 4  # rows and columns beyond the frame that a shaking camera may show
PHASES = 4  # the scene is kept at this many shifts within a pixel
Image = NDArray[np.float32]

_FROM = np.array([JOINTS.index(a) for a, _, _ in LIMBS])
_TO = np.array([JOINTS.index(b) for _, b, _ in LIMBS])
_X = np.arange(SIZE, dtype=np.float32) + 0.5


@dataclass(frozen=True)
class Stage:
    """Where it happens, from one seed.

    Attributes:
        views: [PHASES, rows, columns, 3] the scene, shifted by fractions of a pixel, 0 to 255.
    """

    views: Image

    @property
    def columns(self) -> int:
        """Width of the scene in pixels."""
        return self.views.shape[2]


def build_stage(seed: int) -> Stage:
    """The scene of a seed: a wall with things on it, and a floor."""
    rng = np.random.default_rng((seed, 4))
    rows, columns = SIZE + 2 * MARGIN, round(SIZE + 6.5 * SCALE) + 2 * MARGIN
    fine = PHASES * columns
    horizon = MARGIN + round(rng.uniform(62, 76))
    scene = np.empty((rows, fine, 3), np.float32)
    wall, floor = _pale(rng, 80, 215), _pale(rng, 55, 165)
    scene[:horizon], scene[horizon:] = wall, floor
    for _ in range(rng.integers(10, 22)):  # doors, pictures, shelves
        left, wide = rng.uniform(0, fine), rng.uniform(8, 60) * PHASES
        top, high = rng.uniform(0, horizon * 0.7), rng.uniform(8, 50)
        part = scene[int(top) : min(int(top + high), horizon), int(left) : int(left + wide)]
        part[:] = 0.4 * part + 0.6 * _pale(rng, 20, 235)
    waves = sum(
        rng.uniform(2, 6)
        * np.sin(
            rng.uniform(0.002, 0.02) * np.arange(fine)[None, :]
            + rng.uniform(0.02, 0.2) * np.arange(rows)[:, None]
            + rng.uniform(0, 6)
        )
        for _ in range(4)
    )
    scene += np.asarray(waves, np.float32)[..., None]
    blurred = np.stack(
        [
            np.mean([np.roll(scene, -(shift + k), axis=1) for k in range(PHASES)], 0)[:, ::PHASES]
            for shift in range(PHASES)
        ]
    )
    return Stage(np.clip(blurred, 8, 247).astype(np.float32))


def _pale(rng: np.random.Generator, low: float, high: float) -> Image:
    """A colour that is no match for a shirt's."""
    grey = rng.uniform(low, high)
    return (grey + 0.4 * (rng.uniform(low, high, 3) - grey)).astype(np.float32)


def draw(pose: Floats, who: Performer, stage: Stage, seed: int) -> Iterator[NDArray[np.uint8]]:
    """The frames of a video.

    Args:
        pose: [N, P], one a frame.
        who: whose body and colours.
        stage: where.
        seed: of camera, light and what passes in front.

    Returns:
        N frames [SIZE, SIZE, 3] uint8, RGB.
    """
    rng = np.random.default_rng((seed, 5))
    camera, shake = _camera(pose[:, AT["x"]], stage, rng)
    light = _drift(len(pose), rng, 0.02, 0.18, 4)
    passers = _Passers(len(pose), rng)
    points = joints(pose, who.body)
    # Drawn at 64ths of a pixel, so that the last bits of sine and cosine never show.
    across = np.round(64 * (points[:, :, 0] * SCALE + _middle(stage) - camera[:, None])) / 64
    down = np.round(64 * (GROUND - points[:, :, 1] * SCALE + shake[:, 1:])) / 64
    places = np.stack([across, down], 2).astype(np.float32)
    order = np.argsort(-(points[:, _FROM, 2] + points[:, _TO, 2]), axis=1, kind="stable")
    radii = (who.body.radii() * SCALE).astype(np.float32)
    colours = np.array([who.colours[part] for _, _, part in LIMBS], np.float32) * 255
    for number in range(len(pose)):
        frame = _scene(stage, camera[number], shake[number, 1])
        _figure(frame, places[number], order[number], radii, colours)
        passers.draw(frame, number)
        frame *= np.float32(1 + light[number])
        np.clip(frame, 0, 255, out=frame)
        yield (frame + np.float32(0.5)).astype(np.uint8)


def _middle(stage: Stage) -> float:
    """Column of the scene at which x is 0."""
    return stage.columns / 2


def _camera(x: Floats, stage: Stage, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """[N] left edge of the view in the scene's columns, and [N, 2] shake; it follows with a lag."""
    drift = 7 * _drift(len(x), rng, 0.01, 1.0, 2)
    shake = np.stack([_drift(len(x), rng, 0.3, 1.2, 3), _drift(len(x), rng, 0.3, 1.0, 3)], 1)
    followed, now = np.empty(len(x)), x[0]
    for number, target in enumerate(x):
        now += 0.16 * (target - now)
        followed[number] = now
    left = _middle(stage) + followed * SCALE - SIZE / 2 + drift + shake[:, 0]
    left = left.clip(MARGIN, stage.columns - SIZE - MARGIN)
    return np.round(left * PHASES) / PHASES, np.round(shake)


def _drift(frames: int, rng: np.random.Generator, rate: float, size: float, terms: int) -> Floats:
    """[frames] slow, smooth wandering about 0, at most `size`."""
    seconds = np.arange(frames) / FPS
    waves = [
        np.sin(2 * np.pi * rng.uniform(rate / 2, 2 * rate) * seconds + rng.uniform(0, 2 * np.pi))
        for _ in range(terms)
    ]
    return size / terms * np.sum(waves, 0)


def _scene(stage: Stage, left: float, down: float) -> Image:
    whole = int(np.floor(left))
    phase = round((left - whole) * PHASES)
    top = MARGIN - int(down)
    return stage.views[phase, top : top + SIZE, whole : whole + SIZE].copy()


def _figure(
    frame: Image, places: Image, order: NDArray[np.intp], radii: Image, colours: Image
) -> None:
    """Draw limbs, back to front as `order` says the other way round, into the frame."""
    reach = float(radii.max()) + 1
    low = np.floor(places.min(0) - reach).astype(int).clip(0, SIZE)
    high = np.ceil(places.max(0) + reach).astype(int).clip(0, SIZE)
    if (high <= low).any():
        return
    x, y = _X[low[0] : high[0]], _X[low[1] : high[1]]
    begin, end = places[_FROM[order]], places[_TO[order]]  # [L, 2], nearest first
    along = end - begin
    squared = np.maximum((along * along).sum(1), np.float32(1e-3))
    fromx = x[None, :] - begin[:, :1]  # [L, W]
    fromy = y[None, :] - begin[:, 1:]  # [L, H]
    share = (fromx * (along[:, :1] / squared[:, None]))[:, None, :] + (
        fromy * (along[:, 1:] / squared[:, None])
    )[:, :, None]
    np.clip(share, 0, 1, out=share)
    dx = share * along[:, 0, None, None]
    np.subtract(fromx[:, None, :], dx, out=dx)
    np.multiply(share, along[:, 1, None, None], out=share)
    np.subtract(fromy[:, :, None], share, out=share)
    np.multiply(dx, dx, out=dx)
    np.multiply(share, share, out=share)
    np.add(dx, share, out=dx)
    np.sqrt(dx, out=dx)
    np.subtract(radii[order][:, None, None] + np.float32(0.5), dx, out=dx)
    np.clip(dx, 0, 1, out=dx)  # how much of a pixel the limb covers
    # Front to back: what a limb shows is what those before it leave open.
    np.subtract(1, dx, out=share)
    open_ = np.cumprod(share, axis=0)
    dx[1:] *= open_[:-1]
    # Limbs further back lie in a little shade, so that legs can be told apart.
    near = np.linspace(1.0, 0.78, len(order), dtype=np.float32)
    painted = np.tensordot(dx, colours[order] * near[:, None], ([0], [0]))
    region = frame[low[1] : high[1], low[0] : high[0]]
    region *= open_[-1][..., None]
    region += painted


class _Passers:
    """Things that pass in front: soft-edged columns that cross the view."""

    def __init__(self, frames: int, rng: np.random.Generator) -> None:
        self.passing = []
        now = rng.uniform(5, 25)
        while now * FPS < frames:
            wide, speed = rng.uniform(6, 22), rng.uniform(25, 90) * rng.choice([-1, 1])
            top = rng.uniform(10, 60)
            colour = rng.uniform(20, 220, 3).astype(np.float32)
            self.passing.append((now, wide, speed, int(top), colour))
            now += rng.uniform(8, 35)

    def draw(self, frame: Image, number: int) -> None:
        second = number / FPS
        for begin, wide, speed, top, colour in self.passing:
            middle = (second - begin) * abs(speed) - wide
            if second < begin or middle > SIZE + wide:
                continue
            middle = middle if speed > 0 else SIZE - middle
            cover = (wide / 2 + 0.5 - np.abs(_X - np.float32(middle))).clip(0, 1)[None, :, None]
            part = frame[top:]
            part += cover * (colour - part)
