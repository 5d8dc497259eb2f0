"""Any data set: ActivityNet annotations, and one feature sequence for each recording.

Everything that can be checked without reading the features is checked when the data set is loaded,
for all recordings at once, so that an error comes before the training and lists all there is to
mend. Features are read stretch by stretch when a window asks for them.
"""

from __future__ import annotations

import os
import warnings
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pandas as pd

from gtan.data.annotations import (
    AMBIGUOUS,
    LONGEST,
    Annotations,
    read_database,
    read_stated,
)
from gtan.data.dataset import Dataset, Floats, recording_card, recording_line, without_excluded
from gtan.data.features import HDF5, SUFFIXES, FeatureError, FeatureFile
from gtan.data.labels import read_label_map
from gtan.data.names import look_alikes
from gtan.data.stride import StrideCheck, check_stride
from gtan.data.texts import cut, listed, reason, shown
from gtan.grid import ClipGrid
from gtan.settings import AugmentationSettings, DataSettings, SettingsError

SLACK = 1.0  # seconds by which annotators overshoot a recording's end; ActivityNet's do by 0.85

# Protocol and thresholds of the figures: the official ones, THUMOS14's up to the usual 0.7.
_SCORING = {
    "thumos14": ("thumos14", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)),
    "activitynet": ("activitynet", tuple(float(t) for t in np.linspace(0.5, 0.95, 10))),
    "features": ("activitynet", (0.3, 0.4, 0.5, 0.6, 0.7)),
}


@dataclass(frozen=True)
class FeatureRecording:
    """A recording whose features lie in a file.

    Attributes:
        duration: seconds.
        file: holds the features.
        file_grid: where the file's clips lie; None: evenly over the recording.
        resized: number of clips that the recording is resized to; None: as in the file.
    """

    name: str
    duration: float
    file: FeatureFile
    file_grid: ClipGrid | None
    resized: int | None

    def __repr__(self) -> str:
        return recording_line(self)

    def _repr_html_(self) -> str:
        return recording_card(self)

    @property
    def clips(self) -> int:
        """Length of the feature sequence."""
        return self.resized or self.file.shape[0]

    @property
    def grid(self) -> ClipGrid:
        """Clip grid in seconds."""
        if self.resized:
            return ClipGrid(self.duration / self.resized, self.duration / self.resized)
        return self._file_grid()

    def _file_grid(self) -> ClipGrid:
        if self.file_grid is not None:
            return self.file_grid
        stride = self.duration / self.file.shape[0]
        return ClipGrid(stride, stride)

    def features(
        self,
        start: float,
        count: int,
        speed: float = 1.0,
        augmentation: AugmentationSettings | None = None,
        rng: np.random.Generator | None = None,
    ) -> Floats:
        """[count, D]; linear between clips, beyond either end the last one repeats."""
        if augmentation is not None and (augmentation.rotation or augmentation.yaw):
            raise SettingsError(
                "settings augmentation.rotation and augmentation.yaw turn a sensor; for features "
                "set them to 0"
            )
        positions = start + speed * (np.arange(count) + 0.5)
        if self.resized:
            positions = self._file_grid().from_seconds(self.grid.to_seconds(positions))
        index = (positions - 0.5).clip(0, self.file.shape[0] - 1)
        index = np.where(abs(index - index.round()) < 1e-6, index.round(), index)
        left = index.astype(np.int64)
        right = np.ceil(index).astype(np.int64)
        clips = self.file.read(int(left.min()), int(right.max()) + 1)
        left, right = left - left.min(), right - left.min()
        features = clips[left]
        between = np.flatnonzero(right > left)
        if len(between):
            share = (index % 1)[between, None].astype(np.float32)
            features[between] += share * (clips[right[between]] - features[between])
        if augmentation is not None and rng is not None and augmentation.noise:
            noise = rng.standard_normal(features.shape, dtype=np.float32)
            features += np.float32(augmentation.noise) * clips.std(0) * noise
        return features

    def signal(self) -> tuple[Floats, float, list[str]]:
        """Length of the feature vectors over time, 1 on average: [S, 1], samples a second, name."""
        norms = np.linalg.norm(self.file.read(0, self.file.shape[0]), axis=1)
        grid = self._file_grid()
        seconds = np.arange(0, self.duration, grid.stride)
        values = np.interp(grid.from_seconds(seconds) - 0.5, np.arange(len(norms)), norms)
        values = values / max(float(norms.mean()), 1e-12)
        return values[:, None].astype(np.float32), 1 / grid.stride, ["|feature| (mean = 1)"]


