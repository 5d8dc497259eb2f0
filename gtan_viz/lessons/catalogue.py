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
# The whole story as one scroll, for somebody who has ten minutes; made of the lessons' parts.
ARTICLE = ("article", "How a Gaussian kernel finds an action")
# In a checkout beside the pipelines; in a wheel beside this file.
PLACES = (
    Path(__file__).parents[2] / "notebooks" / "lessons",
    Path(__file__).parent / "notebooks",
)


def lessons() -> dict[str, str]:
    """Name and title of every lesson whose notebook is here, in order."""
    return {name: title for name, (_, title) in LESSONS.items() if _notebook(name)}


def title_of(name: str) -> str:
    """The title of a lesson, or of the article."""
    return ARTICLE[1] if name == ARTICLE[0] else LESSONS[name][1]


def notebook_of(name: str) -> Path:
    """The notebook of a lesson, or of the article.

    Raises:
        ValueError: there is no such lesson; the message lists them.
    """
    found = _notebook(name) if name in (ARTICLE[0], *LESSONS) else None
    if found is None:
        known = ", ".join([*lessons(), ARTICLE[0]])
        raise ValueError(f"there is no lesson {name!r}; there are {known}")
    return found


def _notebook(name: str) -> Path | None:
    file = f"{name}.ipynb" if name == ARTICLE[0] else f"{LESSONS[name][0]}_{name}.ipynb"
    return next((place / file for place in PLACES if (place / file).is_file()), None)
