"""The lessons that there are, and where their notebooks lie."""

from __future__ import annotations

from pathlib import Path

# By name, in the order in which they are taken; a notebook's name begins with the number.
LESSONS = {
    "asked": (0, "What is asked?"),
    "kernel": (1, "One kernel"),
    "boundary": (2, "Its boundary"),
    "pooling": (3, "Pooling"),
    "grouping": (4, "Kernels that merge"),
    "network": (5, "The whole network"),
    "learning": (6, "Learning"),
    "detections": (7, "From scores to detections"),
    "helps": (8, "Does it help?"),
    "own": (9, "Your own"),
}
# In a checkout beside the pipelines; in a wheel beside this file.
PLACES = (
    Path(__file__).parents[2] / "notebooks" / "lessons",
    Path(__file__).parent / "notebooks",
)


def lessons() -> dict[str, str]:
    """Name and title of every lesson whose notebook is here, in order."""
    return {name: title for name, (_, title) in LESSONS.items() if _notebook(name)}


def notebook_of(name: str) -> Path:
    """The notebook of a lesson.

    Raises:
        ValueError: there is no such lesson; the message lists them.
    """
    found = _notebook(name) if name in LESSONS else None
    if found is None:
        raise ValueError(f"there is no lesson {name!r}; there are {', '.join(lessons())}")
    return found


def _notebook(name: str) -> Path | None:
    file = f"{LESSONS[name][0]}_{name}.ipynb"
    return next((place / file for place in PLACES if (place / file).is_file()), None)
