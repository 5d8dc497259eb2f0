"""What students saved, for their teacher: files, no server."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from gtan.files import read_json

# What a question's row holds; what was given is whatever the question asks for.
KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("lesson", "part", "id", "ask"), (str,)),
    "given": (str, int, float, bool, list, dict, type(None)),
    "tries": (int,),
    **dict.fromkeys(("right", "told"), (bool,)),
}
COLUMNS = ["name", "lesson", "part", "id", "ask", "given", "tries", "right", "told", "file"]


def read_answers(files: str | Path | Iterable[str | Path]) -> pd.DataFrame:
    """The answers of one or many files that "Save my answers" wrote.

    Args:
        files: a file, files, or a folder of them.

    Returns:
        A row for each question: `name`, `lesson`, `part`, `id`, `ask`, `given` (null: not tried),
        `tries`, `right`, `told` (given up), `file`.

    Raises:
        ValueError: naming a file that holds no answers.

    Example:
        >>> answers = read_answers("answers/")  # doctest: +SKIP
        >>> answers.groupby("id")["right"].mean()  # doctest: +SKIP
    """
    if isinstance(files, (str, Path)):
        place = Path(files)
        files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    tables = [_read(Path(file)) for file in files]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def _read(file: Path) -> pd.DataFrame:
    try:
        whole = read_json(file, dict)
        if whole["format"] != "gtan-answers":
            raise KeyError("format")
        for number, row in enumerate(whole["answers"]):
            wrong = [name for name, kinds in KINDS.items() if type(row[name]) not in kinds]
            if wrong:
                raise TypeError(f"answer {number} has no {wrong[0]} as the page writes it")
        rows = pd.DataFrame(whole["answers"])
        rows = rows.assign(name=str(whole["name"]), file=file.name)
        return rows.reindex(columns=COLUMNS)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} holds no answers of a lesson: {error}") from None
