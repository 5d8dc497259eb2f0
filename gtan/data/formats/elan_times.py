"""Times as ELAN writes them, and what stands at them on a tier."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gtan.data.numbers import read_number

FORMS = {
    "hh:mm:ss.ms": re.compile(r"([0-9]+):([0-9]{2}):([0-9]{2}(?:\.[0-9]+)?)"),
    "ss.msec": re.compile(r"[0-9]+\.[0-9]+"),
    "msec": re.compile(r"[0-9]+"),
}
TIMES = ("begin", "end", "duration")
SLACK = 0.0015  # seconds by which rounded times may disagree


@dataclass(frozen=True)
class TierAnnotation:
    """One annotation of a tier; `place` names file and line, or tier, for messages."""

    place: str
    tier: str
    times: tuple[float, float]  # seconds
    value: str
    file: str = ""


def form_of(cells: Iterable[str]) -> str:
    """The form of time in which all cells are; "" if they are none."""
    texts = [cell.strip() for cell in cells]
    return next((form for form, way in FORMS.items() if all(map(way.fullmatch, texts))), "")


def with_unit(cell: str, unit: str, place: str) -> str:
    """A time with the unit of its header, in seconds: 5 s is 5.0, and 1500.0 ms is 1.5."""
    number = read_number(cell)
    clock = FORMS["hh:mm:ss.ms"].fullmatch(cell.strip())
    if clock if unit in ("ss.msec", "msec") else number is not None:
        raise ValueError(f"{place}: {cell!r} is not {unit}, which the column's header says")
    if number is None or not 0 <= number < float("inf"):
        return cell
    return f"{abs(number) / (1000 if unit == 'msec' else 1):.9f}"


def to_seconds(text: str, place: str, what: str) -> float:
    """The seconds of a cell in any of the forms; ValueError naming the place if it is in none."""
    text = text.strip()
    clock = FORMS["hh:mm:ss.ms"].fullmatch(text)
    if clock:
        return float(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3])
    if FORMS["ss.msec"].fullmatch(text):
        return float(text)
    if FORMS["msec"].fullmatch(text):
        return float(text) / 1000
    raise ValueError(f"{place}: {what} is {text!r}, not hh:mm:ss.ms, ss.msec or msec")


def begin_and_end(cells: Mapping[str, str], place: str) -> tuple[float, float]:
    """Begin and end in seconds, from whichever two are there; all three must agree."""
    given = {n: to_seconds(cells[n], place, n) for n in TIMES if n in cells}
    begin = given["begin"] if "begin" in given else given["end"] - given["duration"]
    end = given["end"] if "end" in given else begin + given["duration"]
    if begin < 0 or end < begin:
        raise ValueError(f"{place}: {begin:g} to {end:g} s is no interval")
    if "duration" in given and abs(begin + given["duration"] - end) > SLACK:
        raise ValueError(
            f"{place}: begin {begin:g}, end {end:g} and duration {given['duration']:g} disagree"
        )
    return begin, end
