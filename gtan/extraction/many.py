"""Features of many videos: one after the other here, or side by side on dask's workers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from torch import nn
from tqdm.auto import tqdm

from gtan.backbones.known import load_backbone, recipe_of
from gtan.data.features import FeatureFile
from gtan.data.texts import listed
from gtan.devices import choose_device
from gtan.extraction.extracting import extract_video
from gtan.extraction.feature_file import SUFFIX, rows_so_far
from gtan.extraction.recipe import Recipe, find_weights
from gtan.files import remove_asides
from gtan.video import VideoError, open_video, videos_in
from gtan.workers import carry_out, check_workers, cores, where_they_are

Path_ = str | Path


class Row(NamedTuple):
    """What became of a video."""

    video: str
    features: str
    clips: int
    duration: float
    notes: str
    error: str


@dataclass(frozen=True)
class Work:
    """What all videos have in common; travels to workers."""

    recipe: Recipe
    weights: Path | None
    net: nn.Module | None  # somebody's own
    batch_size: int
    device: str

    def ready(self) -> nn.Module:
        """The network, where it is to compute."""
        net = self.net or load_backbone(self.recipe.backbone, self.weights)
        return net.to(choose_device(self.device)).eval()


def extract(
    videos: Path_ | Iterable[Path_],
    backbone: str | nn.Module,
    out: Path_,
    *,
    weights: Path_ | None = None,
    recipe: Recipe | None = None,
    frames: int | None = None,
    stride: int | None = None,
    fps: float | None = None,
    precision: str | None = None,
    batch_size: int = 8,
    device: str = "auto",
    scheduler: str | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Features of videos: clips through a backbone, one file for each video.

    Stopped or killed, and started again, it goes on and writes the same files. Where clips lie, in
    seconds, and how they were made stands in each file, so that training and detection need not be
    told.

    Args:
        videos: files, or folders of them.
        backbone: a name (`gtan.backbones.known`), or a network from clips [B, 3, frames, H, W] to
            vectors [B, D], with its `recipe`.
        out: folder for the features, named as the videos.
        weights: of a named backbone; a file you have. Nothing is downloaded.
        recipe: how clips are cut and prepared; None: as the backbone's makers do.
        frames: of a clip, instead of the recipe's.
        stride: frames from clip to clip, instead of the recipe's.
        fps: frames a second; None: each video's own, by the times of its frames.
        precision: "float32", "bfloat16" or "float16".
        batch_size: clips at a time.
        device: auto (a GPU where there is one), cpu, cuda or mps.
        scheduler: address of a running dask scheduler, as ``tcp://10.0.0.1:8786``.
        workers: processes on this machine, each with one video at a time; None: this one alone.
        progress: show a bar of clips and the time that is left.

    Returns:
        A row for each video: video, features (their file), clips, duration (seconds), notes (what
        was wrong with it), error ("" if there was none). One that fails does not stop the others.

    Raises:
        FileNotFoundError: there is no such video, folder, or file of weights.
        ValueError: two videos of one name, no such backbone, or values that cannot be.

    Example:
        >>> import gtan
        >>> gtan.extract("videos", "c3d", "features", weights="c3d.pickle")  # doctest: +SKIP
    """
    check_workers(scheduler, workers)
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size = {batch_size!r}: a whole number of at least 1 is needed")
    files = _files(videos)
    given = None if weights is None else Path(weights).expanduser().absolute()
    if isinstance(backbone, nn.Module):
        if recipe is None:
            raise ValueError(
                "how are clips made for this network? Give recipe=Recipe(backbone='a name', "
                "scale=128, crop=112, ...)"
            )
    elif recipe is None:
        recipe = recipe_of(backbone, given)
    recipe = recipe.with_(frames=frames, stride=stride, fps=fps, precision=precision)
    net = backbone if isinstance(backbone, nn.Module) else None
    work = Work(recipe, None if net else find_weights(recipe, given), net, batch_size, device)
    folder = Path(out).expanduser().absolute()
    folder.mkdir(parents=True, exist_ok=True)
    remove_asides(folder, of=f"*{SUFFIX}")
    jobs = {video: folder / f"{video.stem}{SUFFIX}" for video in files}
    with _shown(jobs, progress) as shown:
        bar = Bar(shown, jobs, recipe)
        if scheduler is None and workers is None:
            rows = _here(jobs, work, bar)
        else:
            rows = _on_dask(jobs, work, bar, scheduler, workers)
    return pd.DataFrame(rows, columns=Row._fields)


def extract_to(
    jobs: Mapping[Path, Path], recipe: Recipe, weights: Path | None, progress: bool = True
) -> None:
    """Features of videos, each to a file of its own.

    Raises:
        ValueError: of the first video that fails, the rest are done all the same.
    """
    work = Work(recipe, weights, None, batch_size=8, device="auto")
    for folder in {path.parent for path in jobs.values()}:
        folder.mkdir(parents=True, exist_ok=True)
    with _shown(jobs, progress) as shown:
        rows = _here(jobs, work, Bar(shown, jobs, recipe))
    for row in rows:
        if row.error:
            raise ValueError(row.error)
        if row.notes:
            warnings.warn(f"{row.video}: {row.notes}", stacklevel=4)


