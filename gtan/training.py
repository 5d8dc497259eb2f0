"""The training loop: batches, losses, schedule, and a run folder that survives a kill.

Batch, dropout and sampling of a step depend on the seed and the step alone. So a checkpoint needs
weights, optimizer and average; no state of any random generator.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from tqdm.auto import tqdm

from gtan.checkpoints import load_checkpoint, save_checkpoint
from gtan.claim import (
    check_kept,
    check_origin,
    check_same,
    forget_after,
    is_finished,
    only_trainer,
    start_from,
)
from gtan.data import load_dataset
from gtan.data.dataset import Dataset, WindowCutter, WindowSampler
from gtan.evaluation import evaluate_detections
from gtan.explanation import explain_recording
from gtan.files import write_bytes, write_json
from gtan.inference import collate, detect_dataset
from gtan.learner import Learner, NonFiniteLossError
from gtan.network import GTAN
from gtan.provenance import begin_session, note_session, origin
from gtan.runs import Run, check_folder, explanation_path
from gtan.settings import Settings, SettingsError, TrainingSettings
from gtan.trace import TraceRecorder


def train(
    settings: Settings,
    folder: str | Path,
    dataset: Dataset | None = None,
    progress: bool = True,
    on_step: Callable[[int], None] | None = None,
    changed_data: bool = False,
) -> Run:
    """Train a network, or go on with a run that was stopped, and return its run.

    A finished run is returned as it is; nothing in it is written. A run may go on elsewhere, with
    another device or number of threads, and validate or record more or less often.

    Args:
        settings: what to do. A folder that holds a run must hold the same settings.
        folder: the run folder; made if it is not there.
        dataset: to train on; by default the one that `settings.data` names.
        progress: show a progress bar with loss and mAP.
        on_step: called with the number of every finished step.
        changed_data: go on although the data are not those that the run began with.

    Raises:
        SettingsError: if the folder holds a run with other settings.
        RunError: if the run must not be gone on with: another process trains it, its data
            changed, its checkpoints are gone, or it holds links.
        ValueError: if `folder` is an empty text, or a file of the run is damaged.
        NonFiniteLossError: if the loss becomes NaN or infinite.

    Warns:
        UserWarning: if code or versions are not those that the run began with.

    Example:
        >>> import gtan
        >>> settings = gtan.Settings.preset("sbhar").override({"training.iterations": 100})
        >>> run = gtan.train(settings, "runs/short")  # doctest: +SKIP
    """
    check_folder("folder", folder)
    dataset = dataset or load_dataset(settings.data, settings.detection.labels)
    settings = _fit_to(settings, dataset)
    folder = Path(folder)
    check_same(folder, settings)
    if is_finished(folder, settings):
        return Run(folder)
    with only_trainer(folder):
        _train(settings, folder, dataset, progress, on_step, changed_data)
    return Run(folder)


def _train(
    settings: Settings,
    folder: Path,
    dataset: Dataset,
    progress: bool,
    on_step: Callable[[int], None] | None,
    changed_data: bool,
) -> None:
    training = settings.training
    accelerator = _accelerator(training)
    made_of = origin(settings, dataset, accelerator.device)
    check_kept(folder)
    check_origin(folder, made_of, changed_data)
    torch.manual_seed(training.seed)
    learner = Learner(settings, accelerator)
    first = load_checkpoint(folder, learner) + 1
    if first == 1 and training.start_from:
        start_from(learner, training.start_from, dataset.classes)
    write_bytes(folder / "settings.json", settings.to_json().encode())
    forget_after(folder, first - 1)
    begin_session(folder, made_of, first)

    cutter = WindowCutter(dataset, settings.data.window, settings.data.min_visible)
    sampler = WindowSampler(
        cutter, dataset.subsets["train"], settings.augmentation, training.batch_size, training.seed
    )
    probes = dataset.subsets["validation"] or dataset.subsets["train"]
    probes = probes[: training.trace_recordings]
    recorder = TraceRecorder(folder / "trace", dataset, probes, settings)
    bar = tqdm(
        total=training.iterations,
        initial=first - 1,
        desc="training",
        unit="step",
        disable=not progress,
        mininterval=0.5,
    )
    shown: dict[str, str] = {}
    rows: list[dict[str, float]] = []
    clock = _Clock()
    if first == 1:
        recorder.record(learner.detector, 0)
    for step in range(first, training.iterations + 1):
        last = step == training.iterations
        with clock("steps"):
            try:
                row = learner.step(step, *collate(sampler.batch(step)))
            except NonFiniteLossError as error:
                good = Run(folder).checkpoints().get(Run(folder).step, "none was written yet")
                raise NonFiniteLossError(
                    f"{error}; last good checkpoint: {good}. "
                    "Try a lower training.learning_rate or training.gradient_clip."
                ) from None
        if step % training.validate_every == 0 or last:
            with clock("validation"):
                row["mAP"] = validate(learner.detector, dataset, settings)
            shown["mAP"] = f"{row['mAP']:.3f}"
        rows.append(row)
        traced = step % training.trace_every == 0 or last
        saved = step % training.checkpoint_every == 0 or last
        with clock("recording"):
            if traced:
                recorder.record(learner.detector, step)
            if step in _explained_steps(training) and probes:
                explanation = explain_recording(
                    learner.detector, dataset, probes[0], settings, step
                )
                explanation.save(explanation_path(folder, probes[0], step))
            if traced or saved:
                write_json(folder / "metrics" / f"{step:06d}.json", rows)
                rows = []
        if saved:
            with clock("checkpoints"):
                save_checkpoint(folder, learner, step, dataset.classes)
            note_session(folder, step, clock.seconds, ended=last)
        shown["loss"] = f"{row['loss']:.3f}"
        bar.set_postfix(shown, refresh=False)
        bar.update()
        if on_step is not None:
            on_step(step)
    bar.close()


def _accelerator(training: TrainingSettings) -> Accelerator:
    """Device and precision, as accelerate sees them."""
    torch.set_num_threads(training.threads or torch.get_num_threads())
    AcceleratorState._reset_state()  # a process may train several times, each in its own precision
    accelerator = Accelerator(
        cpu=training.device == "cpu", mixed_precision=training.mixed_precision
    )
    if training.device == "cuda" and accelerator.device.type != "cuda":
        raise SettingsError("setting training.device = 'cuda': no GPU is available; use 'auto'")
    return accelerator


class _Clock:
    """Seconds spent on each part of training."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - start


def validate(model: GTAN, dataset: Dataset, settings: Settings) -> float:
    """Average mAP on the validation recordings by the data set's protocol; NaN without any."""
    truth = dataset.evaluation_truth("validation")
    if truth.instances.empty:
        return math.nan
    detections = detect_dataset(model, dataset, dataset.subsets["validation"], settings)
    results = evaluate_detections(truth, detections, dataset.protocol, dataset.tiou)
    return float(results.average_mAP)


def _fit_to(settings: Settings, dataset: Dataset) -> Settings:
    """Network input and output sizes follow the data set, whose labels a run remembers."""
    fitted: dict[str, Any] = {
        "network.feature_dim": dataset.feature_dim,
        "network.classes": len(dataset.classes),
    }
    if settings.data.dataset != "sbhar":
        fitted["data.classes"] = dataset.classes
        if settings.data.feature_layout == "detect":  # and this was found
            fitted["data.feature_layout"] = "clips_first"
    return settings.override(fitted)


def _explained_steps(training: TrainingSettings) -> set[int]:
    """Evenly spread, the last step among them."""
    count = training.explanations
    return {round(training.iterations * (n + 1) / count) for n in range(count)}
