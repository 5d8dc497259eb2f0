"""Other people's data by name: found, added, checked, removed.

Each has a folder of its name under `GTAN_DATA`, in the layout in which it was published.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from gtan.data.archives import is_archive
from gtan.data.published import PUBLISHED, Published
from gtan.places import data_folder

LEVELS = 3  # folders below the one given with `add` that are looked through


class MissingDataError(FileNotFoundError):
    """Published data that are not here; the message says how to add them."""


class LicenceError(ValueError):
    """A licence was not accepted; the message is the licence and what to do."""


def published(name: str) -> Published:
    """What is known of a data set.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in PUBLISHED:
        raise ValueError(f"no data set {name!r} is known; there are {', '.join(PUBLISHED)}")
    return PUBLISHED[name]


def folder_of(name: str) -> Path:
    """Where a data set belongs, whether or not it is there."""
    return data_folder() / published(name).name


def find(name: str) -> Path:
    """The folder of a data set that is there.

    Raises:
        MissingDataError: it is not, or not all of it.

    Example:
        >>> find("sbhar")  # doctest: +SKIP
        PosixPath('/home/me/.local/share/gtan/sbhar')
    """
    missing = missing_files(name)
    if missing:
        raise MissingDataError(how_to_add(name))
    return folder_of(name)


def missing_files(name: str) -> list[str]:
    """What is not there of a data set, in words; empty: all is."""
    return _missing(published(name), folder_of(name))


def lost(name: str) -> str:
    """What is lost, of a data set that is there, for want of files that it can do without."""
    data, folder = published(name), folder_of(name)
    there = any(_matches(folder, pattern) for pattern in data.optional)
    return "" if there or _missing(data, folder) else data.without


def how_to_add(name: str) -> str:
    """What is missing, the command that adds it, and what to do without a network."""
    data, folder = published(name), folder_of(name)
    missing = _missing(data, folder)
    what = f"{data.name} is not in {data_folder()} (GTAN_DATA)"
    if folder.is_dir():
        what = f"{folder} holds no {', no '.join(missing)}"
    if not data.remotes:
        return (
            f"{what}. To add it: get it ({data.website}), then "
            f"`gtan data add {name} --from FILE_OR_FOLDER`"
        )
    served = ", ".join(
        f"{remote.address} ({remote.size:,} bytes) as {folder / remote.name}"
        for remote in data.remotes
    )
    return f"{what}. To add it: `gtan data add {name}`. Without a network: put {served}"


def licence_text(data: Published) -> str:
    """What is shown before a data set is added."""
    return f"{data.title}\n\nLicence. {data.licence}\n\nTo cite: {data.citation}"


def add(
    name: str, source: Path | None = None, accept_licence: bool = False, progress: bool = True
) -> Path:
    """Put a data set under `GTAN_DATA`: by download, or from files that are on this machine.

    Everything is checked before it gets its place. Cut off, it goes on where it was.

    Args:
        name: of `gtan.data.published.PUBLISHED`.
        source: a file or folder that holds it; None: download it.
        accept_licence: the caller has read `licence_text` and accepts it.
        progress: show a bar.

    Returns:
        Its folder.

    Raises:
        LicenceError: the licence is not accepted.
        MissingDataError: nothing can be downloaded, or `source` holds no such data set.
        DownloadError: see `gtan.data.download.download`.
        ValueError: what is there is damaged, or another edition.
        OSError: the folder cannot be written, or its disk is full.
    """
    data, folder = published(name), folder_of(name)
    if not accept_licence:
        raise LicenceError(
            f"{name}: its licence is not accepted (gtan data add {name} --accept-licence): "
            f"{data.licence}"
        )
    with _writing(folder):
        if source is None and not _missing(data, folder):
            return folder
        aside = folder.with_name(f".{name}.adding")
        aside.mkdir(exist_ok=True)
        if source is None:
            _download(data, aside, progress)
        else:
            _copy(data, Path(source), aside, folder)
        faults = _faults(data, aside)
        if faults:
            shutil.rmtree(aside)
            raise ValueError(f"{name}: {'; '.join(faults)}")
        _put(aside, folder)
    return folder


def check(name: str) -> list[str]:
    """All faults of a data set that is there; empty: it is whole, and the one that is known.

    Raises:
        MissingDataError: it is not there.
    """
    return _faults(published(name), find(name))


def remove(name: str) -> None:
    """Remove a data set, and what a download that was cut off left of it.

    Raises:
        MissingDataError: it is not there.
    """
    folder = folder_of(name)
    aside = folder.with_name(f".{name}.adding")
    if not folder.exists() and not aside.exists():
        raise MissingDataError(f"{name} is not in {data_folder()} (GTAN_DATA)")
    with _writing(folder):
        for path in (folder, aside):
            if path.is_symlink():
                path.unlink()
            elif path.exists():
                shutil.rmtree(path)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """One process at a time, and the errors of a disk in words."""
    root = folder.parent
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f".{folder.name}.lock", timeout=0):
            yield
    except Timeout:
        raise OSError(f"{folder}: another process is at it; wait until it is done") from None
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise PermissionError(
                f"{error.filename or root} cannot be written ({error.strerror}); let GTAN_DATA "
                "name a folder of yours"
            ) from None
        if error.errno == errno.ENOSPC:
            raise OSError(f"the disk of {root} is full; make room, start again") from None
        raise


def _download(data: Published, aside: Path, progress: bool) -> None:
    from gtan.data.download import DownloadError, download

    if not data.remotes:
        raise MissingDataError(how_to_add(data.name))
    for remote in data.remotes:
        try:
            download(remote, aside, progress)
        except DownloadError as error:
            by_hand = "get it otherwise and give it by --from FILE_OR_FOLDER"
            raise DownloadError(f"{error}. Or {by_hand}") from None