def _files(videos: Path_ | Iterable[Path_]) -> list[Path]:
    """The videos that are meant, those of folders too."""
    given = [videos] if isinstance(videos, str | Path) else list(videos)
    files: list[Path] = []
    for path in (Path(one).expanduser() for one in given):
        files += videos_in(path) if path.is_dir() else [path]
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise FileNotFoundError(f"there is no {listed(missing)}, seen from {Path.cwd()}")
    files = [path.absolute() for path in files]
    files = list(dict.fromkeys(files))
    names = [path.stem for path in files]
    twice = [str(path) for path in files if names.count(path.stem) > 1]
    if twice:
        raise ValueError(
            f"features are named as videos, and of one name are {listed(twice)}; rename one, or "
            "extract them to another folder"
        )
    if not files:
        raise ValueError("there is no video to extract; name files, or a folder of them")
    return files


@contextmanager
def _shown(jobs: Mapping[Path, Path], progress: bool) -> Iterator[tqdm]:
    """A bar; and whoever stops the extraction is told what is kept of it."""
    try:
        with tqdm(desc="extracting", unit="clip", disable=not progress) as shown:
            yield shown
    except KeyboardInterrupt as stop:
        whole = sum(path.exists() for path in jobs.values())
        begun = {path: rows_so_far(path) for path in jobs.values() if not path.exists()}
        parts = [f"{rows:,} clips of {path.stem}" for path, rows in begun.items() if rows]
        stop.add_note(
            f"{whole} of {len(jobs)} videos are done"
            + (f", and {listed(parts)} are kept" if parts else "")
            + "; started again, it goes on from there"
        )
        raise


class Bar:
    """Clips done of all videos, on one bar; until its turn, a video has as many as it says."""

    def __init__(self, bar: tqdm, videos: Iterable[Path], recipe: Recipe) -> None:
        self._bar = bar
        self._done: dict[Path, int] = {}
        self._of = {} if bar.disable else {video: _stated(video, recipe) for video in videos}
        self._show()

    def told(self, video: Path, done: int, of: int) -> None:
        """So many clips of a video are done."""
        if self._done.get(video) != done or self._of.get(video) != of:
            self._done[video], self._of[video] = done, of
            self._show()

    def of(self, video: Path) -> int:
        """Clips of a video, as far as is known."""
        return self._of.get(video, 0)

    def _show(self) -> None:
        done = sum(self._done.values())
        self._bar.total = max(sum(self._of.values()), done)
        self._bar.update(done - self._bar.n)


def _stated(video: Path, recipe: Recipe) -> int:
    """How many clips a video has by what its header says."""
    try:
        with open_video(video) as opened:
            seconds, rate = opened.stated()
    except (VideoError, OSError):
        return 0  # its error comes when it is its turn
    fps = recipe.fps or rate
    return recipe.grid(fps).clips(seconds) if fps else 0


def _here(jobs: Mapping[Path, Path], work: Work, bar: Bar) -> list[Row]:
    net = work.ready()
    return [_one(video, path, work, net, partial(bar.told, video)) for video, path in jobs.items()]


def _one(
    video: Path,
    path: Path,
    work: Work,
    net: nn.Module,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Row:
    """A row of the table: what became of a video."""
    try:
        found = where_they_are(
            lambda: extract_video(video, path, net, work.recipe, work.batch_size, cores(), told),
            video,
            path.parent,
        )
        clips = FeatureFile(path).shape[0]
        told(clips, clips)
    except (ValueError, OSError, RuntimeError) as error:
        return Row(str(video), str(path), 0, 0.0, "", str(error))
    return Row(str(video), str(path), clips, found.duration, "; ".join(found.notes), "")


def _on_dask(
    jobs: Mapping[Path, Path], work: Work, bar: Bar, scheduler: str | None, workers: int | None
) -> list[Row]:
    rows: dict[Path, Row] = {}

    def look() -> None:
        for video, path in jobs.items():
            if video not in rows and (done := rows_so_far(path)):
                bar.told(video, done, max(done, bar.of(video)))

    calls = {path: (video, path, work) for video, path in jobs.items()}
    for path, result in carry_out(_on_worker, calls, scheduler, workers or 1, look):
        video = calls[path][0]
        rows[video] = row = _result(result, video, path)
        bar.told(video, row.clips, row.clips)
    return [rows[video] for video in jobs]


def _result(result: Any, video: Path, path: Path) -> Row:
    if isinstance(result, BaseException):
        return Row(str(video), str(path), 0, 0.0, "", f"{type(result).__name__}: {result}")
    return Row(*result)


def _on_worker(video: Path, path: Path, work: Work) -> tuple[Any, ...]:
    return tuple(_one(video, path, work, _loaded(work)))


_kept: dict[tuple[Any, ...], nn.Module] = {}  # of this process, which does many videos


def _loaded(work: Work) -> nn.Module:
    key = (work.recipe, work.device)
    if work.net is not None or key not in _kept:
        _kept[key] = work.ready()
    return _kept[key]
