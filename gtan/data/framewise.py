"""Frame-wise data sets: a folder in MS-TCN's layout, one label and one feature vector a frame.

Source: MS-TCN (Abu Farha and Gall, CVPR 2019) and the work after it:

    FOLDER/groundTruth/VIDEO.txt       one label a line, one line a frame
    FOLDER/mapping.txt                 number and label of each class (optional)
    FOLDER/splits/train.splitK.bundle  the training recordings of split K, one a line
    FOLDER/splits/test.splitK.bundle
    FOLDER/features/VIDEO.npy          [D, T]; or, where each split has a CNN of its own,
    FOLDER/splitK/features/VIDEO.npy

Features of split K are made by a network that has seen the training recordings of split K: they go
with split K only.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from gtan.data.annotated import check_labels, check_names
from gtan.data.annotations import Annotations
from gtan.data.dataset import Dataset, without_excluded
from gtan.data.feature_recording import FeatureRecording
from gtan.data.features import FeatureError, FeatureFile
from gtan.data.formats.frames import read_labels, runs
from gtan.data.formats.rows import Row, lines_of, to_annotations
from gtan.data.headers import odd_widths
from gtan.data.published import PUBLISHED
from gtan.data.scoring import scoring
from gtan.data.texts import listed, shown
from gtan.grid import ClipGrid
from gtan.settings import DataSettings, SettingsError

_SPLIT = re.compile(r"train\.split([0-9]+)\.bundle")


@dataclass(repr=False)
class _CutFile(FeatureFile):
    """A feature file of which the first `clips` count."""

    clips: int = 0

    @cached_property
    def shape(self) -> tuple[int, int]:
        clips, width = super().shape
        return min(clips, self.clips), width


def load_framewise(settings: DataSettings) -> Dataset:
    """The data set in the folder `data.annotations`, split `data.split`.

    Raises:
        SettingsError: a setting is missing, or features of another split are asked for.
        FileNotFoundError: labels or features are missing; all that are missing are listed.
        FeatureError: feature files that do not fit their labels; all are listed.
        ValueError: a fault in a text file, named with its line.
    """
    folder = _folder(settings)
    split = _split(folder, settings)
    bundles = {part: _bundle(folder, part, split) for part in ("train", "test")}
    both = sorted(set(bundles["train"]) & set(bundles["test"]))
    if both:
        raise ValueError(f"{folder}: split {split} trains and tests on {listed(both)}")
    known = [*bundles["train"], *bundles["test"]]
    used = without_excluded(known, settings.exclude)
    subsets = _subsets(bundles, used, settings)
    paths = _features(folder, split, used, settings)
    truth, files = _read(folder, used, paths, settings)
    fps = settings.fps or 1.0
    grid = ClipGrid(settings.clip_stride / fps, settings.clip_length / fps)
    durations = dict(zip(truth.videos["video"], truth.videos["duration"]))
    resized = settings.window if settings.view == "resized" else None
    protocol, tiou = scoring(settings.dataset)
    return Dataset(
        name=settings.dataset,
        classes=_classes(folder, truth.instances, subsets, settings),
        recordings={
            name: FeatureRecording(name, durations[name], files[name], grid, resized)
            for name in used
        },
        truth=truth.instances,
        subsets=subsets,
        feature_dim=next(iter(files.values())).width,
        whole_clips=True,
        protocol=protocol,
        tiou=tiou,
    )


def read_split(
    folder: str | Path, split: int, fps: float, background: tuple[str, ...] = ("background",)
) -> dict[str, Annotations]:
    """The truth of a split, without its features: "train" and "test".

    Example:
        >>> truth = read_split("gtea", 1, fps=15)["test"]  # doctest: +SKIP
    """
    folder = Path(folder)
    return {
        part: _annotations(
            folder,
            {name: read_labels(_labels(folder, name)) for name in _bundle(folder, part, split)},
            fps, background,
        )
        for part in ("train", "test")
    }  # fmt: skip


def _folder(settings: DataSettings) -> Path:
    from gtan.data.store import find  # which reads splits with this module

    if not settings.annotations:
        raise SettingsError("setting data.annotations: name the folder that holds groundTruth/")
    folder = Path(settings.annotations).expanduser()
    if settings.annotations in PUBLISHED and not folder.exists():
        folder = find(settings.annotations)
    for part in ("groundTruth", "splits"):
        if not (folder / part).is_dir():
            raise FileNotFoundError(
                f"there is no {folder / part} (data.annotations), seen from {Path.cwd()}"
            )
    if settings.fps is None:
        raise SettingsError(
            "setting data.fps: say how many labels a second there are; no file of this layout "
            "does (GTEA: 15)"
        )
    return folder


def _split(folder: Path, settings: DataSettings) -> int:
    names = (_SPLIT.fullmatch(path.name) for path in (folder / "splits").iterdir())
    splits = sorted(int(found[1]) for found in names if found)
    if settings.split not in splits:
        raise SettingsError(
            f"setting data.split = {settings.split}: {folder}/splits has "
            f"{', '.join(map(str, splits)) or 'no train.splitK.bundle'}; choose one"
        )
    return settings.split


def _bundle(folder: Path, part: str, split: int) -> tuple[str, ...]:
    """Names of recordings; bundles have them with .txt, or without."""
    path = folder / "splits" / f"{part}.split{split}.bundle"
    names: dict[str, str] = {}
    for place, line in lines_of(path):
        name = Path(line.strip()).name.removesuffix(".txt")
        if names.setdefault(name, place) != place:
            raise ValueError(f"{place}: {name} is there twice; keep one of them")
    check_names(names, path)
    return tuple(names)


def _labels(folder: Path, name: str) -> Path:
    return folder / "groundTruth" / f"{name}.txt"


def _subsets(
    bundles: dict[str, tuple[str, ...]], used: list[str], settings: DataSettings
) -> dict[str, tuple[str, ...]]:
    train, test = (tuple(n for n in bundles[part] if n in used) for part in ("train", "test"))
    every = settings.hold_out_every
    validation = tuple(sorted(train)[::every]) if every else ()
    if settings.train_on == "train":
        train = tuple(name for name in train if name not in validation)
    return {"train": train, "validation": validation, "test": test}


def _features(
    folder: Path, split: int, names: list[str], settings: DataSettings
) -> dict[str, Path]:
    """Each recording's feature file; those of another split are refused."""
    pattern = settings.features
    if not pattern:
        places = [folder / f"split{split}" / "features", folder / "features"]
        found = [place for place in places if place.is_dir()]
        if len(found) != 1:
            others = sorted(path.parent.name for path in folder.glob("split*/features"))
            hint = f" (there is {', '.join(others)}, for its own split only)" if others else ""
            what = "both are there" if found else f"neither is there{hint}"
            raise SettingsError(
                f"setting data.features: {places[0]} or {places[1]}? {what}; say where, as in "
                "'folder/{video}.npy'"
            )
        pattern = f"{found[0]}/{{video}}.npy"
    if "{video}" not in pattern or not pattern.endswith(".npy"):
        raise SettingsError(
            f"setting data.features = {pattern!r}: name a file for each recording, as in "
            "'folder/{video}.npy'"
        )
    of_split = re.search(r"(?:^|[/\\])split([0-9]+)[/\\]", pattern)
    if of_split and int(of_split[1]) != split:
        raise SettingsError(
            f"setting data.features = {pattern!r}: features of split {of_split[1]} go with split "
            f"{of_split[1]} only, and data.split is {split}: their network has seen other videos"
        )
    paths = {name: Path(pattern.replace("{video}", name)).expanduser() for name in names}
    missing = [str(path) for path in paths.values() if not path.exists()]
    missing += [str(p) for p in (_labels(folder, name) for name in names) if not p.exists()]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} files of split {split} are not there: {listed(missing, most=500)}. "
            "Fetch them, or leave the recordings out with data.exclude"
        )
    return paths


