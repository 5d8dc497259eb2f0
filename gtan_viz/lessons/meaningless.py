"""Lesson 4, third part: the groups of a recording, and which of them mean nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from gtan.files import read_json
from gtan.runs.explanation import Explanation
from gtan.runs.run import Run, open_run
from gtan_viz.lessons.part import Part

DIGITS = 3  # of seconds, cells and IoUs: thousandths
COUNTS = ("layer", "mixed", "foreground", "ignored", "background")


def part() -> Part:
    """Mixed kernels of the example run's recording, which the reader marks."""
    return Part(lesson="grouping", part="meaningless", data=groups_of(open_run()))


def groups_of(run: Run) -> dict[str, Any]:
    """The groups in the first window of a run's first explained recording, at each step.

    Returns:
        `recording`; `span` (seconds) of the window; `foreground` and `background`, the IoUs;
        `epsilon`; `initial` width (cells); `returns`, whether widths on background are drawn back
        to it (E2);
        `truth` (label, start, end) within it; `steps`, each with `step` and `layers`, of which
        each has `widths` (cells) of its cells and `groups`: start, end (seconds, at ratio 1),
        members (cells), state (the best over the ratios) and iou (of each ratio);
        `report`: of each layer how many groups of all test recordings are what.
    """
    files = run.explanations()
    recording = min(name for name, _ in files)
    steps = [Explanation.load(file) for (name, _), file in files.items() if name == recording]
    first = steps[0]
    start = float(first.arrays["windows.start"][0])
    low, high = (float(first.grid.to_seconds(start + at)) for at in (0, first.header["window"]))
    truth = first.truth()
    report = read_json(run.path / "grouping.json", dict)["layers"]
    return {
        "recording": recording,
        "span": [round(max(0.0, low), DIGITS), round(high, DIGITS)],
        "foreground": run.settings.loss.foreground,
        "background": run.settings.loss.background,
        "epsilon": run.settings.kernels.epsilon,
        "initial": run.settings.kernels.initial_width,
        "returns": run.settings.loss.background_sigma > 0,
        "truth": [
            {"label": label, "start": round(start, DIGITS), "end": round(end, DIGITS)}
            for label, start, end in truth[truth["start"] < high].itertuples(index=False)
        ],
        "steps": [
            {
                "step": one.header["step"],
                "layers": [_layer(one, j) for j in range(1, len(one.header["layers"]) + 1)],
            }
            for one in steps
        ],
        "report": [{name: row[name] for name in COUNTS} for row in report],
    }


def _layer(explanation: Explanation, layer: int) -> dict[str, Any]:
    """Learned widths and groups of the first window."""
    cells = explanation.header["layers"][layer - 1]["cells"]
    iou = explanation.arrays[f"layer{layer}.iou"]
    kernels = explanation.kernels(layer)
    groups = kernels[kernels["mixed"] & (kernels["window"] == 0)]
    return {
        "widths": _short(explanation.arrays[f"layer{layer}.widths"][:cells] * cells),
        "groups": [
            {
                "start": round(one["center"] - one["width"] / 2, DIGITS),
                "end": round(one["center"] + one["width"] / 2, DIGITS),
                "members": one["members"].tolist(),
                "state": int(one["state"]),
                "iou": _short(iou[one["row"]]),
            }
            for one in groups.to_dict("records")
        ],
    }


def _short(values: np.ndarray) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