def annotation_file(dataset: str) -> Path:
    """The annotations of "thumos14" or "activitynet" that ship with the package.

    Example:
        >>> from gtan.data.annotations import read_truth
        >>> len(read_truth(annotation_file("thumos14"), "Test").videos)
        213
    """
    return Path(str(resources.files("gtan.data") / dataset / "annotations.json.gz"))


def load_features(settings: DataSettings) -> Dataset:
    """The data set of `settings`: annotations, and features that are read when needed.

    Raises:
        SettingsError: a setting is missing or contradicts another one.
        FileNotFoundError: annotations or features are missing; all that are missing are listed.
        FeatureError: feature files that cannot be what they claim; all are listed.
        ValueError: annotations with a fault, named with their file.
    """
    path = _annotations(settings)
    truth = _chosen(path, settings)
    _check_names(truth.videos["video"], path)
    subsets = _subsets(truth.videos, settings, path)
    used = list(dict.fromkeys(name for names in subsets.values() for name in names))
    if not used:
        raise SettingsError("settings data.*_subset: no recording is left; name a subset")
    _check_look_alikes(used, truth.instances, settings, path)
    videos = truth.videos.set_index("video").loc[used]
    truth = Annotations(truth.instances[truth.instances["video"].isin(used)], truth.videos)
    _check_durations(videos, truth.instances, settings, path)
    files = {name: _feature_file(name, settings) for name in used}
    recordings = {
        name: FeatureRecording(
            name=name,
            duration=duration,
            file=files[name],
            file_grid=None if settings.spacing == "even" else _grid(fps, settings),
            resized=settings.window if settings.view == "resized" else None,
        )
        for name, duration, fps in zip(used, videos["duration"], videos["fps"])
    }
    unclear = truth.instances["label"] == AMBIGUOUS  # THUMOS14's; counts neither for nor against
    classes = _classes(truth.instances[~unclear], subsets, settings, path)
    missing = _missing(files, settings)
    if missing and (settings.missing_features == "error" or len(missing) == len(used)):
        instead = f"; {_instead_of(files[missing[0]])}" if len(missing) == len(used) else ""
        raise FileNotFoundError(
            f"{len(missing)} of {len(used)} recordings of {path} have no features at "
            f"data.features={shown(settings.features, 500)}{_key_of_all(settings)}: "
            f"{listed(missing)}. Fetch or extract them, or leave them out with "
            "data.missing_features='skip' or data.exclude. The first is looked for at "
            f"{cut(files[missing[0]].place, 500)}, seen from {Path.cwd()}{instead}"
        )
    if missing:
        warnings.warn(
            f"{len(missing)} of {len(used)} recordings have no features and are left out",
            stacklevel=3,
        )
    absent = set(missing)
    for name in absent:
        del recordings[name]
    width = _check_files(recordings, videos["fps"], settings)
    counts = truth.instances["video"][~unclear].value_counts()
    skipped = {
        subset: {name: int(counts.get(name, 0)) for name in names if name in absent}
        for subset, names in subsets.items()
    }
    subsets = {s: tuple(n for n in names if n in recordings) for s, names in subsets.items()}
    instances = truth.instances[truth.instances["video"].isin(list(recordings))]
    unclear = unclear[instances.index]
    protocol, tiou = _SCORING[settings.dataset]
    return Dataset(
        name=settings.dataset,
        classes=classes,
        recordings=dict(recordings),
        truth=instances[~unclear].reset_index(drop=True),
        subsets=subsets,
        feature_dim=width,
        whole_clips=True,
        protocol=protocol,
        tiou=tiou,
        ambiguous=instances[unclear].reset_index(drop=True),
        skipped={subset: names for subset, names in skipped.items() if names},
    )


