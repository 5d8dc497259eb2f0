"""A user's own recordings, for a network that is trained: no truth, no subset, features alone.

What a feature sequence does not say of itself, where its clips lie in time and how its file is
read, is as in the run's settings, unless it is given. Whatever cannot be is an error that names the
recording.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gtan.data.annotated import clip_grid
from gtan.data.annotations import LONGEST
from gtan.data.dataset import Recording
from gtan.data.feature_recording import FeatureRecording
from gtan.data.features import HDF5, SAFE, SUFFIXES, TORCH, FeatureError, FeatureFile
from gtan.data.sensors import RATE, SensorRecording
from gtan.data.stride import check_stride
from gtan.data.texts import listed, shown
from gtan.extraction.feature_file import Extracted, read_extracted
from gtan.extraction.recipe import Recipe
from gtan.settings import DataSettings
from gtan.world.dataset import with_grid

KEYED = (".npz", *HDF5, *TORCH, *SAFE)  # may hold several arrays
GRAVITY = (0.2, 5.0)  # g; beyond, what a sensor shows most of the time is no acceleration in g


@dataclass(repr=False)
class FeatureArray(FeatureFile):
    """A feature sequence in memory, or anything that can be sliced, with the checks of a file's."""

    array: Any = None

    @property
    def _suffix(self) -> str:
        return ""

    @contextmanager
    def _any_kind(self) -> Iterator[Any]:
        yield self.array


def feature_file(name: str, given: Any, settings: DataSettings) -> FeatureFile:
    """The features of recording `name`: of a path, an array [T, D], or a `FeatureFile` as it is.

    Raises:
        FileNotFoundError: there is no such file.
        FeatureError: it ends as no feature file does, or is no array.
    """
    if isinstance(given, FeatureFile):
        return given
    if not isinstance(given, str | Path):
        return FeatureArray(Path(name), array=_array(name, given))
    path = Path(given).expanduser()
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise FeatureError(
            f"{path}: features are read from {', '.join(SUFFIXES)}; a recording itself becomes "
            "features as the run's did, other files are converted"
        )
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}, seen from {Path.cwd()}")
    key = settings.feature_key if suffix in KEYED else ""
    if suffix in HDF5 and settings.features and "{video}" not in settings.features:
        key = key or "{video}"  # one file holds all
    return FeatureFile(
        path=path,
        key=key.replace("{video}", name),
        clips_last=settings.feature_layout == "clips_last",
        csv_header=settings.csv_header,
        csv_skip_columns=settings.csv_skip_columns,
    )


def _array(name: str, given: Any) -> Any:
    if isinstance(getattr(given, "dtype", None), np.dtype) and hasattr(given, "shape"):
        return given  # also what numpy maps, and what h5py has opened
    try:
        return np.asarray(given)
    except Exception as error:  # whatever somebody's array raises, as torch's on a GPU
        raise FeatureError(f"{name}: is no array [clips, dimensions] ({error})") from None


def feature_recording(
    name: str,
    file: FeatureFile,
    settings: DataSettings,
    width: int,
    fps: float | None = None,
    duration: float | None = None,
) -> FeatureRecording:
    """A new recording, with its clips where the settings of a run put them.

    Args:
        name: of the recording.
        file: holds the features.
        settings: the run's.
        width: D on which it was trained.
        fps: frames a second; None: the run's.
        duration: seconds; None: up to the end of the last clip.

    Raises:
        ValueError: fps or duration are needed, or have no effect.
        FeatureError: other dimensions than the run's, [D, T], or a number of clips that fps and
            duration do not allow.
    """
    file = _checked_width(file, settings, width)
    clips = file.shape[0]
    resized = settings.window if settings.view == "resized" else None
    if settings.spacing == "even":
        if fps is not None:
            raise ValueError(
                f"{name}: fps has no effect, since the run's clips lie evenly over a recording "
                "(data.spacing): give duration alone"
            )
        if duration is None:
            raise ValueError(
                f"{name}: how many seconds long is it? The run's clips lie evenly over a recording "
                "(data.spacing), however many: give duration (--duration)"
            )
        return FeatureRecording(name, duration, file, None, resized)
    rate = fps or settings.fps
    if rate is None:
        raise ValueError(
            f"{name}: how many frames a second had it? The run's settings do not say, its "
            "annotations did for each recording: give fps (--fps)"
        )
    grid = clip_grid(rate, settings)
    if duration is None and settings.dataset == "framewise":
        duration = clips * grid.stride  # as many labels would stand beside them
    elif duration is None:
        # Where clip 0 reaches before the recording, the last one reaches as far behind it.
        end = grid.offset + (clips - 1) * grid.stride + grid.length + min(grid.offset, 0.0)
        duration = max(end, grid.stride)
    else:
        check = check_stride(
            clips, duration, fps=rate, stride=settings.clip_stride, length=settings.clip_length,
            offset=settings.clip_offset, tolerance=settings.tolerance,
        )  # fmt: skip
        if not check.possible:
            raise FeatureError(f"{file.place}: {duration:g} s at {rate:g} frames a second: {check}")
    return FeatureRecording(name, duration, file, grid, resized)


