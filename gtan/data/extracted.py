"""Feature files that say themselves how they were made, and where their clips lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gtan.data.feature_recording import FeatureRecording
from gtan.data.features import FeatureError, FeatureFile
from gtan.data.texts import listed
from gtan.extraction.feature_file import Extracted, read_extracted
from gtan.settings import DataSettings, SettingsError

SLACK = 1.0  # seconds by which a video and its annotations may disagree; else `data.tolerance`


def what_files_say(
    files: Mapping[str, FeatureFile], settings: DataSettings
) -> dict[str, Extracted]:
    """What is known of each recording whose features were extracted by us.

    Raises:
        FeatureError: what files say cannot be, all of them; or they were made in two ways.
        SettingsError: `data.fps` is given, which they have themselves.
    """
    made: dict[str, Extracted] = {}
    faults = []
    for name, file in files.items():
        if os.path.isfile(file.path):  # False, too, of a name that no file can have
            try:
                found = read_extracted(file.path)
            except ValueError as error:
                faults.append(str(error))
                continue
            if found is not None:
                made[name] = found
    if faults:
        raise FeatureError(listed(faults, "\n", most=1000))
    if made and settings.fps is not None:
        first = files[next(iter(made))].path
        raise SettingsError(
            f"setting data.fps = {settings.fps:g} has no effect, since {first} and others say "
            "themselves where their clips lie; leave it out"
        )
    _check_alike(made, files)
    return made


def _check_alike(made: Mapping[str, Extracted], files: Mapping[str, FeatureFile]) -> None:
    """Refuse files that were made in two ways."""
    names = list(made)
    for name in names[1:]:
        other = made[names[0]].recipe.differences(made[name].recipe)
        if other:
            raise FeatureError(
                f"{files[names[0]].path} and {files[name].path} were made otherwise: "
                f"{'; '.join(other)}; extract all of them alike"
            )


def recording_of_file(name: str, path: Path) -> FeatureRecording:
    """A recording of an extracted file, as long as its video.

    Raises:
        FeatureError: it was not extracted by us.
    """
    made = read_extracted(path)
    if made is None:
        raise FeatureError(f"{path} does not say where its clips lie; extract it by gtan extract")
    return FeatureRecording(name, made.duration, FeatureFile(path), made.grid, resized=None)


def duration_fault(file: Path, made: Extracted, duration: float, tolerance: float) -> str:
    """How far a video's length is from what its annotations say; "" where it is near.

    Example:
        >>> from gtan.extraction import Recipe
        >>> from gtan.grid import ClipGrid
        >>> recipe = Recipe(backbone="mine", scale=128, crop=112)
        >>> made = Extracted(60.0, ClipGrid(0.32, 0.64), recipe, {"name": "monday.mp4"})
        >>> duration_fault(Path("f/monday.safetensors"), made, 61.5, 0.05)
        ''
        >>> duration_fault(Path("f/monday.safetensors"), made, 90.0, 0.05)[-73:]
        'lasts 60 s, and its annotations say 90 s: one of them is of another video'
    """
    if abs(made.duration - duration) <= max(SLACK, tolerance * duration):
        return ""
    return (
        f"{file}: the video {made.video.get('name')} lasts {made.duration:g} s, and its "
        f"annotations say {duration:g} s: one of them is of another video"
    )
