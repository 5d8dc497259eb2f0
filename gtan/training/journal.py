"""What a training leaves in its run folder, and after which steps.

Each of these happens every so many steps, by a setting of `training`, and after the last one:

    log_every           losses and counts of the steps are read from the device
    validate_every      mAP is measured, and stands in the row of its step
    trace_every         trace/000250.safetensors, and the rows since the last time
                        in metrics/000250.json
    checkpoint_every    checkpoints/000250/, the rows likewise, and in provenance.json
                        how far the session came
    explanations        so many times, evenly spread, of the first probe recording:
                        explanations/NAME/000250.safetensors
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gtan.data.dataset import Dataset
from gtan.data.texts import listed
from gtan.evaluation import evaluate_detections
from gtan.explaining import explain_recording
from gtan.files import write_bytes, write_json
from gtan.inference import detect_dataset
from gtan.network import GTAN
from gtan.runs.provenance import Session, begin_session, note_session
from gtan.runs.run import explanation_path
from gtan.runs.writable import check_there
from gtan.settings import Settings, SettingsError, TrainingSettings
from gtan.training.checkpoints import save_checkpoint
from gtan.training.claim import forget_after
from gtan.training.learner import Learner
from gtan.training.recorder import TraceRecorder

Row = dict[str, float]  # the metrics of a step


class Due(NamedTuple):
    """What is to be done after a step; see the top of this file."""

    metrics: bool
    validation: bool
    trace: bool
    checkpoint: bool
    explanation: bool


def due_after(step: int, training: TrainingSettings) -> Due:
    """What is to be done after a step.

    Example:
        >>> due_after(24, TrainingSettings(iterations=24, explanations=0))
        Due(metrics=True, validation=True, trace=True, checkpoint=True, explanation=False)
    """

    def every(steps: int) -> bool:
        return step % steps == 0 or step == training.iterations

    count = training.explanations
    return Due(
        metrics=every(training.log_every),
        validation=every(training.validate_every),
        trace=every(training.trace_every),
        checkpoint=every(training.checkpoint_every),
        explanation=step in {round(training.iterations * (n + 1) / count) for n in range(count)},
    )


class Clock:
    """Seconds spent on each part of training."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        """Count what is done within."""
        start = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - start


class Journal:
    """Writes the run folder; one process of a training has one.

    Attributes:
        newest: the newest loss and mAP, to show beside a progress bar.
    """

    def __init__(
        self, folder: Path, settings: Settings, dataset: Dataset, learner: Learner, clock: Clock
    ) -> None:
        self.folder, self.settings, self.dataset = folder, settings, dataset
        self.learner, self.clock = learner, clock
        self.newest: dict[str, str] = {}
        self._unwritten: list[Row] = []
        self._probes = _probes(dataset, settings)
        self._trace = TraceRecorder(folder / "trace", dataset, self._probes, settings)

    def begin(self, session: Session, done: int) -> None:
        """Before the first step of a session that goes on after step `done`."""
        write_bytes(self.folder / "settings.json", self.settings.to_json().encode())
        if self.dataset.recipe:
            write_json(self.folder / "recipe.json", self.dataset.recipe.model_dump(mode="json"))
        forget_after(self.folder, done)
        begin_session(self.folder, session, done + 1)
        if done == 0:
            self._trace.record(self.learner.detector, 0)

    def write(self, step: int, due: Due, rows: list[Row]) -> None:
        """Do what is due after a step, given the rows of metrics that were read.

        Raises:
            RunError: the folder went away.
        """
        if due.trace or due.checkpoint or due.explanation:
            check_there(self.folder)
        if due.validation:
            with self.clock("validation"):
                rows[-1]["mAP"] = validate(self.learner.detector, self.dataset, self.settings)
            self.newest["mAP"] = f"{rows[-1]['mAP']:.3f}"
        if rows:
            self._unwritten += rows
            self.newest["loss"] = f"{rows[-1]['loss']:.3f}"
        with self.clock("recording"):
            self._record(step, due)
        if due.checkpoint:
            with self.clock("checkpoints"):
                save_checkpoint(self.folder, self.learner, step, self.dataset.classes)
            last = step == self.settings.training.iterations
            note_session(self.folder, step, self.clock.seconds, ended=last)

    def _record(self, step: int, due: Due) -> None:
        """Trace, Explanation and metrics."""
        model = self.learner.detector
        if due.trace:
            self._trace.record(model, step)
        if due.explanation and self._probes:
            name = self._probes[0]
            explanation = explain_recording(model, self.dataset, name, self.settings, step)
            explanation.save(explanation_path(self.folder, name, step))
        if due.trace or due.checkpoint:
            write_json(self.folder / "metrics" / f"{step:06d}.json", self._unwritten)
            self._unwritten = []


def _probes(dataset: Dataset, settings: Settings) -> tuple[str, ...]:
    """The recordings whose sigmas are recorded."""
    unknown = set(settings.training.probes) - set(dataset.recordings)
    if unknown:
        raise SettingsError(
            f"setting training.probes: {dataset.name} has no recording {listed(sorted(unknown))}"
        )
    first = dataset.subsets["validation"] or dataset.subsets["train"]
    return settings.training.probes or first[: settings.training.trace_recordings]


def validate(model: GTAN, dataset: Dataset, settings: Settings) -> float:
    """Average mAP on the validation recordings by the data set's protocol; NaN without any."""
    truth = dataset.evaluation_truth("validation")
    if truth.instances.empty:
        return math.nan
    detections = detect_dataset(model, dataset, dataset.subsets["validation"], settings)
    results = evaluate_detections(truth, detections, dataset.protocol, dataset.tiou)
    return float(results.average_mAP)