def extracted_recording(
    name: str,
    file: FeatureFile,
    made: Extracted,
    settings: DataSettings,
    width: int,
    recipe: Recipe | None,
    fps: float | None,
    duration: float | None,
) -> FeatureRecording:
    """A new recording whose file says where its clips lie; arguments as of `new_recording`.

    Raises:
        ValueError: fps or duration are given.
        FeatureError: it was made in another way than the run's.
    """
    if fps is not None or duration is not None:
        raise ValueError(
            f"{name}: {file.path} says itself where its clips lie and how long it is; leave out "
            "fps and duration"
        )
    other = recipe.differences(made.recipe) if recipe else []
    if other:
        raise FeatureError(
            f"{file.path}: was made otherwise than the run's features ({'; '.join(other)}); "
            "extract it as those, or give the video itself"
        )
    if file.shape[1] != width:
        raise FeatureError(
            f"{file.place}: has {file.shape[1]} dimensions, and the run was trained on {width}: "
            "make features as its were made"
        )
    resized = settings.window if settings.view == "resized" else None
    return FeatureRecording(name, made.duration, file, made.grid, resized)


def _checked_width(file: FeatureFile, settings: DataSettings, width: int) -> FeatureFile:
    """The file, with clips in the axis where they are; that axis is never guessed silently."""
    clips, found = file.shape
    if found == width:
        plain = type(file) is FeatureFile and settings.feature_layout == "detect"
        if clips == width and (plain or isinstance(file, FeatureArray)):
            warnings.warn(
                f"{file.place}: has {width} clips and as many dimensions, and is read as [clips, "
                "dimensions]; if it is [dimensions, clips], turn it (array.T)",
                stacklevel=5,
            )
        return file
    if clips == width and settings.dataset == "framewise" and not isinstance(file, FeatureArray):
        return replace(file, clips_last=not file.clips_last)  # MS-TCN's files are [D, T]
    if clips == width:
        raise FeatureError(
            f"{file.place}: has {found} dimensions in its last axis and {width}, those the run was "
            "trained on, in its first: it is [dimensions, clips]; turn it (array.T)"
        )
    raise FeatureError(
        f"{file.place}: has {found} dimensions ({clips} clips), and the run was trained on {width}:"
        " make features as its were made"
    )


def sensor_recording(
    name: str,
    file: FeatureFile,
    like: SensorRecording,
    fps: float | None = None,
    duration: float | None = None,
) -> SensorRecording:
    """A new recording of a smartphone at the waist, for a run on SBHAR.

    Args:
        name: of the recording.
        file: samples [S, channels] in g and rad/s, 50 a second.
        like: a recording of the run's data set, with its channels, clips and normalisation.
        fps: if given, 50.
        duration: if given, that of the samples.

    Raises:
        FeatureError: it holds something else.
        ValueError: other fps, or a duration of other samples a second.
    """
    samples, channels = file.shape
    wanted = (
        f"a run on SBHAR wants samples [S, {len(like.channel_names)}], {RATE:g} a second: "
        f"{', '.join(like.channel_names)}"
    )
    if channels != len(like.channel_names):
        turned = "; turn it (array.T)" if samples == len(like.channel_names) else ""
        raise FeatureError(f"{file.place}: has shape {(samples, channels)}; {wanted}{turned}")
    if fps is not None and fps != RATE:
        raise ValueError(f"{name}: {fps:g} samples a second; {wanted}: resample it")
    if duration is not None and abs(samples / RATE - duration) > max(1.0, 0.05 * duration):
        raise ValueError(
            f"{name}: {samples} samples in {duration:g} s are {samples / duration:.3g} a second; "
            f"{wanted}: resample it"
        )
    values = file.read(0, samples)
    if like.channel_names[0].startswith("acc"):
        strength = float(np.median(np.linalg.norm(values[:, :3], axis=1)))
        if not GRAVITY[0] < strength < GRAVITY[1]:
            warnings.warn(
                f"{file.place}: its acceleration is {strength:.3g} g most of the time, where "
                "gravity alone is 1: is it in m/s^2 (divide by 9.80665), or in another order? "
                f"{wanted}",
                stacklevel=4,
            )
    return replace(like, name=name, samples=values)


def check_seconds(name: str, what: str, value: Any) -> float | None:
    """A frame rate or duration that somebody gave, or None.

    Raises:
        ValueError: it is no positive number.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise ValueError(f"{name}: {what} = {shown(value)} is not a number")
    if not 0 < value <= LONGEST:
        raise ValueError(f"{name}: {what} = {value} is not a positive number up to {LONGEST:g}")
    return float(value)


def files_in(folder: Path) -> list[Path]:
    """The feature files of a folder, by name.

    Raises:
        FileNotFoundError: there is none.
    """
    files = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    if not files:
        raise FileNotFoundError(
            f"{folder} holds no feature files ({listed(SUFFIXES)}); name the files, or their folder"
        )
    return files


def new_recording(
    name: str,
    given: Any,
    settings: DataSettings,
    width: int,
    like: Recording | None,
    fps: float | None,
    duration: float | None,
    recipe: Recipe | None = None,
) -> Recording:
    """A recording that a run has never seen; see `feature_recording` and `sensor_recording`.

    Args:
        recipe: how the run's features were made; those of a file that says otherwise are refused.
    """
    settings = with_grid(settings)
    file = feature_file(name, given, settings)
    made = read_extracted(file.path) if not isinstance(file, FeatureArray) else None
    if made is not None:
        return extracted_recording(name, file, made, settings, width, recipe, fps, duration)
    if isinstance(like, SensorRecording):
        return sensor_recording(name, file, like, fps, duration)
    return feature_recording(name, file, settings, width, fps, duration)
