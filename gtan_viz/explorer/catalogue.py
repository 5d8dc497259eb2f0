"""Which recordings of a run can be explored, at which steps, and in which order they are offered.

What the network has never learned from comes first, so that nobody takes for granted what it has
learned by heart; among these, what has most steps of training to show.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from gtan.files import read_document
from gtan.runs.run import Run, open_run

OneRun = Run | str | Path | None
TwoRuns = list[OneRun] | tuple[OneRun, OneRun]  # one above the other


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


def opened(runs: OneRun | TwoRuns) -> list[Run]:
    """One run, or the two of a list.

    Raises:
        ValueError: a list has not two.
    """
    if runs is None or isinstance(runs, (Run, str, Path)):
        return [open_run(runs)]
    if len(runs) != 2:
        raise ValueError(f"a list of runs to explore together holds two, not {len(runs)}")
    return [open_run(one) for one in runs]


def common(first: Run, second: Run, there: Collection[str], others: Collection[str]) -> list[str]:
    """Recordings that two runs have, in the order of the first one's.

    Args:
        there: recordings of the first run.
        others: of the second.

    Raises:
        ValueError: naming some of each, if they have none in common.
    """
    found = [name for name in there if name in others]
    if not found:
        names = " and ".join(
            f"{run.path.name} has {', '.join(list(known)[:3]) or 'none'}"
            + (f" and {len(known) - 3} more" if len(known) > 3 else "")
            for run, known in ((first, there), (second, others))
        )
        raise ValueError(f"the two runs have no recording in common: {names}")
    return found


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