def _annotations(settings: DataSettings) -> Path:
    if not settings.features:
        raise SettingsError(
            "setting data.features: where are the features? For example "
            "'folder/{video}.npy', or one HDF5 file"
        )
    if settings.annotations:
        path = Path(settings.annotations).expanduser()
    elif settings.dataset == "features":
        raise SettingsError("setting data.annotations: name a file in ActivityNet's JSON format")
    else:
        path = annotation_file(settings.dataset)
    if not path.exists():
        raise FileNotFoundError(f"there is no {path} (data.annotations), seen from {Path.cwd()}")
    if {".csv", ".tsv"} & set(path.suffixes):
        raise SettingsError(
            f"setting data.annotations: {path} is a table, which has neither durations nor "
            "subsets; ActivityNet's JSON is needed"
        )
    return path


def _chosen(path: Path, settings: DataSettings) -> Annotations:
    """All recordings but the excluded ones, with the instances of those that can take part."""
    subsets = {settings.train_subset, settings.validation_subset, settings.test_subset} - {""}
    truth = read_database(
        path,
        lambda video, subset: subset in subsets and video not in settings.exclude,
        labels=_labels(settings),
    )
    kept = without_excluded(truth.videos["video"].tolist(), settings.exclude)
    return Annotations(truth.instances, truth.videos[truth.videos["video"].isin(kept)])


def _labels(settings: DataSettings) -> dict[str, str] | None:
    if not settings.label_map:
        return None
    path = Path(settings.label_map).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"there is no {path} (data.label_map), seen from {Path.cwd()}")
    return read_label_map(path)


def _check_names(names: Iterable[str], path: Path) -> None:
    bad = [n for n in names if n in (".", "..") or any(c in n for c in "/\\\0")]
    if bad:
        raise ValueError(
            f"{path}: recordings are named {listed(map(shown, bad))}: names become file names, so "
            "that they must not hold a slash or be '..'; rename them there and in the features"
        )


def _check_look_alikes(
    used: list[str], instances: pd.DataFrame, settings: DataSettings, path: Path
) -> None:
    pairs = look_alikes(used, fold_case=False)  # the names of online videos differ in case
    if pairs:
        raise ValueError(
            f"{path}: names of recordings differ only in spaces or Unicode form: "
            f"{_pairs(pairs)}; rename or exclude one"
        )
    check_labels(instances["label"], settings, path)


