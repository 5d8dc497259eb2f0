"""ELAN: its tab-delimited text, and its own .eaf documents; written as .eaf.

Source: ELAN 4 to 6 (Max Planck Institute for Psycholinguistics), "File > Export As > Tab-delimited
Text"; .eaf documents of EAFv2.x and 3.0. By default an export has no header and a line is tier,
participant, times, value:

    hands	S1	00:00:03.400	3.4	00:00:06.100	6.1	00:00:02.700	2.7	wash

Begin, end and duration come in that order, whichever of them were asked for, each in as many forms
as were asked for (hh:mm:ss.ms, ss.msec, msec). With "separate column for each tier" there is a
header, and a column for each tier instead of tier and value.

No two annotations of an ELAN tier overlap: that shows whether two columns of a file without a
header are begin and end, or begin and duration.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile, groupby, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from gtan.data.annotations import Annotations
from gtan.data.formats.rows import (
    Row,
    apart,
    cells_of,
    file_of,
    split_score,
    stem,
    to_annotations,
    to_write,
    with_score,
)
from gtan.data.numbers import read_number
from gtan.data.texts import read_text
from gtan.files import write_bytes

SUFFIXES = (".eaf", ".txt", ".tsv", ".csv")
COLUMNS = ("tier", "participant", "begin", "end", "duration", "value", "file", "")
_FORMS = {
    "hh:mm:ss.ms": re.compile(r"([0-9]+):([0-9]{2}):([0-9]{2}(?:\.[0-9]+)?)"),
    "ss.msec": re.compile(r"[0-9]+\.[0-9]+"),
    "msec": re.compile(r"[0-9]+"),
}
_TIME = re.compile(r"(.+) - (hh:mm:ss\.ms|ss\.msec|msec|hh:mm:ss:ff|frames?|.*:ff)", re.IGNORECASE)
_NAMED = {
    "begin time": "begin", "end time": "end", "duration": "duration", "tier": "tier",
    "tier name": "tier", "participant": "participant", "annotation": "value", "value": "value",
    "annotation value": "value", "file": "file", "file name": "file", "file path": "",
}  # fmt: skip
_READINGS = (("begin", "end"), ("begin", "duration"), ("end", "duration"))
LARGEST = 256 * 2**20  # characters of a document
_SAY_UNIT = "say the unit in a first line of headers, as 'Begin Time - ss.msec' or '... - msec'"
SLACK = 0.0015  # seconds by which rounded times may disagree
_UNFIT = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def read_elan(
    path: str | Path,
    *,
    video: str = "",
    tiers: Sequence[str] = (),
    label: str = "value",
    columns: Sequence[str] = (),
    scores: bool = False,
) -> Annotations:
    r"""Read the annotations of one ELAN document, or of an export of several.

    Args:
        path: a tab-delimited export (``.txt``, ``.tsv``, ``.csv``) or a document (``.eaf``).
        video: the recording's name; "": the column of files, if there is one, else the file's.
        tiers: read these only.
        label: "value": what the annotation says, or the tier's name where it says nothing; "tier";
            "tier+value": both, as "hands: wash".
        columns: what the columns of a text hold, in order, of `COLUMNS` ("": anything else); (): as
            the header says, or the only reading that is possible.
        scores: split values such as "wash [0.87]" into label and score.

    Raises:
        ValueError: naming the file, and the line or tier: no reading is possible, or several are.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "monday.txt"
        >>> _ = path.write_text("hands\t\t3.4\t6.1\twash\nhands\t\t7.0\t9.0\t\n")
        >>> read_elan(path).instances.values.tolist()
        [['monday', 'wash', 3.4, 6.1], ['monday', 'hands', 7.0, 9.0]]
    """
    path = Path(path)
    if label not in ("value", "tier", "tier+value"):
        raise ValueError(f"label={label!r}: choose 'value', 'tier' or 'tier+value'")
    if path.suffix.lower() == ".eaf":
        found = _document(path, tiers)
    else:
        found = _text(path, columns)
    there = {row.tier for row in found}
    missing = [tier for tier in tiers if tier not in there]
    if missing:
        raise ValueError(f"{path}: no annotation on tier {missing[0]!r}; tiers are {sorted(there)}")
    rows = []
    for row in found:
        if tiers and row.tier not in tiers:
            continue
        name, score = row.value, None
        if scores:
            name, score = split_score(row.value, row.place)
        if label == "tier" or not name:
            name = row.tier
        elif label == "tier+value":
            name = f"{row.tier}: {name}"
        rows.append(Row(row.place, video or row.file or stem(path.name), name, *row.times, score))
    own = () if any(row.file for row in found) else (stem(path.name),)
    return to_annotations(rows, (video,) if video else own)


@dataclass(frozen=True)
class _Annotation:
    place: str
    tier: str
    times: tuple[float, float]
    value: str
    file: str = ""


def _text(path: Path, columns: Sequence[str]) -> list[_Annotation]:
    quotes = path.suffix.lower() == ".csv"  # a tab-delimited export has none but those of a value
    about_media = lambda line: line[1][0].lstrip('"').startswith("#")  # noqa: E731
    lines = list(dropwhile(about_media, cells_of(path, quotes)))
    if not lines:
        return []
    width = max(len(cells) for _, cells in lines)
    lines = [(place, cells + [""] * (width - len(cells))) for place, cells in lines]
    first = lines[0][1]
    names = list(columns) or _named(first)
    heads = [_TIME.fullmatch(cell.strip()) for cell in first]
    units = [head[2].lower() if head else "" for head in heads]
    lines = lines[any(units) :]
    _one_form(path, names, units, lines)
    lines = [  # a header says in what unit a column is, whatever its cells look like
        (
            place,
            [_in_unit(c, unit, place) if unit in _FORMS else c for c, unit in zip(cells, units)],
        )
        for place, cells in lines
    ]
    if not names:
        names = _shown(path, lines)
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown or len(names) != width:
        raise ValueError(
            f"{path}: columns={list(columns)}: the file has {width}; each is one of {COLUMNS}"
        )
    if sum(name in names for name in ("begin", "end", "duration")) < 2:
        raise ValueError(
            f"{path}: two of begin, end and duration are needed, and {first} names fewer; export "
            f"them with an English header, or say columns=[...], each one of {COLUMNS}"
        )
    found = []
    for place, cells in lines:
        by_name = dict(zip(reversed(names), reversed(cells)))  # the first of equal names
        times = _times(by_name, place)
        file = stem(by_name.get("file", ""))
        if "value" in names:
            tier = by_name.get("tier", "").strip()
            found.append(_Annotation(place, tier, times, by_name["value"], file))
        found += [
            _Annotation(place, name.removeprefix("="), times, cell, file)
            for name, cell in zip(names, cells)
            if name.startswith("=") and cell.strip()
        ]
    return found


def _in_unit(cell: str, unit: str, place: str) -> str:
    """A time with the unit of its header, in seconds: 5 s is 5.0, and 1500.0 ms is 1.5."""
    number = read_number(cell)
    clock = _FORMS["hh:mm:ss.ms"].fullmatch(cell.strip())
    if clock if unit in ("ss.msec", "msec") else number is not None:
        raise ValueError(f"{place}: {cell!r} is not {unit}, which the column's header says")
    if number is None or not 0 <= number < float("inf"):
        return cell
    return f"{abs(number) / (1000 if unit == 'msec' else 1):.9f}"


def _one_form(
    path: Path, names: Sequence[str], units: Sequence[str], lines: list[tuple[str, list[str]]]
) -> None:
    """Refuse times whose unit no header names, and which are half one form and half another."""
    examples: dict[str, str] = {}  # of each form, over all columns of times
    unsaid = False
    for name in COLUMNS[2:5]:
        if name not in names or names.index(name) >= len(units):
            continue
        place = names.index(name)
        if units[place]:
            examples.setdefault(units[place], f"{name!r} in {units[place]}")
            continue
        unsaid = True
        cells = [cells[place].strip() for _, cells in lines]
        own = {form: cell for cell in reversed(cells) if (form := _form([cell]))}
        if len(own) > 1 and "hh:mm:ss.ms" in own:
            raise ValueError(
                f"{path}: column {name!r} has times of several forms: "
                f"{', '.join(f'{cell!r} ({form})' for form, cell in own.items())}; {_SAY_UNIT}"
            )
        examples = own | examples
        if "msec" in own:
            examples["msec"] = own["msec"]
    if unsaid and "ss.msec" in examples and examples.get("msec", "").isdecimal():
        raise _mixed(path, examples["ss.msec"], examples["msec"])


def _mixed(path: Path, point: str, whole: str) -> ValueError:
    return ValueError(
        f"{path}: {whole!r} can be seconds or milliseconds ({int(whole)} s as ss.msec, "
        f"{int(whole) / 1000:g} s as msec), since only some of the times have a point ({point}); "
        + _SAY_UNIT
    )


def _named(cells: list[str]) -> list[str]:
    """What a header says of the columns ("=X": the annotations of tier X); [] if it is none."""
    if not any(_TIME.fullmatch(cell.strip()) for cell in cells):
        return []
    names = []
    for cell in cells:
        time = _TIME.fullmatch(cell.strip())
        if time and time[2].lower() not in _FORMS:
            names.append("")  # frame numbers, of whatever rate
        else:
            name = time[1] if time else cell.strip()
            names.append(_NAMED.get(name.lower(), "=" + name if name and not time else ""))
    return names


def _shown(path: Path, lines: list[tuple[str, list[str]]]) -> list[str]:
    """What the columns of an export without a header hold: tier, participant, times, value."""
    forms = [_form([cells[n] for _, cells in lines]) for n in range(len(lines[0][1]))]
    timed = [n for n, form in enumerate(forms[:-1]) if form]  # values may be numbers as well
    if not timed or timed != list(range(timed[0], len(forms) - 1)) or timed[0] > 2:
        for n in range(1, len(forms) - 1):
            own = {_form([cells[n]]): cells[n].strip() for _, cells in lines}
            if own.keys() == {"ss.msec", "msec"}:
                raise _mixed(path, own["ss.msec"], own["msec"])
        raise ValueError(
            f"{path}: without a header, columns must be tier, participant, times, value; found "
            f"{forms}. Export with column headers, or say columns=[...]"
        )
    form = forms[timed[0]]
    same = [n for n in timed if forms[n] == form]
    whole, point = ([n for n in timed if forms[n] == f] for f in ("msec", "ss.msec"))
    if whole and point and (form == "msec" or (form == "ss.msec" and len(same) == 1)):
        raise _mixed(path, lines[0][1][point[0]].strip(), lines[0][1][whole[0]].strip())
    before = ["tier", "participant"][: timed[0]]
    readings = [
        names
        for names in ([COLUMNS[2:5]] if len(same) == 3 else _READINGS if len(same) == 2 else [])
        if _possible([*before, *_at(names, same, timed), "value"], lines)
    ]
    if len(readings) != 1:
        what = " or ".join(" and ".join(names) for names in readings) or "no begin and end"
        raise ValueError(
            f"{path}: its {len(same)} columns of {form} can be {what}; export with column headers, "
            f"or say columns={[*before, *_at(['begin', 'end', 'duration'], same, timed), 'value']}"
        )
    return [*before, *_at(readings[0], same, timed), "value"]


def _at(names: Sequence[str], places: list[int], timed: list[int]) -> list[str]:
    known = dict(zip(places, names))
    return [known.get(n, "") for n in timed]


def _form(cells: list[str]) -> str:
    """The form of time in which all cells are; "" if they are none."""
    return next((f for f, p in _FORMS.items() if all(map(p.fullmatch, map(str.strip, cells)))), "")


def _possible(names: list[str], lines: list[tuple[str, list[str]]]) -> bool:
    """Whether times are in order and no two annotations of a tier overlap."""
    spans = []
    for place, cells in lines:
        by_name = dict(zip(names, cells))
        try:
            spans.append((by_name.get("tier", ""), *_times(by_name, place)))
        except ValueError:
            return False
    return all(
        one[2] <= other[1] + SLACK
        for _, tier in groupby(sorted(spans), key=lambda span: span[0])
        for one, other in pairwise(tier)
    )


def _times(cells: dict[str, str], place: str) -> tuple[float, float]:
    """Begin and end in seconds, from whichever two are there; all three must agree."""
    given = {n: _seconds(cells[n], place, n) for n in COLUMNS[2:5] if n in cells}
    begin = given["begin"] if "begin" in given else given["end"] - given["duration"]
    end = given["end"] if "end" in given else begin + given["duration"]
    if begin < 0 or end < begin:
        raise ValueError(f"{place}: {begin:g} to {end:g} s is no interval")
    if "duration" in given and abs(begin + given["duration"] - end) > SLACK:
        raise ValueError(
            f"{place}: begin {begin:g}, end {end:g} and duration {given['duration']:g} disagree"
        )
    return begin, end


def _seconds(text: str, place: str, what: str) -> float:
    text = text.strip()
    clock = _FORMS["hh:mm:ss.ms"].fullmatch(text)
    if clock:
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3])
    if _FORMS["ss.msec"].fullmatch(text):
        return float(text)
    if _FORMS["msec"].fullmatch(text):
        return int(text) / 1000
    raise ValueError(f"{place}: {what} is {text!r}, not hh:mm:ss.ms, ss.msec or msec")


def _document(path: Path, tiers: Sequence[str]) -> list[_Annotation]:
    root = _parse(path)
    slots = {
        slot.get("TIME_SLOT_ID", ""): slot.get("TIME_VALUE")
        for slot in root.iterfind("TIME_ORDER/TIME_SLOT")
    }
    found, left_out = [], []
    for tier in root.iterfind("TIER"):
        name = tier.get("TIER_ID", "")
        if tier.find("ANNOTATION/REF_ANNOTATION") is not None and name not in tiers:
            left_out.append(name)
            continue
        if tiers and name not in tiers:
            continue
        for one in tier.iterfind("ANNOTATION/*"):
            place = f"{path}: tier {name!r}, annotation {one.get('ANNOTATION_ID')}"
            times = [slots.get(one.get(f"TIME_SLOT_REF{n}", "")) for n in (1, 2)]
            if not all(times):
                raise ValueError(
                    f"{place}: has no times of its own; choose other tiers=, or export the "
                    "document as tab-delimited text"
                )
            for time in times:
                if not _FORMS["msec"].fullmatch(str(time)):
                    raise ValueError(f"{place}: a time slot is {time!r}, not whole milliseconds")
            begin, end = (int(str(time)) / 1000 for time in times)
            value = one.findtext("ANNOTATION_VALUE") or ""
            found.append(_Annotation(place, name, (begin, end), value))
    if left_out:
        warnings.warn(
            f"{path}: tiers without times of their own are left out: {', '.join(left_out)}",
            stacklevel=4,
        )
    return found


def _parse(path: Path) -> ElementTree.Element:
    text = read_text(path)
    if len(text) > LARGEST:
        raise ValueError(f"{path}: {len(text):,} characters are no annotations; not read")
    if "<!DOCTYPE" in text.upper():  # entities can be made to grow without bounds
        raise ValueError(f"{path}: holds a DOCTYPE, which no ELAN document has; not read")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"{path}: not a whole XML file: {error}") from None
    if root.tag != "ANNOTATION_DOCUMENT":
        raise ValueError(f"{path}: not an ELAN document: it is a {root.tag}")
    return root


def write_elan(
    frame: pd.DataFrame | Annotations,
    path: str | Path,
    *,
    media: str = "{video}.mp4",
    scores: bool = False,
) -> None:
    """Write an ELAN document for each recording: `path/VIDEO.eaf`, to a millisecond.

    Each label has a tier, and a second one ("run 2") where its intervals overlap: an ELAN tier
    holds one thing at a time. What is shorter than a millisecond becomes one.

    Args:
        frame: detections, or annotated actions.
        path: a folder.
        media: the media file, seen from the document; {video} stands for the recording's name.
        scores: a value is "run [0.87]" instead of "run".

    Raises:
        ValueError: a name that XML or a file cannot hold.
    """
    for video, rows in to_write(frame).items():
        target = file_of(Path(path), video, ".eaf")
        write_bytes(target, _eaf(rows, media.replace("{video}", video), scores))


def _eaf(rows: list[Row], media: str, scores: bool) -> bytes:
    unfit = [row.label for row in rows if _UNFIT.search(row.label)]
    if unfit:
        raise ValueError(f"label {unfit[0]!r} holds a character that XML cannot; rename it")
    rows = [_in_ms(row) for row in sorted(rows, key=lambda row: row.start)]
    ElementTree.register_namespace("xsi", _XSI)
    root = ElementTree.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "gtan",
            "DATE": "2000-01-01T00:00:00+00:00",  # equal tables give equal bytes
            "FORMAT": "3.0",
            "VERSION": "3.0",
            f"{{{_XSI}}}noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
        },
    )
    header = ElementTree.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    kind = "audio/x-wav" if media.lower().endswith(".wav") else "video/mp4"
    ElementTree.SubElement(
        header, "MEDIA_DESCRIPTOR", MEDIA_URL=media, MIME_TYPE=kind, RELATIVE_MEDIA_URL=f"./{media}"
    )
    used = ElementTree.SubElement(header, "PROPERTY", NAME="lastUsedAnnotationId")
    used.text = str(len(rows))
    order = ElementTree.SubElement(root, "TIME_ORDER")
    tiers: dict[str, ElementTree.Element] = {}
    labels = {row.label for row in rows}
    for number, (row, track) in enumerate(zip(rows, apart(rows)), 1):
        tier = f"{row.label} {track + 1}" if track else row.label
        while track and tier in labels:
            tier += "+"
        for edge, time in ((f"ts{2 * number - 1}", row.start), (f"ts{2 * number}", row.end)):
            ElementTree.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=edge, TIME_VALUE=f"{time:.0f}")
        if tier not in tiers:
            tiers[tier] = ElementTree.Element(
                "TIER", LINGUISTIC_TYPE_REF="default-lt", TIER_ID=tier
            )
        holder = ElementTree.SubElement(tiers[tier], "ANNOTATION")
        one = ElementTree.SubElement(
            holder,
            "ALIGNABLE_ANNOTATION",
            ANNOTATION_ID=f"a{number}",
            TIME_SLOT_REF1=f"ts{2 * number - 1}",
            TIME_SLOT_REF2=f"ts{2 * number}",
        )
        value = ElementTree.SubElement(one, "ANNOTATION_VALUE")
        value.text = with_score(row) if scores else row.label
    root.extend(tiers[name] for name in sorted(tiers))
    ElementTree.SubElement(
        root,
        "LINGUISTIC_TYPE",
        GRAPHIC_REFERENCES="false",
        LINGUISTIC_TYPE_ID="default-lt",
        TIME_ALIGNABLE="true",
    )
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _in_ms(row: Row) -> Row:
    start = max(0.0, float(round(row.start * 1000)))
    return replace(row, start=start, end=max(start + 1, round(row.end * 1000)))
