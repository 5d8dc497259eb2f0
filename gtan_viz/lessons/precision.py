"""Lesson 7, its last part: average precision, built detection by detection."""

from __future__ import annotations

from typing import Any

import gtan
from gtan_viz.lessons.part import Part

RECORDING, LABEL = "person20_film2", "turn"  # found loosely, then well: the threshold matters
COUNT = 8


def part() -> Part:
    """The best detections of a label in a recording of the example run, to be judged in order."""
    return Part(lesson="detections", part="precision", data=ranking())


def ranking(recording: str = RECORDING, label: str = LABEL, count: int = COUNT) -> dict[str, Any]:
    """What is ranked: the best `count` detections, and all truths of that label.

    Returns:
        `recording`, `label`, `detections` (`start`, `end`, seconds, and `score`, best first) and
        `truth` (`start`, `end`).
    """
    run = gtan.open_run()
    found = run.detections()
    mine = found[(found["video"] == recording) & (found["label"] == label)]
    mine = mine.sort_values("score", ascending=False, kind="stable").head(count)
    truth = run.dataset().truth
    truth = truth[(truth["video"] == recording) & (truth["label"] == label)]
    return {
        "recording": recording,
        "label": label,
        "detections": mine[["start", "end", "score"]].to_dict("records"),
        "truth": truth[["start", "end"]].to_dict("records"),
    }