def check_labels(labels: Iterable[str], settings: DataSettings, path: Path) -> None:
    """Refuse labels that only a computer tells apart; warn of those that differ in letter case.

    Raises:
        ValueError: naming them, unless `data.classes` names both.
    """
    there = set(labels)
    meant = {*settings.classes, AMBIGUOUS}
    pairs = [pair for pair in look_alikes(there, fold_case=False) if not set(pair) <= meant]
    if pairs:
        raise ValueError(
            f"{path}: labels differ only in spaces or Unicode form: {_pairs(pairs)}; write them "
            "alike, or name both in data.classes"
        )
    pairs = [pair for pair in look_alikes(there) if not set(pair) <= meant]
    if pairs:
        warnings.warn(
            f"{path}: labels differ only in letter case, and are different actions: "
            f"{_pairs(pairs)}",
            stacklevel=5,
        )


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Two names a pair; in ASCII where the eye could not tell them apart."""
    return listed(
        f"{ascii(one)[:80]} and {ascii(other)[:80]}"
        if normalize("NFC", one) == normalize("NFC", other)
        else f"{shown(one, 40)} and {shown(other, 40)}"
        for one, other in pairs
    )


def _subsets(
    videos: pd.DataFrame, settings: DataSettings, path: Path
) -> dict[str, tuple[str, ...]]:
    """Names of train, validation, test; validation recordings may be learned from as well."""
    by_subset: dict[str, tuple[str, ...]] = {
        str(subset): tuple(group) for subset, group in videos.groupby("subset")["video"]
    }

    def of(setting: str) -> tuple[str, ...]:
        subset = getattr(settings, setting)
        if subset and subset not in by_subset:
            raise SettingsError(
                f"setting data.{setting} = {shown(subset)}: {path} has no such subset; it has "
                f"{listed(map(shown, sorted(by_subset)))}"
            )
        return by_subset.get(subset, ()) if subset else ()

    train, test = of("train_subset"), of("test_subset")
    if settings.validation_subset:
        validation = of("validation_subset")
        learn = train
    else:
        every = settings.hold_out_every
        validation = tuple(sorted(train)[::every]) if every else ()
        learn = tuple(name for name in train if name not in set(validation))
    if settings.train_on == "train+validation":
        learn += tuple(name for name in validation if name not in set(learn))
    both = set(learn) & set(test)
    if both:
        raise SettingsError(
            f"setting data.train_on = {settings.train_on!r}: would learn from {len(both)} test "
            "recordings; choose 'train', or other subsets"
        )
    return {"train": learn, "validation": validation, "test": test}


def _check_durations(
    videos: pd.DataFrame, instances: pd.DataFrame, settings: DataSettings, path: Path
) -> None:
    unknown = videos.index[videos["duration"].isna()]
    if len(unknown):
        raise ValueError(f"{path}: {_unknown(path, 'duration', unknown)}; give the seconds")
    if settings.spacing == "stride":
        unknown = videos.index[videos["fps"].isna()]
        if len(unknown) and settings.fps is None:
            raise SettingsError(
                f"setting data.fps: give frames a second, since in {path} "
                f"{_unknown(path, 'fps', unknown)}"
            )
        beyond = [
            name
            for name, seconds, fps in zip(videos.index, videos["duration"], videos["fps"])
            if not _grid(fps, settings).begins_within(seconds)
        ]
        if beyond:
            raise SettingsError(
                f"setting data.clip_offset = {settings.clip_offset:g}: clip 0 would lie outside "
                f"{listed(beyond)}; it is in frames"
            )
    duration = instances["video"].map(videos["duration"])
    outside = instances[(instances["start"] < -SLACK) | (instances["end"] > duration + SLACK)]
    if len(outside) and settings.outside == "error":
        found = [
            f"{video[:60]} [{start:g}, {end:g}] {label[:60]} of {videos.loc[video, 'duration']:g} s"
            for video, label, start, end in outside.itertuples(index=False)
        ]
        raise ValueError(
            f"{path}: {len(found)} annotations lie outside their recordings: {listed(found)}. "
            "Correct times or durations, or leave the recordings out with data.exclude, or set "
            "data.outside='keep'"
        )


def _unknown(path: Path, field: str, names: Iterable[str]) -> str:
    """What the annotations have instead of a positive number."""
    stated = read_stated(path, field)
    missing = [name for name in names if stated[name] is None]
    wrong = [
        f"database[{shown(n, 40)}][{field!r}] is {shown(stated[n], 40)}"
        for n in names
        if stated[n] is not None
    ]
    faults = [f"{field!r} is missing in {listed(missing)}"] if missing else []
    if wrong:
        faults.append(f"{listed(wrong)}, not a positive number up to {LONGEST:g}")
    return "; ".join(faults)


def _feature_file(name: str, settings: DataSettings) -> FeatureFile:
    """Where a recording's features lie and how they are read."""
    path, key = settings.features, settings.feature_key
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise SettingsError(
            f"setting data.features = {shown(path)}: must end in {', '.join(SUFFIXES)}; "
            f"{_instead(path, suffix)}"
        )
    if "{video}" not in path:
        if suffix not in HDF5:
            raise SettingsError(
                f"setting data.features = {shown(path)}: {{video}} must stand for the recording's "
                "name"
            )
        key = key or "{video}"
        if "{video}" not in key:
            raise SettingsError(
                f"setting data.feature_key = {shown(key)}: one file holds all recordings, so that "
                "{video} must stand in the key"
            )
    return FeatureFile(
        path=Path(path.replace("{video}", name)).expanduser(),
        key=key.replace("{video}", name),
        clips_last=settings.feature_layout == "clips_last",
        csv_header=settings.csv_header,
        csv_skip_columns=settings.csv_skip_columns,
    )


