"""Lesson 6, learning: eight short trainings on one film, to look through, or one of your own."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gtan.files import read_json
from gtan.grid import ClipGrid
from gtan_viz.lessons.part import Part

# By scripts/record_lesson.py.
RUNS = Path(__file__).with_name("learning.json")
FILM = "tiny107"
STEPS = 100
LOSSES = ("classification", "localization", "overlap", "rest")
# Settings that the reader chooses, by the part's names for them.
CHOICES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "foreground": ("loss.foreground", (0.6, 0.5)),
    "unit": ("loss.localization_unit", ("truth", "cell")),
    "gradient": ("loss.sigma_gradient", ("flow", "stop")),
}
# Small, quick, and without chance beyond the first weights, so that every move has a reason.
SETTINGS: dict[str, Any] = {
    "data.dataset": "tiny-world",
    "data.window": 128,
    "network.dropout": 0.0,
    "training.iterations": STEPS,
    "training.batch_size": 4,
    "training.learning_rate": 0.005,
    "training.ema": 0.0,
    "training.threads": 1,
    "training.device": "cpu",
    "training.probes": [FILM],
    "training.trace_every": 1,
    "training.log_every": 1,
    "training.validate_every": 10 * STEPS,
    "training.checkpoint_every": 10 * STEPS,
    "training.explanations": 0,
}


def part(run: Mapping[str, Any] | None = None) -> Part:
    """Eight recorded trainings of 100 steps on one film of 20 seconds of the small world.

    Args:
        run: one of `train`, to look at instead.
    """
    data = recorded() if run is None else {**run["about"], "steps": STEPS, "runs": [dict(run)]}
    return Part(lesson="learning", part="learning", data=data)


def recorded() -> dict[str, Any]:
    """What `part` shows: the film's truth, the layers' cells, and `runs`.

    Of a run: `foreground`, `unit`, `gradient`; of every step `loss`, its parts (`LOSSES`) and
    `unmatched` (actions that no foreground proposal learns); as base64 `sigmas` (8 bits, 255 is the
    ceiling) and `states` (2 more than those of `gtan.assignment`), [STEPS + 1, cells of all
    layers], before each step and after the last.
    """
    found: dict[str, Any] = read_json(RUNS, dict)
    return found


def train(choice: Mapping[str, Any], on_step: Any = None) -> dict[str, Any]:
    """Train as the recorded runs were; returns one as `recorded` has them, with `about`.

    Args:
        choice: `foreground`, `unit`, `gradient`.
        on_step: called with each row of metrics, as of `gtan.train`.

    Raises:
        SettingsError: naming a choice that cannot be.
    """
    import gtan

    changed = {CHOICES[name][0]: value for name, value in choice.items()}
    settings = gtan.Settings.preset("world").override({**SETTINGS, **changed})
    rows: list[Any] = []

    def each(row: Any) -> None:
        rows.append(row)
        if on_step is not None:
            on_step(row)

    with tempfile.TemporaryDirectory() as folder:
        run = gtan.train(settings, Path(folder) / "run", progress=False, on_step=each)
        trace = run.trace()
    ceiling = settings.kernels.sigma_ceiling
    sigmas = np.concatenate([one[:, 0] for one in trace.sigmas], 1).astype(float)
    states = np.concatenate([one[:, 0] for one in trace.state], 1)
    probe = trace.index["probes"][0]
    grid = ClipGrid(**probe["grid"])
    return {
        **choice,
        "loss": [round(float(row["loss"]), 4) for row in rows],
        **{part: [round(float(row[part]), 5) for row in rows] for part in LOSSES},
        "unmatched": [
            round(row["unmatched_truths"] / settings.training.batch_size) for row in rows
        ],
        "sigmas": _text(np.round(255 * sigmas / ceiling).clip(0, 255)),
        "states": _text(states + 2),
        "about": {
            "truth": probe["truth"],
            "from": grid.to_seconds(0.0),
            "to": grid.to_seconds(float(settings.data.window)),
            "cells": [one.shape[-1] for one in trace.sigmas],
            "ceiling": ceiling,
        },
    }


def _text(values: Any) -> str:
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode()
