"""The training loop: batches, losses, schedule, and a run folder that survives a kill.

Batch, dropout and sampling of a step depend on the seed and the step alone. So a checkpoint needs
weights, optimizer and average; no state of any random generator.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from tqdm.auto import tqdm

from gtan.assignment import Truths
from gtan.data import load_dataset
from gtan.data.batches import collate
from gtan.data.dataset import Dataset
from gtan.data.windows import WindowCutter, WindowSampler
from gtan.evaluation import evaluate_detections
from gtan.explaining import explain_recording
from gtan.files import write_bytes, write_json
from gtan.inference import detect_dataset
from gtan.network import GTAN
from gtan.runs.provenance import begin_session, note_session, origin
from gtan.runs.run import Run, check_folder, explanation_path
from gtan.runs.writable import RunError
from gtan.settings import Settings, TrainingSettings
from gtan.training.checkpoints import load_checkpoint, save_checkpoint
from gtan.training.claim import (
    check_kept,
    check_origin,
    check_same,
    forget_after,
    is_finished,
    only_trainer,
    start_from,
)
from gtan.training.learner import Learner, NonFiniteLossError
from gtan.training.processes import Processes
from gtan.training.recorder import TraceRecorder

Row = dict[str, float]


def train(
    settings: Settings,
    folder: str | Path,
    dataset: Dataset | None = None,
    progress: bool = True,
    on_step: Callable[[Row], None] | None = None,
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
        on_step: called with the row of metrics of every step (`step`, `loss`, ..., and `mAP` where
            it was measured), as they are read: every `training.log_every` steps.
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
    torch.set_num_threads(settings.training.threads or torch.get_num_threads())
    processes = Processes(settings.training.device)
    processes.part(settings.training.batch_size)  # refused before anything is written
    with only_trainer(folder) if processes.writes else nullcontext():
        _train(settings, folder, dataset, processes, progress, on_step, changed_data)
    return Run(folder)


def _train(
    settings: Settings,
    folder: Path,
    dataset: Dataset,
    processes: Processes,
    progress: bool,
    on_step: Callable[[Row], None] | None,
    changed_data: bool,
) -> None:
    training, writes = settings.training, processes.writes
    made_of = origin(settings, dataset, processes.device)
    check_kept(folder)
    check_origin(folder, made_of, changed_data)
    torch.manual_seed(training.seed)
    learner = Learner(settings, processes)
    first = load_checkpoint(folder, learner) + 1
    if first == 1 and training.start_from:
        start_from(learner, training.start_from, dataset.classes)
    processes.wait()  # all have read before one writes
    journal = None
    if writes:
        write_bytes(folder / "settings.json", settings.to_json().encode())
        forget_after(folder, first - 1)
        begin_session(folder, made_of, first)
        journal = _Journal(folder, settings, dataset, learner)
        if first == 1:
            journal.recorder.record(learner.detector, 0)
    steps = range(first, training.iterations + 1)
    bar = tqdm(
        total=training.iterations,
        initial=first - 1,
        desc="training",
        unit="step",
        disable=not (progress and writes),
        mininterval=0.5,
    )
    clock = _Clock()
    batches = iter(batches_of(settings, dataset, processes, steps))
    for step in steps:
        with clock("steps"), _told(folder, processes):
            learner.step(step, *next(batches))
            due = _due(training, step)
            rows = learner.read() if any(due) else []
        if journal:
            shown = journal.write(step, due, rows, clock)
            bar.set_postfix(shown, refresh=False)
        if due.validated or due.saved:
            processes.wait()
        bar.update()
        if writes and on_step is not None:
            for row in rows:
                on_step(row)
    bar.close()


class _Due(NamedTuple):
    """What is to be done after a step."""

    logged: bool
    validated: bool
    traced: bool
    explained: bool
    saved: bool


def _due(training: TrainingSettings, step: int) -> _Due:
    last, count = step == training.iterations, training.explanations
    explained = {round(training.iterations * (n + 1) / count) for n in range(count)}  # evenly
    return _Due(
        step % training.log_every == 0 or last,
        step % training.validate_every == 0 or last,
        step % training.trace_every == 0 or last,
        step in explained,
        step % training.checkpoint_every == 0 or last,
    )


class _Journal:
    """What the one process that writes leaves in the run folder."""

    def __init__(
        self, folder: Path, settings: Settings, dataset: Dataset, learner: Learner
    ) -> None:
        self.folder, self.settings, self.dataset = folder, settings, dataset
        self.learner = learner
        probes = dataset.subsets["validation"] or dataset.subsets["train"]
        self.probes = probes[: settings.training.trace_recordings]
        self.recorder = TraceRecorder(folder / "trace", dataset, self.probes, settings)
        self.rows: list[Row] = []
        self.shown: dict[str, str] = {}

    def write(self, step: int, due: _Due, rows: list[Row], clock: _Clock) -> dict[str, str]:
        """Do what is due after a step; returns what the progress bar shows."""
        learner, folder = self.learner, self.folder
        if due.validated:
            with clock("validation"):
                rows[-1]["mAP"] = validate(learner.detector, self.dataset, self.settings)
            self.shown["mAP"] = f"{rows[-1]['mAP']:.3f}"
        if rows:
            self.rows += rows
            self.shown["loss"] = f"{rows[-1]['loss']:.3f}"
        with clock("recording"):
            if due.traced:
                self.recorder.record(learner.detector, step)
            if due.explained and self.probes:
                name = self.probes[0]
                explain_recording(learner.detector, self.dataset, name, self.settings, step).save(
                    explanation_path(folder, name, step)
                )
            if due.traced or due.saved:
                write_json(folder / "metrics" / f"{step:06d}.json", self.rows)
                self.rows = []
        if due.saved:
            with clock("checkpoints"):
                save_checkpoint(folder, learner, step, self.dataset.classes)
            last = step == self.settings.training.iterations
            note_session(folder, step, clock.seconds, ended=last)
        return self.shown


class _Steps(TorchDataset[tuple[Tensor, Tensor, Truths]]):
    """Batches by step, for a DataLoader."""

    def __init__(self, sampler: WindowSampler, places: range) -> None:
        self.sampler, self.places = sampler, places

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor, Truths]:
        """This process's part of the batch of `step`."""
        return collate(self.sampler.batch(step, self.places))


