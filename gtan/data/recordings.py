"""Any data set: ActivityNet annotations, and one feature sequence for each recording.

Everything that can be checked without reading the features is checked when the data set is loaded,
for all recordings at once, so that an error comes before the training and lists all there is to
mend. Features are read stretch by stretch when a window asks for them.
"""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

import pandas as pd

from gtan.data.annotated import annotation_file as annotation_file
from gtan.data.annotated import (
    annotations_path,
    check_look_alikes,
    check_names,
    check_times,
    clip_grid,
    read_chosen,
)
from gtan.data.annotations import AMBIGUOUS
from gtan.data.dataset import Dataset
from gtan.data.extracted import what_files_say
from gtan.data.feature_places import feature_file, recordings_without
from gtan.data.feature_recording import FeatureRecording
from gtan.data.headers import check_headers
from gtan.data.scoring import scoring
from gtan.data.subsets import classes_of, subsets_of
from gtan.data.texts import shown
from gtan.extraction.feature_file import Extracted
from gtan.grid import ClipGrid
from gtan.settings import DataSettings, SettingsError


def load_features(settings: DataSettings, only: Collection[str] | None = None) -> Dataset:
    """The data set of `settings`: annotations, and features that are read when needed.

    Args:
        settings: `data.*`.
        only: recordings; of the others no file is opened, and they are left out. All must have
            been loaded once before: what a file alone cannot show is not checked.

    Raises:
        KeyError: the annotations have none of the recordings named in `only`.
        SettingsError: a setting is missing or contradicts another one.
        FileNotFoundError: annotations or features are missing; all that are missing are listed.
        FeatureError: feature files that cannot be what they claim; all are listed.
        ValueError: annotations with a fault, named with their file.
    """
    # What the annotations say.
    path = annotations_path(settings)
    truth = read_chosen(path, settings)
    check_names(truth.videos["video"], path)
    subsets = subsets_of(truth.videos, settings, path)
    used = list(dict.fromkeys(name for names in subsets.values() for name in names))
    if not used:
        raise SettingsError("settings data.*_subset: no recording is left; name a subset")
    check_look_alikes(used, truth.instances, settings, path)
    whole, known = truth.instances[truth.instances["video"].isin(used)], subsets
    if only is not None:
        used = _chosen(used, only, settings)
        subsets = {s: tuple(n for n in names if n in used) for s, names in subsets.items()}
        if settings.feature_layout == "detect":  # all files together have shown it
            settings = settings.model_copy(update={"feature_layout": "clips_first"})
    files = {name: feature_file(name, settings) for name in used}
    made = what_files_say(files, settings)
    videos = truth.videos.set_index("video").loc[used]
    instances = whole[whole["video"].isin(used)]
    check_times(videos, instances, settings, path, placed=made)
    unclear = instances["label"] == AMBIGUOUS  # THUMOS14's; counts neither for nor against
    instances, ambiguous = instances[~unclear], instances[unclear]

    # Where the features lie, and what their headers say.
    classes = classes_of(whole[whole["label"] != AMBIGUOUS], known, settings, path)
    missing = recordings_without(files, settings, path)
    recordings = {
        name: FeatureRecording(
            name=name,
            duration=duration,
            file=files[name],
            file_grid=_grid(made.get(name), fps, settings),
            resized=settings.window if settings.view == "resized" else None,
        )
        for name, duration, fps in zip(used, videos["duration"], videos["fps"])
        if name not in missing
    }
    width = check_headers(recordings, videos["fps"], settings, made)

    protocol, tiou = scoring(settings.dataset)
    return Dataset(
        name=settings.dataset,
        classes=classes,
        recordings=dict(recordings),
        truth=instances[instances["video"].isin(list(recordings))].reset_index(drop=True),
        subsets={s: tuple(n for n in names if n in recordings) for s, names in subsets.items()},
        feature_dim=width,
        whole_clips=True,
        protocol=protocol,
        tiou=tiou,
        ambiguous=ambiguous[ambiguous["video"].isin(list(recordings))].reset_index(drop=True),
        skipped=_skipped(subsets, missing, instances),
        recipe=next((one.recipe for one in made.values()), None),  # all were made alike
    )


def _chosen(names: list[str], only: Collection[str], settings: DataSettings) -> list[str]:
    """Those of the names that are asked for; KeyError names one that is not there."""
    unknown = [name for name in only if name not in set(names)]
    if unknown:
        near = get_close_matches(unknown[0], names, n=3)
        meant = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise KeyError(f"{settings.dataset} has no recording {shown(unknown[0])}{meant}")
    return [name for name in names if name in set(only)]


def _grid(made: Extracted | None, fps: float, settings: DataSettings) -> ClipGrid | None:
    """Where a file's clips lie; None: evenly over the recording."""
    if settings.spacing == "even":
        return None
    return made.grid if made else clip_grid(settings.fps or fps, settings)


def _skipped(
    subsets: dict[str, tuple[str, ...]], missing: set[str], instances: pd.DataFrame
) -> dict[str, dict[str, int]]:
    """How many actions each recording without features has, by subset."""
    actions = instances["video"].value_counts()
    return {
        subset: {name: int(actions.get(name, 0)) for name in names if name in missing}
        for subset, names in subsets.items()
        if missing.intersection(names)
    }