def _copy(data: Published, source: Path, aside: Path, folder: Path) -> None:
    source = source.expanduser()
    if not source.exists():
        raise FileNotFoundError(f"there is no {source}, seen from {Path.cwd()}")
    if source.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise ValueError(f"{source} is where {data.name} belongs, or around it; name another one")
    complete = not _missing(data, folder)
    root, paths = _found_in(data, source, complete)
    if not paths:
        wanted = "; ".join(" or ".join(group) for group in data.wanted)
        raise MissingDataError(f"{source} holds no {data.name}: looked for {wanted}")
    if complete and any(path.match(one) for path in paths for one in _patterns(data)):
        raise ValueError(f"{folder} is there already; first: gtan data remove {data.name}")
    shutil.rmtree(aside)
    before = _all_of(data, folder) if folder.is_dir() else []  # so that all is checked together
    try:
        for base, path in [*((folder, one) for one in before), *((root, one) for one in paths)]:
            there = aside / path.relative_to(base)
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, there)
    except BaseException:
        shutil.rmtree(aside)
        raise


def _found_in(data: Published, source: Path, complete: bool) -> tuple[Path, list[Path]]:
    """The files of a data set in or below `source`, and the folder that they are seen from.

    Args:
        complete: all that has to be there is there already: what is optional is enough.
    """
    if source.is_file():
        patterns = [one for one in (*_patterns(data), *data.optional) if "/" not in one]
        known = any(source.match(pattern) for pattern in patterns)
        return source.parent, [source] if known else []
    for level in range(LEVELS + 1):
        for root in sorted(source.glob("*/" * level)) if level else [source]:
            enough = not _missing(data, root) or (
                complete and any(_matches(root, pattern) for pattern in data.optional)
            )
            if enough:
                return root, _all_of(data, root)
    return source, []


def _all_of(data: Published, root: Path) -> list[Path]:
    if data.name == "sbhar":
        # One archive is enough; of a folder, what is read.
        archives = [path for path in sorted(root.iterdir()) if is_archive(path)]
        texts = [p for level in ("", "*/") for p in root.glob(f"{level}RawData/*.txt")]
        texts += [p for level in ("", "*/") for p in root.glob(f"{level}activity_labels.txt")]
        return sorted(texts) if len(texts) > 1 else archives[:1]
    patterns = (*_patterns(data), *data.optional)
    found = {path for pattern in patterns for path in root.glob(pattern)}
    return sorted(path for path in found if path.is_file())


def _put(aside: Path, folder: Path) -> None:
    """Give what is ready its place: at once, or file by file into a folder that is there."""
    if not folder.exists():
        os.replace(aside, folder)
        return
    for path in sorted(p for p in aside.rglob("*") if p.is_file()):
        there = folder / path.relative_to(aside)
        there.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, there)
    shutil.rmtree(aside)


def _patterns(data: Published) -> list[str]:
    return [pattern for group in data.wanted for pattern in group]


def _matches(folder: Path, pattern: str) -> bool:
    return next(iter(folder.glob(pattern)), None) is not None


def _missing(data: Published, folder: Path) -> list[str]:
    return [
        " or ".join(group)
        for group in data.wanted
        if not (folder.is_dir() and any(_matches(folder, pattern) for pattern in group))
    ]


def _faults(data: Published, folder: Path) -> list[str]:
    missing = _missing(data, folder)
    if missing:
        return [f"there is no {one}" for one in missing]
    try:
        found = _CONTENTS[data.name](folder)
    except ValueError as error:
        return [str(error)]
    if isinstance(found, list):
        return found
    if found != data.contents:
        return [
            f"{folder}: its contents are not those that are known (SHA-256 {found[:16]}..., not "
            f"{data.contents[:16]}...): damaged, or another edition, of which our numbers are not"
        ]
    return []


def _sbhar(folder: Path) -> str:
    from gtan.data.sbhar import read_sbhar, source_in

    source = source_in(folder)
    assert source is not None
    return read_sbhar(source).digest()


def _thumos14(folder: Path) -> str:
    from gtan.data.published_annotations import thumos14, thumos14_alone

    thumos14(folder)  # the official truth, too
    return hashlib.sha256(json.dumps(thumos14_alone(folder), sort_keys=True).encode()).hexdigest()


def _activitynet(folder: Path) -> str:
    from gtan.data.published_annotations import activitynet, joined_text

    return hashlib.sha256(joined_text(activitynet(folder))).hexdigest()


def _framewise(folder: Path) -> list[str]:
    from gtan.data.framewise import read_split

    faults = []
    numbers = sorted(int(p.suffixes[-2][6:]) for p in folder.glob("splits/train.split*.bundle"))
    for split in numbers:
        places = [folder / f"split{split}" / "features", folder / "features"]
        place = next((one for one in places if one.is_dir()), places[-1])
        try:
            parts = read_split(folder, split, fps=1.0)
        except (ValueError, FileNotFoundError) as error:
            faults.append(str(error))
            continue
        for part in parts.values():
            without = [v for v in part.videos["video"] if not (place / f"{v}.npy").is_file()]
            faults += [f"{place} has no features of {video}" for video in without[:10]]
    return faults


# Of each data set: what its contents hash to, or a list of faults where editions differ.
_CONTENTS: dict[str, Callable[[Path], str | list[str]]] = {
    "sbhar": _sbhar,
    "thumos14": _thumos14,
    "activitynet": _activitynet,
    "gtea": _framewise,
    "50salads": _framewise,
}