# How features in other files become .npy, in one line of Python where they were made.
_CONVERSIONS = {
    ".json": "np.save('v.npy', np.array(json.load(open('v.json'))))",
    ".mat": "np.save('v.npy', scipy.io.loadmat('v.mat')['features'])",
    ".txt": "np.save('v.npy', np.loadtxt('v.txt'))",
    ".parquet": "np.save('v.npy', pd.read_parquet('v.parquet').to_numpy())",
    ".safetensors": "np.save('v.npy', safetensors.numpy.load_file('v.safetensors')['features'])",
}


def _instead(path: str, suffix: str) -> str:
    """What to do about features that do not end as they must."""
    if suffix in (".pkl", ".pickle", ".joblib"):
        return "a pickle can run any code and is never loaded: np.save('v.npy', features) instead"
    if suffix in _CONVERSIONS:
        return f"convert each one: {_CONVERSIONS[suffix]}"
    if suffix in (".gz", ".zip", ".tar", ".xz", ".bz2"):
        return "unpack it"
    return f"for a folder write {path.rstrip('/')[:200]}/{{video}}.npy"


def _grid(fps: float, settings: DataSettings) -> ClipGrid:
    rate = settings.fps or fps
    return ClipGrid(
        settings.clip_stride / rate, settings.clip_length / rate, settings.clip_offset / rate
    )


def _missing(files: dict[str, FeatureFile], settings: DataSettings) -> list[str]:
    """Recordings without a file, or without the entry in it that others have.

    Raises:
        FeatureError: the one file for all is damaged, or no recording has its entry: the key is
            wrong.
    """
    # os.path's `exists`, to which a name too long for a file is one that is not there.
    there = {name: file for name, file in files.items() if os.path.exists(file.path)}
    all_in_one = "{video}" not in settings.features
    keys: dict[Path, dict[str, str]] = {}
    for name, file in there.items():
        if file.key:
            keys.setdefault(file.path, {})[name] = file.key
    lacking = {name for path in keys for name in _lacking(path, keys[path], all_in_one)}
    if lacking != set(there):
        return [name for name in files if name in lacking or name not in there]
    if all_in_one and there:
        # A recording's entry is the first group or array with its name; is any of them there?
        parts = (settings.feature_key or "{video}").split("/")
        first = next(n for n, part in enumerate(parts) if "{video}" in part)
        entry = "/".join(parts[: first + 1])
        entries = {name: entry.replace("{video}", name) for name in files}
        path = next(iter(keys))
        if len(_lacking(path, entries, all_in_one)) == len(files):
            return list(files)
    for file in there.values():
        if file.path.suffix.lower() in HDF5:
            raise FeatureError(
                f"{file.place}: has no entry {shown(file.key)} (data.feature_key), nor has any "
                f"other recording; {_instead_of(file)}"
            )
    return [name for name in files if name not in there]  # what the others hold is said later


def _lacking(path: Path, keys: dict[str, str], all_in_one: bool) -> list[str]:
    """Names of recordings that have nothing under their key in a file.

    A file or an entry with a fault is there: faults are listed when its header is read.
    """

    def lacks(archive: Any, key: str) -> bool:
        from gtan.data.hdf5 import find

        try:
            return find(archive, key) is None
        except FeatureError:
            return False

    suffix = path.suffix.lower()
    try:
        if suffix == ".npz":
            with zipfile.ZipFile(path) as packed:
                arrays = set(packed.namelist())
            return [name for name, key in keys.items() if f"{key}.npy" not in arrays]
        if suffix in HDF5:
            import h5py

            with h5py.File(path, "r") as archive:
                return [name for name, key in keys.items() if lacks(archive, key)]
    except Exception as error:  # damaged files make libraries raise just about anything
        if all_in_one:
            raise FeatureError(
                f"{path}: not a whole HDF5 file ({reason(error)}); copy it again"
            ) from None
    return []


