"""Detections as subtitles, WebVTT and SRT, so that any player shows them over the video."""

from __future__ import annotations

import html
from collections.abc import Iterator

import pandas as pd

SHORTEST = 0.001  # seconds; players skip cues that end where they begin


def subtitles(detections: pd.DataFrame, kind: str = "vtt") -> str:
    """The text of a subtitle file; detections that overlap stand above each other.

    Args:
        detections: of one recording, columns label, start, end (seconds), score.
        kind: "vtt" (W3C's WebVTT) or "srt" (SubRip).

    Raises:
        ValueError: there is no such kind.

    Example:
        >>> row = {"label": "jump", "start": 1.5, "end": 3.25, "score": 0.914}
        >>> print(subtitles(pd.DataFrame([row]), "srt"))
        1
        00:00:01,500 --> 00:00:03,250
        jump 0.91
        <BLANKLINE>
    """
    if kind not in ("vtt", "srt"):
        raise ValueError(f"subtitles are 'vtt' or 'srt', not {kind!r}")
    blocks = ["WEBVTT"] if kind == "vtt" else []
    for number, (when, text) in enumerate(_cues(detections, "." if kind == "vtt" else ","), 1):
        shown = html.escape(text, quote=False) if kind == "vtt" else text
        blocks.append(f"{number}\n{when}\n{shown}")
    return "\n\n".join(blocks) + ("\n" if blocks else "")


def _cues(detections: pd.DataFrame, point: str) -> Iterator[tuple[str, str]]:
    """When, and what, in the order of the starts."""
    for row in detections.sort_values(["start", "end"], kind="stable").to_dict("records"):
        start = max(0.0, row["start"])
        end = max(start + SHORTEST, row["end"])
        label = " ".join(row["label"].split()).replace("-->", "->")
        yield f"{_clock(start, point)} --> {_clock(end, point)}", f"{label} {row['score']:.2f}"


def _clock(seconds: float, point: str) -> str:
    """Hours, minutes, seconds and thousandths; `point` stands before the last."""
    thousandths = round(1000 * seconds)
    minutes, thousandths = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{thousandths // 1000:02d}{point}{thousandths % 1000:03d}"
