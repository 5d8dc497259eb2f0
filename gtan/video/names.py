"""Which files are taken for videos where nobody says so: by how their names end."""

from __future__ import annotations

from pathlib import Path

VIDEOS = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts",
    ".wmv", ".flv", ".3gp", ".ogv",
)  # fmt: skip


def videos_in(folder: Path) -> list[Path]:
    """The videos of a folder, by name; hidden files are none.

    Raises:
        FileNotFoundError: there is none.
    """
    files = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in VIDEOS and path.is_file() and not path.name.startswith(".")
    ]
    if not files:
        raise FileNotFoundError(f"{folder} holds no videos ({', '.join(VIDEOS)}); name the files")
    return files