def _instead_of(file: FeatureFile) -> str:
    """What an HDF5 file holds where an array is looked for; any other file is not there."""
    if file.path.suffix.lower() not in HDF5 or not os.path.exists(file.path):
        return "there is no such file"
    import h5py

    from gtan.data.hdf5 import nearest

    with h5py.File(file.path, "r") as archive:
        return nearest(archive, file.key)


def _key_of_all(settings: DataSettings) -> str:
    if "{video}" in settings.features:
        return ""
    return f", data.feature_key={shown(settings.feature_key or '{video}', 500)}"


def _check_files(
    recordings: dict[str, FeatureRecording], rates: pd.Series, settings: DataSettings
) -> int:
    """The width of all feature files, whose headers must agree with it and with the durations."""
    faults: list[str] = []
    widths: dict[int, list[FeatureFile]] = {}

    def stride(recording: FeatureRecording, features: FeatureFile | int) -> StrideCheck:
        return check_stride(
            features,
            recording.duration,
            stride=settings.clip_stride,
            length=settings.clip_length,
            offset=settings.clip_offset,
            fps=settings.fps or float(rates[recording.name]),
            tolerance=settings.tolerance,
        )

    for recording in recordings.values():
        file = recording.file
        try:
            width = file.width
            if settings.spacing == "stride":
                check = stride(recording, file)
                if not check.possible:
                    raise FeatureError(f"{file.place}: {recording.duration:g} s, but {check}")
            widths.setdefault(width, []).append(file)
        except FeatureError as error:
            faults.append(str(error))
    usual = max(widths, key=lambda width: len(widths[width]), default=0)
    for width, odd in widths.items():
        if width != usual:
            faults += [
                f"{file.place}: has {width} dimensions, most files {usual}; extract it again"
                for file in odd
            ]
    if faults:
        hint = ""
        if settings.spacing == "even" and len(widths) > 1:
            firsts = {file.shape[0] for files in widths.values() for file in files}
            if len(firsts) == 1:
                hint = (
                    "\nAll have the same first axis: dimensions? (data.feature_layout='clips_last')"
                )
        raise FeatureError(
            f"{len(faults)} of {len(recordings)} feature files cannot be used:\n"
            + listed(faults, "\n", most=1000)
            + hint
        )
    if settings.feature_layout == "detect":
        # Clips stand in the first axis, so far; could they stand in the last one as well?
        found = list(recordings.values())
        clips, width = found[0].file.shape
        if all(recording.file.shape[0] == clips for recording in found) and (
            settings.spacing == "even"
            or all(stride(recording, recording.file.shape[1]).possible for recording in found)
        ):
            raise SettingsError(
                f"setting data.feature_layout: {found[0].file.place} and all others can be read in "
                f"two ways: shape {clips, width} is {clips} clips of {width} dimensions "
                f"('clips_first'), or {width} clips of {clips} dimensions ('clips_last'); say which"
            )
    return usual


def _classes(
    instances: pd.DataFrame,
    subsets: dict[str, tuple[str, ...]],
    settings: DataSettings,
    path: Path,
) -> tuple[str, ...]:
    classes = settings.classes
    source = "data.classes"
    if not classes:
        learned = instances["video"].isin([*subsets["train"], *subsets["validation"]])
        classes = tuple(sorted(set(instances["label"][learned])))
        source = "the training recordings"
    if not classes:
        raise ValueError(f"{path}: nothing is annotated in the training recordings")
    twice = [label for label in set(classes) if classes.count(label) > 1]
    if twice:
        raise SettingsError(f"setting data.classes: {shown(twice[0])} is there twice")
    unknown = instances[~instances["label"].isin(classes)]
    if len(unknown):
        found = [f"{shown(row.label, 50)} in {row.video}" for row in unknown.itertuples()]
        raise ValueError(
            f"{path}: {len(unknown)} annotations have a label that {source} do not have: "
            f"{listed(found)}. Correct the label, name it in data.classes, or exclude the recording"
        )
    return classes
