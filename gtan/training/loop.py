"""The training loop, and a run folder that survives a kill.

`train` refuses a folder that it must not touch; `_train` makes the steps that are left. A step is a
batch (`gtan.training.batches`) that a `Learner` learns from (`gtan.training.learner`); after some
steps a `Journal` measures and writes (`gtan.training.journal` lists what, and when).

Batch, dropout and sampling of a step depend on the seed and the step alone. So a checkpoint needs
weights, optimizer and average; no state of any random generator.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from gtan.data import load_dataset
from gtan.data.dataset import Dataset
from gtan.runs.provenance import origin
from gtan.runs.run import Run, check_folder
from gtan.runs.writable import RunError
from gtan.settings import BUILT_IN, Settings
from gtan.training.batches import batches_of
from gtan.training.checkpoints import load_checkpoint
from gtan.training.claim import (
    check_kept,
    check_origin,
    check_same,
    is_finished,
    only_trainer,
    start_from,
    step_there,
    what_it_is,
)
from gtan.training.journal import Clock, Journal, Row, due_after
from gtan.training.learner import Learner, NonFiniteLossError
from gtan.training.processes import Processes


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
            changed, its checkpoints are gone, it holds links, or went away; or if the processes of
            this training do not have the same code, settings, data and run folder.
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
    processes = Processes(settings.training.device)
    processes.agree({"settings": what_it_is(settings), "step": str(step_there(folder))})
    check_same(folder, settings)
    if is_finished(folder, settings):
        return Run(folder)
    needed = {*dataset.subsets["train"], *dataset.subsets["validation"], *settings.training.probes}
    dataset.make_ready(needed, progress)
    torch.set_num_threads(settings.training.threads or torch.get_num_threads())
    processes.part(settings.training.batch_size)  # refused before anything is written
    with only_trainer(folder) if processes.writes else nullcontext(), _room(folder):
        _train(
            settings,
            folder,
            dataset,
            processes,
            progress=progress,
            on_step=on_step,
            changed_data=changed_data,
        )
    return Run(folder)


def _train(
    settings: Settings,
    folder: Path,
    dataset: Dataset,
    processes: Processes,
    *,
    progress: bool,
    on_step: Callable[[Row], None] | None,
    changed_data: bool,
) -> None:
    """The steps that are left, on this process's part of every batch."""
    training = settings.training
    session = origin(settings, dataset, processes.device, processes.count)
    processes.agree({"code": session["code"], "data": str(session["data"])})
    check_kept(folder)
    check_origin(folder, session, changed_data)

    torch.manual_seed(training.seed)
    learner = Learner(settings, processes)
    done = load_checkpoint(folder, learner)
    if done == 0 and training.start_from:
        start_from(learner, training.start_from, dataset.classes)
    processes.wait()  # all have read before one writes
    clock, journal = Clock(), None
    if processes.writes:
        journal = Journal(folder, settings, dataset, learner, clock)
        journal.begin(session, done)

    steps = range(done + 1, training.iterations + 1)
    batches = iter(batches_of(settings, dataset, processes, steps))
    shown = progress and processes.writes
    with _progress_bar(training.iterations, done, shown) as bar:
        for step in steps:
            due = due_after(step, training)
            with clock("steps"), _advice(folder, processes):
                learner.step(step, *next(batches))
                rows = learner.read() if any(due) else []
            if journal:
                journal.write(step, due, rows)
                bar.set_postfix(journal.newest, refresh=False)
            if due.validation or due.checkpoint:
                processes.wait()  # for the one that writes
            bar.update()
            if processes.writes and on_step is not None:
                for row in rows:
                    on_step(row)


def _progress_bar(steps: int, done: int, shown: bool) -> tqdm[Any]:
    return tqdm(
        total=steps,
        initial=done,
        desc="training",
        unit="step",
        disable=not shown,
        mininterval=0.5,
    )


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    """What to do about a disk that is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise RunError(
            f"the disk of {folder} is full ({error.strerror}): make room and start again; it goes "
            "on from its last checkpoint"
        ) from error


@contextmanager
def _advice(folder: Path, processes: Processes) -> Iterator[None]:
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


def _fit_to(settings: Settings, dataset: Dataset) -> Settings:
    """Network input and output sizes follow the data set, whose labels a run remembers."""
    fitted: dict[str, Any] = {
        "network.feature_dim": dataset.feature_dim,
        "network.classes": len(dataset.classes),
    }
    if settings.data.dataset not in BUILT_IN:
        fitted["data.classes"] = dataset.classes
        if settings.data.dataset != "framewise" and settings.data.feature_layout == "detect":
            # This is what was found; a frame-wise data set finds it anew.
            fitted["data.feature_layout"] = "clips_first"
    return settings.override(fitted)
