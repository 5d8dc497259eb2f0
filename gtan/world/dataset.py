"""The world as a data set: rendered, seen through its ConvNet, and ready to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path

import numpy as np
from filelock import FileLock
from tqdm.auto import tqdm

from gtan.data.dataset import Dataset, without_excluded
from gtan.data.feature_recording import FeatureRecording
from gtan.data.features import FeatureFile
from gtan.files import write_bytes
from gtan.grid import ClipGrid
from gtan.settings import DataSettings
from gtan.world.films import read_film
from gtan.world.library import VERSION, Film, World, cache_folder, film_path, films, render, truth
from gtan.world.motions import ACTIONS
from gtan.world.script import FPS

WEIGHTS = Path(str(resources.files("gtan.world") / "convnet.safetensors"))


@dataclass(frozen=True)
class WorldRecording(FeatureRecording):
    """A film of the world, by its features; `video` is what it shows.

    Attributes:
        film: its mp4.
    """

    film: Path = Path()

    def video(self) -> Path:
        """The film, H.264 in mp4."""
        return self.film


def load_world(settings: DataSettings) -> Dataset:
    """The world, or the tiny one; rendered and turned into features first, where that is to do."""
    from gtan.world.convnet import CLIP, STRIDE, WIDTH

    world: World = "tiny-world" if settings.dataset == "tiny-world" else "world"
    folder = prepare(world)
    grid = ClipGrid(STRIDE / FPS, CLIP / FPS)
    cast = {film.name: film for film in films(world)}
    names = without_excluded(list(cast), settings.exclude)
    everything = truth(list(cast.values()))
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
                file=FeatureFile(folder / f"{name}.npy"),
                file_grid=grid,
                resized=None,
                film=film_path(cast[name], world),
            )
            for name in names
        },
        truth=everything[everything["video"].isin(names)].reset_index(drop=True),
        subsets=subsets,
        feature_dim=WIDTH,
        whole_clips=True,
    )


def prepare(world: World = "world", progress: bool = True) -> Path:
    """Films and features, made where they are missing.

    Returns:
        The folder of the features, one `.npy` [T, 64] a film.
    """
    seen_by = sha256(WEIGHTS.read_bytes()).hexdigest()[:8]
    folder = cache_folder() / f"{world}-{VERSION}" / f"features-{seen_by}"
    left = [film for film in films(world) if not (folder / f"{film.name}.npy").exists()]
    if left:
        render(world, progress)
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".extract.lock"):
            _extract(
                [f for f in left if not (folder / f"{f.name}.npy").exists()],
                world,
                folder,
                progress,
            )
    return folder


def _extract(left: list[Film], world: World, folder: Path, progress: bool) -> None:
    from gtan.world.convnet import PIXELS, extract, load_convnet

    net = load_convnet(WEIGHTS)
    for film in tqdm(left, desc="features", unit="film", disable=not progress):
        features = extract(net, read_film(film_path(film, world), PIXELS))
        write_bytes(folder / f"{film.name}.npy", _as_npy(features))


def _as_npy(array: np.ndarray) -> bytes:
    from io import BytesIO

    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
