"""A map from numbers to labels, for annotations that name actions by number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from gtan.data.tables import read_table
from gtan.data.texts import listed, name_fault, read_json_text, read_text, shown

_ID = re.compile(r"-?[0-9]{1,18}(?:\.0*)?")  # pandas writes whole numbers as 3.0 beside gaps
_LINE = re.compile(r"(\S+)[ \t]+(\S.*)")


def read_label_map(path: str | Path) -> dict[str, str]:
    r"""Names of labels by number, the number as text without zeros in front.

    Args:
        path: `.json`: {"0": "run"}, {"run": 0} or ["run", ...], which counts from 0; `.csv` or
            `.tsv` with columns id and label; `.txt`: "0 run" in every line, as in MS-TCN's
            mapping.txt. Optionally followed by `.gz`.

    Raises:
        ValueError: naming the file: not of these forms, or a number or a name is there twice.
        OSError: the file cannot be opened.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "mapping.txt"
        >>> _ = path.write_text("0 run\n1 high jump\n")
        >>> read_label_map(path)
        {'0': 'run', '1': 'high jump'}
    """
    path = Path(path)
    kind = Path(path.name.lower().removesuffix(".gz")).suffix
    if kind == ".json":
        pairs = _of_json(path, read_json_text(path))
    elif kind in (".csv", ".tsv"):
        columns = read_table(path, read_text(path), ["id", "label"]).columns
        pairs = list(zip(columns["id"], columns["label"]))
    elif kind == ".txt":
        pairs = _of_lines(path, read_text(path))
    else:
        raise ValueError(f"{path}: a label map is .json, .csv, .tsv or .txt")
    labels: dict[str, str] = {}
    numbers: dict[str, str] = {}
    for given, label in pairs:
        number = label_number(given)
        if number is None:
            raise ValueError(f"{path}: {shown(given)} is no whole number, for {shown(label)}")
        if name_fault(label):
            raise ValueError(f"{path}: {number}: {shown(label)} is {name_fault(label)}")
        if number in labels:
            raise ValueError(
                f"{path}: {number} stands for {shown(labels[number])} and for {shown(label)}"
            )
        if label in numbers:
            raise ValueError(f"{path}: {shown(label)} has two numbers, {numbers[label]}, {number}")
        labels[number], numbers[label] = label, number
    if not labels:
        raise ValueError(f"{path}: names no label")
    return labels


def label_number(value: Any) -> str | None:
    """The whole number that stands for a label, as text; None if the label is a name.

    Example:
        >>> [label_number(value) for value in (3, 3.0, "03", "3.0", "run", "3a", 3.5, True)]
        ['3', '3', '3', '3', None, None, None, None]
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = value.strip() if isinstance(value, str) else repr(value)
    return str(int(text.partition(".")[0])) if _ID.fullmatch(text) else None


def to_names(
    values: Iterable[Any], labels: Mapping[str, str], where: Callable[[int], str]
) -> list[Any]:
    """Labels with names for numbers; other labels stay.

    Args:
        values: numbers, or text.
        labels: from `read_label_map`.
        where: names a row in messages.

    Raises:
        ValueError: numbers that have no name; all are listed.
    """
    names = []
    unknown: dict[str, int] = {}
    for row, value in enumerate(values):
        number = label_number(value)
        if number is not None and number not in labels:
            unknown.setdefault(number, row)
        names.append(value if number is None else labels.get(number))
    if unknown:
        raise ValueError(
            f"{where(next(iter(unknown.values())))}: the label map (data.label_map) has no name "
            f"for {listed(unknown)}; it names {listed(labels)}"
        )
    return names


def _of_json(path: Path, content: Any) -> list[tuple[Any, Any]]:
    if isinstance(content, list):
        return list(enumerate(content))
    if not isinstance(content, dict):
        raise ValueError(f'{path}: not a label map: {{"0": "run"}}, {{"run": 0}} or ["run"]')
    keys = all(label_number(key) is not None for key in content)
    values = all(label_number(value) is not None for value in content.values())
    if keys and values and content:
        raise ValueError(
            f"{path}: all keys and all values are numbers, so that either can be the labels' "
            "names; use names that are none"
        )
    return [(value, key) for key, value in content.items()] if values else list(content.items())


def _of_lines(path: Path, text: str) -> list[tuple[str, str]]:
    pairs = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        parts = _LINE.fullmatch(line.strip())
        if parts is None or label_number(parts[1]) is None:
            raise ValueError(
                f"{path}: line {number}, {shown(line)}, must be a number, a space and a name"
            )
        pairs.append((parts[1], parts[2]))
    return pairs
