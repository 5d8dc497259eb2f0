"""Whether a training may have a run folder: nothing of what is in it is lost by mistake.

A run *is* its settings, but for those of `NOT_THE_RUN`. Whoever goes on with one holds its lock,
finds the data that it began with, and removes only what the run recorded after its last checkpoint,
by exact name. Links in a run folder are refused, since through them a folder from a stranger would
reach files outside it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from gtan.files import remove_asides, step_of
from gtan.runs.provenance import Session, changes, read_sessions
from gtan.runs.run import Run, open_run
from gtan.runs.writable import RunError, check_links
from gtan.settings import Settings, SettingsError
from gtan.training.checkpoints import remove_checkpoint
from gtan.training.learner import Learner
from gtan.weights import load_weights

LOCK = "training.lock"
NOT_THE_RUN = (
    "training.device",
    "training.threads",
    "training.workers",
    "training.log_every",
    "training.validate_every",
    "training.checkpoint_every",
    "training.trace_every",
    "training.explanations",
)


def check_same(folder: Path, settings: Settings) -> None:
    """Refuse a folder that holds a run with other settings.

    Raises:
        SettingsError: naming every setting that differs.
    """
    if not (folder / "settings.json").exists():
        return
    there = Run(folder)
    different = there.settings.difference(settings)
    for name in NOT_THE_RUN:
        different.pop(name, None)
    planned = settings.training.iterations
    if settings.training.schedule == "step" and planned >= there.step:
        # The rate of a step does not depend on how many are planned.
        different.pop("training.iterations", None)
    if not different:
        return
    lines = [f"{name}: {old!r} there, {new!r} asked for" for name, (old, new) in different.items()]
    if list(different) == ["training.iterations"]:
        lines.append(
            "A cosine schedule is laid out for its number of iterations: begin another run with "
            f"training.start_from={str(folder)!r}"
            if settings.training.schedule == "cosine"
            else f"{there.step} are done"
        )
    raise SettingsError(
        f"{folder} holds a run with other settings; choose another folder or remove it:\n"
        + "\n".join(lines)
    )


def step_there(folder: Path) -> int | None:
    """The step of a run's newest checkpoint; None where there is no run."""
    return Run(folder).step if (folder / "settings.json").exists() else None


def is_finished(folder: Path, settings: Settings) -> bool:
    """Whether a run's checkpoint is of the last step asked for."""
    return (step_there(folder) or 0) >= settings.training.iterations


def what_it_is(settings: Settings) -> str:
    """A hash of the settings that make a run what it is: all but `NOT_THE_RUN`."""
    default = Settings().training
    same = {name: getattr(default, name.partition(".")[2]) for name in NOT_THE_RUN}
    return sha256(settings.override(same).to_json().encode()).hexdigest()[:12]


@contextmanager
def only_trainer(folder: Path) -> Iterator[None]:
    """Hold a run folder's lock, and clean up after trainers that were killed.

    Raises:
        RunError: another process trains there, or the folder holds links.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    check_links(folder)
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise RunError(
            f"another process is training in {folder}; wait for it, or choose another folder"
        ) from None
    try:
        remove_asides(folder)  # where others may evaluate
        for place in folder.rglob("*"):
            if place.is_dir():
                remove_asides(place, alone=True)
        yield
    finally:
        lock.release()


def check_kept(folder: Path) -> None:
    """Refuse a run whose record goes beyond a checkpoint that it once had and has no more.

    Raises:
        RunError: it would be trained again over its own metrics and trace.
    """
    recorded = [
        place
        for place in ("checkpoints", "metrics", "trace")
        if any(step_of(path.stem) is not None for path in (folder / place).glob("*"))
    ]
    for needed in ("settings.json", "provenance.json"):
        if recorded and not (folder / needed).exists():
            raise RunError(
                f"{folder} holds {', '.join(recorded)} of a run, and no {needed} that says of "
                "which: training would write over them. Copy it back, or choose another folder"
            )
    if not (folder / "settings.json").exists():
        return
    run = Run(folder)
    kept = max((session.get("steps", [0, 0])[1] or 0 for session in run.provenance()), default=0)
    if kept > run.step:
        newest = f"its newest one is of step {run.step}" if run.step else "it has none"
        raise RunError(
            f"{folder} was trained to a checkpoint of step {kept}, and {newest}: training would "
            "write over its own metrics and trace. Copy the checkpoint back, or choose another "
            "folder (and training.start_from, to begin with a run's weights)"
        )


def check_origin(folder: Path, now: Session, changed_data: bool) -> None:
    """Say what is another since the run was last trained; refuse other data unless asked for.

    Raises:
        RunError: the data changed.

    Warns:
        UserWarning: code or versions changed, or the data with `changed_data`.
    """
    sessions = read_sessions(folder)
    if not sessions:
        return
    before = sessions[-1]
    old, new = before.get("data"), now["data"]
    # Sessions of before December 2026 have one of the two sums.
    if old and any(old[name] != new.get(name) for name in old):
        said = (
            f"the data are not those with which {folder} was trained ({old.get('name')}, SHA-256 "
            f"{_sums(old)} there; {new['name']}, {_sums(new)} now)"
        )
        if not changed_data:
            raise RunError(
                f"{said}: annotations, subsets or features changed. Put them back, choose another "
                "folder, or go on with changed_data=True"
            )
        warnings.warn(said, stacklevel=4)
    different = changes(before, now)
    if different:
        warnings.warn(
            f"{folder} goes on with other code or versions: {', '.join(different)}", stacklevel=4
        )


def _sums(data: dict[str, str]) -> str:
    return " ".join(str(data[name])[:8] for name in ("sha256", "throughout") if name in data)


def forget_after(folder: Path, step: int) -> None:
    """Remove what a stopped run recorded after its last checkpoint; it will be recorded again."""
    for pattern in ("metrics/*.json", "trace/*.safetensors", "explanations/*/*.safetensors"):
        for file in folder.glob(pattern):
            if (step_of(file.stem) or 0) > step:
                file.unlink()
    for aside in (folder / "checkpoints").glob(".[0-9]*"):
        if step_of(aside.name[1:]) is not None:
            remove_checkpoint(aside)


def start_from(learner: Learner, other: str, classes: tuple[str, ...]) -> None:
    """Take the weights of another run, of the same labels and sizes.

    Raises:
        SettingsError: its labels are others, or it is no run.
        ValueError: naming the weights that do not fit.
    """
    try:
        run = open_run(other)
    except FileNotFoundError as error:
        raise SettingsError(f"setting training.start_from: {error}") from None
    if run.classes != classes:
        only = [f"{name!r} there" for name in run.classes if name not in classes]
        only += [f"{name!r} here" for name in classes if name not in run.classes]
        raise SettingsError(
            f"setting training.start_from: {other} has other labels than the data set: only "
            f"{', '.join(only[:10])}"
            if only
            else f"setting training.start_from: {other} has the labels in another order; set "
            f"data.classes to {run.classes}"
        )
    checkpoints = run.checkpoints()
    if not checkpoints:
        raise SettingsError(f"setting training.start_from: {other} has no checkpoint")
    weights = checkpoints[run.step] / "model.safetensors"
    load_weights(learner.model, weights)
    if learner.average is not None:
        load_weights(learner.average, weights)
