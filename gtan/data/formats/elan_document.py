"""ELAN's own documents, .eaf: EAFv2.x and 3.0 are read, 3.0 is written."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from gtan.data.formats.elan_times import FORMS, TierAnnotation
from gtan.data.formats.rows import Row, apart, with_score
from gtan.data.texts import read_text

LARGEST = 256 * 2**20  # characters of a document
_UNFIT = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def read_document(path: Path, tiers: Sequence[str]) -> list[TierAnnotation]:
    """The annotations of a document, of these tiers or of all that have times of their own.

    Raises:
        ValueError: naming the file, and the tier: it is no document, or has other times.

    Warns:
        UserWarning: tiers whose annotations refer to other tiers' are left out.
    """
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
        elif not tiers or name in tiers:
            found += [_annotation(path, name, one, slots) for one in tier.iterfind("ANNOTATION/*")]
    if left_out:
        warnings.warn(
            f"{path}: tiers without times of their own are left out: {', '.join(left_out)}",
            stacklevel=4,
        )
    return found


def _annotation(
    path: Path, tier: str, one: ElementTree.Element, slots: dict[str, str | None]
) -> TierAnnotation:
    place = f"{path}: tier {tier!r}, annotation {one.get('ANNOTATION_ID')}"
    times = [slots.get(one.get(f"TIME_SLOT_REF{n}", "")) for n in (1, 2)]
    if not all(times):
        raise ValueError(
            f"{place}: has no times of its own; choose other tiers=, or export the "
            "document as tab-delimited text"
        )
    for time in times:
        if not FORMS["msec"].fullmatch(str(time)):
            raise ValueError(f"{place}: a time slot is {time!r}, not whole milliseconds")
    begin, end = (float(str(time)) / 1000 for time in times)
    return TierAnnotation(place, tier, (begin, end), one.findtext("ANNOTATION_VALUE") or "")


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


def document(rows: list[Row], media: str, scores: bool) -> bytes:
    """A document of a recording's rows; equal rows give equal bytes.

    Args:
        rows: of one recording.
        media: its file.
        scores: a value is "run [0.87]" instead of "run".

    Raises:
        ValueError: a label that XML cannot hold.
    """
    unfit = [row.label for row in rows if _UNFIT.search(row.label)]
    if unfit:
        raise ValueError(f"label {unfit[0]!r} holds a character that XML cannot; rename it")
    rows = [_in_ms(row) for row in sorted(rows, key=lambda row: row.start)]
    root = _head(media, len(rows))
    order = ElementTree.SubElement(root, "TIME_ORDER")
    tiers: dict[str, ElementTree.Element] = {}
    for number, (row, name) in enumerate(zip(rows, _tier_names(rows)), 1):
        edges = f"ts{2 * number - 1}", f"ts{2 * number}"
        for edge, time in zip(edges, (row.start, row.end)):
            ElementTree.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=edge, TIME_VALUE=f"{time:.0f}")
        if name not in tiers:
            tiers[name] = ElementTree.Element(
                "TIER", LINGUISTIC_TYPE_REF="default-lt", TIER_ID=name
            )
        one = ElementTree.SubElement(
            ElementTree.SubElement(tiers[name], "ANNOTATION"),
            "ALIGNABLE_ANNOTATION",
            ANNOTATION_ID=f"a{number}",
            TIME_SLOT_REF1=edges[0],
            TIME_SLOT_REF2=edges[1],
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


def _head(media: str, annotations: int) -> ElementTree.Element:
    """A document with its header."""
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
    used.text = str(annotations)
    return root


def _tier_names(rows: list[Row]) -> list[str]:
    """Each row's tier: its label, or "run 2" beside another of its label, which is no label."""
    labels = {row.label for row in rows}
    names = []
    for row, track in zip(rows, apart(rows)):
        name = f"{row.label} {track + 1}" if track else row.label
        while track and name in labels:
            name += "+"
        names.append(name)
    return names


def _in_ms(row: Row) -> Row:
    start = max(0.0, float(round(row.start * 1000)))
    return replace(row, start=start, end=max(start + 1, round(row.end * 1000)))
