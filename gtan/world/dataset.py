"""The world as a data set: rendered and seen through its ConvNet when somebody asks for it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from importlib import resources
from pathlib import Path

import numpy as np
from filelock import FileLock
from tqdm.auto import tqdm

from gtan.data.dataset import Dataset, Floats, without_excluded
from gtan.data.feature_recording import FeatureRecording
from gtan.data.features import FeatureFile
from gtan.files import write_bytes
from gtan.grid import ClipGrid
from gtan.settings import AugmentationSettings, DataSettings
from gtan.world.films import CLIP, PIXELS, STRIDE, WIDTH, read_film
from gtan.world.library import Film, World, film_path, films, folder_of, render, truth
from gtan.world.motions import ACTIONS
from gtan.world.script import FPS

WEIGHTS = Path(str(resources.files("gtan.world") / "convnet.safetensors"))
GRID = ClipGrid(STRIDE / FPS, CLIP / FPS)


@dataclass(frozen=True)
class WorldRecording(FeatureRecording):
    """A film of the world by its features, which are made when they are first asked for.

    Attributes:
        film: what is rendered.
        world: of which world.
    """

    film: Film
    world: World

    @property
    def clips(self) -> int:
        """Length of the feature sequence."""
        return (round(self.duration * FPS) - CLIP) // STRIDE + 1

    @property
    def fingerprint(self) -> str:
        """What the features depend on; their last bits differ between machines."""
        return f"{folder_of(self.world).name} {self.name} {_weights_hash()}"

    def features(
        self,
        start: float,
        count: int,
        speed: float = 1.0,
        augmentation: AugmentationSettings | None = None,
        rng: np.random.Generator | None = None,
    ) -> Floats:
        """[count, 64]; see `FeatureRecording`."""
        make_ready(self.world, [self.name], progress=False)
        return super().features(start, count, speed, augmentation, rng)

    def signal(self) -> tuple[Floats, float, list[str]]:
        """Length of the feature vectors over time; see `FeatureRecording`."""
        make_ready(self.world, [self.name], progress=False)
        return super().signal()

    def video(self) -> Path:
        """The film, H.264 in mp4; rendered if it is not there."""
        return render([self.film], self.world, progress=False)[0]


def load_world(settings: DataSettings) -> Dataset:
    """The world, or the tiny one. Nothing is rendered yet."""
    world: World = "tiny-world" if settings.dataset == "tiny-world" else "world"
    cast = {film.name: film for film in films(world)}
    names = without_excluded(list(cast), settings.exclude)
    everything = truth([cast[name] for name in names])
    subsets = {
        subset: tuple(name for name in names if cast[name].subset == subset)
        for subset in ("train", "validation", "test")
    }
    if settings.train_on == "train+validation":
        subsets["train"] += subsets["validation"]
    return Dataset(
        name=world,
        classes=tuple(sorted(ACTIONS)),
        recordings={
            name: WorldRecording(
                name=name,
                duration=cast[name].duration,
                file=FeatureFile(feature_path(cast[name], world)),
                file_grid=GRID,
                resized=None,
                film=cast[name],
                world=world,
            )
            for name in names
        },
        truth=everything,
        subsets=subsets,
        feature_dim=WIDTH,
        whole_clips=True,
        prepare=partial(make_ready, world),
    )


def with_grid(settings: DataSettings) -> DataSettings:
    """A world's settings with its clip grid, which is no choice; other data sets' as they are."""
    if settings.dataset not in ("world", "tiny-world"):
        return settings
    grid = {"fps": FPS, "clip_length": CLIP, "clip_stride": STRIDE}
    return settings.model_copy(update=grid)


def feature_path(film: Film, world: World) -> Path:
    """Where a film's features lie once they are made: `.npy`, [T, 64] float32."""
    return folder_of(world) / f"features-{_weights_hash()}" / f"{film.name}.npy"


@cache
def _weights_hash() -> str:
    return sha256(WEIGHTS.read_bytes()).hexdigest()[:8]


def make_ready(world: World, names: Iterable[str], progress: bool = True) -> None:
    """Render films and make their features, those that are not there yet.

    Args:
        world: which.
        names: of films.
        progress: show bars.
    """
    chosen = set(names)
    asked = [film for film in films(world) if film.name in chosen]
    if all(feature_path(film, world).exists() for film in asked):
        return
    render(asked, world, progress)
    feature_path(asked[0], world).parent.mkdir(exist_ok=True)
    with FileLock(folder_of(world) / ".features.lock"):
        left = [film for film in asked if not feature_path(film, world).exists()]
        _extract(left, world, progress)


def _extract(left: list[Film], world: World, progress: bool) -> None:
    from gtan.world.convnet import extract, load_convnet

    net = load_convnet(WEIGHTS)
    for film in tqdm(left, desc="features", unit="film", disable=not progress):
        buffer = io.BytesIO()
        features = extract(net, read_film(film_path(film, world), PIXELS))
        np.save(buffer, features, allow_pickle=False)
        write_bytes(feature_path(film, world), buffer.getvalue())