def _read(
    folder: Path, names: list[str], paths: dict[str, Path], settings: DataSettings
) -> tuple[Annotations, dict[str, FeatureFile]]:
    """Truth and features, cut to the shorter of the two where they differ by one clip."""
    labels: dict[str, list[str]] = {}
    shapes: dict[str, tuple[int, int]] = {}
    files: dict[str, FeatureFile] = {}
    faults, cut = [], []
    for name in names:
        labels[name] = read_labels(_labels(folder, name))
        try:
            shapes[name] = FeatureFile(paths[name]).shape
        except FeatureError as error:
            faults.append(str(error))
    _check_labels(folder, {label for found in labels.values() for label in found}, settings)
    expected = {name: -(-len(labels[name]) // settings.clip_stride) for name in shapes}
    axis = _time_axis(shapes, expected, paths, settings)
    for name, shape in shapes.items():
        clips = shape[axis]
        if abs(clips - expected[name]) > 1:
            faults.append(
                f"{paths[name]}: shape {shape}, but {len(labels[name])} labels in "
                f"{_labels(folder, name)}: {expected[name]} clips with "
                f"data.clip_stride={settings.clip_stride} expected"
                + _turned(shape[1 - axis] - expected[name], axis, settings)
            )
            continue
        if clips != expected[name]:
            cut.append(name)
        kept = min(clips, expected[name])
        labels[name] = labels[name][: kept * settings.clip_stride]
        files[name] = _CutFile(paths[name], clips_last=axis == 1, clips=kept)
    faults += odd_widths(list(files.values()))
    if faults:
        raise FeatureError(
            f"{len(faults)} of {len(names)} feature files cannot be used:\n"
            + listed(faults, "\n", 500)
        )
    if cut:
        warnings.warn(
            f"{len(cut)} of {len(names)} recordings have a feature more or less than labels and "
            f"are cut to the shorter: {listed(cut)}",
            stacklevel=4,
        )
    return _annotations(folder, labels, settings.fps or 1.0, settings.background), files


def _annotations(
    folder: Path, labels: dict[str, list[str]], fps: float, background: tuple[str, ...]
) -> Annotations:
    rows = [
        Row(f"{_labels(folder, name)}: line {first + 1}", name, label, first / fps, stop / fps)
        for name, found in labels.items()
        for label, first, stop in runs(found)
        if label not in background
    ]
    durations = {name: len(found) / fps for name, found in labels.items()}
    return to_annotations(rows, labels, durations)


def _time_axis(
    shapes: dict[str, tuple[int, int]],
    expected: dict[str, int],
    paths: dict[str, Path],
    settings: DataSettings,
) -> int:
    """Along which axis of all files time goes.

    It has as many clips as labels tell, and the other one the same width in all files. If it is
    neither, for some file is at fault: the one that more files have, MS-TCN's of equal ones.

    Raises:
        SettingsError: both can be it, and the setting does not say which.
    """
    if settings.feature_layout != "detect":
        return int(settings.feature_layout == "clips_last")
    fits = [
        sum(abs(shape[axis] - expected[name]) <= 1 for name, shape in shapes.items())
        for axis in (0, 1)
    ]
    widths = [len({shape[1 - axis] for shape in shapes.values()}) for axis in (0, 1)]
    possible = [axis for axis in (0, 1) if fits[axis] == len(shapes) and widths[axis] == 1]
    if len(possible) == 2:
        name = next(iter(shapes))
        raise SettingsError(
            f"setting data.feature_layout: {paths[name]} of shape {shapes[name]} can be read in "
            "two ways, and so can all others; say 'clips_last' (MS-TCN's) or 'clips_first'"
        )
    return possible[0] if possible else int(fits[1] >= fits[0])


def _turned(difference: int, axis: int, settings: DataSettings) -> str:
    """What to do about a file whose other axis has as many clips as labels tell."""
    if abs(difference) > 1:
        return ""
    if settings.feature_layout == "detect":
        return "; its axes stand otherwise than most files': save it transposed"
    return f"; is data.feature_layout {('clips_last', 'clips_first')[axis]!r}?"


def _check_labels(folder: Path, there: set[str], settings: DataSettings) -> None:
    """That labels of frames, background too, can be told apart, and data.background is there."""
    background = settings.background
    meant = settings.model_copy(update={"classes": (*settings.classes, *background)})
    check_labels(there, meant, folder)
    if background == DataSettings().background:
        return
    mapping = folder / "mapping.txt"
    if mapping.exists():
        there = there.union(_mapping(mapping, ()))
    lacking = [label for label in background if label not in there]
    if lacking:
        raise SettingsError(
            f"setting data.background: {folder} has no label {listed(map(shown, lacking))}; it "
            f"has {listed(map(shown, sorted(there)))}"
        )


def _classes(
    folder: Path,
    instances: pd.DataFrame,
    subsets: dict[str, tuple[str, ...]],
    settings: DataSettings,
) -> tuple[str, ...]:
    """Those of `data.classes`, or of mapping.txt, or of the training recordings."""
    mapping = folder / "mapping.txt"
    if settings.classes:
        classes, source = settings.classes, "data.classes"
    elif mapping.exists():
        classes, source = _mapping(mapping, settings.background), str(mapping)
    else:
        learned = instances["video"].isin([*subsets["train"], *subsets["validation"]])
        classes = tuple(sorted(set(instances["label"][learned])))
        source = "the training recordings"
    twice = [label for label in classes if classes.count(label) > 1]
    if twice:
        raise SettingsError(f"setting data.classes: {shown(twice[0])} is there twice")
    unknown = instances[~instances["label"].isin(classes)]
    if len(unknown):
        found = sorted({f"{row.label!r} in {row.video}" for row in unknown.itertuples()})
        raise ValueError(
            f"{folder}: labels that {source} lack: {listed(found)}; correct them, name them in "
            "data.classes, or in data.background if nothing happens there"
        )
    return classes


def _mapping(path: Path, background: tuple[str, ...]) -> tuple[str, ...]:
    names = []
    for place, line in lines_of(path):
        number, _, name = line.strip().partition(" ")
        if not number.isdigit() or not name:
            raise ValueError(f"{place}: {line!r} is not a number and a label, as in '1 take'")
        if name.strip() in names:
            raise ValueError(f"{place}: label {shown(name.strip())} is there twice; keep one")
        names.append(name.strip())
    return tuple(name for name in names if name not in background)
