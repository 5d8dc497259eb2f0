"""Where the features of each recording lie, and which recordings have none."""

from __future__ import annotations

import os
import warnings
import zipfile
from pathlib import Path
from typing import Any

from gtan.data.features import HDF5, SUFFIXES, FeatureError, FeatureFile
from gtan.data.texts import cut, listed, reason, shown
from gtan.settings import DataSettings, SettingsError

# How features in other files become .npy, in one line of Python where they were made.
_CONVERSIONS = {
    ".json": "np.save('v.npy', np.array(json.load(open('v.json'))))",
    ".mat": "np.save('v.npy', scipy.io.loadmat('v.mat')['features'])",
    ".txt": "np.save('v.npy', np.loadtxt('v.txt'))",
    ".parquet": "np.save('v.npy', pd.read_parquet('v.parquet').to_numpy())",
}


def feature_file(name: str, settings: DataSettings) -> FeatureFile:
    """Where a recording's features lie and how they are read.

    Raises:
        SettingsError: `data.features` ends as no feature file does, or does not say which file or
            array is the recording's.
    """
    path, key = settings.features, settings.feature_key
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise SettingsError(
            f"setting data.features = {shown(path)}: must end in {', '.join(SUFFIXES)}; "
            f"{_conversion(path, suffix)}"
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


def _conversion(path: str, suffix: str) -> str:
    """What to do about features in files of another kind."""
    if suffix in (".pkl", ".pickle", ".joblib"):
        return "a pickle can run any code and is never loaded: np.save('v.npy', features) instead"
    if suffix in _CONVERSIONS:
        return f"convert each one: {_CONVERSIONS[suffix]}"
    if suffix in (".gz", ".zip", ".tar", ".xz", ".bz2"):
        return "unpack it"
    return f"for a folder write {path.rstrip('/')[:200]}/{{video}}.npy"


def recordings_without(
    files: dict[str, FeatureFile], settings: DataSettings, path: Path
) -> set[str]:
    """Names of recordings that have no features, where `data.missing_features` lets them lack.

    Args:
        files: where each recording's features are looked for.
        path: the annotations, for messages.

    Raises:
        FileNotFoundError: some have none and are not to be left out, or none has any.
        FeatureError: the one file for all is damaged, or no recording has its entry.
    """
    missing = _missing(files, settings)
    if missing and (settings.missing_features == "error" or len(missing) == len(files)):
        instead = ""
        if len(missing) == len(files):
            instead = f"; {_there_instead(files[missing[0]])}"
        raise FileNotFoundError(
            f"{len(missing)} of {len(files)} recordings of {path} have no features at "
            f"data.features={shown(settings.features, 500)}{_key_for_all(settings)}: "
            f"{listed(missing)}. Fetch or extract them, or leave them out with "
            "data.missing_features='skip' or data.exclude. The first is looked for at "
            f"{cut(files[missing[0]].place, 500)}, seen from {Path.cwd()}{instead}"
        )
    if missing:
        warnings.warn(
            f"{len(missing)} of {len(files)} recordings have no features and are left out",
            stacklevel=4,
        )
    return set(missing)


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
                f"other recording; {_there_instead(file)}"
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


def _there_instead(file: FeatureFile) -> str:
    """What an HDF5 file holds where an array is looked for; any other file is not there."""
    if file.path.suffix.lower() not in HDF5 or not os.path.exists(file.path):
        return "there is no such file"
    import h5py

    from gtan.data.hdf5 import nearest

    with h5py.File(file.path, "r") as archive:
        return nearest(archive, file.key)


def _key_for_all(settings: DataSettings) -> str:
    if "{video}" in settings.features:
        return ""
    return f", data.feature_key={shown(settings.feature_key or '{video}', 500)}"
