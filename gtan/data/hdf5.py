"""Arrays of an HDF5 file that lie in this very file.

HDF5 knows three ways for a file to hold what lies elsewhere: links into other files, virtual data
sets and raw storage. A stranger's file would so read any file of this computer, the passwords, say,
into features. None of them is followed. Links within the file (soft links) are.
"""

from __future__ import annotations

import math
from typing import Any

from gtan.data.shapes import FeatureError
from gtan.data.texts import limit_words, listed, most_bytes, shown

MOST_LINKS = 16  # soft links on the way to one array, as HDF5 itself allows


class ElsewhereError(FeatureError):
    """What was asked for lies in another file; says what it is and what to do."""

    def __init__(self, what: str, file: str = "") -> None:
        which = f" ({shown(file)})" if file else ""
        super().__init__(
            f"is {what}, which would read another file of this computer{which} and is never "
            "followed; copy the array into the file itself, with h5py: "
            "new[name] = old[name][()]"
        )


def find(file: Any, path: str) -> Any:
    """The group or array at a path of an open file; None if there is none.

    Raises:
        ElsewhereError: it, or a group on the way to it, lies in another file.
        FeatureError: the soft links on the way lead in circles.
    """
    import h5py

    found, parts, links = file, path.split("/"), 0
    while parts:
        part = parts.pop(0)
        if part in ("", "."):
            continue
        if not isinstance(found, h5py.Group):
            return None
        try:
            link = found.get(part, getlink=True)
        except TypeError:  # a kind of link that h5py does not know
            raise ElsewhereError("a link of an unknown kind") from None
        if link is None:
            return None
        if isinstance(link, h5py.ExternalLink):
            raise ElsewhereError("an external link", link.filename)
        if isinstance(link, h5py.SoftLink):
            links += 1
            if links > MOST_LINKS:
                raise FeatureError("leads from link to link; name the array itself")
            parts = link.path.split("/") + parts
            found = file if link.path.startswith("/") else found
        else:
            found = found[part]
    if isinstance(found, h5py.Dataset):
        _check_storage(found)
    return found


def nearest(file: Any, path: str) -> str:
    """What the last group that is there, on the way to a path of an open file, holds; in words."""
    import h5py

    parts = [part for part in path.split("/") if part not in ("", ".")]
    for count in reversed(range(len(parts))):
        way = "/".join(parts[:count])
        try:
            found = find(file, way)
        except FeatureError:
            return f"{shown(way)} cannot be read"
        if isinstance(found, h5py.Group):
            held = listed(found) or "nothing"
            return f"its group {shown(way)} holds {held}" if count else f"it holds {held}"
        if found is not None:
            return f"{shown(way)} is an array itself"
    return ""


def _check_storage(found: Any) -> None:
    """That an array's numbers lie in its file, and are not many more than the file can hold."""
    if found.is_virtual:
        raise ElsewhereError("a virtual data set")
    if found.external:
        raise ElsewhereError("raw storage outside the file", str(found.external[0][0]))
    numbers = max(math.prod(found.shape or ()), math.prod(found.chunks or ()))
    stored = int(found.id.get_storage_size())
    if numbers * found.dtype.itemsize > most_bytes(stored):
        raise FeatureError(
            f"has shape {found.shape} {found.dtype}, {limit_words(stored)} that are stored; "
            "extract it again"
        )
