"""Lesson 0, what is asked: the reader marks actions in a video and is scored like a detector."""

from __future__ import annotations

import base64
from typing import Any

import gtan
from gtan.runs.run import Run
from gtan_viz.lessons.part import Part

RECORDING = "person21_film2"  # its video ships with the example run
STRETCH = (15.0, 38.0)  # seconds: two kicks, two turns, a throw, two claps


def part() -> Part:
    """A stretch of a film to mark actions in; the intervals are the reader's."""
    return Part(lesson="asked", part="asked", data=stretch())


def film(run: Run) -> str:
    """The film that lessons show: H.264, base64.

    Raises:
        FileNotFoundError: the run has no video of it.
    """
    video = run.video(RECORDING)
    if video is None:
        raise FileNotFoundError(f"{run.path} has no video of {RECORDING}")
    return base64.b64encode(video.read_bytes()).decode()


def stretch() -> dict[str, Any]:
    """The film, and what happens in the stretch of it that is asked about.

    Returns:
        `video` (H.264, base64), `start` and `end` of the stretch, `labels` that occur in it, and
        `truth` (`start`, `end`, `label`); times are seconds of the film.

    Raises:
        FileNotFoundError: the example run has no video.
    """
    run = gtan.open_run()
    start, end = STRETCH
    truth = run.dataset().truth
    inside = (truth["start"] >= start) & (truth["end"] <= end)
    truth = truth[(truth["video"] == RECORDING) & inside]
    return {
        "video": film(run),
        "start": start,
        "end": end,
        "labels": sorted(set(truth["label"])),
        "truth": truth[["start", "end", "label"]].to_dict("records"),
    }
