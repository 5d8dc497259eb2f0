"""ELAN's tab-delimited text, with a header or without, with a column for each tier or one for all.

By default an export has no header and a line is tier, participant, times, value:

    hands	S1	00:00:03.400	3.4	00:00:06.100	6.1	00:00:02.700	2.7	wash

Begin, end and duration come in that order, whichever of them were asked for, each in as many forms
as were asked for (hh:mm:ss.ms, ss.msec, msec). With "separate column for each tier" there is a
header, and a column for each tier instead of tier and value.

No two annotations of an ELAN tier overlap: that shows whether two columns of a file without a
header are begin and end, or begin and duration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile, groupby, pairwise
from pathlib import Path

from gtan.data.formats.elan_times import (
    FORMS,
    SLACK,
    TIMES,
    TierAnnotation,
    begin_and_end,
    form_of,
    with_unit,
)
from gtan.data.formats.rows import cells_of, stem

COLUMNS = ("tier", "participant", *TIMES, "value", "file", "")
_TIME_HEADER = re.compile(
    r"(.+) - (hh:mm:ss\.ms|ss\.msec|msec|hh:mm:ss:ff|frames?|.*:ff)", re.IGNORECASE
)
_HEADERS = {
    "begin time": "begin", "end time": "end", "duration": "duration", "tier": "tier",
    "tier name": "tier", "participant": "participant", "annotation": "value", "value": "value",
    "annotation value": "value", "file": "file", "file name": "file", "file path": "",
}  # fmt: skip
_READINGS = (("begin", "end"), ("begin", "duration"), ("end", "duration"))
_SAY_UNIT = "say the unit in a first line of headers, as 'Begin Time - ss.msec' or '... - msec'"

Line = tuple[str, list[str]]  # place, for messages, and cells


def read_export(path: Path, columns: Sequence[str]) -> list[TierAnnotation]:
    """The annotations of a text.

    Args:
        path: the text.
        columns: what its columns hold, of `COLUMNS`; (): as the header says, or the only reading
            that is possible.

    Raises:
        ValueError: naming the file, and the line: no reading is possible, or several are.
    """
    lines = _lines(path)
    if not lines:
        return []
    first = lines[0][1]
    heads = [_TIME_HEADER.fullmatch(cell.strip()) for cell in first]
    units = [head[2].lower() if head else "" for head in heads]
    names = list(columns) or _header_names(first)
    lines = lines[1:] if any(units) else lines
    _check_forms(path, names, units, lines)
    lines = [  # a header says in what unit a column is, whatever its cells look like
        (
            place,
            [with_unit(c, unit, place) if unit in FORMS else c for c, unit in zip(cells, units)],
        )
        for place, cells in lines
    ]
    names = names or _inferred_names(path, lines)
    if set(columns) - set(COLUMNS) or len(names) != len(first):
        raise ValueError(
            f"{path}: columns={list(columns)}: the file has {len(first)}; each is one of {COLUMNS}"
        )
    if sum(name in names for name in TIMES) < 2:
        raise ValueError(
            f"{path}: two of begin, end and duration are needed, and {first} names fewer; export "
            f"them with an English header, or say columns=[...], each one of {COLUMNS}"
        )
    return [one for place, cells in lines for one in _annotations(names, cells, place)]


def _lines(path: Path) -> list[Line]:
    """Lines of equal width, without those about media that an export may begin with."""
    quotes = path.suffix.lower() == ".csv"  # a tab-delimited export has none but those of a value
    about_media = lambda line: line[1][0].lstrip('"').startswith("#")  # noqa: E731
    lines = list(dropwhile(about_media, cells_of(path, quotes)))
    width = max((len(cells) for _, cells in lines), default=0)
    return [(place, cells + [""] * (width - len(cells))) for place, cells in lines]


def _annotations(names: list[str], cells: list[str], place: str) -> Iterator[TierAnnotation]:
    """What one line says: one annotation, or one for each tier that has a column."""
    by_name = dict(zip(reversed(names), reversed(cells)))  # the first of equal names
    times = begin_and_end(by_name, place)
    file = stem(by_name.get("file", ""))
    if "value" in names:
        yield TierAnnotation(place, by_name.get("tier", "").strip(), times, by_name["value"], file)
    for name, cell in zip(names, cells):
        if name.startswith("=") and cell.strip():
            yield TierAnnotation(place, name.removeprefix("="), times, cell, file)


def _header_names(cells: list[str]) -> list[str]:
    """What a header says of the columns ("=X": the annotations of tier X); [] if it is none."""
    if not any(_TIME_HEADER.fullmatch(cell.strip()) for cell in cells):
        return []
    names = []
    for cell in cells:
        time = _TIME_HEADER.fullmatch(cell.strip())
        if time and time[2].lower() not in FORMS:
            names.append("")  # frame numbers, of whatever rate
        else:
            name = time[1] if time else cell.strip()
            names.append(_HEADERS.get(name.lower(), "=" + name if name and not time else ""))
    return names


def _check_forms(path: Path, names: Sequence[str], units: Sequence[str], lines: list[Line]) -> None:
    """Refuse times whose unit no header names, and which are half one form and half another."""
    examples: dict[str, str] = {}  # of each form, over all columns of times
    unsaid = False
    for name in TIMES:
        if name not in names or names.index(name) >= len(units):
            continue
        place = names.index(name)
        if units[place]:
            examples.setdefault(units[place], f"{name!r} in {units[place]}")
            continue
        unsaid = True
        cells = [cells[place].strip() for _, cells in lines]
        own = {form: cell for cell in reversed(cells) if (form := form_of([cell]))}
        if len(own) > 1 and "hh:mm:ss.ms" in own:
            raise ValueError(
                f"{path}: column {name!r} has times of several forms: "
                f"{', '.join(f'{cell!r} ({form})' for form, cell in own.items())}; {_SAY_UNIT}"
            )
        examples = own | examples
        if "msec" in own:
            examples["msec"] = own["msec"]
    if unsaid and "ss.msec" in examples and examples.get("msec", "").isdecimal():
        raise _two_readings(path, examples["ss.msec"], examples["msec"])


def _two_readings(path: Path, point: str, whole: str) -> ValueError:
    """The error of times with a point beside whole ones."""
    return ValueError(
        f"{path}: {whole!r} can be seconds or milliseconds ({float(whole):g} s as ss.msec, "
        f"{float(whole) / 1000:g} s as msec), since only some of the times have a point ({point}); "
        + _SAY_UNIT
    )


def _inferred_names(path: Path, lines: list[Line]) -> list[str]:
    """What the columns of an export without a header hold: tier, participant, times, value."""
    forms = [form_of([cells[n] for _, cells in lines]) for n in range(len(lines[0][1]))]
    timed = [n for n, form in enumerate(forms[:-1]) if form]  # values may be numbers as well
    if not timed or timed != list(range(timed[0], len(forms) - 1)) or timed[0] > 2:
        raise _no_export(path, forms, lines)
    form = forms[timed[0]]
    same = [n for n in timed if forms[n] == form]
    whole, point = ([n for n in timed if forms[n] == f] for f in ("msec", "ss.msec"))
    if whole and point and (form == "msec" or (form == "ss.msec" and len(same) == 1)):
        raise _two_readings(path, lines[0][1][point[0]].strip(), lines[0][1][whole[0]].strip())
    before = ["tier", "participant"][: timed[0]]

    def columns(names: Sequence[str]) -> list[str]:
        return [*before, *_time_names(names, same, timed), "value"]

    possible = [TIMES] if len(same) == 3 else _READINGS if len(same) == 2 else ()
    readings = [names for names in possible if _possible(columns(names), lines)]
    if len(readings) != 1:
        what = " or ".join(" and ".join(names) for names in readings) or "no begin and end"
        raise ValueError(
            f"{path}: its {len(same)} columns of {form} can be {what}; export with column headers, "
            f"or say columns={columns(TIMES)}"
        )
    return columns(readings[0])


def _no_export(path: Path, forms: list[str], lines: list[Line]) -> ValueError:
    """The error of columns that do not stand as in an export without a header."""
    for n in range(1, len(forms) - 1):
        own = {form_of([cells[n]]): cells[n].strip() for _, cells in lines}
        if own.keys() == {"ss.msec", "msec"}:
            return _two_readings(path, own["ss.msec"], own["msec"])
    return ValueError(
        f"{path}: without a header, columns must be tier, participant, times, value; found "
        f"{forms}. Export with column headers, or say columns=[...]"
    )


def _time_names(names: Sequence[str], places: list[int], timed: list[int]) -> list[str]:
    """Names of the columns of times, of which those at `places` are called `names`, others ""."""
    known = dict(zip(places, names))
    return [known.get(n, "") for n in timed]


def _possible(names: list[str], lines: list[Line]) -> bool:
    """Whether times are in order and no two annotations of a tier overlap."""
    spans = []
    for place, cells in lines:
        by_name = dict(zip(names, cells))
        try:
            spans.append((by_name.get("tier", ""), *begin_and_end(by_name, place)))
        except ValueError:
            return False
    return all(
        one[2] <= other[1] + SLACK
        for _, tier in groupby(sorted(spans), key=lambda span: span[0])
        for one, other in pairwise(tier)
    )
