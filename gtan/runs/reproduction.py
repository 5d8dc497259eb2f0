"""A run repeated from its folder alone: are the numbers the same, and if not, what was another?

Versions, data, device and threads are compared before the work starts. The repetition uses the
run's own settings, data, seed, threads and kind of device, where the last is here, and is itself a
run, with what was found in `reproduction.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gtan.data.texts import listed
from gtan.files import read_json, write_json
from gtan.runs.provenance import Session, changes
from gtan.runs.run import Run, check_folder, open_run
from gtan.runs.writable import RunError
from gtan.settings import Settings

REPORT = "reproduction.json"
WHERE = {"device": "device", "processor": "processor", "threads": "threads",
         "processes": "processes", "platform": "platform"}  # fmt: skip


@dataclass(frozen=True)
class Reproduction:
    """What came of repeating a run.

    Attributes:
        run: the repetition.
        differences: of versions, data, device and threads, as said before the work.
        metrics: where the metrics differ, in words; empty: nowhere.
        detections: where the detections and their mAP differ; None: the run has none to compare.
    """

    run: Run
    differences: tuple[str, ...]
    metrics: tuple[str, ...]
    detections: tuple[str, ...] | None

    @property
    def identical(self) -> bool:
        """Whether every number that could be compared is the same, to the last bit."""
        return not self.metrics and not self.detections

    def __str__(self) -> str:
        lines = [*_verdict("metrics", self.metrics), *_verdict("detections", self.detections)]
        return "\n".join(lines)


def reproduce(
    run: Run | str | Path,
    folder: str | Path,
    progress: bool = True,
    tell: Callable[[str], None] = print,
) -> Reproduction:
    """Repeat a run's training and evaluation in a new folder, and compare the numbers.

    Stopped and called again, it goes on.

    Args:
        run: a finished run, or the path of its folder.
        folder: of the repetition; not there yet, or left by a call that was stopped.
        progress: show progress bars.
        tell: gets the lines that say what is another here, before the work starts.

    Raises:
        FileNotFoundError: there is no run.
        RunError: the run was stopped before its end, has nothing to compare with, or its data are
            not where its settings name them; or the folder holds something else.

    Example:
        >>> import gtan
        >>> found = gtan.reproduce("runs/mine", "runs/mine-again")  # doctest: +SKIP
        >>> found.identical  # doctest: +SKIP
        True
    """
    import torch

    from gtan.experiments.notebooks import evaluate_run
    from gtan.training.loop import train

    check_folder("folder", folder)
    run, folder = open_run(run), Path(folder)
    subset = check_repeatable(run)
    check_place(run, folder)
    settings, now = as_it_was(run)
    differences = tuple(differences_of(run.provenance(), now))
    steps = settings.training.iterations
    tell(f"{run.path}: preset {settings.preset_name}, seed {now['seed']}, {steps:,} steps")
    for line in differences or ("versions, data, device and threads are those of the run",):
        tell(line)
    about: dict[str, Any] = {"of": str(run.path.resolve()), "differences": list(differences)}
    write_json(folder / REPORT, about)
    torch.set_num_threads(now["threads"])
    again = train(settings, folder, progress=progress)
    if subset is not None:
        evaluate_run(again, subset, progress=progress)
    found = Reproduction(
        again,
        differences,
        tuple(metric_differences(run.metrics(), again.metrics())),
        None if subset is None else tuple(detection_differences(run, again)),
    )
    detections = None if found.detections is None else list(found.detections)
    write_json(
        folder / REPORT,
        about
        | {"identical": found.identical, "metrics": list(found.metrics), "detections": detections},
    )
    return found


def check_repeatable(run: Run) -> str | None:
    """The subset of a run's detections; None: it has none to compare with.

    Raises:
        RunError: it was stopped before its end, or there is nothing to compare with.
    """
    rows = run.metrics()
    if rows.empty:
        raise RunError(
            f"{run.path} holds no metrics, so that there is nothing to compare with: it was never "
            "trained, or copied without them"
        )
    done, planned = int(rows["step"].max()), run.settings.training.iterations
    sessions = run.provenance()
    ended = [one["steps"][1] for one in sessions if one.get("steps")]
    done = done if not ended else min(done, max(step or 0 for step in ended))
    if done < planned:
        raise RunError(
            f"{run.path} was stopped at step {done} of {planned}: train it to its end (the same "
            "call goes on), then repeat it"
        )
    files = [run.path / "evaluation.json", run.path / "detections.json"]
    if not all(file.exists() for file in files):
        return None
    found = run.evaluation()
    if found.get("step") not in (None, planned):
        raise RunError(
            f"{run.path} was evaluated at step {found['step']}, and trained to step {planned} "
            "since: evaluate it anew, then repeat it"
        )
    return str(found["subset"])


def check_place(run: Run, folder: Path) -> None:
    """Refuse a folder that is not for the repetition of this run.

    Raises:
        RunError: it lies in the run, or holds something else.
    """
    own, place = run.path.resolve(), folder.resolve()
    if place == own or place.is_relative_to(own):
        raise RunError(f"{folder} lies in the run's folder; name another one for the repetition")
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    begun = folder / REPORT
    about = read_json(begun, dict) if begun.exists() else {}
    if about.get("of") != str(own):
        raise RunError(
            f"{folder} is there already, and no repetition of {run.path}; name another folder "
            "(--out), or remove it"
        )
    if "identical" in about:
        raise RunError(
            f"{folder} holds a finished repetition, and {REPORT} what came of it; name another "
            "folder (--out), or remove it"
        )


def as_it_was(run: Run) -> tuple[Settings, Session]:
    """The run's settings with the device and threads it had, and what a session is made of here.

    Raises:
        RunError: its data, or the run that it started from, are not there.
    """
    import torch

    from gtan.data import load_dataset
    from gtan.devices import choose_device
    from gtan.runs.provenance import origin

    settings, sessions = run.settings, run.provenance()
    last = sessions[-1] if sessions else {}
    kind = str(last.get("device") or "auto").partition(":")[0]
    try:
        device = choose_device(kind)
    except ValueError:
        device = choose_device("auto")
    threads = last.get("threads") or settings.training.threads or torch.get_num_threads()
    settings = settings.override({"training.device": device.type, "training.threads": int(threads)})
    try:
        if settings.training.start_from:
            open_run(settings.training.start_from)
        dataset = load_dataset(settings.data, settings.detection.labels)
    except (OSError, ValueError) as error:
        raise RunError(
            f"{run.path} cannot be repeated without what it was made from: {error}. What its "
            f"settings.json names by a relative path is looked for from {Path.cwd()}: start in the "
            "folder in which it was trained, or put its data there (a link will do)"
        ) from error
    return settings, origin(settings, dataset, device) | {"threads": int(threads)}


def differences_of(sessions: list[Session], now: Session) -> Iterator[str]:
    """What is another here than in the run's sessions, in words.

    Example:
        >>> list(differences_of([{"device": "cuda", "data": {}}], {"device": "cpu"}))
        ['not written down in the run: python, packages, data, threads', 'device: cuda -> cpu']
    """
    if not sessions:
        yield "the run has no provenance.json: which versions, data and device it had is not known"
        return
    last = sessions[-1]
    needed = ("python", "packages", "data", "device", "threads")
    unknown = [name for name in needed if not last.get(name)]
    if unknown:
        yield f"not written down in the run: {', '.join(unknown)}"
    if (last.get("git") or {}).get("dirty") and last.get("code") != now.get("code"):
        yield "the run's checkout had changes that its commit does not hold"
    yield from changes(last, now)
    yield from _data_differences(last.get("data") or {}, now.get("data") or {})
    for name, word in WHERE.items():
        if last.get(name) is not None and last[name] != now.get(name):
            yield f"{word}: {last[name]} -> {now.get(name)}"
    for session in sessions[:-1]:
        parts = ("python", "packages", "code", "data", *WHERE)
        other = [name for name in parts if session.get(name) != last.get(name)]
        if other:
            first, to = session.get("steps") or (None, None)
            yield f"the run's own steps {first} to {to or '?'} had another {', '.join(other)}"


def _data_differences(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    sums = {"sha256": "truth and first clips", "throughout": "durations and clips all along"}
    if old and old.get("name") != new.get("name"):
        yield f"data: {old.get('name')} -> {new.get('name')}"
    for name, of in sums.items():
        if old.get(name) and old[name] != new.get(name):
            there, here = str(old[name])[:8], str(new.get(name))[:8]
            yield f"data: SHA-256 of {of} {there} -> {here}: numbers will not be the same"


def metric_differences(there: pd.DataFrame, here: pd.DataFrame) -> Iterator[str]:
    """Where two tables of metrics differ, in words; what only one has measured is left out.

    Example:
        >>> rows = pd.DataFrame({"step": [1, 2], "loss": [2.0, 1.0]})
        >>> list(metric_differences(rows, rows.assign(loss=[2.0, 1.5])))
        ['loss: from step 2 on, 1 -> 1.5; at step 2, 1 -> 1.5']
    """
    both = there.merge(here, on="step", suffixes=("", " here"))
    missing = set(there["step"]).symmetric_difference(here["step"])
    if missing:
        yield f"only one of both has steps {listed([str(int(step)) for step in sorted(missing)])}"
    for name in (name for name in there if f"{name} here" in both):
        pair = both[["step", str(name), f"{name} here"]].dropna().to_numpy(float)
        unequal = pair[pair[:, 1] != pair[:, 2]]
        if len(unequal):
            (first, *numbers), (last, *ends) = unequal[0], pair[-1]
            yield (
                f"{name}: from step {first:.0f} on, {_arrow(*numbers)}; "
                f"at step {last:.0f}, {_arrow(*ends)}"
            )


def _arrow(there: float, here: float) -> str:
    """Two numbers, with as many digits as tell them apart."""
    digits = next((n for n in range(4, 17) if f"{there:.{n}g}" != f"{here:.{n}g}"), 4)
    return f"{there:.{digits}g} -> {here:.{digits}g}"


def detection_differences(there: Run, here: Run) -> Iterator[str]:
    """Where the detections of two runs, and the mAP they were given, differ, in words."""
    one, other = there.detections(), here.detections()
    if not one.equals(other):
        yield f"{len(one):,} -> {len(other):,} detections{_near(one, other)}"
    old, new = there.evaluation(), here.evaluation()
    if old["average_mAP"] != new["average_mAP"]:
        yield f"average mAP {_arrow(old['average_mAP'], new['average_mAP'])}"


def _near(one: pd.DataFrame, other: pd.DataFrame) -> str:
    """How near two tables of detections are, if they have the same rows."""
    names = ["video", "label"]
    if len(one) != len(other) or not one[names].equals(other[names]):
        return ""
    seconds, score = (
        float((one[columns] - other[columns]).abs().to_numpy().max(initial=0.0))
        for columns in (["start", "end"], ["score"])
    )
    return f", the same but for at most {seconds:.2g} s and {score:.2g} of score"


def _verdict(what: str, found: tuple[str, ...] | None) -> list[str]:
    if found is None:
        return [f"{what}: not compared, since the run has none (or not what they are of)"]
    if not found:
        return [f"{what}: identical"]
    return [f"{what}: not identical", *(f"  {line}" for line in found)]
