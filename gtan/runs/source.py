"""What one may ask a run to look at: its own recordings by name, and new ones by their features."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import pandas as pd

from gtan.data.annotations import TRUTH_COLUMNS
from gtan.data.brought import check_seconds, feature_file, files_in, new_recording
from gtan.data.dataset import Dataset, Recording
from gtan.data.features import SUFFIXES
from gtan.data.texts import listed, name_fault, shown
from gtan.data.video_recording import VideoRecording, make_ready
from gtan.extraction.recipe import find_weights
from gtan.runs.run import Run
from gtan.video.names import VIDEOS, videos_in

# What `detect` looks at: names, paths, new recordings by name; and a number for each new one.
Source = str | Path | Iterable[str | Path] | Mapping[str, Any]
SUBSETS = ("train", "validation", "test")
ByRecording = float | Mapping[str, float] | None


def choose_recordings(
    run: Run,
    source: Source,
    fps: ByRecording = None,
    duration: ByRecording = None,
    weights: str | Path | None = None,
) -> dict[str, Recording]:
    """The recordings that `source` means, in its order; arguments and errors as of `detect`.

    The run's data set is loaded only where one of its recordings is meant, or a new one must be
    treated as they were (SBHAR).
    """
    meant = list(_parts(source))
    _load(run, [name for name, given in meant if given is None and name not in SUBSETS])
    parts = [
        (known, given)
        for name, given in meant
        for known in (_known(run, name) if given is None else [name])
    ]
    new = [name for name, given in parts if given is not None]
    names = {name for name, given in parts if given is None}
    twice = [name for name in new if name in names or new.count(name) > 1]
    if twice:
        raise ValueError(
            f"two recordings are named {shown(twice[0])}; give new ones other names: "
            "{'monday': path}"
        )
    videos = {name for name, given in parts if is_video(given)}
    new = [name for name in new if name not in videos]  # videos have fps and duration of their own
    for what, values in (("fps", fps), ("duration", duration)):
        idle = set(values) - set(new) if isinstance(values, Mapping) else set()
        if idle or (values is not None and not new):
            named = f" named {listed(map(shown, idle))}" if idle else ""
            raise ValueError(
                f"{what} is for new recordings of features, and there is none{named}; those of "
                "the run have their own, and so have videos"
            )
    if weights is not None and not videos:
        raise ValueError("weights are a backbone's, for videos, and there is none")

    def recording(name: str, given: Any) -> Recording:
        if given is None:
            return run.dataset([name]).recordings[name]
        if hasattr(given, "features") and hasattr(given, "clips"):
            return cast("Recording", given)
        data = run.settings.data
        if is_video(given):
            return video_recording(name, Path(given).expanduser(), run, weights)
        return new_recording(
            name,
            given,
            data,
            run.settings.network.feature_dim,
            like=next(iter(run.dataset().recordings.values())) if data.dataset == "sbhar" else None,
            fps=check_seconds(name, "fps", _of(fps, name)),
            duration=check_seconds(name, "duration", _of(duration, name)),
            recipe=run.recipe(),
        )

    return {name: recording(name, given) for name, given in dict(parts).items()}


def with_recordings(run: Run, recordings: Mapping[str, Recording]) -> Run:
    """The run with other recordings instead of its data set's; see `Run.with_recordings`."""
    twice = stored_names(run).intersection(recordings)
    if twice:
        raise ValueError(
            f"{run.path} has a recording {shown(min(twice))} of its own; give the new one another "
            "name: {'monday': path}"
        )
    found = copy(run)
    found.brought, found._dataset = tuple(recordings), dataset_of(run, recordings)
    return found


def stored_names(run: Run) -> set[str]:
    """Recordings of which a run keeps Explanations or sigmas: no other may have their names."""
    there = {name for name, _ in run.explanations()}
    if (run.path / "trace" / "index.json").exists():
        there |= {str(probe["recording"]) for probe in run.trace().index["probes"]}
    return there


def dataset_of(run: Run, recordings: Mapping[str, Recording]) -> Dataset:
    """Recordings as a run's data set, without truth."""
    return Dataset(
        name=run.settings.data.dataset,
        classes=run.classes,
        recordings=dict(recordings),
        truth=pd.DataFrame(columns=list(TRUTH_COLUMNS)),
        subsets={"train": (), "validation": (), "test": ()},
        feature_dim=run.settings.network.feature_dim,
        prepare=lambda names, progress: make_ready([recordings[n] for n in names], progress),
    )


def files_meant(source: Source) -> list[Path]:
    """The files that `source` names, those of its folders too."""
    return [Path(given) for _, given in _parts(source) if isinstance(given, str | Path)]


