"""Names that a reader takes for one and a computer for two: "run", "run ", "Run"."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import combinations


def look_alikes(names: Iterable[str], *, fold_case: bool = True) -> list[tuple[str, str]]:
    """Pairs of names that differ only in spaces, Unicode form or letter case.

    Args:
        names: any number of names; equal ones count once.
        fold_case: False: names that differ in letter case are different.

    Returns:
        Each pair sorted, and the pairs too.

    Example:
        >>> look_alikes(["run", "jump", "Run", "run "])
        [('Run', 'run'), ('Run', 'run '), ('run', 'run ')]
    """
    groups: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        groups.setdefault(_key(name, fold_case), []).append(name)
    return sorted(pair for group in groups.values() for pair in combinations(group, 2))


def _key(name: str, fold_case: bool) -> str:
    """What is left of a name for the eye; format characters (zero-width spaces) are not seen."""
    text = unicodedata.normalize("NFKC", name)
    if fold_case:
        text = unicodedata.normalize("NFKC", text.casefold())
    return " ".join("".join(c for c in text if unicodedata.category(c) != "Cf").split())
