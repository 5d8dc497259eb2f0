"""Data sets of other people on this machine: found, added, checked and removed by name.

They lie as they were published, in a folder each of the data folder (`gtan.places`). Only `add` and
`remove` write there. Whatever is added is looked at before it gets its place.
"""

from __future__ import annotations

import errno
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from filelock import FileLock

from gtan.data.downloading import download
from gtan.data.hapt import ARCHIVES, check_contents, read_source, source_in
from gtan.data.published import PUBLISHED, File, Published
from gtan.data.texts import listed, shown
from gtan.places import data_folder

VIDEOS = {"gtea": 28, "50salads": 50}


class MissingDataError(FileNotFoundError):
    """A data set is not on this machine; the message says how it gets here."""


class LicenceError(ValueError):
    """A data set's licence was not accepted; the message holds it."""


def published(name: str) -> Published:
    """What is known of a data set.

    Raises:
        KeyError: listing the names that there are.
    """
    if name not in PUBLISHED:
        raise KeyError(f"no data set {shown(name)}; there are {', '.join(PUBLISHED)}")
    return PUBLISHED[name]


def folder_of(name: str) -> Path:
    """Where a data set lies, or will.

    Example:
        >>> folder_of("sbhar").name
        'sbhar'
    """
    return data_folder() / published(name).name


def find(name: str, file: str, folder: Path | None = None) -> Path:
    """A file of a data set, as it was published or compressed.

    Raises:
        MissingDataError: it is not there.
    """
    path = (folder or folder_of(name)) / file
    for there in (path, path.with_name(f"{file}.gz")):
        if there.is_file():
            return there
    raise missing_error(name)


def how_to_add(name: str) -> str:
    """The command that adds a data set."""
    one = published(name)
    given = not one.files or any(file.needed and not file.url for file in one.files)
    return f"gtan data add {name}" + (" --from FILE_OR_FOLDER" if given else "")


def missing_error(name: str) -> MissingDataError:
    """What is missing of a data set, and how to add it, with a network and without."""
    one, folder = published(name), folder_of(name)
    texts = [f"{name} is not on this machine ({folder}). Add it: {how_to_add(name)}"]
    fetched = [file for file in one.files if file.url and file.needed]
    if fetched:
        megabytes = sum(file.size for file in fetched) / 1e6
        texts.append(
            f"({megabytes:.1f} MB). Without a network, fetch {', '.join(f.url for f in fetched)} "
            f"elsewhere, and give it by --from, or put it as "
            f"{', '.join(str(folder / f.name) for f in fetched)}"
        )
    texts += [f"({f.name}: {f.why})" for f in one.files if f.needed and not f.url]
    if not one.files:
        texts.append(f"(a folder in the layout of {one.layout}; see {one.page})")
    texts.append("Data elsewhere: set GTAN_DATA")
    return MissingDataError(". ".join(texts).replace(". (", " ("))


def state(name: str, folder: Path | None = None) -> str:
    """Whether it is "there", "not there", or what is missing of it; nothing is read."""
    one, folder = published(name), folder or folder_of(name)
    if name == "sbhar":
        return "there" if folder.is_dir() and source_in(folder) else "not there"
    if not one.files:
        lack = [part for part in ("groundTruth", "splits") if not (folder / part).is_dir()]
    else:
        lack = [f.name for f in one.files if f.needed and not _named(folder, f)]
    if not folder.is_dir() or (one.files and len(lack) == sum(f.needed for f in one.files)):
        return "not there"
    return f"without {', '.join(lack)}" if lack else "there"


def need(name: str) -> Path:
    """The folder of a data set that is there.

    Raises:
        MissingDataError: it is not.
    """
    if state(name) != "there":
        raise missing_error(name)
    return folder_of(name)


def data_sets() -> pd.DataFrame:
    """All data sets known by name: name, what, state, folder."""
    rows = [(name, one.title, state(name), str(folder_of(name))) for name, one in PUBLISHED.items()]
    return pd.DataFrame(rows, columns=["name", "what", "state", "folder"])


def add(
    name: str,
    source: str | Path | None = None,
    accept_licence: bool = False,
    progress: bool = True,
) -> Path:
    """Put a data set into the data folder: fetched from where it is published, or from a copy.

    Args:
        name: see `data_sets`.
        source: a file or folder that holds it; None: it is downloaded.
        accept_licence: its terms are accepted (`published(name).licence`).
        progress: show bars.

    Returns:
        Its folder.

    Raises:
        KeyError: there is no such name.
        LicenceError: the terms were not accepted.
        MissingDataError: a part has no address, and was not given; or `source` does not hold it.
        DownloadError: nothing came, or not all of it; called again, it goes on.
        ValueError: what came, or was given, is something else.
        OSError: the data folder cannot be written to, or its disk is full.

    Example:
        >>> from gtan.data.store import add
        >>> add("sbhar", accept_licence=True)  # doctest: +SKIP
    """
    one, folder = published(name), folder_of(name)
    if not accept_licence:
        raise LicenceError(f"{one.title}. Its terms: {one.licence} To cite: {one.cite}")
    with _writing(folder), FileLock(folder.parent / f".{name}.lock"):
        lacking = [file for file in one.files if file.url and not _named(folder, file)]
        if source is None and state(name) == "there" and not lacking:
            return folder
        beside = folder.parent / f".{name}.adding"  # what a broken download left is gone on with
        beside.mkdir(exist_ok=True)
        for file in one.files:
            if there := _named(folder, file):
                shutil.copyfile(there, beside / there.name)
        if source is None:
            _fetch(one, beside, progress)
        else:
            _take(one, Path(source).expanduser(), beside)
        faults = check(name, beside)
        if faults:
            shutil.rmtree(beside)
            raise ValueError(f"{name} was not added: {'; '.join(faults)}")
        _replace(folder, beside)
    return folder


