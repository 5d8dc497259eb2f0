"""Lesson 6, learning: eight short trainings on one film, to look through, or one of your own."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gtan.files import read_json
from gtan.grid import ClipGrid
from gtan.runs.reading import read
from gtan_viz.lessons.live import LivePart
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

    In a notebook one can train as well, and watch: `LivePart.run` is what came of it.

    Args:
        run: one of `train`, to look at instead.
    """
    if run is not None:
        data = {**run["about"], "steps": STEPS, "runs": [dict(run)]}
        return Part(lesson="learning", part="learning", data=data)
    return LivePart(_train, lesson="learning", part="learning", data=recorded())


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
    from gtan.runs.run import Run

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        steps = _train(choice, path, lambda one: on_step and on_step(one.rows[-1]))
        index = Run(path).trace().index
    probe = index["probes"][0]
    grid = ClipGrid(**probe["grid"])
    about = {
        "truth": probe["truth"],
        "from": grid.to_seconds(0.0),
        "to": grid.to_seconds(float(index["window"])),
        "cells": [layer["cells"] for layer in index["layers"]],
        "ceiling": steps.settings.kernels.sigma_ceiling,
    }
    return {**steps.told(), "about": about}


class Steps:
    """A training as far as it came, as the part shows it.

    Attributes:
        settings: of the training.
        rows: of metrics, one a step.
    """

    def __init__(self, choice: Mapping[str, Any], folder: Path) -> None:
        import gtan

        changed = {CHOICES[name][0]: value for name, value in choice.items()}
        self.settings = gtan.Settings.preset("world").override({**SETTINGS, **changed})
        self.rows: list[Mapping[str, float]] = []
        self._choice, self._folder = dict(choice), folder
        self._sigmas: list[bytes] = []  # of all cells, before each step and after the last
        self._states: list[bytes] = []

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, row: Mapping[str, float]) -> None:
        """One more step, whose trace lies in the folder."""
        for step in range(len(self._sigmas), len(self) + 2):
            self._read(step)
        self.rows.append(row)

    def _read(self, step: int) -> None:
        arrays, _ = read(self._folder / "trace" / f"{step:06d}.safetensors")
        layers = [f"layer{layer + 1}" for layer in range(self.settings.layers)]
        sigmas = np.concatenate([arrays[f"{layer}.sigmas"][0] for layer in layers]).astype(float)
        states = np.concatenate([arrays[f"{layer}.state"][0] for layer in layers])
        levels = np.round(255 * sigmas / self.settings.kernels.sigma_ceiling).clip(0, 255)
        self._sigmas.append(levels.astype(np.uint8).tobytes())
        self._states.append((states + 2).astype(np.uint8).tobytes())

    def told(self) -> dict[str, Any]:
        """A run as `recorded` has them."""
        rows = list(self.rows)  # which another thread may add to
        batch = self.settings.training.batch_size
        return {
            **self._choice,
            "loss": [round(float(row["loss"]), 4) for row in rows],
            **{part: [round(float(row[part]), 5) for row in rows] for part in LOSSES},
            "unmatched": [round(row["unmatched_truths"] / batch) for row in rows],
            "sigmas": _text(self._sigmas[: len(rows) + 1]),
            "states": _text(self._states[: len(rows) + 1]),
        }


def _train(choice: Mapping[str, Any], folder: Path, on_step: Callable[[Steps], Any]) -> Steps:
    import torch

    import gtan

    steps = Steps(choice, folder)

    def each(row: Any) -> None:
        steps.add(row)
        on_step(steps)

    threads = torch.get_num_threads()
    try:
        gtan.train(steps.settings, folder, progress=False, on_step=each)
    finally:
        torch.set_num_threads(threads)  # the reader's
    return steps


def _text(steps: list[bytes]) -> str:
    return base64.b64encode(b"".join(steps)).decode()
