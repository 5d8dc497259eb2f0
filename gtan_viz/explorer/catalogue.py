"""Which recordings of a run can be explored, at which steps, and in which order they are offered.

What the network has never learned from comes first, so that nobody takes for granted what it has
learned by heart; among these, what has most steps of training to show.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from gtan.files import read_document
from gtan.runs.run import Run


class Entry(NamedTuple):
    """A recording of a run.

    Attributes:
        steps: of training, of which everything is stored or can be computed.
        subset: "train", "validation", "test" or "new"; "": not known.
    """

    recording: str
    steps: list[int]
    subset: str


def catalogue(run: Run) -> list[Entry]:
    """Stored recordings, those that somebody brought, and test recordings that can be computed."""
    stored: dict[str, list[int]] = {}
    subsets: dict[str, str] = {}
    for (recording, step), path in run.explanations().items():
        if recording not in stored:
            subsets[recording] = _subset(path)
        stored.setdefault(recording, []).append(step)
    steps = {name: set(found) for name, found in stored.items()}
    if run.step > 0:
        others = run.brought or _tested(run, bool(stored))
        subsets |= dict.fromkeys(others, "new" if run.brought else "test")
        for name in (*(stored if not run.brought else ()), *others):
            steps.setdefault(name, set()).add(run.step)
    entries = [Entry(name, sorted(found), subsets[name]) for name, found in steps.items()]
    return sorted(entries, key=lambda entry: (_RANK[entry.subset], -len(entry.steps)))


_RANK = {"new": 0, "test": 1, "validation": 2, "": 3, "train": 4}


def _tested(run: Run, stored: bool) -> list[str]:
    """Test recordings, where it takes no loading of the data set to know them."""
    if (run.path / "detections.json").exists():
        return sorted(dict.fromkeys(run.detections()["video"]))
    return [] if stored else list(run.dataset().subsets["test"])


def _subset(path: Any) -> str:
    """What a stored Explanation says of its recording; it is checked when it is opened."""
    try:
        document = read_document(path)
    except ValueError:
        return ""
    found = document.get("subset", "") if isinstance(document, dict) else ""
    return found if found in _RANK else ""
