"""ELAN: its tab-delimited text, and its own .eaf documents; written as .eaf.

Source: ELAN 4 to 6 (Max Planck Institute for Psycholinguistics), "File > Export As > Tab-delimited
Text" (`elan_text`); .eaf documents of EAFv2.x and 3.0 (`elan_document`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gtan.data.annotations import Annotations
from gtan.data.formats.elan_document import document, read_document
from gtan.data.formats.elan_text import COLUMNS as COLUMNS
from gtan.data.formats.elan_text import read_export
from gtan.data.formats.elan_times import TierAnnotation
from gtan.data.formats.rows import Row, file_of, split_score, stem, to_annotations, to_write
from gtan.files import write_bytes

SUFFIXES = (".eaf", ".txt", ".tsv", ".csv")


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
        found = read_document(path, tiers)
    else:
        found = read_export(path, columns)
    there = {one.tier for one in found}
    missing = [tier for tier in tiers if tier not in there]
    if missing:
        raise ValueError(f"{path}: no annotation on tier {missing[0]!r}; tiers are {sorted(there)}")
    rows = [
        _row(one, video or one.file or stem(path.name), label, scores)
        for one in found
        if not tiers or one.tier in tiers
    ]
    own = () if any(one.file for one in found) else (stem(path.name),)
    return to_annotations(rows, (video,) if video else own)


def _row(one: TierAnnotation, video: str, label: str, scores: bool) -> Row:
    """An annotation as a row; `label` and `scores` as for `read_elan`."""
    name, score = one.value, None
    if scores:
        name, score = split_score(one.value, one.place)
    if label == "tier" or not name:
        name = one.tier
    elif label == "tier+value":
        name = f"{one.tier}: {name}"
    return Row(one.place, video, name, *one.times, score)


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
        write_bytes(target, document(rows, media.replace("{video}", video), scores))