def _replace(folder: Path, beside: Path) -> None:
    """Put what lies beside in its place, part by part."""
    folder.mkdir(exist_ok=True)
    for part in sorted(beside.iterdir()):
        target = folder / part.name
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(part, target)
    beside.rmdir()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """The data folder is there and can be written to; what fails is said in one line."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise PermissionError(
                f"{folder.parent} cannot be written to ({error.strerror}); name another folder: "
                "set GTAN_DATA"
            ) from None
        if error.errno == errno.ENOSPC:
            raise OSError(
                f"the disk of {folder.parent} is full; make room, or name another folder: set "
                "GTAN_DATA"
            ) from None
        raise


def _named(folder: Path, file: File) -> Path | None:
    """A file of a data set in a folder, plain or compressed."""
    places = (folder / file.name, folder / f"{file.name}.gz")
    return next((path for path in places if path.is_file()), None)


def _fetch(one: Published, beside: Path, progress: bool) -> None:
    """Download what is not there yet.

    Raises:
        MissingDataError: a file has no address.
    """
    given = [file for file in one.files if file.needed and not file.url]
    if not one.files or any(_named(beside, file) is None for file in given):
        raise missing_error(one.name)
    for file in one.files:
        if _named(beside, file) is None and file.url:
            download(file, beside, progress)


def _take(one: Published, source: Path, beside: Path) -> None:
    """Copy a data set from where somebody has it.

    Raises:
        MissingDataError: it is not there.
    """
    if not source.exists():
        raise MissingDataError(f"there is no {source}, seen from {Path.cwd()}")
    if one.name == "sbhar":
        there = source if source.is_file() else source_in(source)
        if there is None:
            raise MissingDataError(f"{source} does not hold {one.layout}")
        if there.is_dir():
            shutil.copytree(there / "RawData", beside / "RawData", dirs_exist_ok=True)
            for path in there.glob("*.txt"):
                shutil.copyfile(path, beside / path.name)
        else:
            ending = next((e for e in ARCHIVES if there.name.lower().endswith(e)), there.suffix)
            shutil.copyfile(there, beside / f"hapt{ending}")
    elif not one.files:
        shutil.copytree(source, beside, dirs_exist_ok=True)
    else:
        names = [f"{file.name}{end}" for file in one.files for end in ("", ".gz")]
        names += ["ground_truth.csv"] if one.name == "thumos14" else []
        inside = [source] if source.is_file() else sorted(source.rglob("*"))
        taken = {path.name: path for path in inside if path.is_file() and path.name in names}
        if not taken:
            raise MissingDataError(f"{source} does not hold {one.layout}: {listed(names)}")
        for name, path in taken.items():
            shutil.copyfile(path, beside / name)


def check(name: str, folder: Path | None = None) -> list[str]:
    """Read a data set and compare it with what is published.

    Args:
        name: see `data_sets`.
        folder: where it lies; None: in the data folder.

    Returns:
        Faults, none if it is whole and unchanged.

    Raises:
        MissingDataError: it is not there.
    """
    folder = folder or folder_of(name)
    there = state(name, folder)
    if there == "not there":
        raise missing_error(name)
    if there != "there":
        return [f"{folder}: {there}"]
    try:
        return _CHECKS[name](name, folder)
    except (ValueError, OSError) as error:
        return [str(error)]


def _check_sbhar(name: str, folder: Path) -> list[str]:
    source = source_in(folder)
    assert source is not None
    check_contents(read_source(source), source)
    return []


def _check_annotations(name: str, folder: Path) -> list[str]:
    from gtan.data.published_annotations import CONTENTS, contents, joined

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = contents(joined(name, folder), name)
    if said:
        return []  # without the official truth there is nothing to compare with
    if found != CONTENTS[name]:
        return [f"{folder}: other annotations than those published (contents {found[:12]}...)"]
    return []


def _check_framewise(name: str, folder: Path) -> list[str]:
    """As many videos as are published, each with features in every split."""
    truth = {path.stem for path in (folder / "groundTruth").glob("*.txt")}
    faults = []
    if len(truth) != VIDEOS[name]:
        faults.append(f"{folder}/groundTruth: {len(truth)} videos, not {VIDEOS[name]}")
    places = [folder / "features"] if (folder / "features").is_dir() else []
    places += [path / "features" for path in sorted(folder.glob("split[0-9]*"))]
    if not places:
        faults.append(f"{folder}: without features, in features/ or splitK/features/")
    for place in places:
        lacking = sorted(truth - {path.stem for path in place.glob("*.npy")})
        if lacking:
            faults.append(f"{place}: without {listed(lacking)}")
    return faults


_CHECKS: dict[str, Callable[[str, Path], list[str]]] = {
    "sbhar": _check_sbhar,
    "thumos14": _check_annotations,
    "activitynet": _check_annotations,
    "gtea": _check_framewise,
    "50salads": _check_framewise,
}


def remove(name: str) -> Path:
    """Remove a data set from the data folder.

    Returns:
        The folder that is gone.

    Raises:
        KeyError: there is no such name.
        MissingDataError: it is not there.
        PermissionError: the data folder cannot be written to.
    """
    folder = folder_of(name)
    if not folder.is_dir():
        raise MissingDataError(f"{name} is not on this machine ({folder})")
    if folder.is_symlink():
        raise PermissionError(f"{folder} is a link, and what it points to is not ours to remove")
    with _writing(folder), FileLock(folder.parent / f".{name}.lock"):
        shutil.rmtree(folder)
    return folder
