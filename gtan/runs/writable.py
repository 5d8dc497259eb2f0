"""Whether a run folder may be written to. Links are refused: they would lead out of it."""

from __future__ import annotations

import os
from pathlib import Path

from gtan.files import remove_asides


class RunError(ValueError):
    """A run folder cannot be trained in; the message says why, and what to do."""


def check_links(folder: Path) -> None:
    """Refuse symbolic links in a run folder (the folder itself may be one).

    Raises:
        RunError: naming them.
    """
    links = [
        path
        for root, folders, files in os.walk(folder)
        for path in (Path(root, name) for name in (*folders, *files))
        if path.is_symlink()
    ]
    if links:
        named = ", ".join(str(path.relative_to(folder)) for path in sorted(links)[:5])
        raise RunError(
            f"{folder} holds links ({named}), through which files outside it would be written and "
            "removed: put what they point to in their place, or remove them"
        )


def check_writable(folder: Path) -> None:
    """Refuse a run folder that cannot be written to, before the work and not after it.

    Raises:
        RunError: it is read-only, or holds links.
    """
    check_links(folder)
    if not os.access(folder, os.W_OK):
        raise RunError(f"{folder} cannot be written to; copy it, and work on the copy")
    remove_asides(folder)


def check_there(folder: Path) -> None:
    """Refuse to write into a run folder that went away: what is written would lie beside the run.

    Raises:
        RunError: it is gone, or the disk that it lies on.
    """
    if not (folder / "settings.json").exists():
        raise RunError(
            f"{folder} went away, or the disk that it lies on: put it back and start again; it "
            "goes on from its last checkpoint"
        )
