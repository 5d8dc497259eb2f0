"""The world's films: which there are, who plays in them, and where they lie once rendered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from filelock import FileLock
from numpy.typing import NDArray
from tqdm.auto import tqdm

from gtan.places import cache_folder
from gtan.workers import cores
from gtan.world.drawing import build_stage, draw
from gtan.world.film import write_film
from gtan.world.script import FPS, Event, Performer, performer, play, write_script

VERSION = 3  # of what films show; another one gets a folder of its own
ENCODED = 1  # version of how they are written; another one gets a folder of its own as well
# x264's lookahead (mbtree) reads memory that it has not written, so that the first second of some
# films hung on what the process had done before: up to 40 of 255 apart. Of glibc this asks that new
# memory be zeros.
ZEROS = {"MALLOC_PERTURB_": "255"}
World = Literal["world", "tiny-world"]
# Performers, films of each, and who learns from them.
_CAST = {"train": (range(1, 13), 3), "validation": (range(13, 17), 2), "test": (range(17, 25), 2)}


@dataclass(frozen=True)
class Film:
    """A film, before it is rendered.

    Attributes:
        subset: "train", "validation" (to choose by) or "test".
        performer: number of who plays; nobody plays in two subsets.
        seed: of what happens.
        duration: seconds.
    """

    name: str
    subset: str
    performer: int
    seed: int
    duration: float

    def events(self) -> list[Event]:
        """What happens, in order."""
        return write_script(self.who(), self.seed, self.duration)

    def who(self) -> Performer:
        """Who plays."""
        return performer(1000 * VERSION + self.performer)

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Every frame [96, 96, 3], bit for bit the same from the same versions of packages."""
        who = self.who()
        pose = play(self.events(), who, self.seed, self.duration)
        return draw(pose, who, build_stage(self.seed), self.seed)


def films(world: World = "world") -> list[Film]:
    """All films of a world.

    Example:
        >>> [(film.name, film.subset) for film in films()][::20]
        [('person01_film1', 'train'), ('person07_film3', 'train'), ('person19_film1', 'test')]
    """
    return list(_all(world))


@cache  # a recording asks whenever its features are read
def _all(world: World) -> tuple[Film, ...]:
    if world == "tiny-world":
        # Seeds at which 20 seconds hold a stroke, a gesture and an activity.
        seeds = {"train": 107, "validation": 44, "test": 176}
        return tuple(Film(f"tiny{n}", subset, n, n, 20.0) for subset, n in seeds.items())
    return tuple(
        _film(number, take, subset)
        for subset, (cast, takes) in _CAST.items()
        for number in cast
        for take in range(1, takes + 1)
    )


def _film(number: int, take: int, subset: str) -> Film:
    seed = 10_000 * VERSION + 100 * number + take
    frames = int(np.random.default_rng((seed, 0)).integers(1500, 2250))  # 2 to 3 minutes
    return Film(f"person{number:02d}_film{take}", subset, number, seed, frames / FPS)


def truth(cast: Sequence[Film]) -> pd.DataFrame:
    """Columns video, label, start, end (seconds): the actions of films, from their scripts."""
    rows = [
        (film.name, event.label, round(event.start, 3), round(event.end, 3))
        for film in cast
        for event in film.events()
        if event.label
    ]
    return pd.DataFrame(rows, columns=["video", "label", "start", "end"])


def folder_of(world: World) -> Path:
    """Where a world is kept."""
    return cache_folder() / f"{world}-{VERSION}.{ENCODED}"


def film_path(film: Film, world: World = "world") -> Path:
    """Where a film lies once it is rendered."""
    return folder_of(world) / "videos" / f"{film.name}.mp4"


def render(
    cast: Sequence[Film], world: World = "world", progress: bool = True, workers: int | None = None
) -> list[Path]:
    """Render films, those that are not there yet, on all cores.

    Args:
        cast: films to render.
        world: of which world they are.
        progress: show a bar.
        workers: processes; None: one a core.

    Returns:
        Where each film lies.
    """
    paths = [film_path(film, world) for film in cast]
    if not all(path.exists() for path in paths):
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder_of(world) / ".render.lock"):
            left = [film for film, path in zip(cast, paths) if not path.exists()]
            if left:
                _render(left, world, progress, min(workers or cores(), len(left)))
    return paths


def _render(left: list[Film], world: World, progress: bool, workers: int) -> None:
    with tqdm(total=len(left), desc="rendering", unit="film", disable=not progress) as bar:
        shares = [left[first::workers] for first in range(workers)]
        with ThreadPoolExecutor(workers) as pool:
            for done in as_completed([pool.submit(_apart, share, world, bar) for share in shares]):
                done.result()


def _apart(share: list[Film], world: World, bar: tqdm) -> None:
    """Render in a process of its own, whose memory is as `ZEROS` says.

    Those of multiprocessing would run the script that asks once more, and wait for its lock.
    """
    code = "from gtan.world.library import _as_told; _as_told()"
    told = json.dumps([world, [asdict(film) for film in share]])
    path = os.pathsep.join(filter(None, sys.path))
    command, env = [sys.executable, "-c", code, told], os.environ | {"PYTHONPATH": path} | ZEROS
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in process.stdout:
            bar.update()
    if process.returncode:
        raise RuntimeError("films could not be rendered; the reason stands above")


def _as_told() -> None:
    world, share = json.loads(sys.argv[1])
    for film in share:
        render_film(Film(**film), world)
        print(film["name"], flush=True)


def render_film(film: Film, world: World) -> None:
    """Render one film here, whatever memory holds."""
    write_film(film_path(film, world), film.frames())