def files_of(recordings: Mapping[str, Recording]) -> list[Path]:
    """The feature files behind recordings, of those that have one."""
    files: list[Any] = [getattr(recording, "file", None) for recording in recordings.values()]
    return [Path(file.path) for file in files if hasattr(file, "path")]


def _of(values: ByRecording, name: str) -> Any:
    return values.get(name) if isinstance(values, Mapping) else values


def _parts(source: Source) -> Iterator[tuple[str, Any]]:
    """Names of new recordings with what was given for them, other names with None."""
    if isinstance(source, Mapping):
        for name, given in source.items():
            fault = name_fault(name)
            if fault or given is None:
                raise ValueError(f"recording {shown(name)}: {fault or 'no features are given'}")
            yield name, given
    elif isinstance(source, str | Path):
        if not str(source).strip():
            raise ValueError("an empty text names no recording, file or folder")
        path = Path(source).expanduser()
        if not (isinstance(source, Path) or _is_path(source, path)):
            yield source, None
        elif path.is_dir():
            yield from ((file.stem, file) for file in _files_in(path))
        else:
            yield path.stem, path
    elif hasattr(source, "shape") or not isinstance(source, Iterable):
        raise ValueError("give a new recording a name: {'monday': features}")
    else:
        for one in source:
            if not isinstance(one, str | Path):
                raise ValueError(f"{shown(one)} is no name or path; write {{'monday': features}}")
            yield from _parts(one)


def _is_path(text: str, path: Path) -> bool:
    """Whether a text that may be a name means a file or folder; names have no slash."""
    if "/" in text or os.sep in text:
        return True
    if path.is_dir() and text not in SUBSETS:
        return any(file.suffix.lower() in (*SUFFIXES, *VIDEOS) for file in path.iterdir())
    return path.suffix.lower() in (*SUFFIXES, *VIDEOS) and path.exists()


def _files_in(folder: Path) -> list[Path]:
    """The feature files of a folder; or, where there is none, its videos."""
    try:
        return files_in(folder)
    except FileNotFoundError:
        try:
            return videos_in(folder)
        except FileNotFoundError:
            pass
        raise


def is_video(given: Any) -> bool:
    """Whether what was given for a recording is the path of a video, by how it ends."""
    return isinstance(given, str | Path) and Path(given).suffix.lower() in VIDEOS


def video_recording(
    name: str, path: Path, run: Run, weights: str | Path | None = None
) -> VideoRecording:
    """A video as a recording, whose features will be made as the run's were.

    Raises:
        FileNotFoundError: there is no such video, or the backbone's weights are not here.
        ValueError: how the run's features were made is not known; or they were made by others.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no video {path}, seen from {Path.cwd()}")
    recipe = run.recipe()
    if recipe is None:
        raise ValueError(
            f"{path}: a video becomes features as the run's did, and how those were made is not "
            f"known of {run.path}: they were not extracted by gtan extract. Make features of the "
            "video as they were made, and give their file; or train on features by gtan extract"
        )
    found = find_weights(recipe, None if weights is None else Path(weights).expanduser())
    return VideoRecording(name, path.absolute(), recipe, found)


def _load(run: Run, names: Sequence[str]) -> bool:
    """Load recordings of the run's data set together, without the others; whether all are there."""
    try:
        return bool(names) and set(names) <= set(run.dataset(names).recordings)
    except (ValueError, OSError, KeyError):  # told where it is known what was meant
        return False


def _known(run: Run, name: str) -> Iterable[str]:
    """The recordings of a subset, or the one of that name."""
    path = Path(name)
    if path.suffix.lower() in VIDEOS and name not in SUBSETS:
        raise FileNotFoundError(f"there is no video {path}, seen from {Path.cwd()}")
    looks_like_file = path.suffix.lower() in SUFFIXES or path.is_file()
    if looks_like_file and name not in SUBSETS:
        try:
            known = name in run.dataset([name]).recordings
        except (ValueError, OSError, KeyError):  # the run's data need not be here
            known = False
        if not known:
            feature_file(name, path, run.settings.data)  # says what is wrong with it
    if name not in SUBSETS and _load(run, [name]):
        return [name]
    dataset = run.dataset()
    if name in dataset.subsets:
        return dataset.subsets[name]
    if name not in dataset.recordings:
        near = get_close_matches(name, [*dataset.subsets, *dataset.recordings], n=3)
        meant = f": did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise KeyError(
            f"{dataset.name} has no recording {shown(name)}; give "
            f"{', '.join(map(repr, dataset.subsets))}, or names such as "
            f"{next(iter(dataset.recordings), 'v')!r}, or paths of feature files{meant}"
        )
    return [name]
