"""Annotations in the files of other tools, and detections written for them to be corrected there.

One file a tool; `read_annotations` and `write_annotations` find it by the tool's name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from gtan.data.annotations import Annotations, check_detections
from gtan.data.formats import audacity, boris, elan, frames, label_studio
from gtan.data.formats.audacity import read_audacity, write_audacity
from gtan.data.formats.boris import read_boris, write_boris
from gtan.data.formats.elan import read_elan, write_elan
from gtan.data.formats.frames import frame_labels, read_frames, write_frames
from gtan.data.formats.label_studio import read_label_studio, write_label_studio
from gtan.data.formats.thumos import (
    THUMOS14,
    read_class_list,
    read_thumos_submission,
    write_thumos_submission,
)

__all__ = [
    "THUMOS14", "TOOLS", "frame_labels", "read_annotations", "read_audacity", "read_boris",
    "read_class_list", "read_elan", "read_frames", "read_label_studio", "read_scored",
    "read_thumos_submission", "write_annotations", "write_audacity", "write_boris", "write_elan",
    "write_frames", "write_label_studio", "write_thumos_submission",
]  # fmt: skip

# Each tool's file, its reader and its writer.
TOOLS: dict[str, tuple[ModuleType, Callable[..., Annotations], Callable[..., None]]] = {
    "audacity": (audacity, read_audacity, write_audacity),
    "boris": (boris, read_boris, write_boris),
    "elan": (elan, read_elan, write_elan),
    "frames": (frames, read_frames, write_frames),
    "label_studio": (label_studio, read_label_studio, write_label_studio),
}


def read_annotations(path: str | Path, tool: str, **options: Any) -> Annotations:
    r"""Read what a tool has exported.

    Args:
        path: a file; or a folder, all of whose files of that tool are read, in order of name.
        tool: one of `TOOLS`.
        options: the reader's own: `read_boris`, `read_elan`, ...

    Raises:
        ValueError: there is no such tool, the file's name does not end as that tool's do, or what
            the reader raises.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for day in ("monday", "tuesday"):
        ...     _ = (folder / f"{day}.txt").write_text("1.5\t4.25\trun\n")
        >>> read_annotations(folder, "audacity").videos["video"].tolist()
        ['monday', 'tuesday']
    """
    module, read, _ = _tool(tool)
    path = Path(path)
    if not path.is_dir():
        if not _fits(path, module):
            raise ValueError(f"{path}: {tool} has files that end in {', '.join(module.SUFFIXES)}")
        return read(path, **options)
    files = sorted(file for file in path.iterdir() if file.is_file() and _fits(file, module))
    if not files:
        raise ValueError(f"{path}: no file in it ends in {', '.join(module.SUFFIXES)} ({tool})")
    found = [read(file, **options) for file in files]
    videos = pd.concat([one.videos for one in found], ignore_index=True)
    twice = videos["video"][videos["video"].duplicated()]
    if len(twice):
        raise ValueError(f"{path}: recording {twice.iloc[0]!r} is in two files; keep one of them")
    return Annotations(pd.concat([one.instances for one in found], ignore_index=True), videos)


def read_scored(path: str | Path, tool: str, **options: Any) -> pd.DataFrame:
    """Read detections with the scores that `write_annotations` has put into a tool's file.

    Returns:
        video, label, start, end, score.

    Raises:
        ValueError: as `read_annotations`, and where an interval has no score.
    """
    if tool == "thumos":
        return read_thumos_submission(path, **options)
    instances = read_annotations(path, tool, scores=True, **options).instances
    return check_detections(instances if len(instances) else instances.assign(score=0.0))


def write_annotations(
    frame: pd.DataFrame | Annotations, path: str | Path, tool: str, **options: Any
) -> None:
    """Write detections, or annotated actions, as a tool imports them.

    Args:
        frame: video, label, start, end (seconds) and, of detections, score.
        path: a file, or a folder where the tool has a file for each recording.
        tool: one of `TOOLS`.
        options: the writer's own: `write_boris`, `write_elan`, ...

    Raises:
        ValueError: there is no such tool, or what the writer raises.
    """
    _tool(tool)[2](frame, path, **options)


def _tool(name: str) -> tuple[ModuleType, Callable[..., Annotations], Callable[..., None]]:
    if name not in TOOLS:
        raise ValueError(f"tool {name!r} is unknown; there are {', '.join(TOOLS)}")
    return TOOLS[name]


def _fits(path: Path, module: ModuleType) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(module.SUFFIXES)
