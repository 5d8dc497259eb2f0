"""The world as a data set: rendered and seen through its ConvNet when somebody asks for it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path

import numpy as np
from filelock import FileLock
from tqdm.auto import tqdm

from gtan.data.dataset import Dataset, Floats, without_excluded
from gtan.data.feature_recording import FeatureRecording
from gtan.data.features import FeatureFile
from gtan.extraction.recipe import Recipe, hash_of
from gtan.files import write_bytes
from gtan.grid import ClipGrid
from gtan.settings import WORLDS, AugmentationSettings, DataSettings
from gtan.world.film import CLIP, PIXELS, STRIDE, WIDTH, read_film
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
        weights: of the ConvNet that it is seen through.
    """

    film: Film
    world: World
    weights: Path

    @property
    def clips(self) -> int:
        """Length of the feature sequence."""
        return GRID.clips(self.duration)

    @property
    def fingerprint(self) -> str:
        """What the features depend on; their last bits differ between machines."""
        return f"{folder_of(self.world).name} {self.name} {_hash(self.weights)}"

    def features(
        self,
        start: float,
        count: int,
        speed: float = 1.0,
        augmentation: AugmentationSettings | None = None,
        rng: np.random.Generator | None = None,
    ) -> Floats:
        """[count, 64]; see `FeatureRecording`."""
        self._make_ready()
        return super().features(start, count, speed, augmentation, rng)

    def signal(self) -> tuple[Floats, float, list[str]]:
        """Length of the feature vectors over time; see `FeatureRecording`."""
        self._make_ready()
        return super().signal()

    def _make_ready(self) -> None:
        if not self.file.path.exists():
            make_ready(self.world, self.weights, [self.name], progress=False)

    def video(self) -> Path:
        """The film, H.264 in mp4; rendered if it is not there."""
        return render([self.film], self.world, progress=False)[0]


def load_world(settings: DataSettings) -> Dataset:
    """The world, or the tiny one. Nothing is rendered yet.

    Raises:
        FileNotFoundError: there is no such file as `data.convnet`.
    """
    world: World = "tiny-world" if settings.dataset == "tiny-world" else "world"
    weights = Path(settings.convnet).expanduser() if settings.convnet else WEIGHTS
    if not weights.is_file():
        raise FileNotFoundError(f"there is no {weights} (data.convnet), seen from {Path.cwd()}")
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
                file=FeatureFile(feature_path(cast[name], world, weights)),
                file_grid=GRID,
                resized=None,
                film=cast[name],
                world=world,
                weights=weights,
            )
            for name in names
        },
        truth=everything,
        subsets=subsets,
        feature_dim=WIDTH,
        whole_clips=True,
        recipe=world_recipe(Path(settings.convnet) if settings.convnet else None),
        prepare=partial(make_ready, world, weights),
    )


def world_recipe(weights: Path | None = None) -> Recipe:
    """How films are seen, by the ConvNet of a file or the one that ships."""
    return Recipe(
        backbone="world",
        weights=str(weights) if weights else "",
        weights_sha256=hash_of(weights.expanduser() if weights else WEIGHTS),
        frames=CLIP,
        stride=STRIDE,
        fps=FPS,
        scale=PIXELS,
        crop=PIXELS,
    )


def with_grid(settings: DataSettings) -> DataSettings:
    """A world's settings with its clip grid, which is no choice; other data sets' as they are."""
    if settings.dataset not in WORLDS:
        return settings
    grid = {"fps": FPS, "clip_length": CLIP, "clip_stride": STRIDE}
    return settings.model_copy(update=grid)


def feature_path(film: Film, world: World, weights: Path = WEIGHTS) -> Path:
    """Where a film's features lie once they are made: `.npy`, [T, 64] float32."""
    return folder_of(world) / f"features-{_hash(weights)}" / f"{film.name}.npy"


def _hash(weights: Path) -> str:
    return hash_of(weights)[:8]


def make_ready(world: World, weights: Path, names: Iterable[str], progress: bool = True) -> None:
    """Render films and make their features, those that are not there yet.

    Args:
        world: which.
        weights: of the ConvNet.
        names: of films.
        progress: show bars.
    """
    chosen = set(names)
    asked = {
        film: feature_path(film, world, weights) for film in films(world) if film.name in chosen
    }
    if all(path.exists() for path in asked.values()):
        return
    render(list(asked), world, progress)
    with FileLock(folder_of(world) / ".features.lock"):
        left = {film: path for film, path in asked.items() if not path.exists()}
        _extract(left, world, weights, progress)


def _extract(left: dict[Film, Path], world: World, weights: Path, progress: bool) -> None:
    from gtan.world.convnet import extract, load_convnet

    net = load_convnet(weights)
    for film, path in tqdm(left.items(), desc="features", unit="film", disable=not progress):
        buffer = io.BytesIO()
        features = extract(net, read_film(film_path(film, world), PIXELS))
        np.save(buffer, features, allow_pickle=False)
        write_bytes(path, buffer.getvalue())