def batches_of(
    settings: Settings, dataset: Dataset, processes: Processes, steps: range
) -> Iterable[tuple[Tensor, Tensor, Truths]]:
    """The batches of some steps; cut ahead by `training.workers` processes.

    Raises:
        SettingsError: if the batch cannot be shared evenly.
    """
    training = settings.training
    sampler = WindowSampler(
        WindowCutter(dataset, settings.data.window, settings.data.min_visible),
        dataset.subsets["train"],
        settings.augmentation,
        training.batch_size,
        training.seed,
        settings.network.dropout,
    )
    return DataLoader(
        _Steps(sampler, processes.part(training.batch_size)),
        batch_size=None,
        sampler=steps,
        num_workers=training.workers,
        pin_memory=processes.device.type == "cuda",
    )


@contextmanager
def _told(folder: Path, processes: Processes) -> Iterator[None]:
    """Errors of a step, with what to do about them."""
    try:
        yield
    except NonFiniteLossError as error:
        run = Run(folder)
        good = run.checkpoints().get(run.step, "none was written yet")
        raise NonFiniteLossError(
            f"{error}; last good checkpoint: {good}. "
            "Try a lower training.learning_rate or training.gradient_clip."
        ) from None
    except RuntimeError as error:
        if processes.count == 1:
            raise
        raise RunError(
            f"another process of this training ended ({str(error).splitlines()[0]}); start all of "
            f"them again, and {folder} goes on from its last checkpoint"
        ) from error


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
        if settings.data.dataset != "framewise" and settings.data.feature_layout == "detect":
            # This is what was found; a frame-wise data set finds it anew.
            fitted["data.feature_layout"] = "clips_first"
    return settings.override(fitted)
